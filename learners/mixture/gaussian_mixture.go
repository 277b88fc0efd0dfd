// Package mixture holds the learner gaussian_mixture, which takes rows for draws from several normal distributions.
package mixture

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/cluster"
	"aibms/learners/data"
	"aibms/learners/params"
)

const name = "gaussian_mixture"

// GaussianMixture is the learner gaussian_mixture. It takes the rows for draws from k normal distributions,
//
//	p(x) = sum_c pi_c N(x; m_c, S_c)        maximise  sum_i w_i log p(x_i)     w the row weights
//
// by expectation and maximisation: r_ic, the share of component c in p(x_i), is computed from what is known of the components, and then each component anew from its rows,
//
//	N_c = sum_i w_i r_ic     pi_c = N_c / sum N     m_c = sum_i w_i r_ic x_i / N_c     S_c = sum_i w_i r_ic (x_i - m_c)(x_i - m_c)' / N_c + reg_covar I
//
// Without reg_covar the likelihood never falls. It ends when the mean log p changes by less than tol. The first r are the clusters of k_means; of n_init starts the likeliest is kept. Only a
// local maximum is found.
//
//	covariance   S_c is                                                        numbers
//	full         any                                                           k p (p + 1) / 2
//	tied         any, the same for all components                              p (p + 1) / 2
//	diag         diagonal: features are independent within a component         k p
//	spherical    one number times the identity                                 k
//
// As a clustering it gives the r of a row. As an anomaly detection it gives a score from the density: with t the limit and m the median of log p over the training rows
//
//	u = (t - log p(x)) / (m - t)        score = 1/2 + u / (2 (1 + |u|))
//
// so that the median row has 1/4 and a row at the limit 1/2; a row is called unusual above that. t is what a share contamination of the training rows lie below; with contamination = 0 it is
// Tukey's far fence, the first quartile of log p less three times the distance of the quartiles.
//
// A component that loses all its rows stays as it is with pi = 0, and a warning says so. One whose covariance is singular is an error that names what helps. Where a component is so narrow and
// far from the others that digits would be lost (the squared distance of its mean from that of all, in its own spreads, is above 1e6) all is computed about the means of the components, else
// about one point, which is faster. Otherwise everything is what it is in scikit-learn's GaussianMixture.
//
// Cost: O(n k p^2) an iteration, O(n k p) for diag and spherical, all in products of matrices over blocks of rows.
//
// Dempster, Laird, Rubin: Maximum likelihood from incomplete data via the EM algorithm, J. Royal Statistical Society B 39 (1977); Tukey: Exploratory data analysis (1977).
func GaussianMixture() *learners.Spec {
	return &learners.Spec{
		Name:         name,
		Doc:          "Takes rows for draws from k normal distributions: clusters with degrees, or rows that are improbable.",
		Objective:    "sum over rows of weight * log density of the mixture, to be maximised",
		Reference:    "Dempster, Laird, Rubin: J. Royal Statistical Society B 39 (1977)",
		Tasks:        []learners.Task{learners.Clustering, learners.Anomaly},
		Traits:       learners.Traits{NeedsScaling: true, Weights: true},
		New:          func() learners.Learner { return new(gaussianMixture) },
		StateVersion: 1,
		Load:         load,
	}
}

type gaussianMixture struct {
	k, maxIter, starts      int
	covariance              string
	tol, reg, contamination float64
}

func (l *gaussianMixture) Declare(s *params.Set) {
	s.Int(&l.k, "n_components", 1, "how many normal distributions", params.AtLeast(1), params.AtMost(100_000), params.Tune(1, 20))
	s.Choice(&l.covariance, "covariance_type", full, forms, "full: any; tied: any, the same for all components; diag: diagonal; spherical: one variance")
	s.Float(&l.tol, "tol", 1e-3, "stop when the mean log density changes by less than this", params.AtLeast(0))
	s.Float(&l.reg, "reg_covar", 1e-6, "what is added to the diagonal of each covariance", params.AtLeast(0))
	s.Int(&l.maxIter, "max_iter", 100, "iterations of a start at most", params.AtLeast(1))
	s.Int(&l.starts, "n_init", 1, "starts, of which the likeliest is kept", params.AtLeast(1), params.AtMost(1000))
	s.Float(&l.contamination, "contamination", 0, "for anomalies: the share of the training rows that is called unusual; 0: those beyond Tukey's far fence of the log density", params.AtLeast(0), params.AtMost(0.5))
}

// MemoryNeeded is what k_means needs for the start, or the components with the sums of the chunks and the densities of all rows.
func (l *gaussianMixture) MemoryNeeded(s learners.Shape) int64 {
	n, p := s.Rows, s.Features
	spread := numbersOf(l.covariance, l.k, p)
	own := 8*(int64(chunksOf(n, l.k, p, l.covariance))+6)*(spread+int64(l.k)*int64(p+2)) + 24*int64(n) + 1<<22
	if l.covariance == full || l.covariance == tied {
		own += 8 * 3 * int64(p) * int64(p)
	}
	return max(own, 12*int64(n)+cluster.MemoryNeeded(l.k, s))
}

func (l *gaussianMixture) Fit(ctx context.Context, train, validate *data.Examples, env learners.Env) (learners.Model, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if train.X == nil {
		return nil, fmt.Errorf("%s needs training rows with at least one feature", name)
	}
	n, _ := train.X.Dims()
	if err := env.CheckMemory(name, l.MemoryNeeded(learners.ShapeOf(train)), "lower n_components, or choose another covariance"); err != nil {
		return nil, err
	}
	if l.contamination > 0 && env.Task != learners.Anomaly {
		env.Warnf("%s: contamination is for anomalies and changes no cluster; WITH (task = 'anomaly_detection') asks for them", name)
	}
	positive, total := 0, 0.0
	for i := range n {
		if w := train.Weight(i); w > 0 {
			positive++
			total += w
		}
	}
	if !(total > 0) || math.IsInf(total, 1) {
		return nil, errors.New(name + ": the sum of the row weights must be positive and finite")
	}
	if positive < l.k {
		return nil, fmt.Errorf("%s: hyper-parameter \"n_components\" is %d, but there are only %d training rows; use fewer components", name, l.k, positive)
	}
	e := &em{l: l, train: train, env: env, total: total}
	if validate != nil && validate.X != nil {
		e.validate = validate
	}
	var best *outcome
	env.Report(0, l.starts*l.maxIter, math.NaN())
	for start := range l.starts {
		clusters, err := e.clusters(ctx, uint64(start))
		if err != nil {
			return nil, err
		}
		found, err := e.run(ctx, clusters, start)
		if err != nil {
			return nil, err
		}
		if best == nil || found.likelihood > best.likelihood {
			best = found
		}
	}
	if l.starts > 1 { // the curve of the start that won
		for _, it := range best.curve {
			env.Keep(it)
		}
	}
	if !best.converged {
		env.Warnf("%s did not converge in max_iter = %d iterations; raise max_iter", name, l.maxIter)
	}
	if empty := best.mixture.empty(); empty > 0 {
		env.Warnf("%s: %d of %d components have no rows; use fewer components", name, empty, l.k)
	}
	var m learners.Model = clusterModel{best.mixture}
	if env.Task == learners.Anomaly {
		var err error
		if m, err = e.judge(ctx, best.mixture); err != nil {
			return nil, err
		}
	}
	env.Report(l.starts*l.maxIter, l.starts*l.maxIter, -best.likelihood)
	return m, nil
}

// clusters are those of k_means, one start of it.
func (e *em) clusters(ctx context.Context, stream uint64) ([]int32, error) {
	n, p := e.train.X.Dims()
	out := make([]int32, n)
	if e.l.k == 1 {
		return out, nil
	}
	l, err := cluster.KMeans().With([]params.Setting{{Name: "n_clusters", Value: fmt.Sprint(e.l.k)}})
	if err != nil {
		return nil, err
	}
	m, err := l.Fit(ctx, e.train, nil, learners.Env{Task: learners.Clustering, Seed: e.env.RNG(stream).Uint64(), Workers: e.env.Workers})
	if err != nil {
		return nil, err
	}
	const rows = 1024
	ones := mat.NewDense(min(n, rows), e.l.k, nil)
	for lo := 0; lo < n; lo += rows {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		hi := min(n, lo+rows)
		part := ones.Slice(0, hi-lo, 0, e.l.k).(*mat.Dense)
		if err := m.Predict(e.train.X.Slice(lo, hi, 0, p).(*mat.Dense), part); err != nil {
			return nil, err
		}
		for i := lo; i < hi; i++ {
			for c, v := range part.RawRowView(i - lo) {
				if v == 1 {
					out[i] = int32(c)
				}
			}
		}
	}
	return out, nil
}

var (
	_ learners.Learner         = (*gaussianMixture)(nil)
	_ learners.MemoryEstimator = (*gaussianMixture)(nil)
)
