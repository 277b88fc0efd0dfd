package linear

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/data"
	"aibms/learners/params"
)

// severalTargets are the rows of tests/reference/several_targets, and the cases of scikit-learn's linear models.
func severalTargets(t *testing.T) (e *data.Examples, weights []float64, cases []linearCase) {
	t.Helper()
	b, err := os.ReadFile(referenceDir + "/several_targets/data.json")
	if err != nil {
		t.Fatal(err)
	}
	var reference struct {
		X, Targets [][]float64
		Weights    []float64
		Linear     []linearCase
	}
	if err := json.Unmarshal(b, &reference); err != nil {
		t.Fatal(err)
	}
	p := len(reference.X[0])
	e = &data.Examples{X: mat.NewDense(len(reference.X), p, nil), Features: make([]string, p), Y: reference.Targets[0], Targets: reference.Targets}
	for i, row := range reference.X {
		e.X.SetRow(i, row)
	}
	return e, reference.Weights, reference.Linear
}

type linearCase struct {
	Settings     map[string]string
	Weighted     bool
	Coefficients [][]float64
	Intercepts   []float64
}

func (c *linearCase) settings() (out []params.Setting) {
	for name, value := range c.Settings {
		out = append(out, params.Setting{Name: name, Value: value, Source: "USER"})
	}
	return out
}

// TestSeveralTargetsOfScikitLearn: least squares and ridge of three targets at once have scikit-learn's coefficients.
func TestSeveralTargetsOfScikitLearn(t *testing.T) {
	e, weights, cases := severalTargets(t)
	if len(cases) < 3 {
		t.Fatalf("%d cases", len(cases))
	}
	for _, c := range cases {
		t.Run(fmt.Sprint(c.Settings), func(t *testing.T) {
			rows := *e
			if c.Weighted {
				rows.Weights = weights
			}
			checkCoefficients(t, fit(t, LinearRegression(), learners.Regression, &rows, c.settings()...), c.Coefficients, c.Intercepts, 1e-10)
		})
	}
}

// TestSeveralTargetsAreEachByItself: whatever the loss, the penalty and the shape of the data, each target has the coefficients that it has alone.
func TestSeveralTargetsAreEachByItself(t *testing.T) {
	e, weights, _ := severalTargets(t)
	e.Weights = weights
	wide := &data.Examples{X: mat.NewDense(12, 20, nil), Features: make([]string, 20)}
	dependent := &data.Examples{X: mat.NewDense(len(e.Y), 6, nil), Features: make([]string, 6), Y: e.Y, Targets: e.Targets}
	for i := range len(e.Y) {
		x := e.X.RawRowView(i)
		dependent.X.SetRow(i, append(append([]float64(nil), x...), x[0]+x[1], 1e7+x[2]))
	}
	for i := range 12 {
		for j := range 20 {
			wide.X.Set(i, j, e.X.At((i*20+j)%len(e.Y), (i*20+j)/len(e.Y)))
		}
	}
	for _, y := range e.Targets {
		wide.Targets = append(wide.Targets, y[:12])
	}
	wide.Y = wide.Targets[0]
	for _, c := range []struct {
		name     string
		e        *data.Examples
		settings []params.Setting
	}{
		{"least squares", e, nil},
		{"least squares through the origin", e, []params.Setting{setting("fit_intercept", false)}},
		{"more features than rows", wide, nil},
		{"features that depend on each other", dependent, nil},
		{"ridge by newton", e, []params.Setting{setting("penalty", "l2"), setting("solver", "newton")}},
		{"lasso", e, []params.Setting{setting("penalty", "l1"), setting("alpha", 0.1)}},
		{"huber", e, []params.Setting{setting("loss", "huber"), setting("penalty", "l2")}},
		{"median", e, []params.Setting{setting("loss", "quantile"), setting("penalty", "l2"), setting("alpha", 0.01)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			several := quietFit(t, c.e, c.settings)
			for k, y := range c.e.Targets {
				alone := *c.e
				alone.Y, alone.Targets = y, nil
				one := quietFit(t, &alone, c.settings)
				for j, want := range one.row(0) {
					if got := several.row(k)[j]; !near(got, want, 1e-9) {
						t.Errorf("coefficient %d of target %d is %v, alone it is %v", j, k, got, want)
					}
				}
				if got, want := several.intercepts[k], one.intercepts[0]; !near(got, want, 1e-9) {
					t.Errorf("the intercept of target %d is %v, alone it is %v", k, got, want)
				}
			}
		})
	}
}

// quietFit fits and does not mind warnings.
func quietFit(t *testing.T, e *data.Examples, given []params.Setting) *regressionModel {
	t.Helper()
	m, err := newLearner(t, LinearRegression(), given...).Fit(t.Context(), e, nil, learners.Env{Task: learners.Regression, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	return m.(*regressionModel)
}
