package ensemble

import (
	"context"
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
	"aibms/learners/bayes"
	"aibms/learners/data"
	"aibms/learners/discriminant"
	"aibms/learners/feature"
	"aibms/learners/neighbors"
	"aibms/learners/neural"
	"aibms/learners/svm"
)

// mixed are learners of each kind: of numbers alone, of categories, of missing values, of both.
var mixed = learners.NewRegistry(append(slices.Clone(base.All()), bayes.NaiveBayes(), neural.NeuralNetwork(), neighbors.KNearestNeighbors(), discriminant.DiscriminantAnalysis(), svm.SVM())...)

// visits is a table of texts, numbers and flags, each with NULLs; places has 120 texts. The rows beyond the training have texts that are new.
func visits(n int, seed uint64, known int) *data.Dataset {
	rng := rand.New(rand.NewPCG(seed, 8))
	names := func(prefix string, k int) (levels []string) {
		for i := range k {
			levels = append(levels, fmt.Sprintf("%s%03d", prefix, i))
		}
		return levels
	}
	ds := &data.Dataset{Rows: n, Columns: []data.Column{
		{Name: "town", Kind: data.Categorical, Levels: names("t", 7)}, {Name: "pages", Kind: data.Numeric}, {Name: "place", Kind: data.Categorical, Levels: names("p", 120)},
		{Name: "member", Kind: data.Numeric}, {Name: "minutes", Kind: data.Numeric}, {Name: "bought", Kind: data.Numeric}}}
	for range n {
		town, place, member := int32(rng.IntN(known)), int32(math.Sqrt(float64(rng.IntN(120*120)))), float64(rng.IntN(5)/3)
		pages, minutes := math.Exp(rng.NormFloat64()), 20+5*rng.NormFloat64()
		score := []float64{-2, 1, 0.5, -0.5, 2, 3, -3}[town] + float64(place%3) + member + 0.5*math.Log(pages) - 1.5 + rng.NormFloat64()
		row := []float64{float64(town), pages, float64(place), member, minutes, score}
		for j := range 5 {
			if rng.IntN(12) == 0 {
				row[j] = math.NaN()
			}
		}
		for j, v := range row {
			c := &ds.Columns[j]
			switch {
			case c.Kind == data.Numeric:
				c.Num = append(c.Num, v)
			case v != v:
				c.Codes = append(c.Codes, data.NullCode)
			default:
				c.Codes = append(c.Codes, int32(v))
			}
		}
	}
	return ds
}

// automaticExamples are the rows as the automatic rules give them to a learner of these traits, and further rows.
func automaticExamples(t *testing.T, traits learners.Traits, task learners.Task, train, test *data.Dataset) (learned, asked *data.Examples) {
	t.Helper()
	items, _ := feature.Auto([]feature.InputColumn{{Name: "town", Class: feature.Text}, {Name: "pages", Class: feature.Number}, {Name: "place", Class: feature.Text}, {Name: "member", Class: feature.Boolean},
		{Name: "minutes", Class: feature.Number}}, feature.Needs{Scaling: traits.NeedsScaling, Missing: traits.Missing, Categories: traits.Categories})
	p, _, err := feature.Fit(t.Context(), items, train, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if traits.Missing {
		p = p.TakingMissing()
	}
	of := func(ds *data.Dataset) *data.Examples {
		x, missing, err := p.Transform(t.Context(), ds, nil)
		if err != nil || slices.Contains(missing, true) {
			t.Fatalf("%v, a row is missing: %v", err, slices.Contains(missing, true))
		}
		e := &data.Examples{X: x, Features: p.Features(), Categories: p.Categories(), Y: slices.Clone(ds.Columns[5].Num)}
		if task == learners.Binary {
			e.Classes = []string{"no", "yes"}
			for i, y := range e.Y {
				e.Y[i] = 0
				if y > 0 {
					e.Y[i] = 1
				}
			}
		}
		return e
	}
	return of(train), of(test)
}

// TestPartsGetWhatTheyGetAlone: a learner in a voting of one, and as the winner of auto, predicts the same bits as alone, each on what the automatic rules give it: a table of texts and numbers with NULLs, texts that are new
// when it is used, and more texts than ONE_HOT keeps.
func TestPartsGetWhatTheyGetAlone(t *testing.T) {
	train, test := visits(700, 1, 5), visits(300, 2, 7)
	for _, c := range []struct {
		name     string
		task     learners.Task
		settings []string
	}{
		{"logistic_regression", learners.Binary, nil}, {"linear_svm", learners.Binary, nil}, {"discriminant_analysis", learners.Binary, nil}, {"linear_regression", learners.Regression, nil},
		{"k_nearest_neighbors", learners.Regression, nil}, {"svm", learners.Regression, nil}, {"naive_bayes", learners.Binary, nil}, {"decision_tree", learners.Binary, nil},
		{"random_forest", learners.Regression, []string{"n_trees", "5"}}, {"extra_trees", learners.Binary, []string{"n_trees", "5"}}, {"gradient_boosting", learners.Binary, []string{"n_trees", "10"}},
		{"neural_network", learners.Binary, []string{"epochs", "5"}}, {"neural_network", learners.Regression, []string{"epochs", "5"}},
	} {
		t.Run(c.name+" "+string(c.task), func(t *testing.T) {
			spec, ok := mixed.Lookup(c.name)
			if !ok {
				t.Fatal("there is none")
			}
			learned, asked := automaticExamples(t, spec.Traits, c.task, train, test)
			if wide := learned.Categories == nil; wide == spec.Traits.Categories || wide && len(learned.Features) != 3+5+100 {
				t.Fatalf("alone it sees %d columns, categories %v", len(learned.Features), learned.Categories)
			}
			want := predict(t, fit(t, learned, 9, spec, c.settings...), asked)
			for _, by := range []*learners.Spec{Voting(mixed), Auto(mixed)} {
				learned, asked := automaticExamples(t, by.Traits, c.task, train, test)
				if len(learned.Features) != 5 || learned.Categories[2] <= feature.MostColumns {
					t.Fatalf("%s sees %v, categories %v", by.Name, learned.Features, learned.Categories)
				}
				settings := []string{"learners", c.name}
				if c.settings != nil {
					settings[1] += " (" + strings.Join(c.settings, " = ") + ")"
				}
				if by.Name == autoName {
					settings = append(settings, "folds", "2")
				}
				m := fit(t, learned, 9, by, settings...)
				got := predict(t, m, asked)
				n, k := want.Dims()
				for i := range n {
					for o := range k {
						if got.At(i, o) != want.At(i, o) {
							t.Fatalf("%s: row %d is predicted as %v, alone as %v", by.Name, i, got.RawRowView(i), want.RawRowView(i))
						}
					}
				}
				checkSame(t, predict(t, loadedAgain(t, by, m), asked), got, 0)
			}
		})
	}
}

func loadedAgain(t *testing.T, spec *learners.Spec, m learners.Model) learners.Model {
	t.Helper()
	r, err := artifact.Decode([]byte(bytesOf(t, m)))
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := spec.Load(spec.StateVersion, r)
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

// coded is a sample whose feature b is one of five codes, some missing, and says much.
func coded(n, k int, seed uint64) *data.Examples {
	e := sample(n, k, seed)
	e.Categories = []int{0, 5, 0, 0}
	for i := range n {
		code := float64(i * 7 % 5)
		if e.Y[i] += float64(int(code) % 2 * 2); k > 0 {
			e.Y[i] = float64(min(k-1, int(e.Y[i])))
		}
		if i%11 == 0 {
			code = math.NaN()
		}
		e.X.Set(i, 1, code)
	}
	return e
}

// byHand are the rows of e with feature b as columns of 0 and 1, for the codes that the rows of the training have.
func byHand(e *data.Examples, codes []int) *data.Examples {
	n, _ := e.Dims()
	out := *e
	out.Categories, out.Features, out.X = nil, []string{"a"}, mat.NewDense(n, 3+len(codes), nil)
	for range codes {
		out.Features = append(out.Features, "b = ...")
	}
	out.Features = append(out.Features, "c", "d")
	for i := range n {
		row := e.X.RawRowView(i)
		to := append([]float64{row[0]}, make([]float64, len(codes))...)
		if at := slices.Index(codes, int(row[1])); at >= 0 && row[1] == row[1] {
			to[1+at] = 1
		}
		out.X.SetRow(i, append(to, row[2:]...))
	}
	return &out
}

// TestStackingOnCategories: its learners are those of a voting, fitted on the same rows; the final one sees predictions and, when they pass through, the features as it would get them alone; folds and weights do not change that.
func TestStackingOnCategories(t *testing.T) {
	for _, classes := range []int{0, 2, 3} {
		e, validate := coded(300, classes, 3), coded(100, classes, 4)
		for i := range e.Y {
			if e.Weights = append(e.Weights, float64(i%4)); e.X.At(i, 1) == 4 {
				e.Weights[i] = 0
			}
		}
		linear := "logistic_regression"
		if classes == 0 {
			linear = "linear_regression (penalty = l2)"
		}
		list := linear + ", decision_tree (max_depth = 3)"
		env := learners.Env{Task: taskOf(e), Seed: 5, Workers: 2}
		votes, err := newLearner(t, Voting(base), "learners", list).Fit(context.Background(), e, validate, env)
		if err != nil {
			t.Fatal(err)
		}
		for _, through := range []string{"false", "true"} {
			m, err := newLearner(t, Stacking(base), "learners", list, "final", linear, "passthrough", through).Fit(context.Background(), e, validate, env)
			if err != nil {
				t.Fatal(err)
			}
			s := m.(*stackingModel)
			if saved(t, s.parts) != saved(t, votes.(*votingModel).parts) {
				t.Errorf("%d classes, passthrough %s: its learners are not those of a voting", classes, through)
			}
			predictions := 2 * width(max(1, classes))
			if through == "false" && s.final.preparation.width(expanded) != predictions || through == "true" && (s.final.list[0].needs != mostNeeds || s.final.preparation.width(expanded) != predictions+3+4 ||
				!slices.Equal(s.final.preparation.places[predictions+1], []int32{0, 1, 2, 3, -1})) {
				t.Errorf("%d classes, passthrough %s: the final learner sees %+v", classes, through, s.final.preparation)
			}
			got, wrong, wrongConstant := predict(t, m, validate), 0.0, 0.0
			for i, y := range validate.Y {
				if classes == 0 {
					wrong, wrongConstant = wrong+(y-got.At(i, 0))*(y-got.At(i, 0)), wrongConstant+(y-1.8)*(y-1.8)
				} else if wrongConstant += 0.5; float64(largest(got.RawRowView(i))) != y {
					wrong++
				}
			}
			if !(wrong < 0.7*wrongConstant) {
				t.Errorf("%d classes, passthrough %s: %v wrong, a constant %v", classes, through, wrong, wrongConstant)
			}
			checkSame(t, predict(t, loadedAgain(t, Stacking(base), m), validate), got, 0)
		}
	}
}

func saved(t *testing.T, p *parts) string {
	t.Helper()
	w := artifact.NewWriter()
	if err := p.save(w); err != nil {
		t.Fatal(err)
	}
	return string(w.Encode())
}

// TestUnseenCodes: a code of no training row with a weight, one beyond those that there are, and a missing one are predicted alike by a learner of numbers.
func TestUnseenCodes(t *testing.T) {
	e := coded(300, 2, 6)
	for i := range e.Y {
		e.Weights = append(e.Weights, 1)
		if e.X.At(i, 1) == 2 {
			e.Weights[i] = 0
		}
	}
	m := fit(t, e, 3, Voting(base), "learners", "logistic_regression")
	rows := mat.NewDense(6, 4, nil)
	for i, code := range []float64{math.NaN(), 2, 5, -1, 1e300, math.Inf(1)} {
		rows.SetRow(i, []float64{0.5, code, 1, -1})
	}
	out := mat.NewDense(6, 2, nil)
	if err := m.Predict(rows, out); err != nil {
		t.Fatal(err)
	}
	for i := range 6 {
		if out.At(i, 0) != out.At(0, 0) {
			t.Errorf("code %v: %v, without one %v", rows.At(i, 1), out.At(i, 0), out.At(0, 0))
		}
	}
}

// TestNoCategoryAtAll: where no training row has a category, learners of numbers see a column that is always 0.
func TestNoCategoryAtAll(t *testing.T) {
	e := coded(200, 2, 6)
	e.X, e.Features, e.Categories = mat.NewDense(200, 1, slices.Repeat([]float64{math.NaN()}, 200)), []string{"b"}, []int{1}
	yes := 0.0
	for _, y := range e.Y {
		yes += y / 200
	}
	for _, spec := range []*learners.Spec{Voting(base), Stacking(base), Auto(base)} {
		m := fit(t, e, 3, spec, "learners", "logistic_regression")
		if got := predict(t, m, e).At(0, 1); math.Abs(got-yes) > 0.01 {
			t.Errorf("%s: %v, of all rows %v are", spec.Name, got, yes)
		}
		checkSame(t, predict(t, loadedAgain(t, spec, m), e), predict(t, m, e), 0)
	}
}

// TestMemoryForCategories: what is asked for knows of the columns that categories become, and is enough; a fit that may not have it is refused; of auto the candidates that need it.
func TestMemoryForCategories(t *testing.T) {
	e := coded(300, 2, 6)
	e.Categories[1] = 200
	for i := range e.Y {
		e.X.Set(i, 1, float64(i%200))
	}
	for _, spec := range []*learners.Spec{Voting(base), Stacking(base)} {
		l := newLearner(t, spec, "learners", "logistic_regression, decision_tree (max_depth = 2)")
		shape := learners.ShapeOf(e)
		for _, enough := range []bool{true, false} {
			if !enough {
				shape.Categories = nil
			}
			_, err := l.Fit(context.Background(), e, nil, learners.Env{Task: learners.Binary, Seed: 1, Workers: 1, Memory: l.(learners.MemoryEstimator).MemoryNeeded(shape)})
			if enough && err != nil || !enough && (err == nil || !strings.Contains(err.Error(), "bytes of memory")) {
				t.Errorf("%s, with what the categories need: %v: %v", spec.Name, enough, err)
			}
		}
	}
	tree := newLearner(t, Auto(base), "learners", "decision_tree (max_depth = 2)").(learners.MemoryEstimator)
	m, err := newLearner(t, Auto(base), "learners", "decision_tree (max_depth = 2), logistic_regression").Fit(context.Background(), e, nil,
		learners.Env{Task: learners.Binary, Seed: 1, Workers: 1, Memory: tree.MemoryNeeded(learners.ShapeOf(e))})
	if err != nil {
		t.Fatal(err)
	}
	if list := board(t, m); list[0].Learner != "decision_tree" || !strings.Contains(list[1].Error, "bytes of memory") {
		t.Errorf("%+v", list)
	}
}

// TestWarnsOfRareCategories: once, and where a learner of numbers sees less.
func TestWarnsOfRareCategories(t *testing.T) {
	e := coded(300, 2, 6)
	e.Categories[1] = 200
	for i := range e.Y {
		e.X.Set(i, 1, float64(i%150))
	}
	for list, want := range map[string]int{"decision_tree": 0, "decision_tree, logistic_regression, linear_svm": 1} {
		for _, spec := range []*learners.Spec{Voting(base), Stacking(base)} {
			var told []string
			env := learners.Env{Task: learners.Binary, Seed: 1, Workers: 1, Warn: func(format string, args ...any) { told = append(told, fmt.Sprintf(format, args...)) }}
			if _, err := newLearner(t, spec, "learners", list).Fit(context.Background(), e, nil, env); err != nil {
				t.Fatal(err)
			}
			told = slices.DeleteFunc(told, func(s string) bool { return !strings.Contains(s, "categories") })
			if len(told) != want || want == 1 && told[0] != spec.Name+": b has 150 categories; learners that take only numbers (here logistic_regression, linear_svm) see columns of 0 and 1 for the 100 most frequent" {
				t.Errorf("%s of %s: %q", spec.Name, list, told)
			}
		}
	}
}

// TestCoefficientsOfCategories: w x + b is the prediction, over the columns that the model names.
func TestCoefficientsOfCategories(t *testing.T) {
	e := coded(300, 0, 7)
	m := fit(t, e, 5, Auto(base), "learners", "linear_regression (penalty = l2)")
	c, ok := learners.As[learners.Coefficients](m)
	named, also := learners.As[learners.Columns](m)
	if !ok || !also {
		t.Fatal("there are no coefficients, or nobody knows of what they are")
	}
	w, b := c.Coefficients()
	columns := named.Columns()
	if want := []learners.Column{{Feature: 0, Category: -1}, {Feature: 1, Category: 0}, {Feature: 1, Category: 1}, {Feature: 1, Category: 2}, {Feature: 1, Category: 3}, {Feature: 1, Category: 4}, {Feature: 2, Category: -1}, {Feature: 3, Category: -1}}; !slices.Equal(columns, want) {
		t.Fatalf("%v", columns)
	}
	out := predict(t, m, e)
	for i := range e.Y {
		sum, row := b[0], e.X.RawRowView(i)
		for k, of := range columns {
			switch {
			case of.Category < 0:
				sum += w.At(0, k) * row[of.Feature]
			case row[of.Feature] == float64(of.Category):
				sum += w.At(0, k)
			}
		}
		if math.Abs(sum-out.At(i, 0)) > 1e-9 {
			t.Fatalf("row %d is %v by the coefficients, predicted %v", i, sum, out.At(i, 0))
		}
	}
	forest := fit(t, e, 5, Auto(base), "learners", "random_forest (n_trees = 5)")
	if _, ok := learners.As[learners.Columns](forest); ok {
		t.Error("a forest takes categories as they are")
	}
	if a, ok := learners.As[learners.Importances](forest); !ok || len(a.Importances()) != 4 {
		t.Error("a forest has no importances, or not of each feature")
	}
}

// TestImportancesOfCategories: those of the columns of a feature are added up.
func TestImportancesOfCategories(t *testing.T) {
	e := coded(300, 2, 7)
	plain := *base.All()[0]
	if plain.Name != "decision_tree" {
		t.Fatal(plain.Name)
	}
	plain.Name, plain.Traits.Categories = "plain_tree", false
	m := fit(t, e, 5, Auto(learners.NewRegistry(&plain)), "learners", "plain_tree (max_depth = 3)")
	a, ok := learners.As[learners.Importances](m)
	if !ok {
		t.Fatal("there are no importances")
	}
	alone, ok := learners.As[learners.Importances](fit(t, byHand(e, []int{0, 1, 2, 3, 4}), 5, &plain, "max_depth", "3"))
	if !ok {
		t.Fatal("alone there are none")
	}
	s, sum := alone.Importances(), 0.0
	for _, v := range s[1:6] {
		sum += v
	}
	if got := a.Importances(); len(got) != 4 || got[0] != s[0] || math.Abs(got[1]-sum) > 1e-12 || got[3] != s[7] || sum == 0 {
		t.Errorf("%v, alone %v", got, s)
	}
	if _, ok := learners.As[learners.Trees](m); ok {
		t.Error("its trees are of columns that nobody knows")
	}
}

// TestFormerState: what state version 1 saved is read to the same predictions, and only then.
func TestFormerState(t *testing.T) {
	e := sample(300, 2, 8)
	e.X.Set(5, 1, math.NaN())
	m := fit(t, e, 3, Voting(base), "learners", "logistic_regression").(*votingModel)
	former := func(mean, deviation []float64) *artifact.Reader {
		w := artifact.NewWriter()
		w.Float64s("weights", m.weights)
		w.Int64s("hard", []int64{0})
		w.Int64s("shape", []int64{4, 2})
		w.Strings("learners", []string{"logistic_regression"})
		w.Int64s("state_versions", []int64{1})
		w.Int64s("needs", []int64{3})
		w.Float64s("mean", mean)
		w.Float64s("deviation", deviation)
		if err := m.list[0].model.Save(w.Within("1")); err != nil {
			t.Fatal(err)
		}
		r, err := artifact.Decode(w.Encode())
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	mean, deviation := []float64{1, 5000, 0, -2}, []float64{1, 900, 2, 0.5}
	loaded, err := loadVoting(base, 1, former(mean, deviation))
	if err != nil {
		t.Fatal(err)
	}
	seen := mat.DenseCopyOf(e.X)
	seen.Apply(func(_, j int, v float64) float64 {
		if math.IsNaN(v) {
			return 0
		}
		return (v - mean[j]) / deviation[j]
	}, seen)
	want := mat.NewDense(300, 2, nil)
	if err := m.list[0].model.Predict(seen, want); err != nil {
		t.Fatal(err)
	}
	checkSame(t, predict(t, loaded, e), want, 0)
	// saved again it is of this version
	checkSame(t, predict(t, loadedAgain(t, Voting(base), loaded), e), want, 0)
	for what, r := range map[string]*artifact.Reader{"a deviation of 0": former(mean, []float64{1, 0, 2, 1}), "no means": former(nil, nil), "three means": former(mean[:3], deviation[:3])} {
		if _, err := loadVoting(base, 1, r); !errors.Is(err, artifact.ErrCorrupt) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := loadVoting(base, 2, former(mean, deviation)); !errors.Is(err, artifact.ErrCorrupt) {
		t.Errorf("as state version 2: %v", err)
	}
}

// TestDamagedPlaces: places that are not those of columns, and numbers of categories that are not those of the places, are errors.
func TestDamagedPlaces(t *testing.T) {
	for _, c := range []struct {
		categories, places []int64
		ok                 bool
	}{
		{[]int64{0, 3}, []int64{0, -1, 1}, true},
		{[]int64{0, 3}, []int64{1, 0, -1}, false},
		{[]int64{0, 3}, []int64{0, 0, 1}, false},
		{[]int64{0, 3}, []int64{0, -2, 1}, false},
		{[]int64{0, 3}, []int64{0, 2, -1}, false},
		{[]int64{0, 3}, []int64{0, 1}, false},
		{[]int64{0, 3}, []int64{0, 1, 2, 3}, false},
		{[]int64{0, math.MaxInt64}, []int64{0, 1}, false},
		{[]int64{-1, 3}, []int64{0, 1, 2}, false},
		{[]int64{3}, []int64{0, 1, 2}, false},
		{[]int64{0, 0}, []int64{0}, false},
	} {
		w := artifact.NewWriter()
		for _, name := range []string{"fill", "mean", "deviation"} {
			w.Float64s(name, []float64{1, 1})
		}
		w.Int64s("categories", c.categories)
		w.Int64s("places", c.places)
		r, err := artifact.Decode(w.Encode())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := loadPreparation(2, r); c.ok != (err == nil) || err != nil && !errors.Is(err, artifact.ErrCorrupt) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
