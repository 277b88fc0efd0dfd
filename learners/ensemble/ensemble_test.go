package ensemble

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/boosting"
	"aibms/learners/data"
	"aibms/learners/forest"
	"aibms/learners/isolation"
	"aibms/learners/linear"
	"aibms/learners/params"
	"aibms/learners/tree"
)

// base are the learners that the tests make ensembles of; unweighted takes no weights.
var base = learners.NewRegistry(linear.LinearRegression(), linear.LogisticRegression(), linear.LinearSVM(), tree.DecisionTree(), boosting.GradientBoosting(), forest.RandomForest(),
	forest.ExtraTrees(), isolation.IsolationForest(), unweighted())

func unweighted() *learners.Spec {
	s := *tree.DecisionTree()
	s.Name, s.Traits.Weights = "unweighted", false
	return &s
}

// newLearner is a learner with settings name, value, ...
func newLearner(t testing.TB, spec *learners.Spec, settings ...string) learners.Learner {
	t.Helper()
	l, err := tryLearner(spec, settings...)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func tryLearner(spec *learners.Spec, settings ...string) (learners.Learner, error) {
	l := spec.New()
	var set params.Set
	l.Declare(&set)
	var given []params.Setting
	for k := 0; k < len(settings); k += 2 {
		given = append(given, params.Setting{Name: settings[k], Value: settings[k+1], Source: "USER"})
	}
	return l, set.Assign(spec.Name, given)
}

func taskOf(e *data.Examples) learners.Task {
	switch len(e.Classes) {
	case 0:
		return learners.Regression
	case 2:
		return learners.Binary
	}
	return learners.Multiclass
}

func tryFit(l learners.Learner, e *data.Examples, seed uint64) (learners.Model, error) {
	return l.Fit(context.Background(), e, nil, learners.Env{Task: taskOf(e), Seed: seed, Workers: 2})
}

func fit(t testing.TB, e *data.Examples, seed uint64, spec *learners.Spec, settings ...string) learners.Model {
	t.Helper()
	m, err := tryFit(newLearner(t, spec, settings...), e, seed)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func predict(t testing.TB, m learners.Model, e *data.Examples) *mat.Dense {
	t.Helper()
	n, _ := e.Dims()
	out := mat.NewDense(n, max(1, len(e.Classes)), nil)
	if err := m.Predict(e.X, out); err != nil {
		t.Fatal(err)
	}
	return out
}

// sample has n rows of 4 features of very different sizes, and k classes; 0 for numbers.
func sample(n, k int, seed uint64) *data.Examples {
	rng := rand.New(rand.NewPCG(seed, 5))
	e := &data.Examples{X: mat.NewDense(n, 4, nil), Features: []string{"a", "b", "c", "d"}, Y: make([]float64, n)}
	for c := range k {
		e.Classes = append(e.Classes, fmt.Sprintf("class %d", c))
	}
	for i := range n {
		x := e.X.RawRowView(i)
		for j := range x {
			x[j] = rng.NormFloat64()
		}
		e.Y[i] = x[0] + math.Abs(x[1]) + 0.3*rng.NormFloat64()
		if k > 0 {
			e.Y[i] = math.Floor(max(0, min(float64(k)-0.1, e.Y[i]+1)))
		}
		x[1] = 1000*x[1] + 5000
	}
	return e
}

// checkSame demands the same numbers but for rounding.
func checkSame(t *testing.T, got, want *mat.Dense, tolerance float64) {
	t.Helper()
	if n, k := got.Dims(); n != want.RawMatrix().Rows || k != want.RawMatrix().Cols {
		t.Fatalf("%d x %d predictions", n, k)
	}
	if !mat.EqualApprox(got, want, tolerance) {
		var d mat.Dense
		d.Sub(got, want)
		t.Errorf("predictions differ by %g", max(mat.Max(&d), -mat.Min(&d)))
	}
}

func TestListsOfLearners(t *testing.T) {
	for text, want := range map[string]string{
		"auto":                "[]",
		" AUTO ":              "[]",
		"random_forest":       "[random_forest]",
		"Random_Forest ( ) ,": "the name of a learner is expected, got the end; it can be one of decision_tree, ",
		"decision_tree (max_depth = 3,criterion='entropy'), extra_trees(n_trees=1e1)": "[decision_tree (max_depth = 3, criterion = entropy) extra_trees (n_trees = 1e1)]",
		"logistic_regression (C = 0.5), logistic_regression (c = 5)":                  "[logistic_regression (c = 0.5) logistic_regression (c = 5)]",
		`gradient_boosting (monotone_increasing = "a, ""b"" (c)")`:                    `[gradient_boosting (monotone_increasing = a, "b" (c))]`,
		"":                                         "the name of a learner is expected, got the end",
		"42":                                       "unknown learner '42'; it can be one of decision_tree, ",
		"randomforest":                             "unknown learner 'randomforest' (did you mean random_forest?); it can be one of decision_tree, extra_trees, ",
		"decision_tree, Voting":                    "voting is itself made of learners, and an ensemble is not made of ensembles; it can be made of decision_tree, ",
		"auto, decision_tree":                      "auto stands alone, for the usual learners",
		"random_forest (ntrees = 5)":               `learner random_forest: has no hyper-parameter "ntrees" (did you mean n_trees?); it has: n_trees, criterion, `,
		"random_forest (n_trees = 0)":              `learner random_forest: hyper-parameter "n_trees" must be >= 1 and <= 10000, got 0`,
		"random_forest (n_trees)":                  "learner random_forest: a setting is written name = value, got ')'",
		"random_forest (n_trees = )":               "learner random_forest: n_trees: a value is expected, got ')'",
		"random_forest (n_trees = 5":               "learner random_forest: after n_trees a comma or a closing parenthesis is expected, got the end",
		"random_forest (criterion = 'gini)":        "learner random_forest: criterion: the text ''gini)' does not end",
		"isolation_forest":                         "learner isolation_forest is for anomaly detection only; it can be one of decision_tree, extra_trees, gradient_boosting, linear_",
		"random_forest extra_trees":                "after learner random_forest a comma or the end is expected, got 'extra_trees'",
		"random_forest (n_trees = 5, n_trees = 6)": `learner random_forest: hyper-parameter "n_trees" is given twice`,
		strings.Repeat("decision_tree,", maxLearners) + "x":             "unknown learner 'x'",
		strings.Repeat("decision_tree,", maxLearners) + "decision_tree": "there are more than 32 learners",
	} {
		list, err := parseChoices(base, predicted, text)
		got := fmt.Sprint(list)
		if err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, want) {
			t.Errorf("%q\n got %s\nwant %s", text, got, want)
		}
	}
}

func TestListsAreCheckedWhenTheyAreDeclared(t *testing.T) {
	for _, c := range []struct {
		spec     *learners.Spec
		settings []string
		want     string
	}{
		{Voting(base), []string{"learners", "random_forst"}, `hyper-parameter "learners": unknown learner 'random_forst' (did you mean random_forest?)`},
		{Voting(base), []string{"weights", "1, two"}, `hyper-parameter "weights": a weight must be a number from 0 to 1e100, got 'two'`},
		{Voting(base), []string{"weights", "0, 0"}, `hyper-parameter "weights": all weights are 0; one must be above`},
		{Stacking(base), []string{"learners", "stacking"}, `hyper-parameter "learners": stacking is itself made of learners`},
		{Stacking(base), []string{"final", "decision_tree, extra_trees"}, `hyper-parameter "final": one learner is expected, got 2`},
	} {
		if _, err := tryLearner(c.spec, c.settings...); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%v: got %v, want %s", c.settings, err, c.want)
		}
	}
}

func TestLearnersThatDoNotFitTheRows(t *testing.T) {
	binary, number := sample(50, 2, 1), sample(50, 0, 1)
	weighted := sample(50, 2, 1)
	weighted.Weights = make([]float64, 50)
	for i := range weighted.Weights {
		weighted.Weights[i] = 1
	}
	alone := *binary
	alone.Y = make([]float64, 50)
	for _, c := range []struct {
		spec     *learners.Spec
		e        *data.Examples
		settings []string
		want     string
	}{
		{Voting(base), number, []string{"learners", "decision_tree, logistic_regression"}, "voting: learner logistic_regression cannot do regression; these can: decision_tree, "},
		{Voting(base), binary, []string{"learners", "linear_regression"}, "voting: learner linear_regression cannot do binary classification; these can: decision_tree, "},
		{Voting(base), weighted, []string{"learners", "unweighted"}, "voting: learner unweighted takes no weights of rows or classes"},
		{Voting(base), binary, []string{"weights", "1, 2"}, "voting: there are 2 weights for 3 learners"},
		{Voting(base), &alone, []string{"learners", "decision_tree"}, "voting: learner decision_tree: "},
		{Voting(base), number, []string{"learners", "random_forest (criterion = gini)"}, "voting: learner random_forest: criterion 'gini' is for classes"},
		{Stacking(base), number, []string{"final", "logistic_regression"}, "stacking: learner logistic_regression cannot do regression"},
		{Stacking(base), weighted, []string{"learners", "decision_tree", "final", "unweighted"}, "stacking: learner unweighted takes no weights"},
	} {
		_, err := tryFit(newLearner(t, c.spec, c.settings...), c.e, 1)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%v: got %v, want %s", c.settings, err, c.want)
		}
	}
}

// TestVotesAreThoseOfTheLearnersAlone holds votings of learners that take features as they are against the same learners alone.
func TestVotesAreThoseOfTheLearnersAlone(t *testing.T) {
	for _, classes := range []int{0, 2, 3} {
		e := sample(300, classes, 2)
		first := predict(t, fit(t, e, 9, forest.RandomForest(), "n_trees", "7"), e)
		second := predict(t, fit(t, e, 9, tree.DecisionTree(), "max_depth", "2"), e)
		list := "random_forest (n_trees = 7), decision_tree (max_depth = 2)"
		var want mat.Dense
		want.Apply(func(i, j int, v float64) float64 { return 0.75*v + 0.25*second.At(i, j) }, first)
		checkSame(t, predict(t, fit(t, e, 9, Voting(base), "learners", list, "weights", "3, 1"), e), &want, 1e-12)
		checkSame(t, predict(t, fit(t, e, 9, Voting(base), "learners", list, "weights", "3, 0"), e), first, 1e-12)
		if classes == 0 {
			continue
		}
		hard := predict(t, fit(t, e, 9, Voting(base), "learners", list, "weights", "3, 1", "voting", "hard"), e)
		for i := range e.Y {
			want := make([]float64, classes)
			want[largest(first.RawRowView(i))] += 0.75
			want[largest(second.RawRowView(i))] += 0.25
			for c, v := range want {
				if hard.At(i, c) != v {
					t.Fatalf("row %d: class %d has the share %v of the votes, not %v", i, c, hard.At(i, c), v)
				}
			}
		}
	}
}

func largest(v []float64) int {
	at := 0
	for k, x := range v {
		if x > v[at] {
			at = k
		}
	}
	return at
}

// TestFeaturesAreMadeForTheLearnerThatNeedsThem: a linear learner in an ensemble is the linear learner on features that were filled, and standardised, before, by weight.
func TestFeaturesAreMadeForTheLearnerThatNeedsThem(t *testing.T) {
	e := sample(400, 2, 3)
	for i := range e.Y {
		if i%7 == 0 {
			e.X.Set(i, i%4, math.NaN())
		}
		e.Weights = append(e.Weights, float64(1+i%3))
	}
	by := *e
	by.X = mat.DenseCopyOf(e.X)
	for j := range 4 {
		var values []float64
		for i := range e.Y {
			if v := e.X.At(i, j); !math.IsNaN(v) {
				values = append(values, slices.Repeat([]float64{v}, 1+i%3)...)
			}
		}
		slices.Sort(values)
		median := (values[(len(values)-1)/2] + values[len(values)/2]) / 2
		sum, weight, square := 0.0, 0.0, 0.0
		for i, w := range e.Weights {
			if math.IsNaN(e.X.At(i, j)) {
				by.X.Set(i, j, median)
			}
			sum, weight = sum+w*by.X.At(i, j), weight+w
		}
		for i, w := range e.Weights {
			d := by.X.At(i, j) - sum/weight
			square += w * d * d / weight
		}
		for i := range e.Y {
			by.X.Set(i, j, (by.X.At(i, j)-sum/weight)/math.Sqrt(square))
		}
	}
	want := predict(t, fit(t, &by, 1, linear.LogisticRegression()), &by)
	checkSame(t, predict(t, fit(t, e, 1, Voting(base), "learners", "logistic_regression"), e), want, 1e-6)
}

func TestStrangeColumns(t *testing.T) {
	nan := math.NaN()
	e := &data.Examples{X: mat.NewDense(4, 7, []float64{
		7, nan, 1e308, 1e-310, 1e8 + 1, 0, 1,
		7, nan, -1e308, 2e-310, 1e8 + 2, 0, 0,
		nan, nan, 1e308, 1e-310, 1e8 + 1, 0, 1,
		7, nan, -1e308, 2e-310, 1e8 + 2, 0, nan,
	}), Features: []string{"a", "b", "c", "d", "e", "f", "g"}, Y: make([]float64, 4)}
	s, err := newPreparation(context.Background(), e)
	if err != nil {
		t.Fatal(err)
	}
	out := mat.NewDense(4, 7, nil)
	s.apply(filled|standardised, e.X, out)
	for j, want := range []float64{0, 0, -1, 1, 1, 0, 1} {
		if math.Abs(out.At(3, j)-want) > 1e-7 {
			t.Errorf("column %d: %v, want %v", j, out.At(3, j), want)
		}
	}
	e.X.Set(0, 0, math.Inf(1))
	if _, err := newPreparation(context.Background(), e); err == nil || !strings.Contains(err.Error(), "feature a: a value is +Inf") {
		t.Errorf("an infinite value: %v", err)
	}
}

// TestPlaces: copies of a row share a place, the order of rows changes nothing, every fold has its share of each class, and another seed deals anew.
func TestPlaces(t *testing.T) {
	e := sample(600, 3, 4)
	order := make([]int32, 0, 900)
	for i := range 600 {
		order = append(order, int32((i*7+3)%600))
	}
	for i := range 300 {
		order = append(order, int32(2*i))
	}
	other, err := rowsOf(context.Background(), e, order)
	if err != nil {
		t.Fatal(err)
	}
	places, err := newPlaces(context.Background(), e, 11, 5)
	if err != nil {
		t.Fatal(err)
	}
	moved, err := newPlaces(context.Background(), other, 11, 5)
	if err != nil {
		t.Fatal(err)
	}
	for k, i := range order {
		if moved[k] != places[i] {
			t.Fatalf("row %d has place %+v, as row %d among others %+v", i, places[i], k, moved[k])
		}
	}
	perClass := map[int32]int{}
	for i, p := range places {
		if float64(p.class) != e.Y[i] || p.rank < 0 || p.rank >= p.of {
			t.Fatalf("row %d of class %v has place %+v", i, e.Y[i], p)
		}
		perClass[p.class]++
	}
	seen := make([]int, 600)
	for fold := range 5 {
		outside, inside := deal(places, fold, 5)
		if len(outside)+len(inside) != 600 {
			t.Fatalf("fold %d: %d rows outside, %d inside", fold, len(outside), len(inside))
		}
		counts := map[int32]int{}
		for _, i := range inside {
			seen[i]++
			counts[places[i].class]++
		}
		for c, n := range perClass {
			if counts[c] < n/5 || counts[c] > n/5+1 {
				t.Errorf("fold %d has %d of %d rows of class %d", fold, counts[c], n, c)
			}
		}
	}
	for i, n := range seen {
		if n != 1 {
			t.Fatalf("row %d is predicted %d times", i, n)
		}
	}
	again, err := newPlaces(context.Background(), e, 12, 5)
	if err != nil {
		t.Fatal(err)
	}
	same := 0
	for i := range again {
		if again[i].rank%5 == places[i].rank%5 {
			same++
		}
	}
	if same > 200 {
		t.Errorf("with another seed %d of 600 rows are in the same fold", same)
	}
}

// TestRareClasses: the one row of a class is among those of every fit; a row without weight is predicted and counts nothing.
func TestRareClasses(t *testing.T) {
	e := sample(60, 2, 5)
	for i := range e.Y {
		e.Y[i] = 0
		e.Weights = append(e.Weights, 1)
	}
	e.Y[7], e.Weights[9] = 1, 0
	places, err := newPlaces(context.Background(), e, 1, 5)
	if err != nil {
		t.Fatal(err)
	}
	for fold := range 5 {
		outside, inside := deal(places, fold, 5)
		learned, predicted := map[int32]bool{}, map[int32]bool{}
		for _, i := range outside {
			learned[i] = true
		}
		for _, i := range inside {
			predicted[i] = true
		}
		if !learned[7] || learned[9] || predicted[7] != (fold == 0) || predicted[9] != (fold == 0) {
			t.Errorf("fold %d: the one row of its class: learned %v, predicted %v; the row without weight: %v, %v", fold, learned[7], predicted[7], learned[9], predicted[9])
		}
	}
	m := fit(t, e, 1, Stacking(base), "learners", "decision_tree (max_depth = 2), logistic_regression")
	if out := predict(t, m, e); !(out.At(7, 1) > out.At(8, 1)) {
		t.Errorf("the one row of class 1 has it with probability %v, another one %v", out.At(7, 1), out.At(8, 1))
	}
}

// TestEqualRows: where too few rows differ each has a place of its own.
func TestEqualRows(t *testing.T) {
	e := &data.Examples{X: mat.NewDense(40, 1, nil), Features: []string{"a"}, Y: make([]float64, 40), Classes: []string{"no", "yes"}}
	for i := range 13 {
		e.Y[i] = 1
	}
	m := fit(t, e, 1, Stacking(base), "learners", "decision_tree, logistic_regression")
	if got := predict(t, m, e).At(0, 1); math.Abs(got-13.0/40) > 0.02 {
		t.Errorf("13 of 40 equal rows are yes, predicted is %v", got)
	}
}

// TestWarningsNameTheLearnerOnce: most warnings of learners begin with their name.
func TestWarningsNameTheLearnerOnce(t *testing.T) {
	e := sample(60, 0, 9)
	for i := range 60 {
		e.X.Set(i, 1, e.X.At(i, 0))
	}
	var warnings []string
	env := learners.Env{Task: learners.Regression, Seed: 5, Workers: 1, Warn: func(format string, args ...any) { warnings = append(warnings, fmt.Sprintf(format, args...)) }}
	if _, err := newLearner(t, Voting(base), "learners", "linear_regression, decision_tree").Fit(t.Context(), e, nil, env); err != nil {
		t.Fatal(err)
	}
	if len(warnings) != 1 || !strings.HasPrefix(warnings[0], "linear_regression: the ") {
		t.Errorf("%q", warnings)
	}
}
