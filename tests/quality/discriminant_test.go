package quality

import (
	"math"
	"testing"
)

// TestDiscriminantAnalysisAgainstScikitLearn: nothing is drawn and the formula is the same, so posteriors are within 1e-6 and metrics within a row.
func TestDiscriminantAnalysisAgainstScikitLearn(t *testing.T) {
	for _, r := range readReferences[struct {
		reference
		Metrics    map[string]float64
		Posteriors [][]float64 // of the first test rows
	}](t, "quality/expected_discriminant.json", 13) {
		t.Run(r.name(), func(t *testing.T) {
			split := r.split(t)
			m := fit(t, "discriminant_analysis", r.Settings, split.Train, 1)
			found := measure(t, split.Test, m)
			for name, want := range r.Metrics {
				figure{learner: "discriminant_analysis", set: r.Set, settings: words(r.Settings), metric: name, peer: "scikit-learn", ours: once(found[name]), theirs: once(want),
					allowed: 1.01 / float64(len(split.Test.Y)), equal: true}.check(t)
			}
			out := predict(t, split.Test, m)
			worst := 0.0
			for i, row := range r.Posteriors {
				for k, want := range row {
					worst = max(worst, math.Abs(out.At(i, k)-want))
				}
			}
			t.Logf("posteriors differ by %.1e", worst)
			if !(worst <= 1e-6) {
				t.Errorf("posteriors differ by %g", worst)
			}
		})
	}
}
