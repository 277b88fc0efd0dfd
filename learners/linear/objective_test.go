package linear

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners/data"
)

// randomExamples makes n rows of p features, a share of them zeros, with weights and a target of three values.
func randomExamples(n, p int, zeros float64, seed uint64) *data.Examples {
	rng := rand.New(rand.NewPCG(seed, 9))
	e := &data.Examples{X: mat.NewDense(n, p, nil)}
	for i := range n {
		for j := range p {
			if rng.Float64() >= zeros {
				e.X.Set(i, j, rng.NormFloat64()+0.3)
			}
		}
		e.Y = append(e.Y, float64(rng.IntN(3)))
		e.Weights = append(e.Weights, 0.5+rng.Float64())
	}
	return e
}

type namedObjective struct {
	name string
	f    columnObjective
	w    []float64
}

// allObjectives are the smooth objectives of the learners on one data set, each with a point.
func allObjectives(t *testing.T, n, p int, zeros float64) []namedObjective {
	t.Helper()
	e := randomExamples(n, p, zeros, 5)
	x, err := newDesign(t.Context(), e, 2)
	if err != nil {
		t.Fatal(err)
	}
	if sparse := x.dense == nil; sparse != (zeros > 0.7) {
		t.Fatalf("a share of %g zeros gives a sparse design: %v", zeros, sparse)
	}
	rng := rand.New(rand.NewPCG(11, 12))
	point := func(size int) []float64 {
		w := make([]float64, size)
		for j := range w {
			w[j] = 0.4 * rng.NormFloat64()
		}
		return w
	}
	sign, code, share := make([]float64, n), make([]int, n), make([]float64, n)
	for i, y := range e.Y {
		sign[i] = -1
		if y > 0 {
			sign[i] = 1
		}
		code[i] = int(y)
		share[i] = y / 2
	}
	var all []namedObjective
	for _, intercept := range []bool{true, false} {
		suffix := fmt.Sprintf(" intercept=%v zeros=%g", intercept, zeros)
		add := func(name string, f columnObjective) {
			all = append(all, namedObjective{name + suffix, f, point(f.size())})
		}
		add("logistic", newMarginObjective(x, sign, e.Weights, logisticLoss{}, ridge{0.7, 0}, intercept))
		add("squared hinge", newMarginObjective(x, sign, e.Weights, squaredHingeLoss{}, ridge{0.7, 0.2}, intercept))
		add("soft logistic", newMarginObjective(x, share, e.Weights, softLogisticLoss{}, ridge{}, intercept))
		add("squared", newMarginObjective(x, e.Y, e.Weights, squaredLoss{}, ridge{0.7, 0}, intercept))
		add("smooth pinball", newMarginObjective(x, e.Y, e.Weights, smoothPinballLoss{0.8, 0.3}, ridge{0.7, 0}, intercept))
		add("softmax", newSoftmaxObjective(x, 3, code, e.Weights, ridge{0.7, 0}, intercept))
		add("huber", newHuberObjective(x, e.Y, e.Weights, 1.35, ridge{0.7, 0}, intercept))
		all[len(all)-1].w[all[len(all)-1].f.size()-1] = 0.8 // the scale is positive
	}
	return all
}

func everyObjectiveCase(t *testing.T, check func(t *testing.T, f columnObjective, w []float64)) {
	for _, zeros := range []float64{0, 0.8} {
		for _, o := range allObjectives(t, 60, 4, zeros) {
			t.Run(o.name, func(t *testing.T) { check(t, o.f, o.w) })
		}
	}
}

func mustEvaluate(t *testing.T, f objective, w []float64) (float64, []float64) {
	t.Helper()
	g := make([]float64, f.size())
	v, err := f.evaluate(t.Context(), w, g)
	if err != nil {
		t.Fatal(err)
	}
	return v, g
}

func TestGradientsAreFiniteDifferencesOfValues(t *testing.T) {
	everyObjectiveCase(t, func(t *testing.T, f columnObjective, w []float64) {
		_, g := mustEvaluate(t, f, w)
		for j := range w {
			const h = 1e-6
			a, b := append([]float64(nil), w...), append([]float64(nil), w...)
			a[j] -= h
			b[j] += h
			low, _ := mustEvaluate(t, f, a)
			high, _ := mustEvaluate(t, f, b)
			if want := (high - low) / (2 * h); !near(g[j], want, 2e-6) {
				t.Errorf("derivative %d is %v, by differences %v", j, g[j], want)
			}
		}
	})
}

func TestHessianProductsAreFiniteDifferencesOfGradients(t *testing.T) {
	everyObjectiveCase(t, func(t *testing.T, f columnObjective, w []float64) {
		v, out := make([]float64, len(w)), make([]float64, len(w))
		a, b := append([]float64(nil), w...), append([]float64(nil), w...)
		const h = 1e-6
		for j := range v {
			v[j] = math.Cos(float64(3 * j))
			a[j] -= h * v[j]
			b[j] += h * v[j]
		}
		_, low := mustEvaluate(t, f, a)
		_, high := mustEvaluate(t, f, b)
		mustEvaluate(t, f, w)
		if err := f.product(t.Context(), v, out); err != nil {
			t.Fatal(err)
		}
		for j := range out {
			if want := (high[j] - low[j]) / (2 * h); !near(out[j], want, 1e-5) {
				t.Errorf("number %d of the product is %v, by differences %v", j, out[j], want)
			}
		}
	})
}

func TestHessianDiagonalColumnModelAndPreconditionerAgreeWithProducts(t *testing.T) {
	everyObjectiveCase(t, func(t *testing.T, f columnObjective, w []float64) {
		n := len(w)
		mustEvaluate(t, f, w)
		h, err := f.hessian(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		mustEvaluate(t, f, w)
		d := make([]float64, n)
		if err := f.diagonal(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		x, err := f.features().columns(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		mustEvaluate(t, f, w)
		model, err := f.columnModel(t.Context(), x)
		if err != nil {
			t.Fatal(err)
		}
		mustEvaluate(t, f, w)
		m, err := f.precondition(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		mustEvaluate(t, f, w)
		unit, column, back := make([]float64, n), make([]float64, n), make([]float64, n)
		for k := range n {
			clear(unit)
			unit[k] = 1
			if err := f.product(t.Context(), unit, column); err != nil {
				t.Fatal(err)
			}
			model.restart(nil)
			model.move(k, 1)
			for i := range n {
				if got := h[max(i, k)*n+min(i, k)]; !near(got, column[i], 1e-12) {
					t.Errorf("Hessian %d, %d is %v, by products %v", i, k, got, column[i])
				}
				if got := model.slope(i); !near(got, column[i], 1e-12) {
					t.Errorf("column model %d, %d is %v, by products %v", i, k, got, column[i])
				}
			}
			if !near(d[k], column[k], 1e-12) || !near(model.curvature(k), column[k], 1e-12) {
				t.Errorf("diagonal %d is %v, in the column model %v, by products %v", k, d[k], model.curvature(k), column[k])
			}
			if _, coupled := f.(*softmaxObjective); coupled {
				continue // its Hessian is singular: the intercepts of all classes may move together
			}
			m.solve(column, back)
			for i := range n {
				if !near(back[i], unit[i], 1e-6) {
					t.Errorf("the preconditioner maps column %d of the Hessian to %v, want a unit vector", k, back)
					break
				}
			}
		}
	})
}

func TestRowGradientsAddUpToTheGradient(t *testing.T) {
	everyObjectiveCase(t, func(t *testing.T, f columnObjective, w []float64) {
		rows, ok := f.(rowObjective)
		if !ok {
			return
		}
		_, want := mustEvaluate(t, f, w)
		g := make([]float64, len(w))
		for i := range f.features().n {
			rows.addRowGradient(i, w, g)
		}
		for j := range g {
			if g[j] += rows.ridgeOf(j) * w[j]; !near(g[j], want[j], 1e-12) {
				t.Errorf("rows add up to %v at %d, the gradient is %v", g[j], j, want[j])
			}
		}
	})
}
