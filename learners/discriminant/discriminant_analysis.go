// Package discriminant holds the learner discriminant_analysis: classes as normal clouds of points.
package discriminant

import (
	"context"
	"fmt"
	"math"

	"aibms/learners"
	"aibms/learners/data"
	"aibms/learners/matmul"
	"aibms/learners/params"
)

const name = "discriminant_analysis"

// DiscriminantAnalysis is the learner discriminant_analysis. It takes the rows of class k for drawn from a normal distribution with the mean m_k and the covariance C_k, so that the
// probability of the class given a row x is proportional to
//
//	P_k |C_k|^-1/2 exp(-1/2 (x - m_k)' C_k^-1 (x - m_k))
//
// where P_k is the share of the class in the weight of the rows (fit_prior = FALSE: the same for each). With S_k the covariance of the rows of the class, S the mean of them by share, both
// with the weight of the rows as divisor, and p the number of features that vary,
//
//	C_k = (1 - shrinkage) B_k + shrinkage trace(B_k)/p I + 1e-9 diag(S)      B_k = (1 - pooling) S_k + pooling S
//
// pooling = 1 is linear discriminant analysis, whose classes are parted by planes, pooling = 0 the quadratic one; what lies between them is good for classes of few rows. The last term is
// far below what matters and keeps C_k invertible where features depend on each other. A feature that is constant within every class takes no part.
//
// Cost: two passes over the rows, n p^2 / 2, and K p^3 / 3; a prediction takes K p, without pooling K p^2 / 2.
//
//	R. A. Fisher: The use of multiple measurements in taxonomic problems. Annals of Eugenics 7 (1936)
//	J. H. Friedman: Regularized discriminant analysis. JASA 84 (1989), equations 15 to 18
func DiscriminantAnalysis() *learners.Spec {
	return &learners.Spec{
		Name:         name,
		Doc:          "Linear, quadratic and regularised discriminant analysis: each class is a normal distribution over the features.",
		Objective:    "log P_k - 1/2 log |C_k| - 1/2 (x - m_k)' C_k^-1 (x - m_k) is largest for the class k of a row; P, m and C are shares, means and covariances",
		Reference:    "Fisher, Annals of Eugenics 7 (1936); Friedman, JASA 84 (1989)",
		Tasks:        []learners.Task{learners.Binary, learners.Multiclass},
		Traits:       learners.Traits{NeedsScaling: true, Weights: true, Probabilities: true},
		New:          func() learners.Learner { return new(discriminantAnalysis) },
		StateVersion: 1,
		Load:         load,
	}
}

type discriminantAnalysis struct {
	pooling, shrinkage float64
	fitPrior           bool
}

func (l *discriminantAnalysis) Declare(s *params.Set) {
	s.Float(&l.pooling, "pooling", 1, "share of the covariance that all classes have in common: 1 is linear, 0 quadratic", params.AtLeast(0), params.AtMost(1), params.Tune(0, 1))
	s.Float(&l.shrinkage, "shrinkage", 0, "share of a covariance without correlations, the same in all directions", params.AtLeast(0), params.AtMost(1), params.Tune(0, 1))
	s.Bool(&l.fitPrior, "fit_prior", true, "whether a class counts by its share of the rows; else all alike")
}

// blockRows is how many rows of a class are copied and multiplied at once.
const blockRows = 4096

// MemoryNeeded counts the covariances with the partial ones of a block, the model, and a block of rows.
func (l *discriminantAnalysis) MemoryNeeded(s learners.Shape) int64 {
	p := int64(s.Features)
	return int64(2*s.Classes+40)*8*p*p + 5*int64(s.Rows) + 16*blockRows*(2*p+1)
}

func (l *discriminantAnalysis) Fit(ctx context.Context, train, validate *data.Examples, env learners.Env) (learners.Model, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	K := len(train.Classes)
	if train.X == nil {
		return nil, fmt.Errorf("%s: there are no rows or no features", name)
	}
	if err := env.CheckMemory(name, l.MemoryNeeded(learners.ShapeOf(train)), "learn from fewer features"); err != nil {
		return nil, err
	}
	env.Report(0, K+1, math.NaN())
	c, err := newClasses(ctx, train)
	if err != nil {
		return nil, err
	}
	for k := range K {
		if err := c.scatter(ctx, k, env.Workers); err != nil {
			return nil, err
		}
		env.Report(k+1, K+1, math.NaN())
	}
	m, err := l.model(ctx, c, env)
	if err != nil {
		return nil, err
	}
	env.Report(K+1, K+1, math.NaN())
	return m.asModel(), ctx.Err()
}

// classes are the weights, means and scatters of the training rows of each class.
type classes struct {
	e      *data.Examples
	rows   [][]int32 // of each class: its rows of positive weight, ascending
	weight []float64 // of each class
	total  float64
	mean   [][]float64 // of each class: p numbers
	square [][]float64 // of each class: p x p, the weighted sum of (x - mean)(x - mean)'; nil without rows
}

// newClasses sorts the rows by class and takes the means.
func newClasses(ctx context.Context, e *data.Examples) (*classes, error) {
	n, p := e.Dims()
	K := len(e.Classes)
	c := &classes{e: e, rows: make([][]int32, K), weight: make([]float64, K), mean: make([][]float64, K), square: make([][]float64, K)}
	counts := make([]int, K)
	for _, y := range e.Y {
		counts[int(y)]++
	}
	for k := range c.mean {
		c.mean[k], c.rows[k] = make([]float64, p), make([]int32, 0, counts[k])
	}
	for i := range n {
		if i%blockRows == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		w := e.Weight(i)
		if !(w >= 0) || math.IsInf(w, 0) {
			return nil, fmt.Errorf("%s: the weight of training row %d is %v; it must be a finite number, 0 or above", name, i+1, w)
		}
		if w == 0 {
			continue
		}
		k := int(e.Y[i])
		c.rows[k] = append(c.rows[k], int32(i))
		c.weight[k] += w
		mean := c.mean[k]
		for j, v := range e.X.RawRowView(i) {
			mean[j] += w * v
		}
	}
	seen, only := 0, 0
	for k, w := range c.weight {
		if c.total += w; w > 0 {
			seen++
			only = k
		}
		for j := range c.mean[k] {
			if w > 0 {
				c.mean[k][j] /= w
			}
			if v := c.mean[k][j]; math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, fmt.Errorf("%s: the mean of feature %s is not finite; scale the feature", name, e.Features[j])
			}
		}
	}
	switch {
	case seen == 0:
		return nil, fmt.Errorf("%s needs training rows of at least two classes, but no row has a positive weight", name)
	case seen == 1:
		return nil, fmt.Errorf("%s needs at least two classes, but every training row has the class '%s'", name, e.Classes[only])
	case math.IsInf(c.total, 0):
		return nil, fmt.Errorf("%s: the sum of the row weights is not finite", name)
	}
	return c, nil
}

// scatter adds up the products of class k, a block of rows after the other.
func (c *classes) scatter(ctx context.Context, k, workers int) error {
	if len(c.rows[k]) == 0 {
		return nil
	}
	_, p := c.e.Dims()
	c.square[k] = make([]float64, p*p)
	size := min(blockRows, len(c.rows[k]))
	block, weights, part := make([]float64, size*p), make([]float64, size), make([]float64, p*p)
	for lo := 0; lo < len(c.rows[k]); lo += size {
		rows := c.rows[k][lo:min(lo+size, len(c.rows[k]))]
		for i, row := range rows {
			copy(block[i*p:(i+1)*p], c.e.X.RawRowView(int(row)))
			weights[i] = c.e.Weight(int(row))
		}
		if err := matmul.Gram(ctx, workers, matmul.Of(p, p, p, part), matmul.Of(len(rows), p, p, block), c.mean[k], weights[:len(rows)]); err != nil {
			return err
		}
		for i, v := range part {
			c.square[k][i] += v
		}
	}
	return nil
}

// model makes a model of what was added up.
func (l *discriminantAnalysis) model(ctx context.Context, c *classes, env learners.Env) (*model, error) {
	_, p := c.e.Dims()
	K := len(c.weight)
	pooled := make([]float64, p*p)
	for _, s := range c.square {
		for i, v := range s {
			pooled[i] += v / c.total
		}
	}
	m := &model{features: p, classes: K, linear: l.pooling == 1, prior: make([]float64, K), mean: make([]float64, 0, K*p)}
	for j := range p {
		switch v := pooled[j*p+j]; {
		case math.IsNaN(v) || math.IsInf(v, 0):
			return nil, fmt.Errorf("%s: the variance of feature %s is not finite; scale the feature", name, c.e.Features[j])
		case v > constantBelow*scale(c, j):
			m.used = append(m.used, int32(j))
		default:
			env.Warnf("%s: feature %s is constant within every class and takes no part", name, c.e.Features[j])
		}
	}
	seen := 0
	for _, w := range c.weight {
		if w > 0 {
			seen++
		}
	}
	q := len(m.used)
	common := pick(pooled, p, m.used)
	var shared *whitening
	for k, w := range c.weight {
		m.mean = append(m.mean, c.mean[k]...)
		switch {
		case w == 0:
			m.prior[k] = math.Inf(-1)
		case l.fitPrior:
			m.prior[k] = math.Log(w / c.total)
		default:
			m.prior[k] = -math.Log(float64(seen))
		}
		if w == 0 && !m.linear {
			m.whitenings = append(m.whitenings, whitening{inverse: make([]float64, q*q)})
			continue
		}
		if m.linear && shared != nil {
			continue
		}
		b := make([]float64, q*q)
		var own []float64
		if !m.linear {
			own = pick(c.square[k], p, m.used)
		}
		trace := 0.0
		for i := range b {
			b[i] = l.pooling * common[i]
			if own != nil {
				b[i] += (1 - l.pooling) * own[i] / w
			}
			if i%(q+1) == 0 {
				trace += b[i]
			}
		}
		for i := range b {
			b[i] *= 1 - l.shrinkage
			if i%(q+1) == 0 {
				b[i] += l.shrinkage*trace/float64(q) + 1e-9*common[i]
			}
		}
		found, err := whiten(ctx, b, q)
		if err != nil {
			return nil, err
		}
		if m.whitenings = append(m.whitenings, *found); m.linear {
			shared = found
		}
	}
	m.prepare()
	return m, ctx.Err()
}

// constantBelow is the variance, relative to the square of the values, below which a feature is constant but for rounding.
const constantBelow = 1e-24

// scale is the largest square of a class's mean of feature j.
func scale(c *classes, j int) float64 {
	largest := 0.0
	for k := range c.mean {
		largest = max(largest, c.mean[k][j]*c.mean[k][j])
	}
	return largest
}

// pick is the part of the p x p matrix a that belongs to the used features.
func pick(a []float64, p int, used []int32) []float64 {
	out := make([]float64, 0, len(used)*len(used))
	for _, i := range used {
		for _, j := range used {
			out = append(out, a[int(i)*p+int(j)])
		}
	}
	return out
}

// whitening turns differences of rows into numbers whose sum of squares is the distance (x - m)' C^-1 (x - m).
type whitening struct {
	inverse     []float64 // q x q, lower triangular: the inverse of the Cholesky factor of C
	determinant float64   // log |C|
}

// whiten factors the symmetric positive definite q x q matrix a, of which it makes use, row by row, and inverts the factor. q^3 / 2.
func whiten(ctx context.Context, a []float64, q int) (*whitening, error) {
	w := &whitening{inverse: make([]float64, q*q)}
	for i := range q {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		row := a[i*q : i*q+i+1]
		for j := range i {
			other := a[j*q : j*q+j+1]
			sum := row[j]
			for k, v := range other[:j] {
				sum -= row[k] * v
			}
			row[j] = sum / other[j]
		}
		pivot := row[i]
		for _, v := range row[:i] {
			pivot -= v * v
		}
		if !(pivot > 0) { // only rounding can do that: the diagonal was raised
			pivot = 1e-12 * row[i]
		}
		row[i] = math.Sqrt(pivot)
		w.determinant += math.Log(pivot)
		inverse := w.inverse[i*q : (i+1)*q]
		inverse[i] = 1 / row[i]
		for k := range i {
			for j, v := range w.inverse[k*q : k*q+k+1] {
				inverse[j] -= row[k] * v / row[i]
			}
		}
	}
	return w, nil
}

var (
	_ learners.Learner         = (*discriminantAnalysis)(nil)
	_ learners.MemoryEstimator = (*discriminantAnalysis)(nil)
)
