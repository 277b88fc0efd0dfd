package metric

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// referenceCase is one case of tests/reference/metric/cases.json; its README says where the numbers come from.
type referenceCase struct {
	Name              string
	Kind              string
	Classes           int
	Actual, Predicted []float64
	Proba             [][]float64
	Weights           []float64
	Values            map[string]*float64
	Intervals         map[string][2]*float64
	Confusion         [][]float64
	ROC               [][3]*float64
	DeLongVariance    *float64 `json:"delong_variance"`
}

func referenceCases(t *testing.T) []referenceCase {
	t.Helper()
	text, err := os.ReadFile("../../tests/reference/metric/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []referenceCase
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < 20 {
		t.Fatalf("only %d cases", len(cases))
	}
	return cases
}

func (c *referenceCase) input() Input {
	in := Input{Actual: c.Actual, Predicted: c.Predicted, Weights: c.Weights, Classes: c.Classes, Positive: 1}
	in.Kind = map[string]Kind{"binary": Binary, "multiclass": Multiclass, "regression": Regression}[c.Kind]
	if c.Proba != nil {
		in.Proba = mat.NewDense(len(c.Proba), c.Classes, nil)
		for i, p := range c.Proba {
			in.Proba.SetRow(i, p)
		}
	}
	in.Baseline = FitBaseline(in.Kind, in.Classes, in.Actual, in.Weights)
	return in
}

// near reports whether got is want to within tolerance, relative or absolute; a nil want is NaN.
func near(got float64, want *float64, tolerance float64) bool {
	if want == nil {
		return math.IsNaN(got)
	}
	return math.Abs(got-*want) <= tolerance*max(1, math.Abs(*want))
}

func show(x *float64) float64 {
	if x == nil {
		return math.NaN()
	}
	return *x
}

// compute measures all metrics of the kind, or fails the test.
func compute(t *testing.T, in Input) map[string]Value {
	t.Helper()
	values, err := Compute(context.Background(), For(in.Kind), in)
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]Value{}
	for _, v := range values {
		byName[v.Metric.Name] = v
	}
	return byName
}

func TestReferenceValues(t *testing.T) {
	compared := map[string]int{}
	for _, c := range referenceCases(t) {
		t.Run(c.Name, func(t *testing.T) {
			values := compute(t, c.input())
			if len(c.Values) != len(values) {
				t.Errorf("%d metrics, but the reference has %d", len(values), len(c.Values))
			}
			for name, want := range c.Values {
				got, ok := values[name]
				if !ok {
					t.Errorf("no metric %s", name)
				} else if !near(got.Value, want, 1e-9) {
					t.Errorf("%s = %.15g, want %.15g", name, got.Value, show(want))
				}
				if want != nil {
					compared[name]++
				}
			}
			for name, want := range c.Intervals {
				got := values[name]
				if !near(got.Low, want[0], 1e-9) || !near(got.High, want[1], 1e-9) {
					t.Errorf("interval of %s = [%.15g, %.15g], want [%.15g, %.15g]", name, got.Low, got.High, show(want[0]), show(want[1]))
				}
			}
		})
	}
	for _, m := range All() {
		if m.alone == nil && compared[m.Name] < 3 {
			t.Errorf("%s is compared %d times only", m.Name, compared[m.Name])
		}
	}
}

func TestReferenceConfusion(t *testing.T) {
	for _, c := range referenceCases(t) {
		if c.Confusion == nil {
			continue
		}
		got, err := ConfusionMatrix(c.input())
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != c.Classes {
			t.Fatalf("%s: %d rows", c.Name, len(got))
		}
		for a := range got {
			for p := range got[a] {
				if !near(got[a][p], &c.Confusion[a][p], 1e-12) {
					t.Errorf("%s: cell %d, %d = %g, want %g", c.Name, a, p, got[a][p], c.Confusion[a][p])
				}
			}
		}
	}
}

func TestReferenceROC(t *testing.T) {
	for _, c := range referenceCases(t) {
		if c.ROC == nil {
			continue
		}
		got, err := ROCCurve(c.input())
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != len(c.ROC) {
			t.Errorf("%s: %d points, want %d", c.Name, len(got), len(c.ROC))
			continue
		}
		for i, want := range c.ROC {
			if !near(got[i].Threshold, want[0], 0) || !near(got[i].FPR, want[1], 1e-12) || !near(got[i].TPR, want[2], 1e-12) {
				t.Errorf("%s: point %d = %+v, want %g %g %g", c.Name, i, got[i], show(want[0]), show(want[1]), show(want[2]))
			}
		}
	}
}

func TestReferenceDeLong(t *testing.T) {
	compared := 0
	for _, c := range referenceCases(t) {
		if c.DeLongVariance == nil {
			continue
		}
		compared++
		r, err := newRows(context.Background(), c.input())
		if err != nil {
			t.Fatal(err)
		}
		g := r.ranking(1)
		move := aucMoves(g, g.auc())
		variance := 0.0
		for i := 0; i < r.n; i++ {
			variance += square(move(i))
		}
		if !near(variance, c.DeLongVariance, 1e-12) {
			t.Errorf("%s: variance %.15g, want %.15g", c.Name, variance, *c.DeLongVariance)
		}
	}
	if compared < 5 {
		t.Errorf("only %d cases", compared)
	}
}
