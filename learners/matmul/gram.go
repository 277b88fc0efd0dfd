package matmul

import (
	"context"
	"fmt"

	"aibms/internal/safego"
)

const (
	gramColumns = 256 // up to so many columns workers share the rows of x, beyond those of the result
	gramChunks  = 32  // parts of the rows, each with a result of its own
)

// Gram sets the symmetric p x p matrix c to the sum over the n rows of x of weight_i (x_i - shift)(x_i - shift)', on up to workers goroutines. shift and weights may be nil, for
// zeros and ones. Its bits do not depend on workers. It fails with ctx's error only; c is then partly set. Half the products are spared. Beside c it holds up to 32 such
// matrices when p is at most 256, and a block of rows for each worker.
func Gram[T Float](ctx context.Context, workers int, c, x Matrix[T], shift, weights []T) error {
	return gram(ctx, workers, c, x, shift, weights, nil)
}

// MaxSums is up to how many columns GramAndSums works.
const MaxSums = gramColumns

// GramAndSums is Gram that also sets sums to the sum over the rows of weight_i (x_i - shift), in the same pass. x has at most MaxSums columns and shift is not nil.
func GramAndSums[T Float](ctx context.Context, workers int, c, x Matrix[T], shift, weights, sums []T) error {
	if x.Columns > MaxSums || len(shift) != x.Columns || len(sums) != x.Columns {
		panic(fmt.Sprintf("matmul: GramAndSums of %d columns, %d shifts and %d sums", x.Columns, len(shift), len(sums)))
	}
	clear(sums)
	return gram(ctx, workers, c, x, shift, weights, sums)
}

func gram[T Float](ctx context.Context, workers int, c, x Matrix[T], shift, weights, sums []T) error {
	n, p := x.Rows, x.Columns
	x.check("X")
	if c.Rows != p || c.Columns != p || shift != nil && len(shift) != p || weights != nil && len(weights) != n {
		panic(fmt.Sprintf("matmul: Gram of %d x %d with %d shifts and %d weights into %d x %d", n, p, len(shift), len(weights), c.Rows, c.Columns))
	}
	c.check("C")
	if c.ColumnStride != 1 {
		panic("matmul: C must be row-major")
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	clearMatrix(c)
	if n == 0 || p == 0 {
		return nil
	}
	var err error
	if p <= gramColumns {
		size := max(16, ((n+gramChunks-1)/gramChunks+depth-1)/depth) * depth
		parts, sumsOf := make([][]T, (n+size-1)/size), make([][]T, (n+size-1)/size)
		err = safego.Chunks(ctx, n, size, workers, func(chunk, lo, hi int) error {
			parts[chunk] = make([]T, p*p)
			var own []T
			if weights != nil {
				own = weights[lo:hi]
			}
			if sums != nil {
				sumsOf[chunk] = make([]T, p)
			}
			return new(Workspace[T]).gram(ctx, Of(p, p, p, parts[chunk]), x.Slice(lo, hi, 0, p), shift, own, sumsOf[chunk], 0)
		})
		for _, part := range sumsOf {
			for j, v := range part {
				sums[j] += v
			}
		}
		for _, part := range parts {
			for i := 0; i < p && part != nil; i++ {
				row := c.Data[i*c.RowStride:]
				for j := 0; j <= i; j++ {
					row[j] += part[i*p+j]
				}
			}
		}
	} else {
		err = safego.Chunks(ctx, p, blockRows, workers, func(_, lo, hi int) error {
			return new(Workspace[T]).gram(ctx, c.Slice(lo, hi, 0, p), x, shift, weights, nil, lo)
		})
	}
	for i := range p {
		for j := 0; j < i; j++ {
			c.Data[j*c.RowStride+i] = c.Data[i*c.RowStride+j]
		}
	}
	return err
}

// AddSymmetric adds a'b to c where that is known to be symmetric, as when b is a with its rows scaled: what is on and below the diagonal; what lies above may be added or not. c is
// row-major and shares no numbers with a and b.
func (w *Workspace[T]) AddSymmetric(c, a, b Matrix[T]) {
	checkProduct(c, a.T(), b.Rows, b.Columns)
	if a.Rows > 0 {
		w.multiply(c, a.T(), b.Rows, b.Columns, source[T]{matrix: b}, true, true, 0)
	}
}

// gram adds to c, which are rows first, first+1 ... of the whole matrix; only what is on and below the diagonal counts. It adds the weighted rows less the shift to sums unless that is nil.
func (w *Workspace[T]) gram(ctx context.Context, c, x Matrix[T], shift, weights, sums []T, first int) error {
	p := x.Columns
	columns := min(p, first+c.Rows) // what lies beyond is above the diagonal
	c.Columns = columns
	for lo := 0; lo < x.Rows; lo += depth {
		if err := ctx.Err(); err != nil {
			return err
		}
		hi := min(x.Rows, lo+depth)
		left := x.Slice(lo, hi, 0, p)
		right := left.Slice(0, hi-lo, 0, columns)
		if shift != nil || weights != nil || x.ColumnStride != 1 {
			left, right = w.shifted(left, shift, weights, sums, lo, columns)
		}
		w.multiply(c, left.Slice(0, hi-lo, first, first+c.Rows).T(), hi-lo, columns, source[T]{matrix: right}, true, true, first)
	}
	return nil
}

// shifted copies the first columns of x less the shift, and the same times the weights from the lo-th on, which it adds to sums unless that is nil.
func (w *Workspace[T]) shifted(x Matrix[T], shift, weights, sums []T, lo, columns int) (left, right Matrix[T]) {
	n := x.Rows * columns
	all := room(&w.rows, 2*n)
	left, right = Of(x.Rows, columns, columns, all[:n]), Of(x.Rows, columns, columns, all[n:])
	done := 0 // columns that are finished
	if shift != nil && x.ColumnStride == 1 && Accelerated() {
		to := sums
		if sums == nil || weights != nil {
			to = room(&w.unwanted, columns)
			clear(to)
		}
		done = shiftAndSum(left.Data, x.Data, x.RowStride, shift[:columns], to[:columns], x.Rows)
	}
	rest := done // columns that have no sums yet
	if weights != nil {
		rest = 0
	}
	for i := 0; i < x.Rows && rest < columns; i++ {
		row := left.Data[i*columns:][:columns]
		if x.ColumnStride == 1 {
			copy(row[done:], x.Data[i*x.RowStride+done:])
		} else {
			for j := range row {
				row[j] = x.Data[i*x.RowStride+j*x.ColumnStride]
			}
		}
		for j := done; j < columns && shift != nil; j++ {
			row[j] -= shift[j]
		}
		weighted := row
		if weights != nil {
			f, to := weights[lo+i], right.Data[i*columns:][:columns]
			for j, v := range row {
				to[j] = f * v
			}
			weighted = to
		}
		for j := rest; j < columns && sums != nil; j++ {
			sums[j] += weighted[j]
		}
	}
	if weights == nil {
		right = left
	}
	return left, right
}
