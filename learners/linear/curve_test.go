package linear

import (
	"context"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/data"
	"aibms/learners/params"
)

// TestCurveEndsAtTheLossOfTheModel: whatever the solver, the curve counts upwards, and its last point is the mean loss of the fitted coefficients, without the penalty, on the
// training rows and on the validation rows.
func TestCurveEndsAtTheLossOfTheModel(t *testing.T) {
	marginOf := func(m learners.Model, k int) func(x []float64) float64 {
		w, b := m.(learners.Coefficients).Coefficients()
		return func(x []float64) float64 { return mat.Dot(w.RowView(k), mat.NewVecDense(len(x), x)) + b[k] }
	}
	logistic := func(m learners.Model, x []float64, y float64) float64 {
		return math.Log1p(math.Exp(-(2*y - 1) * marginOf(m, 0)(x)))
	}
	softmax := func(m learners.Model, x []float64, y float64) float64 {
		sum, own := 0.0, marginOf(m, int(y))(x)
		for k := range 3 {
			sum += math.Exp(marginOf(m, k)(x))
		}
		return math.Log(sum) - own
	}
	square := func(m learners.Model, x []float64, y float64) float64 {
		e := y - marginOf(m, 0)(x)
		return e * e
	}
	quantile := func(m learners.Model, x []float64, y float64) float64 { return pinball(y-marginOf(m, 0)(x), 0.3) }
	hinge := func(m learners.Model, x []float64, y float64) float64 {
		return max(0, 1-(2*y-1)*marginOf(m, 0)(x))
	}
	cases := []struct {
		spec      *learners.Spec
		task      learners.Task
		settings  []any
		loss      func(m learners.Model, x []float64, y float64) float64
		tolerance float64
	}{
		{LogisticRegression(), learners.Binary, []any{"c", 0.5}, logistic, 1e-12},
		{LogisticRegression(), learners.Binary, []any{"solver", "lbfgs", "fit_intercept", false}, logistic, 1e-12},
		{LogisticRegression(), learners.Binary, []any{"penalty", "elasticnet", "c", 0.2}, logistic, 1e-12},
		{LogisticRegression(), learners.Binary, []any{"solver", "sgd"}, logistic, 1e-3}, // polished after its last epoch
		{LogisticRegression(), learners.Multiclass, []any{"c", 0.1}, softmax, 1e-12},
		{LogisticRegression(), learners.Multiclass, []any{"penalty", "l1"}, softmax, 1e-12},
		{LinearRegression(), learners.Regression, []any{"solver", "newton", "penalty", "l2"}, square, 1e-12},
		{LinearRegression(), learners.Regression, []any{"penalty", "l1", "alpha", 0.1}, square, 1e-12},
		{LinearRegression(), learners.Regression, []any{"loss", "quantile", "quantile", 0.3, "penalty", "l1", "alpha", 0.01}, quantile, 1e-6},
		{LinearRegression(), learners.Regression, []any{"loss", "quantile", "quantile", 0.3, "solver", "gradient_descent"}, quantile, 2e-3}, // of the smoothed loss
		{LinearSVM(), learners.Binary, []any{"intercept_scaling", 2.0}, func(m learners.Model, x []float64, y float64) float64 { h := hinge(m, x, y); return h * h }, 1e-12},
		{LinearSVM(), learners.Binary, []any{"penalty", "l1"}, func(m learners.Model, x []float64, y float64) float64 { h := hinge(m, x, y); return h * h }, 1e-12},
		{LinearSVM(), learners.Binary, []any{"loss", "hinge", "intercept_scaling", 3.0}, hinge, 1e-6},
		{LinearSVM(), learners.Binary, []any{"loss", "hinge", "solver", "dual_coordinate_descent", "intercept_scaling", 3.0}, hinge, 2e-3},
		{LinearSVM(), learners.Binary, []any{"loss", "hinge", "solver", "dual_coordinate_descent", "fit_intercept", false}, hinge, 2e-3}, // measured now and then, not after the last epoch
	}
	for _, c := range cases {
		t.Run(fmt.Sprint(c.spec.Name, c.settings), func(t *testing.T) {
			train, validate := randomExamples(300, 5, 0, 1), randomExamples(80, 5, 0, 2)
			for i, e := range []*data.Examples{train, validate} {
				for r := range e.Y {
					x := e.X.RawRowView(r)
					z := x[0] - 2*x[1] + math.Sin(float64(r*(i+3)))
					switch c.task {
					case learners.Regression:
						e.Y[r] = z + 3
					case learners.Binary:
						e.Classes, e.Y[r] = []string{"a", "b"}, 0
						if z > 0 {
							e.Y[r] = 1
						}
					default:
						e.Classes, e.Y[r] = []string{"a", "b", "c"}, float64(int(max(0, min(2, z+1))))
					}
				}
			}
			var given []params.Setting
			for i := 0; i < len(c.settings); i += 2 {
				given = append(given, setting(c.settings[i].(string), c.settings[i+1]))
			}
			var points []learners.Iteration
			m, err := newLearner(t, c.spec, given...).Fit(context.Background(), train, validate, learners.Env{Task: c.task, Workers: 2, Record: func(it learners.Iteration) { points = append(points, it) }})
			if err != nil || len(points) == 0 {
				t.Fatal(len(points), err)
			}
			for i, p := range points {
				if p.Number <= 0 || i > 0 && p.Number <= points[i-1].Number {
					t.Errorf("point %d is iteration %d", i, p.Number)
				}
			}
			mean := func(e *data.Examples) float64 {
				sum, total := 0.0, 0.0
				for i, y := range e.Y {
					sum += e.Weight(i) * c.loss(m, e.X.RawRowView(i), y)
					total += e.Weight(i)
				}
				return sum / total
			}
			last := points[len(points)-1]
			if want := mean(train); !near(last.Loss, want, c.tolerance) {
				t.Errorf("the curve ends at the loss %v, the model has %v", last.Loss, want)
			}
			if want := mean(validate); !near(last.ValidationLoss, want, c.tolerance) {
				t.Errorf("the curve ends at the validation loss %v, the model has %v", last.ValidationLoss, want)
			}
			points = nil
			if _, err := newLearner(t, c.spec, given...).Fit(context.Background(), train, nil, learners.Env{Task: c.task, Workers: 2, Record: func(it learners.Iteration) { points = append(points, it) }}); err != nil {
				t.Fatal(err)
			}
			if !math.IsNaN(points[0].ValidationLoss) {
				t.Errorf("without validation rows the validation loss is %v", points[0].ValidationLoss)
			}
		})
	}
}
