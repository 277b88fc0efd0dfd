package quality

import (
	"fmt"
	"math"
	"testing"

	"aibms/learners"
	"aibms/learners/data"
)

// TestKMeansAgainstScikitLearn: the mean inertia of ten seeds is no more than 0.5 % above scikit-learn's, or two standard errors of the difference of the two means.
func TestKMeansAgainstScikitLearn(t *testing.T) {
	const runs = 10
	for _, r := range readReferences[struct {
		reference
		Clusters, Starts   int
		Inertia, Deviation float64
	}](t, "quality/expected_means.json", 4) {
		t.Run(fmt.Sprint(r.Set, r.Clusters, "x", r.Starts), func(t *testing.T) {
			split := r.split(t)
			x := split.Train.X
			settings := map[string]string{"n_clusters": fmt.Sprint(r.Clusters), "n_init": fmt.Sprint(r.Starts)}
			found := overSeeds(runs, func(seed uint64) map[string]float64 {
				m := fitIn(t, "k_means", settings, &data.Examples{X: x, Features: split.Train.Features}, learners.Env{Task: learners.Clustering, Seed: seed, Workers: 2})
				centers := m.(learners.Centers).Centers()
				inertia := 0.0
				for i := range r.Rows {
					least := math.Inf(1)
					for j := range r.Clusters {
						d := 0.0
						for q, v := range x.RawRowView(i) {
							d += (v - centers.At(j, q)) * (v - centers.At(j, q))
						}
						least = min(least, d)
					}
					inertia += least
				}
				return map[string]float64{"inertia": inertia}
			})
			f := figure{learner: "k_means", set: r.Set, settings: words(settings), metric: "inertia", peer: "scikit-learn", ours: found["inertia"], theirs: sample{mean: r.Inertia, deviation: r.Deviation, runs: runs}}
			f.allowed = max(0.005*r.Inertia, chance(f.ours, f.theirs))
			f.check(t)
		})
	}
}
