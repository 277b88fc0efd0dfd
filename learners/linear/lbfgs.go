package linear

import (
	"context"
	"math"
)

// lbfgs minimises a smooth convex F(w) by the limited-memory BFGS method.
//
//	direction:  d = -B g, B an inverse Hessian built from the last memory pairs (s, y) by the two-loop recursion
//	step:       w + a d with  F(w + a d) <= F(w) + c1 a g.d   and   g(w + a d).d >= c2 g.d   (weak Wolfe, by bisection)
//
//	g           gradient
//	s, y        changes of w and of g in one iteration
//	start       B before any pair: the inverse diagonal of the Hessian at the start, times s.y / y'(start)y of the last pair
//
// Stops after three iterations in a row whose decrease, and the gain that they expected (-g.d / 2, which near the optimum is the distance to it), are below
// tol |F|.
//
// D. C. Liu, J. Nocedal: On the limited memory BFGS method for large scale optimization, Math. Programming 45 (1989). Each iteration costs about one
// evaluation (one pass over the data) and O(memory d); linear convergence, slower the more the features differ in scale and correlate.
type lbfgs struct {
	tol     float64
	maxIter int
	report  report
}

const (
	memory      = 20
	wolfeValue  = 1e-4 // c1
	wolfeSlope  = 0.9  // c2
	maxBisect   = 60
	quietRounds = 3
)

// minimise moves w to the optimum. curvature is the positive diagonal of the Hessian at w, or near it.
func (l *lbfgs) minimise(ctx context.Context, f objective, curvature, w []float64) (value float64, converged bool, err error) {
	n := f.size()
	g, next, nextG, d := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	if value, err = f.evaluate(ctx, w, g); err != nil {
		return 0, false, err
	}
	first := value
	b := &inverseHessian{start: curvature, scale: 1}
	quiet := 0
	for iteration := 1; iteration <= l.maxIter; iteration++ {
		b.direction(g, d)
		slope := dot(g, d)
		if !(slope < 0) { // the gradient is zero, or rounding has used up the pairs
			if len(b.s) == 0 {
				return value, true, nil
			}
			b.forget()
			continue
		}
		nextValue, found, err := l.search(ctx, f, w, d, value, slope, next, nextG)
		if err != nil {
			return 0, false, err
		}
		if !found {
			if len(b.s) == 0 { // not even the scaled gradient goes down: w is as good as rounding allows
				return value, -slope <= 1e-6*magnitude(value, first), nil
			}
			b.forget()
			continue
		}
		goal := max(l.tol, epsilon) * magnitude(value, first)
		if value-nextValue <= goal && -slope/2 <= goal {
			quiet++
		} else {
			quiet = 0
		}
		b.remember(w, next, g, nextG)
		copy(w, next)
		copy(g, nextG)
		value = nextValue
		l.report(iteration, value, w)
		if quiet == quietRounds {
			return value, true, nil
		}
	}
	return value, false, nil
}

// search fills next and nextG for a step along d that fulfils the weak Wolfe conditions. found is false when rounding hides every decrease.
func (l *lbfgs) search(ctx context.Context, f objective, w, d []float64, value, slope float64, next, nextG []float64) (nextValue float64, found bool, err error) {
	low, high, a := 0.0, math.Inf(1), 1.0
	for try := 0; try < maxBisect; try++ {
		for j, v := range d {
			next[j] = w[j] + a*v
		}
		if nextValue, err = f.evaluate(ctx, next, nextG); err != nil {
			return 0, false, err
		}
		switch {
		case !(nextValue <= value+wolfeValue*a*slope): // also NaN
			high = a
		case dot(nextG, d) < wolfeSlope*slope:
			low = a
		default:
			return nextValue, true, nil
		}
		if math.IsInf(high, 1) {
			a = 2 * low
		} else {
			a = low + (high-low)/2
		}
	}
	return nextValue, low > 0 && nextValue < value, nil
}

// inverseHessian is the approximation of L-BFGS.
type inverseHessian struct {
	start []float64
	scale float64
	s, y  [][]float64 // oldest first
	sy    []float64
	alpha [memory]float64
}

func (b *inverseHessian) forget() { b.s, b.y, b.sy, b.scale = nil, nil, nil, 1 }

func (b *inverseHessian) remember(w, next, g, nextG []float64) {
	s, y := make([]float64, len(w)), make([]float64, len(w))
	if len(b.s) == memory { // reuse the oldest
		s, y = b.s[0], b.y[0]
		b.s, b.y, b.sy = append(b.s[:0], b.s[1:]...), append(b.y[:0], b.y[1:]...), append(b.sy[:0], b.sy[1:]...)
	}
	yy := 0.0
	for j := range s {
		s[j] = next[j] - w[j]
		y[j] = nextG[j] - g[j]
		yy += y[j] * y[j] / b.start[j]
	}
	sy := dot(s, y)
	if !(sy > 0) || !(yy > 0) {
		return
	}
	b.s, b.y, b.sy = append(b.s, s), append(b.y, y), append(b.sy, sy)
	b.scale = sy / yy
}

// direction sets d to -B g.
func (b *inverseHessian) direction(g, d []float64) {
	for j, v := range g {
		d[j] = -v
	}
	for i := len(b.s) - 1; i >= 0; i-- {
		b.alpha[i] = dot(b.s[i], d) / b.sy[i]
		addScaled(d, -b.alpha[i], b.y[i])
	}
	for j := range d {
		d[j] *= b.scale / b.start[j]
	}
	for i := range b.s {
		addScaled(d, b.alpha[i]-dot(b.y[i], d)/b.sy[i], b.s[i])
	}
}
