package linear

import (
	"context"
	"math"
)

// cholesky overwrites the lower triangle of the symmetric n x n matrix a, row-major, with L such that L L' = a. A pivot that is not above floor (the matrix
// is not positive definite, or its columns depend on each other) is replaced by one. It returns the smallest pivot as it was. n^3/3 multiplications; it ends early with the context's error.
func cholesky(ctx context.Context, a []float64, n int, floor float64) (least float64, err error) {
	least = math.Inf(1)
	for i := 0; i < n; i++ {
		if i%4 == 0 {
			if err := ctx.Err(); err != nil {
				return 0, err
			}
		}
		row := a[i*n:][:i+1]
		for j := 0; j < i; j++ {
			other := a[j*n:][:j+1]
			row[j] = (row[j] - dot(row[:j], other[:j])) / other[j]
		}
		pivot := row[i] - dot(row[:i], row[:i])
		least = min(least, pivot)
		if !(pivot > floor) {
			pivot = 1
		}
		row[i] = math.Sqrt(pivot)
	}
	return least, nil
}

// choleskySolve overwrites v with the solution of L L' x = v.
func choleskySolve(l []float64, n int, v []float64) {
	for i := 0; i < n; i++ {
		row := l[i*n:][:i+1]
		v[i] = (v[i] - dot(row[:i], v[:i])) / row[i]
	}
	for i := n - 1; i >= 0; i-- {
		row := l[i*n:][:i+1]
		v[i] /= row[i]
		f := v[i]
		for j, x := range row[:i] {
			v[j] -= f * x
		}
	}
}
