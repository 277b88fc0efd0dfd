package linear

import (
	"context"
	"math"
)

// huberObjective is Huber's regression with its scale estimated along with the coefficients,
//
//	F(w, b, k) = sum_i s_i ( k + H(e_i / k) k ) + 1/2 ridge.strength |w|^2,   e_i = y_i - x_i.w - b
//	H(u) = u^2 for |u| <= epsilon, else 2 epsilon |u| - epsilon^2
//
// jointly convex in the coefficients and the scale k > 0, so that the result moves with the units of y. The last number of the point is k, the one before it the
// intercept, if there is one.
//
// A row with |e| <= epsilon k adds the rank-one Hessian (2 s / k) u u' with u = (x, 1, e/k); the other rows add none.
//
// P. J. Huber, E. M. Ronchetti: Robust Statistics (2009), section 7.7; A. B. Owen: A robust hybrid of lasso and ridge regression (2007), section 2.
type huberObjective struct {
	x         *design
	y, weight []float64
	epsilon   float64
	ridge     ridge
	intercept bool
	z         []float64 // errors e, later first derivatives
	curvature []float64 // 2 s / k of the near rows, else zero
	relative  []float64 // e / k
	sums      []float64
}

func newHuberObjective(x *design, y, weight []float64, epsilon float64, r ridge, intercept bool) *huberObjective {
	return &huberObjective{x: x, y: y, weight: weight, epsilon: epsilon, ridge: r, intercept: intercept,
		z: make([]float64, x.n), curvature: make([]float64, x.n), relative: make([]float64, x.n), sums: make([]float64, x.p+3)}
}

func (o *huberObjective) size() int {
	if o.intercept {
		return o.x.p + 2
	}
	return o.x.p + 1
}

// parts of a point: coefficients, intercept, scale.
func (o *huberObjective) parts(w []float64) (coefficients []float64, bias, scale float64) {
	if o.intercept {
		bias = w[o.x.p]
	}
	return w[:o.x.p], bias, w[o.size()-1]
}

// gather copies sums by coefficients, intercept and scale to out.
func (o *huberObjective) gather(out []float64) {
	copy(out[:o.x.p], o.sums)
	if o.intercept {
		out[o.x.p] = o.sums[o.x.p]
	}
	out[o.size()-1] = o.sums[o.x.p+1]
}

// evaluate makes one pass over X. O(n m).
func (o *huberObjective) evaluate(ctx context.Context, w, gradient []float64) (float64, error) {
	p := o.x.p
	c, bias, scale := o.parts(w)
	if !(scale > 0) {
		return math.Inf(1), ctx.Err()
	}
	err := o.x.reduce(ctx, o.sums, func(lo, hi int, part []float64) {
		o.x.blocks(lo, hi, func(lo, hi int) {
			o.x.margins(lo, hi, c, bias, o.z[lo:hi])
			for i := lo; i < hi; i++ {
				part[p+2] += o.derive(i, scale, part)
				part[p] += o.z[i]
			}
			o.x.addRows(lo, hi, o.z[lo:hi], part[:p])
		})
	})
	if err != nil {
		return 0, err
	}
	o.gather(gradient)
	return o.sums[p+2] + o.ridge.add(p, c, gradient), nil
}

// derive turns the margin of row i into its derivative, adds the derivative by the scale to part and returns the loss.
func (o *huberObjective) derive(i int, scale float64, part []float64) float64 {
	s, e := o.weight[i], o.y[i]-o.z[i]
	u := e / scale
	o.relative[i] = u
	if math.Abs(u) <= o.epsilon {
		o.curvature[i] = 2 * s / scale
		o.z[i] = -2 * s * u
		part[o.x.p+1] += s * (1 - u*u)
		return s * scale * (1 + u*u)
	}
	o.curvature[i] = 0
	o.z[i] = -2 * s * math.Copysign(o.epsilon, u)
	part[o.x.p+1] += s * (1 - o.epsilon*o.epsilon)
	return s * scale * (1 + 2*o.epsilon*math.Abs(u) - o.epsilon*o.epsilon)
}

func (o *huberObjective) product(ctx context.Context, v, out []float64) error {
	p := o.x.p
	c, bias, scale := o.parts(v)
	err := o.x.reduce(ctx, o.sums[:p+2], func(lo, hi int, part []float64) {
		o.x.blocks(lo, hi, func(lo, hi int) {
			z := o.z[lo:hi]
			o.x.margins(lo, hi, c, bias, z)
			for i := range z {
				z[i] = o.curvature[lo+i] * (z[i] + o.relative[lo+i]*scale)
				part[p] += z[i]
				part[p+1] += z[i] * o.relative[lo+i]
			}
			o.x.addRows(lo, hi, z, part[:p])
		})
	})
	if err != nil {
		return err
	}
	o.gather(out)
	o.ridge.add(p, c, out)
	return nil
}

// hessian is exact. O(n m^2 / 2).
func (o *huberObjective) hessian(ctx context.Context) ([]float64, error) {
	return o.sampledHessian(ctx, 1)
}

func (o *huberObjective) sampledHessian(ctx context.Context, step int) ([]float64, error) {
	p, d := o.x.p, o.size()
	g, err := o.x.gram(ctx, o.curvature, step)
	if err != nil {
		return nil, err
	}
	for i := range g {
		g[i] *= float64(step)
	}
	g = leading(g, p+1, d-1)
	h := make([]float64, d*d)
	for i := 0; i < d-1; i++ {
		copy(h[i*d:i*d+i+1], g[i*(d-1):])
	}
	// the row of the scale: sum of curvature * relative * (x, 1, relative)
	err = o.x.reduce(ctx, o.sums[:p+2], func(lo, hi int, part []float64) {
		z := o.z[lo:hi]
		for i := range z {
			z[i] = o.curvature[lo+i] * o.relative[lo+i]
			part[p] += z[i]
			part[p+1] += z[i] * o.relative[lo+i]
		}
		o.x.addRows(lo, hi, z, part[:p])
	})
	if err != nil {
		return nil, err
	}
	o.gather(h[(d-1)*d:])
	for j := 0; j < p; j++ {
		h[j*d+j] += o.ridge.strength
	}
	return h, nil
}

func (o *huberObjective) precondition(ctx context.Context) (preconditioner, error) {
	if o.size() > maxExplicit {
		d := make(diagonal, o.size())
		return d, o.diagonal(ctx, d)
	}
	h, err := o.sampledHessian(ctx, o.x.sampleStep())
	if err != nil {
		return nil, err
	}
	return factorHessian(ctx, h, o.size())
}

// diagonal sets d to the diagonal of the Hessian, with one for zero. O(n m).
func (o *huberObjective) diagonal(ctx context.Context, d []float64) error {
	p := o.x.p
	err := o.x.reduce(ctx, o.sums[:p+2], func(lo, hi int, part []float64) {
		o.x.addSquares(lo, hi, o.curvature[lo:hi], part[:p])
		for i := lo; i < hi; i++ {
			part[p] += o.curvature[i]
			part[p+1] += o.curvature[i] * o.relative[i] * o.relative[i]
		}
	})
	if err != nil {
		return err
	}
	o.gather(d)
	for j := range d {
		if j < p {
			d[j] += o.ridge.strength
		}
		if !(d[j] > 0) || math.IsInf(d[j], 0) {
			d[j] = 1
		}
	}
	return nil
}

func (o *huberObjective) features() *design { return o.x }

func (o *huberObjective) columnModel(ctx context.Context, x *columns) (quadratic, error) {
	var dense [][]float64
	if o.intercept {
		dense = append(dense, ones(x.n))
	}
	dense = append(dense, append([]float64(nil), o.relative...))
	return newColumnQuadratic(ctx, x, dense, 1, o.curvature, nil, o.ridge.at(x.p))
}
