package mixture

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/artifact"
)

// clusterModel gives the shares of the components.
type clusterModel struct{ *mixture }

// Outputs is the number of components.
func (m clusterModel) Outputs() int { return m.k }

// Centers returns the means, k x p, as copies.
func (m clusterModel) Centers() *mat.Dense {
	return mat.NewDense(m.k, m.p, slices.Clone(m.means))
}

// Predict gives the share of each component in the density of each row.
func (m clusterModel) Predict(x, out *mat.Dense) error {
	return m.rows(x, out, m.k, func(row, shares []float64, _ float64) { copy(row, shares) })
}

// Save writes the components.
func (m clusterModel) Save(w *artifact.Writer) error {
	m.save(w, learners.Clustering)
	return nil
}

// anomalyModel gives a score from the density.
type anomalyModel struct {
	*mixture
	limit, scale float64 // log density that is called unusual below, and how far the median of the training rows is above that
}

// Outputs is one: the score.
func (m anomalyModel) Outputs() int { return 1 }

// Predict gives scores: 1/2 at the limit.
func (m anomalyModel) Predict(x, out *mat.Dense) error {
	return m.rows(x, out, 1, func(row, _ []float64, log float64) {
		u := (m.limit - log) / m.scale
		switch {
		case math.IsInf(u, 1) || math.IsNaN(u):
			row[0] = 1
		case math.IsInf(u, -1):
			row[0] = 0
		default:
			row[0] = 0.5 + 0.5*(u/(1+math.Abs(u)))
		}
	})
}

// Classify calls the rows unusual (1) whose score is above one half.
func (m anomalyModel) Classify(x *mat.Dense, classes []int32) error {
	if x == nil {
		return fmt.Errorf("%s: there are no rows to classify", name)
	}
	n, _ := x.Dims()
	if len(classes) != n {
		return fmt.Errorf("%s: %d rows and %d places for their classes", name, n, len(classes))
	}
	scores := mat.NewDense(n, 1, nil)
	if err := m.Predict(x, scores); err != nil {
		return err
	}
	for i, s := range scores.RawMatrix().Data {
		if classes[i] = 0; s > 0.5 {
			classes[i] = 1
		}
	}
	return nil
}

// Save writes the components and the limit.
func (m anomalyModel) Save(w *artifact.Writer) error {
	m.save(w, learners.Anomaly)
	w.Float64s("score", []float64{m.limit, m.scale})
	return nil
}

// rows calls f for each row of out with the shares of the components and the log density.
func (m *mixture) rows(x, out *mat.Dense, made int, f func(row, shares []float64, log float64)) error {
	if x == nil || out == nil {
		return fmt.Errorf("%s: there are no rows to predict, or there is no place for predictions", name)
	}
	n, p := x.Dims()
	if rows, columns := out.Dims(); p != m.p || rows != n || columns != made {
		return fmt.Errorf("%s: %d x %d features and %d x %d predictions do not fit a model of %d features and %d outputs", name, n, p, rows, columns, m.p, made)
	}
	s := m.scratch.Get().(*scratch)
	defer m.scratch.Put(s)
	size := blockRows(m.form, m.k, p)
	for lo := 0; lo < n; lo += size {
		hi := min(n, lo+size)
		m.densities(s, x, lo, hi)
		for i := lo; i < hi; i++ {
			shares := s.logs[(i-lo)*m.k : (i-lo+1)*m.k]
			log := m.shares(shares)
			f(out.RawRowView(i), shares, log)
		}
	}
	return nil
}

// judge makes a model of anomalies: it finds the limit from the log densities of the training rows.
func (e *em) judge(ctx context.Context, m *mixture) (learners.Model, error) {
	logs, err := e.logs(ctx, m, e.train.X)
	if err != nil {
		return nil, err
	}
	for i, v := range logs { // a row of a component without weight
		logs[i] = max(v, -math.MaxFloat64)
	}
	q := newQuantiles(logs, e.train.Weight)
	limit := q.at(e.l.contamination)
	if e.l.contamination == 0 {
		first := q.at(0.25)
		limit = first - 3*(q.at(0.75)-first)
	}
	scale := q.at(0.5) - limit
	if !(scale > 0) || math.IsInf(scale, 0) { // all rows are as probable
		scale = 1
	}
	if math.IsNaN(limit) || math.IsInf(limit, 0) {
		return nil, errOverflow
	}
	return anomalyModel{mixture: m, limit: limit, scale: scale}, ctx.Err()
}

// quantiles are values in ascending order, each as broad as its weight.
type quantiles struct {
	values, ends []float64
}

func newQuantiles(values []float64, weight func(int) float64) *quantiles {
	var order []int
	for i := range values {
		if weight(i) > 0 {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int) int {
		switch {
		case values[a] < values[b]:
			return -1
		case values[a] > values[b]:
			return 1
		}
		return a - b
	})
	q, end := new(quantiles), 0.0
	for _, i := range order {
		end += weight(i)
		q.values, q.ends = append(q.values, values[i]), append(q.ends, end)
	}
	return q
}

// at is the value below which the share q lies, between two values in proportion: of values with weight one the percentile of numpy.
func (q *quantiles) at(share float64) float64 {
	last := len(q.values) - 1
	place := share * max(0, q.ends[last]-1)
	whole := math.Floor(place)
	find := func(at float64) float64 {
		k, found := slices.BinarySearch(q.ends, at)
		if found { // at is where the next begins
			k++
		}
		return q.values[min(k, last)]
	}
	low, high := find(whole), find(whole+1)
	return low + (place-whole)*(high-low)
}

func (m *mixture) save(w *artifact.Writer, task learners.Task) {
	w.Strings("kind", []string{string(task), m.form})
	w.Int64s("shape", []int64{int64(m.k), int64(m.p)})
	w.Float64s("weights", m.weights)
	w.Float64s("means", m.means)
	w.Float64s("covariances", m.spread)
}

func load(version int, r *artifact.Reader) (learners.Model, error) {
	if version != 1 {
		return nil, fmt.Errorf("%s: state version %d is not known", name, version)
	}
	kind, err := r.Strings("kind")
	if err != nil {
		return nil, err
	}
	shape, err := r.Int64s("shape")
	if err != nil {
		return nil, err
	}
	corrupt := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s: %s", artifact.ErrCorrupt, name, fmt.Sprintf(format, args...))
	}
	if len(kind) != 2 || !slices.Contains(forms, kind[1]) || kind[0] != string(learners.Clustering) && kind[0] != string(learners.Anomaly) {
		return nil, corrupt("kind %q", kind)
	}
	if len(shape) != 2 || shape[0] < 1 || shape[1] < 1 || shape[0] > 1<<20 || shape[1] > 1<<20 {
		return nil, corrupt("shape %v", shape)
	}
	m := &mixture{form: kind[1], k: int(shape[0]), p: int(shape[1])}
	m.scratch.New = func() any { return new(scratch) }
	for _, section := range []struct {
		name  string
		to    *[]float64
		count int64
		least float64
	}{{"weights", &m.weights, int64(m.k), 0}, {"means", &m.means, int64(m.k) * int64(m.p), -math.MaxFloat64}, {"covariances", &m.spread, numbersOf(m.form, m.k, m.p), -math.MaxFloat64}} {
		v, err := r.Float64s(section.name)
		if err != nil {
			return nil, err
		}
		if int64(len(v)) != section.count {
			return nil, corrupt("section %q has %d numbers, not %d", section.name, len(v), section.count)
		}
		for _, x := range v {
			if !(x >= section.least && x <= math.MaxFloat64) {
				return nil, corrupt("section %q has the number %v", section.name, x)
			}
		}
		*section.to = v
	}
	if err := m.ready(context.Background()); err != nil {
		return nil, corrupt("%v", errors.Unwrap(err))
	}
	if kind[0] == string(learners.Clustering) {
		return clusterModel{m}, nil
	}
	score, err := r.Float64s("score")
	if err != nil {
		return nil, err
	}
	if len(score) != 2 || math.IsNaN(score[0]) || math.IsInf(score[0], 0) || !(score[1] > 0 && score[1] <= math.MaxFloat64) {
		return nil, corrupt("score %v", score)
	}
	return anomalyModel{mixture: m, limit: score[0], scale: score[1]}, nil
}

var (
	_ learners.Model      = clusterModel{}
	_ learners.Sized      = clusterModel{}
	_ learners.Centers    = clusterModel{}
	_ learners.Model      = anomalyModel{}
	_ learners.Sized      = anomalyModel{}
	_ learners.Classifier = anomalyModel{}
)
