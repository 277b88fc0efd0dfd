package mixture

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"aibms/learners"
	"aibms/learners/artifact"
	"aibms/learners/data"
	"aibms/learners/params"
)

func learner(t testing.TB, settings map[string]string) *gaussianMixture {
	t.Helper()
	l := new(gaussianMixture)
	var set params.Set
	l.Declare(&set)
	var given []params.Setting
	for name, value := range settings {
		given = append(given, params.Setting{Name: name, Value: value, Source: "USER"})
	}
	if err := set.Assign(name, given); err != nil {
		t.Fatal(err)
	}
	return l
}

// fitted is a model, its training curve and its warnings.
func fitted(t testing.TB, e *data.Examples, env learners.Env, settings map[string]string) (m learners.Model, curve []learners.Iteration, warnings string) {
	t.Helper()
	env.Record = func(it learners.Iteration) { curve = append(curve, it) }
	env.Warn = func(format string, args ...any) { warnings += fmt.Sprintf(format, args...) + "\n" }
	m, err := learner(t, settings).Fit(context.Background(), e, nil, env)
	if err != nil {
		t.Fatal(err)
	}
	return m, curve, warnings
}

func dense(rows [][]float64) *mat.Dense {
	x := mat.NewDense(len(rows), len(rows[0]), nil)
	for i, r := range rows {
		x.SetRow(i, r)
	}
	return x
}

// clouds are n rows around k points, each cloud with a spread of its own.
func clouds(n, p, k int, seed uint64) *data.Examples {
	rng := rand.New(rand.NewPCG(seed, 6))
	e := &data.Examples{X: mat.NewDense(n, p, nil)}
	for i := range n {
		common := rng.NormFloat64()
		for j := range p {
			e.X.Set(i, j, 4*math.Sin(float64((i%k+1)*(j+2)))+(0.4+float64(i%k)/float64(k))*(rng.NormFloat64()+common*float64(j%3-1)))
		}
	}
	return e
}

// TestFromTheSameStartAsScikitLearn: components, likelihood, degrees and densities agree to 1e-5 of their size, also far from zero and cut short, on one worker and on two.
func TestFromTheSameStartAsScikitLearn(t *testing.T) {
	text, err := os.ReadFile("../../tests/reference/gaussian_mixture/expected.json")
	if err != nil {
		t.Fatal(err)
	}
	var reference struct {
		Data  map[string][][]float64
		Cases []struct {
			Data, Form           string
			Add                  float64
			Clusters             []int32
			MaxIter              int `json:"max_iter"`
			Iterations           int
			Likelihood           float64
			Weights, Covariances []float64
			Means, Probabilities [][]float64
			LogDensity           []float64 `json:"log_density"`
		}
	}
	if err := json.Unmarshal(text, &reference); err != nil {
		t.Fatal(err)
	}
	if len(reference.Cases) < 20 {
		t.Fatalf("only %d cases", len(reference.Cases))
	}
	for _, c := range reference.Cases {
		t.Run(fmt.Sprint(c.Data, c.Add, c.Form, c.MaxIter), func(t *testing.T) {
			x := dense(reference.Data[c.Data])
			x.Apply(func(_, _ int, v float64) float64 { return v + c.Add }, x)
			n, p := x.Dims()
			l := learner(t, map[string]string{"n_components": fmt.Sprint(len(c.Weights)), "covariance_type": c.Form, "max_iter": fmt.Sprint(c.MaxIter), "tol": "1e-6"})
			e := &em{l: l, train: &data.Examples{X: x}, env: learners.Env{Workers: 2}, total: float64(n)}
			found, err := e.run(t.Context(), c.Clusters, 0)
			if err != nil {
				t.Fatal(err)
			}
			near := func(what string, got, want []float64) {
				t.Helper()
				if len(got) != len(want) {
					t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
				}
				for i, v := range want {
					if !(math.Abs(got[i]-v) <= 1e-5*max(1, math.Abs(v))) {
						t.Fatalf("%s: number %d is %v, want %v", what, i, got[i], v)
					}
				}
			}
			m := found.mixture
			near("likelihood", []float64{found.likelihood}, []float64{c.Likelihood})
			near("weights", m.weights, c.Weights)
			near("means", m.means, dense(c.Means).RawMatrix().Data)
			near("covariances", m.spread, c.Covariances)
			asked := mat.NewDense((n+9)/10, p, nil)
			for i := 0; i < n; i += 10 {
				asked.SetRow(i/10, x.RawRowView(i))
			}
			got := mat.NewDense((n+9)/10, m.k, nil)
			if err := (clusterModel{m}).Predict(asked, got); err != nil {
				t.Fatal(err)
			}
			near("degrees", got.RawMatrix().Data, dense(c.Probabilities).RawMatrix().Data)
			logs, err := e.logs(t.Context(), m, asked)
			if err != nil {
				t.Fatal(err)
			}
			near("log densities", logs, c.LogDensity)
		})
	}
}

// TestLikelihoodNeverFalls, with any form of covariances and with weights, when nothing is added to them.
func TestLikelihoodNeverFalls(t *testing.T) {
	for _, form := range forms {
		for seed := range uint64(3) {
			e := clouds(900, 4, 5, seed)
			for i := range 900 {
				e.Weights = append(e.Weights, float64((i+int(seed))%4)/2)
			}
			_, curve, _ := fitted(t, e, learners.Env{Seed: seed, Workers: 1, Task: learners.Clustering}, map[string]string{"n_components": "6", "covariance_type": form, "reg_covar": "0", "tol": "0", "max_iter": "60"})
			if len(curve) < 20 {
				t.Fatalf("%s: only %d iterations", form, len(curve))
			}
			for i := 1; i < len(curve); i++ {
				if curve[i].Loss > curve[i-1].Loss+1e-12*math.Abs(curve[i-1].Loss) {
					t.Errorf("%s, seed %d: the loss of iteration %d is %v after %v", form, seed, curve[i].Number, curve[i].Loss, curve[i-1].Loss)
				}
			}
			if curve[0].Loss-curve[len(curve)-1].Loss < 0.01 {
				t.Errorf("%s, seed %d: the loss fell from %v to %v only", form, seed, curve[0].Loss, curve[len(curve)-1].Loss)
			}
		}
	}
}

// TestOneComponentIsMeanAndCovariance of the weighted rows.
func TestOneComponentIsMeanAndCovariance(t *testing.T) {
	e := clouds(700, 5, 3, 1)
	for i := range 700 {
		e.Weights = append(e.Weights, float64(i%3))
	}
	fit, _, _ := fitted(t, e, learners.Env{Workers: 2, Task: learners.Clustering}, map[string]string{"reg_covar": "0"})
	m := fit.(clusterModel)
	want := mat.NewSymDense(5, nil)
	stat.CovarianceMatrix(want, e.X, e.Weights)
	total := 0.0
	for _, w := range e.Weights {
		total += w
	}
	for i := range 5 {
		if mean := stat.Mean(mat.Col(nil, i, e.X), e.Weights); math.Abs(m.means[i]-mean) > 1e-12 {
			t.Errorf("mean %d is %v, want %v", i, m.means[i], mean)
		}
		for j := range 5 {
			if v := want.At(i, j) * (total - 1) / total; math.Abs(m.spread[i*5+j]-v) > 1e-12*math.Abs(want.At(i, i)) {
				t.Errorf("covariance %d, %d is %v, want %v", i, j, m.spread[i*5+j], v)
			}
		}
	}
}

// TestFindsTheClouds that rows were drawn from, and gives the same bytes on any number of workers.
func TestFindsTheClouds(t *testing.T) {
	for _, form := range forms {
		e := clouds(3000, 4, 3, 2)
		settings := map[string]string{"n_components": "3", "n_init": "3", "covariance_type": form}
		var want []byte
		for workers := 1; workers <= 4; workers *= 2 {
			fit, _, warnings := fitted(t, e, learners.Env{Seed: 5, Workers: workers, Task: learners.Clustering}, settings)
			if warnings != "" {
				t.Errorf("%s: warned %q", form, warnings)
			}
			w := artifact.NewWriter()
			if err := fit.Save(w); err != nil {
				t.Fatal(err)
			}
			if b := w.Encode(); want == nil {
				want = b
			} else if !bytes.Equal(b, want) {
				t.Errorf("%s: other bytes on %d workers", form, workers)
			}
			out := mat.NewDense(3000, 3, nil)
			if err := fit.Predict(e.X, out); err != nil {
				t.Fatal(err)
			}
			counts := mat.NewDense(3, 3, nil)
			for i := range 3000 {
				best := 0
				for c, v := range out.RawRowView(i) {
					if v > out.At(i, best) {
						best = c
					}
				}
				counts.Set(best, i%3, counts.At(best, i%3)+1)
			}
			right := 0.0
			for c := range 3 {
				right += mat.Max(counts.RowView(c))
			}
			if right < 2900 {
				t.Errorf("%s: %v of 3000 rows are with their cloud", form, right)
			}
		}
	}
}

// TestComponentsWithoutRows stay without weight, with a warning, and the others are as they would be without them.
func TestComponentsWithoutRows(t *testing.T) {
	for _, form := range forms {
		e := &data.Examples{X: mat.NewDense(300, 2, nil)}
		for i := range 300 {
			e.X.SetRow(i, []float64{float64(i % 3), float64(i%3) * 2})
		}
		fit, _, warnings := fitted(t, e, learners.Env{Workers: 1, Task: learners.Clustering}, map[string]string{"n_components": "5", "covariance_type": form})
		m := fit.(clusterModel)
		if m.empty() != 2 || !strings.Contains(warnings, "2 of 5 components have no rows") {
			t.Errorf("%s: weights %v, warned %q", form, m.weights, warnings)
		}
		out := mat.NewDense(300, 5, nil)
		if err := fit.Predict(e.X, out); err != nil {
			t.Fatal(err)
		}
		for c, w := range m.weights {
			if sum := mat.Sum(out.ColView(c)); math.Abs(sum-300*w) > 1e-6 || w > 0 && math.Abs(w-1.0/3) > 1e-6 {
				t.Errorf("%s: component %d has the weight %v and %v of 300 rows", form, c, w, sum)
			}
		}
	}
}

// TestSingularCovariancesAreErrors when nothing is added to them.
func TestSingularCovariancesAreErrors(t *testing.T) {
	e := clouds(200, 3, 2, 3)
	for i := range 200 {
		e.X.Set(i, 2, 7)
	}
	for form, text := range map[string]string{full: "singular in component 1", tied: "features depend on each other; raise reg_covar", diag: "singular in component 1", spherical: ""} {
		_, err := learner(t, map[string]string{"reg_covar": "0", "n_components": "2", "covariance_type": form}).Fit(t.Context(), e, nil, learners.Env{Workers: 1, Task: learners.Clustering})
		if (err == nil) != (text == "") || err != nil && !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v, want %q", form, err, text)
		}
		if _, err := learner(t, map[string]string{"n_components": "2", "covariance_type": form}).Fit(t.Context(), e, nil, learners.Env{Workers: 1, Task: learners.Clustering}); err != nil {
			t.Errorf("%s with reg_covar: %v", form, err)
		}
	}
	if _, err := learner(t, map[string]string{"n_components": "201"}).Fit(t.Context(), e, nil, learners.Env{Workers: 1}); err == nil || !strings.Contains(err.Error(), "only 200 training rows") {
		t.Errorf("more components than rows: %v", err)
	}
}

// TestContaminationOfClusters: it changes no cluster, and the user is told.
func TestContaminationOfClusters(t *testing.T) {
	e := clouds(60, 2, 2, 3)
	env := learners.Env{Workers: 1, Task: learners.Clustering}
	with, _, warned := fitted(t, e, env, map[string]string{"n_components": "2", "contamination": "0.2"})
	without, _, silent := fitted(t, e, env, map[string]string{"n_components": "2"})
	if !strings.Contains(warned, "contamination is for anomalies") || strings.Contains(silent, "contamination") {
		t.Errorf("warnings %q, without it %q", warned, silent)
	}
	a, b := mat.NewDense(60, 2, nil), mat.NewDense(60, 2, nil)
	if err := errors.Join(with.Predict(e.X, a), without.Predict(e.X, b)); err != nil {
		t.Fatal(err)
	}
	if !mat.Equal(a, b) {
		t.Error("the clusters are others")
	}
}

// TestScores: contamination is the share that is called unusual, the median row has 1/4, the scores order as the densities do, also very far away, and a row of weight two is two rows.
func TestScores(t *testing.T) {
	e := clouds(2000, 3, 2, 4)
	for _, share := range []float64{0.01, 0.1, 0.5} {
		fit, _, _ := fitted(t, e, learners.Env{Workers: 2, Task: learners.Anomaly}, map[string]string{"n_components": "2", "contamination": fmt.Sprint(share)})
		codes := make([]int32, 2000)
		if err := fit.(learners.Classifier).Classify(e.X, codes); err != nil {
			t.Fatal(err)
		}
		unusual := 0
		for _, c := range codes {
			unusual += int(c)
		}
		if math.Abs(float64(unusual)-2000*share) > 1 {
			t.Errorf("contamination %v: %d of 2000 rows are unusual", share, unusual)
		}
	}
	fit, _, _ := fitted(t, e, learners.Env{Workers: 2, Task: learners.Anomaly}, map[string]string{"n_components": "2"})
	scores := mat.NewDense(2000, 1, nil)
	if err := fit.Predict(e.X, scores); err != nil {
		t.Fatal(err)
	}
	below, unusual := 0, 0
	for _, s := range scores.RawMatrix().Data {
		if s < 0.25 {
			below++
		}
		if s > 0.5 {
			unusual++
		}
	}
	if below < 998 || below > 1002 || unusual > 30 {
		t.Errorf("%d of 2000 scores are below 1/4, %d above 1/2", below, unusual)
	}
	far, last := mat.NewDense(1, 1, nil), 0.0
	for _, at := range []float64{20, 200, 2e3, 2e5, 1e300} {
		if err := fit.Predict(mat.NewDense(1, 3, []float64{at, -at, at}), far); err != nil {
			t.Fatal(err)
		}
		if s := far.At(0, 0); !(s > last) || s > 1 {
			t.Errorf("the score at %v is %v, nearer %v", at, s, last)
		}
		last = far.At(0, 0)
	}
	q := newQuantiles([]float64{5, 1, 3, 2}, func(i int) float64 { return []float64{1, 2, 0, 1}[i] })
	for share, want := range map[float64]float64{0: 1, 1.0 / 3: 1, 0.5: 1.5, 2.0 / 3: 2, 1: 5} {
		if got := q.at(share); math.Abs(got-want) > 1e-12 {
			t.Errorf("the quantile %v of 1, 1, 2, 5 is %v, want %v", share, got, want)
		}
	}
}

// TestNarrowAndFarApart: components keep their digits where they are narrow and far from each other and from zero.
func TestNarrowAndFarApart(t *testing.T) {
	near, far := clouds(400, 2, 1, 5), clouds(400, 2, 1, 5)
	far.X.Apply(func(i, j int, v float64) float64 { return v + 1e6*float64(1+i%2) }, far.X)
	for form, numbers := range map[string]int{full: 4, diag: 2, spherical: 1} {
		a, _, _ := fitted(t, &data.Examples{X: mat.DenseCopyOf(near.X)}, learners.Env{Workers: 1}, map[string]string{"covariance_type": form, "reg_covar": "0"})
		b, _, _ := fitted(t, far, learners.Env{Workers: 1}, map[string]string{"covariance_type": form, "reg_covar": "0", "n_components": "2"})
		two := b.(clusterModel)
		for i, v := range a.(clusterModel).spread[:numbers] { // the halves differ by chance
			if got := (two.spread[i] + two.spread[numbers+i]) / 2; math.Abs(got-v) > 0.02*math.Abs(v)+0.01 {
				t.Errorf("%s: number %d of the covariances is %v, near zero %v", form, i, got, v)
			}
		}
	}
}

// TestAboutOnePointOrAboutEachMean: densities and sums are the same but for rounding.
func TestAboutOnePointOrAboutEachMean(t *testing.T) {
	e := clouds(500, 5, 4, 7)
	for i := range 500 {
		e.Weights = append(e.Weights, float64(i%3))
	}
	for _, form := range forms {
		fit, _, _ := fitted(t, e, learners.Env{Workers: 1, Task: learners.Clustering}, map[string]string{"n_components": "4", "covariance_type": form})
		fast := fit.(clusterModel).mixture
		if fast.shift == nil {
			t.Fatalf("%s: nothing is about one point", form)
		}
		slow := newMixture(form, 4, 5)
		copy(slow.weights, fast.weights)
		copy(slow.means, fast.means)
		copy(slow.spread, fast.spread)
		if err := slow.ready(t.Context()); err != nil {
			t.Fatal(err)
		}
		slow.shift, slow.squared = nil, nil
		em := &em{l: learner(t, map[string]string{"n_components": "4", "covariance_type": form}), train: e, env: learners.Env{Workers: 1}, total: 500}
		var next [2]*mixture
		var logs [2][]float64
		for way, m := range []*mixture{fast, slow} {
			var err error
			if logs[way], err = em.logs(t.Context(), m, e.X); err != nil {
				t.Fatal(err)
			}
			sums, err := em.gather(t.Context(), m, func(lo, hi int, s *scratch) float64 {
				m.densities(s, e.X, lo, hi)
				for i := range hi - lo {
					m.shares(s.logs[i*m.k : (i+1)*m.k])
				}
				return 0
			})
			if err != nil {
				t.Fatal(err)
			}
			if next[way], err = m.maximise(t.Context(), sums, 500, 500, 1e-6); err != nil {
				t.Fatal(err)
			}
		}
		for what, both := range map[string][2][]float64{"log density": logs, "weight": {next[0].weights, next[1].weights}, "mean": {next[0].means, next[1].means}, "covariance": {next[0].spread, next[1].spread}} {
			for i, v := range both[1] {
				if math.Abs(both[0][i]-v) > 1e-9*max(1, math.Abs(v)) {
					t.Fatalf("%s: %s %d is %v about one point, %v about each mean", form, what, i, both[0][i], v)
				}
			}
		}
	}
}

func BenchmarkFit(b *testing.B) {
	e := clouds(100_000, 28, 1, 1)
	for _, form := range forms {
		b.Run(form, func(b *testing.B) {
			for range b.N {
				fitted(b, e, learners.Env{Workers: 1}, map[string]string{"n_components": "8", "max_iter": "5", "tol": "0", "covariance_type": form})
			}
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/5/100_000*1e9, "ns/row/iteration")
		})
	}
}
