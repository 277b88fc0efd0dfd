package quality

import (
	"math"
	"testing"
)

// bayesReference is one line of tests/reference/quality/expected_bayes.json.
type bayesReference struct {
	Set, Target, Distribution string
	Rows, Columns             int
	Accuracy, AUC             float64
}

// TestNaiveBayesAgainstScikitLearn: nothing is drawn, so both decide alike.
func TestNaiveBayesAgainstScikitLearn(t *testing.T) {
	references := readReferences[*bayesReference](t, "quality/expected_bayes.json", 8)
	for _, r := range references {
		t.Run(r.Set+"/"+r.Distribution, func(t *testing.T) {
			split, err := Load("../data", r.Set, r.Target, true)
			if err != nil {
				t.Fatal(err)
			}
			if n, p := split.Train.Dims(); n != r.Rows || p != r.Columns {
				t.Fatalf("%d x %d training matrix, the reference has %d x %d", n, p, r.Rows, r.Columns)
			}
			got := measure(t, split.Test, grow(t, &treeReference{Learner: "naive_bayes", Settings: map[string]string{"distribution": r.Distribution}}, split.Train, 0))
			t.Logf("AUC %.6f, scikit-learn %.6f; accuracy %.6f, %.6f", got["auc"], r.AUC, got["accuracy"], r.Accuracy)
			// probabilities next to 0 and 1 are rounded further there than here, so that more rows are tied
			if got["auc"] < r.AUC-0.001 || got["auc"] > r.AUC+0.02 || math.Abs(got["accuracy"]-r.Accuracy) > 1e-3 {
				t.Errorf("AUC %.6f, scikit-learn has %.6f; accuracy %.6f, %.6f", got["auc"], r.AUC, got["accuracy"], r.Accuracy)
			}
		})
	}
}
