package tree

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
)

// table makes n rows with values of all kinds, some missing, and integer-like weights.
func table(n, classes int, seed uint64) *data.Examples {
	rng := rand.New(rand.NewPCG(seed, 0))
	e := &data.Examples{X: mat.NewDense(n, 5, nil), Y: make([]float64, n), Weights: make([]float64, n), Features: []string{"a", "b", "c", "d", "e"}}
	for k := range classes {
		e.Classes = append(e.Classes, fmt.Sprint(k))
	}
	for i := range n {
		a, b := rng.NormFloat64(), rng.NormFloat64()
		e.X.SetRow(i, []float64{a, math.Round(4 * b), float64(rng.IntN(3)), math.Exp(a + b), rng.NormFloat64()})
		for _, j := range []int{0, 1} {
			if rng.IntN(6) == 0 {
				e.X.Set(i, j, math.NaN())
			}
		}
		e.Weights[i] = float64(rng.IntN(8)) / 4
		if e.Y[i] = a + b*b + 0.3*rng.NormFloat64(); classes > 0 {
			e.Y[i] = float64(min(classes-1, max(0, int(e.Y[i]*float64(classes)/3))))
		}
	}
	for k := range classes {
		e.Y[k], e.Weights[k] = float64(k), 1
	}
	return e
}

// impurity is that of some rows, times their weight, straight from its definition.
func impurity(criterion string, e *data.Examples, rows []int) float64 {
	total := 0.0
	shares := make([]float64, len(e.Classes))
	for _, i := range rows {
		total += e.Weights[i]
		if e.Classes != nil {
			shares[int(e.Y[i])] += e.Weights[i]
		}
	}
	if total == 0 {
		return 0
	}
	sum := 0.0
	switch criterion {
	case "gini":
		sum = 1
		for _, s := range shares {
			sum -= s / total * s / total
		}
		return sum * total
	case "entropy":
		for _, s := range shares {
			if s > 0 {
				sum -= s * math.Log2(s/total)
			}
		}
		return sum
	case "squared_error":
		mean := 0.0
		for _, i := range rows {
			mean += e.Weights[i] / total * e.Y[i]
		}
		for _, i := range rows {
			sum += e.Weights[i] * (e.Y[i] - mean) * (e.Y[i] - mean)
		}
		return sum
	}
	best := math.Inf(1)
	for _, k := range rows {
		sum = 0
		for _, i := range rows {
			sum += e.Weights[i] * math.Abs(e.Y[i]-e.Y[k])
		}
		best = min(best, sum)
	}
	return best
}

// bestSplit is the smallest impurity of the two sides that any split of all rows reaches.
func bestSplit(criterion string, e *data.Examples, least int) float64 {
	best := math.Inf(1)
	n, p := e.Dims()
	for j := range p {
		for k := range n {
			for _, missingLeft := range []bool{false, true} {
				threshold := e.X.At(k, j)
				if math.IsNaN(threshold) {
					threshold = math.Inf(1)
				}
				left, right := sides(e, j, threshold, missingLeft)
				if len(left) >= least && len(right) >= least {
					best = min(best, impurity(criterion, e, left)+impurity(criterion, e, right))
				}
			}
		}
	}
	return best
}

func sides(e *data.Examples, j int, threshold float64, missingLeft bool) (left, right []int) {
	for i := range e.Y {
		v := e.X.At(i, j)
		switch {
		case e.Weights[i] == 0:
		case v <= threshold || math.IsNaN(v) && missingLeft:
			left = append(left, i)
		default:
			right = append(right, i)
		}
	}
	return left, right
}

func TestTheRootIsPartedAtTheBestSplit(t *testing.T) {
	for _, criterion := range []string{"gini", "entropy", "squared_error", "absolute_error"} {
		for seed := uint64(1); seed <= 6; seed++ {
			for _, least := range []int{1, 5} {
				classes := 0
				if criterion == "gini" || criterion == "entropy" {
					classes = 2 + int(seed)%3
				}
				e := table(60, classes, seed)
				m := fit(t, e, map[string]string{"criterion": criterion, "max_depth": "1", "min_samples_leaf": fmt.Sprint(least)})
				root := m.trees.nodes[0]
				left, right := sides(e, int(root.feature&^missingRight), root.threshold, root.feature&missingRight == 0)
				got, want := impurity(criterion, e, left)+impurity(criterion, e, right), bestSplit(criterion, e, least)
				if math.Abs(got-want) > 1e-9*max(1, want) || len(left) < least || len(right) < least {
					t.Errorf("%s, %d classes, seed %d: the split has impurity %v with %d and %d rows, the best is %v", criterion, classes, seed, got, len(left), len(right), want)
				}
			}
		}
	}
}

// TestBinsOfOneValueGiveTheExactTree: with at most 255 values a feature, codes of one byte and codes of two lead to the same tree, through histograms or sorting.
func TestBinsOfOneValueGiveTheExactTree(t *testing.T) {
	for _, classes := range []int{0, 2, 4} {
		e := table(1500, classes, 3)
		e.X.Apply(func(i, j int, v float64) float64 { return math.Round(12*v) / 12 }, e.X)
		for i := range e.Y {
			e.X.Set(i, 3, min(e.X.At(i, 3), 9))
		}
		target, err := NewTarget("test", e)
		if err != nil {
			t.Fatal(err)
		}
		exact, err := NewColumns(t.Context(), e, false, 1)
		if err != nil {
			t.Fatal(err)
		}
		coarse, err := binned(t.Context(), e, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, criterion := range map[bool][]string{true: {"gini", "entropy"}, false: {"squared_error", "absolute_error"}}[classes > 0] {
			var saved [][]byte
			for _, c := range []*Columns{exact, coarse} {
				g, err := NewGrower(c, target, Settings{Criterion: criterion, MinRowsSplit: 2, MinRowsLeaf: 2}).Grow(t.Context(), nil, nil)
				if err != nil {
					t.Fatal(err)
				}
				trees := NewTrees(target, e)
				if _, err := trees.Append(g); err != nil {
					t.Fatal(err)
				}
				w := artifact.NewWriter()
				trees.Save(w)
				saved = append(saved, w.Encode())
			}
			if !bytes.Equal(saved[0], saved[1]) {
				t.Errorf("%d classes, %s: two trees", classes, criterion)
			}
		}
	}
}

// TestManyRowsOnAnyNumberOfWorkers trains on enough rows for bins and for sharing out features.
func TestManyRowsOnAnyNumberOfWorkers(t *testing.T) {
	for _, classes := range []int{0, 2, 3} {
		e := table(ExactRows*3/2, classes, 8)
		var first []byte
		for _, workers := range []int{1, 2, 5} {
			l := DecisionTree().New().(*decisionTree)
			l.GrowthParams = GrowthParams{Criterion: "auto", MaxFeatures: "all", MinSamplesSplit: 2, MinSamplesLeaf: 3}
			m, err := l.Fit(t.Context(), e, nil, learners.Env{Task: map[int]learners.Task{0: learners.Regression, 2: learners.Binary, 3: learners.Multiclass}[classes], Workers: workers})
			if err != nil {
				t.Fatal(err)
			}
			w := artifact.NewWriter()
			if err := m.Save(w); err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = w.Encode()
			}
			if !bytes.Equal(first, w.Encode()) {
				t.Errorf("%d classes: %d workers grow another tree than one", classes, workers)
			}
		}
	}
}

func TestMissingValues(t *testing.T) {
	nan := math.NaN()
	// missing tells the class: they go to a side of their own
	e := &data.Examples{X: mat.NewDense(6, 1, []float64{1, 2, 3, nan, nan, nan}), Features: []string{"x"}, Y: []float64{0, 0, 0, 1, 1, 1}, Classes: []string{"a", "b"}}
	m := fit(t, e, nil)
	out := mat.NewDense(6, 2, nil)
	if err := m.Predict(e.X, out); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(mat.Col(nil, 1, out), e.Y) {
		t.Errorf("predicted %v", mat.Col(nil, 1, out))
	}
	// a value that no training row misses follows most rows, whichever side that is
	for _, y := range [][]float64{{0, 0, 0, 0, 1, 1}, {0, 0, 1, 1, 1, 1}} {
		e = &data.Examples{X: mat.NewDense(6, 1, []float64{1, 2, 3, 4, 5, 6}), Features: []string{"x"}, Y: y, Classes: []string{"a", "b"}}
		if err := fit(t, e, nil).Predict(mat.NewDense(1, 1, []float64{nan}), out.Slice(0, 1, 0, 2).(*mat.Dense)); err != nil {
			t.Fatal(err)
		}
		if out.At(0, 1) != y[2] || y[2] != y[3] && out.At(0, 1) != y[3] {
			t.Errorf("targets %v: a missing value is predicted %v", y, out.At(0, 1))
		}
	}
	// rows with and without missing values in one block are predicted as each alone
	e = table(400, 3, 5)
	m = fit(t, e, map[string]string{"min_samples_leaf": "3"})
	all, one := mat.NewDense(400, 3, nil), mat.NewDense(1, 3, nil)
	if err := m.Predict(e.X, all); err != nil {
		t.Fatal(err)
	}
	for i := range 400 {
		if err := m.Predict(e.X.Slice(i, i+1, 0, 5).(*mat.Dense), one); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(one.RawRowView(0), all.RawRowView(i)) {
			t.Fatalf("row %d alone is predicted %v, among others %v", i, one.RawRowView(0), all.RawRowView(i))
		}
	}
}

func TestWrongSettingsSayWhatToDo(t *testing.T) {
	for _, c := range []struct {
		task      learners.Task
		criterion string
		leaves    int
		want      string
	}{
		{learners.Binary, "squared_error", 0, "criterion 'squared_error' is for numbers and the target is a class; use auto, gini or entropy"},
		{learners.Regression, "entropy", 0, "criterion 'entropy' is for classes and the target is a number; use auto, squared_error"},
		{learners.Regression, "auto", 1, "must be 0 (no bound) or >= 2"},
	} {
		g := GrowthParams{Criterion: c.criterion, Max: c.leaves, criteria: []string{"gini", "entropy", "squared_error"}}
		if _, err := g.Settings("decision_tree", c.task, table(20, 0, 1), false); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	e := table(20, 2, 1)
	e.Weights[3] = math.Inf(1)
	if _, err := NewTarget("decision_tree", e); err == nil || !strings.Contains(err.Error(), "row 4") {
		t.Errorf("an infinite weight: %v", err)
	}
	e = table(20, 0, 1)
	e.Y[6] = math.NaN()
	if _, err := NewTarget("decision_tree", e); err == nil || !strings.Contains(err.Error(), "row 7") {
		t.Errorf("a target that is no number: %v", err)
	}
	e.Y[6] = -1e160
	if _, err := NewTarget("decision_tree", e); err == nil || !strings.Contains(err.Error(), "row 7, and the squares of such numbers overflow") {
		t.Errorf("a target whose square is no number: %v", err)
	}
}

// TestSumsAreExact: whatever the weights and targets, sums in any order have the same bits.
func TestSumsAreExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	for _, spread := range []float64{0, 1, 30} {
		e := table(1000, 0, 4)
		for i := range e.Y {
			e.Weights[i] = math.Exp(spread * rng.NormFloat64())
			e.Y[i] *= math.Exp(spread * rng.NormFloat64())
		}
		target, err := NewTarget("test", e)
		if err != nil {
			t.Fatal(err)
		}
		forward, backward := moment{}, moment{}
		for i := range e.Y {
			forward.add(moment{target.weight[i], target.sum[i]})
			backward.add(moment{target.weight[999-i], target.sum[999-i]})
			if !(target.weight[i] > 0) || math.Abs(target.sum[i]) > target.weight[i] {
				t.Fatalf("weight %v, sum %v", target.weight[i], target.sum[i])
			}
		}
		if forward != backward {
			t.Errorf("spread %v: %v forward, %v backward", spread, forward, backward)
		}
	}
}

func benchmarkTable(n, p int) *data.Examples {
	rng := rand.New(rand.NewPCG(2, 2))
	e := &data.Examples{X: mat.NewDense(n, p, nil), Y: make([]float64, n), Classes: []string{"no", "yes"}}
	for i := range n {
		for j := range p {
			e.X.Set(i, j, rng.NormFloat64())
			e.Features = append(e.Features[:j], fmt.Sprint("x", j))
		}
		x := e.X.RawRowView(i)
		if f := 0.8*x[0] - 0.6*x[1] + 0.7*x[2]*x[3] + 0.5*math.Sin(2*x[4]); rng.Float64() < 1/(1+math.Exp(-1.5*f)) {
			e.Y[i] = 1
		}
	}
	return e
}

func BenchmarkFit(b *testing.B) {
	for _, size := range [][2]int{{10_000, 28}, {100_000, 28}} {
		e := benchmarkTable(size[0], size[1])
		b.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(b *testing.B) {
			for b.Loop() {
				fitBench(b, e)
			}
		})
	}
}

func BenchmarkPredict(b *testing.B) {
	e := benchmarkTable(20_000, 28)
	m := fitBench(b, e)
	out := mat.NewDense(20_000, 2, nil)
	for b.Loop() {
		if err := m.Predict(e.X, out); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*20_000), "ns/row")
}

func fitBench(b *testing.B, e *data.Examples) learners.Model {
	l := DecisionTree().New().(*decisionTree)
	l.GrowthParams = GrowthParams{Criterion: "auto", MaxFeatures: "all", MinSamplesSplit: 2, MinSamplesLeaf: 1}
	m, err := l.Fit(context.Background(), e, nil, learners.Env{Task: learners.Binary, Workers: 1})
	if err != nil {
		b.Fatal(err)
	}
	return m
}
