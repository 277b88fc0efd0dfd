package quality

import (
	"fmt"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// TestSeveralTargetsAgainstScikitLearn: learners that find what is to be found, or the same neighbours, have scikit-learn's R2 of each target; networks are no worse than two standard errors of the difference of the means over ten
// seeds.
func TestSeveralTargetsAgainstScikitLearn(t *testing.T) {
	sets := map[string]*Split{}
	for _, r := range readReferences[struct {
		Set, Learner    string
		Targets         []string
		Settings        map[string]string
		Rows, Columns   int
		Seeds           int
		Mean, Deviation []float64 // of each target
	}](t, "quality/expected_several_targets.json", 12) {
		t.Run(fmt.Sprintf("%s/%s/%v", r.Set, r.Learner, r.Settings), func(t *testing.T) {
			split := sets[r.Set]
			if split == nil {
				var err error
				if split, err = LoadTargets("../data", r.Set, r.Targets, Wide); err != nil {
					t.Fatal(err)
				}
				sets[r.Set] = split
			}
			sameShape(t, split.Train, r.Rows, r.Columns)
			settings := r.Settings
			if r.Learner == "neural_network" {
				settings = withSetting(settings, "patience", "0")
			}
			found := overSeeds(r.Seeds, func(seed uint64) map[string]float64 {
				out := predict(t, split.Test, fit(t, r.Learner, settings, split.Train, seed))
				scores := map[string]float64{}
				for k, target := range r.Targets {
					scores[target] = stat.RSquaredFrom(mat.Col(nil, k, out), split.Test.Target(k), nil)
				}
				return scores
			})
			for k, target := range r.Targets {
				f := figure{learner: r.Learner, set: r.Set, settings: words(r.Settings), metric: fmt.Sprintf("r2 of %s, beside %s", target, strings.Join(others(r.Targets, k), ", ")), peer: "scikit-learn",
					ours: found[target], theirs: sample{mean: r.Mean[k], deviation: r.Deviation[k], runs: r.Seeds}}
				switch r.Learner {
				case "linear_regression":
					f.allowed, f.equal = 1e-6, true
				case "k_nearest_neighbors": // ties may go to other rows
					f.allowed, f.equal = 0.001, true
				default:
					f.allowed = max(0.003, chance(f.ours, f.theirs))
				}
				f.check(t)
			}
		})
	}
}

// others are the names without the one at k.
func others(names []string, k int) []string {
	return append(append([]string(nil), names[:k]...), names[k+1:]...)
}
