// Package decomposition holds the learner pca, which projects rows onto the directions in which they vary most.
package decomposition

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"aibms/internal/safego"
	"aibms/learners"
	"aibms/learners/data"
	"aibms/learners/matmul"
	"aibms/learners/params"
)

const name = "pca"

// PCA is the learner pca: principal components. With m the weighted mean of the rows and S their covariance,
//
//	S = sum_i w_i (x_i - m)(x_i - m)' / (sum of w - 1)        w the row weights
//	S v_a = l_a v_a                                           l_1 >= l_2 >= ... the variances that the components v_a explain
//	z_ia  = v_a . (x_i - m), divided by the root of l_a with whiten = TRUE
//
// it keeps the d largest. The sign of a component is such that its largest number by size is positive. This is what scikit-learn's PCA gives.
//
//	covariance   eigenvectors of S (n x n products instead, when there are fewer rows than features): O(n p^2 + p^3)
//	svd          singular vectors of the triangle R of a QR factorisation of the rows, block after block: the same and a few times slower. S squares the ratio of the largest to the
//	             smallest spread, so that a variance below 1e-9 of the largest has lost digits by covariance; this one keeps them down to rounding squared
//	randomized   subspace iteration from drawn directions, ten more than wanted, seven times: O(n p d) a time. Halko, Martinsson, Tropp: Finding structure with randomness, SIAM
//	             Review 53 (2011), algorithm 4.4 on S. Approximate where the variances fall slowly.
//	auto         randomized for fewer than a tenth of over 1000 features; else covariance, and svd after it where a variance that is kept is below 1e-9 of the largest and n p^2 is at
//	             most 2e9, a second or two
//
// A variance that is rounding counts as none, and a whitened component of it is 0: below 1e-14 of the largest, by svd below (max(n, p) 2^-52)^2 of it.
func PCA() *learners.Spec {
	return &learners.Spec{
		Name:         name,
		Doc:          "Principal components: the directions in which rows vary most.",
		Objective:    "the d orthonormal directions whose projections have the largest sum of variances",
		Reference:    "Pearson: Philosophical Magazine 2 (1901); Halko, Martinsson, Tropp: SIAM Review 53 (2011)",
		Tasks:        []learners.Task{learners.Projection},
		Traits:       learners.Traits{NeedsScaling: true, Weights: true},
		New:          func() learners.Learner { return new(pca) },
		StateVersion: 1,
		Load:         load,
	}
}

type pca struct {
	components float64
	whiten     bool
	solver     string
}

func (l *pca) Declare(s *params.Set) {
	s.Float(&l.components, "n_components", 0, "how many components; below 1 as many as explain this share of the variance; 0: all", params.AtLeast(0))
	s.Bool(&l.whiten, "whiten", false, "whether each component is scaled to variance 1")
	s.Choice(&l.solver, "solver", "auto", []string{"auto", "covariance", "svd", "randomized"},
		"covariance: its eigenvectors; svd: singular vectors of the rows, for spreads that differ by more than 1e4; randomized: approximate, for a few components of many features; auto: what suits the rows")
}

// more is how many directions randomized takes beside those that are wanted, and rounds how often it iterates.
const (
	more   = 10
	rounds = 7
)

// MemoryNeeded is the covariance with its parts and its eigenvectors.
func (l *pca) MemoryNeeded(s learners.Shape) int64 {
	n, p := s.Rows, s.Features
	side := int64(min(n, p))
	need := 8*side*side*38 + 1<<22
	if side > 256 {
		need = 8*side*side*8 + 1<<22
	}
	if n < p {
		need += 8 * int64(n) * int64(p) * 2
	}
	return need + 8*int64(p)*64 + 8*int64(min(float64(n), float64(p), max(l.components, 1))+more)*int64(p)*36
}

func (l *pca) Fit(ctx context.Context, train, validate *data.Examples, env learners.Env) (learners.Model, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if train.X == nil {
		return nil, fmt.Errorf("%s needs training rows with at least one feature", name)
	}
	n, p := train.X.Dims()
	if err := env.CheckMemory(name, l.MemoryNeeded(learners.ShapeOf(train)), "learn from fewer features"); err != nil {
		return nil, err
	}
	limit := min(n, p)
	if l.components >= 1 && (l.components != math.Trunc(l.components) || l.components > float64(limit)) {
		return nil, fmt.Errorf("%s: hyper-parameter \"n_components\" must be a whole number of at most %d, the smaller of %d rows and %d features, or a share below 1; got %g", name, limit, n, p, l.components)
	}
	env.Report(0, 2, math.NaN())
	solver := l.solver
	if solver == "auto" {
		if solver = "covariance"; limit > 1000 && l.components >= 1 && l.components < float64(limit)/10 {
			solver = "randomized"
		}
	}
	c, vectors, values, err := l.solve(ctx, train, solver, env)
	if err != nil {
		return nil, err
	}
	d := l.wanted(values, c.spread)
	if l.solver == "auto" && solver == "covariance" && float64(n)*float64(p)*float64(p) <= quick && l.blurs(values[:d], n, p) {
		solver = "svd"
		if c, vectors, values, err = l.solve(ctx, train, solver, env); err != nil {
			return nil, err
		}
		d = l.wanted(values, c.spread)
	}
	if !(c.spread <= math.MaxFloat64) || math.IsNaN(sum(values)) {
		return nil, errors.New(name + ": the numbers overflow; scale the features")
	}
	floor := 1e-14
	if solver == "svd" {
		floor = math.Pow(float64(max(n, p))*0x1p-52, 2)
	}
	for a, v := range values {
		if v <= floor*values[0] {
			values[a] = 0
		}
	}
	m := &model{p: p, d: d, mean: c.mean, components: make([]float64, d*p), variance: make([]float64, d), total: c.spread / c.degrees, whiten: l.whiten}
	for a := range d {
		row := m.components[a*p : (a+1)*p]
		mat.Col(row, a, vectors)
		largest := 0
		for j, v := range row {
			if math.Abs(v) > math.Abs(row[largest]) {
				largest = j
			}
		}
		if row[largest] < 0 {
			for j := range row {
				row[j] = -row[j]
			}
		}
		m.variance[a] = values[a] / c.degrees
	}
	m.ready()
	env.Report(2, 2, math.NaN())
	return m, nil
}

const (
	blurred = 1e-9 // of the largest variance: smaller ones have lost digits by the covariance
	quick   = 2e9  // products that auto spends on a second solver
)

// blurs reports whether one of the variances, other than the one that is none when there are no more rows than features, is too small for the covariance.
func (l *pca) blurs(values []float64, n, p int) bool {
	values = values[:min(len(values), max(1, n-1), p)]
	return values[len(values)-1] < blurred*values[0]
}

// wanted is how many of the components are kept.
func (l *pca) wanted(values []float64, spread float64) int {
	d := len(values)
	switch {
	case l.components >= 1:
		d = min(d, int(l.components))
	case l.components > 0:
		reached := 0.0
		for a, v := range values {
			if reached += v; reached > l.components*spread {
				return a + 1
			}
		}
	}
	return d
}

// solve finds directions, as columns, and the sums of squares along them, the largest first.
func (l *pca) solve(ctx context.Context, train *data.Examples, solver string, env learners.Env) (*centred, *mat.Dense, []float64, error) {
	n, p := train.X.Dims()
	if solver == "covariance" && n >= p && p <= matmul.MaxSums {
		c, g, err := onePass(ctx, train, env.Workers)
		if err != nil {
			return nil, nil, nil, err
		}
		env.Report(1, 2, math.NaN())
		c.trace(g, p)
		vectors, values, err := eigen(ctx, g, p)
		return c, vectors, values, err
	}
	c, err := newCentred(ctx, train, env.Workers)
	if err != nil {
		return nil, nil, nil, err
	}
	env.Report(1, 2, math.NaN())
	var vectors *mat.Dense // p x d
	var values []float64   // sums of squares along them
	switch {
	case solver == "randomized":
		wanted := min(n, p)
		if l.components >= 1 {
			wanted = int(l.components)
		}
		vectors, values, err = c.randomized(ctx, wanted, env)
	case solver == "svd":
		vectors, values, err = c.bySVD(ctx)
	case n < p:
		vectors, values, err = c.byRows(ctx)
	default:
		vectors, values, err = c.byFeatures(ctx)
	}
	return c, vectors, values, err
}

func sum(v []float64) float64 {
	s := 0.0
	for _, x := range v {
		s += x
	}
	return s
}

// centred is the training rows less their mean.
type centred struct {
	x       matmul.Matrix[float64]
	weights []float64
	workers int
	mean    []float64
	degrees float64 // what sums of squares are divided by
	spread  float64 // sum over the features of the weighted squares
}

// chunkRows is how many rows are summed up at a time: a multiple of what one product takes.
const chunkRows = 256

// chunks calls f for parts of the rows, the same ones on any number of workers, and within them for blocks of rows.
func (c *centred) chunks(ctx context.Context, f func(chunk, lo, hi int)) (count int, err error) {
	size := max(chunkRows, (c.x.Rows+31)/32)
	return (c.x.Rows + size - 1) / size, safego.Chunks(ctx, c.x.Rows, size, c.workers, func(chunk, lo, hi int) error {
		for ; lo < hi; lo += chunkRows {
			if err := ctx.Err(); err != nil {
				return err
			}
			f(chunk, lo, min(hi, lo+chunkRows))
		}
		return nil
	})
}

// uncentred has no mean yet.
func uncentred(e *data.Examples, workers int) *centred {
	raw := e.X.RawMatrix()
	return &centred{x: matmul.Of(raw.Rows, raw.Cols, raw.Stride, raw.Data), weights: e.Weights, workers: workers, mean: make([]float64, raw.Cols)}
}

// onePass finds the mean and the p x p products of the rows less it, together: about the mean of some rows, from which the mean of all is not far, and about that once more when it is.
func onePass(ctx context.Context, e *data.Examples, workers int) (*centred, []float64, error) {
	c := uncentred(e, workers)
	n, p := c.x.Rows, c.x.Columns
	total := float64(n)
	if e.Weights != nil {
		total = sum(e.Weights)
	}
	if err := c.over(total); err != nil {
		return nil, nil, err
	}
	some := min(n, chunkRows)
	for i := range some {
		for j, v := range e.X.RawRowView(i) {
			c.mean[j] += v / float64(some)
		}
	}
	g, sums := make([]float64, p*p), make([]float64, p)
	for range 2 {
		if err := matmul.GramAndSums(ctx, c.workers, matmul.Of(p, p, p, g), c.x, c.mean, c.weights, sums); err != nil {
			return nil, nil, err
		}
		far := false
		for j, s := range sums {
			lost := s * s / total
			far = far || !(lost <= 3*(g[j*p+j]-lost))
		}
		for j, s := range sums {
			c.mean[j] += s / total
			for k, o := range sums {
				g[j*p+k] -= s * o / total
			}
		}
		if !far {
			break
		}
	}
	return c, g, nil
}

// over sets degrees from the sum of the weights.
func (c *centred) over(total float64) error {
	if !(total > 0) || math.IsInf(total, 1) {
		return errors.New(name + ": the sum of the row weights must be positive and finite")
	}
	if c.degrees = total - 1; !(c.degrees > 0) {
		c.degrees = total
	}
	return nil
}

func newCentred(ctx context.Context, e *data.Examples, workers int) (*centred, error) {
	raw := e.X.RawMatrix()
	c := uncentred(e, workers)
	var parts [32][]float64
	var totals [32]float64
	_, err := c.chunks(ctx, func(chunk, lo, hi int) {
		if parts[chunk] == nil {
			parts[chunk] = make([]float64, raw.Cols)
		}
		sums := parts[chunk]
		for i := lo; i < hi; i++ {
			row := raw.Data[i*raw.Stride:][:len(sums)]
			if e.Weights == nil {
				totals[chunk]++
				for j, v := range row {
					sums[j] += v
				}
				continue
			}
			w := e.Weights[i]
			totals[chunk] += w
			for j, v := range row {
				sums[j] += w * v
			}
		}
	})
	if err != nil {
		return nil, err
	}
	total := sum(totals[:])
	if err := c.over(total); err != nil {
		return nil, err
	}
	for _, part := range parts {
		for j, v := range part {
			c.mean[j] += v / total
		}
	}
	return c, nil
}

// squares sets spread by a pass over the rows.
func (c *centred) squares(ctx context.Context) error {
	var parts [32]float64
	_, err := c.chunks(ctx, func(chunk, lo, hi int) {
		row := make([]float64, c.x.Columns)
		for i := lo; i < hi; i++ {
			c.row(i, row)
			for _, v := range row {
				parts[chunk] += v * v
			}
		}
	})
	c.spread = sum(parts[:])
	return err
}

// trace sets spread to the sum of the diagonal of the k x k products g.
func (c *centred) trace(g []float64, k int) {
	c.spread = 0
	for j := range k {
		c.spread += g[j*k+j]
	}
}

// eigen returns the eigenvectors of the symmetric k x k matrix g, as columns, and its eigenvalues, the largest first and none below zero.
func eigen(ctx context.Context, g []float64, k int) (*mat.Dense, []float64, error) {
	for _, v := range g {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, nil, errors.New(name + ": the numbers overflow; scale the features")
		}
	}
	var values []float64
	vectors := mat.NewDense(k, k, nil)
	work := func() error {
		var e mat.EigenSym
		if !e.Factorize(mat.NewSymDense(k, g), true) {
			return errors.New(name + ": the eigenvalues were not found; scale the features")
		}
		ascending := e.Values(nil)
		var u mat.Dense
		e.VectorsTo(&u)
		for a := range k {
			values = append(values, max(0, ascending[k-1-a]))
			for j := range k {
				vectors.Set(j, a, u.At(j, k-1-a))
			}
		}
		return nil
	}
	err := aside(ctx, k, work)
	return vectors, values, err
}

// aside runs work, a factorisation of k x k numbers, which cannot be interrupted: it returns when ctx ends, and the work then ends by itself.
func aside(ctx context.Context, k int, work func() error) error {
	if k <= 64 { // a few milliseconds
		if err := ctx.Err(); err != nil {
			return err
		}
		return safego.Run(work)
	}
	done := make(chan error, 1)
	safego.Go(work, func(err error) { done <- err })
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// byFeatures finds the eigenvectors of the p x p products of the features.
func (c *centred) byFeatures(ctx context.Context) (*mat.Dense, []float64, error) {
	p := c.x.Columns
	g := make([]float64, p*p)
	if err := matmul.Gram(ctx, c.workers, matmul.Of(p, p, p, g), c.x, c.mean, c.weights); err != nil {
		return nil, nil, err
	}
	c.trace(g, p)
	return eigen(ctx, g, p)
}

// byRows finds those of the n x n products of the rows, and from them the same of the features.
func (c *centred) byRows(ctx context.Context) (*mat.Dense, []float64, error) {
	n, p := c.x.Rows, c.x.Columns
	a := make([]float64, n*p)
	for i := range n {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		c.row(i, a[i*p:(i+1)*p])
	}
	rows := matmul.Of(n, p, p, a)
	g := make([]float64, n*n)
	if err := matmul.Gram(ctx, c.workers, matmul.Of(n, n, n, g), rows.T(), nil, nil); err != nil {
		return nil, nil, err
	}
	c.trace(g, n)
	u, values, err := eigen(ctx, g, n)
	if err != nil {
		return nil, nil, err
	}
	v := mat.NewDense(p, n, nil)
	raw := u.RawMatrix()
	if err := matmul.Mul(ctx, c.workers, matmul.Of(p, n, n, v.RawMatrix().Data), rows.T(), matmul.Of(n, n, raw.Stride, raw.Data)); err != nil {
		return nil, nil, err
	}
	return v, values, orthonormal(ctx, v)
}

// bySVD finds the singular vectors of the rows, through the triangle of their QR factorisation where there are more rows than features.
func (c *centred) bySVD(ctx context.Context) (*mat.Dense, []float64, error) {
	n, p := c.x.Rows, c.x.Columns
	var a []float64
	rows := p
	if n < p {
		rows, a = n, make([]float64, n*p)
		for i := range n {
			if err := ctx.Err(); err != nil {
				return nil, nil, err
			}
			c.row(i, a[i*p:(i+1)*p])
		}
	} else {
		var err error
		if a, err = c.triangle(ctx); err != nil {
			return nil, nil, err
		}
	}
	c.spread = 0
	for _, v := range a {
		c.spread += v * v
	}
	if math.IsNaN(c.spread) || math.IsInf(c.spread, 0) {
		return nil, nil, errors.New(name + ": the numbers overflow; scale the features")
	}
	vectors, values := new(mat.Dense), []float64(nil)
	err := aside(ctx, p, func() error {
		var f mat.SVD
		if !f.Factorize(mat.NewDense(rows, p, a), mat.SVDThinV) {
			return errors.New(name + ": the singular values were not found; scale the features")
		}
		values = f.Values(nil)
		f.VTo(vectors)
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	for i, v := range values {
		values[i] = v * v
	}
	return vectors, values, nil
}

// triangle is the p x p R of a QR factorisation of the rows: each chunk has its own, into which one block of rows after the other is folded, and these are folded into one.
func (c *centred) triangle(ctx context.Context) ([]float64, error) {
	p := c.x.Columns
	var parts [32][]float64
	count, err := c.chunks(ctx, func(chunk, lo, hi int) {
		if parts[chunk] == nil {
			parts[chunk] = make([]float64, p*p)
		}
		block, row := make([]float64, (hi-lo)*p), make([]float64, p)
		for i := lo; i < hi; i++ {
			c.row(i, row)
			for j, v := range row {
				block[j*(hi-lo)+i-lo] = v
			}
		}
		fold(ctx, parts[chunk], block, hi-lo)
	})
	if err != nil {
		return nil, err
	}
	for _, part := range parts[1:count] {
		block := make([]float64, p*p)
		for i := range p {
			for j := i; j < p; j++ {
				block[j*p+i] = part[i*p+j]
			}
		}
		fold(ctx, parts[0], block, p)
	}
	return parts[0], ctx.Err()
}

// fold makes of the triangle r and m more rows the triangle of both, by Householder's reflections. The block holds the rows feature by feature, and is used up. When ctx ends it returns with the work
// half done.
func fold(ctx context.Context, r, block []float64, m int) {
	p := len(block) / m
	for j := range p {
		if ctx.Err() != nil {
			return
		}
		v := block[j*m : (j+1)*m]
		s := dot(v, v)
		if s == 0 {
			continue
		}
		head := r[j*p+j]
		length := math.Sqrt(head*head + s)
		if head > 0 {
			length = -length
		}
		first := head - length
		r[j*p+j] = length
		for k := j + 1; k < p; k++ {
			o := block[k*m : (k+1)*m]
			f := 2 * (first*r[j*p+k] + dot(v, o)) / (first*first + s)
			r[j*p+k] -= f * first
			for i, x := range v {
				o[i] -= f * x
			}
		}
	}
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

// row sets to to the root of the weight times row i less the mean.
func (c *centred) row(i int, to []float64) {
	root := 1.0
	if c.weights != nil {
		root = math.Sqrt(c.weights[i])
	}
	for j, v := range c.x.Data[i*c.x.RowStride:][:len(to)] {
		to[j] = root * (v - c.mean[j])
	}
}

// orthonormal makes the columns of v so, one after the other (Gram-Schmidt, twice). A column that depends on those before becomes the axis of a feature, less its part along them.
func orthonormal(ctx context.Context, v *mat.Dense) error {
	p, d := v.Dims()
	columns := make([][]float64, d)
	axis := 0
	for a := range columns {
		if err := ctx.Err(); err != nil {
			return err
		}
		x := mat.Col(nil, a, v)
		for {
			before := norm(x)
			for range 2 {
				for _, o := range columns[:a] {
					f := 0.0
					for j, y := range o {
						f += y * x[j]
					}
					for j, y := range o {
						x[j] -= f * y
					}
				}
			}
			if length := norm(x); length > 1e-8*before || before > 0 && length > 1e-8 {
				for j := range x {
					x[j] /= length
				}
				break
			}
			if axis == p {
				clear(x)
				break
			}
			clear(x)
			x[axis] = 1
			axis++
		}
		columns[a] = x
		v.SetCol(a, x)
	}
	return nil
}

func norm(x []float64) float64 {
	largest := 0.0
	for _, v := range x {
		largest = max(largest, math.Abs(v))
	}
	if largest == 0 || math.IsInf(largest, 0) {
		return largest
	}
	s := 0.0
	for _, v := range x {
		s += v / largest * (v / largest)
	}
	return largest * math.Sqrt(s)
}

// randomized finds about the first eigenvectors, as many as wanted.
func (c *centred) randomized(ctx context.Context, wanted int, env learners.Env) (*mat.Dense, []float64, error) {
	if err := c.squares(ctx); err != nil {
		return nil, nil, err
	}
	p := c.x.Columns
	l := min(wanted+more, p, c.x.Rows)
	rng := env.RNG(0)
	q := mat.NewDense(p, l, nil)
	for i := range q.RawMatrix().Data {
		q.RawMatrix().Data[i] = rng.NormFloat64()
	}
	for range rounds {
		if err := orthonormal(ctx, q); err != nil {
			return nil, nil, err
		}
		next, _, err := c.through(ctx, q)
		if err != nil {
			return nil, nil, err
		}
		q = next
	}
	if err := orthonormal(ctx, q); err != nil {
		return nil, nil, err
	}
	_, inner, err := c.through(ctx, q)
	if err != nil {
		return nil, nil, err
	}
	u, values, err := eigen(ctx, inner, l)
	if err != nil {
		return nil, nil, err
	}
	var v mat.Dense
	v.Mul(q, u.Slice(0, l, 0, wanted))
	return &v, values[:wanted], nil
}

// through returns A'A q and q'A'A q, A the centred rows.
func (c *centred) through(ctx context.Context, q *mat.Dense) (*mat.Dense, []float64, error) {
	p, l := q.Dims()
	var outer, inner [32][]float64
	packed := matmul.Pack(matmul.Of(p, l, l, q.RawMatrix().Data))
	count, err := c.chunks(ctx, func(chunk, lo, hi int) {
		if outer[chunk] == nil {
			outer[chunk], inner[chunk] = make([]float64, p*l), make([]float64, l*l)
		}
		var w matmul.Workspace[float64]
		block, along := make([]float64, (hi-lo)*p), make([]float64, (hi-lo)*l)
		for i := lo; i < hi; i++ {
			c.row(i, block[(i-lo)*p:(i-lo+1)*p])
		}
		rows, y := matmul.Of(hi-lo, p, p, block), matmul.Of(hi-lo, l, l, along)
		w.MulPacked(y, rows, packed)
		w.AddMul(matmul.Of(p, l, l, outer[chunk]), rows.T(), y)
		w.AddMul(matmul.Of(l, l, l, inner[chunk]), y.T(), y)
	})
	if err != nil {
		return nil, nil, err
	}
	for k := 1; k < count; k++ {
		for i, v := range outer[k] {
			outer[0][i] += v
		}
		for i, v := range inner[k] {
			inner[0][i] += v
		}
	}
	return mat.NewDense(p, l, outer[0]), inner[0], nil
}

var (
	_ learners.Learner         = (*pca)(nil)
	_ learners.MemoryEstimator = (*pca)(nil)
)
