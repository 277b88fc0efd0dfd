package boosting

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/artifact"
	"aibms/learners/data"
)

// shops makes n rows of a category of k, whose effects on the target have no order, and a number. Every 17th row has no category.
func shops(n, k int, seed uint64) *data.Examples {
	rng := rand.New(rand.NewPCG(seed, 1))
	effect := make([]float64, k)
	for c := range effect {
		effect[c] = 3 * math.Sin(float64(c*c+1))
	}
	e := &data.Examples{X: mat.NewDense(n, 2, nil), Features: []string{"shop", "size"}, Categories: []int{k, 0}}
	for i := range n {
		c := int(float64(k) * math.Pow(rng.Float64(), 1.3))
		x := e.X.RawRowView(i)
		x[0], x[1] = float64(c), rng.NormFloat64()
		y := effect[c] + x[1] + 0.3*rng.NormFloat64()
		if i%17 == 0 {
			x[0], y = math.NaN(), 9+x[1]
		}
		e.Y = append(e.Y, y)
	}
	return e
}

// TestBestSetOfCategories: without smoothing and limits, the first split is the best of all ways to part the categories, as the search through all of them finds it.
func TestBestSetOfCategories(t *testing.T) {
	for _, k := range []int{3, 4, 7, 10} {
		e := shops(500, k, uint64(k))
		m := mustTrain(t, e, nil, "n_trees", "1", "max_leaves", "2", "learning_rate", "1", "cat_smooth", "0", "cat_l2", "0", "min_samples_group", "0", "min_samples_leaf", "1",
			"max_cat_to_onehot", "2", "colsample", "1")
		root := m.trees[0][0]
		if root.feature != 0 || root.left == nil {
			t.Fatalf("%d categories: the root splits by feature %d", k, root.feature)
		}
		loss := func(goes func(i int) bool) float64 {
			var sum, square, count [2]float64
			for i, y := range e.Y {
				side := 0
				if goes(i) {
					side = 1
				}
				sum[side] += y
				square[side] += y * y
				count[side]++
			}
			total := 0.0
			for s := range sum {
				if count[s] > 0 {
					total += square[s] - sum[s]*sum[s]/count[s]
				}
			}
			return total
		}
		best := math.Inf(1)
		for set := range 1 << (k + 1) { // the last one stands for the missing values
			best = min(best, loss(func(i int) bool {
				c := k
				if v := e.X.At(i, 0); v == v {
					c = int(v)
				}
				return set>>c&1 == 1
			}))
		}
		got := loss(func(i int) bool {
			v := e.X.At(i, 0)
			if v != v {
				return root.missingLeft
			}
			return inSet(root.left, int(v))
		})
		if got > best*(1+1e-6) {
			t.Errorf("%d categories: the split leaves %v, the best one %v", k, got, best)
		}
	}
}

// TestCategories: sets beat the order of the codes, whatever it is; renaming the categories changes nothing; saved, loaded, on any number of workers, in any block the predictions are the same.
func TestCategories(t *testing.T) {
	e := shops(6000, 300, 1) // more than there are bins
	fresh := shops(3000, 300, 2)
	fresh.X.Set(0, 0, 299.5) // no code
	fresh.X.Set(1, 0, 1000)
	fresh.X.Set(2, 0, -1)
	settings := []string{"n_trees", "20", "learning_rate", "0.3", "min_samples_group", "5", "cat_smooth", "1"}
	m := mustTrain(t, e, nil, settings...)
	error := func(m *ensemble, e *data.Examples) float64 {
		sum := 0.0
		for i, v := range predictions(t, m, e.X).RawMatrix().Data[3:] {
			sum += (v - e.Y[i+3]) * (v - e.Y[i+3]) / float64(len(e.Y))
		}
		return sum
	}
	few, fewFresh := shops(6000, 50, 1), shops(3000, 50, 2)
	numbers := *few
	numbers.Categories = nil
	if a, b := error(mustTrain(t, few, nil, settings...), fewFresh), error(mustTrain(t, &numbers, nil, settings...), fewFresh); a > 0.8*b {
		t.Errorf("the error with categories is %v, with numbers %v", a, b)
	}
	none := mat.NewDense(1, 2, []float64{math.NaN(), fresh.X.At(0, 1)})
	for i := range 3 {
		none.Set(0, 1, fresh.X.At(i, 1))
		if a, b := predictions(t, m, fresh.X).At(i, 0), predictions(t, m, none).At(0, 0); a != b {
			t.Errorf("the code %v, which is none, gets %v, a missing value %v", fresh.X.At(i, 0), a, b)
		}
	}
	saved := func(m learners.Model) []byte {
		w := artifact.NewWriter()
		if err := m.Save(w); err != nil {
			t.Fatal(err)
		}
		return w.Encode()
	}
	r, err := artifact.Decode(saved(m))
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := loadEnsemble(1, r)
	if err != nil {
		t.Fatal(err)
	}
	if !mat.Equal(predictions(t, m, fresh.X), predictions(t, loaded.(*ensemble), fresh.X)) {
		t.Error("loaded, the model predicts otherwise")
	}
	if !bytes.Equal(saved(loaded), saved(m)) {
		t.Error("loaded and saved again, the bytes are others")
	}
	many, err := train(t.Context(), e, nil, learners.Env{Workers: 3}, settings...)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(saved(many), saved(m)) {
		t.Error("on 3 workers the model is another")
	}
	alone := mat.NewDense(1, 2, nil)
	for i := range 50 {
		alone.SetRow(0, fresh.X.RawRowView(i))
		if predictions(t, m, alone).At(0, 0) != predictions(t, m, fresh.X).At(i, 0) {
			t.Fatalf("row %d is predicted otherwise alone", i)
		}
	}
	m.EachNode(func(n learners.TreeNode) bool {
		if n.Feature == 0 && (n.Categories == nil || !math.IsNaN(n.Threshold)) || n.Feature == 1 && n.Categories != nil {
			t.Errorf("node %+v", n)
		}
		return true
	})

	// margins in training are those of prediction: the loss of the curve is that of the model
	last := learners.Iteration{}
	m, err = train(t.Context(), e, fresh, learners.Env{Workers: 1, Record: func(it learners.Iteration) { last = it }}, append(settings, "patience", "0", "subsample", "0.7")...)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for i, v := range predictions(t, m, e.X).RawMatrix().Data {
		sum += (v - e.Y[i]) * (v - e.Y[i]) / 2 / float64(len(e.Y))
	}
	if math.Abs(sum-last.Loss) > 1e-9 {
		t.Errorf("the curve ends at %v, the model has the loss %v", last.Loss, sum)
	}
}

// TestNamesOfCategoriesDoNotMatter: other codes for the same categories give the same predictions.
func TestNamesOfCategoriesDoNotMatter(t *testing.T) {
	e := shops(3000, 40, 3)
	other := *e
	other.X = mat.DenseCopyOf(e.X)
	for i := range e.Y {
		if v := e.X.At(i, 0); v == v {
			other.X.Set(i, 0, float64(int(v)*7%40))
		}
	}
	a, b := mustTrain(t, e, nil, "n_trees", "10"), mustTrain(t, &other, nil, "n_trees", "10")
	if !mat.EqualApprox(predictions(t, a, e.X), predictions(t, b, other.X), 1e-9) {
		t.Error("other names for the categories give other predictions")
	}
}

// TestRefusedCategories: what is no category, and what has no order.
func TestRefusedCategories(t *testing.T) {
	e := shops(200, 5, 1)
	e.X.Set(3, 0, 5)
	if _, err := train(t.Context(), e, nil, learners.Env{Workers: 1}); err == nil || !strings.Contains(err.Error(), "has 5 categories, and 5 is the code of none") {
		t.Error(err)
	}
	e.X.Set(3, 0, 1)
	if _, err := train(t.Context(), e, nil, learners.Env{Workers: 1}, "monotone_increasing", "shop"); err == nil || !strings.Contains(err.Error(), "is a category") {
		t.Error(err)
	}
	m := mustTrain(t, e, nil, "n_trees", "2", "min_samples_leaf", "1", "cat_smooth", "0", "min_samples_group", "0")
	for name, change := range map[string]func(*ensemble){
		"too many categories": func(m *ensemble) { m.categories[0] = maxCategories + 1 },
		"fewer words":         func(m *ensemble) { m.categories[0] = 100 },
		"a bit beyond":        func(m *ensemble) { m.categories[0] = 1 },
		"no categories":       func(m *ensemble) { m.categories = nil },
		"half of them":        func(m *ensemble) { m.categories = m.categories[:1] },
	} {
		damaged := *m
		damaged.categories = append([]int(nil), m.categories...)
		change(&damaged)
		w := artifact.NewWriter()
		if err := damaged.Save(w); err != nil {
			t.Fatal(err)
		}
		r, err := artifact.Decode(w.Encode())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := loadEnsemble(1, r); err == nil || !strings.Contains(fmt.Sprint(err), artifact.ErrCorrupt.Error()) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
