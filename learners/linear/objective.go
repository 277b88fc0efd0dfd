package linear

import (
	"context"
	"math"
)

// objective is a smooth convex function of d numbers, as the solvers see it. It is used by one goroutine.
type objective interface {
	// size is d.
	size() int
	// evaluate returns the value at w and fills gradient. It remembers the curvature at w for the other methods. Outside its domain the value is +Inf.
	evaluate(ctx context.Context, w, gradient []float64) (float64, error)
	// product sets out to the Hessian at the w last evaluated, times v.
	product(ctx context.Context, v, out []float64) error
	// precondition returns a symmetric positive definite approximation of the Hessian at the w last evaluated, ready to be inverted.
	precondition(ctx context.Context) (preconditioner, error)
	// hessian returns the lower triangle of the d x d Hessian at the w last evaluated, row-major.
	hessian(ctx context.Context) ([]float64, error)
}

// marginLoss is a convex loss of one number z = x.w + b a row.
type marginLoss interface {
	// derive sets first and second to weight times the first and second derivative of the loss by z, and returns the sum of weight times loss. y is in
	// the coding of the loss. All slices have one entry a row; first may be z itself.
	derive(z, y, weight, first, second []float64) float64
}

// ridge is the penalty 1/2 strength |w|^2 + 1/2 bias b^2.
type ridge struct{ strength, bias float64 }

// add adds f times the penalty's gradient at w (p coefficients and perhaps an intercept) to gradient and returns the penalty.
func (r ridge) add(p int, w, gradient []float64) float64 {
	sum := 0.0
	for j, v := range w[:p] {
		gradient[j] += r.strength * v
		sum += v * v
	}
	sum *= r.strength
	if len(w) > p {
		gradient[p] += r.bias * w[p]
		sum += r.bias * w[p] * w[p]
	}
	return sum / 2
}

// value is the penalty at w.
func (r ridge) value(p int, w []float64) float64 {
	sum := r.strength * dot(w[:p], w[:p])
	if len(w) > p {
		sum += r.bias * w[p] * w[p]
	}
	return sum / 2
}

// addDiagonal adds the penalty's Hessian to the n x n matrix h, where n is p or p+1.
func (r ridge) addDiagonal(p int, h []float64, n int) {
	for j := 0; j < n; j++ {
		if j < p {
			h[j*n+j] += r.strength
		} else {
			h[j*n+j] += r.bias
		}
	}
}

// marginObjective is
//
//	F(w, b) = sum_i s_i l(y_i, x_i.w + b) + 1/2 ridge.strength |w|^2 + 1/2 ridge.bias b^2
//
// as a function of the p+1 numbers (w, b), or of the p numbers w without an intercept. s is weight, l is loss.
type marginObjective struct {
	x            *design
	y, weight    []float64
	loss         marginLoss
	ridge        ridge
	intercept    bool
	z, curvature []float64 // margins or first derivatives; second derivatives
	sums         []float64 // scratch: gradient and loss of one pass
}

func newMarginObjective(x *design, y, weight []float64, loss marginLoss, r ridge, intercept bool) *marginObjective {
	return &marginObjective{x: x, y: y, weight: weight, loss: loss, ridge: r, intercept: intercept,
		z: make([]float64, x.n), curvature: make([]float64, x.n), sums: make([]float64, x.p+2)}
}

// sampleRows is how many rows a sample has at least, and for each coefficient.
const sampleRows, rowsForEach = 8192, 64

// sample takes every so many-th row of dense ones.
func (o *marginObjective) sample() objective {
	step := o.x.n / max(sampleRows, rowsForEach*o.size())
	if o.x.dense == nil || step < 4 {
		return nil
	}
	step = min(step, 32)
	d := o.x
	n := (d.n + step - 1) / step
	x := &design{n: n, p: d.p, workers: d.workers, dense: d.dense, stride: d.stride * step}
	y, weight := make([]float64, n), make([]float64, n)
	for i := range n {
		y[i], weight[i] = o.y[i*step], float64(step)*o.weight[i*step]
	}
	return newMarginObjective(x, y, weight, o.loss, o.ridge, o.intercept)
}

func (o *marginObjective) size() int {
	if o.intercept {
		return o.x.p + 1
	}
	return o.x.p
}

// bias is the intercept in w.
func (o *marginObjective) bias(w []float64) float64 {
	if o.intercept {
		return w[o.x.p]
	}
	return 0
}

// evaluate makes one pass over X: margins, losses and gradient of a block of rows while it is in the cache. O(n m), m numbers per row.
func (o *marginObjective) evaluate(ctx context.Context, w, gradient []float64) (float64, error) {
	p := o.x.p
	err := o.x.reduce(ctx, o.sums, func(lo, hi int, part []float64) {
		o.x.blocks(lo, hi, func(lo, hi int) {
			z := o.z[lo:hi]
			o.x.margins(lo, hi, w[:p], o.bias(w), z)
			part[p+1] += o.loss.derive(z, o.y[lo:hi], o.weight[lo:hi], z, o.curvature[lo:hi])
			o.x.addRows(lo, hi, z, part[:p])
			for _, r := range z {
				part[p] += r
			}
		})
	})
	if err != nil {
		return 0, err
	}
	copy(gradient, o.sums[:o.size()])
	return o.sums[p+1] + o.ridge.add(p, w, gradient), nil
}

// product makes one pass: out = X' D X v + ridge v. O(n m).
func (o *marginObjective) product(ctx context.Context, v, out []float64) error {
	p := o.x.p
	err := o.x.reduce(ctx, o.sums[:p+1], func(lo, hi int, part []float64) {
		o.x.blocks(lo, hi, func(lo, hi int) {
			z := o.z[lo:hi]
			o.x.margins(lo, hi, v[:p], o.bias(v), z)
			for i, c := range o.curvature[lo:hi] {
				z[i] *= c
				part[p] += z[i]
			}
			o.x.addRows(lo, hi, z, part[:p])
		})
	})
	if err != nil {
		return err
	}
	copy(out, o.sums[:o.size()])
	o.ridge.add(p, v, out)
	return nil
}

// hessian is X' D X + ridge. O(n m^2 / 2).
func (o *marginObjective) hessian(ctx context.Context) ([]float64, error) {
	return o.sampledHessian(ctx, 1)
}

func (o *marginObjective) sampledHessian(ctx context.Context, step int) ([]float64, error) {
	h, err := o.x.gram(ctx, o.curvature, step)
	if err != nil {
		return nil, err
	}
	for i := range h {
		h[i] *= float64(step)
	}
	h = leading(h, o.x.p+1, o.size())
	o.ridge.addDiagonal(o.x.p, h, o.size())
	return h, nil
}

// leading is the n x n matrix at the top left of the q x q matrix h; h itself when n = q.
func leading(h []float64, q, n int) []float64 {
	if n == q {
		return h
	}
	for j := 1; j < n; j++ {
		copy(h[j*n:(j+1)*n], h[j*q:])
	}
	return h[:n*n]
}

// precondition is the Hessian of a sample of the rows. With the whole sample (most data sets) it is the Hessian itself, and the conjugate gradients that
// use it need one step: exact Newton.
func (o *marginObjective) precondition(ctx context.Context) (preconditioner, error) {
	if o.size() > maxExplicit {
		d := make(diagonal, o.size())
		return d, o.diagonal(ctx, d)
	}
	step := o.x.sampleStep()
	h, err := o.sampledHessian(ctx, step)
	if err != nil {
		return nil, err
	}
	m, err := factorHessian(ctx, h, o.size())
	if err != nil {
		return nil, err
	}
	m.whole = step == 1
	return m, nil
}

// diagonal sets d to the diagonal of the Hessian, with one for zero. O(n m).
func (o *marginObjective) diagonal(ctx context.Context, d []float64) error {
	p := o.x.p
	err := o.x.reduce(ctx, o.sums[:p+1], func(lo, hi int, part []float64) {
		o.x.addSquares(lo, hi, o.curvature[lo:hi], part[:p])
		for _, c := range o.curvature[lo:hi] {
			part[p] += c
		}
	})
	if err != nil {
		return err
	}
	for j := range d {
		r := o.ridge.strength
		if j == p {
			r = o.ridge.bias
		}
		if d[j] = o.sums[j] + r; !(d[j] > 0) || math.IsInf(d[j], 0) {
			d[j] = 1
		}
	}
	return nil
}
