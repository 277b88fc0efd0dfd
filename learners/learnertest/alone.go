package learnertest

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/artifact"
	"aibms/learners/data"
	"aibms/learners/params"
)

// Alone returns three small learners without a target, for tests of what stands above learners: "bands" puts rows into groups by their first feature, "far" calls
// rows unusual whose first feature is more than two standard deviations from its mean, "first" keeps the first features. "bands" can do what "far" does, too.
func Alone() []*learners.Spec {
	spec := func(name, doc string, tasks ...learners.Task) *learners.Spec {
		return &learners.Spec{Name: name, Doc: doc, Objective: "none", Reference: "none", Tasks: tasks, Traits: learners.Traits{Weights: true}, StateVersion: 1,
			New: func() learners.Learner { return &aloneLearner{} }, Load: loadAlone}
	}
	return []*learners.Spec{
		spec("bands", "Bands of the first feature.", learners.Clustering, learners.Anomaly),
		spec("far", "Far from the mean of the first feature.", learners.Anomaly),
		spec("first", "The first features.", learners.Projection),
	}
}

type aloneLearner struct{ parts int }

func (l *aloneLearner) Declare(s *params.Set) {
	s.Int(&l.parts, "parts", 2, "number of groups, or of features that are kept", params.AtLeast(1))
}

// Fit implements learners.Learner.
func (l *aloneLearner) Fit(ctx context.Context, train, _ *data.Examples, env learners.Env) (learners.Model, error) {
	if train.Y != nil || train.Classes != nil {
		return nil, errors.New("there is a target")
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	n, p := train.Dims()
	if env.Task == learners.Projection && l.parts > p {
		return nil, fmt.Errorf("parts = %d of %d features", l.parts, p)
	}
	m := alone{task: env.Task, parts: l.parts, means: make([]float64, p)}
	total, squares := 0.0, 0.0
	for i := range n {
		total += train.Weight(i)
	}
	for i := range n {
		for j := range p {
			m.means[j] += train.Weight(i) * train.X.At(i, j) / total
		}
	}
	for i := range n {
		squares += train.Weight(i) * math.Pow(train.X.At(i, 0)-m.means[0], 2) / total
	}
	m.spread = math.Sqrt(squares)
	return m.model(), nil
}

// alone is what the three models know.
type alone struct {
	task   learners.Task
	parts  int
	means  []float64 // of the features
	spread float64   // standard deviation of the first feature
}

func (m alone) model() learners.Model {
	switch m.task {
	case learners.Anomaly:
		return farModel{m}
	case learners.Projection:
		return firstModel{m}
	}
	return bandsModel{m}
}

// Save implements learners.Model.
func (m alone) Save(w *artifact.Writer) error {
	w.Strings("task", []string{string(m.task)})
	w.Int64s("parts", []int64{int64(m.parts)})
	w.Float64s("means", m.means)
	w.Float64s("spread", []float64{m.spread})
	return nil
}

func loadAlone(_ int, r *artifact.Reader) (learners.Model, error) {
	task, err := r.Strings("task")
	if err != nil {
		return nil, err
	}
	parts, err := r.Int64s("parts")
	if err != nil {
		return nil, err
	}
	means, err := r.Float64s("means")
	if err != nil {
		return nil, err
	}
	spread, err := r.Float64s("spread")
	if err != nil {
		return nil, err
	}
	if len(task) != 1 || len(parts) != 1 || len(spread) != 1 || parts[0] < 1 || parts[0] > 1000 {
		return nil, fmt.Errorf("%w: sizes", artifact.ErrCorrupt)
	}
	return alone{learners.Task(task[0]), int(parts[0]), means, spread[0]}.model(), nil
}

// shape checks the arguments of Predict.
func (m alone) shape(x, out *mat.Dense, outputs int) error {
	n, p := x.Dims()
	if rows, columns := out.Dims(); p != len(m.means) || rows != n || columns != outputs {
		return fmt.Errorf("%d x %d of features and %d x %d of predictions, for %d features", n, p, rows, columns, len(m.means))
	}
	return nil
}

// bandsModel has the centres of its groups a standard deviation apart. A degree is one over the distance and a bit.
type bandsModel struct{ alone }

func (m bandsModel) Outputs() int { return m.parts }

// Centers implements learners.Centers.
func (m bandsModel) Centers() *mat.Dense {
	c := mat.NewDense(m.parts, len(m.means), nil)
	for k := range m.parts {
		c.SetRow(k, m.means)
		c.Set(k, 0, m.means[0]+m.spread*(float64(k)-float64(m.parts-1)/2))
	}
	return c
}

func (m bandsModel) Predict(x, out *mat.Dense) error {
	if err := m.shape(x, out, m.parts); err != nil {
		return err
	}
	centres := m.Centers()
	for i := range x.RawMatrix().Rows {
		total, degrees := 0.0, out.RawRowView(i)
		for k := range degrees {
			degrees[k] = 1 / (0.01 + math.Abs(x.At(i, 0)-centres.At(k, 0)))
			total += degrees[k]
		}
		for k := range degrees {
			degrees[k] /= total
		}
	}
	return nil
}

// farModel scores a row by its distance from the mean, 2/3 at two standard deviations.
type farModel struct{ alone }

func (m farModel) Outputs() int { return 1 }

func (m farModel) Predict(x, out *mat.Dense) error {
	if err := m.shape(x, out, 1); err != nil {
		return err
	}
	for i := range x.RawMatrix().Rows {
		d := math.Abs(x.At(i, 0) - m.means[0])
		out.Set(i, 0, d/(d+m.spread))
	}
	return nil
}

// Classify implements learners.Classifier.
func (m farModel) Classify(x *mat.Dense, classes []int32) error {
	for i := range classes {
		classes[i] = 0
		if math.Abs(x.At(i, 0)-m.means[0]) > 2*m.spread {
			classes[i] = 1
		}
	}
	return nil
}

// firstModel gives the first features less their means.
type firstModel struct{ alone }

func (m firstModel) Outputs() int { return m.parts }

func (m firstModel) Predict(x, out *mat.Dense) error {
	if err := m.shape(x, out, m.parts); err != nil {
		return err
	}
	for i := range x.RawMatrix().Rows {
		for j := range m.parts {
			out.Set(i, j, x.At(i, j)-m.means[j])
		}
	}
	return nil
}

// Restore implements learners.Restorer.
func (m firstModel) Restore(z, x *mat.Dense) error {
	if err := m.shape(x, z, m.parts); err != nil {
		return err
	}
	for i := range x.RawMatrix().Rows {
		x.SetRow(i, m.means)
		for j := range m.parts {
			x.Set(i, j, z.At(i, j)+m.means[j])
		}
	}
	return nil
}
