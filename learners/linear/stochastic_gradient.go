package linear

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
)

// stochasticGradient approaches the minimum of F(w) = f(w) + sum_j t_j |w_j|, f a sum over rows plus a ridge, by steps along the gradient of a few rows.
//
//	gradient:  G = (n / |B|) sum_{i in B} grad l_i(w) / S        B = batch of rows in an order shuffled anew each epoch, S = sum of row weights
//	step:      w <- soft((w - a G) / (1 + a r), a t)             r, t = ridge and L1 strength divided by S: their part is solved exactly
//	size:      a = eta0 / L at the start, L = curvature of the mean loss at the start + mean curvature of a row / |B|; then by epoch e (a fraction counts):
//	           constant     a
//	           invscaling   a / (1 + e)^power_t
//	           optimal      1 / (L / eta0 + r n e)                (needs a ridge)
//	answer:    the mean of w since the last epoch that is a power of two, then one step with all rows, which makes the small coefficients zero under L1
//
// When an epoch ends higher than the start, the run starts again with half the step. Stops when five epochs together improve F by less than sqrt(tol) F.
// Rows are taken one after the other, so it uses one processor.
//
// L. Bottou: Stochastic gradient descent tricks (2012), sections 4 and 5; averaging: B. Polyak, A. Juditsky (1992); proximal step: J. Duchi, Y. Singer (2009). Each epoch
// costs two passes over the data; distance to the optimum falls like 1 / epochs.
type stochasticGradient struct {
	schedule string
	eta0     float64
	powerT   float64
	batch    int
	tol      float64
	epochs   int
	rng      *rand.Rand
	report   report
}

// rowObjective is an objective that is a sum over rows.
type rowObjective interface {
	objective
	// addRowGradient adds the gradient of the loss of row i at w to g. Calls do not change what evaluate remembers.
	addRowGradient(i int, w, g []float64)
	// meanCurvature bounds the mean over rows of the largest curvature of the loss of a row.
	meanCurvature() float64
	ridgeOf(j int) float64
	features() *design
}

const (
	patience    = 5
	maxRestarts = 30
)

var errDiverged = errors.New("stochastic gradient diverged whatever the step; scale the features")

// minimise moves w from its start towards the optimum. total is the sum of the row weights.
func (s *stochasticGradient) minimise(ctx context.Context, f rowObjective, total float64, l1, w []float64) (value float64, converged bool, err error) {
	start := append([]float64(nil), w...)
	g := make([]float64, f.size())
	first, err := f.evaluate(ctx, start, g)
	if err != nil {
		return 0, false, err
	}
	first += l1Norm(l1, start)
	top, err := largestCurvature(ctx, f)
	if err != nil {
		return 0, false, err
	}
	step := s.eta0 / (top/total + f.meanCurvature()/float64(s.batch))
	if !finite(step) {
		return 0, false, errDiverged
	}
	for restart := 0; restart < maxRestarts; restart++ {
		copy(w, start)
		value, converged, err = s.run(ctx, f, total, l1, w, first, step)
		if err == nil || !errors.Is(err, errDiverged) {
			return value, converged, err
		}
		step /= 2
	}
	return 0, false, errDiverged
}

// largestCurvature estimates the largest eigenvalue of the Hessian at the w last evaluated by a few rounds of the power method.
func largestCurvature(ctx context.Context, f objective) (float64, error) {
	v, next := make([]float64, f.size()), make([]float64, f.size())
	for j := range v {
		v[j] = 1 + 0.1*math.Sin(float64(j)) // not orthogonal to a leading direction by symmetry
	}
	top := 0.0
	for round := 0; round < 8; round++ {
		size := math.Sqrt(dot(v, v))
		if size == 0 {
			break
		}
		for j := range v {
			v[j] /= size
		}
		if err := f.product(ctx, v, next); err != nil {
			return 0, err
		}
		top = dot(v, next)
		v, next = next, v
	}
	return top, nil
}

func (s *stochasticGradient) run(ctx context.Context, f rowObjective, total float64, l1, w []float64, first, step float64) (value float64, converged bool, err error) {
	x, d := f.features(), f.size()
	g, mean, full := make([]float64, d), make([]float64, d), make([]float64, d)
	shrink := make([]float64, d) // r
	strength := 0.0
	for j := range shrink {
		shrink[j] = f.ridgeOf(j) / total
		strength = max(strength, shrink[j])
	}
	order := make([]int, x.n)
	for i := range order {
		order[i] = i
	}
	value, mark, markEpoch, steps := first, first, 0, 0
	best := append([]float64(nil), w...)
	for epoch := 1; epoch <= s.epochs; epoch++ {
		if err := shuffle(ctx, s.rng, order); err != nil {
			return 0, false, err
		}
		if epoch&(epoch-1) == 0 {
			steps = 0
		}
		work := 0.0
		for lo := 0; lo < x.n; lo += s.batch {
			hi := min(lo+s.batch, x.n)
			if work += float64(d) + float64(hi-lo)*x.perRow()*float64(d/x.p+1); work > 1<<19 {
				work = 0
				if err := ctx.Err(); err != nil {
					return 0, false, err
				}
			}
			clear(g)
			for _, i := range order[lo:hi] {
				f.addRowGradient(i, w, g)
			}
			a := s.size(step, strength, float64(epoch-1)+float64(lo)/float64(x.n), x.n)
			scale := a * float64(x.n) / float64(hi-lo) / total
			steps++
			for j := range w {
				w[j] = soft((w[j]-scale*g[j])/(1+a*shrink[j]), a*l1[j]/total)
				mean[j] += (w[j] - mean[j]) / float64(steps)
			}
		}
		now, err := f.evaluate(ctx, mean, full)
		if err != nil {
			return 0, false, err
		}
		if now += l1Norm(l1, mean); !(now <= first*(1+1e-9)) {
			return 0, false, errDiverged
		}
		if now < value {
			value = now
			copy(best, mean)
		}
		s.report(epoch, value, best)
		if mark-value >= math.Sqrt(s.tol)*math.Abs(value) {
			mark, markEpoch = value, epoch
		} else if epoch-markEpoch >= patience {
			converged = true
			break
		}
	}
	copy(w, best)
	value, err = s.polish(ctx, f, total, l1, w, value)
	return value, converged, err
}

// size is the length of the step after the given number of epochs.
func (s *stochasticGradient) size(step, strength, epochs float64, n int) float64 {
	switch s.schedule {
	case "constant":
		return step
	case "optimal":
		return 1 / (1/step + strength*float64(n)*epochs)
	}
	return step / math.Pow(1+epochs, s.powerT)
}

// polish makes one proximal step with the gradient of all rows and keeps it if it does not lead up.
func (s *stochasticGradient) polish(ctx context.Context, f rowObjective, total float64, l1, w []float64, value float64) (float64, error) {
	g, next := make([]float64, len(w)), make([]float64, len(w))
	if _, err := f.evaluate(ctx, w, g); err != nil {
		return 0, err
	}
	a := 1 / f.meanCurvature() / total
	for j := range w {
		r := f.ridgeOf(j)
		next[j] = soft((w[j]-a*(g[j]-r*w[j]))/(1+a*r), a*l1[j])
	}
	now, err := f.evaluate(ctx, next, g)
	if err != nil {
		return 0, err
	}
	if now += l1Norm(l1, next); now <= value {
		copy(w, next)
		return now, nil
	}
	return value, nil
}
