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

// TestKMeansAgainstScikitLearn: the mean inertia of ten seeds is no more than 0.5 % above scikit-learn's, or two standard errors of the difference of the two means.
func TestKMeansAgainstScikitLearn(t *testing.T) {
	references := readReferences[struct {
		Set, Target                     string
		Clusters, Starts, Rows, Columns int
		Inertia, Deviation              float64
	}](t, "quality/expected_means.json", 4)
	spec, ok := all.Registry().Lookup("k_means")
	if !ok {
		t.Fatal("there is no k_means")
	}
	const seeds = 10
	for _, r := range references {
		t.Run(fmt.Sprint(r.Set, r.Clusters, "x", r.Starts), func(t *testing.T) {
			split, err := Load("../data", r.Set, r.Target, true)
			if err != nil {
				t.Fatal(err)
			}
			x := split.Train.X
			if n, p := x.Dims(); n != r.Rows || p != r.Columns {
				t.Fatalf("%d x %d training matrix, the reference has %d x %d", n, p, r.Rows, r.Columns)
			}
			mean := 0.0
			for seed := range uint64(seeds) {
				l, err := spec.With([]params.Setting{{Name: "n_clusters", Value: fmt.Sprint(r.Clusters)}, {Name: "n_init", Value: fmt.Sprint(r.Starts)}})
				if err != nil {
					t.Fatal(err)
				}
				m, err := l.Fit(t.Context(), &data.Examples{X: x, Features: split.Train.Features}, nil, learners.Env{Task: learners.Clustering, Seed: seed, Workers: 2})
				if err != nil {
					t.Fatal(err)
				}
				centers := m.(learners.Centers).Centers()
				for i := range r.Rows {
					least := math.Inf(1)
					for j := range r.Clusters {
						d := 0.0
						for q, v := range x.RawRowView(i) {
							d += (v - centers.At(j, q)) * (v - centers.At(j, q))
						}
						least = min(least, d)
					}
					mean += least / seeds
				}
			}
			tolerance := max(0.005*r.Inertia, 2*math.Sqrt(2.0/seeds)*r.Deviation)
			t.Logf("mean inertia %.1f, scikit-learn %.1f (a run deviates by %.1f)", mean, r.Inertia, r.Deviation)
			if mean > r.Inertia+tolerance {
				t.Errorf("mean inertia %.1f, scikit-learn has %.1f", mean, r.Inertia)
			}
		})
	}
}
