package bayes

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/data"
	"aibms/learners/params"
)

func fit(t testing.TB, e *data.Examples, settings map[string]string) learners.Model {
	t.Helper()
	m, err := tryFit(e, settings, 2)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func tryFit(e *data.Examples, settings map[string]string, workers int) (learners.Model, error) {
	l := new(naiveBayes)
	var set params.Set
	l.Declare(&set)
	var given []params.Setting
	for name, value := range settings {
		given = append(given, params.Setting{Name: name, Value: value})
	}
	if err := set.Assign(name, given); err != nil {
		return nil, err
	}
	return l.Fit(context.Background(), e, nil, learners.Env{Task: learners.Multiclass, Workers: workers})
}

func predict(t testing.TB, m learners.Model, x *mat.Dense) *mat.Dense {
	t.Helper()
	n, _ := x.Dims()
	out := mat.NewDense(n, m.(*model).classes, nil)
	if err := m.Predict(x, out); err != nil {
		t.Fatal(err)
	}
	return out
}

func matrix(rows [][]float64) *mat.Dense {
	x := mat.NewDense(len(rows), len(rows[0]), nil)
	for i, row := range rows {
		x.SetRow(i, row)
	}
	return x
}

func close(a, b *mat.Dense, tolerance float64) bool {
	return mat.EqualApprox(a, b, tolerance)
}

// TestAgainstScikitLearn holds all forms against scikit-learn's probabilities.
func TestAgainstScikitLearn(t *testing.T) {
	b, err := os.ReadFile("../../tests/reference/naive_bayes/expected.json")
	if err != nil {
		t.Fatal(err)
	}
	var r struct {
		Y, Weight []float64
		Tables    map[string][][]float64
		Cases     []struct {
			Distribution  string
			Settings      map[string]string
			Weighted      bool
			Probabilities [][]float64
		}
	}
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Cases) < 20 {
		t.Fatalf("only %d cases", len(r.Cases))
	}
	for _, c := range r.Cases {
		t.Run(fmt.Sprintf("%s %v weighted=%v", c.Distribution, c.Settings, c.Weighted), func(t *testing.T) {
			e := &data.Examples{X: matrix(r.Tables[c.Distribution]), Y: r.Y, Classes: []string{"a", "b", "c"}}
			settings := map[string]string{"distribution": c.Distribution}
			for k, v := range c.Settings {
				settings[k] = v
			}
			tolerance := 1e-11
			if c.Weighted {
				e.Weights = r.Weight
				if c.Distribution == gaussian {
					tolerance = 1e-6 // the largest variance is another one
					if c.Settings["var_smoothing"] != "" {
						tolerance = 0.05
					}
				}
			}
			out := predict(t, fit(t, e, settings), e.X)
			for i, row := range c.Probabilities {
				for k, want := range row {
					if got := out.At(5*i, k); !(math.Abs(got-want) <= tolerance) {
						t.Fatalf("row %d, class %d: %v, scikit-learn has %v", 5*i, k, got, want)
					}
				}
			}
		})
	}
}

// mixed makes rows of two classes: two numbers, a count and a category.
func mixed(n int, seed uint64) *data.Examples {
	rng := rand.New(rand.NewPCG(seed, 0))
	e := &data.Examples{X: mat.NewDense(n, 4, nil), Features: []string{"a", "b", "c", "d"}, Categories: []int{0, 0, 0, 3}, Classes: []string{"no", "yes"}}
	for i := range n {
		y := float64(rng.IntN(2))
		e.Y = append(e.Y, y)
		e.X.SetRow(i, []float64{rng.NormFloat64() + y, 100 * (rng.NormFloat64() - y), float64(rng.IntN(4 + int(y))), float64(rng.IntN(2 + int(y)))})
	}
	return e
}

// TestAMissingFeatureIsAFeatureLess: where a row misses a value, the answer is that of a model which does not know the feature, for every form.
func TestAMissingFeatureIsAFeatureLess(t *testing.T) {
	for _, distribution := range distributions {
		for missing := range 4 {
			e := mixed(300, 1)
			if distribution != gaussian && distribution != bernoulli {
				for j := range 2 {
					for i := range 300 {
						e.X.Set(i, j, math.Floor(math.Abs(e.X.At(i, j))))
					}
				}
			}
			// a number more or less changes theta of the other numbers where they share in one sum, and the smoothing where it is of the largest variance
			if missing == 1 && distribution == gaussian || missing < 3 && (distribution == multinomial || distribution == complement) {
				continue
			}
			less := &data.Examples{Y: e.Y, Classes: e.Classes}
			for j := range 4 {
				if j != missing {
					less.Features, less.Categories = append(less.Features, e.Features[j]), append(less.Categories, e.Categories[j])
				}
			}
			less.X = mat.NewDense(300, 3, nil)
			without := mat.DenseCopyOf(e.X)
			for i := range 300 {
				row := append(append([]float64(nil), e.X.RawRowView(i)[:missing]...), e.X.RawRowView(i)[missing+1:]...)
				less.X.SetRow(i, row)
				without.Set(i, missing, math.NaN())
			}
			settings := map[string]string{"distribution": distribution}
			want := predict(t, fit(t, less, settings), less.X)
			if got := predict(t, fit(t, e, settings), without); !close(got, want, 1e-12) {
				t.Errorf("%s: rows that miss feature %d are predicted otherwise than without it", distribution, missing)
			}
			e.X = without
			if got := predict(t, fit(t, e, settings), without); !close(got, want, 1e-12) {
				t.Errorf("%s: learned without any value of feature %d the model predicts otherwise than without the feature", distribution, missing)
			}
		}
	}
}

// TestCategoriesByHand counts one category in two classes.
func TestCategoriesByHand(t *testing.T) {
	e := &data.Examples{X: mat.NewDense(5, 1, []float64{0, 0, 1, 1, math.NaN()}), Categories: []int{3}, Features: []string{"c"}, Y: []float64{0, 0, 0, 1, 1}, Classes: []string{"a", "b"}}
	// class a: (2 + 1)/(3 + 3), (1 + 1)/6, 1/6; class b, of whose two rows one has a category: 1/4, 2/4, 1/4
	for code, want := range []float64{3. / 5 * 3 / 6, 3. / 5 * 2 / 6, 3. / 5 * 1 / 6} {
		other := 2. / 5 * []float64{1. / 4, 2. / 4, 1. / 4}[code]
		out := predict(t, fit(t, e, nil), mat.NewDense(1, 1, []float64{float64(code)}))
		if got := out.At(0, 0); math.Abs(got-want/(want+other)) > 1e-14 {
			t.Errorf("category %d has probability %v, wanted is %v", code, got, want/(want+other))
		}
	}
	if out := predict(t, fit(t, e, nil), mat.NewDense(1, 1, []float64{math.NaN()})); math.Abs(out.At(0, 0)-0.6) > 1e-14 {
		t.Errorf("without a category the prior is %v, wanted is 0.6", out.At(0, 0))
	}
}

// TestVariancesKeepTheirDigits: values far from zero, in many chunks, on any number of workers.
func TestVariancesKeepTheirDigits(t *testing.T) {
	e := mixed(20_000, 2)
	e.Categories = nil
	near := fit(t, e, nil).(*model)
	for i := range 20_000 {
		e.X.Set(i, 0, e.X.At(i, 0)+1e9)
	}
	far := fit(t, e, nil).(*model)
	for k := range 2 {
		if a, b := near.second[k*4], far.second[k*4]; math.Abs(a-b) > 1e-6*a {
			t.Errorf("the variance of class %d is %v, a billion away %v", k, a, b)
		}
	}
}

func TestWhatIsNoCountIsAnError(t *testing.T) {
	e := mixed(50, 3)
	for _, distribution := range []string{multinomial, complement, categorical} {
		if _, err := tryFit(e, map[string]string{"distribution": distribution}, 1); err == nil {
			t.Errorf("%s took negative numbers", distribution)
		}
	}
}
