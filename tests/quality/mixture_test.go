package quality

import (
	"fmt"
	"math"
	"testing"

	"aibms/learners"
	"aibms/learners/data"
)

// TestGaussianMixtureAgainstScikitLearn: the mean log density of the training rows, as a mean of ten seeds, is no more than two standard errors of the difference of the two means below
// scikit-learn's, or 0.5 %.
func TestGaussianMixtureAgainstScikitLearn(t *testing.T) {
	const runs = 10
	for _, r := range readReferences[struct {
		reference
		Form                  string
		Components            int
		Likelihood, Deviation float64
	}](t, "quality/expected_mixture.json", 4) {
		t.Run(fmt.Sprint(r.Set, r.Components, r.Form), func(t *testing.T) {
			split := r.split(t)
			settings := map[string]string{"n_components": fmt.Sprint(r.Components), "covariance_type": r.Form}
			found := overSeeds(runs, func(seed uint64) map[string]float64 {
				last := math.NaN()
				env := learners.Env{Task: learners.Clustering, Seed: seed, Workers: 2, Record: func(it learners.Iteration) { last = -it.Loss }}
				fitIn(t, "gaussian_mixture", settings, &data.Examples{X: split.Train.X, Features: split.Train.Features}, env)
				return map[string]float64{"density": last}
			})
			f := figure{learner: "gaussian_mixture", set: r.Set, settings: words(settings), metric: "mean log density", peer: "scikit-learn", ours: found["density"],
				theirs: sample{mean: r.Likelihood, deviation: r.Deviation, runs: runs}}
			f.allowed = max(0.005*math.Abs(r.Likelihood), chance(f.ours, f.theirs))
			f.check(t)
		})
	}
}
