package cluster

import (
	"context"
	"errors"
	"math"
	"sync"

	"aibms/internal/safego"
	"aibms/learners/data"
	"aibms/learners/matmul"

	"gonum.org/v1/gonum/mat"
)

const (
	blockRows = 512 // rows that are compared with the centres at a time, fewer when there are many numbers
	maxChunks = 32  // into which the rows are cut; each has sums of its own, added up in their order
)

// rows are the training rows as k-means reads them: x less shift, which is zero unless the means are far larger than the spread (products would lose digits).
type rows struct {
	x        *mat.Dense
	n, p     int
	weights  []float64 // nil: 1 each
	total    float64   // sum of weights
	positive int       // rows of positive weight
	shift    []float64 // nil: zero
	square   []float64 // |x_i - shift|^2
	squares  float64   // their weighted sum
	variance float64   // mean over the features
	workers  int
	chunk    int // rows of a chunk
	scratch  sync.Pool
}

// scratch is what one goroutine needs.
type scratch struct {
	work   matmul.Workspace[float64]
	block  []float64 // rows x p
	scores []float64 // rows x k
	which  []int32

	// what centres.compare finds for each row
	near          []int32
	first, second []float64
	tile          []float64 // rows that do not fill a tile; candidates as the kernel wants them
	ones          []float64 // weights
}

func newRows(ctx context.Context, e *data.Examples, workers int) (*rows, error) {
	r := &rows{x: e.X, weights: e.Weights, workers: workers}
	r.n, r.p = e.X.Dims()
	r.chunk = max(2*blockRows, (r.n+maxChunks-1)/maxChunks)
	r.scratch.New = func() any { return new(scratch) }
	chunks := (r.n + r.chunk - 1) / r.chunk
	sums, squares, totals, counts := make([][]float64, chunks), make([][]float64, chunks), make([]float64, chunks), make([]int, chunks)
	// sums and squares about a row, and once more about the mean when that row is so far from it that digits are lost
	about := append([]float64(nil), at(r.x, 0)...)
	mean, variance := make([]float64, r.p), make([]float64, r.p)
	for range 2 {
		err := r.each(ctx, r.p, func(c, lo, hi int, s *scratch) error {
			if sums[c] == nil {
				sums[c], squares[c] = make([]float64, r.p), make([]float64, r.p)
			}
			sums, squares := sums[c], squares[c]
			for i := lo; i < hi; i++ {
				w := r.weight(i)
				if w > 0 {
					counts[c]++
				}
				totals[c] += w
				row := at(r.x, i)[:len(sums)]
				for j, m := range about[:len(sums)] {
					d := row[j] - m
					wd := w * d
					sums[j] += wd
					squares[j] += wd * d
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		r.total, r.positive = 0, 0
		clear(variance)
		clear(mean)
		for c := range chunks {
			r.total += totals[c]
			r.positive += counts[c]
		}
		if math.IsInf(r.total, 0) || !(r.total > 0) {
			return nil, errors.New(name + ": the sum of the row weights must be positive and finite")
		}
		for c := range chunks {
			for j := range mean {
				mean[j] += sums[c][j] / r.total
				variance[j] += squares[c][j] / r.total
			}
			clear(sums[c])
			clear(squares[c])
			totals[c], counts[c] = 0, 0
		}
		far := false
		for j, m := range mean {
			far = far || m*m > 1e6*(variance[j]-m*m)
			variance[j] = math.Max(0, variance[j]-m*m)
			mean[j] += about[j]
		}
		if copy(about, mean); !far {
			break
		}
	}
	for j, m := range mean {
		r.variance += variance[j] / float64(r.p)
		if m*m > 100*variance[j] {
			r.shift = mean
		}
	}
	r.square = make([]float64, r.n)
	err := r.each(ctx, r.p, func(c, lo, hi int, s *scratch) error {
		for i := lo; i < hi; i++ {
			row := at(r.x, i)
			if r.shift == nil {
				r.square[i] = dot(row, row)
				continue
			}
			q := 0.0
			for j, v := range row {
				q += (v - r.shift[j]) * (v - r.shift[j])
			}
			r.square[i] = q
		}
		return nil
	})
	for i, q := range r.square {
		r.squares += r.weight(i) * q
	}
	return r, err
}

func (r *rows) weight(i int) float64 {
	if r.weights == nil {
		return 1
	}
	return r.weights[i]
}

// each calls f for all rows block by block, the blocks of a chunk in their order by one goroutine. numbers is about how many products a row takes: more make smaller blocks, so
// that a context that ends is noticed.
func (r *rows) each(ctx context.Context, numbers int, f func(chunk, lo, hi int, s *scratch) error) error {
	size := max(8, min(blockRows, 1<<23/max(1, numbers)))
	return safego.Chunks(ctx, r.n, r.chunk, r.workers, func(chunk, lo, hi int) error {
		s := r.scratch.Get().(*scratch)
		defer r.scratch.Put(s)
		for ; lo < hi; lo += size {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := f(chunk, lo, min(hi, lo+size), s); err != nil {
				return err
			}
		}
		return nil
	})
}

// load gives rows less the shift, as they lie or copied into the block of s: those of which, or lo to hi when that is nil or as many.
func (r *rows) load(s *scratch, which []int32, lo, hi int) matmul.Matrix[float64] {
	if len(which) == hi-lo {
		which = nil
	}
	count := hi - lo
	if which != nil {
		count = len(which)
	}
	if r.shift == nil && which == nil {
		raw := r.x.RawMatrix()
		return matmul.Of(count, r.p, raw.Stride, raw.Data[lo*raw.Stride:])
	}
	if cap(s.block) < count*r.p {
		s.block = make([]float64, count*r.p)
	}
	s.block = s.block[:count*r.p]
	for k := range count {
		i := lo + k
		if which != nil {
			i = int(which[k])
		}
		to := s.block[k*r.p : (k+1)*r.p]
		copy(to, at(r.x, i))
		for j, m := range r.shift {
			to[j] -= m
		}
	}
	return matmul.Of(count, r.p, r.p, s.block)
}

// centres are k points ready for comparison: |x - c|^2 = |x|^2 + square - 2 x.c.
type centres struct {
	k, p   int
	at     []float64 // k x p, less the shift
	square []float64
	packed *matmul.Packed[float64] // p x k: -2 c'

	panels, padded []float64 // the same and square, for the kernel
}

func newCentres(k, p int) *centres {
	return &centres{k: k, p: p, at: make([]float64, k*p), square: make([]float64, k)}
}

func (c *centres) row(j int) []float64 { return c.at[j*c.p : (j+1)*c.p] }

// ready follows a change of at.
func (c *centres) ready() {
	twice := make([]float64, len(c.at))
	for i, v := range c.at {
		twice[i] = -2 * v
	}
	for j := range c.square {
		c.square[j] = dot(c.row(j), c.row(j))
	}
	c.packed = matmul.Pack(matmul.Of(c.k, c.p, c.p, twice).T())
	c.pack()
}

// scores sets s.scores to -2 x.c for the rows of x.
func (c *centres) scores(s *scratch, x matmul.Matrix[float64]) []float64 {
	if cap(s.scores) < x.Rows*c.k {
		s.scores = make([]float64, x.Rows*c.k)
	}
	s.scores = s.scores[:x.Rows*c.k]
	s.work.MulPacked(matmul.Of(x.Rows, c.k, c.k, s.scores), x, c.packed)
	return s.scores
}

// dot is the sum of a_i b_i, by four running sums.
func dot(a, b []float64) float64 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float64
	i := 0
	for ; i+4 <= len(a); i += 4 {
		s0 += a[i] * b[i]
		s1 += a[i+1] * b[i+1]
		s2 += a[i+2] * b[i+2]
		s3 += a[i+3] * b[i+3]
	}
	for ; i < len(a); i++ {
		s0 += a[i] * b[i]
	}
	return (s0 + s1) + (s2 + s3)
}
