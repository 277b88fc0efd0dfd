package quality

import (
	"fmt"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners/data"
)

// TestSVMAgainstLIBSVM: the optimum is the same, the probabilities come from other folds.
func TestSVMAgainstLIBSVM(t *testing.T) {
	for _, r := range readReferences[struct {
		reference
		Every   int // every nth training row is taken
		Reached map[string]float64
	}](t, "quality/expected_svm.json", 9) {
		t.Run(r.name(), func(t *testing.T) {
			split := load(t, wide, r.Set, r.Target)
			train := everyRow(split.Train, r.Every)
			sameShape(t, train, r.Rows, r.Columns)
			found := measure(t, split.Test, fit(t, "svm", r.Settings, train, 1))
			for name, want := range r.Reached {
				worse := fixed[name]
				if name == "log_loss" {
					worse = 0.01
				}
				figure{learner: "svm", set: oneOf(r.Set, r.Every), settings: words(r.Settings), metric: name, peer: "LIBSVM", ours: once(found[name]), theirs: once(want), allowed: worse}.check(t)
			}
		})
	}
}

// everyRow takes every nth row.
func everyRow(e *data.Examples, every int) *data.Examples {
	n, p := e.Dims()
	out := &data.Examples{X: mat.NewDense((n+every-1)/every, p, nil), Features: e.Features, Classes: e.Classes}
	for i := 0; i < n; i += every {
		out.X.SetRow(i/every, e.X.RawRowView(i))
		out.Y = append(out.Y, e.Y[i])
	}
	return out
}

// oneOf names a set of which every nth row is taken.
func oneOf(set string, every int) string {
	if every == 1 {
		return set
	}
	return fmt.Sprintf("%s, 1 row of %d", set, every)
}
