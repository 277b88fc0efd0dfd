package quality

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/data"
)

// TestAutoWithItsOwnCandidates runs the candidates that auto has when none are named, on a sample of the training rows of real data, so that no limit of time is needed: each is ranked, and on the test rows the winner is at
// most 0.003 below the best of them alone.
func TestAutoWithItsOwnCandidates(t *testing.T) {
	const rows = 1500
	for _, c := range []struct {
		set, target, metric string
		candidates          []string
	}{
		{"online_shoppers", "Revenue", "auc", []string{"extra_trees", "gradient_boosting", "k_nearest_neighbors", "logistic_regression", "naive_bayes", "neural_network", "random_forest"}},
		{"california_housing", "median_house_value", "r2", []string{"extra_trees", "gradient_boosting", "k_nearest_neighbors", "linear_regression", "neural_network", "random_forest"}},
	} {
		t.Run(c.set, func(t *testing.T) {
			split := load(t, wide, c.set, c.target)
			split.Train = evenly(split.Train, rows)
			settings := map[string]string{"metric": metricOfAuto[c.metric], "folds": "3"}
			chosen := fit(t, "auto", settings, split.Train, 1)
			_, board := chosen.(learners.Leaderboard).Leaderboard()
			var ranked []string
			best := math.Inf(-1)
			for _, x := range board {
				if x.Status == learners.Ranked {
					ranked = append(ranked, x.Learner)
				}
				reached := measure(t, split.Test, alone(t, named(x), split.Train))[c.metric]
				t.Logf("%s: %.4f +- %.4f over the folds, alone %.4f", named(x), x.Mean, x.Spread, reached)
				best = max(best, reached)
			}
			if slices.Sort(ranked); !slices.Equal(ranked, c.candidates) {
				t.Errorf("%q are ranked, not %q", ranked, c.candidates)
			}
			figure{learner: "auto", set: fmt.Sprintf("%s, %d rows", c.set, rows), settings: words(settings), metric: c.metric, peer: "the best candidate alone", ours: once(measure(t, split.Test, chosen)[c.metric]),
				theirs: once(best), allowed: 0.003}.check(t)
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

// evenly takes n rows of e, evenly spaced: tables are in the order of places or months, so that the first rows are not like the others.
func evenly(e *data.Examples, n int) *data.Examples {
	rows, p := e.Dims()
	out := &data.Examples{X: mat.NewDense(n, p, nil), Features: e.Features, Y: make([]float64, n), Classes: e.Classes}
	for k := range n {
		i := k * rows / n
		out.X.SetRow(k, e.X.RawRowView(i))
		out.Y[k] = e.Y[i]
	}
	return out
}
