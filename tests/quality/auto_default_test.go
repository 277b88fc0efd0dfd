package quality

import (
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/data"
	"aibms/learners/metric"
	"aibms/learners/params"
)

// TestAutoWithItsOwnCandidates runs the candidates that auto has when none are named, on a sample of the training rows of real data, so that no limit of time is needed: each is ranked, and on the test rows the winner is at
// most 0.003 below the best of them alone.
func TestAutoWithItsOwnCandidates(t *testing.T) {
	for _, c := range []struct {
		set, target string
		task        learners.Task
		metric      string
		candidates  []string
	}{
		{"online_shoppers", "Revenue", learners.Binary, "roc_auc", []string{"extra_trees", "gradient_boosting", "k_nearest_neighbors", "logistic_regression", "naive_bayes", "neural_network", "random_forest"}},
		{"california_housing", "median_house_value", learners.Regression, "r2_score", []string{"extra_trees", "gradient_boosting", "k_nearest_neighbors", "linear_regression", "neural_network", "random_forest"}},
	} {
		t.Run(c.set, func(t *testing.T) {
			split, err := Load("../data", c.set, c.target, c.task.Classification())
			if err != nil {
				t.Fatal(err)
			}
			split.Train = sample(split.Train, 1500)
			m, ok := metric.Lookup(c.metric)
			if !ok {
				t.Fatal(c.metric)
			}
			chosen := fitNamed(t, "auto", c.task, split.Train, params.Setting{Name: "metric", Value: c.metric}, params.Setting{Name: "folds", Value: "3"})
			_, board := chosen.(learners.Leaderboard).Leaderboard()
			var ranked []string
			best, bestAlone := -1.0, ""
			for _, x := range board {
				if x.Status == learners.Ranked {
					ranked = append(ranked, x.Learner)
				}
				alone := reachedBy(t, m, c.task, fitNamed(t, "voting", c.task, split.Train, params.Setting{Name: "learners", Value: named(x)}), split)
				t.Logf("%s: %.4f +- %.4f over the folds, alone %.4f", named(x), x.Mean, x.Spread, alone)
				if alone > best {
					best, bestAlone = alone, x.Learner
				}
			}
			if slices.Sort(ranked); !slices.Equal(ranked, c.candidates) {
				t.Errorf("%q are ranked, not %q", ranked, c.candidates)
			}
			reached := reachedBy(t, m, c.task, chosen, split)
			t.Logf("auto: %.4f by %s; the best alone: %.4f by %s", reached, board[0].Learner, best, bestAlone)
			if reached < best-0.003 {
				t.Errorf("%s reached %.4f, %s %.4f", board[0].Learner, reached, bestAlone, best)
			}
		})
	}
}

// named is a candidate as a user writes it.
func named(c learners.Candidate) string {
	if c.Settings == "" {
		return c.Learner
	}
	return c.Learner + " (" + c.Settings + ")"
}

// sample are n rows of e, evenly spaced: tables are in the order of places or months, so that the first rows are not like the others.
func sample(e *data.Examples, n int) *data.Examples {
	rows, p := e.Dims()
	out := &data.Examples{X: mat.NewDense(n, p, nil), Features: e.Features, Y: make([]float64, n), Classes: e.Classes}
	for k := range n {
		i := k * rows / n
		out.X.SetRow(k, e.X.RawRowView(i))
		out.Y[k] = e.Y[i]
	}
	return out
}
