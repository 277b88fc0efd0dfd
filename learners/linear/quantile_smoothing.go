package linear

import (
	"context"
	"math"
)

// quantileSmoothing minimises sum_i s_i pinball(y_i - z_i) + ridge by gradients: L-BFGS on smoothPinballLoss, with a width that shrinks from stage to stage; each stage
// starts where the one before ended.
//
// The smooth objective lies above the true one by at most width log 2 times the sum of the weights, so its minimum is no further than that from the true one. The last
// width makes this smoothingTol |F|; below it the loss bends too sharply for gradients.
//
// C. Chen: A finite smoothing algorithm for quantile regression, J. Comput. Graph. Statist. 16 (2007), section 2. Each iteration costs about one pass over the data.
type quantileSmoothing struct {
	x         *design
	y, weight []float64
	q         float64
	ridge     ridge
	intercept bool
	tol       float64
	maxIter   int // of all stages together
	report    report
}

const (
	smoothingTol = 2e-4
	widthRatio   = 0.2 // of the widths of two stages
)

func (s *quantileSmoothing) minimise(ctx context.Context, w []float64) (value float64, converged bool, err error) {
	total := 0.0
	for _, v := range s.weight {
		total += v
	}
	exact := newMarginObjective(s.x, s.y, s.weight, smoothPinballLoss{q: s.q}, s.ridge, s.intercept)
	g, diagonal := make([]float64, exact.size()), make([]float64, exact.size())
	if value, err = exact.evaluate(ctx, w, g); err != nil {
		return 0, false, err
	}
	first, done := value, 0
	lastWidth := func() float64 { return max(s.tol, smoothingTol) * magnitude(value, first) / total / math.Ln2 }
	for width := value / total; done < s.maxIter; width = max(width*widthRatio, 0.9*lastWidth()) {
		last := width <= lastWidth()
		f := newMarginObjective(s.x, s.y, s.weight, smoothPinballLoss{s.q, width}, s.ridge, s.intercept)
		if _, err := f.evaluate(ctx, w, g); err != nil {
			return 0, false, err
		}
		if err := f.diagonal(ctx, diagonal); err != nil {
			return 0, false, err
		}
		start := done
		stage := lbfgs{tol: max(s.tol, smoothingTol/100), maxIter: s.maxIter - done, report: func(i int, v float64, w []float64) {
			done = start + i
			s.report(done, v, w)
		}}
		_, ok, err := stage.minimise(ctx, f, diagonal, w)
		if err != nil {
			return 0, false, err
		}
		done = max(done, start+1)
		if value, err = exact.evaluate(ctx, w, g); err != nil {
			return 0, false, err
		}
		if last {
			return value, ok, nil
		}
	}
	return value, false, nil
}
