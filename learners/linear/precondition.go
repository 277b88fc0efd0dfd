package linear

import (
	"context"
	"math"
)

// preconditioner is the inverse of an approximate Hessian.
type preconditioner interface {
	// solve sets out to the inverse times v.
	solve(v, out []float64)
}

// maxExplicit is the largest Hessian that is formed and factored; beyond it the preconditioner is its diagonal.
const maxExplicit = 1200

// diagonal preconditions by the diagonal of the Hessian.
type diagonal []float64

func (d diagonal) solve(v, out []float64) {
	for j, x := range v {
		out[j] = x / d[j]
	}
}

// sampleStep says to use every how many-th row in an approximate Hessian, so that forming it costs about as much as two passes over the data and uses
// at least twenty rows a column. 1 makes it exact.
func (d *design) sampleStep() int {
	share := 8.0
	if d.dense != nil && vectors {
		share = 24
	}
	rows := max(20*d.p, int(share*float64(d.n)/d.perRow()))
	return max(1, d.n/max(rows, 1))
}

// factored is the Cholesky factor of S H S, where S makes the diagonal of H one.
type factored struct {
	l     []float64
	n     int
	scale []float64
	least float64 // pivot
	whole bool    // H is the Hessian itself, not that of a sample
}

// isHessian reports whether m is the inverse of the whole Hessian: no direction is so flat that lift counts for much.
func isHessian(m preconditioner) bool {
	f, ok := m.(*factored)
	return ok && f.whole && f.least > 1e5*lift
}

// lift is what a direction without curvature (equal columns, columns of zeros) gets in a factored Hessian whose diagonal is one: the result
// preconditions, so it may be inexact but must be positive definite.
const lift = 1e-11

// factorHessian factors the n x n matrix h (lower triangle, overwritten).
func factorHessian(ctx context.Context, h []float64, n int) (*factored, error) {
	f := &factored{l: h, n: n, scale: make([]float64, n)}
	for j := range f.scale {
		f.scale[j] = 1
		if d := h[j*n+j]; d > 0 && !math.IsInf(d, 0) {
			f.scale[j] = 1 / math.Sqrt(d)
		}
	}
	for i := 0; i < n; i++ {
		for j := 0; j < i; j++ {
			h[i*n+j] *= f.scale[i] * f.scale[j]
		}
		h[i*n+i] = 1 + lift
	}
	var err error
	f.least, err = cholesky(ctx, h, n, lift)
	return f, err
}

func (f *factored) solve(v, out []float64) {
	for j, s := range f.scale {
		out[j] = v[j] * s
	}
	choleskySolve(f.l, f.n, out)
	for j, s := range f.scale {
		out[j] *= s
	}
}
