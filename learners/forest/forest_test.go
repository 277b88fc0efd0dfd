package forest

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/artifact"
	"aibms/learners/data"
	"aibms/learners/params"
	"aibms/learners/tree"
)

// rowsFor makes n rows of p normal features, of which five tell the target.
func rowsFor(task learners.Task, n, p int, seed uint64) *data.Examples {
	rng := rand.New(rand.NewPCG(seed, 2))
	e := &data.Examples{X: mat.NewDense(n, p, nil), Y: make([]float64, n)}
	for j := range p {
		e.Features = append(e.Features, fmt.Sprint("x", j))
	}
	switch task {
	case learners.Binary:
		e.Classes = []string{"no", "yes"}
	case learners.Multiclass:
		e.Classes = []string{"a", "b", "c"}
	}
	for i := range n {
		x := e.X.RawRowView(i)
		for j := range x {
			x[j] = rng.NormFloat64()
		}
		f := 0.8*x[0] - 0.6*x[1%p] + 0.7*x[2%p]*x[3%p] + 0.5*math.Sin(2*x[4%p]) + 0.7*rng.NormFloat64()
		switch {
		case task == learners.Regression:
			e.Y[i] = 3 * f
		case task == learners.Binary && f > 0.2, task == learners.Multiclass && f > 0.7:
			e.Y[i] = 1
		case task == learners.Multiclass && f > -0.5:
			e.Y[i] = 2
		}
	}
	return e
}

// learnerOf returns a learner with the given settings.
func learnerOf(t testing.TB, spec *learners.Spec, settings map[string]string) learners.Learner {
	t.Helper()
	l := spec.New()
	var s params.Set
	l.Declare(&s)
	var given []params.Setting
	for name, value := range settings {
		given = append(given, params.Setting{Name: name, Value: value, Source: "USER"})
	}
	if err := s.Assign(spec.Name, given); err != nil {
		t.Fatal(err)
	}
	return l
}

func fitted(t testing.TB, spec *learners.Spec, task learners.Task, e *data.Examples, workers int, settings map[string]string) learners.Model {
	t.Helper()
	m, err := learnerOf(t, spec, settings).Fit(context.Background(), e, nil, learners.Env{Task: task, Seed: 5, Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

var tasks = []learners.Task{learners.Binary, learners.Multiclass, learners.Regression}

// score is the accuracy or R^2 of the model on e.
func score(t *testing.T, m learners.Model, e *data.Examples) float64 {
	t.Helper()
	n := len(e.Y)
	out := mat.NewDense(n, max(1, len(e.Classes)), nil)
	if err := m.Predict(e.X, out); err != nil {
		t.Fatal(err)
	}
	right, mean, left, all := 0.0, 0.0, 0.0, 0.0
	for _, y := range e.Y {
		mean += y / float64(n)
	}
	for i, y := range e.Y {
		if row := out.RawRowView(i); e.Classes != nil && slices.Index(row, slices.Max(row)) == int(y) {
			right += 1 / float64(n)
		}
		left += (out.At(i, 0) - y) * (out.At(i, 0) - y)
		all += (mean - y) * (mean - y)
	}
	if e.Classes == nil {
		return 1 - left/all
	}
	return right
}

// TestOutOfBagForetellsTheScoreOfNewRows: the out-of-bag score is near that of rows that nobody has seen, and far from that of the training rows.
func TestOutOfBagForetellsTheScoreOfNewRows(t *testing.T) {
	for _, task := range tasks {
		e, fresh := rowsFor(task, 2000, 6, 1), rowsFor(task, 4000, 6, 2)
		var points []learners.Iteration
		m, err := learnerOf(t, RandomForest(), map[string]string{"oob_score": "true"}).Fit(context.Background(), e, nil,
			learners.Env{Task: task, Seed: 5, Workers: 2, Record: func(it learners.Iteration) { points = append(points, it) }})
		if err != nil {
			t.Fatal(err)
		}
		metric, oob, rows := m.(learners.OutOfBag).OutOfBag()
		if want := map[bool]string{true: "accuracy", false: "r2"}[task.Classification()]; metric != want || rows != 2000 {
			t.Errorf("%s: %s over %d rows", task, metric, rows)
		}
		if new, seen := score(t, m, fresh), score(t, m, e); math.Abs(oob-new) > 0.04 || seen < oob+0.1 {
			t.Errorf("%s: out of bag %.3f, new rows %.3f, training rows %.3f", task, oob, new, seen)
		}
		if last := points[len(points)-1]; len(points) != 100 || last.Number != 100 || task.Classification() && math.Abs(1-last.Loss-oob) > 1e-9 || !(last.Loss < points[1].Loss) {
			t.Errorf("%s: a curve of %d points ends with %v, the score is %v", task, len(points), last, oob)
		}
		w := artifact.NewWriter()
		if err := m.Save(w); err != nil {
			t.Fatal(err)
		}
		r, err := artifact.Decode(w.Encode())
		if err != nil {
			t.Fatal(err)
		}
		loaded, err := RandomForest().Load(1, r)
		if err != nil {
			t.Fatal(err)
		}
		if _, again, n := loaded.(learners.OutOfBag).OutOfBag(); again != oob || n != rows {
			t.Errorf("%s: loaded, it is %v over %d rows", task, again, n)
		}
	}
	m := fitted(t, RandomForest(), learners.Binary, rowsFor(learners.Binary, 100, 6, 1), 1, nil)
	if _, _, rows := m.(learners.OutOfBag).OutOfBag(); rows != 0 {
		t.Errorf("without oob_score, %d rows were judged", rows)
	}
}

// TestOutOfBagAgainstItsDefinition grows the trees again by their streams and predicts each row by those that did not draw it.
func TestOutOfBagAgainstItsDefinition(t *testing.T) {
	e := rowsFor(learners.Regression, 120, 4, 3)
	settings := map[string]string{"oob_score": "true", "n_trees": "7", "min_samples_leaf": "4"}
	m := fitted(t, RandomForest(), learners.Regression, e, 3, settings).(*model)
	env := learners.Env{Task: learners.Regression, Seed: 5}
	sum, count := make([]float64, 120), make([]float64, 120)
	for k := range 7 {
		rng, drawn := env.RNG(uint64(k)), map[int]bool{}
		for range 120 {
			drawn[rng.IntN(120)] = true
		}
		for i := range 120 {
			if !drawn[i] {
				value := []float64{0}
				m.trees.Add(k, e.X.RawRowView(i), value)
				sum[i] += value[0]
				count[i]++
			}
		}
	}
	rows, mean, left, all := 0.0, 0.0, 0.0, 0.0
	for i, c := range count {
		if c > 0 {
			rows++
			mean += e.Y[i]
		}
	}
	mean /= rows
	for i, c := range count {
		if c > 0 {
			left += math.Pow(e.Y[i]-sum[i]/c, 2)
			all += math.Pow(e.Y[i]-mean, 2)
		}
	}
	if _, got, n := m.OutOfBag(); float64(n) != rows || math.Abs(got-(1-left/all)) > 1e-9 {
		t.Errorf("%v over %d rows, by definition %v over %v", got, n, 1-left/all, rows)
	}
}

// TestManyRowsOnAnyNumberOfWorkers trains on enough rows for bins.
func TestManyRowsOnAnyNumberOfWorkers(t *testing.T) {
	for _, spec := range []*learners.Spec{RandomForest(), ExtraTrees()} {
		for _, task := range tasks {
			e := rowsFor(task, tree.ExactRows+1000, 5, 4)
			for i := range e.Y {
				if i%11 == 0 {
					e.X.Set(i, i%5, math.NaN())
				}
			}
			var first []byte
			for _, workers := range []int{1, 3} {
				w := artifact.NewWriter()
				if err := fitted(t, spec, task, e, workers, map[string]string{"n_trees": "5"}).Save(w); err != nil {
					t.Fatal(err)
				}
				if first == nil {
					first = w.Encode()
				}
				if !bytes.Equal(first, w.Encode()) {
					t.Errorf("%s, %s: %d workers grow another forest than one", spec.Name, task, workers)
				}
			}
		}
	}
}

// TestTreesDiffer: rows and features are drawn anew for each tree, and by the seed.
func TestTreesDiffer(t *testing.T) {
	e := rowsFor(learners.Regression, 300, 5, 6)
	for _, spec := range []*learners.Spec{RandomForest(), ExtraTrees()} {
		m := fitted(t, spec, learners.Regression, e, 1, map[string]string{"n_trees": "2", "max_depth": "3"}).(*model)
		a, b := []float64{0}, []float64{0}
		m.trees.Add(0, e.X.RawRowView(0), a)
		m.trees.Add(1, e.X.RawRowView(0), b)
		if a[0] == b[0] {
			t.Errorf("%s: two trees predict %v", spec.Name, a[0])
		}
	}
}

func TestOutOfBagNeedsBootstrap(t *testing.T) {
	for _, spec := range []*learners.Spec{RandomForest(), ExtraTrees()} {
		l := learnerOf(t, spec, map[string]string{"bootstrap": "false", "oob_score": "true"})
		_, err := l.Fit(t.Context(), rowsFor(learners.Binary, 50, 5, 1), nil, learners.Env{Task: learners.Binary, Workers: 1})
		if err == nil || !strings.Contains(err.Error(), "oob_score needs bootstrap = TRUE") {
			t.Errorf("%s: %v", spec.Name, err)
		}
	}
}

func BenchmarkFit(b *testing.B) {
	for _, spec := range []*learners.Spec{RandomForest(), ExtraTrees()} {
		for _, task := range tasks {
			for _, n := range []int{9_000, 40_000} {
				e := rowsFor(task, n, 16, 2)
				b.Run(fmt.Sprintf("%s/%s/%d", spec.Name, task, n), func(b *testing.B) {
					for b.Loop() {
						fitted(b, spec, task, e, 1, map[string]string{"n_trees": "10"})
					}
				})
			}
		}
	}
}

func BenchmarkPredict(b *testing.B) {
	e := rowsFor(learners.Binary, 20_000, 16, 2)
	m := fitted(b, RandomForest(), learners.Binary, e, 2, nil)
	for _, rows := range []int{1, 20_000} {
		x, out := e.X.Slice(0, rows, 0, 16).(*mat.Dense), mat.NewDense(rows, 2, nil)
		b.Run(fmt.Sprint(rows), func(b *testing.B) {
			for b.Loop() {
				if err := m.Predict(x, out); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows), "ns/row")
		})
	}
}

// TestDrawnSetsBesideThresholds: extra_trees of more than two classes looks at a feature of categories and at one of numbers with the same scratch.
func TestDrawnSetsBesideThresholds(t *testing.T) {
	e := &data.Examples{X: mat.NewDense(300, 2, nil), Features: []string{"town", "size"}, Categories: []int{5, 0}, Classes: []string{"a", "b", "c"}, Y: make([]float64, 300)}
	for i := range e.Y {
		e.X.SetRow(i, []float64{float64(i % 5), float64(i * 7 % 31)})
		e.Y[i] = float64(i * 7 % 31 % 3)
	}
	l := &extraTrees{forest{name: extraTreesName, random: true}}
	var s params.Set
	l.Declare(&s)
	if err := s.Assign(extraTreesName, []params.Setting{{Name: "n_trees", Value: "5"}}); err != nil {
		t.Fatal(err)
	}
	m, err := l.Fit(context.Background(), e, nil, learners.Env{Task: learners.Multiclass, Seed: 1, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	out := mat.NewDense(300, 3, nil)
	if err := m.Predict(e.X, out); err != nil {
		t.Fatal(err)
	}
	for i, y := range e.Y {
		if !(out.At(i, int(y)) > 0.5) {
			t.Fatalf("row %d of class %v has the probabilities %v", i, y, out.RawRowView(i))
		}
	}
}

// TestOutOfBagOfSeveralTargets: the score of a target beside itself in another unit is that of the target alone, and a target that is always the same counts as nothing explained, as it does alone.
func TestOutOfBagOfSeveralTargets(t *testing.T) {
	e := rowsFor(learners.Regression, 400, 6, 5)
	score := func(targets ...[]float64) float64 {
		c := *e
		c.Y, c.Targets = targets[0], targets
		l := &randomForest{forest{name: randomForestName}}
		var s params.Set
		l.Declare(&s)
		if err := s.Assign(randomForestName, []params.Setting{{Name: "n_trees", Value: "40"}, {Name: "oob_score", Value: "true"}}); err != nil {
			t.Fatal(err)
		}
		m, err := l.Fit(context.Background(), &c, nil, learners.Env{Task: learners.Regression, Seed: 1, Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		metric, score, rows := m.(learners.OutOfBag).OutOfBag()
		if metric != "r2" || rows != 400 {
			t.Errorf("%s over %d rows", metric, rows)
		}
		return score
	}
	other, constant := slices.Clone(e.Y), make([]float64, len(e.Y))
	for i := range other {
		other[i] *= 1 << 30
	}
	alone := score(e.Y)
	if two := score(e.Y, other); !(alone > 0.3) || math.Abs(two-alone) > 1e-9 {
		t.Errorf("alone %v, twice %v", alone, two)
	}
	if half := score(e.Y, constant); math.Abs(half-alone/2) > 1e-9 {
		t.Errorf("alone %v, beside a constant %v", alone, half)
	}
}
