package linear

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/data"
)

// TestWarmStartOnManyRows: a fresh start looks for the optimum of a sample of the rows first; a warm start does not leave the optimum of all for it, and sees in one iteration that it is there.
func TestWarmStartOnManyRows(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	e := &data.Examples{X: mat.NewDense(40_000, 4, nil), Y: make([]float64, 40_000), Classes: []string{"no", "yes"}}
	for i := range e.Y {
		x := e.X.RawRowView(i)
		for j := range x {
			x[j] = rng.NormFloat64()
		}
		if x[0]-2*x[1]+rng.NormFloat64() > 0.5 {
			e.Y[i] = 1
		}
	}
	iterations := 0
	env := learners.Env{Task: learners.Binary, Seed: 7, Workers: 2, Record: func(learners.Iteration) { iterations++ }}
	first, err := newLearner(t, LogisticRegression()).Fit(t.Context(), e, nil, env)
	if err != nil {
		t.Fatal(err)
	}
	if iterations < 2 {
		t.Fatalf("a fresh start took %d iterations", iterations)
	}
	iterations = 0
	m, err := newLearner(t, LogisticRegression()).(learners.WarmStarter).FitFrom(t.Context(), first, e, nil, env)
	if err != nil {
		t.Fatal(err)
	}
	w, b := first.(learners.Coefficients).Coefficients()
	v, a := m.(learners.Coefficients).Coefficients()
	if iterations != 1 || !mat.EqualApprox(w, v, 1e-6) || !near(a[0], b[0], 1e-6) {
		t.Errorf("after %d iterations %v, %v, before %v, %v", iterations, mat.Formatted(v), a, mat.Formatted(w), b)
	}
}

// TestWarmStartOfLogisticRegression: from where a training has converged nothing moves, which the first iteration tells, and of lbfgs, which stops where three in a row gain too little, the third; from the optimum of
// another strength of the penalty the way leads to the optimum of a fresh start, but for what that rule of lbfgs allows.
func TestWarmStartOfLogisticRegression(t *testing.T) {
	examples, weight, cases := logisticReference(t)
	for _, c := range cases {
		for solver, most := range map[string]struct {
			iterations int
			off        float64
		}{"newton": {1, 1e-8}, "lbfgs": {quietRounds, 1e-7}} {
			if solver == "lbfgs" && (c.Penalty == "l1" || c.Penalty == "elasticnet") {
				continue
			}
			t.Run(c.String()+" "+solver, func(t *testing.T) {
				e, task := c.rows(examples, weight)
				given := c.settings(setting("solver", solver))
				from := func(first learners.Model) (m learners.Model, iterations int) {
					t.Helper()
					env := learners.Env{Task: task, Seed: 7, Workers: 2, Warn: func(format string, args ...any) { t.Errorf("warning: "+format, args...) }, Record: func(learners.Iteration) { iterations++ }}
					l := newLearner(t, LogisticRegression(), given...)
					var err error
					if first == nil {
						m, err = l.Fit(t.Context(), &e, nil, env)
					} else {
						m, err = l.(learners.WarmStarter).FitFrom(t.Context(), first, &e, nil, env)
					}
					if err != nil {
						t.Fatal(err)
					}
					return m, iterations
				}
				fresh, cold := from(nil)
				again, warm := from(fresh)
				if warm > most.iterations || cold < warm+2 {
					t.Errorf("%d iterations, and %d from where they ended", cold, warm)
				}
				w, b := fresh.(learners.Coefficients).Coefficients()
				v, a := again.(learners.Coefficients).Coefficients()
				if !mat.EqualApprox(w, v, 1e-4) || math.Abs(a[0]-b[0]) > 1e-4 {
					t.Errorf("the coefficients moved from %v, %v to %v, %v", mat.Formatted(w), b, mat.Formatted(v), a)
				}
				other := *c
				other.C *= 30
				elsewhere := fit(t, LogisticRegression(), task, &e, other.settings()...)
				back, _ := from(elsewhere)
				for what, m := range map[string]learners.Model{"where it ended": again, "another optimum": back} {
					if got := logisticObjective(m, &e, c.Penalty, c.C, c.L1Ratio); math.Abs(got-c.Objective) > most.off*c.Objective {
						t.Errorf("from %s: objective %.12g, want %.12g", what, got, c.Objective)
					}
				}
			})
		}
	}
}
