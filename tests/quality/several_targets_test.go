package quality

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"aibms/learners"
	"aibms/learners/all"
	"aibms/learners/params"
)

// targetsReference is one line of tests/reference/quality/expected_several_targets.json: R2 of each target, as means and standard deviations over so many random states.
type targetsReference struct {
	Set, Learner    string
	Targets         []string
	Settings        map[string]string
	Rows, Columns   int
	Seeds           uint64
	Mean, Deviation []float64
}

// TestSeveralTargetsAgainstScikitLearn: learners that find what is to be found, or the same neighbours, have scikit-learn's R2 of each target; networks are no worse than two standard errors of the difference of the means over ten
// seeds.
func TestSeveralTargetsAgainstScikitLearn(t *testing.T) {
	references := readReferences[*targetsReference](t, "quality/expected_several_targets.json", 12)
	sets := map[string]*Split{}
	for _, r := range references {
		t.Run(fmt.Sprintf("%s/%s/%v", r.Set, r.Learner, r.Settings), func(t *testing.T) {
			split := sets[r.Set]
			if split == nil {
				var err error
				if split, err = LoadTargets("../data", r.Set, r.Targets, Wide); err != nil {
					t.Fatal(err)
				}
				sets[r.Set] = split
			}
			if n, p := split.Train.Dims(); n != r.Rows || p != r.Columns {
				t.Fatalf("%d x %d training matrix, the reference has %d x %d", n, p, r.Rows, r.Columns)
			}
			var found [][]float64
			for seed := range r.Seeds {
				found = append(found, r.measure(t, split, seed))
			}
			for k, peer := range r.Mean {
				mean, deviation := 0.0, 0.0
				for _, v := range found {
					mean += v[k] / float64(len(found))
				}
				for _, v := range found {
					deviation += (v[k] - mean) * (v[k] - mean) / float64(max(1, len(found)-1))
				}
				allowed, gap := 0.0, peer-mean
				switch r.Learner {
				case "linear_regression":
					allowed, gap = 1e-6, math.Abs(gap)
				case "k_nearest_neighbors": // ties may go to other rows
					allowed, gap = 0.001, math.Abs(gap)
				default:
					allowed = max(0.003, 2*math.Sqrt((deviation+r.Deviation[k]*r.Deviation[k])/float64(len(found))))
				}
				t.Logf("%s: R2 %.6f (deviation %.4f), scikit-learn %.6f (%.4f); %.6f is allowed", r.Targets[k], mean, math.Sqrt(deviation), peer, r.Deviation[k], allowed)
				if !(gap <= allowed) {
					t.Errorf("%s: R2 %.6f, scikit-learn has %.6f", r.Targets[k], mean, peer)
				}
			}
		})
	}
}

// measure fits the learner with a seed and returns R2 of each target on the test rows.
func (r *targetsReference) measure(t *testing.T, split *Split, seed uint64) []float64 {
	t.Helper()
	spec, ok := all.Registry().Lookup(r.Learner)
	if !ok {
		t.Fatalf("there is no learner %s", r.Learner)
	}
	var given []params.Setting
	for name, value := range r.Settings {
		given = append(given, params.Setting{Name: name, Value: value})
	}
	if r.Learner == "neural_network" {
		given = append(given, params.Setting{Name: "patience", Value: "0"})
	}
	l, err := spec.With(given)
	if err != nil {
		t.Fatal(err)
	}
	m, err := l.Fit(t.Context(), split.Train, nil, learners.Env{Task: learners.Regression, Seed: seed, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	out := mat.NewDense(len(split.Test.Y), split.Test.Outputs(), nil)
	if err := m.Predict(split.Test.X, out); err != nil {
		t.Fatal(err)
	}
	scores := make([]float64, split.Test.Outputs())
	for k := range scores {
		scores[k] = stat.RSquaredFrom(mat.Col(nil, k, out), split.Test.Target(k), nil)
	}
	return scores
}
