package linear

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/data"
	"aibms/learners/params"
)

type logisticCase struct {
	Target, Penalty string
	C               float64
	L1Ratio         float64 `json:"l1_ratio"`
	FitIntercept    bool    `json:"fit_intercept"`
	Weighted        bool
	Objective       float64
	Coefficients    [][]float64
	Intercepts      []float64
}

func (c *logisticCase) String() string {
	return fmt.Sprintf("%s %s c=%g l1_ratio=%g intercept=%v weighted=%v", c.Target, c.Penalty, c.C, c.L1Ratio, c.FitIntercept, c.Weighted)
}

func (c *logisticCase) settings(more ...params.Setting) []params.Setting {
	s := []params.Setting{setting("penalty", c.Penalty), setting("c", c.C), setting("fit_intercept", c.FitIntercept)}
	if c.Penalty == "elasticnet" {
		s = append(s, setting("l1_ratio", c.L1Ratio))
	}
	return append(s, more...)
}

// logisticObjective is the objective of the learner, straight from its definition.
func logisticObjective(m learners.Model, e *data.Examples, penalty string, c, ratio float64) float64 {
	w, b := m.(learners.Coefficients).Coefficients()
	k, p := w.Dims()
	l1, l2 := 0.0, 0.0
	for i := range k {
		for j := range p {
			l1 += math.Abs(w.At(i, j))
			l2 += w.At(i, j) * w.At(i, j) / 2
		}
	}
	total := map[string]float64{"none": 0, "l1": l1, "l2": l2, "elasticnet": ratio*l1 + (1-ratio)*l2}[penalty]
	n, _ := e.Dims()
	for i := range n {
		z := make([]float64, k)
		for j := range z {
			z[j] = mat.Dot(e.X.RowView(i), w.RowView(j)) + b[j]
		}
		y := int(e.Y[i])
		if k == 1 {
			z = []float64{0, z[0]}
		}
		sum := 0.0
		for _, v := range z {
			sum += math.Exp(v - z[y])
		}
		total += c * e.Weight(i) * math.Log(sum)
	}
	return total
}

// rows are the training rows of the case, and the task.
func (c *logisticCase) rows(examples map[string]*data.Examples, weight []float64) (data.Examples, learners.Task) {
	e, task := *examples[c.Target], learners.Binary
	if c.Weighted {
		e.Weights = weight
	}
	if c.Target == "multi" {
		task = learners.Multiclass
	}
	return e, task
}

func logisticReference(t *testing.T) (examples map[string]*data.Examples, weight []float64, cases []*logisticCase) {
	_, v := readReference(t, "logistic_regression")
	x := matrixOf(v, "x0", "x1", "x2", "x3", "x4")
	readExpected(t, "logistic_regression", &cases)
	return map[string]*data.Examples{
		"binary": {X: x, Y: v["binary"], Classes: []string{"0", "1"}},
		"multi":  {X: x, Y: v["multi"], Classes: []string{"0", "1", "2"}},
	}, v["weight"], cases
}

func TestLogisticRegressionReachesTheReferenceOptimum(t *testing.T) {
	examples, weight, cases := logisticReference(t)
	if len(cases) < 30 {
		t.Fatalf("only %d reference cases", len(cases))
	}
	for _, c := range cases {
		for _, solver := range []string{"auto", "newton", "lbfgs"} {
			if solver == "lbfgs" && (c.Penalty == "l1" || c.Penalty == "elasticnet") {
				continue
			}
			t.Run(c.String()+" "+solver, func(t *testing.T) {
				e, task := c.rows(examples, weight)
				m := fit(t, LogisticRegression(), task, &e, c.settings(setting("solver", solver))...)
				got := logisticObjective(m, &e, c.Penalty, c.C, c.L1Ratio)
				if math.Abs(got-c.Objective) > 1e-8*c.Objective {
					t.Errorf("objective %.12g, want %.12g", got, c.Objective)
				}
				checkCoefficients(t, m, c.Coefficients, c.Intercepts, 2e-4)
			})
		}
	}
}

func TestStochasticGradientComesNearTheOptimum(t *testing.T) {
	examples, weight, cases := logisticReference(t)
	for _, c := range cases {
		for _, schedule := range []string{"invscaling", "optimal", "constant"} {
			if schedule == "optimal" && c.Penalty != "l2" && c.Penalty != "elasticnet" {
				continue
			}
			t.Run(c.String()+" "+schedule, func(t *testing.T) {
				e, task := c.rows(examples, weight)
				m := fit(t, LogisticRegression(), task, &e, c.settings(setting("solver", "sgd"), setting("schedule", schedule), setting("max_iter", 2000))...)
				if got := logisticObjective(m, &e, c.Penalty, c.C, c.L1Ratio); !(got >= c.Objective*(1-1e-9)) || got > c.Objective*1.01 {
					t.Errorf("objective %.6g, optimum %.6g", got, c.Objective)
				}
			})
		}
	}
}
