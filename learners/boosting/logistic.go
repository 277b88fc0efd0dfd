package boosting

import "math"

// logistic is the negative log-likelihood of two classes, with p = 1 / (1 + exp(-z)) the probability of the second one and y = 0 or 1:
//
//	-y log p - (1 - y) log(1 - p);  gradient p - y, hessian p (1 - p)
//
// (Friedman, Hastie, Tibshirani, Annals of Statistics 28 (2000), section 4; Friedman 2001, algorithm 5.)
type logistic struct{}

func (logistic) outputs() int { return 1 }

// start is the log-odds of the second class.
func (logistic) start(t *target) []float64 {
	p := mean(t)
	return []float64{math.Log(p) - math.Log1p(-p)}
}

// sigmoid is 1 / (1 + exp(-z)).
func sigmoid(z float64) float64 { return 1 / (1 + exp(-z)) }

func (logistic) derive(t *target, lo, hi int, margins, gradients, hessians [][]float64) float64 {
	y, z, g, h := t.y[lo:hi], margins[0][lo:hi], gradients[0][lo:hi], hessians[0][lo:hi]
	var log logSum
	if t.weight == nil {
		for i := range y {
			p := sigmoid(z[i])
			g[i], h[i] = p-y[i], p*(1-p)
			log.add(1-math.Abs(g[i]), 1, z[i], y[i])
		}
		return log.loss()
	}
	for i, w := range t.weight[lo:hi] {
		p := sigmoid(z[i])
		d := p - y[i]
		g[i], h[i] = w*d, w*p*(1-p)
		log.add(1-math.Abs(d), w, z[i], y[i])
	}
	return log.loss()
}

func (logistic) loss(t *target, lo, hi int, margins [][]float64) float64 {
	var log logSum
	for i := lo; i < hi; i++ {
		p := sigmoid(margins[0][i])
		log.add(1-math.Abs(p-t.y[i]), t.weightOf(i), margins[0][i], t.y[i])
	}
	return log.loss()
}

// logSum adds up the negative logarithms of probabilities. Those of rows of weight 1 are multiplied first, so that there is a logarithm for several rows.
type logSum struct {
	product float64 // less 1: the zero logSum is ready
	started bool
	sum     float64
}

// add counts a row whose class has the probability p, by its margin z for y = 1.
func (s *logSum) add(p, weight, z, y float64) {
	if p < 1e-9 { // rounded; the logarithm is the margin itself
		s.sum += weight * (math.Abs(z) + p)
		return
	}
	if weight != 1 {
		s.sum -= weight * math.Log(p)
		return
	}
	if !s.started {
		s.product, s.started = 1, true
	}
	if s.product *= p; s.product < 1e-250 {
		s.sum -= math.Log(s.product)
		s.product = 1
	}
}

func (s *logSum) loss() float64 {
	if s.started {
		s.sum -= math.Log(s.product)
		s.product = 1
	}
	return s.sum
}

var _ objective = logistic{}
