package quality

import (
	"fmt"
	"math"
	"testing"

	"aibms/learners"
	"aibms/learners/all"
	"aibms/learners/data"
	"aibms/learners/params"
)

// TestGaussianMixtureAgainstScikitLearn: the mean log density of the training rows, as a mean of ten seeds, is no more than two standard errors of the difference of the two means below
// scikit-learn's, or 0.5 %.
func TestGaussianMixtureAgainstScikitLearn(t *testing.T) {
	references := readReferences[struct {
		Set, Target, Form         string
		Components, Rows, Columns int
		Likelihood, Deviation     float64
	}](t, "quality/expected_mixture.json", 4)
	spec, ok := all.Registry().Lookup("gaussian_mixture")
	if !ok {
		t.Fatal("there is no gaussian_mixture")
	}
	const seeds = 10
	for _, r := range references {
		t.Run(fmt.Sprint(r.Set, r.Components, r.Form), func(t *testing.T) {
			split, err := Load("../data", r.Set, r.Target, r.Set != "california_housing")
			if err != nil {
				t.Fatal(err)
			}
			if n, p := split.Train.Dims(); n != r.Rows || p != r.Columns {
				t.Fatalf("%d x %d training matrix, the reference has %d x %d", n, p, r.Rows, r.Columns)
			}
			mean := 0.0
			for seed := range uint64(seeds) {
				l, err := spec.With([]params.Setting{{Name: "n_components", Value: fmt.Sprint(r.Components)}, {Name: "covariance_type", Value: r.Form}})
				if err != nil {
					t.Fatal(err)
				}
				last := math.NaN()
				env := learners.Env{Task: learners.Clustering, Seed: seed, Workers: 2, Record: func(it learners.Iteration) { last = -it.Loss }}
				if _, err := l.Fit(t.Context(), &data.Examples{X: split.Train.X, Features: split.Train.Features}, nil, env); err != nil {
					t.Fatal(err)
				}
				mean += last / seeds
			}
			tolerance := max(0.005*math.Abs(r.Likelihood), 2*math.Sqrt(2.0/seeds)*r.Deviation)
			t.Logf("mean log density %.4f, scikit-learn %.4f (a run deviates by %.4f)", mean, r.Likelihood, r.Deviation)
			if !(mean >= r.Likelihood-tolerance) {
				t.Errorf("mean log density %.4f, scikit-learn has %.4f", mean, r.Likelihood)
			}
		})
	}
}
