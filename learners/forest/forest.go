// Package forest holds the learners that average trees which were grown independently: random_forest and extra_trees.
package forest

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"aibms/internal/safego"
	"aibms/learners"
	"aibms/learners/artifact"
	"aibms/learners/data"
	"aibms/learners/params"
	"aibms/learners/tree"
)

// forest is what both learners share: n_trees trees of the same columns, each by random numbers of its own, fitted in parallel.
//
// Memory: the columns (tree.Columns), 48 bytes a row for each worker, and 24 bytes for each node of each tree (8 more for each further class or target); a tree that is not
// bounded has up to two nodes a row.
type forest struct {
	tree.GrowthParams
	name       string
	trees      int
	bootstrap  bool
	maxSamples float64
	oobScore   bool
	random     bool // random thresholds
}

// declare declares the hyper-parameters that follow those of the trees.
func (f *forest) declare(s *params.Set, bootstrap bool, criteria []string) {
	s.Int(&f.trees, "n_trees", 100, "how many trees", params.AtLeast(1), params.AtMost(10_000), params.TuneLog(50, 500))
	f.GrowthParams.Declare(s, "auto", criteria)
	s.Bool(&f.bootstrap, "bootstrap", bootstrap, "whether each tree learns from rows that are drawn with replacement; else from all")
	s.Float(&f.maxSamples, "max_samples", 1, "bootstrap: how many rows are drawn for a tree, as a share of all", params.Above(0), params.AtMost(1))
	s.Bool(&f.oobScore, "oob_score", false, "bootstrap: whether to judge each training row by the trees that did not learn from it")
}

func (f *forest) Fit(ctx context.Context, train, validate *data.Examples, env learners.Env) (learners.Model, error) {
	return f.fit(ctx, nil, train, env)
}

// FitFrom keeps the trees of a forest of the same learner, features and classes, and grows n_trees more, which learn from these rows alone. They draw the numbers that trees with their place in a forest would.
func (f *forest) FitFrom(ctx context.Context, from learners.Model, train, validate *data.Examples, env learners.Env) (learners.Model, error) {
	m, err := learners.FirstModel[*model](f.name, from)
	switch {
	case err != nil:
		return nil, err
	case m.name != f.name:
		return nil, learners.Differs(f.name, "learner", m.name, f.name)
	case f.oobScore:
		return nil, learners.CannotGoOn(f.name, "oob_score judges each row by the trees that did not learn from it, which is not known of the trees of a warm start; leave oob_score out")
	}
	return f.fit(ctx, m, train, env)
}

// fit grows trees behind those of first; nil: there are none.
func (f *forest) fit(ctx context.Context, first *model, train *data.Examples, env learners.Env) (learners.Model, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if f.oobScore && !f.bootstrap {
		return nil, fmt.Errorf("%s: oob_score needs bootstrap = TRUE: without it every tree learns from every row", f.name)
	}
	s, err := f.Settings(f.name, env.Task, train, true)
	if err != nil {
		return nil, err
	}
	s.RandomThresholds, s.Workers = f.random, 1
	target, err := tree.NewTarget(f.name, train)
	if err != nil {
		return nil, err
	}
	shape := learners.ShapeOf(train)
	if first != nil {
		shape.First = first
	}
	if err := env.CheckMemory(f.name, f.MemoryNeeded(shape), tree.FewerNodes+", or lower n_trees"); err != nil {
		return nil, err
	}
	columns, err := tree.NewColumns(ctx, train, true, env.Workers)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("%s: %w", f.name, err)
	}
	if f.random {
		columns.ByRow()
	}
	m := &model{name: f.name, trees: tree.NewTrees(target, train)}
	before := 0
	if first != nil {
		before = first.trees.Len()
		if err := m.trees.Extend(f.name, first.trees); err != nil {
			return nil, err
		}
	}
	m.trees.Expect(before + f.trees)
	g := grove{forest: f, before: before, ctx: ctx, env: env, target: target, columns: columns, settings: s}
	if f.oobScore {
		g.judge = newJudge(m.trees, train, env)
	}
	if err := g.grow(m.trees); err != nil {
		return nil, err
	}
	m.trees.Finish()
	if f.oobScore {
		g.judge.finish(m)
	}
	return m, ctx.Err()
}

// grove grows the trees of one Fit.
type grove struct {
	*forest
	before   int // trees that are there already
	ctx      context.Context
	env      learners.Env
	target   *tree.Target
	columns  *tree.Columns
	settings tree.Settings
	judge    *judge // of the out-of-bag score; nil when nobody asks
}

// ready is a tree that was grown.
type ready struct {
	number int
	grown  *tree.Grown
	inBag  []uint64 // a bit for each row that it learned from; nil when nobody asks
}

// grow appends the trees to all, in their order, while workers grow the next ones.
func (g *grove) grow(all *tree.Trees) error {
	workers := max(1, min(g.env.Workers, g.trees))
	growers := make(chan *tree.Grower, workers)
	for range workers {
		growers <- tree.NewGrower(g.columns, g.target, g.settings)
	}
	done := make(chan ready, workers)
	ctx, stop := context.WithCancel(g.ctx)
	defer stop()
	var group safego.Group
	group.Go(func() error {
		defer close(done)
		return safego.Chunks(ctx, g.trees, 1, workers, func(k, _, _ int) error {
			grower := <-growers
			defer func() { growers <- grower }()
			rng := g.env.RNG(uint64(g.before + k))
			counts := g.sample(rng)
			r := ready{number: k}
			if g.judge != nil {
				r.inBag = taken(counts)
			}
			var err error
			if r.grown, err = grower.Grow(ctx, rng, counts); err != nil {
				return err
			}
			select {
			case done <- r:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	})
	var failed error
	waiting := map[int]ready{}
	g.env.Report(0, g.trees, math.NaN())
	for next := 0; next < g.trees; {
		r, ok := <-done
		if !ok {
			break
		}
		waiting[r.number] = r
		for ; waiting[next].grown != nil && failed == nil; next++ {
			if _, failed = all.Append(waiting[next].grown); failed != nil {
				failed = fmt.Errorf("%s: %w", g.name, failed)
				stop()
			} else if g.judge != nil {
				if failed = g.judge.add(ctx, next, waiting[next].inBag); failed != nil {
					stop()
				}
			}
			delete(waiting, next)
			g.env.Report(next+1, g.trees, math.NaN())
		}
		if failed != nil {
			break
		}
	}
	err := group.Wait()
	switch {
	case g.ctx.Err() != nil:
		return g.ctx.Err()
	case failed != nil:
		return failed
	}
	return err
}

// sample draws the rows of a tree: how often each row is taken; nil is once each.
func (g *grove) sample(rng *rand.Rand) []uint16 {
	if !g.bootstrap {
		return nil
	}
	rows := g.target.Rows()
	counts := make([]uint16, g.target.Size())
	for range max(1, int(math.Round(g.maxSamples*float64(len(rows))))) {
		if i := rows[rng.IntN(len(rows))]; counts[i] < math.MaxUint16 {
			counts[i]++
		}
	}
	return counts
}

// taken has a bit for each row: whether it was taken at all.
func taken(counts []uint16) []uint64 {
	bits := make([]uint64, (len(counts)+63)/64)
	for i, c := range counts {
		if c > 0 {
			bits[i/64] |= 1 << (i % 64)
		}
	}
	return bits
}

// model is a fitted forest.
type model struct {
	name   string
	trees  *tree.Trees
	judged int     // rows that some tree did not learn from; 0 when out-of-bag was not asked for
	oob    float64 // accuracy or R^2 over them, of several targets the mean
}

func (m *model) Predict(x, out *mat.Dense) error { return m.trees.Predict(x, out) }

func (m *model) Importances() []float64 { return m.trees.Importances() }

func (m *model) EachNode(f func(learners.TreeNode) bool) { m.trees.EachNode(f) }

// Save writes the trees and, in the section out_of_bag (float64), how many rows were judged out of bag and the score over them, 0 and 0 when that was not asked for.
func (m *model) Save(w *artifact.Writer) error {
	m.trees.Save(w)
	w.Float64s("out_of_bag", []float64{float64(m.judged), m.oob})
	return nil
}

// load returns the Load of a learner.
func load(name string) func(version int, r *artifact.Reader) (learners.Model, error) {
	return func(version int, r *artifact.Reader) (learners.Model, error) {
		if err := tree.CheckVersion(name, version, 3); err != nil {
			return nil, err
		}
		trees, err := tree.LoadTrees(r)
		if err != nil {
			return nil, err
		}
		oob, err := r.Float64s("out_of_bag")
		if err != nil {
			return nil, err
		}
		if len(oob) != 2 || !(oob[0] >= 0 && oob[0] <= math.MaxInt32) || oob[0] != math.Trunc(oob[0]) || !(oob[1] <= 1) || math.IsInf(oob[1], 0) {
			return nil, fmt.Errorf("%w: out-of-bag score %v", artifact.ErrCorrupt, oob)
		}
		return &model{name: name, trees: trees, judged: int(oob[0]), oob: oob[1]}, nil
	}
}

var (
	_ learners.Model       = (*model)(nil)
	_ learners.Importances = (*model)(nil)
	_ learners.OutOfBag    = (*model)(nil)
	_ learners.Trees       = (*model)(nil)
)
