package tree

import (
	"bytes"
	"errors"
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

// towns makes n rows of a category of k, whose effect on the target has no order, and a number. One row in nine has no category.
func towns(n, k, classes int, seed uint64) *data.Examples {
	rng := rand.New(rand.NewPCG(seed, 4))
	effect := make([]float64, k+1)
	for c := range effect {
		effect[c] = 2 * rng.NormFloat64()
	}
	e := &data.Examples{X: mat.NewDense(n, 2, nil), Features: []string{"town", "size"}, Categories: []int{k, 0}, Weights: make([]float64, n)}
	for c := range classes {
		e.Classes = append(e.Classes, fmt.Sprint(c))
	}
	for i := range n {
		c, size := rng.IntN(k+1), rng.NormFloat64()
		e.X.SetRow(i, []float64{float64(c), size})
		if c == k || rng.IntN(9) == 0 {
			c = k
			e.X.Set(i, 0, math.NaN())
		}
		e.Weights[i] = float64(1+rng.IntN(8)) / 4
		y := effect[c] + 0.5*size + rng.NormFloat64()
		switch {
		case classes == 2 && y > 0:
			y = 1
		case classes == 2:
			y = 0
		case classes > 2: // a class for each of several stretches, so that no order of the categories is that of all classes
			y = float64(int(math.Abs(5*y)) % classes)
		}
		e.Y = append(e.Y, y)
	}
	for c := range classes {
		e.Y[c] = float64(c)
	}
	return e
}

// onlyTown leaves the category.
func onlyTown(e *data.Examples) *data.Examples {
	c := *e
	c.X, c.Features, c.Categories = mat.DenseCopyOf(e.X.Slice(0, len(e.Y), 0, 1)), e.Features[:1], e.Categories[:1]
	return &c
}

// bestSet is the smallest impurity of the two sides of any of all sets of k categories and the missing values.
func bestSet(criterion string, e *data.Examples, k, least int) float64 {
	best := math.Inf(1)
	for set := range 1 << k { // missing values, bit k, stay on the right
		left, right := setSides(e, func(c int) bool { return set>>c&1 == 1 })
		if len(left) >= least && len(right) >= least {
			best = min(best, impurity(criterion, e, left)+impurity(criterion, e, right))
		}
	}
	return best
}

// setSides divides the rows; goes is asked with the number of categories for a missing value.
func setSides(e *data.Examples, goes func(c int) bool) (left, right []int) {
	for i := range e.Y {
		c := e.Categories[0]
		if v := e.X.At(i, 0); v == v {
			c = int(v)
		}
		if goes(c) {
			left = append(left, i)
		} else {
			right = append(right, i)
		}
	}
	return left, right
}

// TestBestSetOfCategories: for two classes and squared error the split is the best of all sets; for more classes and the absolute error it is nearly as good.
func TestBestSetOfCategories(t *testing.T) {
	for _, c := range []struct {
		criterion string
		classes   int
		most      float64 // of the decrease of the impurity that the best set has, what may be lost in the worst of the cases
		mean      float64 // and on average
	}{
		{"gini", 2, 1e-9, 1e-9}, {"entropy", 2, 1e-9, 1e-9}, {"squared_error", 0, 1e-9, 1e-9}, {"absolute_error", 0, 0.15, 0.01},
		{"gini", 3, 0.35, 0.01}, {"entropy", 3, 0.35, 0.01}, {"gini", 5, 0.35, 0.01}, {"entropy", 5, 0.35, 0.01},
	} {
		lost, cases := 0.0, 0
		for _, k := range []int{2, 3, 5, 8} {
			for seed := uint64(1); seed <= 12; seed++ {
				n := 40 * k
				if c.criterion == "absolute_error" {
					n = 10 * k
				}
				e := onlyTown(towns(n, k, c.classes, seed))
				m := fit(t, e, map[string]string{"criterion": c.criterion, "max_depth": "1"})
				root := &m.trees.nodes[0]
				if root.feature&byCategory == 0 {
					t.Fatalf("%+v, %d categories, seed %d: the root is not split by categories", c, k, seed)
				}
				set := bitset(m.trees.sets[root.set():])
				left, right := setSides(e, set.has)
				own := impurity(c.criterion, e, append(slices.Clone(left), right...))
				got, want := impurity(c.criterion, e, left)+impurity(c.criterion, e, right), bestSet(c.criterion, e, k, 1)
				if len(left) == 0 || len(right) == 0 || math.Abs(m.trees.gains[0]-(own-got)) > 1e-6*own {
					t.Errorf("%+v, %d categories, seed %d: %d and %d rows, a gain of %v that is %v", c, k, seed, len(left), len(right), m.trees.gains[0], own-got)
				}
				loss := (got - want) / (own - want)
				lost += loss
				cases++
				if loss > c.most || loss < -1e-9 {
					t.Errorf("%+v, %d categories, seed %d: the impurity is %v, the best set has %v, the node %v", c, k, seed, got, want, own)
				}
			}
		}
		if t.Logf("%+v: %.4f of the decrease is lost on average", c, lost/float64(cases)); lost/float64(cases) > c.mean {
			t.Errorf("%+v: %v of the decrease is lost on average", c, lost/float64(cases))
		}
	}
}

// TestSetsKeepRowsOnBothSides: with min_samples_leaf, each side has the rows, and the split is the best of the beginnings of the list of categories in order of their mean that allow it.
func TestSetsKeepRowsOnBothSides(t *testing.T) {
	for seed := uint64(1); seed <= 5; seed++ {
		for _, classes := range []int{0, 2, 3} {
			e := onlyTown(towns(80, 6, classes, seed))
			m := fit(t, e, map[string]string{"max_depth": "1", "min_samples_leaf": "25"})
			root := &m.trees.nodes[0]
			if m.trees.isLeaf(0) {
				continue
			}
			left, right := setSides(e, bitset(m.trees.sets[root.set():]).has)
			if len(left) < 25 || len(right) < 25 {
				t.Errorf("%d classes, seed %d: %d and %d rows", classes, seed, len(left), len(right))
			}
		}
	}
}

// TestTreesOfCategories: renaming the categories changes nothing; what is no category is predicted as a missing value; histograms and sorting, bins and ranks lead to the same tree; saved and loaded it is the same.
func TestTreesOfCategories(t *testing.T) {
	for _, classes := range []int{0, 2, 4} {
		e := towns(4000, 100, classes, 7)
		for i := range e.Weights { // no two categories of a node have the same mean
			e.Weights[i] = 1 + math.Abs(math.Sin(float64(i)))
		}
		settings := map[string]string{"min_samples_leaf": "20"}
		m := fit(t, e, settings)
		width := max(1, classes)
		predicted := func(m learners.Model, x *mat.Dense) *mat.Dense {
			n, _ := x.Dims()
			out := mat.NewDense(n, width, nil)
			if err := m.Predict(x, out); err != nil {
				t.Fatal(err)
			}
			return out
		}
		renamed := *e
		renamed.X = mat.DenseCopyOf(e.X)
		renamed.X.Apply(func(i, j int, v float64) float64 {
			if j == 0 && v == v {
				return float64(int(v) * 37 % 100)
			}
			return v
		}, renamed.X)
		if !mat.Equal(predicted(m, e.X), predicted(fit(t, &renamed, settings), renamed.X)) {
			t.Errorf("%d classes: other names for the categories lead to other predictions", classes)
		}
		strange := mat.NewDense(8, 2, []float64{math.NaN(), 1, 100, 1, -1, 1, 3.5, 1, math.Inf(1), 1, math.Inf(-1), 1, 1e300, 1, 163, 1})
		for i, out := 1, predicted(m, strange); i < 8; i++ {
			if !slices.Equal(out.RawRowView(i), out.RawRowView(0)) {
				t.Errorf("%d classes: %v is predicted %v, a missing value %v", classes, strange.At(i, 0), out.RawRowView(i), out.RawRowView(0))
			}
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
		if coarse.ByRow(); coarse.byRow != nil {
			t.Error("codes by row, which know no sets")
		}
		var saved [][]byte
		coarse.columns[1] = exact.columns[1] // numbers are not to be told apart by bins
		for _, columns := range []*Columns{exact, coarse} {
			grown, err := NewGrower(columns, target, Settings{Criterion: "squared_error", MinRowsLeaf: 20, MinRowsSplit: 2}).Grow(t.Context(), nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			trees := NewTrees(target, e)
			if _, err := trees.Append(grown); err != nil {
				t.Fatal(err)
			}
			w := artifact.NewWriter()
			trees.Save(w)
			saved = append(saved, w.Encode())
			r, err := artifact.Decode(saved[len(saved)-1])
			if err != nil {
				t.Fatal(err)
			}
			loaded, err := LoadTrees(r)
			if err != nil {
				t.Fatal(err)
			}
			if w = artifact.NewWriter(); !slices.Equal(loaded.sets, trees.sets) || !slices.Equal(loaded.categories, trees.categories) {
				t.Errorf("%d classes: loaded, the sets are others", classes)
			}
			if loaded.Save(w); !bytes.Equal(w.Encode(), saved[len(saved)-1]) {
				t.Errorf("%d classes: loaded and saved again the tree is another", classes)
			}
		}
		if !bytes.Equal(saved[0], saved[1]) {
			t.Errorf("%d classes: ranks and bins lead to different trees", classes)
		}
	}
}

// TestMoreCategoriesThanBins: those without a bin go where missing values go, and in a single tree each has a rank.
func TestMoreCategoriesThanBins(t *testing.T) {
	e := towns(6000, 700, 0, 3)
	coarse, err := binned(t.Context(), e, 1)
	if err != nil {
		t.Fatal(err)
	}
	target, err := NewTarget("test", e)
	if err != nil {
		t.Fatal(err)
	}
	for _, random := range []bool{false, true} {
		grown, err := NewGrower(coarse, target, Settings{Criterion: "squared_error", MinRowsLeaf: 1, MinRowsSplit: 2, MaxDepth: 8, RandomThresholds: random}).Grow(t.Context(), rand.New(rand.NewPCG(1, 1)), nil)
		if err != nil {
			t.Fatal(err)
		}
		trees := NewTrees(target, e)
		if _, err := trees.Append(grown); err != nil {
			t.Fatal(err)
		}
		known := map[float64]bool{}
		for _, v := range coarse.columns[0].low {
			known[v] = true
		}
		if len(known) != 255 || len(trees.sets) == 0 {
			t.Fatalf("%d categories have a bin, %d words of sets", len(known), len(trees.sets))
		}
		for i := range e.Y {
			row := slices.Clone(e.X.RawRowView(i))
			if row[0] != row[0] || known[row[0]] {
				continue
			}
			got := trees.leafNamed(row, 0)
			row[0] = math.NaN()
			if want := trees.leafNamed(row, 0); got != want {
				t.Fatalf("random %v: row %d, whose category has no bin, comes to the leaf %d, without a category to %d", random, i, got, want)
			}
		}
	}
}

// TestRefusedCategories: codes of no category, too little memory for the sets, and damaged artifacts.
func TestRefusedCategories(t *testing.T) {
	e := towns(200, 70, 2, 1)
	e.X.Set(3, 0, 70)
	if _, err := NewColumns(t.Context(), e, false, 1); err == nil || !strings.Contains(err.Error(), "feature 1 has 70 categories, and 70 is the code of none") {
		t.Error(err)
	}
	e.X.Set(3, 0, 1)
	var l decisionTree
	l.GrowthParams = GrowthParams{Criterion: "auto", MaxFeatures: "all", MinSamplesSplit: 2, MinSamplesLeaf: 1}
	shape := learners.ShapeOf(e)
	enough := l.MemoryNeeded(shape)
	shape.Categories = nil
	numbers := l.MemoryNeeded(shape)
	if sets := int64(3 * 2 * 8 * (2*200 - 1)); enough != numbers+sets { // the tree as it grows, the copy that is handed on, and the kept one, two words a node
		t.Errorf("%d bytes with categories, %d without; the sets take %d", enough, numbers, sets)
	}
	if _, err := l.Fit(t.Context(), e, nil, learners.Env{Task: learners.Binary, Workers: 1, Memory: numbers}); err == nil || !strings.Contains(err.Error(), "CATEGORY(x, n)") {
		t.Error(err)
	}
	if _, err := l.Fit(t.Context(), e, nil, learners.Env{Task: learners.Binary, Workers: 1, Memory: enough}); err != nil {
		t.Error(err)
	}
	m := fit(t, e, map[string]string{"max_depth": "6"})
	for name, change := range map[string]func(*Trees){
		"too many categories": func(m *Trees) { m.categories[0] = maxCategories + 1 },
		"fewer words":         func(m *Trees) { m.categories[0] = 200 },
		"a bit beyond":        func(m *Trees) { m.categories[0] = 65 },
		"half of them":        func(m *Trees) { m.categories = m.categories[:1] },
		"another feature":     func(m *Trees) { m.categories[0], m.categories[1] = 0, 70 },
	} {
		damaged := *m.trees
		w := artifact.NewWriter()
		damaged.Save(w)
		r, err := artifact.Decode(w.Encode())
		if err != nil {
			t.Fatal(err)
		}
		sections := &Trees{features: 2}
		sets, err := sections.loadCategories(r)
		if err != nil {
			t.Fatal(err)
		}
		w = artifact.NewWriter()
		plain := damaged
		plain.categories = nil
		for i := range plain.nodes { // the section of thresholds, without numbers that are no thresholds
			if plain.nodes[i].feature&byCategory != 0 {
				plain.nodes = slices.Clone(plain.nodes)
				break
			}
		}
		for i := range plain.nodes {
			if n := &plain.nodes[i]; n.feature&byCategory != 0 {
				n.threshold, n.feature = 0, n.feature&^byCategory
			}
		}
		plain.Save(w)
		change(sections)
		var categories []int64
		for _, k := range sections.categories {
			categories = append(categories, int64(k))
		}
		w.Int64s("categories", categories)
		w.Int64s("sets", sets)
		if r, err = artifact.Decode(w.Encode()); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadTrees(r); !errors.Is(err, artifact.ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func BenchmarkPredictCategories(b *testing.B) {
	e := towns(20_000, 40, 2, 1)
	m := fit(b, e, map[string]string{"max_depth": "12"})
	out := mat.NewDense(20_000, 2, nil)
	for b.Loop() {
		if err := m.Predict(e.X, out); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*20_000), "ns/row")
}
