package quality

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/params"
)

// discriminantReference is one line of tests/reference/quality/expected_discriminant.json.
type discriminantReference struct {
	Set, Target   string
	Settings      map[string]string
	Rows, Columns int
	Metrics       map[string]float64
	Posteriors    [][]float64 // of the first test rows
}

// TestDiscriminantAnalysisAgainstScikitLearn: nothing is drawn and the formula is the same, so posteriors are within 1e-6 and metrics within a row.
func TestDiscriminantAnalysisAgainstScikitLearn(t *testing.T) {
	references := readReferences[*discriminantReference](t, "quality/expected_discriminant.json", 13)
	for _, r := range references {
		t.Run(fmt.Sprint(r.Set, r.Settings), func(t *testing.T) {
			split, err := Load("../data", r.Set, r.Target, true)
			if err != nil {
				t.Fatal(err)
			}
			if n, p := split.Train.Dims(); n != r.Rows || p != r.Columns {
				t.Fatalf("%d x %d training matrix, the reference has %d x %d", n, p, r.Rows, r.Columns)
			}
			task := learners.Binary
			if len(split.Train.Classes) > 2 {
				task = learners.Multiclass
			}
			var given []params.Setting
			for name, value := range r.Settings {
				given = append(given, params.Setting{Name: name, Value: value})
			}
			m := fitNamed(t, "discriminant_analysis", task, split.Train, given...)
			got := measure(t, split.Test, m)
			for name, want := range r.Metrics {
				t.Logf("%s %.6f, scikit-learn %.6f", name, got[name], want)
				if math.Abs(got[name]-want) > 1.01/float64(len(split.Test.Y)) {
					t.Errorf("%s %.6f, scikit-learn has %.6f", name, got[name], want)
				}
			}
			n, _ := split.Test.Dims()
			out := mat.NewDense(n, len(split.Test.Classes), nil)
			if err := m.Predict(split.Test.X, out); err != nil {
				t.Fatal(err)
			}
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
