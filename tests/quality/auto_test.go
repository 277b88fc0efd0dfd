package quality

import (
	"math"
	"strings"
	"testing"

	"aibms/learners"
	"aibms/learners/data"
)

// metricOfAuto is a metric as auto knows it.
var metricOfAuto = map[string]string{"auc": "roc_auc", "accuracy": "accuracy", "r2": "r2_score"}

// alone is a candidate of auto by itself, as auto would fit it.
func alone(t *testing.T, candidate string, train *data.Examples) learners.Model {
	t.Helper()
	return fit(t, "voting", map[string]string{"learners": candidate}, train, 1)
}

// TestAutoChoosesTheBest: on the test rows the learner that auto chose by its folds reaches what the best of the candidates reaches, within 0.003 of the metric; of less than 1000
// rows within two standard errors of the paired difference.
func TestAutoChoosesTheBest(t *testing.T) {
	for _, c := range []struct {
		set, target, metric string
		candidates          []string
	}{
		{"online_shoppers", "Revenue", "auc", []string{"logistic_regression", "naive_bayes", "gradient_boosting (n_trees = 60)", "random_forest (n_trees = 40)", "extra_trees (n_trees = 40)"}},
		{"digits", "digit", "accuracy", []string{"logistic_regression", "naive_bayes", "k_nearest_neighbors", "random_forest (n_trees = 40)", "decision_tree", "extra_trees (n_trees = 40)", "neural_network (epochs = 30)"}},
		{"california_housing", "median_house_value", "r2", []string{"linear_regression (penalty = l2)", "gradient_boosting (n_trees = 60)", "decision_tree (max_depth = 8)", "random_forest (n_trees = 20)"}},
	} {
		t.Run(c.set, func(t *testing.T) {
			split := load(t, wide, c.set, c.target)
			var best learners.Model
			reached := math.Inf(-1)
			for _, candidate := range c.candidates {
				m := alone(t, candidate, split.Train)
				v := measure(t, split.Test, m)[c.metric]
				if t.Logf("%s alone: %.4f", candidate, v); v > reached {
					best, reached = m, v
				}
			}
			settings := map[string]string{"learners": strings.Join(c.candidates, ", "), "metric": metricOfAuto[c.metric], "folds": "3"}
			chosen := fit(t, "auto", settings, split.Train, 1)
			_, board := chosen.(learners.Leaderboard).Leaderboard()
			for _, x := range board {
				t.Logf("%s (%s): %.4f +- %.4f, %s", x.Learner, x.Settings, x.Mean, x.Spread, x.Status)
			}
			f := figure{learner: "auto", set: c.set, settings: words(settings), metric: c.metric, peer: "the best candidate alone", ours: once(measure(t, split.Test, chosen)[c.metric]), theirs: once(reached), allowed: 0.003}
			if len(split.Test.Y) < 1000 { // chance is larger than that
				f.allowed = max(f.allowed, 2*pairedError(t, chosen, best, split.Test))
			}
			f.check(t)
		})
	}
}

// TestAutoAgainstScikitLearn: over ten seeds, each of which deals the folds and draws what the learners draw, the winner of auto is as good as that of scikit-learn's GridSearchCV over the same learners, within two standard errors
// of the difference of the two means, or 0.003.
func TestAutoAgainstScikitLearn(t *testing.T) {
	for _, r := range readReferences[struct {
		reference
		Every  int // every nth training row is taken
		Chosen map[string]int
	}](t, "quality/expected_auto.json", 3) {
		t.Run(r.Set, func(t *testing.T) {
			split := load(t, wide, r.Set, r.Target)
			train := everyRow(split.Train, r.Every)
			sameShape(t, train, r.Rows, r.Columns)
			chosen := map[string]int{}
			found := overSeeds(r.Runs, func(seed uint64) map[string]float64 {
				m := fit(t, "auto", r.Settings, train, seed)
				_, board := m.(learners.Leaderboard).Leaderboard()
				chosen[board[0].Learner]++
				return measure(t, split.Test, m)
			})
			t.Logf("chosen by ours %v, by scikit-learn's %v", chosen, r.Chosen)
			for name := range r.Mean {
				f := figure{learner: "auto", set: oneOf(r.Set, r.Every), settings: words(r.Settings), metric: name, peer: "scikit-learn", ours: found[name], theirs: r.theirs(name, r.Runs)}
				f.allowed = max(0.003, chance(f.ours, f.theirs))
				f.check(t)
			}
		})
	}
}

// pairedError is the standard error of the difference of the accuracies of two models on the same rows.
func pairedError(t *testing.T, a, b learners.Model, e *data.Examples) float64 {
	t.Helper()
	first, second := predict(t, e, a), predict(t, e, b)
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
	n := float64(len(e.Y))
	mean := sum / n
	return math.Sqrt((squares/n - mean*mean) / n)
}
