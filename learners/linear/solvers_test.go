package linear

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"aibms/learners"
	"aibms/learners/data"
	"aibms/learners/params"
)

// fitWarned fits and returns the warnings.
func fitWarned(t *testing.T, spec *learners.Spec, e *data.Examples, given ...params.Setting) (learners.Model, []string) {
	t.Helper()
	var warnings []string
	env := learners.Env{Seed: 7, Workers: 2, Warn: func(format string, args ...any) { warnings = append(warnings, fmt.Sprintf(format, args...)) }}
	m, err := newLearner(t, spec, given...).Fit(t.Context(), e, nil, env)
	if err != nil {
		t.Fatal(err)
	}
	return m, warnings
}

// violation is how far w is from the conditions of a minimum of f + sum t |w|: the largest part of the subgradient that cannot be made zero.
func violation(t *testing.T, f objective, l1, w []float64) float64 {
	t.Helper()
	_, g := mustEvaluate(t, f, w)
	worst := 0.0
	for j, v := range w {
		switch {
		case v != 0:
			worst = max(worst, math.Abs(g[j]+math.Copysign(l1[j], v)))
		default:
			worst = max(worst, math.Abs(g[j])-l1[j])
		}
	}
	return worst
}

// wideObjectives have more numbers than maxExplicit, so that nothing may hold their Hessian.
func wideObjectives(t *testing.T) []namedObjective {
	var all []namedObjective
	for _, zeros := range []float64{0, 0.9} {
		const n, p = 150, maxExplicit + 50
		e := randomExamples(n, p, zeros, 31)
		x, err := newDesign(t.Context(), e, 2)
		if err != nil {
			t.Fatal(err)
		}
		sign, code := make([]float64, n), make([]int, n)
		for i, y := range e.Y {
			code[i] = int(y)
			sign[i] = math.Copysign(1, y-0.5)
		}
		for _, o := range []namedObjective{
			{"logistic", newMarginObjective(x, sign, e.Weights, logisticLoss{}, ridge{1, 0}, true), nil},
			{"squared", newMarginObjective(x, e.Y, e.Weights, squaredLoss{}, ridge{1, 0}, true), nil},
			{"softmax", newSoftmaxObjective(x, 3, code, e.Weights, ridge{1, 0}, true), nil},
			{"huber", newHuberObjective(x, e.Y, e.Weights, 1.35, ridge{1e5, 0}, true), nil}, // a weaker ridge would fit all rows and shrink the scale to nothing
		} {
			o.name += fmt.Sprintf(" zeros=%g", zeros)
			o.w = make([]float64, o.f.size())
			if strings.HasPrefix(o.name, "huber") {
				o.w[len(o.w)-1] = 1
			}
			all = append(all, o)
		}
	}
	return all
}

func TestWideProblemsAreSolvedWithoutTheirHessian(t *testing.T) {
	for _, o := range wideObjectives(t) {
		t.Run(o.name, func(t *testing.T) {
			none, l1 := make([]float64, len(o.w)), make([]float64, len(o.w))
			block := len(o.w)
			if f, ok := o.f.(*softmaxObjective); ok {
				block = f.blockSize()
			}
			for j := range l1 {
				if j%block < o.f.features().p {
					l1[j] = 2
					if strings.HasPrefix(o.name, "huber") {
						l1[j] = 40
					}
				}
			}
			w := append([]float64(nil), o.w...)
			newton := trustRegionNewton{tol: 1e-12, maxIter: 200, report: func(int, float64, []float64) {}}
			smooth, ok, err := newton.minimise(t.Context(), o.f, w)
			if err != nil || !ok {
				t.Fatal(ok, err)
			}
			if v := violation(t, o.f, none, w); v > 1e-3 {
				t.Errorf("Newton leaves a gradient of %g", v)
			}
			w = append([]float64(nil), o.w...)
			mustEvaluate(t, o.f, w)
			d := make([]float64, len(w))
			if err := o.f.diagonal(t.Context(), d); err != nil {
				t.Fatal(err)
			}
			quasi := lbfgs{tol: 1e-10, maxIter: 5000, report: func(int, float64, []float64) {}}
			value, ok, err := quasi.minimise(t.Context(), o.f, d, w)
			if err != nil || !ok {
				t.Fatal(ok, err)
			}
			if !near(value, smooth, 1e-7) {
				t.Errorf("L-BFGS ends at %v, Newton at %v", value, smooth)
			}
			w = append([]float64(nil), o.w...)
			proximal := proximalNewton{tol: 1e-10, maxIter: 200, report: func(int, float64, []float64) {}}
			if _, ok, err = proximal.minimise(t.Context(), o.f, l1, w); err != nil || !ok {
				t.Fatal(ok, err)
			}
			if v := violation(t, o.f, l1, w); v > 1e-2 {
				t.Errorf("proximal Newton violates the conditions of a minimum by %g", v)
			}
			zeros := 0
			for _, v := range w {
				if v == 0 {
					zeros++
				}
			}
			if zeros < len(w)/2 {
				t.Errorf("only %d of %d coefficients are zero", zeros, len(w))
			}
		})
	}
}

// TestSolversOfTheHingeAgree compares two methods that share nothing, on data with equal rows, rows of weight zero and a large c.
func TestSolversOfTheHingeAgree(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	e := randomExamples(300, 5, 0, 41)
	for i := range e.Y {
		e.Y[i] = 0
		if e.X.At(i, 0)-e.X.At(i, 1)+rng.NormFloat64() > 0 {
			e.Y[i] = 1
		}
		if i%7 == 0 {
			e.Weights[i] = 0
		}
		if i > 200 {
			e.X.SetRow(i, e.X.RawRowView(i-150))
		}
	}
	e.Classes = []string{"a", "b"}
	for _, c := range []float64{1e-3, 0.1, 1} {
		settings := []params.Setting{setting("loss", "hinge"), setting("c", c), setting("calibration_folds", 0), setting("max_iter", 100000)}
		dual := fit(t, LinearSVM(), learners.Binary, e, append(settings, setting("solver", "dual_coordinate_descent"), setting("tol", 1e-6))...)
		interior := fit(t, LinearSVM(), learners.Binary, e, append(settings, setting("solver", "interior_point"))...)
		value := func(m learners.Model) float64 {
			w, b := m.(learners.Coefficients).Coefficients()
			return svmObjective(e, 1, w.RowView(0), b[0], &svmCase{Loss: "hinge", Penalty: "l2", C: c, InterceptScaling: 1})
		}
		if a, b := value(dual), value(interior); !near(a, b, 2e-6) {
			t.Errorf("c = %g: dual coordinate descent ends at %v, the interior point at %v", c, a, b)
		}
	}
}

// TestFewerRowsThanFeatures: nearly every row can have a margin there, and Newton's steps find new ones short of it each time; the dual is easy.
func TestFewerRowsThanFeatures(t *testing.T) {
	rng := rand.New(rand.NewPCG(61, 1))
	e := randomExamples(300, 500, 0, 61)
	for i := range e.Y {
		e.Y[i] = 0
		if e.X.At(i, 0)+e.X.At(i, 1)+rng.NormFloat64()/2 > 0 {
			e.Y[i] = 1
		}
	}
	e.Classes = []string{"a", "b"}
	value := func(solver string, c float64) float64 {
		l := LinearSVM().New()
		var set params.Set
		l.Declare(&set)
		if err := set.Assign("linear_svm", []params.Setting{setting("solver", solver), setting("c", c), setting("calibration_folds", 0)}); err != nil {
			t.Fatal(err)
		}
		env := learners.Env{Task: learners.Binary, Workers: 1, Warn: func(format string, args ...any) {
			t.Errorf("%s, c = %g: "+format, append([]any{solver, c}, args...)...)
		}}
		m, err := l.Fit(t.Context(), e, nil, env)
		if err != nil {
			t.Fatal(err)
		}
		w, b := m.(learners.Coefficients).Coefficients()
		return svmObjective(e, 1, w.RowView(0), b[0], &svmCase{Loss: "squared_hinge", Penalty: "l2", C: c, InterceptScaling: 1})
	}
	for _, c := range []float64{1e-3, 1} {
		if a, b := value("auto", c), value("newton", c); !near(a, b, 1e-6) {
			t.Errorf("c = %g: auto ends at %v, newton at %v", c, a, b)
		}
	}
	value("auto", 100)
}

func TestShortRunsWarn(t *testing.T) {
	e := randomExamples(80, 4, 0, 51)
	regression := *e
	e.Classes = []string{"a", "b", "c"}
	for _, c := range []struct {
		spec     *learners.Spec
		e        *data.Examples
		settings []params.Setting
	}{
		{LogisticRegression(), e, nil},
		{LogisticRegression(), e, []params.Setting{setting("solver", "lbfgs")}},
		{LogisticRegression(), e, []params.Setting{setting("penalty", "l1")}},
		{LogisticRegression(), e, []params.Setting{setting("solver", "sgd")}},
		{LinearSVM(), e, nil},
		{LinearSVM(), e, []params.Setting{setting("loss", "hinge")}},
		{LinearSVM(), e, []params.Setting{setting("loss", "hinge"), setting("solver", "dual_coordinate_descent")}},
		{LinearRegression(), &regression, []params.Setting{setting("loss", "huber")}},
		{LinearRegression(), &regression, []params.Setting{setting("loss", "quantile")}},
		{LinearRegression(), &regression, []params.Setting{setting("loss", "quantile"), setting("solver", "gradient_descent")}},
		{LinearRegression(), &regression, []params.Setting{setting("solver", "gradient_descent")}},
	} {
		_, warnings := fitWarned(t, c.spec, c.e, append(c.settings, setting("max_iter", 1), setting("tol", 1e-10))...)
		if len(warnings) == 0 || !strings.Contains(warnings[0], "did not converge in max_iter = 1 ") {
			t.Errorf("%s %v with one iteration warns %q", c.spec.Name, c.settings, warnings)
		}
	}
}

func TestSettingsThatDoNotGoTogether(t *testing.T) {
	e := randomExamples(30, 3, 0, 61)
	regression := *e
	e.Classes = []string{"a", "b", "c"}
	for _, c := range []struct {
		spec     *learners.Spec
		e        *data.Examples
		settings []params.Setting
		want     string
	}{
		{LogisticRegression(), e, []params.Setting{setting("penalty", "l1"), setting("solver", "lbfgs")}, "solver 'lbfgs' cannot do penalty 'l1'; use solver 'newton' or 'sgd'"},
		{LogisticRegression(), e, []params.Setting{setting("penalty", "none"), setting("solver", "sgd"), setting("schedule", "optimal")}, "schedule 'optimal' needs penalty 'l2'"},
		{LinearSVM(), e, []params.Setting{setting("penalty", "l1"), setting("loss", "hinge")}, "penalty 'l1' needs loss 'squared_hinge'"},
		{LinearSVM(), e, []params.Setting{setting("solver", "newton"), setting("loss", "hinge")}, "solver 'newton' cannot do loss 'hinge'"},
		{LinearSVM(), e, []params.Setting{setting("solver", "interior_point")}, "solver 'interior_point' cannot do loss 'squared_hinge'"},
		{LinearSVM(), e, []params.Setting{setting("solver", "dual_coordinate_descent"), setting("penalty", "l1")}, "cannot do penalty 'l1'"},
		{LinearRegression(), &regression, []params.Setting{setting("solver", "exact"), setting("penalty", "l1")}, "solver 'exact' cannot do loss 'squared' with penalty 'l1'; use auto or coordinate_descent"},
		{LinearRegression(), &regression, []params.Setting{setting("solver", "newton"), setting("loss", "quantile")}, "use auto or interior_point, gradient_descent"},
	} {
		_, err := newLearner(t, c.spec, c.settings...).Fit(t.Context(), c.e, nil, learners.Env{Workers: 1})
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), c.spec.Name+":") {
			t.Errorf("%s %v: error %v, want %q in it", c.spec.Name, c.settings, err, c.want)
		}
	}
}

func TestPerfectSeparationWarns(t *testing.T) {
	e := randomExamples(60, 3, 0, 71)
	for i := range e.Y {
		e.Y[i] = 0
		if e.X.At(i, 1) > 0 {
			e.Y[i] = 1
		}
	}
	e.Classes = []string{"no", "yes"}
	_, warnings := fitWarned(t, LogisticRegression(), e, setting("penalty", "none"))
	if len(warnings) != 1 || !strings.Contains(warnings[0], "separate") {
		t.Errorf("warnings %q", warnings)
	}
	if _, warnings = fitWarned(t, LogisticRegression(), e); len(warnings) != 0 {
		t.Errorf("with penalty l2 it warns %q", warnings)
	}
}

func TestClassesWithoutRowsHaveNoCoefficients(t *testing.T) {
	e := randomExamples(60, 3, 0, 81)
	e.Classes = []string{"a", "b", "c", "d"} // no row is of class d
	for _, spec := range []*learners.Spec{LogisticRegression(), LinearSVM()} {
		w, b := fit(t, spec, learners.Multiclass, e).(learners.Coefficients).Coefficients()
		if !math.IsInf(b[3], -1) || w.At(3, 0) != 0 || w.At(3, 2) != 0 {
			t.Errorf("%s: the class without rows has coefficients %v and intercept %v", spec.Name, w.RawRowView(3), b[3])
		}
	}
}

func TestCalibrationFoldsFollowContent(t *testing.T) {
	e := randomExamples(200, 3, 0, 91)
	for i := 100; i < 200; i++ {
		e.X.SetRow(i, e.X.RawRowView(i-100))
		e.Y[i] = e.Y[i-100]
	}
	for _, zeros := range []bool{false, true} {
		if zeros { // a sparse design
			for i := range 200 {
				e.X.Set(i, 0, 0)
				e.X.Set(i, 2, 0)
			}
		}
		x, err := newDesign(t.Context(), e, 2)
		if err != nil {
			t.Fatal(err)
		}
		fold, err := x.contentFolds(context.Background(), e.Y, 5, 17)
		if err != nil {
			t.Fatal(err)
		}
		count := make([]int, 5)
		for i, k := range fold {
			count[k]++
			if i >= 100 && k != fold[i-100] {
				t.Errorf("equal rows %d and %d are in folds %d and %d", i, i-100, k, fold[i-100])
			}
		}
		for k, c := range count {
			if c < 10 {
				t.Errorf("fold %d has %d of 200 rows", k, c)
			}
		}
	}
}

// counted counts the passes over the data.
type counted struct {
	*marginObjective
	evaluations, products int
}

func (c *counted) evaluate(ctx context.Context, w, gradient []float64) (float64, error) {
	c.evaluations++
	return c.marginObjective.evaluate(ctx, w, gradient)
}

func (c *counted) product(ctx context.Context, v, out []float64) error {
	c.products++
	return c.marginObjective.product(ctx, v, out)
}

// TestNewtonSparesPasses: where the preconditioner is the Hessian its direction is the step, and the last step is taken without a look at where it ends; the gradient there is zero all the same.
func TestNewtonSparesPasses(t *testing.T) {
	e := randomExamples(3000, 6, 0, 5)
	x, err := newDesign(t.Context(), e, 1)
	if err != nil {
		t.Fatal(err)
	}
	y := make([]float64, len(e.Y))
	for i := range y {
		if y[i] = -1; e.X.At(i, 0)+e.X.At(i, 1)*e.X.At(i, 2) > 0 {
			y[i] = 1
		}
	}
	f := &counted{marginObjective: newMarginObjective(x, y, e.Weights, logisticLoss{}, ridge{strength: 1}, true)}
	w, iterations := make([]float64, f.size()), 0
	n := trustRegionNewton{tol: 1e-8, maxIter: 50, report: func(int, float64, []float64) { iterations++ }}
	value, converged, err := n.minimise(t.Context(), f, w)
	if err != nil || !converged {
		t.Fatal(converged, err)
	}
	if f.evaluations != iterations || f.products >= 2*iterations {
		t.Errorf("%d iterations, %d evaluations, %d products", iterations, f.evaluations, f.products)
	}
	g := make([]float64, f.size())
	end, err := f.evaluate(t.Context(), w, g)
	if err != nil {
		t.Fatal(err)
	}
	if norm := math.Sqrt(dot(g, g)); norm > 1e-5*float64(len(y)) || math.Abs(end-value) > 1e-10*end {
		t.Errorf("the gradient is %v at the end; the value is %v, %v was said", norm, end, value)
	}
}
