package quality

import (
	"context"
	"fmt"
	"testing"

	"aibms/learners"
	"aibms/learners/all"
	"aibms/learners/data"
	"aibms/learners/params"
)

// treeReference is one line of tests/reference/quality/expected_trees.json: means over ten random states.
type treeReference struct {
	Set, Target, Learner string
	Settings             map[string]string
	Rows, Columns        int
	Mean, Deviation      map[string]float64
}

// below is how far the mean of ours may be below scikit-learn's. A single tree differs from the next one by Deviation, and ours is one of them.
func (r *treeReference) below(metric string) float64 {
	switch {
	case r.Learner == "decision_tree":
		return max(0.003, 2*r.Deviation[metric])
	case metric == "auc":
		return 0.002
	}
	return 0.003
}

// seeds is the number of fits of a learner that draws.
func (r *treeReference) seeds() uint64 {
	if r.Learner == "decision_tree" {
		return 1
	}
	return 10
}

func TestTreesAgainstScikitLearn(t *testing.T) {
	references := readReferences[*treeReference](t, "quality/expected_trees.json", 16)
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
			mean := map[string]float64{}
			for seed := range r.seeds() {
				for name, v := range measure(t, split.Test, grow(t, r, split.Train, seed)) {
					mean[name] += v / float64(r.seeds())
				}
			}
			for name, peer := range r.Mean {
				t.Logf("%s %.4f, scikit-learn %.4f", name, mean[name], peer)
				if mean[name] < peer-r.below(name) {
					t.Errorf("%s %.4f, scikit-learn has %.4f", name, mean[name], peer)
				}
			}
		})
	}
}

// grow fits the learner of a reference.
func grow(t testing.TB, r *treeReference, train *data.Examples, seed uint64) learners.Model {
	t.Helper()
	spec, ok := all.Registry().Lookup(r.Learner)
	if !ok {
		t.Fatalf("there is no learner %s", r.Learner)
	}
	var given []params.Setting
	for name, value := range r.Settings {
		given = append(given, params.Setting{Name: name, Value: value, Source: "USER"})
	}
	l, err := spec.With(given)
	if err != nil {
		t.Fatal(err)
	}
	task := learners.Regression
	if train.Classes != nil {
		task = learners.Binary
	}
	m, err := l.Fit(context.Background(), train, nil, learners.Env{Task: task, Seed: seed, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	return m
}
