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
			if !task.Supervised() {
				continue
			}
			for _, s := range given {
				for _, shape := range [][2]int{{21_000, 6}, {700, 150}} {
					t.Run(fmt.Sprint(spec.Name, task, s, shape), func(t *testing.T) {
						e := rowsOf(task, shape[0], shape[1])
						checkMemory(t, learnerOf(t, spec, s), learners.ShapeOf(e), func(l learners.Learner, env learners.Env) error {
							env.Task = task
							_, err := l.Fit(context.Background(), e, nil, env)
							return err
						})
					})
				}
			}
		}
	}
}

// TestMemoryOfWarmStarts: nor do they hold more beside their first model, much of which they copy.
func TestMemoryOfWarmStarts(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	for _, c := range []struct {
		learner     string
		first, more []string
	}{
		{"random_forest", []string{"n_trees", "60"}, []string{"n_trees", "2", "max_depth", "4"}},
		{"extra_trees", []string{"n_trees", "40"}, []string{"n_trees", "30", "max_depth", "4"}},
		{"gradient_boosting", []string{"n_trees", "50", "max_leaves", "2000", "min_samples_leaf", "1"}, []string{"n_trees", "2"}},
		{"gradient_boosting", []string{"n_trees", "1500", "max_leaves", "60", "min_samples_leaf", "5"}, []string{"n_trees", "2"}},
		{"neural_network", []string{"epochs", "1", "hidden_layers", "500,500"}, []string{"epochs", "1", "hidden_layers", "500,500"}},
		{"logistic_regression", nil, nil},
	} {
		spec, ok := Registry().Lookup(c.learner)
		if !ok {
			t.Fatal(c.learner)
		}
		for _, task := range spec.Tasks {
			if c.learner == "gradient_boosting" && task == learners.Multiclass {
				continue // trees for each class, which take long
			}
			t.Run(fmt.Sprint(c.learner, task, c.first), func(t *testing.T) {
				e := rowsOf(task, 5000, 8)
				first, err := learnerOf(t, spec, c.first).Fit(context.Background(), e, nil, learners.Env{Task: task, Seed: 1, Workers: 2})
				if err != nil {
					t.Fatal(err)
				}
				shape := learners.ShapeOf(e)
				shape.First = first
				checkMemory(t, learnerOf(t, spec, c.more), shape, func(l learners.Learner, env learners.Env) error {
					env.Task = task
					_, err := l.(learners.WarmStarter).FitFrom(context.Background(), first, e, nil, env)
					return err
				})
				runtime.KeepAlive(first)
			})
		}
	}
}

// rowsOf are n rows of p features with a target; of more than two classes there are four.
func rowsOf(task learners.Task, n, p int) *data.Examples {
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
	return e
}

// learnerOf is a learner with settings given as name, value, name, value ...
func learnerOf(t *testing.T, spec *learners.Spec, settings []string) learners.Learner {
	t.Helper()
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
	return l
}

// checkMemory watches the heap while fit runs with as much memory as the learner says that it needs.
func checkMemory(t *testing.T, l learners.Learner, shape learners.Shape, fit func(learners.Learner, learners.Env) error) {
	said := l.(learners.MemoryEstimator).MemoryNeeded(shape)
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
	err := fit(l, learners.Env{Seed: 1, Workers: 2, Memory: said, Record: func(learners.Iteration) {}})
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
