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
	sigmoids(h, z) // where the hessians will be
	if t.weight == nil {
		product := 1.0
		for i := range y {
			p := h[i]
			d := p - y[i]
			g[i], h[i] = d, p*(1-p)
			if q := 1 - math.Abs(d); q < 1e-9 {
				log.add(q, 1, z[i])
			} else if product *= q; product < 1e-250 {
				log.sum -= math.Log(product)
				product = 1
			}
		}
		return log.sum - math.Log(product)
	}
	for i, w := range t.weight[lo:hi] {
		p := h[i]
		d := p - y[i]
		g[i], h[i] = w*d, w*p*(1-p)
		log.add(1-math.Abs(d), w, z[i])
	}
	return log.sum
}

func (logistic) loss(t *target, lo, hi int, margins [][]float64) float64 {
	var log logSum
	for i := lo; i < hi; i++ {
		p := sigmoid(margins[0][i])
		log.add(1-math.Abs(p-t.y[i]), t.weightOf(i), margins[0][i])
	}
	return log.sum
}

// logSum adds up the negative logarithms of probabilities.
type logSum struct{ sum float64 }

// add counts a row whose class has the probability p, by its margin.
func (s *logSum) add(p, weight, margin float64) {
	if p < 1e-9 { // rounded; the logarithm is the margin itself
		s.sum += weight * (math.Abs(margin) + p)
		return
	}
	s.sum -= weight * math.Log(p)
}

var _ objective = logistic{}
