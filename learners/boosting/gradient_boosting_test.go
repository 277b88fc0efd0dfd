package boosting

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/artifact"
	"aibms/learners/bin"
	"aibms/learners/data"
)

// regression is curved with a number for a target, of the given size.
func regression(n, p int, size float64) *data.Examples {
	e := curved(n, p)
	e.Classes = nil
	for i := range e.Y {
		x := e.X.RawRowView(i)
		e.Y[i] = size * (10*math.Sin(x[0]*x[1]) + 5*x[2] + x[3]*x[3] + normal(i, 500))
	}
	return e
}

func mustTrain(t *testing.T, e, validate *data.Examples, settings ...string) *ensemble {
	t.Helper()
	m, err := train(t.Context(), e, validate, learners.Env{}, settings...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func predictions(t *testing.T, m *ensemble, x *mat.Dense) *mat.Dense {
	t.Helper()
	n, _ := x.Dims()
	out := mat.NewDense(n, max(1, m.classes), nil)
	if err := m.Predict(x, out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTreeThatCannotSplitIsTheConstant(t *testing.T) {
	e := regression(500, 9, 1)
	m := mustTrain(t, e, nil, "min_gain", "1e30")
	mean := 0.0
	for _, y := range e.Y {
		mean += y / 500
	}
	out := predictions(t, m, e.X)
	for i := range 500 {
		if math.Abs(out.At(i, 0)-mean) > 1e-9 {
			t.Fatalf("row %d is predicted %v, the mean is %v", i, out.At(i, 0), mean)
		}
	}
}

func TestDeepTreeFitsTheData(t *testing.T) {
	for _, size := range []float64{1e-6, 1, 1e9} {
		e := regression(200, 9, size)
		m := mustTrain(t, e, nil, "learning_rate", "1", "max_leaves", "1000", "min_samples_leaf", "1", "min_child_weight", "0", "n_trees", "3")
		out := predictions(t, m, e.X)
		for i, y := range e.Y {
			if math.Abs(out.At(i, 0)-y) > 1e-6*size {
				t.Fatalf("row %d is predicted %v, its target is %v", i, out.At(i, 0), y)
			}
		}
	}
}

// TestSplitsAreTheBestOnes compares every split of a tree with those that a search over all rows, features and thresholds finds, in exact sums.
func TestSplitsAreTheBestOnes(t *testing.T) {
	for _, c := range []struct{ l1, l2, minSamples float64 }{{0, 0, 5}, {0, 3, 1}, {2, 0.5, 10}} {
		e := regression(300, 9, 1)
		for i := range 300 {
			if i%3 == 0 {
				e.X.Set(i, 1, math.NaN())
			}
			e.X.Set(i, 2, math.Round(e.X.At(i, 2)))
			e.Weights = append(e.Weights, float64(1+i%3))
		}
		m := mustTrain(t, e, nil, "n_trees", "1", "learning_rate", "1", "l1", fmt.Sprint(c.l1), "l2", fmt.Sprint(c.l2), "min_samples_leaf", fmt.Sprint(c.minSamples))
		score := func(rows []int) (s, weight float64) {
			g := 0.0
			for _, i := range rows {
				g += e.Weights[i] * (m.start[0] - e.Y[i])
				weight += e.Weights[i]
			}
			g = max(0, math.Abs(g)-c.l1)
			if weight == 0 {
				return 0, 0
			}
			return g * g / (weight + c.l2), weight
		}
		divide := func(rows []int, j int, cut float64, missingLeft bool) (left, right []int) {
			for _, i := range rows {
				if v := e.X.At(i, j); v <= cut || math.IsNaN(v) && missingLeft {
					left = append(left, i)
				} else {
					right = append(right, i)
				}
			}
			return left, right
		}
		best := func(rows []int) float64 {
			own, _ := score(rows)
			gain := 0.0
			for j := range 9 {
				for _, r := range rows {
					for _, missingLeft := range []bool{false, true} {
						left, right := divide(rows, j, e.X.At(r, j), missingLeft)
						a, wa := score(left)
						b, wb := score(right)
						if wa >= c.minSamples && wb >= c.minSamples {
							gain = max(gain, a+b-own)
						}
					}
				}
			}
			return gain
		}
		rowsAt := map[int32][]int{0: make([]int, 300)}
		for i := range 300 {
			rowsAt[0][i] = i
		}
		splits := 0
		for i, n := range m.trees[0] {
			rows := rowsAt[int32(i)]
			if _, weight := score(rows); math.Abs(weight-n.weight) > 1e-9 || n.weight < c.minSamples {
				t.Errorf("node %d has the weight %v, its rows have %v", i, n.weight, weight)
			}
			if n.feature < 0 {
				continue
			}
			splits++
			left, right := divide(rows, int(n.feature), n.cut, n.missingLeft)
			rowsAt[n.child], rowsAt[n.child+1] = left, right
			own, _ := score(rows)
			a, _ := score(left)
			b, _ := score(right)
			if want := best(rows); math.Abs(a+b-own-want) > 1e-5*want || math.Abs(n.gain-want) > 1e-5*want {
				t.Errorf("l1=%v l2=%v: node %d gains %v, says %v, the best split %v", c.l1, c.l2, i, a+b-own, n.gain, want)
			}
		}
		if splits < 10 {
			t.Errorf("only %d splits", splits)
		}
	}
}

func TestNoLeafHasTooFewRows(t *testing.T) {
	e := curved(3000, 9)
	for _, v := range []float64{10, 40} {
		m := mustTrain(t, e, nil, "min_samples_leaf", fmt.Sprint(v), "max_leaves", "200", "learning_rate", "0.5", "n_trees", "30")
		for k, tree := range m.trees {
			for i, n := range tree {
				if n.weight < v {
					t.Fatalf("node %d of tree %d has %v rows, min_samples_leaf is %v", i, k, n.weight, v)
				}
			}
		}
	}
}

func TestLimitsOfATree(t *testing.T) {
	e := curved(3000, 9)
	m := mustTrain(t, e, nil, "max_leaves", "7", "n_trees", "5")
	for k, tree := range m.trees {
		if len(tree) != 13 {
			t.Errorf("tree %d has %d nodes, of 7 leaves", k, len(tree))
		}
	}
	m = mustTrain(t, e, nil, "max_depth", "3", "max_leaves", "1000", "n_trees", "5")
	for k, depth := range m.depths {
		if depth != 3 {
			t.Errorf("tree %d has the depth %d", k, depth)
		}
	}
	free := mustTrain(t, e, nil, "n_trees", "5")
	limited := mustTrain(t, e, nil, "n_trees", "5", "min_gain", "20")
	smallest := math.Inf(1)
	for _, tree := range limited.trees {
		for _, n := range tree {
			if n.feature >= 0 {
				smallest = min(smallest, n.gain)
			}
		}
	}
	if len(limited.nodes) >= len(free.nodes) || !(smallest > 20) {
		t.Errorf("with min_gain 20 the smallest gain is %v, %d nodes of %d", smallest, len(limited.nodes), len(free.nodes))
	}
}

func TestMissingValuesGoWhereTheyHelp(t *testing.T) {
	for _, missingIs := range []float64{-1, 1} { // like small values, like large ones
		e := regression(600, 9, 1)
		for i := range 600 {
			v := math.Round(4*e.X.At(i, 0)) / 4
			e.X.Set(i, 0, v)
			e.Y[i] = 0
			if v > 0.5 {
				e.Y[i] = 1
			}
			if i%4 == 0 {
				e.X.Set(i, 0, math.NaN())
				e.Y[i] = (1 + missingIs) / 2
			}
		}
		m := mustTrain(t, e, nil, "learning_rate", "1", "n_trees", "20")
		out := predictions(t, m, e.X)
		for i, y := range e.Y {
			if math.Abs(out.At(i, 0)-y) > 0.01 {
				t.Fatalf("row %d with %v is predicted %v, its target is %v", i, e.X.At(i, 0), out.At(i, 0), y)
			}
		}
	}
	// alone on a side
	e := regression(600, 9, 1)
	for i := range 600 {
		e.Y[i] = 0
		if i%5 == 0 {
			e.X.Set(i, 3, math.NaN())
			e.Y[i] = 1
		}
	}
	m := mustTrain(t, e, nil, "learning_rate", "1", "n_trees", "1", "max_leaves", "2")
	far := mat.NewDense(4, 9, nil)
	for i, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e300} {
		far.Set(i, 3, v)
	}
	out := predictions(t, m, far)
	for i, want := range []float64{1, 0, 0, 0} {
		if math.Abs(out.At(i, 0)-want) > 1e-6 {
			t.Errorf("%v is predicted %v, want %v", far.At(i, 3), out.At(i, 0), want)
		}
	}
}

// TestPredictionMeetsTraining demands that rows fall into the same leaves in prediction as in training, with missing and infinite values, in small trees and large ones, in few columns and many,
// and in blocks of any length.
func TestPredictionMeetsTraining(t *testing.T) {
	for _, c := range []struct {
		p        int
		settings []string
	}{
		{12, []string{"n_trees", "20"}},
		{12, []string{"n_trees", "5", "max_leaves", "128", "min_samples_leaf", "1"}},
		{12, []string{"n_trees", "5", "max_leaves", "700", "min_samples_leaf", "1"}},
		{250, []string{"n_trees", "20"}},
		{300, []string{"n_trees", "5"}},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			e := curved(2000, c.p)
			for i := range 2000 {
				for j := range c.p {
					switch {
					case (i*7+j*5)%11 == 0:
						e.X.Set(i, j, math.NaN())
					case (i+3*j)%53 == 0:
						e.X.Set(i, j, math.Inf(1-2*(i%2)))
					}
				}
			}
			m := mustTrain(t, e, nil, c.settings...)
			matrix, err := bin.New(t.Context(), e.X, bin.Options{})
			if err != nil {
				t.Fatal(err)
			}
			margins := constantMargins(2000, m.start)
			for _, tree := range m.trees {
				if err := addTree(t.Context(), tree, matrix.Codes, nil, margins[0], 1); err != nil {
					t.Fatal(err)
				}
			}
			all := predictions(t, m, e.X)
			for i := range 2000 {
				if want := sigmoid(margins[0][i]); all.At(i, 1) != want {
					t.Fatalf("row %d is predicted %v, in training it had %v", i, all.At(i, 1), want)
				}
			}
			for _, n := range []int{1, 3, 8, 9, 17, 130} {
				for _, lo := range []int{0, 5, 1000} {
					part := predictions(t, m, e.X.Slice(lo, lo+n, 0, c.p).(*mat.Dense))
					for i := range n {
						if part.At(i, 1) != all.At(lo+i, 1) {
							t.Fatalf("row %d in a block of %d is predicted %v, among all %v", lo+i, n, part.At(i, 1), all.At(lo+i, 1))
						}
					}
				}
			}
		})
	}
}

func TestEarlyStopping(t *testing.T) {
	all := curved(3000, 9)
	e := &data.Examples{X: all.X.Slice(0, 600, 0, 9).(*mat.Dense), Y: all.Y[:600], Features: all.Features, Classes: all.Classes}
	validate := &data.Examples{X: all.X.Slice(600, 3000, 0, 9).(*mat.Dense), Y: all.Y[600:], Features: all.Features, Classes: all.Classes}
	loss := func(m *ensemble) float64 {
		out := predictions(t, m, validate.X)
		sum := 0.0
		for i, y := range validate.Y {
			sum -= math.Log(out.At(i, int(y)))
		}
		return sum / 2400
	}
	long := mustTrain(t, e, nil, "n_trees", "300", "learning_rate", "0.2")
	stopped := mustTrain(t, e, validate, "n_trees", "300", "learning_rate", "0.2")
	if n := len(stopped.trees); n < 5 || n > 150 {
		t.Errorf("stopped after %d trees", n)
	}
	if a, b := loss(stopped), loss(long); !(a < b-0.05) {
		t.Errorf("validation loss %v, without stopping %v", a, b)
	}
	never := mustTrain(t, e, validate, "n_trees", "60", "learning_rate", "0.2", "patience", "0")
	if len(never.trees) != 60 {
		t.Errorf("%d trees with patience 0", len(never.trees))
	}
	// the trees that are kept are those of a fit without validation
	short := mustTrain(t, e, nil, "n_trees", fmt.Sprint(len(stopped.trees)), "learning_rate", "0.2")
	if a, b := predictions(t, short, validate.X), predictions(t, stopped, validate.X); !mat.Equal(a, b) {
		t.Error("stopping early changes the trees that are kept")
	}
}

func TestSampling(t *testing.T) {
	e := curved(4000, 12)
	full := mustTrain(t, e, nil, "n_trees", "10")
	for _, settings := range [][]string{{"subsample", "0.5"}, {"colsample", "0.3"}, {"subsample", "0.6", "colsample", "0.5"}} {
		settings = append(settings, "n_trees", "10")
		a, b := mustTrain(t, e, nil, settings...), mustTrain(t, e, nil, settings...)
		if !mat.Equal(predictions(t, a, e.X), predictions(t, b, e.X)) {
			t.Errorf("%v: equal seeds give different models", settings)
		}
		other, err := train(t.Context(), e, nil, learners.Env{Seed: 5}, settings...)
		if err != nil {
			t.Fatal(err)
		}
		if mat.Equal(predictions(t, a, e.X), predictions(t, other, e.X)) || mat.Equal(predictions(t, a, e.X), predictions(t, full, e.X)) {
			t.Errorf("%v: nothing was drawn", settings)
		}
		used := map[int32]bool{}
		for _, n := range a.trees[0] {
			if n.feature >= 0 {
				used[n.feature] = true
			}
		}
		if settings[0] == "colsample" && len(used) > 4 {
			t.Errorf("a tree uses %d features of 12, colsample is 0.3", len(used))
		}
		if settings[0] == "subsample" && math.Abs(a.trees[0][0].weight/4000-0.55) > 0.08 {
			t.Errorf("%v: %v of 4000 rows were drawn", settings, a.trees[0][0].weight)
		}
	}
	// rows outside the sample get the trees too: the second tree learns from all of the first
	one := mustTrain(t, e, nil, "n_trees", "1", "subsample", "0.5")
	if len(one.trees[0]) < 10 {
		t.Fatal("no tree")
	}
}

func TestHistogramsThatAreNotKept(t *testing.T) {
	e := curved(2000, 9)
	q := newGradients(2000)
	for i, y := range e.Y {
		q.g[i], q.h[i] = 0.5-y, 0.25
	}
	if err := q.round(t.Context(), nil, 1); err != nil {
		t.Fatal(err)
	}
	m, err := bin.New(t.Context(), e.X, bin.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var kept tree
	for _, budget := range []int{1 << 30, 0} {
		g := newGrower(m, splitRules{minSamples: 5}, nil, 1)
		g.maxLeaves, g.rate, g.budget = 100, 0.1, budget
		for i := range g.rows {
			g.rows[i] = uint32(i)
		}
		if err := g.grow(t.Context(), 2000, q, g.usable); err != nil {
			t.Fatal(err)
		}
		if budget == 0 {
			if !reflect.DeepEqual(kept, g.nodes) {
				t.Error("the tree depends on how many histograms are kept")
			}
			if len(g.free) > 4 {
				t.Errorf("%d histograms were made", len(g.free))
			}
		} else if len(g.nodes) != 199 {
			t.Errorf("%d nodes", len(g.nodes))
		}
		kept = g.nodes
	}
}

func TestRefusals(t *testing.T) {
	e := curved(100, 9)
	for _, c := range []struct {
		change   func(e *data.Examples)
		settings []string
		want     string
	}{
		{func(e *data.Examples) {}, []string{"loss", "squared_error"}, "loss 'squared_error' cannot do binary_classification; use auto, logistic, softmax"},
		{func(e *data.Examples) { e.Classes = nil; e.Y[7] = math.NaN() }, nil, "training row 8"},
		{func(e *data.Examples) { e.Weights = make([]float64, 100) }, nil, "the row weights sum to 0"},
	} {
		bad := &data.Examples{X: e.X, Y: slices.Clone(e.Y), Features: e.Features, Classes: e.Classes}
		c.change(bad)
		if _, err := train(t.Context(), bad, nil, learners.Env{}, c.settings...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}

func TestImportances(t *testing.T) {
	e := regression(1000, 12, 1) // depends on the first four features
	shares := mustTrain(t, e, nil).Importances()
	sum := 0.0
	for _, v := range shares[:4] {
		sum += v
	}
	if len(shares) != 12 || !(sum > 0.8) {
		t.Errorf("the importances are %v", shares)
	}
	for _, v := range mustTrain(t, e, nil, "min_gain", "1e30").Importances() {
		if v != 0 {
			t.Errorf("without splits the importances are not 0 but %v", v)
		}
	}
}

// TestWorkersOnManyRows has enough rows for every part of a fit to be shared.
func TestWorkersOnManyRows(t *testing.T) {
	if n := 2*parallelPart + 1000; n < parallelWork/9 {
		t.Fatal("too few rows for shared histograms")
	}
	e := curved(2*parallelPart+1000, 9)
	for i := range e.Y {
		e.Weights = append(e.Weights, float64(i%5)/2)
		if i%7 == 0 {
			e.X.Set(i, 3, math.NaN())
		}
	}
	for _, settings := range [][]string{nil, {"subsample", "0.9", "colsample", "0.8"}, {"goss", "true", "goss_top", "0.6", "goss_other", "0.3", "learning_rate", "0.9"}, {"loss", "softmax"}} {
		var first []byte
		for _, workers := range []int{1, 3} {
			m, err := train(t.Context(), e, nil, learners.Env{Workers: workers, Seed: 4}, append(settings, "n_trees", "3")...)
			if err != nil {
				t.Fatal(err)
			}
			w := artifact.NewWriter()
			if err := m.Save(w); err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = w.Encode()
			} else if !bytes.Equal(first, w.Encode()) {
				t.Errorf("%v: the artifact with %d workers differs from the one with 1", settings, workers)
			}
		}
	}
}

// TestCurve: the training curve counts the rounds, tells the loss on the training and the validation rows after each, has the loss of the model where that ends, and changes nothing.
func TestCurve(t *testing.T) {
	all := curved(1900, 9)
	part := func(lo, hi int) *data.Examples {
		return &data.Examples{X: all.X.Slice(lo, hi, 0, 9).(*mat.Dense), Y: all.Y[lo:hi], Features: all.Features, Classes: all.Classes}
	}
	e, held := part(0, 1500), part(1500, 1900)
	for _, patience := range []string{"0", "4"} {
		var points []learners.Iteration
		settings := []string{"n_trees", "30", "learning_rate", "0.3", "loss", "logistic", "patience", patience}
		m, err := train(t.Context(), e, held, learners.Env{Workers: 2, Record: func(it learners.Iteration) { points = append(points, it) }}, settings...)
		if err != nil {
			t.Fatal(err)
		}
		least, best := math.Inf(1), 0
		for i, p := range points {
			if p.Number != i+1 {
				t.Fatalf("point %d is iteration %d", i, p.Number)
			}
			if p.ValidationLoss < least {
				least, best = p.ValidationLoss, p.Number
			}
		}
		rounds, trees := len(points), len(m.trees)
		if patience == "0" && (rounds != 30 || trees != 30) || patience == "4" && (trees != best || rounds != min(30, best+4)) {
			t.Errorf("patience %s: %d points of a curve, %d trees, the least validation loss is after %d", patience, rounds, trees, best)
		}
		logLoss := func(e *data.Examples) (sum float64) {
			p := predictions(t, m, e.X)
			for i, y := range e.Y {
				sum -= math.Log(p.At(i, int(y))) / float64(len(e.Y))
			}
			return sum
		}
		at := points[trees-1]
		if math.Abs(at.Loss-logLoss(e)) > 1e-9 || math.Abs(at.ValidationLoss-logLoss(held)) > 1e-9 {
			t.Errorf("the curve says %v and %v after %d rounds, the model has %v and %v", at.Loss, at.ValidationLoss, at.Number, logLoss(e), logLoss(held))
		}
		quiet, err := train(t.Context(), e, held, learners.Env{Workers: 2}, settings...)
		if err != nil {
			t.Fatal(err)
		}
		a, b := artifact.NewWriter(), artifact.NewWriter()
		if err := errors.Join(m.Save(a), quiet.Save(b)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a.Encode(), b.Encode()) {
			t.Error("with a curve the model is another")
		}
	}
}
