package quality

import "testing"

// TestEnsemblesAgainstScikitLearn: votings and stackings of the same learners reach scikit-learn's accuracy and R2 within 0.003 and its AUC within 0.002, as means of as many seeds.
func TestEnsemblesAgainstScikitLearn(t *testing.T) {
	for _, r := range readReferences[*reference](t, "quality/expected_ensemble.json", 6) {
		t.Run(r.name(), func(t *testing.T) {
			split := r.split(t)
			found := overSeeds(r.Runs, func(seed uint64) map[string]float64 {
				return measure(t, split.Test, fit(t, r.Learner, r.Settings, split.Train, seed))
			})
			for name := range r.Mean {
				figure{learner: r.Learner, set: r.Set, settings: words(r.Settings), metric: name, peer: "scikit-learn", ours: found[name], theirs: r.theirs(name, r.Runs), allowed: fixed[name]}.check(t)
			}
		})
	}
}
