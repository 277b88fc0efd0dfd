// Package cluster holds the learner k_means, which groups rows around centres.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/data"
	"aibms/learners/params"
)

const name = "k_means"

// KMeans is the learner k_means. It looks for k centres c with
//
//	minimise  sum_i w_i min_j |x_i - c_j|^2     w the row weights
//
// by Lloyd's iteration from n_init starts: each row goes to its nearest centre, each centre to the weighted mean of its rows. The start whose centres end best is
// kept. Only a local minimum is found.
//
//	lloyd        compares every row with every centre                                O(n p k) an iteration
//	hamerly      the same centres, to the last bit, but a row is compared only when   O(n) and more an iteration, 16 bytes a row
//	             bounds on its nearest and second distance do not rule a change out
//	elkan        the same with a bound for each centre, which rule more out           O(n k) and more, 8 (k + 1) bytes a row
//	auto         lloyd; from when fewer than one row in 200 changes its centre        the same centres too
//	             hamerly, for as long as its bounds spare three quarters of the rows
//	mini_batch   moves centres to running means over batches of drawn rows; approximate, for tables whose passes take long
//
// A centre that loses all rows moves to the row that is farthest from its own. The start is k-means++ by the greedy variant: each centre is the best of
// 2 + ln k rows that are drawn in proportion to w d^2. An iteration ends the run when no row changes its centre, or when the squared moves of the centres sum to no more than
// tol times the mean variance of the features. All of this means what it means in scikit-learn's KMeans, whose random numbers are others.
//
// Lloyd: Least squares quantization in PCM, IEEE Trans. Inf. Theory 28 (1982); Arthur, Vassilvitskii: k-means++, SODA 2007; Elkan: Using the triangle inequality to
// accelerate k-means, ICML 2003; Hamerly: Making k-means even faster, SDM 2010; Sculley: Web-scale k-means clustering, WWW 2010.
func KMeans() *learners.Spec {
	return &learners.Spec{
		Name:         name,
		Doc:          "Groups rows around k centres so that the squared distances to them are small.",
		Objective:    "sum over rows of weight * squared distance to the nearest of k centres",
		Reference:    "Lloyd: IEEE Trans. Inf. Theory 28 (1982); Arthur, Vassilvitskii: SODA 2007; Elkan: ICML 2003; Hamerly: SDM 2010; Sculley: WWW 2010",
		Tasks:        []learners.Task{learners.Clustering},
		Traits:       learners.Traits{NeedsScaling: true, Weights: true},
		New:          func() learners.Learner { return new(kMeans) },
		StateVersion: 1,
		Load:         load,
	}
}

type kMeans struct {
	k               int
	init, algorithm string
	starts, maxIter int
	tol             float64
	batch           int
}

func (l *kMeans) Declare(s *params.Set) {
	s.Int(&l.k, "n_clusters", 8, "how many clusters", params.AtLeast(1), params.Tune(2, 20))
	s.Choice(&l.init, "init", "k-means++", []string{"k-means++", "random"}, "how the first centres are drawn: far from each other, or any rows")
	s.Int(&l.starts, "n_init", 1, "starts, of which the best is kept", params.AtLeast(1), params.AtMost(1000))
	s.Int(&l.maxIter, "max_iter", 300, "iterations of a start at most; for mini_batch passes over the rows", params.AtLeast(1))
	s.Float(&l.tol, "tol", 1e-4, "stop when the squared moves of the centres sum to no more than this times the mean variance of the features", params.AtLeast(0))
	s.Choice(&l.algorithm, "algorithm", "auto", []string{"auto", "lloyd", "hamerly", "elkan", "mini_batch"},
		"lloyd: compare all rows with all centres; hamerly, elkan: the same result, by one bound or k bounds a row; mini_batch: drawn batches, approximate; auto: lloyd, then hamerly")
	s.Int(&l.batch, "batch_size", 1024, "mini_batch: rows of a batch", params.AtLeast(1))
}

// MemoryNeeded is what a row needs (squared length, bounds, cluster, distances to the candidates of k-means++) and the sums of the chunks.
func (l *kMeans) MemoryNeeded(s learners.Shape) int64 {
	n, p := s.Rows, s.Features
	bounds := 16
	if l.algorithm == "elkan" {
		bounds = 8 + 8*l.k
	}
	return int64(n)*int64(8+bounds+4+8+8*max(quad, candidates(l.k))) + int64(l.k)*int64(p+2)*8*(maxChunks+8) + int64(l.k)*8*blockRows + 1<<22
}

func (l *kMeans) Fit(ctx context.Context, train, validate *data.Examples, env learners.Env) (learners.Model, error) {
	return l.fit(ctx, nil, train, validate, env)
}

// FitFrom begins at the centres of a model with as many clusters, in place of drawing them: there is one start, and clusters keep their numbers.
func (l *kMeans) FitFrom(ctx context.Context, from learners.Model, train, validate *data.Examples, env learners.Env) (learners.Model, error) {
	m, err := learners.FirstModel[*model](name, from)
	_, p := train.Dims()
	switch {
	case err != nil:
		return nil, err
	case m.p != p:
		return nil, learners.Differs(name, "number of features", m.p, p)
	case m.k != l.k:
		return nil, learners.Differs(name, "n_clusters", m.k, l.k)
	}
	return l.fit(ctx, m, train, validate, env)
}

// fit begins at the centres of a model; nil: it draws them.
func (l *kMeans) fit(ctx context.Context, from *model, train, validate *data.Examples, env learners.Env) (learners.Model, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	n, p := 0, len(train.Features)
	if train.X != nil {
		n, p = train.X.Dims()
	}
	if n == 0 || p == 0 {
		return nil, fmt.Errorf("%s needs training rows with at least one feature", name)
	}
	if err := env.CheckMemory(name, l.MemoryNeeded(learners.ShapeOf(train)), "lower n_clusters"); err != nil {
		return nil, err
	}
	r, err := newRows(ctx, train, env.Workers)
	if err != nil {
		return nil, err
	}
	if r.positive < l.k {
		return nil, fmt.Errorf("%s: hyper-parameter \"n_clusters\" is %d, but there are only %d training rows; use fewer clusters", name, l.k, r.positive)
	}
	judge := func(s *run) (float64, error) { return math.NaN(), nil }
	if validate != nil && validate.X != nil {
		v, err := newRows(ctx, validate, env.Workers)
		if err != nil {
			return nil, err
		}
		judge = func(s *run) (float64, error) {
			c := newCentres(l.k, p)
			for i, x := range s.unshifted() {
				c.at[i] = x
				if v.shift != nil {
					c.at[i] -= v.shift[i%p]
				}
			}
			c.ready()
			inertia, err := inertia(ctx, v, c)
			return inertia / v.total, err
		}
	}
	var best *run
	if from != nil {
		l.starts = 1
	}
	env.Report(0, l.starts*l.maxIter, math.NaN())
	for start := range l.starts {
		rng := env.RNG(uint64(start))
		var c *centres
		if from != nil {
			c = newCentres(l.k, p)
			for i, v := range from.centers {
				c.at[i] = v
				if r.shift != nil {
					c.at[i] -= r.shift[i%p]
				}
			}
			c.ready()
		} else if c, err = l.seed(ctx, r, rng); err != nil {
			return nil, err
		}
		s := newRun(r, c, l.k)
		s.keep = map[string]bounds{"hamerly": hamerly, "elkan": elkan}[l.algorithm]
		s.report = func(iteration int, loss float64) error {
			env.Report(start*l.maxIter+iteration, l.starts*l.maxIter, loss)
			if env.Record == nil {
				return nil
			}
			validation, err := judge(s)
			if err != nil {
				return err
			}
			s.curve = append(s.curve, learners.Iteration{Number: iteration, Loss: loss, ValidationLoss: validation})
			if l.starts == 1 {
				env.Keep(s.curve[len(s.curve)-1])
			}
			return nil
		}
		if l.algorithm == "mini_batch" {
			err = s.batches(ctx, rng, l.batch, l.maxIter, l.tol)
		} else {
			err = s.lloyd(ctx, l.maxIter, l.tol, l.algorithm == "auto")
		}
		if err == nil {
			s.inertia, err = inertia(ctx, r, s.c)
		}
		if err != nil {
			return nil, err
		}
		if best == nil || s.inertia < best.inertia {
			best = s
		}
	}
	if l.starts > 1 { // the curve of the start that won
		for _, it := range best.curve {
			env.Keep(it)
		}
	}
	if math.IsNaN(best.inertia) || math.IsInf(best.inertia, 0) {
		return nil, errors.New(name + ": the numbers overflow; scale the features")
	}
	if !best.converged {
		env.Warnf("%s did not converge in max_iter = %d iterations; raise max_iter", name, l.maxIter)
	}
	if best.equal {
		env.Warnf("%s: the training rows have fewer than %d distinct values, so that some clusters are empty", name, l.k)
	}
	env.Report(l.starts*l.maxIter, l.starts*l.maxIter, best.inertia/r.total)
	return newModel(best.unshifted(), l.k, p), nil
}

var (
	_ learners.Learner         = (*kMeans)(nil)
	_ learners.MemoryEstimator = (*kMeans)(nil)
	_ learners.WarmStarter     = (*kMeans)(nil)
)

// at returns row i of a matrix.
func at(x *mat.Dense, i int) []float64 { return x.RawRowView(i) }

// MemoryNeeded is what k_means with its defaults needs for k clusters: for learners that begin with it.
func MemoryNeeded(k int, s learners.Shape) int64 { return (&kMeans{k: k}).MemoryNeeded(s) }
