package metric

import (
	"context"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

func TestListIsComplete(t *testing.T) {
	dialect := "accuracy balanced_accuracy precision recall f1_score log_loss roc_auc pr_auc mcc brier_score ks_statistic gini lift_at_k " +
		"precision_at_k recall_at_k mean_absolute_error mean_squared_error root_mean_squared_error mean_squared_log_error median_absolute_error " +
		"mean_absolute_percentage_error r2_score explained_variance silhouette davies_bouldin_index mean_squared_distance anomaly_rate explained_variance_ratio"
	for _, name := range strings.Fields(dialect) {
		if m, ok := Lookup(strings.ToUpper(name)); !ok || m.Name != name {
			t.Errorf("no metric %s", name)
		}
	}
	for alias, name := range map[string]string{"f1": "f1_score", "AUC": "roc_auc", "mae": "mean_absolute_error", "mse": "mean_squared_error",
		"rmse": "root_mean_squared_error", "mape": "mean_absolute_percentage_error", "r2": "r2_score", "ap": "pr_auc", "ks": "ks_statistic"} {
		if m, ok := Lookup(alias); !ok || m.Name != name {
			t.Errorf("alias %s is not %s", alias, name)
		}
	}
	if m, ok := Lookup("auroc "); ok || m != nil {
		t.Errorf("found %v", m)
	}
	seen := map[string]bool{}
	for _, m := range All() {
		for _, name := range append([]string{m.Name}, m.Aliases...) {
			if seen[name] || name == "" || name != strings.ToLower(name) {
				t.Errorf("%s: the name %q is empty, not lower-case or taken", m.Name, name)
			}
			seen[name] = true
		}
		if m.Doc == "" || m.Interval == "" || len(m.Tasks) == 0 || (m.measure == nil) == (m.alone == nil) || !(m.Min < m.Max) {
			t.Errorf("%s is not declared in full", m.Name)
		}
	}
	for kind, count := range map[Kind]int{Binary: 15, Multiclass: 10, Regression: 8, Clustering: 3, Anomaly: 1, Projection: 1} {
		of := For(kind)
		if len(of) != count {
			t.Errorf("%s has %d metrics", kind, len(of))
		}
		if h := Headline(kind); !h.Supports(kind) || h.HigherIsBetter == (kind == Anomaly) {
			t.Errorf("headline of %s: %s", kind, h.Name)
		}
	}
}

func TestWithoutProbabilities(t *testing.T) {
	values := compute(t, Input{Kind: Binary, Classes: 2, Positive: 1, Actual: []float64{0, 1, 1}, Predicted: []float64{0, 1, 0}})
	for name, v := range values {
		if v.Metric.NeedsProba != math.IsNaN(v.Value) {
			t.Errorf("%s = %v", name, v.Value)
		}
	}
}

func TestUndefined(t *testing.T) {
	nan := math.NaN()
	proba := func(p ...float64) *mat.Dense {
		m := mat.NewDense(len(p), 2, nil)
		for i, x := range p {
			m.SetRow(i, []float64{1 - x, x})
		}
		return m
	}
	for _, c := range []struct {
		metric string
		in     Input
		want   float64
	}{
		{"roc_auc", Input{Actual: []float64{1, 1}, Predicted: []float64{1, 0}, Proba: proba(0.7, 0.2)}, nan},
		{"precision", Input{Actual: []float64{1, 0}, Predicted: []float64{0, 0}}, nan},
		{"recall", Input{Actual: []float64{0, 0}, Predicted: []float64{0, 1}}, nan},
		{"f1_score", Input{Actual: []float64{0, 0}, Predicted: []float64{0, 0}}, nan},
		{"f1_score", Input{Actual: []float64{0, 1}, Predicted: []float64{0, 0}}, 0},
		{"mcc", Input{Actual: []float64{0, 1}, Predicted: []float64{0, 0}}, 0},
		{"mcc", Input{Actual: []float64{0, 1, 0, 0}, Predicted: []float64{0, 0, 0, 0}, Weights: []float64{0.1, 0.2, 0.3, 0.7}}, 0},
		{"lift_at_k", Input{Actual: []float64{0, 0}, Predicted: []float64{0, 0}, Proba: proba(0.7, 0.2)}, nan},
		{"precision_at_k", Input{Actual: []float64{0, 0}, Predicted: []float64{0, 0}, Proba: proba(0.7, 0.2)}, 0},
		{"log_loss", Input{Actual: []float64{0}, Predicted: []float64{1}, Proba: proba(1)}, 52 * math.Ln2},
		{"r2_score", Input{Kind: Regression, Actual: []float64{0.1, 0.1, 0.1}, Predicted: []float64{0.1, 0.1, 0.1}}, nan},
		{"explained_variance", Input{Kind: Regression, Actual: []float64{0.1, 0.1, 0.1}, Predicted: []float64{0, 1, 2}}, nan},
		{"mean_absolute_percentage_error", Input{Kind: Regression, Actual: []float64{0, 1}, Predicted: []float64{1, 1}}, nan},
		{"mean_absolute_percentage_error", Input{Kind: Regression, Actual: []float64{0, 2}, Predicted: []float64{1, 1}, Weights: []float64{0, 1}}, 0.5},
		{"mean_squared_log_error", Input{Kind: Regression, Actual: []float64{1, 1}, Predicted: []float64{-1, 1}}, nan},
		{"mean_squared_error", Input{Kind: Regression, Actual: []float64{1e200, 1}, Predicted: []float64{-1e200, 1}}, nan},
	} {
		if c.in.Kind == 0 {
			c.in.Kind, c.in.Classes, c.in.Positive = Binary, 2, 1
		}
		if v := compute(t, c.in)[c.metric]; !alike(v.Value, c.want, 1e-12) || v.Low > v.Value || v.High < v.Value {
			t.Errorf("%s of %+v: %+v, want %v", c.metric, c.in, v, c.want)
		}
	}
}

func TestPerfectIsNotSure(t *testing.T) {
	in := Input{Kind: Binary, Classes: 2, Positive: 1, Proba: mat.NewDense(100, 2, nil)}
	for i := range 100 {
		y := float64(i % 2)
		in.Actual, in.Predicted = append(in.Actual, y), append(in.Predicted, y)
		in.Proba.SetRow(i, []float64{1 - y, y})
	}
	in.Baseline = FitBaseline(Binary, 2, in.Actual, nil)
	values := compute(t, in)
	for _, name := range []string{"accuracy", "balanced_accuracy", "precision", "recall", "f1_score", "roc_auc", "pr_auc", "mcc", "ks_statistic", "gini"} {
		if v := values[name]; v.Value != 1 || v.High != 1 || v.Low > 0.97 || v.Low < 0.8 {
			t.Errorf("%s of 100 perfect rows: %+v", name, v)
		}
	}
	for i, y := range in.Actual {
		in.Predicted[i] = 1 - y
	}
	if v := compute(t, in)["mcc"]; v.Value != -1 || v.Low != -1 || v.High < -0.97 || v.High > -0.8 {
		t.Errorf("mcc of 100 reversed rows: %+v", v)
	}
}

// TestTopShare: ten rows, the head of three holds two positives and a half of a tie.
func TestTopShare(t *testing.T) {
	in := Input{Kind: Binary, Classes: 2, Positive: 1, Top: 0.3,
		Actual: []float64{1, 1, 0, 0, 1, 0, 0, 0, 0, 0}, Predicted: make([]float64, 10), Proba: mat.NewDense(10, 2, nil)}
	for i, p := range []float64{0.9, 0.8, 0.7, 0.6, 0.7, 0.3, 0.3, 0.2, 0.1, 0} {
		in.Proba.SetRow(i, []float64{1 - p, p})
	}
	values := compute(t, in)
	for name, want := range map[string]float64{"precision_at_k": 2.5 / 3, "recall_at_k": 2.5 / 3, "lift_at_k": 2.5 / 3 / 0.3} {
		if got := values[name].Value; !alike(got, want, 1e-12) {
			t.Errorf("%s = %v, want %v", name, got, want)
		}
	}
	in.Top = 1
	if v := compute(t, in)["lift_at_k"]; v.Value != 1 {
		t.Errorf("lift of all rows: %+v", v)
	}
}

func TestConfusionCells(t *testing.T) {
	in := Input{Kind: Multiclass, Classes: 100_000, Actual: []float64{7, 99_999, 7, 7, 3}, Predicted: []float64{7, 7, 0, 7, 3}, Weights: []float64{1, 2, 1, 2, 0}}
	got, err := ConfusionCells(in)
	if err != nil {
		t.Fatal(err)
	}
	want := []ConfusionCell{{7, 0, 1, 1, 0.25}, {7, 7, 2, 3, 0.75}, {99_999, 7, 1, 2, 1}}
	if len(got) != len(want) {
		t.Fatalf("%+v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("cell %d: %+v, want %+v", i, got[i], want[i])
		}
	}
	if _, err := ConfusionMatrix(in); err == nil || !strings.Contains(err.Error(), "100000 classes") {
		t.Errorf("matrix: %v", err)
	}
	if _, err := ConfusionMatrix(Input{Kind: Regression, Actual: []float64{1}, Predicted: []float64{1}}); err == nil {
		t.Error("a confusion matrix of a regression")
	}
}

func TestBadInput(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	binary := func(change func(in *Input)) Input {
		in := Input{Kind: Binary, Classes: 2, Positive: 1, Actual: []float64{0, 1}, Predicted: []float64{0, 1},
			Proba: mat.NewDense(2, 2, []float64{0.9, 0.1, 0.2, 0.8})}
		change(&in)
		return in
	}
	number := func(change func(in *Input)) Input {
		in := Input{Kind: Regression, Actual: []float64{0, 1}, Predicted: []float64{0, 1}}
		change(&in)
		return in
	}
	for _, c := range []struct {
		in   Input
		want string
	}{
		{Input{}, "unknown kind"},
		{Input{Kind: Regression}, "no rows to measure"},
		{number(func(in *Input) { in.Predicted = nil }), "2 actual values but 0 predictions"},
		{number(func(in *Input) { in.Weights = []float64{1} }), "2 rows but 1 row weights"},
		{number(func(in *Input) { in.Weights = []float64{1, -2} }), "row 2 has the weight -2"},
		{number(func(in *Input) { in.Weights = []float64{nan, 1} }), "row 1 has the weight NaN"},
		{number(func(in *Input) { in.Weights = []float64{inf, 1} }), "row 1 has the weight +Inf"},
		{number(func(in *Input) { in.Weights = []float64{0, 0} }), "all 2 row weights are 0"},
		{number(func(in *Input) { in.Weights = []float64{1e300, 1} }), "too large or too small"},
		{number(func(in *Input) { in.Weights = []float64{1e-300, 1e-300} }), "too large or too small"},
		{number(func(in *Input) { in.Actual[1] = nan }), "row 2 has the actual value NaN"},
		{number(func(in *Input) { in.Predicted[0] = inf }), "row 1 has the prediction +Inf"},
		{number(func(in *Input) { in.Top = 1.5 }), "got 1.5"},
		{number(func(in *Input) { in.Top = nan }), "got NaN"},
		{binary(func(in *Input) { in.Classes = 3 }), "2 classes, got 3"},
		{binary(func(in *Input) { in.Kind, in.Classes = Multiclass, 1 }), "at least 2 classes, got 1"},
		{binary(func(in *Input) { in.Positive = 2 }), "must be 0 or 1, got 2"},
		{binary(func(in *Input) { in.Actual[0] = 2 }), "row 1 has the actual class 2: it must be a whole number from 0 to 1"},
		{binary(func(in *Input) { in.Actual[0] = 0.5 }), "actual class 0.5"},
		{binary(func(in *Input) { in.Actual[1] = nan }), "actual class NaN"},
		{binary(func(in *Input) { in.Predicted[1] = -1 }), "predicted class -1"},
		{binary(func(in *Input) { in.Proba = mat.NewDense(1, 2, []float64{1, 0}) }), "1 x 2, but there are 2 rows and 2 classes"},
		{binary(func(in *Input) { in.Proba.Set(1, 0, nan) }), "row 2 has the probability NaN for class 0"},
		{binary(func(in *Input) { in.Proba.Set(1, 0, 1.2) }), "row 2 has the probability 1.2"},
		{binary(func(in *Input) { in.Proba.Set(0, 0, 0.5) }), "probabilities of row 1 sum to 0.6"},
	} {
		_, err := Compute(context.Background(), nil, c.in)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want ... %s ...", err, c.want)
		} else if _, ok := err.(*InputError); !ok {
			t.Errorf("%T: %v", err, err)
		}
	}
	r2, _ := Lookup("r2")
	for _, metrics := range [][]*Metric{{r2}, {nil}} {
		if _, err := Compute(context.Background(), metrics, binary(func(*Input) {})); err == nil || !strings.Contains(err.Error(), "choose of accuracy, ") {
			t.Errorf("error %v", err)
		}
	}
	for _, in := range []Input{
		number(func(*Input) {}),
		binary(func(in *Input) { in.Proba = nil }),
		binary(func(in *Input) { in.Actual[0] = 1 }),
		binary(func(in *Input) { in.Actual = nil }),
	} {
		if points, err := ROCCurve(in); err == nil {
			t.Errorf("a ROC curve of %+v: %+v", in, points)
		}
	}
}
