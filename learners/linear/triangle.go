package linear

import (
	"context"
	"math"
)

// triangle is the factor R of a QR factorisation of rows (x, y) that come one after the other: blocks of rows are folded into R by Householder reflections, so the
// rows need not be held. O(2 p^2) a row.
//
// J. Demmel, L. Grigori, M. Hoemmen, J. Langou: Communication-optimal parallel and sequential QR and LU factorizations, SIAM J. Sci. Comput. 34 (2012), section 4.
type triangle struct {
	p     int
	r     [][]float64 // column j of R: p numbers, those below the diagonal zero; the last one is the transformed y
	block [][]float64 // column j of the rows that wait
	count int
}

const triangleBlock = 128

func newTriangle(p int) *triangle {
	t := &triangle{p: p}
	for j := 0; j <= p; j++ {
		t.r = append(t.r, make([]float64, p))
		t.block = append(t.block, make([]float64, triangleBlock))
	}
	return t
}

// add takes a row of p numbers and its y.
func (t *triangle) add(ctx context.Context, row []float64) error {
	for j, v := range row {
		t.block[j][t.count] = v
	}
	if t.count++; t.count == triangleBlock {
		return t.flush(ctx)
	}
	return nil
}

// flush folds the waiting rows into R.
func (t *triangle) flush(ctx context.Context) error {
	for k := 0; k < t.p; k++ {
		if k%32 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		v, top := t.block[k][:t.count], t.r[k][k]
		below := dot(v, v)
		if below == 0 {
			continue
		}
		// the reflection I - f u u' with u = (lead, v) maps (top, v) to (end, 0)
		end := -math.Copysign(math.Sqrt(top*top+below), top)
		lead := top - end
		f := 2 / (lead*lead + below)
		t.r[k][k] = end
		for j := k + 1; j <= t.p; j++ {
			b := t.block[j][:t.count]
			s := f * (lead*t.r[j][k] + dot(v, b))
			t.r[j][k] -= s * lead
			addScaled(b, -s, v)
		}
	}
	t.count = 0
	return nil
}

// columns returns the columns of R and the transformed y.
func (t *triangle) columns() (r [][]float64, y []float64) { return t.r[:t.p], t.r[t.p] }

// singular holds the singular values of a matrix A and its right singular vectors.
type singular struct {
	square []float64   // squares of the singular values
	v      [][]float64 // v[k] belongs to square[k]
}

// counts reports whether singular value k is more than rounding of the largest, for a matrix whose larger side is size.
func (s *singular) counts(k, size int) bool {
	top := 0.0
	for _, v := range s.square {
		top = max(top, v)
	}
	limit := epsilon * float64(size)
	return s.square[k] > limit*limit*top
}

// singularValues rotates pairs of columns of a until all are orthogonal (one-sided Jacobi): a becomes A V, whose columns have the singular values as lengths.
// About 8 sweeps of 3 n^2 m multiplications.
//
// Golub, Van Loan: Matrix Computations (4th ed.), section 8.6.3.
func singularValues(ctx context.Context, a [][]float64) (*singular, error) {
	n := len(a)
	s := &singular{square: make([]float64, n)}
	for k := range n {
		v := make([]float64, n)
		v[k] = 1
		s.v = append(s.v, v)
	}
	top := 0.0
	for _, column := range a {
		top = max(top, dot(column, column))
	}
	for sweep := 0; sweep < 60; sweep++ {
		rotated := false
		for i := 0; i < n; i++ {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			for j := i + 1; j < n; j++ {
				ii, jj, ij := dot(a[i], a[i]), dot(a[j], a[j]), dot(a[i], a[j])
				if math.Abs(ij) <= 1e-15*math.Sqrt(ii*jj) || max(ii, jj) <= 1e-28*top { // orthogonal, or both of them rounding
					continue
				}
				rotated = true
				tau := (jj - ii) / (2 * ij)
				tan := math.Copysign(1, tau) / (math.Abs(tau) + math.Sqrt(1+tau*tau))
				cos := 1 / math.Sqrt(1+tan*tan)
				rotate(a[i], a[j], cos, cos*tan)
				rotate(s.v[i], s.v[j], cos, cos*tan)
			}
		}
		if !rotated {
			break
		}
	}
	for k := range a {
		s.square[k] = dot(a[k], a[k])
	}
	return s, nil
}

// rotate replaces (x, y) by (cos x - sin y, sin x + cos y).
func rotate(x, y []float64, cos, sin float64) {
	for k, v := range x {
		x[k], y[k] = cos*v-sin*y[k], sin*v+cos*y[k]
	}
}
