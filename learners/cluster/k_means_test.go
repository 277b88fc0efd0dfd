package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/artifact"
	"aibms/learners/data"
	"aibms/learners/params"
)

// learnerOf is a learner with the given settings.
func learnerOf(t testing.TB, settings map[string]string) *kMeans {
	t.Helper()
	l := new(kMeans)
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

// fitted is a model with the given settings, and its training curve.
func fitted(t testing.TB, e *data.Examples, seed uint64, settings map[string]string) (*model, []learners.Iteration) {
	t.Helper()
	var curve []learners.Iteration
	m, err := learnerOf(t, settings).Fit(context.Background(), e, nil, learners.Env{Task: learners.Clustering, Seed: seed, Workers: 2, Record: func(it learners.Iteration) { curve = append(curve, it) }})
	if err != nil {
		t.Fatal(err)
	}
	return m.(*model), curve
}

func dense(rows [][]float64) *mat.Dense {
	x := mat.NewDense(len(rows), len(rows[0]), nil)
	for i, r := range rows {
		x.SetRow(i, r)
	}
	return x
}

// inertiaOf is the weighted sum of squared distances to the nearest centre, in the plainest way.
func inertiaOf(e *data.Examples, centers *mat.Dense) float64 {
	n, _ := e.X.Dims()
	k, _ := centers.Dims()
	total := 0.0
	for i := range n {
		least := math.Inf(1)
		for j := range k {
			least = min(least, distance2(e.X.RawRowView(i), centers.RawRowView(j)))
		}
		total += e.Weight(i) * least
	}
	return total
}

type reference struct {
	Data  map[string][][]float64
	Cases []struct {
		Data     string
		Add      float64
		Start    []int
		Weighted bool
		MaxIter  int `json:"max_iter"`
		Centers  [][]float64
		Inertia  float64
	}
	Means []struct {
		Data    string
		K       int
		Inertia float64
	}
}

func readReference(t *testing.T) *reference {
	t.Helper()
	text, err := os.ReadFile("../../tests/reference/k_means/expected.json")
	if err != nil {
		t.Fatal(err)
	}
	r := new(reference)
	if err := json.Unmarshal(text, r); err != nil {
		t.Fatal(err)
	}
	if len(r.Cases) < 6 || len(r.Means) < 3 {
		t.Fatalf("only %d cases and %d means", len(r.Cases), len(r.Means))
	}
	return r
}

// TestFromTheSameStartAsScikitLearn: the centres agree to 1e-6, also with weights, far from zero, cut short, and where a centre loses its rows.
func TestFromTheSameStartAsScikitLearn(t *testing.T) {
	ref := readReference(t)
	for i, c := range ref.Cases {
		for _, keep := range []bounds{none, hamerly, elkan} {
			t.Run(fmt.Sprintf("%d %s bounds %d", i, c.Data, keep), func(t *testing.T) {
				e := &data.Examples{X: mat.DenseCopyOf(dense(ref.Data[c.Data]))}
				n, p := e.X.Dims()
				for i := range n {
					for j := range p {
						e.X.Set(i, j, e.X.At(i, j)+c.Add)
					}
					if c.Weighted {
						e.Weights = append(e.Weights, float64(i%3)+0.5)
					}
				}
				r, err := newRows(t.Context(), e, 1)
				if err != nil {
					t.Fatal(err)
				}
				if (c.Add != 0) != (r.shift != nil) && c.Data == "iris" && c.Add != 0 {
					t.Error("rows far from zero are not shifted")
				}
				start := newCentres(len(c.Start), p)
				for j, i := range c.Start {
					s := new(scratch)
					copy(start.row(j), r.load(s, nil, i, i+1).Data)
				}
				start.ready()
				s := newRun(r, start, len(c.Start))
				s.keep = keep
				if err := s.lloyd(t.Context(), c.MaxIter, 1e-4, false); err != nil {
					t.Fatal(err)
				}
				got := s.unshifted()
				for j, want := range c.Centers {
					for q, v := range want {
						if math.Abs(got[j*p+q]-v) > 1e-6 {
							t.Fatalf("centre %d is %v, want %v", j, got[j*p:(j+1)*p], want)
						}
					}
				}
				found, err := inertia(t.Context(), r, s.c)
				if err != nil || math.Abs(found-c.Inertia) > 1e-6*c.Inertia {
					t.Errorf("inertia %v (%v), want %v", found, err, c.Inertia)
				}
			})
		}
	}
}

// TestInertiaOfWholeRuns: k-means++ and Lloyd together are as good as scikit-learn's on average.
func TestInertiaOfWholeRuns(t *testing.T) {
	ref := readReference(t)
	for _, c := range ref.Means {
		e := &data.Examples{X: dense(ref.Data[c.Data])}
		mean := 0.0
		const seeds = 30
		for seed := range uint64(seeds) {
			m, _ := fitted(t, e, seed, map[string]string{"n_clusters": fmt.Sprint(c.K)})
			mean += inertiaOf(e, m.Centers()) / seeds
		}
		t.Logf("%s, %d clusters: %.4f, scikit-learn %.4f", c.Data, c.K, mean, c.Inertia)
		if mean > 1.02*c.Inertia {
			t.Errorf("%s, %d clusters: the mean inertia is %v, scikit-learn's %v", c.Data, c.K, mean, c.Inertia)
		}
	}
}

// groups are n rows around as many points as there are.
func groups(n, p, k int, seed uint64) *data.Examples {
	rng := rand.New(rand.NewPCG(seed, 3))
	e := &data.Examples{X: mat.NewDense(n, p, nil)}
	for i := range n {
		for j := range p {
			e.X.Set(i, j, rng.NormFloat64()+3*math.Sin(float64(i%k*(j+1))))
		}
	}
	return e
}

func bytesOf(t *testing.T, m *model) []byte {
	t.Helper()
	w := artifact.NewWriter()
	if err := m.Save(w); err != nil {
		t.Fatal(err)
	}
	return w.Encode()
}

// TestBoundsChangeNothing: hamerly, elkan and auto end with the bytes of lloyd, with the same losses on the way.
func TestBoundsChangeNothing(t *testing.T) {
	weighted := groups(4000, 5, 7, 2)
	for i := range 4000 {
		weighted.Weights = append(weighted.Weights, float64(i%5)/2)
	}
	far := groups(3000, 4, 6, 3)
	far.X.Apply(func(_, _ int, v float64) float64 { return v + 1e7 }, far.X)
	whole := groups(2000, 3, 5, 4)
	whole.X.Apply(func(_, _ int, v float64) float64 { return math.Round(v) }, whole.X)
	for what, e := range map[string]*data.Examples{"plain": groups(6000, 9, 20, 1), "weighted": weighted, "far from zero": far, "whole numbers": whole} {
		for _, k := range []string{"2", "9", "40"} {
			for seed := range uint64(3) {
				a, slow := fitted(t, e, seed, map[string]string{"algorithm": "lloyd", "n_clusters": k, "tol": "0"})
				for _, algorithm := range []string{"hamerly", "elkan", "auto"} {
					b, fast := fitted(t, e, seed, map[string]string{"algorithm": algorithm, "n_clusters": k, "tol": "0"})
					if !bytes.Equal(bytesOf(t, a), bytesOf(t, b)) {
						t.Errorf("%s, %s clusters, seed %d: other centres by %s", what, k, seed, algorithm)
					}
					if fmt.Sprint(slow) != fmt.Sprint(fast) {
						t.Errorf("%s, %s clusters, seed %d: other losses by %s", what, k, seed, algorithm)
					}
				}
			}
		}
	}
}

// TestLossFalls from iteration to iteration, to the inertia of the centres.
func TestLossFalls(t *testing.T) {
	e := groups(5000, 6, 12, 5)
	m, curve := fitted(t, e, 1, map[string]string{"n_clusters": "12", "tol": "0"})
	if len(curve) < 3 {
		t.Fatalf("only %d iterations", len(curve))
	}
	for i := 1; i < len(curve); i++ {
		if curve[i].Loss > curve[i-1].Loss*(1+1e-12) || curve[i].Number != i+1 {
			t.Errorf("iteration %d has the loss %v after %v", curve[i].Number, curve[i].Loss, curve[i-1].Loss)
		}
	}
	if last, want := curve[len(curve)-1].Loss, inertiaOf(e, m.Centers())/5000; math.Abs(last-want) > 1e-9*want {
		t.Errorf("the last loss is %v, that of the centres %v", last, want)
	}
}

// TestMoreStartsAreNoWorse and the one kept is the best.
func TestMoreStartsAreNoWorse(t *testing.T) {
	e := groups(1000, 4, 15, 6)
	for seed := range uint64(5) {
		one, _ := fitted(t, e, seed, map[string]string{"n_clusters": "15"})
		many, _ := fitted(t, e, seed, map[string]string{"n_clusters": "15", "n_init": "6"})
		if a, b := inertiaOf(e, one.Centers()), inertiaOf(e, many.Centers()); b > a {
			t.Errorf("seed %d: %v with six starts, %v with one", seed, b, a)
		}
	}
}

// TestMiniBatchComesNear to what whole passes reach.
func TestMiniBatchComesNear(t *testing.T) {
	e := groups(20000, 6, 8, 7)
	whole, batch := 0.0, 0.0
	for seed := range uint64(5) {
		a, _ := fitted(t, e, seed, nil)
		b, _ := fitted(t, e, seed, map[string]string{"algorithm": "mini_batch"})
		whole, batch = whole+inertiaOf(e, a.Centers()), batch+inertiaOf(e, b.Centers())
	}
	if batch > 1.03*whole {
		t.Errorf("mean inertia %v by batches, %v by whole passes", batch/5, whole/5)
	}
}

// TestNearestCentreFirstOfEquals holds predictions against distances in the plainest way.
func TestNearestCentreFirstOfEquals(t *testing.T) {
	m := newModel([]float64{1e6 + 1, 0, 1e6 - 1, 0, 1e6 + 1, 0}, 3, 2)
	x := mat.NewDense(4, 2, []float64{1e6, 5, 1e6 + 0.5, 1, 1e6 - 0.5, 1, 1e6 + 30, -2})
	out := mat.NewDense(4, 3, nil)
	if err := m.Predict(x, out); err != nil {
		t.Fatal(err)
	}
	if want := mat.NewDense(4, 3, []float64{1, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0}); !mat.Equal(out, want) {
		t.Errorf("predicted %v", mat.Formatted(out))
	}
}

// TestFewerDistinctRowsThanClusters gives a model and a warning.
func TestFewerDistinctRowsThanClusters(t *testing.T) {
	e := &data.Examples{X: mat.NewDense(40, 2, nil)}
	for i := range 40 {
		e.X.Set(i, 0, float64(i%3))
	}
	for _, start := range []string{"k-means++", "random"} {
		l := new(kMeans)
		var set params.Set
		l.Declare(&set)
		if err := set.Assign(name, []params.Setting{{Name: "init", Value: start}}); err != nil {
			t.Fatal(err)
		}
		warned := ""
		m, err := l.Fit(t.Context(), e, nil, learners.Env{Workers: 1, Warn: func(format string, args ...any) { warned = fmt.Sprintf(format, args...) }})
		if err != nil {
			t.Fatal(err)
		}
		if d := inertiaOf(e, m.(*model).Centers()); d > 1e-12 || warned == "" {
			t.Errorf("%s: inertia %v, warned %q", start, d, warned)
		}
	}
}
