package quality

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/data"
)

// TestIsolationForestAgainstScikitLearn holds the scores against classes that the learner does not see, and against scikit-learn's scores.
func TestIsolationForestAgainstScikitLearn(t *testing.T) {
	const runs = 10
	for _, r := range readReferences[struct {
		reference
		AUC, Deviation float64
		Scores         []float64 // of the first test rows
	}](t, "quality/expected_isolation.json", 3) {
		t.Run(r.Set, func(t *testing.T) {
			split := r.split(t)
			train := &data.Examples{X: split.Train.X, Features: split.Train.Features}
			scores := mat.NewDense(len(split.Test.Y), 1, nil)
			means := make([]float64, len(r.Scores))
			found := overSeeds(runs, func(seed uint64) map[string]float64 {
				m := fitIn(t, "isolation_forest", nil, train, learners.Env{Task: learners.Anomaly, Seed: seed, Workers: 2})
				if err := m.Predict(split.Test.X, scores); err != nil {
					t.Fatal(err)
				}
				for i := range means {
					means[i] += scores.At(i, 0) / runs
				}
				return map[string]float64{"auc": AUC(mat.Col(nil, 0, scores), split.Test.Y)}
			})
			difference := 0.0
			for i, want := range r.Scores {
				difference += math.Abs(means[i]-want) / float64(len(means))
			}
			f := figure{learner: "isolation_forest", set: r.Set, settings: words(nil), metric: "auc", peer: "scikit-learn", ours: found["auc"], theirs: sample{mean: r.AUC, deviation: r.Deviation, runs: runs}}
			f.allowed = max(0.002, chance(f.ours, f.theirs))
			f.check(t)
			if t.Logf("the scores differ by %.4f in the mean", difference); !(difference <= 0.01) {
				t.Errorf("the mean scores of rows differ from scikit-learn's by %.4f in the mean", difference)
			}
		})
	}
}
