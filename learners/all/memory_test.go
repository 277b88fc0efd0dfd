package all

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"aibms/internal/safego"
	"aibms/learners"
	"aibms/learners/data"
	"aibms/learners/params"
)

// TestMemoryEstimates runs fits while the heap is watched: none holds more than its learner said, when it is given that much. (What they say is an upper bound: it may be several times more.)
func TestMemoryEstimates(t *testing.T) {
	type settings = []string
	cases := map[string][]settings{
		"logistic_regression": {{}, {"penalty", "l1"}, {"solver", "lbfgs"}, {"solver", "sgd", "max_iter", "3"}},
		"linear_regression":   {{}, {"penalty", "l1", "alpha", "0.1"}, {"loss", "huber", "max_iter", "10"}, {"loss", "quantile", "max_iter", "10"}, {"solver", "newton"}},
		"linear_svm":          {{}, {"penalty", "l1"}, {"loss", "hinge", "max_iter", "5"}, {"loss", "hinge", "solver", "dual_coordinate_descent", "max_iter", "20"}},
		"decision_tree":       {{}, {"max_depth", "5"}},
		"random_forest":       {{"n_trees", "8"}, {"n_trees", "8", "max_leaf_nodes", "50", "oob_score", "true"}},
		"extra_trees":         {{"n_trees", "6"}},
		"gradient_boosting":   {{"n_trees", "20"}, {"n_trees", "10", "max_leaves", "4000", "min_samples_leaf", "1"}, {"n_trees", "5", "goss", "true"}},
		"voting":              {{"learners", "decision_tree (max_depth = 8), k_nearest_neighbors, gradient_boosting (n_trees = 5)"}},
		"stacking":            {{"learners", "decision_tree (max_depth = 8), k_nearest_neighbors", "folds", "2"}, {"learners", "decision_tree (max_depth = 5)", "passthrough", "true"}},
		"neural_network":      {{"epochs", "3"}, {"epochs", "2", "normalization", "batch", "batch_size", "5000", "dropout", "0.2"}, {"epochs", "1", "hidden_layers", "500,500", "activation", "gelu"}},
	}
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	for _, spec := range Registry().All() {
		if _, ok := spec.New().(learners.MemoryEstimator); !ok {
			continue
		}
		given := cases[spec.Name]
		if given == nil {
			given = []settings{{}}
		}
		for _, task := range spec.Tasks {
			if !task.Supervised() || task == learners.Binary && spec.Supports(learners.Multiclass) {
				continue
			}
			for _, s := range given {
				for _, shape := range [][2]int{{21_000, 6}, {700, 150}} {
					t.Run(fmt.Sprint(spec.Name, task, s, shape), func(t *testing.T) { checkMemory(t, spec, task, s, shape[0], shape[1]) })
				}
			}
		}
	}
}

func checkMemory(t *testing.T, spec *learners.Spec, task learners.Task, settings []string, n, p int) {
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	e := &data.Examples{X: mat.NewDense(n, p, nil), Y: make([]float64, n)}
	k := map[learners.Task]int{learners.Binary: 2, learners.Multiclass: 4}[task]
	for j := range p {
		e.Features = append(e.Features, fmt.Sprint("x", j))
	}
	for c := range k {
		e.Classes = append(e.Classes, fmt.Sprint(c))
	}
	for i := range n {
		x := e.X.RawRowView(i)
		for j := range x {
			x[j] = rng.NormFloat64()
		}
		e.Y[i] = x[0] + x[1] + rng.NormFloat64()
		if k > 0 {
			e.Y[i] = math.Floor(max(0, min(float64(k)-0.1, e.Y[i]+float64(k)/2)))
		}
	}
	l := spec.New()
	var set params.Set
	l.Declare(&set)
	var given []params.Setting
	for i := 0; i < len(settings); i += 2 {
		given = append(given, params.Setting{Name: settings[i], Value: settings[i+1]})
	}
	if err := set.Assign(spec.Name, given); err != nil {
		t.Fatal(err)
	}
	said := l.(learners.MemoryEstimator).MemoryNeeded(n, p, max(1, k))
	runtime.GC()
	before := heap()
	stop, peak := make(chan struct{}), make(chan uint64, 1)
	safego.Go(func() error {
		most := uint64(0)
		for {
			select {
			case <-stop:
				peak <- most
				return nil
			case <-time.After(200 * time.Microsecond):
				most = max(most, heap())
			}
		}
	}, nil)
	_, err := l.Fit(context.Background(), e, nil, learners.Env{Task: task, Seed: 1, Workers: 2, Memory: said, Record: func(learners.Iteration) {}})
	close(stop)
	held := int64(<-peak) - int64(before)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("held %.1f MB, said %.1f MB", float64(held)/(1<<20), float64(said)/(1<<20))
	if limit := said + said/5 + 4<<20; held > limit { // the collector lets a tenth of garbage lie, and runs beside
		t.Errorf("held %d bytes, said %d", held, said)
	}
}

// heap is how many bytes live objects and garbage take.
func heap() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}
