package discriminant

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/data"
	"aibms/learners/params"
)

func fitted(t testing.TB, e *data.Examples, settings map[string]string) learners.Model {
	t.Helper()
	l := DiscriminantAnalysis().New()
	var set params.Set
	l.Declare(&set)
	var given []params.Setting
	for name, value := range settings {
		given = append(given, params.Setting{Name: name, Value: strings.ToLower(value)})
	}
	if err := set.Assign(name, given); err != nil {
		t.Fatal(err)
	}
	task := learners.Binary
	if len(e.Classes) > 2 {
		task = learners.Multiclass
	}
	m, err := l.Fit(context.Background(), e, nil, learners.Env{Task: task, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func dense(rows [][]float64) *mat.Dense {
	m := mat.NewDense(len(rows), len(rows[0]), nil)
	for i, r := range rows {
		m.SetRow(i, r)
	}
	return m
}

func TestReference(t *testing.T) {
	b, err := os.ReadFile("../../tests/reference/discriminant_analysis/expected.json")
	if err != nil {
		t.Fatal(err)
	}
	var reference struct {
		X, Test [][]float64
		Y       []float64
		Cases   []struct {
			Settings                    map[string]string
			By                          string
			Probabilities, Coefficients [][]float64
			Intercepts                  []float64
		}
	}
	if err := json.Unmarshal(b, &reference); err != nil {
		t.Fatal(err)
	}
	if len(reference.Cases) < 8 {
		t.Fatalf("only %d cases", len(reference.Cases))
	}
	e := &data.Examples{X: dense(reference.X), Features: []string{"a", "b", "c", "d"}, Y: reference.Y, Classes: []string{"x", "y", "z"}}
	x := dense(reference.Test)
	for _, c := range reference.Cases {
		t.Run(fmt.Sprint(c.By, c.Settings), func(t *testing.T) {
			m := fitted(t, e, c.Settings)
			out := mat.NewDense(len(reference.Test), 3, nil)
			if err := m.Predict(x, out); err != nil {
				t.Fatal(err)
			}
			for i, row := range c.Probabilities {
				for k, want := range row {
					if got := out.At(i, k); math.Abs(got-want) > 1e-7 {
						t.Errorf("row %d, class %d: %v, want %v", i, k, got, want)
					}
				}
			}
			if c.Coefficients == nil {
				return
			}
			w, intercepts := m.(learners.Coefficients).Coefficients()
			centred := func(at func(k int) float64) [3]float64 { // what all classes have in common may differ
				mean := (at(0) + at(1) + at(2)) / 3
				return [3]float64{at(0) - mean, at(1) - mean, at(2) - mean}
			}
			bias := centred(func(k int) float64 { return intercepts[k] })
			wantBias := centred(func(k int) float64 { return c.Intercepts[k] })
			for j := range c.Coefficients[0] {
				got, want := centred(func(k int) float64 { return w.At(k, j) }), centred(func(k int) float64 { return c.Coefficients[k][j] })
				for k := range got {
					if math.Abs(got[k]-want[k]) > 1e-6*(1+math.Abs(want[k])) {
						t.Errorf("coefficient %d of class %d: %v, want %v", j, k, got[k], want[k])
					}
				}
			}
			for k := range bias {
				if math.Abs(bias[k]-wantBias[k]) > 1e-6*(1+math.Abs(wantBias[k])) {
					t.Errorf("intercept of class %d: %v, want %v", k, bias[k], wantBias[k])
				}
			}
		})
	}
}

func clouds(rng *rand.Rand, n, p int) *data.Examples {
	e := &data.Examples{X: mat.NewDense(n, p, nil), Classes: []string{"no", "yes"}}
	for i := range n {
		y := float64(rng.IntN(2))
		for j := range p {
			e.X.Set(i, j, rng.NormFloat64()*(1+y)+y)
		}
		e.Y = append(e.Y, y)
	}
	for j := range p {
		e.Features = append(e.Features, fmt.Sprint("f", j))
	}
	return e
}

func predictions(t testing.TB, m learners.Model, x *mat.Dense) []float64 {
	t.Helper()
	n, _ := x.Dims()
	out := mat.NewDense(n, 2, nil)
	if err := m.Predict(x, out); err != nil {
		t.Fatal(err)
	}
	return mat.Col(nil, 1, out)
}

// TestUnitsDoNotMatter: without shrinkage the probabilities stay the same when features are mixed and shifted.
func TestUnitsDoNotMatter(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	e := clouds(rng, 300, 3)
	mix := mat.NewDense(3, 3, []float64{2, 0.5, -1, 0, 30, 1, 0.1, 0, 1})
	var mixed mat.Dense
	mixed.Mul(e.X, mix)
	mixed.Apply(func(_, j int, v float64) float64 { return v + 1000*float64(j) }, &mixed)
	other := *e
	other.X = &mixed
	for _, settings := range []map[string]string{nil, {"pooling": "0"}, {"pooling": "0.5"}} {
		a, b := predictions(t, fitted(t, e, settings), e.X), predictions(t, fitted(t, &other, settings), &mixed)
		for i := range a {
			if math.Abs(a[i]-b[i]) > 1e-6 {
				t.Fatalf("%v, row %d: %v, mixed %v", settings, i, a[i], b[i])
			}
		}
	}
}

// TestFeaturesThatDepend: a feature that is the sum of two others, and one that is constant, change nothing that can be seen.
func TestFeaturesThatDepend(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	e := clouds(rng, 400, 2)
	wide := mat.NewDense(400, 4, nil)
	for i := range 400 {
		a, b := e.X.At(i, 0), e.X.At(i, 1)
		wide.SetRow(i, []float64{a, b, a + b, 7})
	}
	other := &data.Examples{X: wide, Features: []string{"a", "b", "sum", "seven"}, Y: e.Y, Classes: e.Classes}
	for _, settings := range []map[string]string{nil, {"pooling": "0"}} {
		a, b := predictions(t, fitted(t, e, settings), e.X), predictions(t, fitted(t, other, settings), wide)
		for i := range a {
			if math.Abs(a[i]-b[i]) > 1e-4 {
				t.Fatalf("%v, row %d: %v, with features that depend %v", settings, i, a[i], b[i])
			}
		}
	}
}

func TestNeedsTwoClasses(t *testing.T) {
	e := clouds(rand.New(rand.NewPCG(3, 3)), 20, 2)
	for i := range e.Y {
		e.Y[i] = 1
	}
	l := DiscriminantAnalysis().New()
	var set params.Set
	l.Declare(&set)
	if err := set.Assign(name, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Fit(t.Context(), e, nil, learners.Env{Task: learners.Binary, Workers: 1}); err == nil || !strings.Contains(err.Error(), "every training row has the class 'yes'") {
		t.Errorf("error %v", err)
	}
}
