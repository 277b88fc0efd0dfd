// Package bayes holds the learner naive_bayes: classes by the rule of Bayes, as if features were independent of each other within a class.
package bayes

import (
	"context"
	"fmt"
	"math"

	"aibms/learners"
	"aibms/learners/data"
	"aibms/learners/params"
)

const name = "naive_bayes"

// The values of the hyper-parameter distribution.
const (
	gaussian    = "gaussian"
	multinomial = "multinomial"
	complement  = "complement"
	bernoulli   = "bernoulli"
	categorical = "categorical"
)

var distributions = []string{gaussian, multinomial, complement, bernoulli, categorical}

// NaiveBayes is the learner naive_bayes. It takes features for independent of each other within a class, so that the probability of class k given a row x is proportional to
//
//	P_k prod_j p_kj(x_j)
//
// where P_k is the share of the class in the weight of the rows (fit_prior = FALSE: the same for each), and p_kj, found by counting, is by the hyper-parameter distribution
//
//	gaussian      the normal density with the mean and variance of x_j in class k; var_smoothing times the largest variance of a feature over all rows is added to each
//	multinomial   theta_kj^x_j for x_j >= 0, such as counts of words: theta_kj = (N_kj + alpha)/(N_k + alpha p), N_kj the sum of x_j in class k and N_k the sum of N_kj over j
//	complement    the same with the rows of all other classes: exp(-w_kj x_j), w_kj = ln((N'_kj + alpha)/(N' _k + alpha p)); norm divides the w_kj of a class by their sum. P_k plays no part
//	bernoulli     of a yes (x_j > binarize) theta_kj = (weight of yes in class k + alpha)/(weight of the class + 2 alpha), of a no 1 - theta_kj
//	categorical   of a category c = 0, 1, ... (weight of c in class k + alpha)/(weight of the class + alpha times the number of categories)
//
// Features that are categories by themselves have the categorical form whatever distribution says; in complement as well, with P_k left out. A value that is missing, and a category that
// was not seen in training, takes no part: neither in what is counted nor in a prediction. The probabilities are those of the formula; they are too sure of themselves when features depend
// on each other. The numbers are those of scikit-learn's GaussianNB, MultinomialNB, ComplementNB, BernoulliNB and CategoricalNB, with two differences: the largest variance honours row
// weights, and alpha is at least 1e-10.
//
// Cost: one pass over the rows (two for categorical), n p; a prediction takes K p.
//
//	H. Zhang: The optimality of naive Bayes. FLAIRS 2004
//	Rennie, Shih, Teevan, Karger: Tackling the poor assumptions of naive Bayes text classifiers. ICML 2003
//	Chan, Golub, LeVeque: Algorithms for computing the sample variance. The American Statistician 37 (1983)
func NaiveBayes() *learners.Spec {
	return &learners.Spec{
		Name:         name,
		Doc:          "Naive Bayes: classes from the distribution of each feature by itself; Gaussian, multinomial, complement, Bernoulli or categorical.",
		Objective:    "log P_k + sum_j log p_kj(x_j) is largest for the class k of a row; P and p are counted",
		Reference:    "Zhang, FLAIRS 2004; Rennie, Shih, Teevan, Karger, ICML 2003",
		Tasks:        []learners.Task{learners.Binary, learners.Multiclass},
		Traits:       learners.Traits{Missing: true, Categories: true, Weights: true, Probabilities: true},
		New:          func() learners.Learner { return new(naiveBayes) },
		StateVersion: 1,
		Load:         load,
	}
}

type naiveBayes struct {
	distribution                  string
	varSmoothing, alpha, binarize float64
	fitPrior, norm                bool
}

func (l *naiveBayes) Declare(s *params.Set) {
	s.Choice(&l.distribution, "distribution", gaussian, distributions, "what a feature that is a number follows within a class", params.TuneValues(gaussian, bernoulli))
	s.Float(&l.varSmoothing, "var_smoothing", 1e-9, "gaussian: what is added to each variance, times the largest variance of a feature", params.AtLeast(0), params.TuneLog(1e-12, 1))
	s.Float(&l.alpha, "alpha", 1, "all but gaussian: what is added to each count; at least 1e-10", params.AtLeast(0), params.TuneLog(1e-3, 10))
	s.Bool(&l.fitPrior, "fit_prior", true, "whether a class counts by its share of the rows; else all alike")
	s.Float(&l.binarize, "binarize", 0, "bernoulli: the number above which a value is a yes")
	s.Bool(&l.norm, "norm", false, "complement: whether the weights of a class are divided by their sum")
}

// MemoryNeeded counts the sums of each chunk of rows and the model.
func (l *naiveBayes) MemoryNeeded(s learners.Shape) int64 {
	p, K := s.Features, s.Classes
	chunks, _ := chunking(s.Rows, K*p)
	return int64(chunks+4)*int64(K)*int64(p)*24 + int64(p)*64
}

func (l *naiveBayes) Fit(ctx context.Context, train, validate *data.Examples, env learners.Env) (learners.Model, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := env.CheckMemory(name, l.MemoryNeeded(learners.ShapeOf(train)), "learn from fewer features"); err != nil {
		return nil, err
	}
	if train.X == nil {
		return nil, fmt.Errorf("%s: there are no rows or no features", name)
	}
	env.Report(0, 1, math.NaN())
	c, err := l.count(ctx, train, env.Workers)
	if err != nil {
		return nil, err
	}
	m, err := l.model(c, train)
	if err != nil {
		return nil, err
	}
	env.Report(1, 1, math.NaN())
	return m, ctx.Err()
}

// model makes probabilities of what was counted.
func (l *naiveBayes) model(c *counts, train *data.Examples) (*model, error) {
	K, q := c.classes, len(c.numeric)
	alpha := max(l.alpha, 1e-10)
	m := &model{distribution: l.distribution, binarize: l.binarize, features: len(c.levels), classes: K, prior: make([]float64, K), levels: c.levels}
	total, seen := 0.0, 0
	only := 0
	for k, w := range c.weight {
		if total += w; w > 0 {
			seen++
			only = k
		}
	}
	switch {
	case seen == 0:
		return nil, fmt.Errorf("%s needs training rows of at least two classes, but no row has a positive weight", name)
	case seen == 1:
		return nil, fmt.Errorf("%s needs at least two classes, but every training row has the class '%s'", name, train.Classes[only])
	case math.IsInf(total, 0):
		return nil, fmt.Errorf("%s: the sum of the row weights is not finite", name)
	}
	for k, w := range c.weight {
		switch {
		case w == 0:
			m.prior[k] = math.Inf(-1)
		case l.fitPrior && l.distribution != complement:
			m.prior[k] = math.Log(w / total)
		default:
			m.prior[k] = -math.Log(float64(seen))
		}
	}
	m.first = make([]float64, K*q)
	switch l.distribution {
	case gaussian:
		m.second = make([]float64, K*q)
		if err := l.gaussians(c, m, train); err != nil {
			return nil, err
		}
	case bernoulli:
		m.second = make([]float64, K*q)
		for i, yes := range c.first {
			m.first[i] = math.Log((yes + alpha) / (c.present[i] + 2*alpha))
			m.second[i] = math.Log((c.present[i] - yes + alpha) / (c.present[i] + 2*alpha))
		}
	case multinomial:
		for k := range K {
			sum := 0.0
			for _, v := range c.first[k*q : (k+1)*q] {
				sum += v + alpha
			}
			for j, v := range c.first[k*q : (k+1)*q] {
				m.first[k*q+j] = math.Log((v + alpha) / sum)
			}
		}
	case complement:
		l.complements(c, m, alpha)
	}
	m.shares = make([]float64, len(c.shares))
	offset := 0
	for _, levels := range c.levels {
		if levels == 0 {
			continue
		}
		block := c.shares[offset : offset+levels*K]
		for k := range K {
			sum := 0.0
			for v := range levels {
				sum += block[v*K+k]
			}
			for v := range levels {
				m.shares[offset+v*K+k] = math.Log((block[v*K+k] + alpha) / (sum + alpha*float64(levels)))
			}
		}
		offset += levels * K
	}
	for _, v := range [][]float64{m.first, m.shares} {
		for _, x := range v {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return nil, fmt.Errorf("%s: the sums over the training rows are not finite; scale the features or the weights", name)
			}
		}
	}
	m.prepare()
	return m, nil
}

// gaussians makes means and variances of the sums c.first of x_j - c.shift_j and c.second of its square.
func (l *naiveBayes) gaussians(c *counts, m *model, train *data.Examples) error {
	K, q := c.classes, len(c.numeric)
	mean, spread := make([]float64, q), make([]float64, q) // over all classes
	largest := 0.0
	for j := range q {
		var w, sum, square float64
		for k := range K {
			w, sum, square = w+c.present[k*q+j], sum+c.first[k*q+j], square+c.second[k*q+j]
		}
		if w > 0 {
			mean[j], spread[j] = c.shift[j]+sum/w, max(0, square/w-(sum/w)*(sum/w))
		}
		if math.IsNaN(spread[j]) || math.IsInf(spread[j], 0) {
			return fmt.Errorf("%s: the variance of feature %s is not finite; scale the feature or the weights", name, featureName(train, c.numeric[j]))
		}
		largest = max(largest, spread[j])
	}
	for j := range q {
		for k := range K {
			at := k*q + j
			w := c.present[at]
			if !(w > 0) { // no row of the class has a value here: it takes the distribution of all classes
				m.first[at], m.second[at] = mean[j], spread[j]+l.varSmoothing*largest
			} else {
				d := c.first[at] / w
				m.first[at] = c.shift[j] + d
				m.second[at] = max(0, c.second[at]/w-d*d) + l.varSmoothing*largest
			}
			switch {
			case spread[j] == 0: // constant in all classes, or nobody has it: it says nothing
				m.second[at] = math.Inf(1)
			case m.second[at] < 1e-300: // constant in the class, and no smoothing
				m.second[at] = max(1e-300, 1e-9*spread[j])
			}
		}
	}
	return nil
}

// complements makes the weights of complement: of each class by the rows of all others.
func (l *naiveBayes) complements(c *counts, m *model, alpha float64) {
	K, q := c.classes, len(c.numeric)
	all := make([]float64, q)
	for k := range K {
		for j := range q {
			all[j] += c.first[k*q+j]
		}
	}
	for k := range K {
		row := m.first[k*q : (k+1)*q]
		sum := 0.0
		for j := range q {
			row[j] = max(0, all[j]-c.first[k*q+j]) + alpha
			sum += row[j]
		}
		logs := 0.0
		for j := range q {
			row[j] = math.Log(row[j] / sum)
			logs += row[j]
		}
		for j := range q {
			if l.norm && logs != 0 {
				row[j] /= logs
			} else {
				row[j] = -row[j]
			}
		}
	}
}

var (
	_ learners.Learner         = (*naiveBayes)(nil)
	_ learners.MemoryEstimator = (*naiveBayes)(nil)
	_ learners.Model           = (*model)(nil)
)
