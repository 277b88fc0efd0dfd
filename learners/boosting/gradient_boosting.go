package boosting

import (
	"context"
	"fmt"
	"math"
	"slices"

	"aibms/internal/safego"
	"aibms/learners"
	"aibms/learners/bin"
	"aibms/learners/data"
	"aibms/learners/params"
)

const learnerName = "gradient_boosting"

// GradientBoosting is the learner gradient_boosting: a sum of trees F = start + rate * (f_1 + f_2 + ...), each grown to the derivatives of the loss at the sum before it.
//
//	minimise  sum_i s_i loss(y_i, F(x_i)) + sum over leaves ( l2/2 value^2 + l1 |value| )
//
//	loss = 1/2 (y - F)^2                              squared_error
//	       |y - F|                                    absolute_error: predicts the median
//	       1/2 (y - F)^2, linear far out              huber
//	       q max(y - F, 0) + (1 - q) max(F - y, 0)    quantile: predicts the quantile q
//	       exp(F) - y F                               poisson: predicts exp(F), the mean of counts
//	       y exp(-F) + F                              gamma: predicts exp(F), the mean of positive numbers
//	       -log p_y, p = 1 / (1 + exp(-F))            logistic, two classes
//	       -log p_y, p ~ exp(F)                       softmax, K classes: F has K parts, each with trees of its own
//
// In every round the loss is replaced by its second-order approximation in F, whose best leaf value is -T(G) / (H + l2) with G and H the sums of the first and second derivatives over the
// leaf's rows and T the soft threshold of l1 (Friedman 2001; Chen, Guestrin 2016). Features are binned to at most 255 codes once, and splits are looked for on histograms of
// the derivatives, in the leaf that gains most (Ke et al. 2017) or level by level. What differs from these papers: derivatives are rounded to whole numbers for each tree (see pair), and
// min_samples_leaf counts a row by its weight, so that a weight of two is the row twice. Cost: a tree of L leaves on n rows of p features takes about n p log2(L) / 2 additions.
func GradientBoosting() *learners.Spec {
	return &learners.Spec{
		Name: learnerName,
		Doc:  "Gradient-boosted trees on histograms, with eight losses, missing values and early stopping.",
		Objective: "sum of weight * loss(y, F(x)) + l2/2 value^2 + l1 |value| of every leaf, F a sum of trees; loss is minus the logarithm of the class's probability (logistic, softmax), " +
			"or the squared, absolute, Huber, pinball, Poisson or gamma loss",
		Reference: "Friedman, Annals of Statistics 29 (2001); Chen, Guestrin: XGBoost, KDD 2016; Ke et al.: LightGBM, NeurIPS 2017; " +
			"Shi et al.: Quantized Training of Gradient Boosting Decision Trees, NeurIPS 2022",
		Tasks:        []learners.Task{learners.Binary, learners.Multiclass, learners.Regression},
		Traits:       learners.Traits{Missing: true, Categories: true, Weights: true, Probabilities: true},
		New:          func() learners.Learner { return new(gradientBoosting) },
		StateVersion: 1,
		Load:         loadEnsemble,
	}
}

type gradientBoosting struct {
	loss, growth        string
	quantile            float64
	huberQuantile       float64
	goss                bool
	gossTop, gossOther  float64
	increasing          string
	decreasing          string
	nTrees, patience    int
	rate                float64
	maxLeaves, maxDepth int
	rules               splitRules
	subsample           float64
	colsample           float64
	maxBins             int
}

func (l *gradientBoosting) Declare(s *params.Set) {
	s.Choice(&l.loss, "loss", "auto", []string{"auto", "logistic", "softmax", "squared_error", "absolute_error", "huber", "quantile", "poisson", "gamma"},
		"what is minimised; auto is logistic for two classes, softmax for more, squared_error for numbers; poisson (counts) and gamma (numbers > 0) predict the exponential of the trees")
	s.Float(&l.quantile, "quantile", 0.5, "loss quantile: the quantile that is predicted", params.Above(0), params.Below(1))
	s.Float(&l.huberQuantile, "huber_quantile", 0.9, "loss huber: errors count squared up to this quantile of the distances to the median, or, where that is 0, of those above 0", params.Above(0), params.AtMost(1))
	s.Int(&l.nTrees, "n_trees", 100, "rounds at most; each grows a tree, with loss softmax one for each class", params.AtLeast(1), params.AtMost(10_000), params.TuneLog(50, 1000))
	s.Float(&l.rate, "learning_rate", 0.1, "by what each tree's values are multiplied", params.Above(0), params.AtMost(1), params.TuneLog(0.02, 0.3))
	s.Int(&l.maxLeaves, "max_leaves", 31, "leaves of a tree at most", params.AtLeast(2), params.AtMost(65536), params.TuneLog(8, 128))
	s.Int(&l.maxDepth, "max_depth", 0, "splits from the root to a leaf at most; 0: no limit", params.AtLeast(0))
	s.Choice(&l.growth, "growth", "leafwise", []string{"leafwise", "depthwise"}, "which leaf is split next: the one that gains most, or level by level")
	s.Float(&l.rules.minSamples, "min_samples_leaf", 20, "rows in a leaf at least; a row counts as its weight", params.AtLeast(0), params.TuneLog(5, 100))
	s.Float(&l.rules.minChildWeight, "min_child_weight", 1e-3, "sum of the second derivatives of the loss in a leaf at least", params.AtLeast(0))
	s.Float(&l.rules.l2, "l2", 0, "strength of the penalty on the squares of the leaves' values", params.AtLeast(0), params.Tune(0, 10))
	s.Float(&l.rules.l1, "l1", 0, "strength of the penalty on the sizes of the leaves' values", params.AtLeast(0))
	s.Float(&l.rules.minGain, "min_gain", 0, "what a split must gain at least: by how much twice the loss falls", params.AtLeast(0))
	s.Float(&l.subsample, "subsample", 1, "share of the rows that a round learns from, drawn anew for each", params.Above(0), params.AtMost(1), params.Tune(0.5, 1))
	s.Float(&l.colsample, "colsample", 1, "share of the features that a tree may use, drawn anew for each", params.Above(0), params.AtMost(1), params.Tune(0.4, 1))
	s.Bool(&l.goss, "goss", false, "learn from the rows with the largest gradients and a sample of the others, which count for all of them (not with subsample)")
	s.Float(&l.gossTop, "goss_top", 0.2, "goss: share of the rows with the largest gradients", params.Above(0), params.Below(1))
	s.Float(&l.gossOther, "goss_other", 0.1, "goss: share of the rows that is drawn of the others", params.Above(0), params.Below(1))
	s.Text(&l.increasing, "monotone_increasing", "", "names of features, with commas between", "features with which predictions never fall (of the second class: its probability); not with softmax, absolute_error or quantile")
	s.Text(&l.decreasing, "monotone_decreasing", "", "names of features, with commas between", "features with which predictions never rise")
	c := &l.rules.categories
	s.Float(&c.smooth, "cat_smooth", 10, "splits by categories: what is added to the sum of second derivatives of a category when categories are put in order; rarer ones do not go left", params.AtLeast(0))
	s.Float(&c.l2, "cat_l2", 10, "splits by categories: what is added to l2", params.AtLeast(0))
	s.Int(&c.most, "max_cat_threshold", 32, "splits by categories: how many go left at most", params.AtLeast(1))
	s.Int(&c.one, "max_cat_to_onehot", 4, "splits by categories: of so many at most, one is parted from all others", params.AtLeast(1))
	s.Float(&c.minSamples, "min_samples_group", 100, "splits by categories: rows by which two sets that are tried differ at least", params.AtLeast(0))
	s.Int(&l.maxBins, "max_bins", bin.MaxBins, "bins of a feature at most", params.AtLeast(2), params.AtMost(bin.MaxBins))
	s.Int(&l.patience, "patience", 10, "with a validation split: stop after so many rounds without a smaller loss there, and keep the best; 0: never", params.AtLeast(0))
}

// fitting is the state of one Fit.
type fitting struct {
	l         *gradientBoosting
	env       learners.Env
	objective objective
	target    *target
	n         int
	margins   [][]float64
	rounded   []*gradients // of each output
	gradients [][]float64
	hessians  [][]float64
	grower    *grower
	sampler   sampler
	start     []float64
	before    int // rounds of the model that is gone on from
	trees     []tree
	validate  *validation // nil: none
	kept      int         // the last round of the training curve
}

func (l *gradientBoosting) Fit(ctx context.Context, train, validate *data.Examples, env learners.Env) (learners.Model, error) {
	return l.fit(ctx, nil, train, validate, env)
}

// FitFrom keeps the trees of a model of the same loss, features and classes, and adds n_trees rounds, which begin where that model's predictions of these rows end. With validation rows at least the trees
// that were there stay. Rounds count on: they draw the rows and features that they would draw in one training of all.
func (l *gradientBoosting) FitFrom(ctx context.Context, from learners.Model, train, validate *data.Examples, env learners.Env) (learners.Model, error) {
	m, err := learners.FirstModel[*ensemble](learnerName, from)
	if err != nil {
		return nil, err
	}
	return l.fit(ctx, m, train, validate, env)
}

// sameShape says what keeps a model from being gone on from; nil: nothing does.
func (l *gradientBoosting) sameShape(from *ensemble, features int, categories []int, classes, outputs int) error {
	switch {
	case from.features != features:
		return learners.Differs(learnerName, "number of features", from.features, features)
	case from.classes != classes:
		return learners.Differs(learnerName, "number of classes", from.classes, classes)
	case from.loss != l.loss || from.outputs != outputs:
		return learners.Differs(learnerName, "loss", "'"+from.loss+"'", "'"+l.loss+"'")
	}
	return learners.SameCategories(learnerName, from.categories, categories)
}

// fit goes on from a model; nil: it begins with a constant.
func (l *gradientBoosting) fit(ctx context.Context, from *ensemble, train, validate *data.Examples, env learners.Env) (learners.Model, error) {
	n, p := train.Dims()
	if n == 0 || p == 0 || train.X == nil {
		return nil, fmt.Errorf("%s needs rows and features, got %d rows of %d features", learnerName, n, p)
	}
	if n > math.MaxInt32/4 {
		return nil, fmt.Errorf("%s learns from at most %d rows, got %d", learnerName, math.MaxInt32/4, n)
	}
	t, err := newTarget(train)
	if err != nil {
		return nil, err
	}
	objective, err := l.newObjective(env.Task, len(train.Classes), t)
	if err != nil {
		return nil, err
	}
	if from != nil {
		if err := l.sameShape(from, p, train.Categories, len(train.Classes), objective.outputs()); err != nil {
			return nil, err
		}
	}
	if l.rules.directions, err = l.directions(train); err != nil {
		return nil, err
	}
	matrix, err := bin.New(ctx, train.X, bin.Options{MaxBins: l.maxBins, Categorical: categorical(train), Weights: train.Weights, Workers: env.Workers})
	if err != nil {
		return nil, err
	}
	if err := checkCategories(train, matrix); err != nil {
		return nil, err
	}
	f := &fitting{l: l, env: env, objective: objective, target: t, n: n, grower: newGrower(matrix, l.rules, train.Weights, env.Workers)}
	f.grower.maxLeaves, f.grower.maxDepth, f.grower.rate, f.grower.levels = l.maxLeaves, l.maxDepth, l.rate, l.growth == "depthwise"
	f.grower.categories = train.Categories
	shape := learners.ShapeOf(train)
	if from != nil {
		shape.First = from
	}
	f.grower.budget = l.histogramBudget(env.Memory, shape)
	f.sampler = sampler{env: env, rows: l.subsample, features: l.colsample}
	if l.goss {
		if l.subsample < 1 {
			return nil, fmt.Errorf("%s: goss samples rows itself and subsample = %v does too; leave one of them out", learnerName, l.subsample)
		}
		if l.gossTop+l.gossOther > 1 {
			return nil, fmt.Errorf("%s: goss_top = %v and goss_other = %v are shares of the rows, which make more than 1 together", learnerName, l.gossTop, l.gossOther)
		}
		f.sampler.top, f.sampler.other, f.sampler.from = l.gossTop, l.gossOther, int(1/l.rate)
	}
	if from != nil {
		f.start, f.before = from.start, len(from.trees)/from.outputs
		if f.margins, err = from.marginsOf(ctx, train, env.Workers); err != nil {
			return nil, err
		}
	} else {
		f.start = objective.start(t)
		f.margins = constantMargins(n, f.start)
	}
	for range f.start {
		q := newGradients(n)
		f.rounded = append(f.rounded, q)
		f.gradients, f.hessians = append(f.gradients, q.g), append(f.hessians, q.h)
	}
	if validate != nil && len(validate.Y) > 0 && (l.patience > 0 || env.Record != nil) {
		f.validate, err = newValidation(ctx, f, from, matrix, validate)
		if l.patience == 0 && err != nil && ctx.Err() == nil { // then these rows decide nothing
			f.validate, err = nil, nil
		}
		if err != nil {
			return nil, err
		}
	}
	if err := f.run(ctx); err != nil {
		return nil, err
	}
	if from != nil {
		f.trees = append(slices.Clone(from.trees), f.trees...)
	}
	return newEnsemble(l.loss, p, len(train.Classes), objective.outputs(), f.start, f.trees, train.Categories), nil
}

// constantMargins are margins of n rows that are all the same.
func constantMargins(n int, start []float64) [][]float64 {
	all := make([][]float64, len(start))
	for k, v := range start {
		all[k] = make([]float64, n)
		for i := range all[k] {
			all[k][i] = v
		}
	}
	return all
}

// run grows the trees.
func (f *fitting) run(ctx context.Context) error {
	total := f.target.total()
	for round := range f.l.nTrees {
		loss, err := f.derive(ctx)
		if err != nil {
			return err
		}
		if math.IsNaN(loss) || math.IsInf(loss, 0) {
			return fmt.Errorf("%s: the numbers overflow after %d rounds; scale the target or lower learning_rate", learnerName, round)
		}
		f.env.Report(round, f.l.nTrees, loss/total)
		if round > 0 {
			f.keep(round, loss/total)
		}
		grew, err := f.round(ctx, f.before+round)
		if err != nil {
			return err
		}
		if !grew && f.sampler.all() { // nor would the next round
			f.trees = f.trees[:len(f.trees)-len(f.start)]
			break
		}
		if f.validate != nil {
			done, err := f.validate.done(ctx, f, round)
			if err != nil {
				return err
			}
			if done {
				break
			}
		}
	}
	if rounds := len(f.trees) / len(f.start); f.env.Record != nil && rounds > f.kept { // nobody has asked yet what the last round reached
		loss, err := f.loss(ctx, f.target, f.margins)
		if err != nil {
			return err
		}
		f.keep(rounds, loss/total)
	}
	if f.validate != nil && f.l.patience > 0 {
		f.trees = f.trees[:f.validate.best*len(f.start)]
	}
	f.env.Report(f.l.nTrees, f.l.nTrees, math.NaN())
	return nil
}

// keep adds a point to the training curve: the mean loss after so many rounds.
func (f *fitting) keep(rounds int, loss float64) {
	it := learners.Iteration{Number: rounds, Loss: loss, ValidationLoss: math.NaN()}
	if f.validate != nil {
		it.ValidationLoss = f.validate.loss
	}
	f.env.Keep(it)
	f.kept = rounds
}

// loss is the weighted sum of the losses of the rows of t.
func (f *fitting) loss(ctx context.Context, t *target, margins [][]float64) (float64, error) {
	n := len(t.y)
	losses := make([]float64, (n+chunk-1)/chunk)
	err := safego.Chunks(ctx, n, chunk, f.env.Workers, func(c, lo, hi int) error {
		losses[c] = f.objective.loss(t, lo, hi, margins)
		return nil
	})
	sum := 0.0
	for _, l := range losses {
		sum += l
	}
	return sum, err
}

// derive fills the derivatives at the present margins and returns the loss there.
func (f *fitting) derive(ctx context.Context) (float64, error) {
	losses := make([]float64, (f.n+chunk-1)/chunk)
	err := safego.Chunks(ctx, f.n, chunk, f.env.Workers, func(c, lo, hi int) error {
		losses[c] = f.objective.derive(f.target, lo, hi, f.margins, f.gradients, f.hessians)
		return nil
	})
	sum := 0.0
	for _, v := range losses {
		sum += v
	}
	return sum, err
}

// round grows a tree for each output and adds it to the margins. It reports whether any of them has a split.
func (f *fitting) round(ctx context.Context, round int) (grew bool, err error) {
	g := f.grower
	rows, target := f.sampler.draw(round, f.n), f.target
	if f.sampler.goss(round) {
		rows = f.sampler.drawByGradient(round, f.gradients, f.hessians)
		target = f.target.times(f.sampler.factors)
	}
	for k, q := range f.rounded {
		if err := q.round(ctx, rows, f.env.Workers); err != nil {
			return false, err
		}
		n := f.n
		if rows == nil {
			for i := range g.rows {
				g.rows[i] = uint32(i)
			}
		} else {
			n = copy(g.rows, rows)
		}
		if err := g.grow(ctx, n, q, f.sampler.choose(round*len(f.start)+k, g.usable)); err != nil {
			return false, err
		}
		grew = grew || len(g.nodes) > 1
		if o, ok := f.objective.(leafSetting); ok {
			if err := f.setLeaves(ctx, o, target, f.margins[k]); err != nil {
				return false, err
			}
		}
		f.trees = append(f.trees, g.nodes)
		margins := f.margins[k]
		if rows != nil {
			if err := addTree(ctx, g.nodes, g.matrix.Codes, f.sampler.outside(), margins, f.env.Workers); err != nil {
				return false, err
			}
		}
		if err := safego.Chunks(ctx, len(g.leaves), max(1, len(g.leaves)/16), f.env.Workers, func(_, lo, hi int) error {
			for _, l := range g.leaves[lo:hi] {
				value := g.nodes[l.node].value
				for _, r := range g.rows[l.lo:l.hi] {
					margins[r] += value
				}
			}
			return nil
		}); err != nil {
			return false, err
		}
	}
	return grew, nil
}

// setLeaves replaces the values of the leaves by those of the objective for their rows of t.
func (f *fitting) setLeaves(ctx context.Context, o leafSetting, t *target, margins []float64) error {
	g := f.grower
	return safego.Chunks(ctx, len(g.leaves), 1, f.env.Workers, func(i, _, _ int) error {
		l := g.leaves[i]
		g.nodes[l.node].value = g.rate * o.leafValue(t, g.rows[l.lo:l.hi], margins)
		return nil
	})
}

// addTree adds the values of a tree to the margins of rows, found by their codes; nil rows are all.
func addTree(ctx context.Context, t tree, codes [][]uint8, rows []uint32, margins []float64, workers int) error {
	n := len(margins)
	if rows != nil {
		n = len(rows)
	}
	return safego.Chunks(ctx, n, chunk, workers, func(_, lo, hi int) error {
		for i := lo; i < hi; i++ {
			r := uint32(i)
			if rows != nil {
				r = rows[i]
			}
			at := int32(0)
			for t[at].feature >= 0 {
				n := &t[at]
				c := codes[n.feature][r]
				at = n.child
				if n.set != nil {
					if !n.set.has(c) {
						at++
					}
					continue
				}
				if c == bin.Missing && !n.missingLeft || c != bin.Missing && c > n.bin {
					at++
				}
			}
			margins[r] += t[at].value
		}
		return nil
	})
}

var (
	_ learners.Learner     = (*gradientBoosting)(nil)
	_ learners.WarmStarter = (*gradientBoosting)(nil)
	_ learners.Model       = (*ensemble)(nil)
	_ learners.Importances = (*ensemble)(nil)
	_ learners.Trees       = (*ensemble)(nil)
)
