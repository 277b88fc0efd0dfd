package boosting

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
)

func TestQuantile(t *testing.T) {
	for _, c := range []struct {
		values []weighted
		q      float64
		want   float64
	}{
		{[]weighted{{3, 1}, {1, 1}, {2, 1}}, 0.5, 2},
		{[]weighted{{3, 1}, {1, 1}, {2, 1}, {10, 1}}, 0.5, 2.5},
		{[]weighted{{3, 1}, {1, 3}}, 0.5, 1},
		{[]weighted{{3, 2}, {1, 2}, {2, 0}}, 0.5, 2},
		{[]weighted{{3, 1}, {1, 1}, {2, 1}, {10, 1}}, 0.9, 10},
		{[]weighted{{5, 1}}, 0.1, 5},
	} {
		text := fmt.Sprint(c.values)
		if got := quantile(c.values, c.q); got != c.want {
			t.Errorf("quantile %v of %s is %v, want %v", c.q, text, got, c.want)
		}
	}
}

func TestQuantilesCoverTheirShare(t *testing.T) {
	e := regression(3000, 9, 1)
	for _, q := range []string{"0.1", "0.5", "0.9"} {
		m := mustTrain(t, e, nil, "loss", "quantile", "quantile", q)
		out := predictions(t, m, e.X)
		below := 0.0
		for i, y := range e.Y {
			if y < out.At(i, 0) {
				below += 1.0 / 3000
			}
		}
		var share float64
		fmt.Sscan(q, &share)
		if math.Abs(below-share) > 0.03 {
			t.Errorf("%v of the targets are below quantile %s", below, q)
		}
	}
	median := mustTrain(t, e, nil, "loss", "quantile")
	absolute := mustTrain(t, e, nil, "loss", "absolute_error")
	a, b := predictions(t, median, e.X), predictions(t, absolute, e.X)
	var d mat.Dense
	d.Sub(a, b)
	if mat.Norm(&d, math.Inf(1)) > 1e-9 {
		t.Error("the quantile 0.5 is not what the absolute error gives")
	}
}

func TestRobustLossesForgetOutliers(t *testing.T) {
	clean := regression(2000, 9, 1)
	dirty := regression(2000, 9, 1)
	for i := 0; i < 2000; i += 50 {
		dirty.Y[i] += 1e4
	}
	far := func(settings ...string) float64 {
		out := predictions(t, mustTrain(t, dirty, nil, settings...), clean.X)
		sum := 0.0
		for i, y := range clean.Y {
			sum += math.Abs(out.At(i, 0)-y) / 2000
		}
		return sum
	}
	squared := far("loss", "squared_error")
	for _, loss := range []string{"absolute_error", "huber"} {
		if got := far("loss", loss); !(got < 3 && squared > 20) {
			t.Errorf("mean absolute error of %s %v, of squared_error %v", loss, got, squared)
		}
	}
}

func TestCountsAndPositiveNumbers(t *testing.T) {
	e := regression(4000, 9, 1)
	rate := func(i int) float64 { return math.Exp(math.Sin(e.X.At(i, 0)) + 0.5*e.X.At(i, 1)) }
	for _, loss := range []string{"poisson", "gamma"} {
		for i := range e.Y {
			e.Y[i] = -rate(i) * math.Log(uniform(i, 77)) // exponential
			if loss == "poisson" {
				e.Y[i] = -1
				for product := 1.0; product > math.Exp(-rate(i)); e.Y[i]++ { // Knuth's way to a Poisson number
					product *= uniform(i, 100+int(e.Y[i]))
				}
			}
		}
		m := mustTrain(t, e, nil, "loss", loss)
		out := predictions(t, m, e.X)
		sum, total, off, spread := 0.0, 0.0, 0.0, 0.0
		for i, y := range e.Y {
			sum, total = sum+out.At(i, 0), total+y
			if !(out.At(i, 0) > 0) {
				t.Fatalf("%s predicts %v", loss, out.At(i, 0))
			}
			off += math.Pow(math.Log(out.At(i, 0)/rate(i)), 2)
			spread += math.Pow(math.Log(rate(i)), 2)
		}
		if math.Abs(sum-total) > 0.15*total {
			t.Errorf("%s: the predictions sum to %v, the targets to %v", loss, sum, total)
		}
		if !(off < 0.4*spread) {
			t.Errorf("%s: the logarithms of the means are off by %v of %v", loss, off, spread)
		}
	}
	e.Y[17] = -1
	for _, loss := range []string{"poisson", "gamma"} {
		if _, err := train(t.Context(), e, nil, learners.Env{}, "loss", loss); err == nil {
			t.Errorf("%s takes a target of -1", loss)
		}
		e.Weights = make([]float64, len(e.Y))
		for i := range e.Weights {
			e.Weights[i] = 1
		}
		e.Weights[17] = 0
		if _, err := train(t.Context(), e, nil, learners.Env{}, "loss", loss, "n_trees", "1"); err != nil {
			t.Errorf("%s minds the target of a row that is not there: %v", loss, err)
		}
		e.Weights = nil
	}
}

// TestHuberOfAmountsThatAreMostlyZero: the quantile of the distances to the median is 0 there, and a loss of no width would be 0 everywhere.
func TestHuberOfAmountsThatAreMostlyZero(t *testing.T) {
	e := regression(2000, 9, 1)
	for i := range e.Y {
		if e.Y[i] = 0; e.X.At(i, 0) > 1.6 { // about one in twenty
			e.Y[i] = 5 + e.X.At(i, 1)
		}
	}
	out := predictions(t, mustTrain(t, e, nil, "loss", "huber"), e.X)
	off, zero := 0.0, 0.0
	for i, y := range e.Y {
		off, zero = off+math.Abs(out.At(i, 0)-y)/2000, zero+math.Abs(y)/2000
	}
	if !(off < 0.5*zero) {
		t.Errorf("mean absolute error %v, of predicting 0 %v", off, zero)
	}
	for i := range e.Y {
		e.Y[i] = 7
	}
	if got := predictions(t, mustTrain(t, e, nil, "loss", "huber"), e.X).At(0, 0); got != 7 {
		t.Errorf("where every target is 7, %v is predicted", got)
	}
}

func TestGrowthByLevels(t *testing.T) {
	e := curved(3000, 9)
	m := mustTrain(t, e, nil, "growth", "depthwise", "max_leaves", "8", "n_trees", "5")
	for k, tree := range m.trees {
		if m.depths[k] != 3 || len(tree) != 15 {
			t.Errorf("tree %d has depth %d and %d nodes", k, m.depths[k], len(tree))
		}
	}
	// without a limit of leaves both ways find the same splits
	a := mustTrain(t, e, nil, "growth", "depthwise", "max_leaves", "65536", "n_trees", "1")
	b := mustTrain(t, e, nil, "max_leaves", "65536", "n_trees", "1")
	if len(a.nodes) != len(b.nodes) || !mat.Equal(predictions(t, a, e.X), predictions(t, b, e.X)) {
		t.Errorf("trees of %d and %d nodes differ", len(a.nodes), len(b.nodes))
	}
}

func TestGradientBasedSampling(t *testing.T) {
	e, test := curved(8000, 9), curved(12000, 9)
	loss := func(m *ensemble) float64 {
		out := predictions(t, m, test.X)
		sum := 0.0
		for i := 8000; i < 12000; i++ {
			sum -= math.Log(out.At(i, int(test.Y[i]))) / 4000
		}
		return sum
	}
	m := mustTrain(t, e, nil, "goss", "true")
	full := mustTrain(t, e, nil)
	if a, b := loss(m), loss(full); a > b+0.02 {
		t.Errorf("loss %v, with all rows %v", a, b)
	}
	if w := m.trees[5][0].weight; w != 8000 {
		t.Errorf("the first rounds learn from %v rows", w)
	}
	if w := m.trees[50][0].weight / 8000; math.Abs(w-0.3) > 0.02 {
		t.Errorf("round 50 learns from %v of the rows, want 0.3", w)
	}
	if _, err := train(t.Context(), e, nil, learners.Env{}, "goss", "true", "subsample", "0.5"); err == nil {
		t.Error("goss with subsample is taken")
	}
	// what is drawn stands for all rows
	s := sampler{env: learners.Env{Seed: 3}, rows: 1, features: 1, top: 0.2, other: 0.1}
	g, h := make([]float64, 50000), make([]float64, 50000)
	all := 0.0
	for i := range g {
		g[i], h[i] = uniform(i, 9), 1
		all += g[i]
	}
	drawn, hessians := 0.0, 0.0
	for _, i := range s.drawByGradient(1, [][]float64{g}, [][]float64{h}) {
		drawn, hessians = drawn+g[i], hessians+h[i]
	}
	if math.Abs(drawn/all-1) > 0.02 || math.Abs(hessians/50000-1) > 0.03 {
		t.Errorf("the gradients drawn sum to %v of %v, the hessians to %v of 50000", drawn, all, hessians)
	}
	for i := range g {
		g[i] = 1 // all equal
	}
	if n := float64(len(s.drawByGradient(2, [][]float64{g}, [][]float64{h}))) / 50000; math.Abs(n-0.3) > 0.01 {
		t.Errorf("%v of equal rows are drawn", n)
	}
}

// TestSamplingByEqualGradients: with loss absolute_error all gradients are of one size, so which rows are among the largest is chance, not their place; and a leaf's median counts a row for all that it stands for.
func TestSamplingByEqualGradients(t *testing.T) {
	s := sampler{env: learners.Env{Seed: 3}, rows: 1, features: 1, top: 0.2, other: 0.1}
	ones := func() [][]float64 {
		v := make([]float64, 10000)
		for i := range v {
			v[i] = 1
		}
		return [][]float64{v}
	}
	g := ones()
	first, whole := 0, 0 // of the first fifth of the rows; rows that count for themselves
	for _, i := range s.drawByGradient(1, g, ones()) {
		if i < 2000 {
			first++
		}
		if g[0][i] == 1 {
			whole++
		}
	}
	if whole != 2000 || first < 500 || first > 700 {
		t.Errorf("%d rows count for themselves, want 2000; %d are drawn of the first 2000, want about 600", whole, first)
	}
	e := regression(4000, 9, 0)
	for i := range e.Y {
		e.Y[i] = 10 + uniform(i, 50)
		if i < 1000 { // a quarter, all at the beginning
			e.Y[i] = uniform(i, 50)
		}
	}
	m := mustTrain(t, e, nil, "loss", "quantile", "quantile", "0.75", "goss", "true", "max_leaves", "2")
	out := predictions(t, m, e.X)
	below := 0.0
	for i, y := range e.Y {
		if y < out.At(i, 0) {
			below += 1.0 / 4000
		}
	}
	if math.Abs(below-0.75) > 0.04 {
		t.Errorf("%v of the targets are below the quantile 0.75", below)
	}
}
