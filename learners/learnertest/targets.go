package learnertest

import (
	"bytes"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/data"
)

// sampleOfTargets is a sample of a regression of three targets, in units that are far apart. Each rests on the first features by a rule of its own.
func sampleOfTargets(n, p int, seed uint64) *data.Examples {
	e := sample(learners.Regression, n, p, seed)
	rng := rand.New(rand.NewPCG(seed, 2))
	second, third := make([]float64, n), make([]float64, n)
	for i := range n {
		x := e.X.RawRowView(i)
		second[i] = 1000 * (0.8*x[0] - 0.6*x[1] + 0.3*rng.NormFloat64())
		third[i] = -5 + 0.01*(x[0]+0.5*x[2]+0.4*rng.NormFloat64())
	}
	e.Targets = [][]float64{e.Y, second, third}
	return e
}

// inOrder takes the targets in another order.
func inOrder(e *data.Examples, order ...int) *data.Examples {
	c := clone(e)
	for k, from := range order {
		c.Targets[k] = slices.Clone(e.Targets[from])
	}
	c.Y = c.Targets[0]
	return c
}

// spread is the standard deviation of a target.
func spread(y []float64) float64 {
	mean, square := 0.0, 0.0
	for _, v := range y {
		mean += v / float64(len(y))
	}
	for _, v := range y {
		square += (v - mean) * (v - mean) / float64(len(y))
	}
	return math.Sqrt(square)
}

// checkTargets demands that column order[k] of b differs from column k of a by no more than the tolerance, in standard deviations of target k.
func checkTargets(t *testing.T, e *data.Examples, a, b *mat.Dense, order []int, tolerance float64) {
	t.Helper()
	n, _ := a.Dims()
	for k, at := range order {
		worst := 0.0
		for i := range n {
			worst = max(worst, math.Abs(a.At(i, k)-b.At(i, at)))
		}
		if limit := tolerance * spread(e.Targets[k]); !(worst <= limit) {
			t.Errorf("predictions of target %d differ by %g, allowed is %g", k, worst, limit)
		}
	}
}

// severalTargets holds for learners that predict several numbers at once.
func (s suite) severalTargets(t *testing.T) {
	if !s.spec.TraitsFor(s.task).Targets || s.task != learners.Regression {
		return
	}
	all := []int{0, 1, 2}
	for name, law := range map[string]func(t *testing.T){
		"one of several is one": func(t *testing.T) {
			e := sample(s.task, 300, 5, 100)
			list := clone(e)
			list.Targets = [][]float64{list.Y}
			if !bytes.Equal(save(t, s.mustFit(t, e)), save(t, s.mustFit(t, list))) {
				t.Error("a list of one target gives another model than the target")
			}
		},
		"learns each": func(t *testing.T) {
			e, test := sampleOfTargets(400, 5, 101), sampleOfTargets(400, 5, 102)
			out := predict(t, s.mustFit(t, e), test)
			for k, y := range test.Targets {
				loss := 0.0
				for i, v := range y {
					loss += (out.At(i, k) - v) * (out.At(i, k) - v) / float64(len(y))
				}
				if baseline := spread(y) * spread(y); !(loss < 0.8*baseline) {
					t.Errorf("target %d: loss %g against %g of the constant prediction", k, loss, baseline)
				}
			}
		},
		"their order does not matter": func(t *testing.T) {
			e := sampleOfTargets(301, 5, 103)
			checkTargets(t, e, predict(t, s.mustFit(t, e), e), predict(t, s.mustFit(t, inOrder(e, 2, 0, 1)), e), []int{1, 2, 0}, s.laws.RowOrder)
		},
		"same bits on any number of workers": func(t *testing.T) {
			e := sampleOfTargets(9000, 7, 104)
			first := save(t, s.mustFit(t, e))
			for _, workers := range []int{1, 4} {
				m, err := s.fitIn(context.Background(), e, learners.Env{Task: s.task, Seed: 42, Workers: workers})
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(first, save(t, m)) {
					t.Errorf("the artifact with %d workers differs from the one with 2", workers)
				}
			}
		},
		"saved, loaded, and row by row": func(t *testing.T) {
			e := sampleOfTargets(300, 5, 105)
			s.holdsFor(t, e)
		},
		"weights are repeated rows": func(t *testing.T) {
			if !s.spec.TraitsFor(s.task).Weights {
				return
			}
			e := sampleOfTargets(240, 5, 106)
			weighted := clone(e)
			var rows []int
			for i := range 240 {
				w := (i*7 + i/5) % 4
				weighted.Weights = append(weighted.Weights, float64(w))
				for range w {
					rows = append(rows, i)
				}
			}
			checkTargets(t, e, predict(t, s.mustFit(t, weighted), e), predict(t, s.mustFit(t, rowsOf(e, rows)), e), all, s.laws.Weights)
		},
		"inputs stay unchanged": func(t *testing.T) {
			e := sampleOfTargets(120, 4, 107)
			before := clone(e)
			predict(t, s.mustFit(t, e), e)
			for k, y := range e.Targets {
				if !slices.Equal(y, before.Targets[k]) {
					t.Errorf("target %d was changed", k)
				}
			}
		},
		"odd targets": func(t *testing.T) {
			for what, y := range map[string]func(i int) float64{"constant": func(int) float64 { return 7 }, "zero": func(int) float64 { return 0 },
				"huge": func(i int) float64 { return float64(i%3) * 1e200 }, "the first again": nil} {
				e := sampleOfTargets(150, 4, 108)
				for i := range e.Targets[1] {
					if e.Targets[1][i] = e.Y[i]; y != nil {
						e.Targets[1][i] = y(i)
					}
				}
				m, err := s.fit(context.Background(), e)
				if err != nil {
					if what != "huge" || !s.refusesTargets(t, 1e200) {
						t.Errorf("%s: %v", what, err)
					}
					continue
				}
				out := predict(t, m, e)
				s.checkWellFormed(t, out)
				for i := range 150 {
					if what == "constant" && math.Abs(out.At(i, 1)-7) > 1e-9 {
						t.Fatalf("a target that is always 7 is predicted as %v", out.At(i, 1))
					}
				}
			}
			for _, y := range []float64{math.NaN(), math.Inf(1)} {
				e := sampleOfTargets(150, 4, 109)
				e.Targets[2][17] = y
				if _, err := s.fit(context.Background(), e); err == nil && s.refusesTargets(t, y) {
					t.Errorf("a second target of %v gives no error, as a first one does", y)
				}
			}
		},
		"wrong shapes are errors": func(t *testing.T) {
			e := sampleOfTargets(60, 4, 110)
			m := s.mustFit(t, e)
			for _, outputs := range []int{1, 2, 4} {
				if m.Predict(e.X, mat.NewDense(60, outputs, nil)) == nil {
					t.Errorf("%d columns for the predictions of 3 targets give no error", outputs)
				}
			}
		},
		"ends with its context": func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			if _, err := s.fit(ctx, sampleOfTargets(500, 5, 111)); !errors.Is(err, context.Canceled) {
				t.Errorf("with an ended context: %v", err)
			}
		},
		"keeps a training curve": func(t *testing.T) {
			var points []learners.Iteration
			env := learners.Env{Task: s.task, Seed: 42, Workers: 2, Record: func(it learners.Iteration) { points = append(points, it) }}
			if _, err := s.fitOn(context.Background(), sampleOfTargets(300, 5, 112), sampleOfTargets(100, 5, 113), env); err != nil {
				t.Fatal(err)
			}
			for i, it := range points {
				if it.Number != i+1 || math.IsNaN(it.Loss) || math.IsNaN(it.ValidationLoss) {
					t.Fatalf("point %d of the curve: %+v", i+1, it)
				}
			}
		},
		"says what memory it needs": func(t *testing.T) {
			l, err := s.learner()
			if err != nil {
				t.Fatal(err)
			}
			if asked, ok := l.(learners.MemoryEstimator); ok {
				e := sampleOfTargets(400, 6, 114)
				shape := learners.ShapeOf(e)
				three := asked.MemoryNeeded(shape)
				shape.Targets = 1
				one := asked.MemoryNeeded(shape)
				if three < one {
					t.Errorf("%d bytes for one target, %d for three", one, three)
				}
				if _, err := s.fitIn(context.Background(), e, learners.Env{Task: s.task, Seed: 42, Workers: 2, Memory: three}); err != nil {
					t.Errorf("with the memory that it asked for: %v", err)
				}
			}
		},
		"coefficients and importances": func(t *testing.T) {
			m := s.mustFit(t, sampleOfTargets(90, 4, 115))
			if c, ok := m.(learners.Coefficients); ok {
				w, b := c.Coefficients()
				if n, p := w.Dims(); n != 3 || p != 4 || len(b) != 3 {
					t.Errorf("%d x %d coefficients and %d intercepts for 3 targets of 4 features", n, p, len(b))
				}
			}
			if c, ok := m.(learners.Importances); ok && len(c.Importances()) != 4 {
				t.Errorf("the importances of 4 features are %v", c.Importances())
			}
			if c, ok := m.(learners.Trees); ok {
				c.EachNode(func(n learners.TreeNode) bool {
					if n.Left < 0 && len(n.Value) != 3 || n.Output != -1 {
						t.Errorf("a node of trees with 3 targets: %+v", n)
						return false
					}
					return true
				})
			}
		},
		"damaged artifacts are errors": func(t *testing.T) {
			e := sampleOfTargets(90, 4, 116)
			s.damagedOf(t, s.mustFit(t, e), e)
		},
	} {
		t.Run(name, law)
	}
}

// refusesTargets reports whether a single target with such a value is refused.
func (s suite) refusesTargets(t *testing.T, y float64) bool {
	e := sample(s.task, 150, 4, 109)
	e.Y[17] = y
	_, err := s.fit(context.Background(), e)
	return err != nil
}
