package svm

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"aibms/learners/exponential"
)

// kernel is K(x, z):
//
//	rbf      exp(-gamma |x - z|^2)
//	poly     (gamma x.z + coef0)^degree
//	sigmoid  tanh(gamma x.z + coef0)
//	linear   x.z
//
// All are functions of a product of scaled rows u = scale (x - center), to which a number of each row is added:
//
//	rbf              exp(u.w - |u|^2/2 - |w|^2/2)   with scale = sqrt(2 gamma); center are the means of the features, so that features far from zero lose no digits
//	poly, sigmoid    of u.w + coef0                 with scale = sqrt(gamma)
type kernel struct {
	name         string
	gamma, coef0 float64
	degree       int
	center       []float64 // p numbers for rbf, else nil
}

var kernelNames = []string{"rbf", "poly", "sigmoid", "linear"}

func (k *kernel) scale() float64 {
	switch k.name {
	case "rbf":
		return math.Sqrt(2 * k.gamma)
	case "linear":
		return 1
	}
	return math.Sqrt(k.gamma)
}

// scaleRow puts the scaled row x into u.
func (k *kernel) scaleRow(u, x []float64) {
	scale := k.scale()
	for j, v := range x {
		if k.center != nil {
			v -= k.center[j]
		}
		u[j] = v * scale
	}
}

// start is the number of a scaled row that is added to its products with others.
func (k *kernel) start(u []float64) float64 {
	if k.name != "rbf" {
		return 0
	}
	square := 0.0
	for _, v := range u {
		square = math.FMA(v, v, square)
	}
	return -square / 2
}

// constant is what is added to all products.
func (k *kernel) constant() float64 {
	if k.name == "rbf" || k.name == "linear" {
		return 0
	}
	return k.coef0
}

// values turns sums into values of the kernel, in place; len(v) is a multiple of lane.
func (k *kernel) values(v []float64) {
	switch k.name {
	case "rbf":
		exponential.All(v, 0)
	case "poly":
		for i, x := range v {
			v[i] = bounded(power(x, k.degree))
		}
	case "linear":
		for i, x := range v {
			v[i] = bounded(x)
		}
	case "sigmoid":
		for i, x := range v {
			v[i] = tanh(x)
		}
	}
}

// largestValue bounds the values of a kernel in single precision, so that no sum overflows. Kernels with larger ones are refused before.
const largestValue = 1e30

// values32 turns sums into values of the kernel in single precision; it may change v.
func (k *kernel) values32(dst []float32, v []float64) {
	if k.name == "rbf" {
		exponential.To32(dst, v, 0)
		return
	}
	k.values(v)
	for i, x := range v {
		dst[i] = float32(max(-largestValue, min(x, largestValue)))
	}
}

// value is the kernel of a scaled row with itself.
func (k *kernel) value(u []float64) float64 {
	if k.name == "rbf" {
		return 1
	}
	v := k.constant()
	for _, x := range u {
		v = math.FMA(x, x, v)
	}
	one := []float64{v}
	k.valuesPlain(one)
	return one[0]
}

// valuesPlain is values for a kernel that is not rbf and any length.
func (k *kernel) valuesPlain(v []float64) {
	if k.name != "rbf" {
		k.values(v)
	}
}

// bounded keeps values of rows that are far away such that sums of them do not overflow; NaN, which only such rows give, becomes 0.
func bounded(x float64) float64 {
	if x != x {
		return 0
	}
	return max(-1e200, min(x, 1e200))
}

// power is x to the n, n >= 0, by squaring.
func power(x float64, n int) float64 {
	y := 1.0
	for ; n > 0; n >>= 1 {
		if n&1 == 1 {
			y *= x
		}
		x *= x
	}
	return y
}

// tanh is math.Tanh to a few units in the last place of 1; that of NaN is 0.
func tanh(x float64) float64 {
	if x != x {
		return 0
	}
	e := exponential.Exp(-2*math.Abs(x), 0)
	return math.Copysign((1-e)/(1+e), x)
}

// points are scaled rows in panels of lane, padded with rows of zeros to a multiple of group.
type points struct {
	n, p  int
	z     []float64 // number k of row c of a panel stands at 8*k + c
	start []float64
}

// newPoints scales n rows of x; row is the row of x that becomes row i.
func newPoints(ctx context.Context, k *kernel, x *mat.Dense, n int, row func(i int) int) (*points, error) {
	_, p := x.Dims()
	padded := roundUp(n, group)
	t := &points{n: n, p: p, z: make([]float64, padded*p), start: make([]float64, padded)}
	u := make([]float64, p)
	for i := range n {
		if i%looksAfter == looksAfter-1 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		k.scaleRow(u, x.RawRowView(row(i)))
		panel := t.panel(i)
		for j, v := range u {
			panel[lane*j] = v
		}
		t.start[i] = k.start(u)
	}
	return t, nil
}

// looksAfter is how many rows are prepared between two looks at the context.
const looksAfter = 4096

// panel is the panel of row i from that row's first number on: number j stands at lane*j.
func (t *points) panel(i int) []float64 { return t.z[i/lane*lane*t.p+i%lane:] }

// row copies row i into u.
func (t *points) row(u []float64, i int) {
	panel := t.panel(i)
	for j := range u {
		u[j] = panel[lane*j]
	}
}

// swap exchanges two rows.
func (t *points) swap(a, b int) {
	pa, pb := t.panel(a), t.panel(b)
	for j := 0; j < lane*t.p; j += lane {
		pa[j], pb[j] = pb[j], pa[j]
	}
	t.start[a], t.start[b] = t.start[b], t.start[a]
}

// check refuses rows whose kernel is too large to compute with.
func (t *points) check(k *kernel) error {
	u := make([]float64, t.p)
	for i := range t.n {
		t.row(u, i)
		if v := k.value(u); !(math.Abs(v) <= largestValue) || !(math.Abs(t.start[i]) <= largestValue) {
			return fmt.Errorf("%s: row %d is too far from zero for kernel '%s' (its kernel with itself is %.3g); scale the features, or choose a smaller gamma", name, i+1, k.name, v)
		}
	}
	return nil
}
