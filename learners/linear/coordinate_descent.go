package linear

import (
	"context"
	"math"
)

// coordinateDescent minimises, for fixed w, g and H,
//
//	q(d) = g.d + 1/2 d' H d + sum_j t_j |w_j + d_j|
//
// one coordinate at a time, each to its exact minimum:  u = soft(H_jj u_j - G_j, t_j) / H_jj,  u_j = w_j + d_j,  G = g + H d.
//
//	u         w + d
//	l1        t, zero for coordinates that are not penalised
//	active    the coordinates that are not zero or have moved; sweeps over them alternate with sweeps over all
//
// After a few sweeps the signs of the active coordinates are held and the remaining linear system is solved, up to the first change of sign: plain sweeps need
// thousands of rounds on correlated features, this ends in a few. Where H is not at hand, its part for the active coordinates is formed for that.
//
// Stops when the bound  sum_j |v_j| (|u_j| + |new u_j|)  on the distance to the minimum, v the violated part of the subgradient, is below goal on a sweep
// over all coordinates.
//
// J. Friedman, T. Hastie, R. Tibshirani: Regularization paths for generalized linear models via coordinate descent, J. Stat. Software 33 (2010), sections 2.1,
// 2.2 and 2.6. Each sweep costs O(size^2) with H and O(n m) without.
type coordinateDescent struct {
	w, g, l1 []float64
	q        quadratic
	u        []float64
	active   []int
}

const (
	maxSweeps    = 5000
	sweepsBefore = 6 // sweeps before the first solution of the linear system
	// a matrix of k columns costs k/4 sweeps over them; it is formed after half as many
	sweepsPerColumn = 8
)

func newCoordinateDescent(w, g, l1 []float64, q quadratic) *coordinateDescent {
	return &coordinateDescent{w: w, g: g, l1: l1, q: q, u: append([]float64(nil), w...)}
}

// minimise sets c.u and returns the last bound. It makes at most maxSweeps sweeps.
func (c *coordinateDescent) minimise(ctx context.Context, goal func(firstBound float64) float64) (bound float64, err error) {
	all := make([]int, len(c.w))
	for j := range all {
		all[j] = j
	}
	bound, err = c.sweep(ctx, all, true)
	if err != nil {
		return 0, err
	}
	limit := goal(bound)
	for sweeps := 1; bound > limit && sweeps < maxSweeps; {
		for inner := 1; sweeps < maxSweeps; inner++ {
			b, err := c.sweep(ctx, c.active, false)
			if err != nil {
				return 0, err
			}
			sweeps++
			if b <= limit/2 {
				break
			}
			if inner%sweepsBefore != 0 {
				continue
			}
			switch m := c.q.(type) {
			case *matrixQuadratic:
				err = c.solveActive(ctx, m)
			case *columnQuadratic:
				if inner >= len(c.active)/sweepsPerColumn { // by now forming the matrix costs little more than the sweeps did
					err = c.minimiseActive(ctx, m, limit/2)
				}
			}
			if err != nil {
				return 0, err
			}
		}
		if bound, err = c.sweep(ctx, all, true); err != nil {
			return 0, err
		}
		sweeps++
	}
	return bound, nil
}

// sweep updates the given coordinates in order and returns the bound before the updates. collect gathers the active ones anew.
func (c *coordinateDescent) sweep(ctx context.Context, coordinates []int, collect bool) (bound float64, err error) {
	if collect {
		c.active = c.active[:0]
	}
	work := 0
	for _, j := range coordinates {
		if work += c.q.work(); work > 1<<20 {
			work = 0
			if err := ctx.Err(); err != nil {
				return 0, err
			}
		}
		h := c.q.curvature(j)
		if !(h > 0) { // a column of zeros: it changes nothing, and its coefficient stays at zero
			continue
		}
		slope := c.g[j] + c.q.slope(j)
		u := c.u[j]
		next := soft(h*u-slope, c.l1[j]) / h
		var violated float64
		if u != 0 {
			violated = math.Abs(slope + math.Copysign(c.l1[j], u))
		} else {
			violated = max(0, math.Abs(slope)-c.l1[j])
		}
		bound += violated * (math.Abs(u) + math.Abs(next))
		if next != u {
			c.q.move(j, next-u)
			c.u[j] = next
		}
		if collect && (next != 0 || u != 0 || c.l1[j] == 0) {
			c.active = append(c.active, j)
		}
	}
	return bound, ctx.Err()
}

// minimiseActive minimises over the active coordinates with their part of H, when that is small enough.
func (c *coordinateDescent) minimiseActive(ctx context.Context, q *columnQuadratic, goal float64) error {
	k := len(c.active)
	if k > maxExplicit {
		return nil
	}
	h, err := q.matrix(ctx, c.active)
	if err != nil {
		return err
	}
	w, g, l1 := make([]float64, k), make([]float64, k), make([]float64, k)
	for a, j := range c.active {
		w[a], g[a], l1[a] = c.u[j], c.g[j]+q.slope(j), c.l1[j]
	}
	part := newCoordinateDescent(w, g, l1, newMatrixQuadratic(h, k))
	if _, err := part.minimise(ctx, func(float64) float64 { return goal }); err != nil {
		return err
	}
	for a, j := range c.active {
		if u := part.u[a]; u != c.u[j] {
			q.move(j, u-c.u[j])
			c.u[j] = u
		}
	}
	return nil
}

// solveActive moves the coordinates that are not zero (or not penalised) along the solution of H_AA s = -(G + t sign u)_A, as far as no sign changes. A
// coordinate that reaches zero stays there and the rest is solved again.
func (c *coordinateDescent) solveActive(ctx context.Context, m *matrixQuadratic) error {
	for round := 0; round < 8; round++ {
		var set []int
		for _, j := range c.active {
			if (c.u[j] != 0 || c.l1[j] == 0) && m.curvature(j) > 0 {
				set = append(set, j)
			}
		}
		k := len(set)
		if k == 0 {
			return nil
		}
		h, r, s := make([]float64, k*k), make([]float64, k), make([]float64, k)
		for a, i := range set {
			for b, j := range set[:a+1] {
				h[a*k+b] = m.h[i*m.n+j]
			}
			r[a] = -(c.g[i] + m.slope(i))
			if c.l1[i] > 0 {
				r[a] -= math.Copysign(c.l1[i], c.u[i])
			}
		}
		f, err := factorHessian(ctx, h, k)
		if err != nil {
			return err
		}
		f.solve(r, s)
		// the quadratic along s falls by r.s per unit and curves by s'Hs
		curvature := 0.0
		for a, i := range set {
			row := m.h[i*m.n:]
			t := 0.0
			for b, j := range set {
				t += row[j] * s[b]
			}
			curvature += s[a] * t
		}
		fall := dot(r, s)
		if !(fall > 0) || !(curvature > 0) {
			return nil
		}
		step, first := fall/curvature, -1
		for a, j := range set {
			if c.l1[j] > 0 && s[a]*c.u[j] < 0 {
				if t := -c.u[j] / s[a]; t < step {
					step, first = t, a
				}
			}
		}
		for a, j := range set {
			next := c.u[j] + step*s[a]
			if a == first {
				next = 0
			}
			m.move(j, next-c.u[j])
			c.u[j] = next
		}
		if first < 0 {
			return nil
		}
	}
	return nil
}
