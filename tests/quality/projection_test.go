package quality

import (
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"aibms/learners"
	"aibms/learners/data"
)

// TestPCAAgainstScikitLearn: of the variance of rows that were not learned from, projections keep what scikit-learn's keep: the same, where nothing is drawn; else, as a mean of ten seeds, 0.002 less at most.
func TestPCAAgainstScikitLearn(t *testing.T) {
	for _, r := range readReferences[*reference](t, "quality/expected_projection.json", 6) {
		t.Run(r.name(), func(t *testing.T) {
			split := r.split(t)
			train := &data.Examples{X: split.Train.X, Features: split.Train.Features}
			found := overSeeds(r.Runs, func(seed uint64) map[string]float64 {
				m := fitIn(t, "pca", r.Settings, train, learners.Env{Task: learners.Projection, Seed: seed, Workers: 2})
				return map[string]float64{"kept variance": keptVariance(t, m, train.X, split.Test.X)}
			})
			for name := range r.Mean {
				f := figure{learner: "pca", set: r.Set, settings: words(r.Settings), metric: name, peer: "scikit-learn", ours: found[name], theirs: r.theirs(name, r.Runs), allowed: 0.002}
				if r.Runs == 1 {
					f.allowed, f.equal = 1e-6, true
				}
				f.check(t)
			}
		})
	}
}

// keptVariance is the share of the squared distances of rows from the mean of the training rows that their projections keep.
func keptVariance(t *testing.T, m learners.Model, train, rows *mat.Dense) float64 {
	t.Helper()
	n, p := rows.Dims()
	z, restored := mat.NewDense(n, m.(learners.Sized).Outputs(), nil), mat.NewDense(n, p, nil)
	if err := m.Predict(rows, z); err != nil {
		t.Fatal(err)
	}
	if err := m.(learners.Restorer).Restore(z, restored); err != nil {
		t.Fatal(err)
	}
	lost, all := 0.0, 0.0
	for j := range p {
		mean := stat.Mean(mat.Col(nil, j, train), nil)
		for i := range n {
			v := rows.At(i, j)
			lost += (v - restored.At(i, j)) * (v - restored.At(i, j))
			all += (v - mean) * (v - mean)
		}
	}
	return 1 - lost/all
}
