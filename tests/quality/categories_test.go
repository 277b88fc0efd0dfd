package quality

import (
	"slices"
	"testing"
)

// TestTreesOnCategories holds trees that split by sets of categories against the same trees on columns of 0 and 1, on real data: the mean area under the ROC curve of five seeds may be 0.002 below at most.
func TestTreesOnCategories(t *testing.T) {
	for _, c := range []struct{ set, target string }{{"adult", "income"}, {"bank_marketing", "y"}} {
		named, columns := load(t, asCodes, c.set, c.target), load(t, wide, c.set, c.target)
		named.Train.Categories = load(t, asCategories, c.set, c.target).Train.Categories
		_, few := named.Train.Dims()
		if _, p := columns.Train.Dims(); p < 2*few || !slices.ContainsFunc(named.Train.Categories, func(k int) bool { return k > 10 }) {
			t.Fatalf("%s: %d columns of 0 and 1 in place of %d", c.set, p, few)
		}
		for _, r := range []struct {
			learner  string
			settings map[string]string
		}{
			{"decision_tree", map[string]string{"min_samples_leaf": "50"}},
			{"random_forest", map[string]string{"n_trees": "30", "min_samples_leaf": "5"}},
			{"extra_trees", map[string]string{"n_trees": "30", "min_samples_leaf": "5"}},
		} {
			t.Run(c.set+"/"+r.learner, func(t *testing.T) {
				auc := func(split *Split) sample {
					return overSeeds(min(5, treeRuns(r.learner)), func(seed uint64) map[string]float64 {
						return measure(t, split.Test, fit(t, r.learner, r.settings, split.Train, seed))
					})["auc"]
				}
				figure{learner: r.learner, set: c.set, settings: words(r.settings) + ", native categories", metric: "auc", peer: "itself on columns of 0 and 1", ours: auc(named), theirs: auc(columns), allowed: 0.002}.check(t)
			})
		}
	}
}
