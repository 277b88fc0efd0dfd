package quality

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// TestTreesOfTwoTargets: the mean R2 over two numbers that are learned at once is that of scikit-learn, within two standard errors of the difference; of the mean of ten seeds.
func TestTreesOfTwoTargets(t *testing.T) {
	references := readReferences[struct {
		Learner         string
		Settings        map[string]string
		Rows, Columns   int
		Mean, Deviation float64
	}](t, "quality/expected_targets.json", 3)
	split, err := LoadTargets("../data", "online_shoppers", []string{"ExitRates", "BounceRates"}, Wide)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range references {
		t.Run(r.Learner, func(t *testing.T) {
			if n, p := split.Train.Dims(); n != r.Rows || p != r.Columns {
				t.Fatalf("%d x %d training matrix, the reference has %d x %d", n, p, r.Rows, r.Columns)
			}
			reference := &treeReference{Learner: r.Learner, Settings: r.Settings, Deviation: map[string]float64{"r2": r.Deviation}}
			var found []float64
			for seed := range reference.seeds() {
				out := mat.NewDense(len(split.Test.Y), 2, nil)
				if err := grow(t, reference, split.Train, seed).Predict(split.Test.X, out); err != nil {
					t.Fatal(err)
				}
				sum := 0.0
				for k, y := range split.Test.Targets {
					sum += stat.RSquaredFrom(mat.Col(nil, k, out), y, nil) / 2
				}
				found = append(found, sum)
			}
			mean, below := stat.Mean(found, nil), reference.below("r2") // a single tree
			if len(found) > 1 {
				below = 2 * math.Hypot(r.Deviation, stat.StdDev(found, nil)) / math.Sqrt(float64(len(found)))
			}
			t.Logf("mean R2 %.4f, scikit-learn %.4f; allowed are %.4f less", mean, r.Mean, below)
			if mean < r.Mean-below {
				t.Errorf("mean R2 %.4f, scikit-learn has %.4f", mean, r.Mean)
			}
		})
	}
}
