package metric

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// clusteringRows are rows of three clusters in the plane, a little apart.
func clusteringRows(rng *rand.Rand, n int, weighted bool) Input {
	in := Input{Kind: Clustering, Classes: 3, X: mat.NewDense(n, 2, nil), Centres: mat.NewDense(3, 2, []float64{0, 0, 4, 0, 0, 4})}
	for i := range n {
		k := rng.IntN(3)
		in.Predicted = append(in.Predicted, float64(k))
		in.X.SetRow(i, []float64{in.Centres.At(k, 0) + rng.NormFloat64(), in.Centres.At(k, 1) + rng.NormFloat64()})
		if weighted {
			in.Weights = append(in.Weights, float64(rng.IntN(4)))
		}
	}
	return in
}

// aloneWorlds are inputs of each kind without a target, plain and with whole weights, some of them 0.
func aloneWorlds(n int) map[string]Input {
	out := map[string]Input{}
	for name, rows := range map[string]population{"clustering": clusteringRows, "anomaly": anomalyRows, "projection": projectionRows} {
		rng := rand.New(rand.NewPCG(31, uint64(n)))
		out[name] = rows(rng, n, false)
		in := rows(rng, n, false)
		for range n {
			in.Weights = append(in.Weights, float64(rng.IntN(4)))
		}
		out[name+" weighted"] = in
	}
	return out
}

// takeAlone is the input's rows of the given numbers, in that order; a number may repeat.
func takeAlone(in Input, at []int) Input {
	out := in
	if in.Predicted != nil {
		out.Predicted = gather(in.Predicted, at)
	}
	if in.Weights != nil {
		out.Weights = gather(in.Weights, at)
	}
	if in.X != nil {
		_, p := in.X.Dims()
		out.X = mat.NewDense(len(at), p, nil)
		for to, from := range at {
			out.X.SetRow(to, in.X.RawRowView(from))
		}
	}
	if in.Restore != nil {
		out.Restore = restoreFrom(out.X)
	}
	return out
}

func TestWholeWeightsRepeatRowsWithoutTarget(t *testing.T) {
	for name, in := range aloneWorlds(700) {
		if in.Weights == nil {
			continue
		}
		var at []int
		for i, w := range in.Weights {
			for range int(w) {
				at = append(at, i)
			}
		}
		repeated := takeAlone(in, at)
		repeated.Weights = nil
		want := compute(t, repeated)
		for metric, g := range compute(t, in) {
			if w := want[metric]; !alike(g.Value, w.Value, 1e-12) || !alike(g.Baseline, w.Baseline, 1e-12) {
				t.Errorf("%s: %s = %v (baseline %v), of repeated rows %v (%v)", name, metric, g.Value, g.Baseline, w.Value, w.Baseline)
			}
		}
	}
}

func TestOrderOfRowsDoesNotMatterWithoutTarget(t *testing.T) {
	for name, in := range aloneWorlds(700) {
		want := compute(t, in)
		got := compute(t, takeAlone(in, rand.New(rand.NewPCG(5, 6)).Perm(700)))
		for metric, w := range want {
			g := got[metric]
			if !alike(g.Value, w.Value, 1e-12) || !alike(g.Low, w.Low, 1e-10) || !alike(g.High, w.High, 1e-10) || !alike(g.Baseline, w.Baseline, 1e-12) {
				t.Errorf("%s: %s: %+v, in another order %+v", name, metric, w, g)
			}
			if math.IsNaN(w.Value) || w.Low > w.Value || w.High < w.Value {
				t.Errorf("%s: %s: %+v", name, metric, w)
			}
		}
	}
}

// TestClusteringIsMeasuredByItsFunctions: what Compute finds is what the functions for groups of rows do.
func TestClusteringIsMeasuredByItsFunctions(t *testing.T) {
	in := clusteringRows(rand.New(rand.NewPCG(33, 1)), 400, true)
	g := Grouping{X: in.X, Groups: 3, Weights: in.Weights}
	for _, k := range in.Predicted {
		g.Group = append(g.Group, int32(k))
	}
	values := compute(t, in)
	ctx := context.Background()
	for name, f := range map[string]func() (Value, error){
		"silhouette":            func() (Value, error) { return Silhouette(ctx, g) },
		"davies_bouldin_index":  func() (Value, error) { return DaviesBouldin(ctx, g) },
		"mean_squared_distance": func() (Value, error) { return MeanSquaredDistance(ctx, g, in.Centres) },
	} {
		want, err := f()
		if err != nil {
			t.Fatal(err)
		}
		got := values[name]
		if got.Value != want.Value || got.Rows != want.Rows || !alike(got.Low, want.Low, 0) || !alike(got.High, want.High, 0) || !alike(got.Baseline, want.Baseline, 0) || got.Metric == nil {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
	if d := values["mean_squared_distance"]; !(d.Value < d.Baseline/2) {
		t.Errorf("three clusters that are apart are no better than one: %+v", d)
	}
}

// TestExplainedVarianceRatioOfKnownValue: an orthogonal projection keeps the variance of what it keeps over that of all, whatever the mean that it restores with.
func TestExplainedVarianceRatioOfKnownValue(t *testing.T) {
	rng := rand.New(rand.NewPCG(34, 1))
	const n, p = 3*restored + 11, 5
	x, variance := mat.NewDense(n, p, nil), make([]float64, p)
	for i := range n {
		for j := range p {
			x.Set(i, j, 10+float64(j+1)*rng.NormFloat64())
		}
	}
	for j := range p {
		mean := 0.0
		for i := range n {
			mean += x.At(i, j) / n
		}
		for i := range n {
			variance[j] += square(x.At(i, j)-mean) / n
		}
	}
	for _, centre := range []float64{10, 0, -1e3} {
		in := Input{Kind: Projection, X: x, Outputs: 2, Restore: func(from int, y *mat.Dense) error {
			m, _ := y.Dims()
			for i := range m {
				y.SetRow(i, []float64{centre, centre, x.At(from+i, 2), centre, x.At(from+i, 4)})
			}
			return nil
		}}
		want := (variance[2] + variance[4]) / (variance[0] + variance[1] + variance[2] + variance[3] + variance[4])
		if v := compute(t, in)["explained_variance_ratio"]; !alike(v.Value, want, 1e-10) || v.Baseline != 2.0/5 || v.Rows != n {
			t.Errorf("restored with %g: %+v, want %g", centre, v, want)
		}
	}
}

func TestUndefinedWithoutTarget(t *testing.T) {
	x := mat.NewDense(3, 1, []float64{0.1, 0.1, 0.1})
	same := func(_ int, y *mat.Dense) error { y.Copy(x); return nil }
	for _, c := range []struct {
		metric          string
		in              Input
		value, baseline float64
	}{
		{"silhouette", Input{Kind: Clustering, Classes: 2, Predicted: []float64{1, 1, 1}, X: x}, math.NaN(), math.NaN()},
		{"davies_bouldin_index", Input{Kind: Clustering, Classes: 2, Predicted: []float64{1, 1, 1}, X: x}, math.NaN(), math.NaN()},
		{"mean_squared_distance", Input{Kind: Clustering, Classes: 1, Predicted: []float64{0, 0, 0}, X: x}, 0, 0},
		{"explained_variance_ratio", Input{Kind: Projection, Outputs: 1, X: x, Restore: same}, math.NaN(), 1},
		{"explained_variance_ratio", Input{Kind: Projection, Outputs: 1, X: mat.NewDense(2, 2, []float64{1, 2, 3, 4})}, math.NaN(), 0.5},
		{"anomaly_rate", Input{Kind: Anomaly, Predicted: []float64{0, 0}}, 0, math.NaN()},
		{"anomaly_rate", Input{Kind: Anomaly, Predicted: []float64{1, 0}, Weights: []float64{1, 0}}, 1, math.NaN()},
	} {
		v := compute(t, c.in)[c.metric]
		if !alike(v.Value, c.value, 1e-15) || !alike(v.Baseline, c.baseline, 1e-15) || v.Low > v.Value || v.High < v.Value {
			t.Errorf("%s of %+v: %+v, want %v beside %v", c.metric, c.in, v, c.value, c.baseline)
		}
	}
	if b := FitBaseline(Clustering, 3, nil, nil); b.Shares != nil || !math.IsNaN(b.Mean) || !math.IsNaN(b.Median) {
		t.Errorf("a baseline without a target: %+v", b)
	}
}

func TestWrongInputWithoutTarget(t *testing.T) {
	x := mat.NewDense(2, 2, []float64{1, 2, 3, 4})
	ends := errors.New("cannot")
	for _, c := range []struct {
		in   Input
		want string
	}{
		{Input{Kind: Clustering, Classes: 2, X: x}, "no rows to measure"},
		{Input{Kind: Clustering, Classes: 2, X: x, Predicted: []float64{0, 2}}, "whole number from 0 to 1"},
		{Input{Kind: Clustering, Classes: 2, X: x, Predicted: []float64{0, 1, 1}}, "2 rows of features but 3 group numbers"},
		{Input{Kind: Anomaly}, "no rows to measure"},
		{Input{Kind: Anomaly, Predicted: []float64{0.5}}, "whole number from 0 to 1"},
		{Input{Kind: Anomaly, Predicted: []float64{1, 0}, Weights: []float64{1}}, "2 rows but 1 row weights"},
		{Input{Kind: Projection, Outputs: 1}, "no rows to measure"},
		{Input{Kind: Projection, Outputs: 1, X: x, Weights: []float64{0, 0}}, "all 2 row weights are 0"},
		{Input{Kind: Projection, Outputs: 1, X: x, Restore: func(int, *mat.Dense) error { return ends }}, "cannot"},
	} {
		if _, err := Compute(context.Background(), For(c.in.Kind), c.in); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want %q", c.in, err, c.want)
		}
	}
}

func TestEndsWithoutTarget(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for name, in := range aloneWorlds(700) {
		if _, err := Compute(ctx, For(in.Kind), in); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
