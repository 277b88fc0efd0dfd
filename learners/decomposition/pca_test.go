package decomposition

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

// fit is a fit with the given settings.
func fit(t testing.TB, e *data.Examples, settings map[string]string) (*model, error) {
	t.Helper()
	l := new(pca)
	var set params.Set
	l.Declare(&set)
	var given []params.Setting
	for name, value := range settings {
		given = append(given, params.Setting{Name: name, Value: value, Source: "USER"})
	}
	if err := set.Assign(name, given); err != nil {
		t.Fatal(err)
	}
	m, err := l.Fit(context.Background(), e, nil, learners.Env{Task: learners.Projection, Seed: 3, Workers: 2})
	if err != nil {
		return nil, err
	}
	return m.(*model), nil
}

func fitted(t testing.TB, e *data.Examples, settings map[string]string) *model {
	t.Helper()
	m, err := fit(t, e, settings)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func dense(rows [][]float64) *mat.Dense {
	x := mat.NewDense(len(rows), len(rows[0]), nil)
	for i, r := range rows {
		x.SetRow(i, r)
	}
	return x
}

func near(t *testing.T, what string, got mat.Matrix, want [][]float64, tolerance float64) {
	t.Helper()
	n, p := got.Dims()
	if n != len(want) || p != len(want[0]) {
		t.Fatalf("%s: %d x %d, want %d x %d", what, n, p, len(want), len(want[0]))
	}
	for i, row := range want {
		for j, v := range row {
			if !(math.Abs(got.At(i, j)-v) <= tolerance*max(1, math.Abs(v))) {
				t.Fatalf("%s: number %d of row %d is %v, want %v", what, j, i, got.At(i, j), v)
			}
		}
	}
}

func TestAgainstScikitLearn(t *testing.T) {
	text, err := os.ReadFile("../../tests/reference/pca/expected.json")
	if err != nil {
		t.Fatal(err)
	}
	var reference struct {
		Data  map[string][][]float64
		Cases []struct {
			Data                            string
			Components                      float64
			Whiten                          bool
			Directions, Projected, Restored [][]float64
			Variance, Share                 []float64
		}
	}
	if err := json.Unmarshal(text, &reference); err != nil {
		t.Fatal(err)
	}
	if len(reference.Cases) < 6 {
		t.Fatalf("only %d cases", len(reference.Cases))
	}
	for _, c := range reference.Cases {
		for _, solver := range []string{"covariance", "svd", "randomized"} {
			if solver == "randomized" && c.Components < 1 && c.Data != "iris" {
				continue
			}
			t.Run(fmt.Sprint(c.Data, c.Components, c.Whiten, solver), func(t *testing.T) {
				rows := reference.Data[c.Data]
				m := fitted(t, &data.Examples{X: dense(rows)}, map[string]string{"n_components": fmt.Sprint(c.Components), "whiten": fmt.Sprint(c.Whiten), "solver": solver})
				directions, variance, share := m.Components()
				exact, close := 1e-9, 1e-6
				if solver == "randomized" { // these variances fall slowly
					exact, close = 1e-6, 2e-2
				}
				near(t, "variance", mat.NewDense(1, len(variance), variance), [][]float64{c.Variance}, exact)
				near(t, "share", mat.NewDense(1, len(share), share), [][]float64{c.Share}, exact)
				near(t, "directions", directions, c.Directions, close)
				var asked [][]float64
				for i := 0; i < len(rows); i += 10 {
					asked = append(asked, rows[i])
				}
				z, x := mat.NewDense(len(asked), m.d, nil), mat.NewDense(len(asked), m.p, nil)
				if err := m.Predict(dense(asked), z); err != nil {
					t.Fatal(err)
				}
				near(t, "projections", z, c.Projected, close)
				if err := m.Restore(z, x); err != nil {
					t.Fatal(err)
				}
				near(t, "restored rows", x, c.Restored, close)
			})
		}
	}
}

// falling are n rows whose spread falls from feature to feature, turned.
func falling(n, p int, fall float64, seed uint64) *data.Examples {
	rng := rand.New(rand.NewPCG(seed, 4))
	turn := mat.NewDense(p, p, nil)
	for i := range turn.RawMatrix().Data {
		turn.RawMatrix().Data[i] = rng.NormFloat64()
	}
	if err := orthonormal(context.Background(), turn); err != nil {
		panic(err)
	}
	x, e := mat.NewDense(n, p, nil), &data.Examples{X: mat.NewDense(n, p, nil)}
	for i := range n {
		for j := range p {
			x.Set(i, j, rng.NormFloat64()*math.Pow(fall, float64(j)))
		}
	}
	e.X.Mul(x, turn.T())
	return e
}

// TestRandomizedComesNearExact where variances fall.
func TestRandomizedComesNearExact(t *testing.T) {
	for what, e := range map[string]*data.Examples{"many rows": falling(3000, 200, 0.9, 1), "few rows": falling(60, 300, 0.8, 2)} {
		exact := fitted(t, e, map[string]string{"n_components": "6", "solver": "covariance"})
		random := fitted(t, e, map[string]string{"n_components": "6", "solver": "randomized"})
		for a, v := range exact.variance {
			if math.Abs(random.variance[a]-v) > 1e-6*v {
				t.Errorf("%s: variance %d is %v, exactly %v", what, a, random.variance[a], v)
			}
		}
		for i, v := range exact.components {
			if math.Abs(random.components[i]-v) > 1e-4 {
				t.Fatalf("%s: component %d is %v, exactly %v", what, i/e.X.RawMatrix().Cols, random.components[i], v)
			}
		}
	}
}

// TestComponentsAreOrthonormalAlsoWithoutVariance, on rows that span less than their features.
func TestComponentsAreOrthonormalAlsoWithoutVariance(t *testing.T) {
	for what, e := range map[string]*data.Examples{"fewer rows than features": falling(9, 30, 0.9, 3), "constant": {X: mat.NewDense(40, 5, nil)}, "half of the features": falling(500, 40, 1e-9, 4)} {
		for _, solver := range []string{"covariance", "svd", "randomized"} {
			m := fitted(t, e, map[string]string{"solver": solver, "whiten": "true"})
			for a := range m.d {
				for b := range a + 1 {
					product := 0.0
					for j := range m.p {
						product += m.components[a*m.p+j] * m.components[b*m.p+j]
					}
					if want := map[bool]float64{true: 1}[a == b]; math.Abs(product-want) > 1e-9 {
						t.Errorf("%s, %s: components %d and %d have the product %v", what, solver, a, b, product)
					}
				}
			}
			n, _ := e.X.Dims()
			z := mat.NewDense(n, m.d, nil)
			if err := m.Predict(e.X, z); err != nil {
				t.Fatal(err)
			}
			for a := range m.d { // variance one, or none
				v := 0.0
				for i := range n {
					v += z.At(i, a) * z.At(i, a) / float64(n-1)
				}
				if m.scale[a] > 0 && math.Abs(v-1) > 1e-6 && m.variance[a] > 1e-10*m.variance[0] || m.scale[a] == 0 && v != 0 {
					t.Errorf("%s, %s: the whitened component %d has the variance %v", what, solver, a, v)
				}
			}
		}
	}
}

// TestFarFromZero: a mean that is far larger than the spread takes no digits.
func TestFarFromZero(t *testing.T) {
	e := falling(400, 6, 0.5, 5)
	a := fitted(t, e, nil)
	e.X.Apply(func(_, _ int, v float64) float64 { return v + 1e6 }, e.X)
	b := fitted(t, e, nil)
	for i, v := range a.variance {
		if math.Abs(b.variance[i]-v) > 1e-7*v {
			t.Errorf("variance %d is %v, nearer to zero %v", i, b.variance[i], v)
		}
	}
}

// TestSmallSpreadsKeepTheirDigits by svd, which auto takes for them, and lose them by the covariance.
func TestSmallSpreadsKeepTheirDigits(t *testing.T) {
	const n, p, fall = 4000, 5, 0.01 // variances fall to 1e-16 of the first
	e := falling(n, p, fall, 7)
	turned, straight := fitted(t, e, map[string]string{"solver": "svd"}), make([]float64, p)
	rng := rand.New(rand.NewPCG(7, 4))
	for range p * p { // what falling draws before its rows
		rng.NormFloat64()
	}
	x := mat.NewDense(n, p, nil) // the rows before they were turned: their variances lie along the features, where none takes digits from another
	for i := range n {
		for j := range p {
			x.Set(i, j, rng.NormFloat64()*math.Pow(fall, float64(j)))
		}
	}
	copy(straight, fitted(t, &data.Examples{X: x}, map[string]string{"solver": "svd"}).variance)
	covariance, auto := fitted(t, e, map[string]string{"solver": "covariance"}), fitted(t, e, nil)
	for a, want := range straight {
		size := math.Pow(fall, 2*float64(a))
		if !(want > size/2 && want < 2*size) {
			t.Fatalf("variance %d of the rows before they were turned is %v, about %v was drawn", a, want, size)
		}
		if got := turned.variance[a]; math.Abs(got-want) > 1e-5*want {
			t.Errorf("svd: variance %d is %v, before the rows were turned %v", a, got, want)
		}
		if auto.variance[a] != turned.variance[a] {
			t.Errorf("auto: variance %d is %v, by svd %v", a, auto.variance[a], turned.variance[a])
		}
	}
	if last := covariance.variance[p-1]; math.Abs(last-straight[p-1]) < 0.01*straight[p-1] {
		t.Errorf("the covariance gives the last variance as %v, %v is right: nothing is shown here", last, straight[p-1])
	}
}

func TestComponentsThatCannotBe(t *testing.T) {
	e := falling(20, 5, 0.5, 6)
	for value, text := range map[string]string{"6": "of at most 5", "1.5": "whole number"} {
		if _, err := fit(t, e, map[string]string{"n_components": value}); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%s components: %q is wanted, got %v", value, text, err)
		}
	}
	if m := fitted(t, e, map[string]string{"n_components": "0.5"}); m.d != 1 {
		t.Errorf("%d components for half of the variance, the first has three quarters of it", m.d)
	}
}
