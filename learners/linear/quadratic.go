package linear

import (
	"context"
	"math"
)

// quadratic is the model 1/2 d' (H + diag(damping)) d of coordinate descent at its present point d; it starts at d = 0 without damping.
type quadratic interface {
	// restart goes back to d = 0 and sets the damping.
	restart(damping []float64)
	// curvature is H_jj.
	curvature(j int) float64
	// slope is (H d)_j.
	slope(j int) float64
	// move adds delta to d_j.
	move(j int, delta float64)
	// work is about how many multiplications slope and move of one coordinate cost together.
	work() int
}

// matrixQuadratic holds H: right when there are far more rows than features. slope costs O(1), move O(size).
type matrixQuadratic struct {
	n        int
	h        []float64 // n x n, both triangles
	hd       []float64
	diagonal []float64 // of h, undamped
}

// newMatrixQuadratic takes over the lower triangle h.
func newMatrixQuadratic(h []float64, n int) *matrixQuadratic {
	q := &matrixQuadratic{n: n, h: h, hd: make([]float64, n), diagonal: make([]float64, n)}
	for i := 0; i < n; i++ {
		q.diagonal[i] = h[i*n+i]
		for j := 0; j < i; j++ {
			h[j*n+i] = h[i*n+j]
		}
	}
	return q
}

func (q *matrixQuadratic) restart(damping []float64) {
	clear(q.hd)
	for j, v := range damping {
		q.h[j*q.n+j] = q.diagonal[j] + v
	}
}

func (q *matrixQuadratic) curvature(j int) float64   { return q.h[j*q.n+j] }
func (q *matrixQuadratic) slope(j int) float64       { return q.hd[j] }
func (q *matrixQuadratic) move(j int, delta float64) { addScaled(q.hd, delta, q.h[j*q.n:(j+1)*q.n]) }
func (q *matrixQuadratic) work() int                 { return q.n }

// columnQuadratic never forms H: it keeps the change of the margins, v = A d, and works down the columns of A = (X, 1, ...). Right when there are many
// features. For one margin a row H = A' D A + ridge; for the K margins of a softmax H comes from s (diag(P) - P P') of each row. slope and move cost O(n), or
// the non-zero numbers of the column.
type columnQuadratic struct {
	x           *columns
	dense       [][]float64 // columns after those of x: ones for the intercept, ...
	classes     int         // 1, or K
	weight      []float64   // n: D, or s when there are K classes
	probability []float64   // K x n, nil for one class
	ridge       func(j int) float64
	d           []float64
	v           []float64 // classes x n
	mean        []float64 // sum_k P_k v_k of each row, nil for one class
	diagonal    []float64
	damping     []float64
}

func newColumnQuadratic(ctx context.Context, x *columns, dense [][]float64, classes int, weight, probability []float64, ridge func(j int) float64) (*columnQuadratic, error) {
	width := x.p + len(dense)
	q := &columnQuadratic{x: x, dense: dense, classes: classes, weight: weight, probability: probability, ridge: ridge,
		d: make([]float64, classes*width), v: make([]float64, classes*x.n), diagonal: make([]float64, classes*width), damping: make([]float64, classes*width)}
	if classes > 1 {
		q.mean = make([]float64, x.n)
	}
	for c := range q.diagonal {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		k, j := c/width, c%width
		sum := 0.0
		q.each(j, func(i int, x float64) {
			w := weight[i]
			if classes > 1 {
				p := probability[k*q.x.n+i]
				w *= p * (1 - p)
			}
			sum += w * x * x
		})
		q.diagonal[c] = sum + ridge(j)
	}
	return q, nil
}

// each calls f for the numbers of column j that are not zero.
func (q *columnQuadratic) each(j int, f func(i int, x float64)) {
	if j >= q.x.p {
		for i, x := range q.dense[j-q.x.p] {
			f(i, x)
		}
		return
	}
	rows, values := q.x.column(j)
	if rows == nil {
		for i, x := range values {
			f(i, x)
		}
		return
	}
	for k, i := range rows {
		f(int(i), values[k])
	}
}

func (q *columnQuadratic) restart(damping []float64) {
	copy(q.damping, damping)
	clear(q.d)
	clear(q.v)
	clear(q.mean)
}

// matrix returns the lower triangle of H with damping for the given coordinates. O(k n + k^2 n / 2) for k of them, or the non-zero numbers of their columns.
func (q *columnQuadratic) matrix(ctx context.Context, set []int) ([]float64, error) {
	h, u := make([]float64, len(set)*len(set)), make([]float64, q.x.n)
	work := 0
	for a, c := range set {
		k, j := c/q.width(), c%q.width()
		clear(u)
		q.each(j, func(i int, x float64) { u[i] = x * q.weight[i] })
		for b, d := range set[:a+1] {
			if work += q.work(); work > 1<<20 {
				work = 0
				if err := ctx.Err(); err != nil {
					return nil, err
				}
			}
			l, m := d/q.width(), d%q.width()
			sum := 0.0
			switch {
			case q.classes == 1:
				q.each(m, func(i int, x float64) { sum += x * u[i] })
			case k == l:
				p := q.probability[k*q.x.n:]
				q.each(m, func(i int, x float64) { sum += x * u[i] * p[i] * (1 - p[i]) })
			default:
				p, r := q.probability[k*q.x.n:], q.probability[l*q.x.n:]
				q.each(m, func(i int, x float64) { sum -= x * u[i] * p[i] * r[i] })
			}
			h[a*len(set)+b] = sum
		}
		h[a*len(set)+a] += q.ridge(j) + q.damping[c]
	}
	return h, nil
}

func (q *columnQuadratic) width() int              { return q.x.p + len(q.dense) }
func (q *columnQuadratic) curvature(c int) float64 { return q.diagonal[c] + q.damping[c] }
func (q *columnQuadratic) work() int               { return 2 + 2*len(q.x.value)/max(1, q.x.p) }

func (q *columnQuadratic) slope(c int) float64 {
	k, j := c/q.width(), c%q.width()
	sum := 0.0
	if q.classes == 1 {
		q.each(j, func(i int, x float64) { sum += x * q.weight[i] * q.v[i] })
	} else {
		v, p := q.v[k*q.x.n:], q.probability[k*q.x.n:]
		q.each(j, func(i int, x float64) { sum += x * q.weight[i] * p[i] * (v[i] - q.mean[i]) })
	}
	return sum + (q.ridge(j)+q.damping[c])*q.d[c]
}

func (q *columnQuadratic) move(c int, delta float64) {
	k, j := c/q.width(), c%q.width()
	q.d[c] += delta
	v := q.v[k*q.x.n:]
	if q.classes == 1 {
		q.each(j, func(i int, x float64) { v[i] += delta * x })
		return
	}
	p := q.probability[k*q.x.n:]
	q.each(j, func(i int, x float64) {
		v[i] += delta * x
		q.mean[i] += delta * x * p[i]
	})
}

// columns is the feature matrix, one column after the other.
type columns struct {
	n, p  int
	start []int     // column j has the numbers start[j] : start[j+1]
	row   []int32   // nil when dense
	value []float64 // n x p when dense
}

// column returns the numbers of column j and their rows; rows is nil when the column is dense.
func (c *columns) column(j int) (rows []int32, values []float64) {
	lo, hi := c.start[j], c.start[j+1]
	if c.row == nil {
		return nil, c.value[lo:hi]
	}
	return c.row[lo:hi], c.value[lo:hi]
}

// columns copies the design column by column.
func (d *design) columns(ctx context.Context) (*columns, error) {
	c := &columns{n: d.n, p: d.p, start: make([]int, d.p+1)}
	if d.dense != nil {
		c.value = make([]float64, d.n*d.p)
		for j := range c.start {
			c.start[j] = j * d.n
		}
		rows := max(8, blockElements/d.p) // blocks, so that both sides stay in the cache
		for lo := 0; lo < d.n; lo += rows {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			for j := 0; j < d.p; j++ {
				out := c.value[j*d.n:]
				for i := lo; i < min(d.n, lo+rows); i++ {
					out[i] = d.dense[i*d.stride+j]
				}
			}
		}
		return c, nil
	}
	for _, j := range d.column {
		c.start[j+1]++
	}
	for j := 0; j < d.p; j++ {
		c.start[j+1] += c.start[j]
	}
	c.row = make([]int32, len(d.value))
	c.value = make([]float64, len(d.value))
	next := append([]int(nil), c.start...)
	for i := 0; i < d.n; i++ {
		if i%4096 == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
		columns, values := d.sparseRow(i)
		for k, j := range columns {
			c.row[next[j]], c.value[next[j]] = int32(i), values[k]
			next[j]++
		}
	}
	return c, nil
}

// soft is the minimiser of 1/2 (u - v)^2 + t |u|.
func soft(v, t float64) float64 {
	return math.Copysign(max(math.Abs(v)-t, 0), v)
}
