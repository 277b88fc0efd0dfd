package linear

import (
	"context"
	"math"
)

// proximalNewton minimises F(w) = f(w) + sum_j t_j |w_j| for a smooth convex f (which holds the ridge part of an elastic net).
//
//	model around w:  q(d) = g.d + 1/2 d' H d + sum_j t_j |w_j + d_j|        g, H = gradient and Hessian of f
//	direction:       d = argmin q by coordinate descent
//	step:            the largest a of 1, 1/2, 1/4 ... with  F(w + a d) <= F(w) + c a D,  D = g.d + sum_j t_j (|w_j + d_j| - |w_j|)
//
//	l1               t
//	fall             -D
//	gain             q(0) - q(d), near the optimum the distance F(w) - F*
//	damping          a multiple of the curvature at the start is added to the diagonal of H while steps have to be cut (losses with straight parts, as
//	                 Huber's, have directions without curvature)
//
// Stops when gain, without damping, and the bound that coordinate descent leaves are together below tol |F| (see magnitude).
//
// G.-X. Yuan, C.-H. Ho, C.-J. Lin: An improved GLMNET for L1-regularized logistic regression, JMLR 13 (2012), sections 3 and 4. Differs in that the quadratic is
// solved with its matrix at hand where that is small. An iteration costs one evaluation, O(n m^2) to form H, and its sweeps; with many features H is
// never formed and a sweep costs one pass. Quadratic convergence.
type proximalNewton struct {
	tol       float64
	maxIter   int
	quadratic bool // f is quadratic: one model is exact and serves all iterations
	report    report
}

const (
	firstDamping = 1e-4
	lastDamping  = 1e-7
	mostDamping  = 1e12
	flatDamping  = 1e-10 // of coordinates without any curvature
	shortStep    = 0.5   // a step that was cut below asks for damping, in proportion
)

// columnObjective gives the model of coordinate descent without forming the Hessian.
type columnObjective interface {
	objective
	columnModel(ctx context.Context, x *columns) (quadratic, error)
	// diagonal sets d to the diagonal of the Hessian at the w last evaluated, with one for zero.
	diagonal(ctx context.Context, d []float64) error
	features() *design
}

// minimise moves w to the optimum.
func (s *proximalNewton) minimise(ctx context.Context, f columnObjective, l1, w []float64) (value float64, converged bool, err error) {
	n := f.size()
	g, trial, trialG := make([]float64, n), make([]float64, n), make([]float64, n)
	value, err = f.evaluate(ctx, w, g)
	if err != nil {
		return 0, false, err
	}
	value += l1Norm(l1, w)
	first := value
	start := make([]float64, n)
	if err := f.diagonal(ctx, start); err != nil {
		return 0, false, err
	}
	damping, extra := 0.0, make([]float64, n)
	var model quadratic
	var x *columns
	for iteration := 1; iteration <= s.maxIter; iteration++ {
		if model == nil || !s.quadratic {
			if model, err = s.model(ctx, f, &x); err != nil {
				return 0, false, err
			}
		}
		model.restart(nil)
		for j := range extra {
			if extra[j] = damping * start[j]; model.curvature(j) == 0 {
				extra[j] += flatDamping * start[j]
			}
		}
		goal := max(s.tol, 1e-14) * magnitude(value, first)
		var gain, bound, step float64
		for {
			model.restart(extra)
			cd := newCoordinateDescent(w, g, l1, model)
			bound, err = cd.minimise(ctx, func(first float64) float64 {
				if s.quadratic {
					return goal / 10
				}
				return max(goal/10, first/1000)
			})
			if err != nil {
				return 0, false, err
			}
			var fall, next float64
			fall, gain = cd.gain()
			next, step, err = s.search(ctx, f, l1, w, cd.u, trial, trialG, value, fall, gain)
			if err != nil {
				return 0, false, err
			}
			if step > 0 {
				copy(w, trial)
				copy(g, trialG)
				value = next
			}
			if step > 0 || gain+bound <= goal || damping > mostDamping {
				break
			}
			raised := max(10*damping, firstDamping)
			for j := range extra {
				extra[j] += (raised - damping) * start[j]
			}
			damping = raised
		}
		s.report(iteration, value, w)
		switch {
		case gain+bound <= goal && damping == 0:
			return value, true, nil
		case gain+bound <= goal:
			damping = 0
		case step == 0:
			return value, gain+bound <= 1e-9*math.Abs(value), nil
		case step < shortStep:
			damping = max(10*damping, firstDamping) * min(1/step, 1e4)
		case step == 1:
			if damping /= 10; damping < lastDamping {
				damping = 0
			}
		}
	}
	return value, false, nil
}

// model is the quadratic model at the w last evaluated.
func (s *proximalNewton) model(ctx context.Context, f columnObjective, x **columns) (quadratic, error) {
	if n := f.size(); n <= maxExplicit {
		h, err := f.hessian(ctx)
		if err != nil {
			return nil, err
		}
		return newMatrixQuadratic(h, n), nil
	}
	if *x == nil {
		var err error
		if *x, err = f.features().columns(ctx); err != nil {
			return nil, err
		}
	}
	return f.columnModel(ctx, *x)
}

// gain returns -D and q(0) - q(d).
func (c *coordinateDescent) gain() (fall, gain float64) {
	curved := 0.0
	for j, u := range c.u {
		d := u - c.w[j]
		fall -= c.g[j]*d + c.l1[j]*(math.Abs(u)-math.Abs(c.w[j]))
		if d != 0 {
			curved += d * c.q.slope(j)
		}
	}
	return fall, fall - curved/2
}

// search fills trial and trialG for the first acceptable step from w towards u and returns F there and the step, 0 when there is none.
func (s *proximalNewton) search(ctx context.Context, f objective, l1, w, u, trial, trialG []float64, value, fall, gain float64) (next, step float64, err error) {
	for a := 1.0; a > 1e-12; a /= 2 {
		for j := range trial {
			trial[j] = w[j] + a*(u[j]-w[j])
		}
		if a == 1 {
			copy(trial, u) // exact zeros
		}
		if next, err = f.evaluate(ctx, trial, trialG); err != nil {
			return 0, 0, err
		}
		next += l1Norm(l1, trial)
		if next <= value-0.01*a*fall || gain <= 1e-9*math.Abs(value) && next <= value+1e-13*math.Abs(value) {
			return next, a, nil
		}
	}
	return value, 0, nil
}

func l1Norm(l1, w []float64) float64 {
	sum := 0.0
	for j, v := range w {
		sum += l1[j] * math.Abs(v)
	}
	return sum
}
