// Package learnertest is the conformance suite: laws that hold for every learner, whatever it learns. A learner is checked by being in the list of learners/all.
package learnertest

import (
	"bytes"
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/artifact"
	"aibms/learners/data"
	"aibms/learners/params"
)

// Laws says how closely a learner keeps the laws that rounding or chance may bend.
type Laws struct {
	RowOrder float64          // largest change of a prediction when the rows come in another order; of a regression, in standard deviations of the target
	Weights  float64          // the same for a weight of two against the row twice
	Told     []params.Setting // given where something is to be found in a sample: that it has three clusters, say
	// Small is given in every fit that does not set them otherwise: of a learner that fits others, a few that fit fast and keep the laws. nil: nothing.
	Small func(learners.Task) []params.Setting
	Quick []params.Setting // given where every combination of choices is tried, so that it does not take minutes
	Alone *Laws            // for the tasks without a target; nil: the same
	Picky bool             // chooses by a metric that has no value when all rows are equal: that is an error
	Hard  bool             // probabilities may be 0 and 1 without being sure, as those of a leaf with one row: what is learned shows in the classes alone
}

// Default are the tolerances of learners that reach the optimum of a convex objective.
var Default = Laws{RowOrder: 1e-4, Weights: 1e-4}

// Run checks all laws for all tasks of the learner.
func Run(t *testing.T, spec *learners.Spec, laws Laws) {
	for _, task := range spec.Tasks {
		t.Run(string(task), func(t *testing.T) {
			t.Parallel()
			s := suite{spec: spec, task: task, laws: laws}
			if laws.Alone != nil && !task.Supervised() {
				s.laws = *laws.Alone
			}
			for _, law := range []struct {
				name  string
				check func(*testing.T)
			}{
				{"learns something", s.learns},
				{"same bits on any number of workers", s.workers},
				{"saved and loaded is the same model", s.savedAndLoaded},
				{"order of rows does not matter", s.rowOrder},
				{"weights are repeated rows", s.weights},
				{"predictions are well formed", s.wellFormed},
				{"a row's prediction does not depend on its neighbours", s.rowByRow},
				{"inputs stay unchanged", s.inputsUnchanged},
				{"ends with its context", s.cancelled},
				{"progress goes forward", s.progress},
				{"odd data", s.oddData},
				{"hopeless data", s.hopelessData},
				{"every hyper-parameter at its bounds", s.bounds},
				{"every combination of choices", s.choices},
				{"wrong shapes are errors", s.wrongShapes},
				{"predicts a row alike in any block", s.anyBlock},
				{"predicts concurrently", s.concurrent},
				{"abilities fit the model", s.abilities},
				{"trees can be read", s.trees},
				{"keeps a training curve", s.trainingCurve},
				{"says what memory it needs", s.memory},
				{"goes on from a model", s.warmStart},
				{"takes missing values", s.missing},
				{"takes categories", s.categories},
				{"predicts several targets", s.severalTargets},
				{"damaged artifacts are errors", s.damaged},
			} {
				t.Run(law.name, law.check)
			}
		})
	}
}

type suite struct {
	spec *learners.Spec
	task learners.Task
	laws Laws
}

// outputs is the number of columns of a prediction: of a model without a target as it says itself.
func outputs(m learners.Model, e *data.Examples) int {
	if sized, ok := m.(learners.Sized); ok && e.Y == nil {
		return sized.Outputs()
	}
	return max(e.Outputs(), len(e.Classes))
}

// fit runs one Fit with the given settings on two workers.
func (s suite) fit(ctx context.Context, e *data.Examples, given ...params.Setting) (learners.Model, error) {
	return s.fitIn(ctx, e, learners.Env{Task: s.task, Seed: 42, Workers: 2}, given...)
}

func (s suite) fitIn(ctx context.Context, e *data.Examples, env learners.Env, given ...params.Setting) (learners.Model, error) {
	return s.fitOn(ctx, e, nil, env, given...)
}

func (s suite) fitOn(ctx context.Context, e, validate *data.Examples, env learners.Env, given ...params.Setting) (learners.Model, error) {
	l, err := s.learner(given...)
	if err != nil {
		return nil, err
	}
	m, err := l.Fit(ctx, e, validate, env)
	if (m == nil) == (err == nil) {
		return nil, errors.New("Fit must return either a model or an error")
	}
	return m, err
}

// learner is a new one with the given settings.
func (s suite) learner(given ...params.Setting) (learners.Learner, error) {
	l := s.spec.New()
	var set params.Set
	l.Declare(&set)
	if s.laws.Small != nil {
		if err := set.Assign(s.spec.Name, s.laws.Small(s.task)); err != nil {
			return nil, err
		}
	}
	return l, set.Assign(s.spec.Name, given)
}

// mustFit demands a model.
func (s suite) mustFit(t *testing.T, e *data.Examples, given ...params.Setting) learners.Model {
	t.Helper()
	m, err := s.fit(context.Background(), e, given...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// predict returns the predictions of m for the features of e.
func predict(t *testing.T, m learners.Model, e *data.Examples) *mat.Dense {
	t.Helper()
	n, _ := e.Dims()
	out := mat.NewDense(n, outputs(m, e), nil)
	if err := m.Predict(e.X, out); err != nil {
		t.Fatal(err)
	}
	return out
}

// save returns the bytes of m's artifact.
func save(t *testing.T, m learners.Model) []byte {
	t.Helper()
	w := artifact.NewWriter()
	if err := m.Save(w); err != nil {
		t.Fatal(err)
	}
	return w.Encode()
}

// sameBits reports whether two matrices hold the same numbers, NaN included.
func sameBits(a, b *mat.Dense) bool {
	n, k := a.Dims()
	if r, c := b.Dims(); r != n || c != k {
		return false
	}
	for i := range n {
		for j := range k {
			if math.Float64bits(a.At(i, j)) != math.Float64bits(b.At(i, j)) {
				return false
			}
		}
	}
	return true
}

// checkWellFormed demands finite predictions: for classes probabilities that sum to one, for clusters degrees that do, for anomalies one score from 0 to 1.
func (s suite) checkWellFormed(t *testing.T, out *mat.Dense) {
	t.Helper()
	n, k := out.Dims()
	share := s.task != learners.Regression && s.task != learners.Projection
	if s.task == learners.Anomaly && k != 1 {
		t.Fatalf("%d scores a row", k)
	}
	for i := range n {
		sum := 0.0
		for j := range k {
			v := out.At(i, j)
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Fatalf("prediction %d of row %d is %v", j, i, v)
			}
			if share && (v < 0 || v > 1) {
				t.Fatalf("number %d of row %d is %v: it must be from 0 to 1", j, i, v)
			}
			sum += v
		}
		if share && s.task != learners.Anomaly && math.Abs(sum-1) > 1e-12 {
			t.Fatalf("the numbers of row %d sum to 1 + %g", i, sum-1)
		}
	}
}

// scale is the unit in which predictions are compared: the standard deviation of a regression's target, else one.
func (s suite) scale(e *data.Examples) float64 {
	if s.task != learners.Regression {
		return 1
	}
	mean, square := 0.0, 0.0
	for _, y := range e.Y {
		mean += y / float64(len(e.Y))
	}
	for _, y := range e.Y {
		square += (y - mean) * (y - mean) / float64(len(e.Y))
	}
	return math.Sqrt(square)
}

// checkClose demands that predictions of the rows of e differ by no more than the tolerance.
func (s suite) checkClose(t *testing.T, e *data.Examples, a, b *mat.Dense, tolerance float64) {
	t.Helper()
	a, b = s.comparable(a), s.comparable(b)
	if !sameShape(a, b) {
		t.Fatal("predictions have another number of columns")
	}
	worst := 0.0
	n, k := a.Dims()
	for i := range n {
		for j := range k {
			worst = max(worst, math.Abs(a.At(i, j)-b.At(i, j)))
		}
	}
	if limit := tolerance * s.scale(e); !(worst <= limit) {
		t.Errorf("predictions differ by %g, allowed is %g", worst, limit)
	}
}

// comparable makes numbers of predictions that do not depend on how clusters are numbered or which way an axis points: for each two rows the degree to which they are in one
// cluster, or their distance in units of the mean one.
func (s suite) comparable(out *mat.Dense) *mat.Dense {
	n, _ := out.Dims()
	var pairs mat.Dense
	pairs.Mul(out, out.T())
	switch s.task {
	case learners.Clustering:
		return &pairs
	case learners.Projection:
		distances := mat.NewDense(n, n, nil)
		for i := range n {
			for j := range n {
				distances.Set(i, j, math.Sqrt(max(0, pairs.At(i, i)+pairs.At(j, j)-2*pairs.At(i, j))))
			}
		}
		distances.Scale(float64(n)*float64(n)/mat.Sum(distances), distances)
		return distances
	}
	return out
}

func sameShape(a, b *mat.Dense) bool {
	n, k := a.Dims()
	r, c := b.Dims()
	return n == r && k == c
}

// learns demands that the model beats the constant prediction on rows that it has not seen.
func (s suite) learns(t *testing.T) {
	s.learnsFrom(t, sample(s.task, 400, 5, 1), sample(s.task, 400, 5, 2))
}

func (s suite) learnsFrom(t *testing.T, e, test *data.Examples) {
	t.Helper()
	s.beatsConstant(t, s.mustFit(t, e, s.laws.Told...), e, test)
}

// beatsConstant demands that a model of the rows of e predicts those of test better than their best constant.
func (s suite) beatsConstant(t *testing.T, m learners.Model, e, test *data.Examples) {
	t.Helper()
	out := predict(t, m, test)
	if !s.task.Supervised() {
		s.finds(t, out)
		return
	}
	loss, baseline := 0.0, 0.0
	share := make([]float64, outputs(m, e))
	mean := 0.0
	for _, y := range e.Y {
		mean += y / float64(len(e.Y))
		if e.Classes != nil {
			share[int(y)] += 1 / float64(len(e.Y))
		}
	}
	for i, y := range test.Y {
		if e.Classes == nil {
			loss += (out.At(i, 0) - y) * (out.At(i, 0) - y)
			baseline += (mean - y) * (mean - y)
			continue
		}
		if s.laws.Hard {
			if mat.Max(out.RowView(i)) > out.At(i, int(y)) {
				loss++
			}
			if slices.Max(share) > share[int(y)] {
				baseline++
			}
			continue
		}
		loss -= math.Log(max(1e-15, out.At(i, int(y))))
		baseline -= math.Log(share[int(y)])
	}
	if !(loss < 0.8*baseline) {
		t.Errorf("loss %g against %g of the constant prediction", loss, baseline)
	}
}

func (s suite) workers(t *testing.T) {
	e := sample(s.task, 9000, 7, 3)
	var first []byte
	for _, workers := range []int{1, 2, 4, 1} {
		m, err := s.fitIn(context.Background(), e, learners.Env{Task: s.task, Seed: 42, Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		b := save(t, m)
		if first == nil {
			first = b
		}
		if !bytes.Equal(first, b) {
			t.Errorf("the artifact with %d workers differs from the one with 1", workers)
		}
	}
}

func (s suite) savedAndLoaded(t *testing.T) {
	e := sample(s.task, 150, 4, 4)
	m := s.mustFit(t, e)
	b := save(t, m)
	r, err := artifact.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := s.spec.Load(s.spec.StateVersion, r)
	if err != nil {
		t.Fatal(err)
	}
	if !sameBits(predict(t, m, e), predict(t, loaded, e)) {
		t.Error("the loaded model predicts differently")
	}
	if !bytes.Equal(b, save(t, loaded)) {
		t.Error("the loaded model saves differently")
	}
}

func (s suite) rowOrder(t *testing.T) {
	e := sample(s.task, 301, 5, 5)
	order := make([]int, 301)
	for i := range order {
		order[i] = i * 190 % 301 // 190 and 301 have no common divisor
	}
	told := s.laws.Told
	s.checkClose(t, e, predict(t, s.mustFit(t, e, told...), e), predict(t, s.mustFit(t, rowsOf(e, order), told...), e), s.laws.RowOrder)
}

func (s suite) weights(t *testing.T) {
	if !s.spec.TraitsFor(s.task).Weights {
		return
	}
	e := sample(s.task, 240, 5, 6)
	weighted := clone(e)
	var rows []int
	for i := range 240 {
		w := (i*7 + i/5) % 4 // 0, 1, 2 or 3 times
		weighted.Weights = append(weighted.Weights, float64(w))
		for range w {
			rows = append(rows, i)
		}
	}
	told := s.laws.Told
	s.checkClose(t, e, predict(t, s.mustFit(t, weighted, told...), e), predict(t, s.mustFit(t, rowsOf(e, rows), told...), e), s.laws.Weights)
}

func (s suite) wellFormed(t *testing.T) {
	e := sample(s.task, 200, 5, 7)
	m := s.mustFit(t, e)
	s.checkWellFormed(t, predict(t, m, e))
	for _, size := range []float64{0, 1e8, -1e8, 1e100} {
		far := clone(e)
		for j := range 5 {
			mapColumn(far, j, func(i int, v float64) float64 { return v * size })
		}
		s.checkWellFormed(t, predict(t, m, far))
	}
}

func (s suite) rowByRow(t *testing.T) {
	e := sample(s.task, 133, 7, 8)
	m := s.mustFit(t, e)
	all := predict(t, m, e)
	for i := range 133 {
		one := predict(t, m, rowsOf(e, []int{i}))
		for j := range outputs(m, e) {
			if one.At(0, j) != all.At(i, j) {
				t.Fatalf("row %d alone is predicted %v, among others %v", i, one.At(0, j), all.At(i, j))
			}
		}
	}
}

func (s suite) inputsUnchanged(t *testing.T) {
	e := sample(s.task, 120, 4, 9)
	if s.spec.TraitsFor(s.task).Weights {
		for i := range 120 {
			e.Weights = append(e.Weights, float64(1+i%2))
		}
	}
	before := clone(e)
	predict(t, s.mustFit(t, e), e)
	if !sameBits(e.X, before.X) {
		t.Error("X was changed")
	}
	if !slices.Equal(e.Y, before.Y) || !slices.Equal(e.Weights, before.Weights) {
		t.Error("a target or a weight was changed")
	}
}
