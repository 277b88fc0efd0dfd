package linear

import (
	"context"
	"math"
	"slices"
)

// leastSquares finds w and b of
//
//	minimise  sum_i s_i (y_i - x_i.w - b)^2 + alpha |w|^2
//
// without iteration. Where the columns depend on each other and alpha is 0, many w fit equally well: it returns the one with the smallest |w|.
//
//	centre      x_i, y_i minus their weighted means; then b = mean y - w.mean x
//	solve       (X' S X + alpha) w = X' S y by a Cholesky factorisation with pivots, after scaling the diagonal to one
//	rank        a pivot is one minus the R^2 of its column on those before it. All pivots above clearPivot, or the rest below zeroPivot: the rank is beyond doubt;
//	            the solution is refined by its residual, which wins back the digits that X' X loses
//	else        the orthogonal way: QR factorisation of the rows, singular values of R
//	p >= n      the same for w = X' a, (X X' + alpha) a = y: n numbers instead of p
//
// Several targets of the same rows share the means, the Gram matrix and its factors: they cost little more than one where p < n and the rank is beyond doubt.
//
// G. H. Golub, C. F. Van Loan: Matrix Computations (4th ed.), sections 5.3, 5.5.1 (rank deficiency), 10.3.1 (pivots); refinement: A. Bjorck, Linear Algebra Appl.
// 88/89 (1987). O(n m^2 / 2 + p^3 / 3), the orthogonal way O(2 n p^2 + 10 p^3).
type leastSquares struct {
	x         *design
	targets   [][]float64
	weight    []float64
	alpha     float64
	intercept bool

	total      float64     // sum of weight
	mean       []float64   // of the columns and, behind them, of the targets; zeros without an intercept
	spread     []float64   // weighted sum of (x_ij - mean_j)^2
	crosses    [][]float64 // X' S y of each target, centred; nil unless scaledGram found them on the way
	sums, work []float64

	at      int       // the target that is being solved for
	y       []float64 // its values
	meanY   float64
	squares float64 // weighted sum of the squared errors where shortfall was last asked; NaN when it was not

	factors *pivoted // of the scaled Gram matrix; nil before it is made, and when the orthogonal way is taken
	scale   []float64
}

const (
	clearPivot   = 1e-8
	zeroPivot    = 1e-13
	refinements  = 3
	constantBits = 1e-13 // relative spread of a column that counts as constant
)

// solution is what leastSquares found.
type solution struct {
	w    []float64
	bias float64
	rank int // of the centred columns
}

// solve finds w and b of target k.
func (s *leastSquares) solve(ctx context.Context, k int) (*solution, error) {
	if s.mean == nil {
		if err := s.centre(ctx); err != nil {
			return nil, err
		}
		if s.x.p < s.x.n {
			if err := s.prime(ctx); err != nil {
				return nil, err
			}
		}
	}
	s.at, s.y, s.meanY, s.squares = k, s.targets[k], s.mean[s.x.p+k], math.NaN()
	var w []float64
	var rank int
	var err error
	if s.x.p < s.x.n {
		w, rank, err = s.primal(ctx)
	} else {
		w, rank, err = s.dual(ctx)
	}
	if err != nil {
		return nil, err
	}
	return &solution{w: w, bias: s.meanY - dot(w, s.mean[:s.x.p]), rank: rank}, nil
}

// centre computes the means, and the spreads. Of dense rows that outnumber their columns it takes means from a sample, if any, and leaves the rest to scaledGram, whose pass over the rows gives
// all of it.
func (s *leastSquares) centre(ctx context.Context) error {
	p, q := s.x.p, s.x.p+len(s.targets)
	s.mean, s.spread = make([]float64, q), make([]float64, p)
	s.sums, s.work = make([]float64, p+2), make([]float64, s.x.n)
	for _, v := range s.weight {
		s.total += v
	}
	tall := s.x.dense != nil && p < s.x.n
	switch {
	case !s.intercept:
	case tall:
		s.nearly()
	default:
		err := s.x.reduce(ctx, s.mean, func(lo, hi int, part []float64) {
			s.x.addRows(lo, hi, s.weight[lo:hi], part[:p])
			for k, y := range s.targets {
				for i := lo; i < hi; i++ {
					part[p+k] += s.weight[i] * y[i]
				}
			}
		})
		if err != nil {
			return err
		}
		for j := range s.mean {
			s.mean[j] /= s.total
		}
	}
	if tall {
		return nil
	}
	return s.x.reduce(ctx, s.spread, func(lo, hi int, part []float64) { s.x.addSpread(lo, hi, s.weight[lo:hi], s.mean[:p], part) })
}

// nearly sets the means to those of about a thousand rows.
func (s *leastSquares) nearly() {
	p, step, total := s.x.p, max(1, s.x.n/1024), 0.0
	for i := 0; i < s.x.n; i += step {
		total += s.weight[i]
		s.x.addRow(i, s.weight[i], s.mean[:p])
		for k, y := range s.targets {
			s.mean[p+k] += s.weight[i] * y[i]
		}
	}
	if total == 0 {
		return
	}
	for j := range s.mean {
		s.mean[j] /= total
	}
}

// farOff is how many times the spread of a column its distance from where it was thought to be may add to the sum of squares: four of sixteen digits are then lost.
const farOff = 1e4

// exactly moves the means from nearly where they are to where they are, by the matrix g of denseGram, and g with them. It reports whether no column was so far off that too many digits were
// lost.
func (s *leastSquares) exactly(g []float64) (ok bool) {
	last := len(s.mean)
	q := last + 1
	sums := g[last*q:]
	ok = true
	for i := range s.mean { // the columns, then the targets
		d := sums[i] / s.total
		row := g[i*q:]
		before := row[i]
		for j := 0; j <= i; j++ {
			row[j] -= d * sums[j]
		}
		if i < s.x.p {
			ok = ok && before < farOff*row[i] || before <= constantBits*constantBits*s.mean[i]*s.mean[i]*s.total
		}
		s.mean[i] += d
	}
	return ok
}

// addSpread adds the sum of r[i-lo] (x_ij - mean_j)^2 over the rows lo to hi to g_j.
func (d *design) addSpread(lo, hi int, r, mean, g []float64) {
	for i := lo; i < hi; i++ {
		f := r[i-lo]
		if d.dense != nil {
			for j, v := range d.denseRow(i) {
				g[j] += f * (v - mean[j]) * (v - mean[j])
			}
			continue
		}
		for j, m := range mean {
			g[j] += f * m * m
		}
		columns, values := d.sparseRow(i)
		for k, j := range columns {
			v, m := values[k], mean[j]
			g[j] += f * ((v-m)*(v-m) - m*m)
		}
	}
}

// constant reports whether column j does not vary: its coefficient is zero.
func (s *leastSquares) constant(j int) bool {
	limit := constantBits * constantBits * s.mean[j] * s.mean[j] * s.total
	return !(s.spread[j] > limit)
}

// shortfall sets g to X' S (y - X w) - alpha w, centred: half the negative gradient.
func (s *leastSquares) shortfall(ctx context.Context, w, g []float64) error {
	p := s.x.p
	bias := s.meanY - dot(w, s.mean[:p])
	err := s.x.reduce(ctx, s.sums, func(lo, hi int, part []float64) {
		s.x.blocks(lo, hi, func(lo, hi int) {
			e := s.work[lo:hi]
			s.x.margins(lo, hi, w, bias, e)
			for i := range e {
				off := s.y[lo+i] - e[i]
				e[i] = s.weight[lo+i] * off
				part[p] += e[i]
				part[p+1] += e[i] * off
			}
			s.x.addRows(lo, hi, e, part[:p])
		})
	})
	s.squares = s.sums[p+1]
	for j := range g {
		g[j] = s.sums[j] - s.sums[p]*s.mean[j] - s.alpha*w[j]
	}
	return err
}

// primal solves for the p coefficients.
func (s *leastSquares) primal(ctx context.Context) (w []float64, rank int, err error) {
	p := s.x.p
	f, scale := s.factors, s.scale
	if f == nil {
		return s.orthogonal(ctx)
	}
	w = make([]float64, p)
	r, v := make([]float64, p), make([]float64, p)
	first := 0.0
	for round := 0; round < refinements; round++ {
		if round == 0 && s.crosses != nil {
			copy(r, s.crosses[s.at]) // w is 0
		} else if err := s.shortfall(ctx, w, r); err != nil {
			return nil, 0, err
		}
		for j := range r {
			r[j] *= scale[j]
		}
		f.solve(r, v)
		for j := range w {
			w[j] += v[j] * scale[j]
		}
		size := dot(v, v)
		if round == 0 {
			first = size
		}
		if size <= 1e-20*first {
			break
		}
	}
	if f.rank < p {
		err = f.smallest(ctx, scale, w)
	}
	return w, f.rank, err
}

// denseGram returns the matrix of gramAround of the centred columns and targets.
func (s *leastSquares) denseGram(ctx context.Context) ([]float64, error) {
	for again := false; ; again = true {
		g, err := s.x.gramAround(ctx, s.weight, 1, s.mean, s.targets)
		if err != nil || !s.intercept || s.exactly(g) || again {
			return g, err
		}
	}
}

// prime factorises the scaled Gram matrix, unless that would cost too many digits.
func (s *leastSquares) prime(ctx context.Context) error {
	g, scale, exact, err := s.scaledGram(ctx)
	if err != nil {
		return err
	}
	if exact {
		f, err := newPivoted(ctx, g, s.x.p)
		if err != nil {
			return err
		}
		if !f.doubtful() {
			s.factors, s.scale = f, scale
		}
	}
	return nil
}

// scaledGram returns the centred X' S X + alpha with its rows and columns multiplied by scale, which makes its diagonal one (zero for constant columns). exact is false
// when taking off means that are far larger than the spread has cost too many digits.
func (s *leastSquares) scaledGram(ctx context.Context) (g, scale []float64, exact bool, err error) {
	p := s.x.p
	if s.x.dense != nil {
		g, err = s.denseGram(ctx)
	} else {
		g, err = s.x.gram(ctx, s.weight, 1)
	}
	if err != nil {
		return nil, nil, false, err
	}
	if s.x.dense != nil {
		q := len(s.mean) + 1
		for k := range s.targets {
			s.crosses = append(s.crosses, slices.Clone(g[(p+k)*q:][:p]))
		}
		g = leading(g, q, p)
	} else {
		g = leading(g, p+1, p)
	}
	scale, exact = make([]float64, p), true
	for i := range scale {
		if s.x.dense != nil {
			s.spread[i] = g[i*p+i]
		}
		if s.constant(i) {
			continue
		}
		scale[i] = 1 / math.Sqrt(s.spread[i]+s.alpha)
		if s.x.dense == nil && s.spread[i] < 1e-6*g[i*p+i] {
			exact = false
		}
	}
	for i := range scale {
		for j := 0; j < i; j++ {
			if s.x.dense == nil {
				g[i*p+j] -= s.total * s.mean[i] * s.mean[j]
			}
			g[i*p+j] *= scale[i] * scale[j]
		}
		g[i*p+i] = 0
		if scale[i] > 0 {
			g[i*p+i] = 1
		}
	}
	return g, scale, exact, nil
}

// orthogonal solves for the p coefficients by a QR factorisation of the centred and weighted rows, one block of rows after the other.
func (s *leastSquares) orthogonal(ctx context.Context) (w []float64, rank int, err error) {
	p := s.x.p
	q := newTriangle(p)
	row := make([]float64, p+1)
	for i := 0; i < s.x.n; i++ {
		root := math.Sqrt(s.weight[i])
		if root == 0 {
			continue
		}
		s.centredRow(i, root, row)
		if err := q.add(ctx, row); err != nil {
			return nil, 0, err
		}
	}
	if s.alpha > 0 {
		for j := 0; j < p; j++ {
			clear(row)
			row[j] = math.Sqrt(s.alpha)
			if err := q.add(ctx, row); err != nil {
				return nil, 0, err
			}
		}
	}
	if err := q.flush(ctx); err != nil {
		return nil, 0, err
	}
	a, c := q.columns()
	d, err := singularValues(ctx, a)
	if err != nil {
		return nil, 0, err
	}
	w = make([]float64, p)
	for k := range a {
		if d.counts(k, max(s.x.n, p)) {
			rank++
			addScaled(w, dot(a[k], c)/d.square[k], d.v[k])
		}
	}
	return w, rank, nil
}

// centredRow sets row to root times the centred row i, constant columns as zeros, and after it the centred target.
func (s *leastSquares) centredRow(i int, root float64, row []float64) {
	p := s.x.p
	clear(row)
	s.x.addRow(i, 1, row[:p])
	for j := range row[:p] {
		if row[j] = root * (row[j] - s.mean[j]); s.constant(j) {
			row[j] = 0
		}
	}
	row[p] = root * (s.y[i] - s.meanY)
}

// dual solves for w = X' a: one number a row. The centred and weighted X' is held as t, p x n, and the target as y.
func (s *leastSquares) dual(ctx context.Context) (w []float64, rank int, err error) {
	n, p := s.x.n, s.x.p
	t := &design{n: p, p: n, workers: s.x.workers, dense: make([]float64, n*p), stride: n}
	row, y := make([]float64, p+1), make([]float64, n)
	for i := 0; i < n; i++ {
		if i%64 == 0 {
			if err := ctx.Err(); err != nil {
				return nil, 0, err
			}
		}
		s.centredRow(i, math.Sqrt(s.weight[i]), row)
		for j, v := range row[:p] {
			t.dense[j*n+i] = v
		}
		y[i] = row[p]
	}
	a, rank, err := s.kernel(ctx, t, y)
	if err != nil {
		return nil, 0, err
	}
	w = make([]float64, p)
	err = t.eachChunk(ctx, func(lo, hi int) { t.margins(lo, hi, a, 0, w[lo:hi]) })
	return w, rank, err
}

// kernel solves (X X' + alpha) a = y. With an intercept the vector of the roots of the weights is in the null space of X X' and y is orthogonal to it: that direction is
// given a weight of its own, which changes no solution and makes the matrix regular.
func (s *leastSquares) kernel(ctx context.Context, t *design, y []float64) (a []float64, rank int, err error) {
	n := len(y)
	k, err := t.gram(ctx, ones(t.n), 1)
	if err != nil {
		return nil, 0, err
	}
	k = leading(k, n+1, n)
	trace := 0.0
	for i := range n {
		trace += k[i*n+i]
	}
	rank = n
	if s.intercept {
		rank--
		for i := range n {
			for j := 0; j <= i; j++ {
				k[i*n+j] += trace / float64(n) * math.Sqrt(s.weight[i]*s.weight[j]) / s.total
			}
		}
	}
	scale := make([]float64, n)
	for i := range n {
		if k[i*n+i] += s.alpha; k[i*n+i] > 0 {
			scale[i] = 1 / math.Sqrt(k[i*n+i])
		}
	}
	for i := range n {
		for j := 0; j <= i; j++ {
			k[i*n+j] *= scale[i] * scale[j]
		}
	}
	f, err := newPivoted(ctx, k, n)
	if err != nil {
		return nil, 0, err
	}
	if f.doubtful() || f.rank < n {
		return s.kernelOrthogonal(ctx, t, y)
	}
	a = make([]float64, n)
	w, r, v, sums := make([]float64, t.n), make([]float64, n), make([]float64, n), make([]float64, n)
	for round := 0; round < refinements; round++ {
		err := t.reduce(ctx, sums, func(lo, hi int, part []float64) {
			t.margins(lo, hi, a, 0, w[lo:hi])
			t.addRows(lo, hi, w[lo:hi], part)
		})
		if err != nil {
			return nil, 0, err
		}
		for i := range r {
			r[i] = scale[i] * (y[i] - sums[i] - s.alpha*a[i])
		}
		f.solve(r, v)
		for i := range a {
			a[i] += v[i] * scale[i]
		}
	}
	return a, rank, nil
}

// kernelOrthogonal solves the same by the singular values of X, from a QR factorisation of X'.
func (s *leastSquares) kernelOrthogonal(ctx context.Context, t *design, y []float64) (a []float64, rank int, err error) {
	n := len(y)
	q, line := newTriangle(n), make([]float64, n+1)
	for j := range t.n {
		copy(line, t.denseRow(j))
		if err := q.add(ctx, line); err != nil {
			return nil, 0, err
		}
	}
	if err := q.flush(ctx); err != nil {
		return nil, 0, err
	}
	columns, _ := q.columns()
	d, err := singularValues(ctx, columns)
	if err != nil {
		return nil, 0, err
	}
	a = make([]float64, n)
	for k := range columns {
		if d.counts(k, max(n, t.n)) {
			rank++
			addScaled(a, dot(d.v[k], y)/(d.square[k]+s.alpha), d.v[k])
		}
	}
	return a, rank, nil
}

// varying is the number of columns that are not constant.
func (s *leastSquares) varying() int {
	count := 0
	for j := range s.spread {
		if !s.constant(j) {
			count++
		}
	}
	return count
}

// value is the objective at a solution, but for what the last refinement made of it.
func (s *leastSquares) value(ctx context.Context, found *solution) (float64, error) {
	if !math.IsNaN(s.squares) {
		return s.squares + s.alpha*dot(found.w, found.w), nil
	}
	sum := make([]float64, 1)
	err := s.x.reduce(ctx, sum, func(lo, hi int, part []float64) {
		s.x.margins(lo, hi, found.w, found.bias, s.work[lo:hi])
		for i := lo; i < hi; i++ {
			e := s.y[i] - s.work[i]
			part[0] += s.weight[i] * e * e
		}
	})
	return sum[0] + s.alpha*dot(found.w, found.w), err
}
