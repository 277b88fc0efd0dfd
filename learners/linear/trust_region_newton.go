package linear

import (
	"context"
	"math"
)

// Trust-region Newton: minimise a smooth convex F(w).
//
//	model of F around w:  q(s) = g.s + 1/2 s' H s         g = gradient, H = Hessian at w
//	step:                 s ~ argmin q(s)  subject to  |s|_M <= radius
//	accept when           F(w) - F(w + s) is a fair share of -q(s); grow or shrink the radius by that share
//
// The step is found by conjugate gradients (Steihaug 1983), preconditioned by M ~ H and measured in |s|_M = sqrt(s' M s). When M is H itself the
// first conjugate gradient step is the Newton step, so small problems run as exact Newton and large ones as truncated Newton.
//
//	w, g, s            w, gradient, step
//	r, z, d            residual, M^-1 residual, direction
//	radius, q(s)       radius, model
//
// Stops when a step inside the radius is expected to gain less than tol |F| (see magnitude): near the optimum -q(s) is the distance F(w) - F*, so tol is the relative distance to the
// optimum (and the last step, which is still taken, leaves about its square).
//
// C.-J. Lin, R. C. Weng, S. S. Keerthi: Trust region Newton method for large-scale logistic regression, JMLR 9 (2008), Algorithms 1 and 2;
// preconditioning: C.-Y. Hsia, W.-L. Chiang, C.-J. Lin (ACML 2018). Differs from them in the preconditioner, a factored Hessian of a sample of the rows, and
// in the stopping rule, and begins with the optimum of a sample of the rows where they are many (approach). Each iteration costs one evaluation and a few Hessian products, each one pass over the data; quadratic convergence.
type trustRegionNewton struct {
	tol     float64
	maxIter int
	report  report
	// known is the preconditioner of a similar problem, or nil; minimise leaves its last one there.
	known preconditioner
	first float64 // the value at the start, or what a sample of the rows says of it
	near  bool    // w is thought to be nearer to the optimum than that of a sample would be: minimise begins there
}

// sampler is an objective over so many rows that a sample of them tells nearly where the optimum is.
type sampler interface {
	// sample returns the same objective over every so many-th row, its weight as much larger, or nil where the rows are few.
	sample() objective
}

// approach moves w to the optimum of a sample of the rows, from which a step or two lead to that of all. Each of its steps costs a fraction of a pass over the data. What it finds need not be
// exact, and may be far off where the sample says little: minimise goes on from anywhere.
func (t *trustRegionNewton) approach(ctx context.Context, f objective, w []float64) error {
	s, ok := f.(sampler)
	if !ok || t.near {
		return nil
	}
	part := s.sample()
	if part == nil {
		return nil
	}
	n := trustRegionNewton{tol: approachTol, maxIter: approachSteps, report: func(int, float64, []float64) {}}
	_, _, err := n.minimise(ctx, part, w)
	t.first = n.first
	return err
}

const (
	acceptShare   = 1e-4 // of the expected gain, for a step to be taken
	poorShare     = 0.25 // below it the radius shrinks
	goodShare     = 0.75 // above it the radius grows
	trusted       = 0.1  // how far the gain of a step may be from what the model said of it, for the last step, a far smaller one, to be taken without another pass over the data
	forcing       = 0.05 // residual of the conjugate gradients, relative to the gradient
	maxInner      = 250
	approachTol   = 1e-4
	approachSteps = 10
	refreshFrom   = 4 // conjugate gradient steps that tell that the preconditioner is out of date
)

// minimise moves w to the optimum. It reports whether it got there within maxIter iterations.
func (t *trustRegionNewton) minimise(ctx context.Context, f objective, w []float64) (value float64, converged bool, err error) {
	d := f.size()
	g, trial, trialG := make([]float64, d), make([]float64, d), make([]float64, d)
	cg := newSteihaug(d)
	if err := t.approach(ctx, f, w); err != nil {
		return 0, false, err
	}
	value, err = f.evaluate(ctx, w, g)
	if err != nil {
		return 0, false, err
	}
	t.first = max(t.first, value)
	first := t.first
	m := t.known
	defer func() { t.known = m }()
	radius, share := math.Inf(1), math.NaN()
	for iteration := 1; iteration <= t.maxIter; iteration++ {
		fresh := m == nil || cg.steps >= refreshFrom
		if fresh {
			if m, err = f.precondition(ctx); err != nil {
				return 0, false, err
			}
		}
		gain, length, err := cg.step(ctx, f, m, fresh && isHessian(m), g, radius)
		if err != nil {
			return 0, false, err
		}
		near := !cg.bounded && gain <= max(t.tol, 4*epsilon)*magnitude(value, first)
		if near && math.Abs(share-1) < trusted {
			addScaled(w, 1, cg.s)
			value -= gain
			t.report(iteration, value, w)
			return value, true, nil
		}
		for j, s := range cg.s {
			trial[j] = w[j] + s
		}
		trialValue, err := f.evaluate(ctx, trial, trialG)
		if err != nil {
			return 0, false, err
		}
		share = (value - trialValue) / gain
		if gain <= 1e-9*math.Abs(value) && trialValue <= value+1e-12*math.Abs(value) {
			share = 1 // the gain is lost in the rounding of the two values
		}
		accepted := share > acceptShare && trialValue <= value+1e-12*math.Abs(value)
		if accepted {
			copy(w, trial)
			copy(g, trialG)
			value = trialValue
		}
		if near && (accepted || gain <= 1e-12*math.Abs(value)) {
			t.report(iteration, value, w)
			return value, true, nil
		}
		switch {
		case !(share >= poorShare): // also NaN: the trial overflowed
			radius = length * shrinkage(value, dot(g, cg.s), trialValue, accepted)
		case share > goodShare && length > 0.9*radius:
			radius *= 3
		}
		if !accepted { // bring the curvature back to w
			if value, err = f.evaluate(ctx, w, g); err != nil {
				return 0, false, err
			}
			if radius < 1e-150 {
				return value, false, nil
			}
		}
		t.report(iteration, value, w)
	}
	return value, false, nil
}

// shrinkage is the part of a poor step to try next: the minimum of the parabola through the value and slope at its start and the value at its end.
func shrinkage(value, slope, end float64, accepted bool) float64 {
	if accepted {
		return 0.25
	}
	if !finite(end) { // outside the domain
		return 0.1
	}
	if a := -slope / (2 * (end - value - slope)); a > 1e-3 {
		return min(a, 0.25)
	}
	return 1e-3
}

// magnitude is what tol is relative to: the value, or, for a model that fits its data perfectly, a millionth of the value at the start.
func magnitude(value, first float64) float64 { return max(math.Abs(value), 1e-6*math.Abs(first)) }

const epsilon = 2.220446049250313e-16

// steihaug holds the vectors of the conjugate gradients.
type steihaug struct {
	s, r, z, d, hd []float64
	steps          int  // of the last call
	bounded        bool // the last step ends at the radius
}

func newSteihaug(n int) *steihaug {
	v := make([]float64, 5*n)
	return &steihaug{s: v[:n], r: v[n : 2*n], z: v[2*n : 3*n], d: v[3*n : 4*n], hd: v[4*n:]}
}

// step sets c.s to an approximate minimiser of the model within the radius and returns the gain -q(s) >= 0 and the length |s|_M. exact says that m is the inverse of the Hessian itself: then its
// direction is the minimiser, and no product is needed to see that.
func (c *steihaug) step(ctx context.Context, f objective, m preconditioner, exact bool, g []float64, radius float64) (gain, length float64, err error) {
	clear(c.s)
	for j, v := range g {
		c.r[j] = -v
	}
	m.solve(c.r, c.z)
	copy(c.d, c.z)
	rz := dot(c.r, c.z)
	goal := forcing * forcing * rz
	ss, sd, dd := 0.0, 0.0, rz // s'Ms, s'Md, d'Md
	c.bounded = false
	if exact && math.IsInf(radius, 1) && rz >= 0 {
		c.steps = 0
		copy(c.s, c.z)
		return rz / 2, math.Sqrt(rz), nil
	}
	for c.steps = 0; c.steps < maxInner && rz > goal && rz > 0; {
		if err := f.product(ctx, c.d, c.hd); err != nil {
			return 0, 0, err
		}
		c.steps++
		curvature := dot(c.d, c.hd)
		a := rz / curvature
		if outside := ss + 2*a*sd + a*a*dd; !(curvature > 0) || !(outside < radius*radius) {
			if math.IsInf(radius, 1) { // no curvature at all: the preconditioned gradient is the best length known
				a = 1
			} else {
				root := math.Sqrt(max(0, sd*sd+dd*(radius*radius-ss)))
				if sd > 0 { // the form without cancellation
					a = (radius*radius - ss) / (sd + root)
				} else {
					a = (root - sd) / dd
				}
			}
			addScaled(c.s, a, c.d)
			addScaled(c.r, -a, c.hd)
			ss += 2*a*sd + a*a*dd
			c.bounded = true
			break
		}
		addScaled(c.s, a, c.d)
		addScaled(c.r, -a, c.hd)
		ss += 2*a*sd + a*a*dd
		m.solve(c.r, c.z)
		next := dot(c.r, c.z)
		b := next / rz
		sd = b * (sd + a*dd)
		dd = next + b*b*dd
		rz = next
		for j, z := range c.z {
			c.d[j] = z + b*c.d[j]
		}
	}
	// r = -(g + H s), so q(s) = g.s + 1/2 s'Hs = 1/2 (g.s - r.s)
	return 0.5 * (dot(c.r, c.s) - dot(g, c.s)), math.Sqrt(max(ss, 0)), nil
}
