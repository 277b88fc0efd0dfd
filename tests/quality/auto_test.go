package quality

import (
	"context"
	"errors"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/all"
	"aibms/learners/data"
	"aibms/learners/metric"
	"aibms/learners/params"
)

// TestAutoChoosesTheBest: on the test rows the learner that auto chose by its folds reaches what the best of the candidates reaches, within 0.003 of the metric; of less than 1000
// rows within two standard errors of the paired difference.
func TestAutoChoosesTheBest(t *testing.T) {
	for _, c := range []struct {
		set, target string
		task        learners.Task
		metric      string
		candidates  []string
	}{
		{"online_shoppers", "Revenue", learners.Binary, "roc_auc", []string{"logistic_regression", "naive_bayes", "gradient_boosting (n_trees = 60)", "random_forest (n_trees = 40)", "extra_trees (n_trees = 40)"}},
		{"digits", "digit", learners.Multiclass, "accuracy", []string{"logistic_regression", "naive_bayes", "k_nearest_neighbors", "random_forest (n_trees = 40)", "decision_tree"}},
		{"california_housing", "median_house_value", learners.Regression, "r2_score", []string{"linear_regression (penalty = l2)", "gradient_boosting (n_trees = 60)", "decision_tree (max_depth = 8)", "random_forest (n_trees = 20)"}},
	} {
		t.Run(c.set, func(t *testing.T) {
			split, err := Load("../data", c.set, c.target, c.task.Classification())
			if err != nil {
				t.Fatal(err)
			}
			m, ok := metric.Lookup(c.metric)
			if !ok {
				t.Fatal(c.metric)
			}
			list, best, bestAlone := "", -1.0, ""
			for k, candidate := range c.candidates {
				if k > 0 {
					list += ", "
				}
				list += candidate
				alone := fitNamed(t, "voting", c.task, split.Train, params.Setting{Name: "learners", Value: candidate})
				reached := reachedBy(t, m, c.task, alone, split)
				t.Logf("%s alone: %.4f", candidate, reached)
				if reached > best {
					best, bestAlone = reached, candidate
				}
			}
			chosen := fitNamed(t, "auto", c.task, split.Train, params.Setting{Name: "learners", Value: list}, params.Setting{Name: "metric", Value: c.metric}, params.Setting{Name: "folds", Value: "3"})
			_, board := chosen.(learners.Leaderboard).Leaderboard()
			for _, x := range board {
				t.Logf("%s (%s): %.4f +- %.4f, %s", x.Learner, x.Settings, x.Mean, x.Spread, x.Status)
			}
			reached := reachedBy(t, m, c.task, chosen, split)
			t.Logf("auto: %.4f by %s; the best alone: %.4f by %s", reached, board[0].Learner, best, bestAlone)
			allowed := 0.003
			if n, _ := split.Test.Dims(); n < 1000 { // chance is larger than that
				allowed = max(allowed, 2*pairedError(t, chosen, fitNamed(t, "voting", c.task, split.Train, params.Setting{Name: "learners", Value: bestAlone}), split.Test))
			}
			if reached < best-allowed {
				t.Errorf("%s reached %.4f, the best candidate %.4f, and %.4f less is allowed", board[0].Learner, reached, best, allowed)
			}
		})
	}
}

func fitNamed(t *testing.T, name string, task learners.Task, e *data.Examples, given ...params.Setting) learners.Model {
	t.Helper()
	spec, ok := all.Registry().Lookup(name)
	if !ok {
		t.Fatal(name)
	}
	l, err := spec.With(given)
	if err != nil {
		t.Fatal(err)
	}
	m, err := l.Fit(context.Background(), e, nil, learners.Env{Task: task, Seed: 1, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// reachedBy is the metric on the test rows.
func reachedBy(t *testing.T, m *metric.Metric, task learners.Task, model learners.Model, split *Split) float64 {
	t.Helper()
	e := split.Test
	n, _ := e.Dims()
	out := mat.NewDense(n, max(1, len(e.Classes)), nil)
	if err := model.Predict(e.X, out); err != nil {
		t.Fatal(err)
	}
	kind := map[learners.Task]metric.Kind{learners.Binary: metric.Binary, learners.Multiclass: metric.Multiclass, learners.Regression: metric.Regression}[task]
	in := metric.Input{Kind: kind, Actual: e.Y, Predicted: make([]float64, n), Classes: len(e.Classes), Positive: 1, Baseline: metric.FitBaseline(kind, len(e.Classes), split.Train.Y, nil)}
	if task.Classification() {
		in.Proba = out
	}
	for i := range n {
		in.Predicted[i] = out.At(i, 0)
		if task.Classification() {
			in.Predicted[i] = float64(largest(out.RawRowView(i)))
		}
	}
	values, err := metric.Compute(context.Background(), []*metric.Metric{m}, in)
	if err != nil {
		t.Fatal(err)
	}
	return values[0].Value
}

// pairedError is the standard error of the difference of the accuracies of two models on the same rows.
func pairedError(t *testing.T, a, b learners.Model, e *data.Examples) float64 {
	t.Helper()
	n, _ := e.Dims()
	first, second := mat.NewDense(n, len(e.Classes), nil), mat.NewDense(n, len(e.Classes), nil)
	if err := errors.Join(a.Predict(e.X, first), b.Predict(e.X, second)); err != nil {
		t.Fatal(err)
	}
	sum, squares := 0.0, 0.0
	for i, y := range e.Y {
		d := 0.0
		if float64(largest(first.RawRowView(i))) == y {
			d++
		}
		if float64(largest(second.RawRowView(i))) == y {
			d--
		}
		sum, squares = sum+d, squares+d*d
	}
	mean := sum / float64(n)
	return math.Sqrt((squares/float64(n) - mean*mean) / float64(n))
}

func largest(v []float64) int {
	at := 0
	for k, x := range v {
		if x > v[at] {
			at = k
		}
	}
	return at
}
