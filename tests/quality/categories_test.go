package quality

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
)

// TestTreesOnCategories holds trees that split by sets of categories against the same trees on columns of 0 and 1, on real data: the mean area under the ROC curve of three seeds may be 0.002 below at most.
func TestTreesOnCategories(t *testing.T) {
	b, err := os.ReadFile("../reference/gradient_boosting/expected_categories.json") // says how many categories each column has
	if err != nil {
		t.Fatal(err)
	}
	var sets []struct {
		Set, Target string
		Categories  []int
	}
	if err := json.Unmarshal(b, &sets); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"adult", "bank_marketing"} {
		at := slices.IndexFunc(sets, func(s struct {
			Set, Target string
			Categories  []int
		}) bool {
			return s.Set == name
		})
		if at < 0 {
			t.Fatalf("no categories of %s", name)
		}
		named, err := LoadCodes("../data", name, sets[at].Target, true)
		if err != nil {
			t.Fatal(err)
		}
		named.Train.Categories = sets[at].Categories
		spread, err := Load("../data", name, sets[at].Target, true)
		if err != nil {
			t.Fatal(err)
		}
		_, columns := named.Train.Dims()
		if _, p := spread.Train.Dims(); p < 2*columns || !slices.ContainsFunc(named.Train.Categories, func(k int) bool { return k > 10 }) {
			t.Fatalf("%s: %d columns of 0 and 1 in place of %d", name, p, columns)
		}
		for _, r := range []treeReference{
			{Learner: "decision_tree", Settings: map[string]string{"min_samples_leaf": "50"}},
			{Learner: "random_forest", Settings: map[string]string{"n_trees": "30", "min_samples_leaf": "5"}},
			{Learner: "extra_trees", Settings: map[string]string{"n_trees": "30", "min_samples_leaf": "5"}},
		} {
			t.Run(name+"/"+r.Learner, func(t *testing.T) {
				seeds := uint64(3)
				if r.Learner == "decision_tree" {
					seeds = 1
				}
				native, oneHot := 0.0, 0.0
				for seed := range seeds {
					native += measure(t, named.Test, grow(t, &r, named.Train, seed))["auc"] / float64(seeds)
					oneHot += measure(t, spread.Test, grow(t, &r, spread.Train, seed))["auc"] / float64(seeds)
				}
				if t.Logf("auc %.4f, with columns of 0 and 1 %.4f", native, oneHot); native < oneHot-0.002 {
					t.Errorf("auc %.4f, with columns of 0 and 1 %.4f", native, oneHot)
				}
			})
		}
	}
}
