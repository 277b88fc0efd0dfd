package quality

import (
	"fmt"
	"math"
	"testing"
)

// TestNeighborsAgainstScikitLearn: the neighbours are the same but for ties, so the metrics are equal to both sides.
func TestNeighborsAgainstScikitLearn(t *testing.T) {
	references := readReferences[*treeReference](t, "quality/expected_neighbors.json", 8)
	for _, r := range references {
		t.Run(fmt.Sprintf("%s/%v", r.Set, r.Settings), func(t *testing.T) {
			split, err := Load("../data", r.Set, r.Target, r.Set != "california_housing")
			if err != nil {
				t.Fatal(err)
			}
			if n, p := split.Train.Dims(); n != r.Rows || p != r.Columns {
				t.Fatalf("%d x %d training matrix, the reference has %d x %d", n, p, r.Rows, r.Columns)
			}
			found := measure(t, split.Test, grow(t, r, split.Train, 0))
			for name, peer := range r.Mean {
				t.Logf("%s %.5f, scikit-learn %.5f", name, found[name], peer)
				if !(math.Abs(found[name]-peer) <= 0.001) {
					t.Errorf("%s %.5f, scikit-learn has %.5f", name, found[name], peer)
				}
			}
		})
	}
}
