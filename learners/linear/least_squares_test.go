package linear

import (
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

func TestLeastSquaresOfDependentColumns(t *testing.T) {
	b, err := os.ReadFile(referenceDir + "/linear_regression/degenerate.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Name         string
		X            [][]float64
		Y, Weights   []float64
		Alpha        float64
		FitIntercept bool `json:"fit_intercept"`
		Coefficients []float64
		Intercept    float64
	}
	if err := json.Unmarshal(b, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < 100 {
		t.Fatalf("only %d cases", len(cases))
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%s alpha=%g intercept=%v weighted=%v", c.Name, c.Alpha, c.FitIntercept, c.Weights != nil), func(t *testing.T) {
			e := &data.Examples{X: mat.NewDense(len(c.X), len(c.X[0]), nil), Y: c.Y, Weights: c.Weights}
			size := 0.0
			for i, row := range c.X {
				e.X.SetRow(i, row)
				size = max(size, mat.Norm(e.X.RowView(i), math.Inf(1)))
			}
			penalty := "none"
			if c.Alpha > 0 {
				penalty = "l2"
			}
			m, err := newLearner(t, LinearRegression(), setting("penalty", penalty), setting("alpha", c.Alpha), setting("fit_intercept", c.FitIntercept)).
				Fit(t.Context(), e, nil, learners.Env{Task: learners.Regression, Workers: 1})
			if err != nil {
				t.Fatal(err)
			}
			// how much a column may matter is its coefficient times its size
			w, intercept := m.(learners.Coefficients).Coefficients()
			largest := 0.0
			for j, want := range c.Coefficients {
				largest = max(largest, math.Abs(want)*mat.Norm(e.X.ColView(j), math.Inf(1)))
			}
			for j, want := range c.Coefficients {
				if got := w.At(0, j); math.Abs(got-want)*mat.Norm(e.X.ColView(j), math.Inf(1)) > 1e-6*largest {
					t.Errorf("coefficient %d is %v, want %v", j, got, want)
				}
			}
			if math.Abs(intercept[0]-c.Intercept) > 1e-6*max(1, largest) {
				t.Errorf("intercept %v, want %v", intercept[0], c.Intercept)
			}
		})
	}
}

func TestLeastSquaresSaysThatColumnsDepend(t *testing.T) {
	e := &data.Examples{X: mat.NewDense(6, 3, []float64{1, 2, 3, 2, 1, 3, 0, 5, 5, 4, 4, 8, 1, 1, 2, 3, 2, 5}), Y: []float64{1, 2, 3, 4, 5, 7}}
	var warnings []string
	env := learners.Env{Task: learners.Regression, Workers: 1, Warn: func(format string, args ...any) { warnings = append(warnings, fmt.Sprintf(format, args...)) }}
	if _, err := newLearner(t, LinearRegression()).Fit(t.Context(), e, nil, env); err != nil {
		t.Fatal(err)
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], "depend on each other (rank 2)") {
		t.Errorf("warnings %q", warnings)
	}
}

// TestOrthogonalWayAgrees solves well-conditioned problems by QR and singular values and compares with the Cholesky factorisation.
func TestOrthogonalWayAgrees(t *testing.T) {
	for _, size := range [][2]int{{400, 7}, {7, 30}} {
		e := randomExamples(size[0], size[1], 0, 3)
		x, err := newDesign(t.Context(), e, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, alpha := range []float64{0, 3} {
			s := leastSquares{x: x, targets: [][]float64{e.Y}, weight: e.Weights, alpha: alpha, intercept: true}
			found, err := s.solve(t.Context(), 0)
			if err != nil {
				t.Fatal(err)
			}
			var w []float64
			if x.p < x.n {
				w, _, err = s.orthogonal(t.Context())
			} else {
				rows := &design{n: x.p, p: x.n, workers: 1, dense: make([]float64, x.n*x.p), stride: x.n}
				row, y := make([]float64, x.p+1), make([]float64, x.n)
				for i := range x.n {
					s.centredRow(i, math.Sqrt(e.Weights[i]), row)
					for j := range x.p {
						rows.dense[j*x.n+i] = row[j]
					}
					y[i] = row[x.p]
				}
				var a []float64
				if a, _, err = s.kernelOrthogonal(t.Context(), rows, y); err == nil {
					w = make([]float64, x.p)
					rows.margins(0, x.p, a, 0, w)
				}
			}
			if err != nil {
				t.Fatal(err)
			}
			for j := range w {
				if !near(w[j], found.w[j], 1e-9) {
					t.Errorf("%d x %d, alpha %g: coefficient %d is %v by QR, %v by Cholesky", x.n, x.p, alpha, j, w[j], found.w[j])
				}
			}
		}
	}
}

// TestMeansFarFromTheSample: all rows but those that means are first taken from lie far away, and little apart.
func TestMeansFarFromTheSample(t *testing.T) {
	const n = 2048
	e := &data.Examples{X: mat.NewDense(n, 2, nil), Y: make([]float64, n), Features: []string{"a", "b"}}
	rng := rand.New(rand.NewPCG(11, 12))
	for i := range n {
		a, b := rng.NormFloat64(), rng.NormFloat64()
		e.Y[i] = 2*a - 3*b
		if i%2 == 0 {
			e.X.SetRow(i, []float64{0, 0})
			e.Weights = append(e.Weights, 0)
			continue
		}
		e.X.SetRow(i, []float64{1e6 + a, b - 1e6})
		e.Weights = append(e.Weights, 1)
	}
	l := LinearRegression().New()
	var set params.Set
	l.Declare(&set)
	if err := set.Assign(regressionName, nil); err != nil {
		t.Fatal(err)
	}
	m, err := l.Fit(t.Context(), e, nil, learners.Env{Task: learners.Regression, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	checkCoefficients(t, m, [][]float64{{2, -3}}, []float64{-2e6 - 3e6}, 1e-3)
}
