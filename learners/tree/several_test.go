package tree

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/artifact"
	"aibms/learners/data"
)

// severalDir holds numbers of scikit-learn for several targets and the recipe that made them.
const severalDir = "../../tests/reference/several_targets/"

func readJSON(t *testing.T, file string, into any) {
	t.Helper()
	b, err := os.ReadFile(severalDir + file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatal(err)
	}
}

// predicted are the predictions of a model for the rows of e.
func predicted(t *testing.T, m *decisionTreeModel, e *data.Examples) *mat.Dense {
	t.Helper()
	out := mat.NewDense(len(e.Y), e.Outputs(), nil)
	if err := m.Predict(e.X, out); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestSeveralTargetsOfScikitLearn: on targets in units that are far apart, the trees are those of scikit-learn on the same targets divided by their standard deviations.
func TestSeveralTargetsOfScikitLearn(t *testing.T) {
	var rows struct {
		X, Targets [][]float64
		Weights    []float64
	}
	readJSON(t, "data.json", &rows)
	var cases []struct {
		Settings          map[string]string
		Weighted, Missing bool
		Leaves            int
		Importances       []float64
		Predictions       [][]float64
	}
	readJSON(t, "trees.json", &cases)
	if len(cases) < 20 {
		t.Fatalf("only %d cases", len(cases))
	}
	for _, c := range cases {
		e := &data.Examples{X: mat.NewDense(len(rows.X), len(rows.X[0]), nil), Features: make([]string, len(rows.X[0])), Y: rows.Targets[0], Targets: rows.Targets}
		for i, x := range rows.X {
			e.X.SetRow(i, x)
			if c.Missing && i%5 == 0 {
				e.X.Set(i, 0, math.NaN())
			}
			if c.Missing && x[2] > 1 {
				e.X.Set(i, 2, math.NaN())
			}
		}
		if c.Weighted {
			e.Weights = rows.Weights
		}
		m := fit(t, e, c.Settings)
		if leaves, _ := m.trees.shape(0); leaves != c.Leaves {
			t.Errorf("%+v: %d leaves, want %d", c.Settings, leaves, c.Leaves)
		}
		for j, want := range c.Importances {
			if got := m.Importances()[j]; math.Abs(got-want) > 1e-9 {
				t.Errorf("%+v: importance of feature %d is %v, want %v", c.Settings, j, got, want)
			}
		}
		out := predicted(t, m, e)
		for k, want := range c.Predictions {
			for j, v := range want {
				if got := out.At(3*k, j); math.Abs(got-v) > 1e-9*max(1, math.Abs(v)) {
					t.Fatalf("%+v weighted=%v missing=%v: target %d of row %d is %v, want %v", c.Settings, c.Weighted, c.Missing, j, 3*k, got, v)
				}
			}
		}
	}
}

// manyTargets are n rows of k targets, which rest on a number, a town without an order, and a number that misses some values.
func manyTargets(n, towns, k int, seed uint64) *data.Examples {
	rng := rand.New(rand.NewPCG(seed, 6))
	e := &data.Examples{X: mat.NewDense(n, 3, nil), Features: []string{"size", "town", "age"}, Categories: []int{0, towns, 0}, Targets: make([][]float64, k)}
	effects := make([][]float64, towns)
	for c := range effects {
		for range k {
			effects[c] = append(effects[c], rng.NormFloat64())
		}
	}
	for i := range n {
		town := rng.IntN(towns)
		e.X.SetRow(i, []float64{rng.NormFloat64(), float64(town), rng.NormFloat64()})
		for j := range k {
			e.Targets[j] = append(e.Targets[j], effects[town][j]+e.X.At(i, 0)*float64(j+1)/float64(k)+0.2*e.X.At(i, 2)+0.1*rng.NormFloat64())
		}
		if i%7 == 0 {
			e.X.Set(i, 2, math.NaN())
		}
	}
	e.Y = e.Targets[0]
	return e
}

// TestUnitsOfTargetsDoNotMatter: a target in another unit, by a power of two so that nothing is rounded, leaves the tree as it is.
func TestUnitsOfTargetsDoNotMatter(t *testing.T) {
	e := manyTargets(500, 9, 3, 1)
	other := *e
	other.Targets = [][]float64{slices.Clone(e.Targets[0]), e.Targets[1], slices.Clone(e.Targets[2])}
	for i := range e.Y {
		other.Targets[0][i] *= 1 << 40
		other.Targets[2][i] /= 1 << 60
	}
	other.Y = other.Targets[0]
	for _, settings := range []map[string]string{{}, {"min_samples_leaf": "4", "ccp_alpha": "0.001"}, {"max_leaf_nodes": "20"}} {
		a, b := predicted(t, fit(t, e, settings), e), predicted(t, fit(t, &other, settings), e)
		for i := range e.Y {
			if a.At(i, 0)*(1<<40) != b.At(i, 0) || a.At(i, 1) != b.At(i, 1) || a.At(i, 2)/(1<<60) != b.At(i, 2) {
				t.Fatalf("%v: row %d is predicted %v, with other units %v", settings, i, a.RawRowView(i), b.RawRowView(i))
			}
		}
	}
}

// TestTheSameTargetTwice: two targets that are one give the tree of that one, by every way to search for a split.
func TestTheSameTargetTwice(t *testing.T) {
	for _, n := range []int{60, 900} {
		e := manyTargets(n, 6, 1, uint64(n))
		twice := *e
		twice.Targets = [][]float64{e.Y, e.Y}
		for _, settings := range []map[string]string{{"max_depth": "4"}, {"min_samples_leaf": "5"}, {"max_leaf_nodes": "12"}, {"min_samples_leaf": "5", "max_features": "half"}} {
			if settings["max_features"] != "" { // a set of categories and the others may change sides, and then features are drawn in another order
				e.Categories, twice.Categories = nil, nil
			}
			one, two := fit(t, e, settings), fit(t, &twice, settings)
			a, b := predicted(t, one, e), predicted(t, two, &twice)
			for i := range e.Y {
				if a.At(i, 0) != b.At(i, 0) || a.At(i, 0) != b.At(i, 1) {
					t.Fatalf("%d rows, %v: row %d is predicted %v alone and %v twice", n, settings, i, a.At(i, 0), b.RawRowView(i))
				}
			}
		}
	}
}

// TestSetsOfSeveralTargets: the set of categories that is found is hardly worse than the best of all.
func TestSetsOfSeveralTargets(t *testing.T) {
	loss := func(e *data.Examples, goes func(c int) bool) float64 {
		sum := 0.0
		for _, side := range []bool{true, false} {
			for k, y := range e.Targets {
				count, mean, squares := 0.0, 0.0, 0.0
				for i, v := range y {
					if goes(int(e.X.At(i, 1))) == side {
						count++
						mean += v
						squares += v * v
					}
				}
				if count > 0 {
					sum += (squares - mean*mean/count) / math.Pow(deviation(e.Targets[k]), 2)
				}
			}
		}
		return sum
	}
	ours, best := 0.0, 0.0
	for seed := range uint64(20) {
		e := manyTargets(300, 8, 3, seed)
		town := mat.NewDense(300, 1, nil)
		town.SetCol(0, mat.Col(nil, 1, e.X))
		m := fit(t, &data.Examples{X: town, Features: []string{"town"}, Categories: []int{8}, Y: e.Y, Targets: e.Targets}, map[string]string{"max_depth": "1"})
		left := m.trees.categoriesLeft(&m.trees.nodes[0])
		ours += loss(e, func(c int) bool { return slices.Contains(left, c) })
		least := math.Inf(1)
		for set := 1; set < 1<<7; set++ {
			least = min(least, loss(e, func(c int) bool { return set>>c&1 == 1 }))
		}
		best += least
	}
	if ours < best-1e-6 || ours > 1.02*best {
		t.Errorf("the sets that were found leave %v, the best ones %v", ours, best)
	}
}

func deviation(y []float64) float64 {
	mean, square := 0.0, 0.0
	for _, v := range y {
		mean += v / float64(len(y))
	}
	for _, v := range y {
		square += (v - mean) * (v - mean) / float64(len(y))
	}
	return math.Sqrt(square)
}

// TestAbsoluteErrorTakesOneTarget: what it says names the ways out.
func TestAbsoluteErrorTakesOneTarget(t *testing.T) {
	g := GrowthParams{Criterion: "absolute_error", criteria: []string{"gini", "entropy", "squared_error", "absolute_error"}}
	_, err := g.Settings("decision_tree", learners.Regression, manyTargets(30, 3, 2, 1), false)
	if err == nil || !strings.Contains(err.Error(), "use squared_error, or create a model for each target") {
		t.Errorf("%v", err)
	}
	e := manyTargets(30, 3, 2, 1)
	e.Targets[1][4] = math.Inf(1)
	if _, err := NewTarget("decision_tree", e); err == nil || !strings.Contains(err.Error(), "target 2 is +Inf in training row 5") {
		t.Errorf("%v", err)
	}
}

// oldArtifact is a tree as state version 1 wrote it: x0 <= 1.5 is 10, else x1 <= -2 (or missing) is 20, else 30.
func oldArtifact() *artifact.Writer {
	w := artifact.NewWriter()
	w.Int64s("shape", []int64{2, 0, 1})
	w.Int32s("tree_nodes", []int32{5})
	w.Int32s("left", []int32{1, 0, 3 | 1<<30, 0, 0})
	w.Int32s("feature", []int32{0, 1})
	w.Float64s("threshold", []float64{1.5, -2})
	w.Float64s("value", []float64{10, 20, 30})
	w.Float64s("importances", []float64{0.75, 0.25})
	w.Float64s("node_weight", []float64{4, 1, 3, 1, 2})
	w.Float64s("gain", []float64{3, 1})
	return w
}

// TestOldVersionsLoad: what versions 1 and 2 wrote for one target is what version 3 writes, and is read as all of them.
func TestOldVersionsLoad(t *testing.T) {
	b := oldArtifact().Encode()
	for version := 1; version <= 3; version++ {
		r, err := artifact.Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		m, err := DecisionTree().Load(version, r)
		if err != nil {
			t.Fatalf("version %d: %v", version, err)
		}
		x, out := mat.NewDense(4, 2, []float64{1.5, 0, 1.6, -2, 2, -1.9, 3, math.NaN()}), mat.NewDense(4, 1, nil)
		if err := m.Predict(x, out); err != nil {
			t.Fatal(err)
		}
		if got, want := out.RawMatrix().Data, []float64{10, 20, 30, 20}; !slices.Equal(got, want) {
			t.Errorf("version %d predicts %v, want %v", version, got, want)
		}
		w := artifact.NewWriter()
		if err := m.Save(w); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(w.Encode(), b) {
			t.Errorf("version %d: saved again it differs", version)
		}
	}
}

// TestSeveralTargetsOnWorkers: features of a large node are shared out among goroutines.
func TestSeveralTargetsOnWorkers(t *testing.T) {
	e := manyTargets(3*largeNode, 40, 2, 3)
	var first []byte
	for _, workers := range []int{1, 3} {
		l := &decisionTree{GrowthParams: GrowthParams{Criterion: "auto", MaxFeatures: "all", MinSamplesLeaf: 20, MinSamplesSplit: 2}}
		m, err := l.Fit(context.Background(), e, nil, learners.Env{Task: learners.Regression, Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		w := artifact.NewWriter()
		if err := m.Save(w); err != nil {
			t.Fatal(err)
		}
		if b := w.Encode(); first == nil {
			first = b
		} else if !slices.Equal(first, b) {
			t.Error("the tree grown by 3 goroutines differs from that of one")
		}
	}
}
