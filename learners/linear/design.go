package linear

import (
	"context"
	"fmt"
	"math"

	"aibms/internal/safego"
	"aibms/learners/data"
)

// design is the n x p feature matrix of a Fit in the layout that makes passes over it cheap: the caller's own dense rows or, when most numbers are zero (one-hot
// columns), only the others. It is used by one Fit; its passes run on up to workers goroutines.
//
// Every pass cuts the rows into chunks whose number depends on the shape alone and adds the results of the chunks in their order, so that sums are
// the same bits on any number of workers. (Across processor architectures the last bits may differ: a compiler may fuse x*y + z.)
type design struct {
	n, p    int
	workers int

	dense  []float64 // row i is dense[i*stride : i*stride+p]; nil when sparse
	stride int

	start  []int // row i has the non-zero numbers start[i] : start[i+1], their columns ascending
	column []int32
	value  []float64

	parts []float64 // scratch of reduce
}

const (
	sparseBelow   = 0.35     // share of non-zero numbers below which the sparse layout is faster
	chunkElements = 16 << 10 // numbers that a chunk holds at least: enough work to hand to a goroutine
	maxChunks     = 256
	exponent      = 0x7ff << 52 // the bits of it are all set in a number that is not finite
	partElements  = 4 << 20     // numbers that all partial sums of a pass hold at most
	blockElements = 8 << 10     // numbers of a block of rows that stays in the cache between two uses
)

// newDesign looks through the features once. It fails when there are no rows or features, and when a number is NaN or infinite.
func newDesign(ctx context.Context, e *data.Examples, workers int) (*design, error) {
	n, p := e.Dims()
	if n == 0 || p == 0 || e.X == nil {
		return nil, fmt.Errorf("a linear model needs at least one row and one feature, got %d rows and %d features", n, p)
	}
	raw := e.X.RawMatrix()
	d := &design{n: n, p: p, workers: max(workers, 1), dense: raw.Data, stride: raw.Stride}
	count := make([]int, n) // of the non-zero numbers of each row
	rows := d.chunkRows(1)
	err := safego.Chunks(ctx, n, rows, d.workers, func(_, lo, hi int) error {
		for i := lo; i < hi; i++ {
			nonZero, strange := 0, false
			for _, v := range d.denseRow(i) {
				if v != 0 {
					nonZero++
				}
				strange = strange || math.Float64bits(v)&exponent == exponent
			}
			if strange {
				return notFinite(e, i)
			}
			count[i] = nonZero
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	total := 0
	for _, c := range count {
		total += c
	}
	if float64(total) >= sparseBelow*float64(n)*float64(p) {
		return d, nil
	}
	d.start = make([]int, n+1)
	for i, c := range count {
		d.start[i+1] = d.start[i] + c
	}
	d.column = make([]int32, total)
	d.value = make([]float64, total)
	err = safego.Chunks(ctx, n, rows, d.workers, func(_, lo, hi int) error {
		at := d.start[lo]
		for i := lo; i < hi; i++ {
			for j, v := range d.denseRow(i) {
				if v != 0 {
					d.column[at], d.value[at] = int32(j), v
					at++
				}
			}
		}
		return nil
	})
	d.dense = nil
	return d, err
}

// notFinite is the error for row i, which holds a number that is not finite.
func notFinite(e *data.Examples, i int) error {
	for j, v := range e.X.RawRowView(i) {
		if !finite(v) {
			return fmt.Errorf("feature %q is %v in training row %d; a linear model needs finite numbers: impute or clip them", featureName(e, j), v, i+1)
		}
	}
	return nil
}

func featureName(e *data.Examples, j int) string {
	if j < len(e.Features) {
		return e.Features[j]
	}
	return fmt.Sprintf("column %d", j+1)
}

func (d *design) denseRow(i int) []float64 { return d.dense[i*d.stride:][:d.p] }

func (d *design) sparseRow(i int) (columns []int32, values []float64) {
	lo, hi := d.start[i], d.start[i+1]
	return d.column[lo:hi], d.value[lo:hi]
}

// perRow is the mean count of numbers of a row that a pass touches.
func (d *design) perRow() float64 {
	if d.dense == nil {
		return max(1, float64(len(d.value))/float64(d.n))
	}
	return float64(d.p)
}

// chunkRows is the number of rows in a chunk of a pass whose partial sums hold size numbers each.
func (d *design) chunkRows(size int) int {
	chunks := min(maxChunks, max(1, partElements/size))
	return max((d.n+chunks-1)/chunks, int(chunkElements/d.perRow()), 1)
}

// reduce calls f for the chunks of rows, each with a zeroed part of its own, and sets into to the sum of the parts in the order of the chunks.
func (d *design) reduce(ctx context.Context, into []float64, f func(lo, hi int, part []float64)) error {
	size := len(into)
	rows := d.chunkRows(size)
	chunks := (d.n + rows - 1) / rows
	if len(d.parts) < chunks*size {
		d.parts = make([]float64, chunks*size)
	}
	parts := d.parts[:chunks*size]
	err := safego.Chunks(ctx, d.n, rows, d.workers, func(c, lo, hi int) error {
		part := parts[c*size : (c+1)*size]
		clear(part)
		f(lo, hi, part)
		return nil
	})
	if err != nil {
		return err
	}
	clear(into)
	for c := 0; c < chunks; c++ {
		for j, v := range parts[c*size : (c+1)*size] {
			into[j] += v
		}
	}
	return nil
}

// eachChunk calls f for the chunks of rows.
func (d *design) eachChunk(ctx context.Context, f func(lo, hi int)) error {
	return safego.Chunks(ctx, d.n, d.chunkRows(1), d.workers, func(_, lo, hi int) error {
		f(lo, hi)
		return nil
	})
}

// blocks calls f for consecutive blocks of [lo, hi) that stay in the cache.
func (d *design) blocks(lo, hi int, f func(lo, hi int)) {
	rows := max(4, int(blockElements/d.perRow())&^3)
	for ; lo < hi; lo += rows {
		f(lo, min(lo+rows, hi))
	}
}

// margins sets out[i-lo] to x_i . w + intercept for the rows lo to hi.
func (d *design) margins(lo, hi int, w []float64, intercept float64, out []float64) {
	if d.dense != nil {
		denseMargins(d.dense[lo*d.stride:], d.stride, hi-lo, w, intercept, out)
		return
	}
	for i := lo; i < hi; i++ {
		s := 0.0
		columns, values := d.sparseRow(i)
		for k, j := range columns {
			s += values[k] * w[j]
		}
		out[i-lo] = s + intercept
	}
}

// denseMargins sets out[i] to row i . w + intercept. Each sum runs over the columns in one order, so a row's result does not depend on its neighbours.
func denseMargins(x []float64, stride, rows int, w []float64, intercept float64, out []float64) {
	p := len(w)
	if vectors && rows > 0 && p > 0 {
		_, _ = x[(rows-1)*stride+p-1], out[rows-1]
		marginsFMA(&x[0], stride, rows, &w[0], p, intercept, &out[0])
		return
	}
	plainMargins(x, stride, rows, w, intercept, out)
}

// plainMargins is denseMargins without vector instructions.
func plainMargins(x []float64, stride, rows int, w []float64, intercept float64, out []float64) {
	p := len(w)
	i := 0
	for ; i+4 <= rows; i += 4 { // four rows at a time: four independent sums keep the processor busy
		a := x[i*stride:][:p]
		b := x[(i+1)*stride:][:p]
		c := x[(i+2)*stride:][:p]
		d := x[(i+3)*stride:][:p]
		var sa, sb, sc, sd float64
		for j, v := range w {
			sa += a[j] * v
			sb += b[j] * v
			sc += c[j] * v
			sd += d[j] * v
		}
		out[i], out[i+1], out[i+2], out[i+3] = sa+intercept, sb+intercept, sc+intercept, sd+intercept
	}
	for ; i < rows; i++ {
		a := x[i*stride:][:p]
		var s float64
		for j, v := range w {
			s += a[j] * v
		}
		out[i] = s + intercept
	}
}

// addRows adds the sum of r[i-lo] x_i over the rows lo to hi to g.
func (d *design) addRows(lo, hi int, r, g []float64) {
	switch {
	case d.dense == nil:
		for i := lo; i < hi; i++ {
			if f := r[i-lo]; f != 0 {
				columns, values := d.sparseRow(i)
				for k, j := range columns {
					g[j] += f * values[k]
				}
			}
		}
	case vectors && hi > lo && d.p > 0:
		x := d.dense[lo*d.stride:]
		_, _, _ = x[(hi-lo-1)*d.stride+d.p-1], r[hi-lo-1], g[d.p-1]
		addRowsFMA(&x[0], d.stride, hi-lo, &r[0], &g[0], d.p)
	default:
		d.plainAddRows(lo, hi, r, g)
	}
}

// plainAddRows is addRows of dense rows without vector instructions.
func (d *design) plainAddRows(lo, hi int, r, g []float64) {
	p, i := d.p, lo
	g = g[:p]
	for ; i+4 <= hi; i += 4 {
		f := r[i-lo:][:4]
		fa, fb, fc, fd := f[0], f[1], f[2], f[3]
		if fa == 0 && fb == 0 && fc == 0 && fd == 0 {
			continue
		}
		a := d.dense[i*d.stride:][:p]
		b := d.dense[(i+1)*d.stride:][:p]
		c := d.dense[(i+2)*d.stride:][:p]
		e := d.dense[(i+3)*d.stride:][:p]
		for j := range g {
			g[j] += (fa*a[j] + fb*b[j]) + (fc*c[j] + fd*e[j])
		}
	}
	for ; i < hi; i++ {
		if f := r[i-lo]; f != 0 {
			addScaled(g, f, d.denseRow(i))
		}
	}
}

// addSquares adds the sum of r[i-lo] x_ij^2 over the rows lo to hi to g_j.
func (d *design) addSquares(lo, hi int, r, g []float64) {
	for i := lo; i < hi; i++ {
		f := r[i-lo]
		if d.dense == nil {
			columns, values := d.sparseRow(i)
			for k, j := range columns {
				g[j] += f * values[k] * values[k]
			}
			continue
		}
		for j, v := range d.denseRow(i) {
			g[j] += f * v * v
		}
	}
}

// rowDot is x_i . w.
func (d *design) rowDot(i int, w []float64) float64 {
	if d.dense != nil {
		return dot(d.denseRow(i), w[:d.p])
	}
	s := 0.0
	columns, values := d.sparseRow(i)
	for k, j := range columns {
		s += values[k] * w[j]
	}
	return s
}

// rowSquare is |x_i|^2.
func (d *design) rowSquare(i int) float64 {
	if d.dense != nil {
		return dot(d.denseRow(i), d.denseRow(i))
	}
	_, values := d.sparseRow(i)
	return dot(values, values)
}

// addRow adds f x_i to w.
func (d *design) addRow(i int, f float64, w []float64) {
	if d.dense != nil {
		addScaled(w[:d.p], f, d.denseRow(i))
		return
	}
	columns, values := d.sparseRow(i)
	for k, j := range columns {
		w[j] += f * values[k]
	}
}
