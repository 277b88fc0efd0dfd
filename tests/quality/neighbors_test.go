package quality

import "testing"

// TestNeighborsAgainstScikitLearn: the neighbours are the same but for ties, so the metrics are equal to both sides.
func TestNeighborsAgainstScikitLearn(t *testing.T) {
	for _, r := range readReferences[*reference](t, "quality/expected_neighbors.json", 8) {
		t.Run(r.name(), func(t *testing.T) {
			split := r.split(t)
			found := measure(t, split.Test, fit(t, r.Learner, r.Settings, split.Train, 0))
			for name := range r.Mean {
				figure{learner: r.Learner, set: r.Set, settings: words(r.Settings), metric: name, peer: "scikit-learn", ours: once(found[name]), theirs: r.theirs(name, 1), allowed: 0.001, equal: true}.check(t)
			}
		})
	}
}
