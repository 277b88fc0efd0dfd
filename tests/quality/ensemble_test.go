package quality

import (
	"fmt"
	"testing"

	"aibms/learners"
	"aibms/learners/all"
	"aibms/learners/params"
)

// ensembleReference is one line of tests/reference/quality/expected_ensemble.json: means over so many random states.
type ensembleReference struct {
	Set, Target, Learner string
	Settings             map[string]string
	Runs, Rows, Columns  int
	Mean, Deviation      map[string]float64
}

// TestEnsemblesAgainstScikitLearn: votings and stackings of the same learners reach scikit-learn's accuracy and R2 within 0.003 and its AUC within 0.002, as means of as many seeds.
func TestEnsemblesAgainstScikitLearn(t *testing.T) {
	references := readReferences[*ensembleReference](t, "quality/expected_ensemble.json", 6)
	sets := map[string]*Split{}
	for _, r := range references {
		t.Run(fmt.Sprintf("%s/%s/%v", r.Set, r.Learner, r.Settings), func(t *testing.T) {
			split := sets[r.Set]
			if split == nil {
				var err error
				if split, err = Load("../data", r.Set, r.Target, r.Set != "california_housing"); err != nil {
					t.Fatal(err)
				}
				sets[r.Set] = split
			}
			if n, p := split.Train.Dims(); n != r.Rows || p != r.Columns {
				t.Fatalf("%d x %d training matrix, the reference has %d x %d", n, p, r.Rows, r.Columns)
			}
			spec, ok := all.Registry().Lookup(r.Learner)
			if !ok {
				t.Fatalf("there is no learner %s", r.Learner)
			}
			var given []params.Setting
			for name, value := range r.Settings {
				given = append(given, params.Setting{Name: name, Value: value})
			}
			task := learners.Regression
			if split.Train.Classes != nil {
				task = learners.Binary
			}
			found := map[string][]float64{}
			for seed := range r.Runs {
				l, err := spec.With(given)
				if err != nil {
					t.Fatal(err)
				}
				m, err := l.Fit(t.Context(), split.Train, nil, learners.Env{Task: task, Seed: uint64(seed), Workers: 2})
				if err != nil {
					t.Fatal(err)
				}
				for name, v := range measure(t, split.Test, m) {
					found[name] = append(found[name], v)
				}
			}
			for name, peer := range r.Mean {
				mean, deviation := meanAndDeviation(found[name])
				below := 0.003
				if name == "auc" {
					below = 0.002
				}
				t.Logf("%s %.4f (a run deviates by %.4f), scikit-learn %.4f (%.4f)", name, mean, deviation, peer, r.Deviation[name])
				if !(mean >= peer-below) {
					t.Errorf("%s %.4f, scikit-learn has %.4f", name, mean, peer)
				}
			}
		})
	}
}
