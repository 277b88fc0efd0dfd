package metric

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// worlds are inputs of each kind, plain and weighted, for laws that hold of all.
func worlds(n int) map[string]Input {
	all := map[string]Input{}
	for name, rows := range map[string]population{"binary": binaryRows, "multiclass": multiclassRows, "regression": regressionRows} {
		for _, weighted := range []bool{false, true} {
			in := rows(rand.New(rand.NewPCG(3, uint64(n))), n, weighted)
			in.Baseline = FitBaseline(in.Kind, in.Classes, in.Actual, in.Weights)
			all[fmt.Sprintf("%s weighted=%t", name, weighted)] = in
		}
	}
	return all
}

// take is the input's rows of the given numbers, in that order; a number may repeat.
func take(in Input, at []int) Input {
	out := in
	out.Actual, out.Predicted = gather(in.Actual, at), gather(in.Predicted, at)
	if in.Weights != nil {
		out.Weights = gather(in.Weights, at)
	}
	if in.Proba != nil {
		out.Proba = mat.NewDense(len(at), in.Classes, nil)
		for to, from := range at {
			out.Proba.SetRow(to, in.Proba.RawRowView(from))
		}
	}
	return out
}

// alike reports whether a and b differ by at most tolerance, relative or absolute, or are both NaN.
func alike(a, b, tolerance float64) bool {
	return math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) <= tolerance*max(1, math.Abs(a), math.Abs(b))
}

// sums are the metrics that add up losses of rows: their last bits depend on the order of the rows.
var sums = []string{"log_loss", "brier_score", "mean_absolute_error", "mean_squared_error", "root_mean_squared_error", "mean_squared_log_error",
	"mean_absolute_percentage_error", "r2_score", "explained_variance"}

func TestOrderOfRowsDoesNotMatter(t *testing.T) {
	for name, in := range worlds(700) {
		want := compute(t, in)
		got := compute(t, take(in, rand.New(rand.NewPCG(5, 6)).Perm(700)))
		for metric, w := range want {
			g := got[metric]
			exact := in.Weights == nil && !slices.Contains(sums, metric)
			if exact && g.Value != w.Value || !alike(g.Value, w.Value, 1e-12) {
				t.Errorf("%s: %s = %v, in another order %v", name, metric, w.Value, g.Value)
			}
			if !alike(g.Low, w.Low, 1e-10) || !alike(g.High, w.High, 1e-10) || !alike(g.Baseline, w.Baseline, 1e-12) {
				t.Errorf("%s: %s: %+v, in another order %+v", name, metric, w, g)
			}
		}
	}
}

func TestWholeWeightsRepeatRows(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for name, in := range worlds(400) {
		in.Weights = make([]float64, 400)
		var at []int
		for i := range in.Weights {
			in.Weights[i] = float64(rng.IntN(4))
			for range int(in.Weights[i]) {
				at = append(at, i)
			}
		}
		in.Baseline = FitBaseline(in.Kind, in.Classes, in.Actual, in.Weights)
		repeated := take(in, at)
		repeated.Weights = nil
		repeated.Baseline = FitBaseline(in.Kind, in.Classes, repeated.Actual, nil)
		want := compute(t, repeated)
		for metric, g := range compute(t, in) {
			w := want[metric]
			if !alike(g.Value, w.Value, 1e-12) || !alike(g.Baseline, w.Baseline, 1e-12) {
				t.Errorf("%s: %s = %v (baseline %v), of repeated rows %v (%v)", name, metric, g.Value, g.Baseline, w.Value, w.Baseline)
			}
		}
	}
}

func TestScaleOfWeightsDoesNotMatter(t *testing.T) {
	for name, in := range worlds(300) {
		want := compute(t, in)
		for _, scale := range []float64{4, 3.7e-9, 1e70} {
			scaled := in
			scaled.Weights = make([]float64, 300)
			for i := range scaled.Weights {
				scaled.Weights[i] = scale
				if in.Weights != nil {
					scaled.Weights[i] *= in.Weights[i]
				}
			}
			for metric, g := range compute(t, scaled) {
				w := want[metric]
				if !alike(g.Value, w.Value, 1e-12) || !alike(g.Low, w.Low, 1e-9) || !alike(g.High, w.High, 1e-9) {
					t.Errorf("%s: %s: %+v, with weights times %g %+v", name, metric, w, scale, g)
				}
			}
		}
	}
}

// withScores is in with the probabilities f(p) of the positive class.
func withScores(in Input, f func(p float64) float64) Input {
	out := in
	n := len(in.Actual)
	out.Proba = mat.NewDense(n, 2, nil)
	for i := 0; i < n; i++ {
		p := f(in.Proba.At(i, in.Positive))
		out.Proba.Set(i, in.Positive, p)
		out.Proba.Set(i, 1-in.Positive, 1-p)
	}
	return out
}

func TestAUCOfReversedScores(t *testing.T) {
	for _, weighted := range []bool{false, true} {
		in := binaryRows(rand.New(rand.NewPCG(9, 1)), 500, weighted)
		in = withScores(in, func(p float64) float64 { return math.Round(p*1024) / 1024 }) // so that 1 - p is exact
		reversed := withScores(in, func(p float64) float64 { return 1 - p })
		other := in // the same question about the other class
		other.Positive = 0
		a, b, c := compute(t, in), compute(t, reversed), compute(t, other)
		if !alike(a["roc_auc"].Value, 1-b["roc_auc"].Value, 1e-14) || !alike(a["gini"].Value, -b["gini"].Value, 1e-13) {
			t.Errorf("auc %v, reversed %v", a["roc_auc"], b["roc_auc"])
		}
		if !alike(a["roc_auc"].Low, 1-b["roc_auc"].High, 1e-12) || !alike(a["ks_statistic"].Value, b["ks_statistic"].Value, 1e-14) {
			t.Errorf("interval %v, reversed %v; ks %v, %v", a["roc_auc"], b["roc_auc"], a["ks_statistic"], b["ks_statistic"])
		}
		if !alike(a["roc_auc"].Value, c["roc_auc"].Value, 1e-14) || !alike(a["roc_auc"].High, c["roc_auc"].High, 1e-12) {
			t.Errorf("auc %v, of the other class %v", a["roc_auc"], c["roc_auc"])
		}
		if a["precision"].Value == c["precision"].Value || a["pr_auc"].Value == c["pr_auc"].Value {
			t.Error("precision and pr_auc must depend on the positive class")
		}
	}
}

func TestRankingMetricsOnlySeeTheOrder(t *testing.T) {
	in := binaryRows(rand.New(rand.NewPCG(9, 2)), 500, true)
	bent := withScores(in, func(p float64) float64 { return p * p * p })
	want, got := compute(t, in), compute(t, bent)
	for _, metric := range []string{"roc_auc", "gini", "pr_auc", "ks_statistic", "lift_at_k", "precision_at_k", "recall_at_k"} {
		if got[metric] != want[metric] && !math.IsNaN(want[metric].Baseline) {
			t.Errorf("%s: %+v, of bent scores %+v", metric, want[metric], got[metric])
		}
	}
	if got["log_loss"].Value == want["log_loss"].Value {
		t.Error("log_loss must see the probabilities themselves")
	}
}

func TestTwoClassesAsMulticlass(t *testing.T) {
	in := binaryRows(rand.New(rand.NewPCG(9, 3)), 500, true)
	in = withScores(in, func(p float64) float64 { return math.Round(p*1024) / 1024 })
	multi := in
	multi.Kind = Multiclass
	a, b := compute(t, in), compute(t, multi)
	for _, metric := range []string{"accuracy", "balanced_accuracy", "mcc", "log_loss", "roc_auc"} {
		if !alike(a[metric].Value, b[metric].Value, 1e-12) || !alike(a[metric].Low, b[metric].Low, 1e-9) {
			t.Errorf("%s: binary %+v, multiclass %+v", metric, a[metric], b[metric])
		}
	}
	if !alike(2*a["brier_score"].Value, b["brier_score"].Value, 1e-12) {
		t.Errorf("brier: binary %v, multiclass %v", a["brier_score"], b["brier_score"])
	}
}

func TestUnitOfTheTarget(t *testing.T) {
	in := regressionRows(rand.New(rand.NewPCG(9, 4)), 500, true)
	in.Baseline = FitBaseline(Regression, 0, in.Actual, in.Weights)
	const unit, shift = 1000.0, 1e5
	scale := func(factor, add float64) map[string]Value {
		out := in
		out.Actual, out.Predicted = make([]float64, 500), make([]float64, 500)
		for i := range out.Actual {
			out.Actual[i], out.Predicted[i] = in.Actual[i]*factor+add, in.Predicted[i]*factor+add
		}
		out.Baseline = FitBaseline(Regression, 0, out.Actual, out.Weights)
		return compute(t, out)
	}
	plain, scaled, shifted := compute(t, in), scale(unit, 0), scale(1, shift)
	for metric, power := range map[string]float64{"mean_absolute_error": 1, "mean_squared_error": 2, "root_mean_squared_error": 1,
		"median_absolute_error": 1, "mean_absolute_percentage_error": 0, "r2_score": 0, "explained_variance": 0} {
		p, s, f := plain[metric], scaled[metric], math.Pow(unit, power)
		for _, pair := range [][2]float64{{p.Value * f, s.Value}, {p.Low * f, s.Low}, {p.High * f, s.High}, {p.Baseline * f, s.Baseline}} {
			if !alike(pair[0], pair[1], 1e-10) {
				t.Errorf("%s: %+v, in another unit %+v", metric, p, s)
			}
		}
		if h := shifted[metric]; metric != "mean_absolute_percentage_error" && !alike(p.Value, h.Value, 1e-9) {
			t.Errorf("%s: %+v, shifted %+v", metric, p, h)
		}
	}
}

// TestBaselineIsTheConstantPrediction: the baseline is the value that Compute finds for a model that always predicts the constant.
func TestBaselineIsTheConstantPrediction(t *testing.T) {
	for name, in := range worlds(300) {
		train := worlds(500)[name]
		in.Baseline = FitBaseline(in.Kind, in.Classes, train.Actual, train.Weights)
		byMedian := []string{"mean_absolute_error", "median_absolute_error", "mean_absolute_percentage_error"}
		for metric, v := range compute(t, in) {
			constant := in
			constant.Predicted = make([]float64, 300)
			for i := range constant.Predicted {
				constant.Predicted[i] = in.Baseline.Mean
				if slices.Contains(byMedian, metric) {
					constant.Predicted[i] = in.Baseline.Median
				}
				if in.Kind != Regression {
					constant.Predicted[i] = float64(slices.Index(in.Baseline.Shares, slices.Max(in.Baseline.Shares)))
				}
			}
			if in.Kind != Regression {
				constant.Proba = mat.NewDense(300, in.Classes, slices.Concat(slices.Repeat(in.Baseline.Shares, 300)))
			}
			if want := compute(t, constant)[metric].Value; !alike(v.Baseline, want, 1e-12) {
				t.Errorf("%s: baseline of %s %v, want %v", name, metric, v.Baseline, want)
			}
		}
	}
}

func TestBaselineOfKnownValue(t *testing.T) {
	in := binaryRows(rand.New(rand.NewPCG(9, 5)), 200, false)
	in.Baseline = Baseline{Shares: []float64{0.6, 0.4}}
	values := compute(t, in)
	positive := 0.0
	for _, y := range in.Actual {
		positive += y / 200
	}
	for metric, want := range map[string]float64{"accuracy": 1 - positive, "balanced_accuracy": 0.5, "precision": math.NaN(), "recall": 0, "f1_score": 0,
		"roc_auc": 0.5, "gini": 0, "pr_auc": positive, "mcc": 0, "ks_statistic": 0, "lift_at_k": 1, "precision_at_k": positive, "recall_at_k": 0.1,
		"brier_score": positive*0.36 + (1-positive)*0.16, "log_loss": -positive*math.Log(0.4) - (1-positive)*math.Log(0.6)} {
		if got := values[metric].Baseline; !alike(got, want, 1e-12) {
			t.Errorf("%s: baseline %v, want %v", metric, got, want)
		}
	}
	in.Baseline = Baseline{}
	for metric, v := range compute(t, in) {
		if !math.IsNaN(v.Baseline) || math.IsNaN(v.Value) {
			t.Errorf("%s without a baseline: %+v", metric, v)
		}
	}
}

func TestFitBaseline(t *testing.T) {
	if b := FitBaseline(Multiclass, 3, []float64{2, 0, 2, 1}, []float64{1, 1, 3, 0}); !slices.Equal(b.Shares, []float64{0.2, 0, 0.8}) || b.majority() != 2 {
		t.Errorf("%+v", b)
	}
	if b := FitBaseline(Binary, 2, []float64{1, 0}, nil); b.majority() != 0 {
		t.Errorf("of equal shares the lowest code is the majority: %+v", b)
	}
	if b := FitBaseline(Regression, 0, []float64{1, 2, 3, 10}, nil); b.Mean != 4 || b.Median != 2.5 {
		t.Errorf("%+v", b)
	}
	if b := FitBaseline(Regression, 0, []float64{1, math.NaN(), 7}, []float64{3, 1, 1}); b.Mean != 2.5 || b.Median != 1 {
		t.Errorf("%+v", b)
	}
	if b := FitBaseline(Regression, 0, nil, nil); !math.IsNaN(b.Mean) || !math.IsNaN(b.Median) {
		t.Errorf("%+v", b)
	}
	if b := FitBaseline(Binary, 2, []float64{math.NaN(), 5, -1, math.Inf(1)}, nil); b.Shares != nil {
		t.Errorf("%+v", b)
	}
}

func TestROCAreaIsAUC(t *testing.T) {
	for _, weighted := range []bool{false, true} {
		in := binaryRows(rand.New(rand.NewPCG(9, 6)), 800, weighted)
		points, err := ROCCurve(in)
		if err != nil {
			t.Fatal(err)
		}
		area := 0.0
		for i, p := range points[1:] {
			before := points[i]
			area += (p.FPR - before.FPR) * (p.TPR + before.TPR) / 2
			if p.FPR < before.FPR || p.TPR < before.TPR || p.Threshold >= before.Threshold {
				t.Errorf("%+v follows %+v", p, before)
			}
		}
		if auc := compute(t, in)["roc_auc"].Value; !alike(area, auc, 1e-12) {
			t.Errorf("area %v, auc %v", area, auc)
		}
		last := points[len(points)-1]
		if points[0].FPR != 0 || points[0].TPR != 0 || !alike(last.FPR, 1, 1e-15) || !alike(last.TPR, 1, 1e-15) || last.FalseNegatives > 1e-9 {
			t.Errorf("ends %+v, %+v", points[0], last)
		}
	}
}

// TestIntervalsAreOfTheDerivatives: a linearised variance is the sum of squared derivatives by the rows' weights. Here the derivatives are found by
// moving each weight a little, and the interval is made from them anew.
func TestIntervalsAreOfTheDerivatives(t *testing.T) {
	const n, step = 120, 1e-5
	forms := map[string]func(value, se float64) (low, high float64){
		"roc_auc": func(v, se float64) (float64, float64) { return wilson(v, v*(1-v)/(se*se)) },
		"pr_auc":  func(v, se float64) (float64, float64) { return wilson(v, v*(1-v)/(se*se)) },
		"mcc": func(v, se float64) (float64, float64) {
			h := z * se / (1 - v*v)
			return math.Tanh(math.Atanh(v) - h), math.Tanh(math.Atanh(v) + h)
		},
		"f1_score":                func(v, se float64) (float64, float64) { return wilson(v, v*(1-v)/(se*se)) }, // multiclass
		"r2_score":                nil,
		"log_loss":                nil,
		"explained_variance":      nil,
		"mean_squared_log_error":  nil,
		"root_mean_squared_error": nil,
	}
	for name, in := range worlds(n) {
		if in.Weights == nil {
			in.Weights = slices.Repeat([]float64{1}, n)
		}
		values := compute(t, in)
		total, total2 := 0.0, 0.0
		for _, w := range in.Weights {
			total += w
			total2 += w * w
		}
		moves := map[string][]float64{}
		for i := range n {
			moved := in
			moved.Weights = slices.Clone(in.Weights)
			moved.Weights[i] = in.Weights[i] * (1 + step)
			up := compute(t, moved)
			moved.Weights[i] = in.Weights[i] * (1 - step)
			down := compute(t, moved)
			for metric := range values {
				moves[metric] = append(moves[metric], (up[metric].Value-down[metric].Value)/(2*step))
			}
		}
		for metric, v := range values {
			form, known := forms[metric]
			if !known || metric == "f1_score" && in.Kind == Binary {
				continue
			}
			variance := 0.0
			for i, m := range moves[metric] {
				f := 1.0
				if metric == "roc_auc" && in.Kind == Binary { // DeLong's sample variances
					side := 0.0
					for _, y := range in.Actual {
						if y == in.Actual[i] {
							side++
						}
					}
					f = side / (side - 1)
				}
				variance += m * m * f
			}
			se := math.Sqrt(variance)
			if form == nil { // log-t
				se *= math.Sqrt(n / (n - 1.0))
				ratio, sign := v.Value, 1.0
				if metric == "r2_score" || metric == "explained_variance" {
					ratio, sign = 1-v.Value, -1
				}
				half := sign * studentT(total*total/total2-1) * se / ratio
				form = func(v, _ float64) (float64, float64) {
					if sign < 0 {
						return 1 - ratio*math.Exp(-half), 1 - ratio*math.Exp(half)
					}
					return v * math.Exp(-half), v * math.Exp(half)
				}
			}
			tolerance := 1e-6
			if metric == "roc_auc" && in.Kind == Multiclass {
				tolerance = 5e-3 // the n / (n-1) of each class is not undone here
			}
			low, high := form(v.Value, se)
			if !alike(v.Low, low, tolerance) || !alike(v.High, high, tolerance) {
				t.Errorf("%s: %s: [%v, %v], from the derivatives [%v, %v]", name, metric, v.Low, v.High, low, high)
			}
		}
	}
}

// TestIntervalsHoldTheirValue on every sort of small and odd input: inside the range, around the value, never infinite.
func TestIntervalsHoldTheirValue(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	for trial := range 4000 {
		n := 1 + rng.IntN(12)
		in := []population{binaryRows, multiclassRows, regressionRows}[trial%3](rng, n, rng.IntN(2) == 0)
		in.Top = []float64{0, 0.05, 0.5, 1}[rng.IntN(4)]
		if rng.IntN(4) == 0 { // perfect, then reversed
			copy(in.Predicted, in.Actual)
			for i := 0; i < n && in.Kind == Binary; i++ {
				y := in.Actual[i]
				if trial%2 == 0 {
					in.Predicted[i] = 1 - y
				}
				in.Proba.SetRow(i, []float64{1 - in.Predicted[i], in.Predicted[i]})
			}
		}
		if in.Kind == Regression && rng.IntN(5) == 0 {
			in.Predicted[0] = []float64{0, -1, 1e308, -1e-308, 1e160}[rng.IntN(5)]
		}
		in.Baseline = FitBaseline(in.Kind, in.Classes, in.Actual, in.Weights)
		for metric, v := range compute(t, in) {
			for _, x := range []float64{v.Value, v.Low, v.High, v.Baseline} {
				if math.IsInf(x, 0) || x < v.Metric.Min || x > v.Metric.Max {
					t.Fatalf("trial %d: %s: %+v out of range; input %+v", trial, metric, v, in)
				}
			}
			if v.Low > v.Value || v.High < v.Value || math.IsNaN(v.Value) && !(math.IsNaN(v.Low) && math.IsNaN(v.High)) {
				t.Fatalf("trial %d: %s: %+v does not hold its value; input %+v", trial, metric, v, in)
			}
			if v.Rows != n {
				t.Fatalf("%d rows of %d", v.Rows, n)
			}
		}
	}
}

func TestOrder(t *testing.T) {
	for _, n := range []int{0, 1, 2, 100, 2*block + 7} {
		rng := rand.New(rand.NewPCG(13, uint64(n)))
		values := make([]float64, n)
		for i := range values {
			values[i] = math.Ldexp(float64(rng.IntN(n/3+1)-n/6), rng.IntN(40)-20) // many ties, both signs
		}
		if n == 100 {
			copy(values, []float64{0, math.Copysign(0, -1), math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, -math.SmallestNonzeroFloat64, 0})
		}
		want := make([]int32, n)
		for i := range want {
			want[i] = int32(i)
		}
		slices.SortStableFunc(want, func(a, b int32) int { return cmp.Compare(values[a], values[b]) })
		if got := order(values, func() bool { return false }); !slices.Equal(got, want) {
			t.Errorf("the order of %d values is wrong", n)
		}
	}
}

func TestComputeStopsWithItsContext(t *testing.T) {
	in := binaryRows(rand.New(rand.NewPCG(9, 7)), block+1000, false)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if values, err := Compute(ctx, For(Binary), in); err != context.Canceled || values != nil {
		t.Errorf("%v, %v", values, err)
	}
	// Also when it ends at any later look: no result is ever a half one.
	for looks := 0; looks < 200; looks += 7 {
		c := &endsAfter{Context: context.Background(), looks: looks}
		if values, err := Compute(c, For(Binary), in); err == nil && len(values) != len(For(Binary)) || err != nil && err != context.Canceled {
			t.Fatalf("after %d looks: %v, %v", looks, values, err)
		}
	}
}

// endsAfter is a context that ends after it was asked a number of times.
type endsAfter struct {
	context.Context
	looks int
}

func (c *endsAfter) Err() error {
	if c.looks--; c.looks < 0 {
		return context.Canceled
	}
	return nil
}
