package ensemble

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/data"
)

// needs is what a learner needs of its features.
type needs int

const (
	asTheyAre    needs = 0
	filled       needs = 1 // missing values become the mean of the feature
	standardised needs = 2 // (x - mean) / deviation
	mostNeeds          = filled | standardised
)

// needsOf tells it from the traits of a learner.
func needsOf(s *learners.Spec) needs {
	n := asTheyAre
	if !s.Traits.Missing {
		n |= filled
	}
	if s.Traits.NeedsScaling {
		n |= standardised
	}
	return n
}

// statistics are the mean and the standard deviation of each feature over the rows that have a value, by weight. A feature that does not vary has the deviation one; one without any
// value has the mean zero.
type statistics struct {
	mean, deviation []float64
}

// rowsBetweenChecks is how many rows are worked on before the context is looked at.
const rowsBetweenChecks = 1024

// newStatistics takes two passes over the rows, in their order; O(n p).
func newStatistics(ctx context.Context, e *data.Examples) (*statistics, error) {
	n, p := e.Dims()
	s := &statistics{make([]float64, p), make([]float64, p)}
	// sizes and smallest values first: sums are taken of x / size, which cannot overflow
	size, low, high, weight := make([]float64, p), make([]float64, p), make([]float64, p), make([]float64, p)
	for j := range p {
		low[j], high[j] = math.Inf(1), math.Inf(-1)
	}
	pass := func(f func(w float64, row []float64)) error {
		for i := range n {
			if i%rowsBetweenChecks == 0 {
				if err := ctx.Err(); err != nil {
					return err
				}
			}
			if w := e.Weight(i); w > 0 {
				f(w, e.X.RawRowView(i))
			}
		}
		return nil
	}
	if err := pass(func(w float64, row []float64) {
		for j, v := range row {
			if !math.IsNaN(v) {
				low[j], high[j] = min(low[j], v), max(high[j], v)
				weight[j] += w
			}
		}
	}); err != nil {
		return nil, err
	}
	for j := range p {
		size[j] = max(math.Abs(low[j]), math.Abs(high[j]))
	}
	if err := pass(func(w float64, row []float64) {
		for j, v := range row {
			if !math.IsNaN(v) && size[j] > 0 {
				s.mean[j] += w / weight[j] * (v / size[j])
			}
		}
	}); err != nil {
		return nil, err
	}
	if err := pass(func(w float64, row []float64) {
		for j, v := range row {
			if !math.IsNaN(v) && size[j] > 0 {
				d := v/size[j] - s.mean[j]
				s.deviation[j] += w / weight[j] * d * d
			}
		}
	}); err != nil {
		return nil, err
	}
	for j := range p {
		s.mean[j] *= size[j]
		s.deviation[j] = math.Sqrt(s.deviation[j]) * size[j]
		if !(low[j] < high[j]) {
			s.deviation[j] = 1
			s.mean[j] = 0
			if low[j] == high[j] {
				s.mean[j] = low[j]
			}
		}
		if !(s.deviation[j] > 0) || math.IsInf(s.deviation[j], 0) || math.IsNaN(s.mean[j]) || math.IsInf(s.mean[j], 0) {
			s.mean[j], s.deviation[j] = low[j]/2+high[j]/2, max(high[j]/2-low[j]/2, math.SmallestNonzeroFloat64)
			if math.IsInf(s.mean[j], 0) || math.IsNaN(s.mean[j]) || math.IsInf(s.deviation[j], 0) {
				return nil, fmt.Errorf("feature %s has the values %v and %v, which is not a finite number", e.Features[j], low[j], high[j])
			}
		}
	}
	return s, nil
}

// apply fills out, rows as those of x, with what a learner of these needs sees. Values that are too large become the largest number.
func (s *statistics) apply(n needs, x, out *mat.Dense) {
	rows, _ := x.Dims()
	for i := range rows {
		from, to := x.RawRowView(i), out.RawRowView(i)
		for j, v := range from {
			if n&filled != 0 && math.IsNaN(v) {
				v = s.mean[j]
			}
			if n&standardised != 0 {
				v = max(-math.MaxFloat64, min(math.MaxFloat64, (v-s.mean[j])/s.deviation[j]))
			}
			to[j] = v
		}
	}
}

// prepared are rows to train on, as each learner needs them. Copies are made when the first learner asks for them.
type prepared struct {
	train, validate *data.Examples
	statistics      *statistics
	complete        bool // no value is missing, neither to train nor to validate
	made            [mostNeeds + 1]*pair
}

type pair struct{ train, validate *data.Examples }

func prepare(ctx context.Context, train, validate *data.Examples) (*prepared, error) {
	if n, p := train.Dims(); n == 0 || p == 0 || train.X == nil {
		return nil, fmt.Errorf("there are no rows or no features")
	}
	s, err := newStatistics(ctx, train)
	if err != nil {
		return nil, err
	}
	r := &prepared{train: train, validate: validate, statistics: s}
	for _, e := range []*data.Examples{train, validate} {
		gaps, err := hasGaps(ctx, e)
		if err != nil {
			return nil, err
		}
		if gaps {
			return r, nil
		}
	}
	r.complete = true
	return r, nil
}

// hasGaps reports whether a value is missing.
func hasGaps(ctx context.Context, e *data.Examples) (bool, error) {
	if e == nil {
		return false, nil
	}
	n, _ := e.Dims()
	for i := range n {
		if i%rowsBetweenChecks == 0 {
			if err := ctx.Err(); err != nil {
				return false, err
			}
		}
		for _, v := range e.X.RawRowView(i) {
			if math.IsNaN(v) {
				return true, nil
			}
		}
	}
	return false, nil
}

// seen are the rows as a learner of these needs sees them.
func (r *prepared) seen(ctx context.Context, n needs) (train, validate *data.Examples, err error) {
	if n == asTheyAre || n == filled && r.complete {
		return r.train, r.validate, nil
	}
	if r.made[n] == nil {
		made := &pair{}
		if made.train, err = r.copied(ctx, n, r.train); err != nil {
			return nil, nil, err
		}
		if r.validate != nil {
			if made.validate, err = r.copied(ctx, n, r.validate); err != nil {
				return nil, nil, err
			}
		}
		r.made[n] = made
	}
	return r.made[n].train, r.made[n].validate, nil
}

func (r *prepared) copied(ctx context.Context, n needs, e *data.Examples) (*data.Examples, error) {
	c := *e
	rows, p := e.Dims()
	c.X = mat.NewDense(rows, p, nil)
	for lo := 0; lo < rows; lo += rowsBetweenChecks {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		hi := min(lo+rowsBetweenChecks, rows)
		r.statistics.apply(n, e.X.Slice(lo, hi, 0, p).(*mat.Dense), c.X.Slice(lo, hi, 0, p).(*mat.Dense))
	}
	return &c, nil
}

// preparedMemory is how many bytes the copies for these learners take of n rows of p features.
func preparedMemory(list []choice, n, p int) int64 {
	var made [mostNeeds + 1]bool
	sum := int64(0)
	for _, c := range list {
		if k := needsOf(c.spec); k != asTheyAre && !made[k] {
			made[k] = true
			sum += 8 * int64(n) * int64(p)
		}
	}
	return sum
}

// rowsOf are copies of the given rows of e.
func rowsOf(ctx context.Context, e *data.Examples, rows []int32) (*data.Examples, error) {
	_, p := e.Dims()
	c := &data.Examples{X: mat.NewDense(len(rows), p, nil), Features: e.Features, Categories: e.Categories, Y: make([]float64, len(rows)), Classes: e.Classes}
	if e.Weights != nil {
		c.Weights = make([]float64, len(rows))
	}
	for k, i := range rows {
		if k%rowsBetweenChecks == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
		copy(c.X.RawRowView(k), e.X.RawRowView(int(i)))
		c.Y[k] = e.Y[i]
		if e.Weights != nil {
			c.Weights[k] = e.Weights[i]
		}
	}
	return c, nil
}
