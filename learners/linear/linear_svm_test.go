package linear

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/data"
)

type svmCase struct {
	Target, Loss, Penalty string
	C                     float64
	InterceptScaling      float64 `json:"intercept_scaling"`
	FitIntercept          bool    `json:"fit_intercept"`
	Weighted              bool
	Objective             []float64
	Coefficients          [][]float64
	Intercepts            []float64
}

func svmReference(t *testing.T) (examples map[string]*data.Examples, weight []float64, cases []*svmCase, platt [2]float64) {
	_, v := readReference(t, "linear_svm")
	x := matrixOf(v, "x0", "x1", "x2", "x3")
	var expected struct {
		Platt [2]float64
		Cases []*svmCase
	}
	readExpected(t, "linear_svm", &expected)
	return map[string]*data.Examples{
		"binary": {X: x, Y: v["binary"], Classes: []string{"0", "1"}},
		"multi":  {X: x, Y: v["multi"], Classes: []string{"0", "1", "2"}},
	}, v["weight"], expected.Cases, expected.Platt
}

// svmObjective is the objective of one hyperplane of the learner, straight from its definition.
func svmObjective(e *data.Examples, positive float64, w mat.Vector, b float64, c *svmCase) float64 {
	v := b / c.InterceptScaling
	penalty := map[string]float64{"l2": (mat.Dot(w, w) + v*v) / 2, "l1": math.Abs(v)}[c.Penalty]
	for j := 0; c.Penalty == "l1" && j < w.Len(); j++ {
		penalty += math.Abs(w.AtVec(j))
	}
	sum := 0.0
	for i, y := range e.Y {
		sign := -1.0
		if y == positive {
			sign = 1
		}
		loss := max(0, 1-sign*(mat.Dot(e.X.RowView(i), w)+b))
		if c.Loss == "squared_hinge" {
			loss *= loss
		}
		sum += e.Weight(i) * loss
	}
	return penalty + c.C*sum
}

func TestLinearSVMReachesTheReferenceOptimum(t *testing.T) {
	examples, weight, cases, _ := svmReference(t)
	if len(cases) < 30 {
		t.Fatalf("only %d reference cases", len(cases))
	}
	for _, c := range cases {
		solvers := []string{"auto", "newton"}
		if c.Penalty == "l2" {
			solvers = append(solvers, "dual_coordinate_descent")
		}
		if c.Loss == "hinge" {
			solvers = []string{"auto", "interior_point", "dual_coordinate_descent"}
		}
		for _, solver := range solvers {
			t.Run(fmt.Sprintf("%s %s %s c=%g scaling=%g intercept=%v weighted=%v %s", c.Target, c.Loss, c.Penalty, c.C, c.InterceptScaling, c.FitIntercept,
				c.Weighted, solver), func(t *testing.T) {
				e := *examples[c.Target]
				if c.Weighted {
					e.Weights = weight
				}
				task := learners.Binary
				if c.Target == "multi" {
					task = learners.Multiclass
				}
				m := fit(t, LinearSVM(), task, &e, setting("loss", c.Loss), setting("penalty", c.Penalty), setting("c", c.C), setting("solver", solver),
					setting("intercept_scaling", c.InterceptScaling), setting("fit_intercept", c.FitIntercept), setting("max_iter", 200000))
				w, b := m.(learners.Coefficients).Coefficients()
				for k, want := range c.Objective {
					positive := float64(k)
					if len(c.Objective) == 1 {
						positive = 1
					}
					if got := svmObjective(&e, positive, w.RowView(k), b[k], c); math.Abs(got-want) > 1e-7*want {
						t.Errorf("objective of output %d is %.12g, want %.12g", k, got, want)
					}
				}
				checkCoefficients(t, m, c.Coefficients, c.Intercepts, 1e-3)
			})
		}
	}
}

func TestPlattScalingOnTrainingRows(t *testing.T) {
	examples, _, _, want := svmReference(t)
	m := fit(t, LinearSVM(), learners.Binary, examples["binary"], setting("calibration_folds", 0)).(*svmModel)
	if !near(m.platt[0].a, want[0], 1e-6) || !near(m.platt[0].b, want[1], 1e-6) {
		t.Errorf("Platt scaling %v, want %v", m.platt[0], want)
	}
}
