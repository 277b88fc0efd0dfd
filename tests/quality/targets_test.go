package quality

import (
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
			sameShape(t, split.Train, r.Rows, r.Columns)
			found := overSeeds(treeRuns(r.Learner), func(seed uint64) map[string]float64 {
				out := predict(t, split.Test, fit(t, r.Learner, r.Settings, split.Train, seed))
				sum := 0.0
				for k, y := range split.Test.Targets {
					sum += stat.RSquaredFrom(mat.Col(nil, k, out), y, nil) / 2
				}
				return map[string]float64{"r2": sum}
			})
			f := figure{learner: r.Learner, set: "online_shoppers", settings: words(r.Settings), metric: "mean r2 of ExitRates and BounceRates", peer: "scikit-learn", ours: found["r2"],
				theirs: sample{mean: r.Mean, deviation: r.Deviation, runs: 10}}
			if f.allowed = max(0.003, 2*r.Deviation); f.ours.runs > 1 { // else a single tree
				f.allowed = chance(f.ours, f.theirs)
			}
			f.check(t)
		})
	}
}
