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

type regressionCase struct {
	Loss, Penalty string
	Alpha         float64
	L1Ratio       float64 `json:"l1_ratio"`
	Epsilon       float64
	Quantile      float64
	FitIntercept  bool `json:"fit_intercept"`
	Weighted      bool
	Objective     float64
	Coefficients  []float64
	Intercept     float64
}

func (c *regressionCase) String() string {
	return fmt.Sprintf("%s %s alpha=%g l1_ratio=%g epsilon=%g quantile=%g intercept=%v weighted=%v", c.Loss, c.Penalty, c.Alpha, c.L1Ratio, c.Epsilon,
		c.Quantile, c.FitIntercept, c.Weighted)
}

func (c *regressionCase) settings(more ...params.Setting) []params.Setting {
	return append([]params.Setting{setting("loss", c.Loss), setting("penalty", c.Penalty), setting("alpha", c.Alpha), setting("l1_ratio", c.L1Ratio),
		setting("epsilon", c.Epsilon), setting("quantile", c.Quantile), setting("fit_intercept", c.FitIntercept)}, more...)
}

// regressionObjective is the objective of the learner, straight from its definition.
func regressionObjective(m learners.Model, e *data.Examples, c *regressionCase) float64 {
	w, b := m.(learners.Coefficients).Coefficients()
	_, p := w.Dims()
	errors, total := make([]float64, len(e.Y)), 0.0
	for i, y := range e.Y {
		errors[i] = y - mat.Dot(e.X.RowView(i), w.RowView(0)) - b[0]
		total += e.Weight(i)
	}
	huber := func(k float64) float64 {
		sum := 0.0
		for i, v := range errors {
			u := math.Abs(v) / k
			h := 2*c.Epsilon*u - c.Epsilon*c.Epsilon
			if u <= c.Epsilon {
				h = u * u
			}
			sum += e.Weight(i) * k * (1 + h)
		}
		return sum
	}
	loss, divisor := 0.0, 2*total
	switch c.Loss {
	case "squared":
		for i, v := range errors {
			loss += e.Weight(i) * v * v
		}
	case "huber":
		low, high := 1e-9, 1.0
		for _, v := range errors {
			high = max(high, 10*math.Abs(v))
		}
		for range 400 { // golden section: the loss is convex in the scale
			a, b := low+0.382*(high-low), low+0.618*(high-low)
			if huber(a) <= huber(b) {
				high = b
			} else {
				low = a
			}
		}
		loss = huber((low + high) / 2)
	case "quantile":
		divisor = total
		for i, v := range errors {
			loss += e.Weight(i) * (c.Quantile*max(v, 0) + (1-c.Quantile)*max(-v, 0))
		}
	}
	l1, l2 := 0.0, 0.0
	for j := range p {
		l1 += math.Abs(w.At(0, j))
		l2 += w.At(0, j) * w.At(0, j)
	}
	switch c.Penalty {
	case "l2":
		return loss + c.Alpha*l2
	case "l1":
		return loss/divisor + c.Alpha*l1
	case "elasticnet":
		return loss/divisor + c.Alpha*(c.L1Ratio*l1+(1-c.L1Ratio)/2*l2)
	}
	return loss
}

func TestLinearRegressionReachesTheReferenceOptimum(t *testing.T) {
	_, v := readReference(t, "linear_regression")
	x := matrixOf(v, "x0", "x1", "x2", "x3", "x4", "x5")
	var cases []*regressionCase
	readExpected(t, "linear_regression", &cases)
	if len(cases) < 100 {
		t.Fatalf("only %d reference cases", len(cases))
	}
	for _, c := range cases {
		smooth := c.Penalty == "none" || c.Penalty == "l2" || c.Penalty == "elasticnet" && c.L1Ratio == 0
		solvers := []string{"auto", "coordinate_descent"}
		switch {
		case smooth && c.Loss == "squared":
			solvers = []string{"auto", "newton", "gradient_descent", "coordinate_descent"}
		case smooth && c.Loss == "huber":
			solvers = []string{"auto", "gradient_descent", "coordinate_descent"}
		case smooth:
			solvers = []string{"auto", "gradient_descent"}
		case c.Loss == "quantile":
			solvers = []string{"auto"}
		}
		for _, solver := range solvers {
			t.Run(c.String()+" "+solver, func(t *testing.T) {
				e := &data.Examples{X: x, Y: v["y"]}
				if c.Weighted {
					e.Weights = v["weight"]
				}
				m := fit(t, LinearRegression(), learners.Regression, e, c.settings(setting("solver", solver))...)
				got := regressionObjective(m, e, c)
				tolerance := 1e-7
				if solver == "gradient_descent" && c.Loss == "quantile" {
					tolerance = 1e-3
				}
				if math.Abs(got-c.Objective) > tolerance*c.Objective {
					t.Errorf("objective %.12g, want %.12g", got, c.Objective)
				}
				if c.Loss == "quantile" {
					return // the minimum may be flat
				}
				checkCoefficients(t, m, [][]float64{c.Coefficients}, []float64{c.Intercept}, 1e-3)
			})
		}
	}
}
