package linear

import (
	"context"
	"math"
)

// pivoted is the Cholesky factorisation P' G P = L L' of a positive semidefinite n x n matrix with a diagonal of ones (or zeros): the columns are taken in the order of
// the largest remaining diagonal, so that the first rank ones are independent.
type pivoted struct {
	n, rank int
	l       []float64 // n x n, row-major: row i belongs to column order[i] of G; only the first rank columns count
	order   []int
	pivots  []float64
}

// newPivoted factors g (lower triangle, overwritten). n^2 rank multiplications at most.
func newPivoted(ctx context.Context, g []float64, n int) (*pivoted, error) {
	f := &pivoted{n: n, l: make([]float64, n*n), order: make([]int, n)}
	left := make([]float64, n) // what is left of the diagonal
	for i := range left {
		f.order[i] = i
		left[i] = g[i*n+i]
	}
	at := func(i, j int) float64 {
		if i < j {
			i, j = j, i
		}
		return g[i*n+j]
	}
	for k := 0; k < n; k++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		best := k
		for i := k + 1; i < n; i++ {
			if left[f.order[i]] > left[f.order[best]] {
				best = i
			}
		}
		pivot := left[f.order[best]]
		f.pivots = append(f.pivots, pivot)
		if !(pivot > zeroPivot) {
			break
		}
		f.rank++
		f.order[k], f.order[best] = f.order[best], f.order[k]
		a, b := f.l[k*n:k*n+k], f.l[best*n:best*n+k]
		for j := range a {
			a[j], b[j] = b[j], a[j]
		}
		root := math.Sqrt(pivot)
		f.l[k*n+k] = root
		for i := k + 1; i < n; i++ {
			v := (at(f.order[i], f.order[k]) - dot(f.l[i*n:i*n+k], f.l[k*n:k*n+k])) / root
			f.l[i*n+k] = v
			left[f.order[i]] -= v * v
		}
	}
	return f, nil
}

// doubtful reports whether some pivot is neither clearly above nor clearly at zero.
func (f *pivoted) doubtful() bool {
	for _, v := range f.pivots {
		if v > zeroPivot && v < clearPivot {
			return true
		}
	}
	return false
}

// solve sets v to a solution of G v = r, zero for the dependent columns.
func (f *pivoted) solve(r, v []float64) {
	u := make([]float64, f.rank)
	for i := range u {
		row := f.l[i*f.n:]
		u[i] = (r[f.order[i]] - dot(row[:i], u[:i])) / row[i]
	}
	f.back(u)
	clear(v)
	for i, x := range u {
		v[f.order[i]] = x
	}
}

// back overwrites u with the solution of L' x = u, L the first rank rows.
func (f *pivoted) back(u []float64) {
	for i := f.rank - 1; i >= 0; i-- {
		row := f.l[i*f.n:]
		u[i] /= row[i]
		for j := 0; j < i; j++ {
			u[j] -= u[i] * row[j]
		}
	}
}

// smallest moves w, a solution in the units where G was scaled by scale on both sides, to the solution with the smallest |w|: it takes off the part that lies in the
// null space. Columns whose scale is zero stay as they are.
func (f *pivoted) smallest(ctx context.Context, scale, w []float64) error {
	// the null space is spanned by b_k = scale * (-(L11')^-1 L21_k', e_k), k a dependent column
	var basis [][]float64
	for i := f.rank; i < f.n; i++ {
		if scale[f.order[i]] == 0 {
			continue
		}
		u := append([]float64(nil), f.l[i*f.n:i*f.n+f.rank]...)
		f.back(u)
		b := make([]float64, f.n)
		for j, x := range u {
			b[f.order[j]] = -x * scale[f.order[j]]
		}
		b[f.order[i]] = scale[f.order[i]]
		basis = append(basis, b)
	}
	k := len(basis)
	if k == 0 {
		return nil
	}
	size := make([]float64, k)
	h := make([]float64, k*k)
	for i, b := range basis {
		size[i] = 1 / math.Sqrt(dot(b, b))
		for j := range b {
			b[j] *= size[i]
		}
		for j, c := range basis[:i+1] {
			h[i*k+j] = dot(b, c)
		}
	}
	if _, err := cholesky(ctx, h, k, 1e-15); err != nil {
		return err
	}
	t := make([]float64, k)
	for round := 0; round < 2; round++ {
		for i, b := range basis {
			t[i] = dot(b, w)
		}
		choleskySolve(h, k, t)
		for i, b := range basis {
			addScaled(w, -t[i], b)
		}
	}
	return nil
}
