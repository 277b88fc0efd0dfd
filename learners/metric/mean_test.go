package metric

import (
	"context"
	"math"
	"testing"
)

// TestMeanOfTargets: the mean of values, baselines and interval ends; of one value itself; nothing where one value is missing, and an interval that holds the value.
func TestMeanOfTargets(t *testing.T) {
	r2, _ := Lookup("r2_score")
	a, b := Value{r2, 0.5, 0.4, 0.6, -0.1, 90}, Value{r2, 0.9, 0.7, 0.95, 0, 90}
	got := Mean([]Value{a, b})
	want := Value{r2, 0.7, 0.55, 0.775, -0.05, 90}
	for _, x := range [][2]float64{{got.Value, want.Value}, {got.Low, want.Low}, {got.High, want.High}, {got.Baseline, want.Baseline}} {
		if math.Abs(x[0]-x[1]) > 1e-15 || got.Rows != 90 || got.Metric != r2 {
			t.Errorf("the mean of %+v and %+v is %+v", a, b, got)
			break
		}
	}
	if got := Mean([]Value{a}); got != a {
		t.Errorf("the mean of one value is %+v", got)
	}
	b.Value, b.Low, b.High, b.Baseline = math.NaN(), math.NaN(), math.NaN(), math.NaN()
	if got := Mean([]Value{a, b}); !math.IsNaN(got.Value) || !math.IsNaN(got.Low) || !math.IsNaN(got.High) || !math.IsNaN(got.Baseline) {
		t.Errorf("the mean of a value and none is %+v", got)
	}
	b = a
	b.Low, b.High = math.NaN(), math.NaN() // one row tells nothing about spread
	if got := Mean([]Value{a, b}); got.Value != 0.5 || !math.IsNaN(got.Low) || !math.IsNaN(got.High) {
		t.Errorf("the mean of a value and one without an interval is %+v", got)
	}
	a.Value, a.Low, a.High = math.MaxFloat64, math.MaxFloat64, math.MaxFloat64
	if got := Mean([]Value{a, a}); got.Value != math.MaxFloat64 || got.High != math.MaxFloat64 {
		t.Errorf("the mean of two large values is %+v", got)
	}
}

// TestMeanIntervalIsNotTooNarrow: of two targets whose errors are the same the mean's interval is theirs, which is the widest that a mean can need.
func TestMeanIntervalIsNotTooNarrow(t *testing.T) {
	actual, predicted := []float64{1, 2, 3, 4, 5, 6, 7, 8}, []float64{1.5, 1.8, 3.9, 4, 4.2, 6.6, 7, 8.3}
	values, err := Compute(context.Background(), For(Regression), Input{Kind: Regression, Actual: actual, Predicted: predicted, Baseline: FitBaseline(Regression, 0, actual, nil)})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range values {
		if got := Mean([]Value{v, v}); got.Low != v.Low || got.High != v.High || got.Value != v.Value {
			t.Errorf("%s: twice %+v is %+v", v.Metric.Name, v, got)
		}
	}
}
