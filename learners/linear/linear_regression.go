package linear

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/artifact"
	"aibms/learners/data"
	"aibms/learners/params"
)

const regressionName = "linear_regression"

// LinearRegression is the learner linear_regression. With e_i = y_i - x_i.w - b, row weights s_i and S their sum it minimises
//
//	penalty       loss = squared                   loss = huber                            loss = quantile
//	none          sum s e^2                        sum s (k + H(e/k) k)                    sum s r(e)
//	l2            sum s e^2 + alpha |w|^2          sum s (k + H(e/k) k) + alpha |w|^2      sum s r(e) + alpha |w|^2
//	l1            sum s e^2 / 2S + alpha |w|_1     sum s (k + H(e/k) k) / 2S + alpha |w|_1 sum s r(e) / S + alpha |w|_1
//	elasticnet    as l1, with alpha (l1_ratio |w|_1 + (1 - l1_ratio)/2 |w|^2) for the penalty
//
//	H(u) = u^2 for |u| <= epsilon, else 2 epsilon |u| - epsilon^2;  k > 0 is the scale of the errors and is estimated along
//	r(e) = quantile max(e, 0) + (1 - quantile) max(-e, 0)
//
// Several targets are fitted each as if it were alone; least squares factorises X once for all of them.
//
// The intercept b is not penalised. These are the scales of scikit-learn's LinearRegression, Ridge, Lasso, ElasticNet, HuberRegressor (l2) and QuantileRegressor (l1),
// so alpha, l1_ratio, epsilon and quantile mean what they mean there.
func LinearRegression() *learners.Spec {
	return &learners.Spec{
		Name: regressionName,
		Doc:  "Linear model of a number: ordinary least squares, ridge, lasso, elastic net, Huber and quantile regression.",
		Objective: "sum of weight * loss(y - x.w - b) + penalty; loss is the square, Huber's with estimated scale, or the pinball loss of a quantile; " +
			"penalty is 0 (none), alpha |w|^2 (l2), or, with the mean for the sum, alpha (l1_ratio |w|_1 + (1 - l1_ratio)/2 |w|^2) (l1: l1_ratio = 1, elasticnet)",
		Reference: "Golub, Van Loan: Matrix Computations (4th ed.), chapter 5; Friedman, Hastie, Tibshirani, J. Stat. Software 33 (2010); " +
			"Huber, Ronchetti: Robust Statistics (2009); Portnoy, Koenker, Statistical Science 12 (1997)",
		Tasks:        []learners.Task{learners.Regression},
		Traits:       learners.Traits{NeedsScaling: true, Weights: true, Targets: true},
		New:          func() learners.Learner { return new(linearRegression) },
		StateVersion: 1,
		Load:         loadLinearRegression,
	}
}

type linearRegression struct {
	penalty, loss, solver string
	alpha, l1Ratio        float64
	epsilon, quantile     float64
	fitIntercept          bool
	maxIter               int
	tol                   float64

	env    learners.Env
	weight []float64 // of the rows in the objective that is minimised
	ridge  ridge
	l1     float64
	held   *held // the validation rows, for the training curve
}

func (l *linearRegression) Declare(s *params.Set) {
	s.Choice(&l.loss, "loss", "squared", []string{"squared", "huber", "quantile"}, "what an error costs")
	s.Choice(&l.penalty, "penalty", "none", []string{"none", "l2", "l1", "elasticnet"}, "what is added to the loss: none is ordinary least squares, l2 ridge, l1 lasso")
	s.Float(&l.alpha, "alpha", 1, "strength of the penalty", params.AtLeast(0), params.TuneLog(1e-4, 1e2))
	s.Float(&l.l1Ratio, "l1_ratio", 0.5, "share of L1 in penalty elasticnet: 0 is l2 (of the mean loss), 1 is l1", params.AtLeast(0), params.AtMost(1))
	s.Float(&l.epsilon, "epsilon", 1.35, "loss huber: errors beyond epsilon times their scale count linearly", params.AtLeast(1))
	s.Float(&l.quantile, "quantile", 0.5, "loss quantile: the quantile that is predicted", params.Above(0), params.Below(1))
	s.Bool(&l.fitIntercept, "fit_intercept", true, "whether there is an intercept, which is never penalised")
	s.Choice(&l.solver, "solver", "auto", []string{"auto", "exact", "coordinate_descent", "newton", "gradient_descent", "interior_point"},
		"exact: least squares without iteration; coordinate_descent: for L1; newton; gradient_descent: L-BFGS, for quantile to about 1e-3; interior_point: for quantile; auto: what suits the loss and the penalty")
	s.Int(&l.maxIter, "max_iter", 1000, "iterations at most", params.AtLeast(1))
	s.Float(&l.tol, "tol", 1e-8, "stop at this relative distance of the objective to its minimum", params.AtLeast(0), params.Below(1))
}

func (l *linearRegression) Fit(ctx context.Context, train, validate *data.Examples, env learners.Env) (learners.Model, error) {
	x, err := newDesign(ctx, train, env.Workers)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", regressionName, err)
	}
	l.env = env
	if err := l.scalePenalty(train); err != nil {
		return nil, err
	}
	if err := l.chooseSolver(x.n, x.p); err != nil {
		return nil, err
	}
	m := &regressionModel{newCoefficients(x.p, train.Outputs())}
	if l.solver == "exact" {
		if err := l.fitExact(ctx, x, train, m); err != nil {
			return nil, err
		}
		return m, nil
	}
	reached := 0 // points of the training curve
	for k := range train.Outputs() {
		if err := l.hold(ctx, validate, k); err != nil {
			return nil, err
		}
		c := &curve{env: l.env, first: k * l.maxIter, last: train.Outputs() * l.maxIter, before: reached, reached: reached, held: l.held}
		if err := l.fitIterative(ctx, x, train.Target(k), c, m, k); err != nil {
			return nil, err
		}
		reached = c.reached
	}
	return m, nil
}

// hold makes held of the validation rows and target k.
func (l *linearRegression) hold(ctx context.Context, validate *data.Examples, k int) (err error) {
	l.held, err = newHeld(ctx, validate, l.env, func(x *design, weight []float64) objective {
		y := validate.Target(k)
		switch l.loss {
		case "huber":
			return newHuberObjective(x, y, weight, l.epsilon, ridge{}, l.fitIntercept)
		case "quantile":
			return newMarginObjective(x, y, weight, smoothPinballLoss{q: l.quantile}, ridge{}, l.fitIntercept)
		}
		return newMarginObjective(x, y, weight, squaredLoss{}, ridge{}, l.fitIntercept)
	})
	return err
}

// scalePenalty derives the row weights and the strengths of the penalties, in the units of the solvers: half of the objective for squared sums, else all of it.
func (l *linearRegression) scalePenalty(e *data.Examples) error {
	total := 0.0
	for k := range e.Outputs() {
		for i, y := range e.Target(k) {
			if !finite(y) {
				return fmt.Errorf("%s: the target is %v in training row %d; it must be a finite number", regressionName, y, i+1)
			}
		}
	}
	for i := range e.Y {
		total += e.Weight(i)
	}
	if !(total > 0) || !finite(total) {
		return fmt.Errorf("%s: the row weights sum to %v; the sum must be positive and finite", regressionName, total)
	}
	ratio := l.l1Ratio
	scale := 1.0
	switch l.penalty {
	case "l2":
		l.ridge.strength = 2 * l.alpha
		if l.loss == "squared" {
			l.ridge.strength = l.alpha
		}
	case "l1", "elasticnet":
		if l.penalty == "l1" {
			ratio = 1
		}
		l.ridge.strength, l.l1 = l.alpha*(1-ratio), l.alpha*ratio
		scale = 1 / total
		if l.loss == "huber" {
			scale /= 2
		}
	}
	l.weight = make([]float64, len(e.Y))
	for i := range l.weight {
		l.weight[i] = scale * e.Weight(i)
	}
	return nil
}

// chooseSolver resolves auto and refuses what does not go together.
func (l *linearRegression) chooseSolver(n, p int) error {
	var able []string // the first one is auto's choice
	switch {
	case l.loss == "squared" && l.l1 == 0:
		able = []string{"exact", "newton", "gradient_descent", "coordinate_descent"}
	case l.loss == "huber" && l.l1 == 0:
		able = []string{"newton", "gradient_descent", "coordinate_descent"}
	case l.loss == "quantile" && l.l1 == 0 && tooWide(n, p):
		able = []string{"gradient_descent"}
	case l.loss == "quantile" && l.l1 == 0:
		able = []string{"interior_point", "gradient_descent"}
	case l.loss == "quantile" && tooWide(n, p):
		return fmt.Errorf("%s: loss 'quantile' with penalty '%s' takes at most %d features or as many as rows, got %d features and %d rows; use penalty 'l2' or fewer features",
			regressionName, l.penalty, maxInterior, p, n)
	case l.loss == "quantile":
		able = []string{"interior_point"}
	default:
		able = []string{"coordinate_descent"}
	}
	if l.solver == "auto" {
		l.solver = able[0]
	}
	if !slices.Contains(able, l.solver) {
		return fmt.Errorf("%s: solver '%s' cannot do loss '%s' with penalty '%s'; use auto or %s", regressionName, l.solver, l.loss, l.penalty, strings.Join(able, ", "))
	}
	return nil
}

func (l *linearRegression) fitExact(ctx context.Context, x *design, train *data.Examples, m *regressionModel) error {
	s := leastSquares{x: x, weight: l.weight, alpha: l.ridge.strength, intercept: l.fitIntercept}
	for k := range train.Outputs() {
		s.targets = append(s.targets, train.Target(k))
	}
	loss := 0.0
	for k := range s.targets {
		l.env.Report(k, train.Outputs(), math.NaN())
		found, err := s.solve(ctx, k)
		if err != nil {
			return err
		}
		copy(m.row(k), found.w)
		m.intercepts[k] = found.bias
		if !finite(found.w...) || !finite(found.bias) {
			return fmt.Errorf("%s: the numbers overflow; scale the features", regressionName)
		}
		if k == 0 {
			l.warnOpen(x, &s, found)
		}
		value, err := s.value(ctx, found)
		if err != nil {
			return err
		}
		loss += value / s.total / float64(train.Outputs())
	}
	l.env.Report(train.Outputs(), train.Outputs(), loss)
	return nil
}

// warnOpen tells of features that leave the coefficients open, whatever the target.
func (l *linearRegression) warnOpen(x *design, s *leastSquares, found *solution) {
	switch {
	case l.ridge.strength > 0:
	case x.p >= x.n:
		l.env.Warnf("%s: %d features for %d rows leave the coefficients open; of all best fits the one with the smallest coefficients is taken; penalty 'l2' would predict better",
			regressionName, x.p, x.n)
	case found.rank < s.varying():
		l.env.Warnf("%s: the %d features that vary depend on each other (rank %d); of all best fits the one with the smallest coefficients is taken",
			regressionName, s.varying(), found.rank)
	}
}

// fitIterative fits target k, whose values are y.
func (l *linearRegression) fitIterative(ctx context.Context, x *design, y []float64, c *curve, m *regressionModel, k int) error {
	total, mean := 0.0, 0.0
	for i, s := range l.weight {
		total += s
		mean += s * y[i]
	}
	if mean /= total; !l.fitIntercept {
		mean = 0
	}
	spread := 0.0
	for i, s := range l.weight {
		spread += s / total * (y[i] - mean) * (y[i] - mean)
	}
	m.intercepts[k] = mean
	if spread == 0 { // no coefficient can do better than the constant
		return nil
	}
	size := x.p
	if l.fitIntercept {
		size++
	}
	w := make([]float64, size, size+1)
	if l.fitIntercept {
		w[x.p] = mean
	}
	c.total, c.scale = total, 1
	if l.loss == "squared" { // the solvers minimise half of it
		c.scale = 2
	}
	report := c.report(ctx)
	if l.loss == "huber" {
		w = append(w, math.Sqrt(spread))
	}
	c.penalty = penalty{ridge: l.ridge, l1: l.l1Vector(x.p, len(w)), p: x.p, block: len(w)}
	var value float64
	var converged bool
	var err error
	switch {
	case l.solver == "interior_point":
		s := interiorPoint{x: x, intercept: l.fitIntercept, b: y, cost: l.weight, share: constants(x.n, l.quantile), ridge: l.ridge, l1: l.l1, tol: l.tol,
			maxIter: l.maxIter, report: report}
		value, converged, err = s.minimise(ctx, w)
	case l.loss == "quantile":
		s := quantileSmoothing{x: x, y: y, weight: l.weight, q: l.quantile, ridge: l.ridge, intercept: l.fitIntercept, tol: l.tol, maxIter: l.maxIter, report: report}
		value, converged, err = s.minimise(ctx, w)
	case l.loss == "huber":
		f := newHuberObjective(x, y, l.weight, l.epsilon, l.ridge, l.fitIntercept)
		value, converged, err = l.minimise(ctx, f, false, report, w)
		if scale := w[len(w)-1]; err == nil && scale < 1e-6*math.Sqrt(spread) {
			l.env.Warnf("%s: loss 'huber' found a scale of the errors near zero (%.3g): about half of the rows or more can be fitted exactly; use penalty 'l2' with a larger alpha, or loss 'squared'",
				regressionName, scale)
			converged = true
		}
	default:
		f := newMarginObjective(x, y, l.weight, squaredLoss{}, l.ridge, l.fitIntercept)
		value, converged, err = l.minimise(ctx, f, true, report, w)
	}
	if err := finish(regressionName, l.env, "iterations", l.maxIter, w, value, converged, err); err != nil {
		return err
	}
	copy(m.row(k), w[:x.p])
	if l.fitIntercept {
		m.intercepts[k] = w[x.p]
	}
	return nil
}

// minimise runs the solver on a smooth objective and L1.
func (l *linearRegression) minimise(ctx context.Context, f columnObjective, quadratic bool, report report, w []float64) (value float64, converged bool, err error) {
	switch l.solver {
	case "coordinate_descent":
		s := proximalNewton{tol: l.tol, maxIter: l.maxIter, quadratic: quadratic, report: report}
		return s.minimise(ctx, f, l.l1Vector(f.features().p, len(w)), w)
	case "gradient_descent":
		d := make([]float64, len(w))
		if _, err := f.evaluate(ctx, w, make([]float64, len(w))); err != nil {
			return 0, false, err
		}
		if err := f.diagonal(ctx, d); err != nil {
			return 0, false, err
		}
		s := lbfgs{tol: l.tol, maxIter: l.maxIter, report: report}
		return s.minimise(ctx, f, d, w)
	}
	s := trustRegionNewton{tol: l.tol, maxIter: l.maxIter, report: report}
	return s.minimise(ctx, f, w)
}

// l1Vector is the L1 strength of each number: of the p coefficients, not of what follows them.
func (l *linearRegression) l1Vector(p, size int) []float64 {
	v := make([]float64, size)
	for j := range p {
		v[j] = l.l1
	}
	return v
}

// regressionModel is a fitted linear_regression.
type regressionModel struct{ *coefficients }

// Predict fills out, a column for each target.
func (m *regressionModel) Predict(x, out *mat.Dense) error {
	if err := m.checkShapes(x, out, m.outputs()); err != nil {
		return err
	}
	o := out.RawMatrix()
	m.eachMargins(x, func(i int, z []float64) { copy(o.Data[i*o.Stride:], z) })
	return nil
}

func (m *regressionModel) Save(w *artifact.Writer) error {
	m.save(w)
	return nil
}

func loadLinearRegression(version int, r *artifact.Reader) (learners.Model, error) {
	if err := checkVersion(regressionName, version, 1); err != nil {
		return nil, err
	}
	c, err := loadCoefficients(r)
	if err != nil {
		return nil, err
	}
	return &regressionModel{c}, nil
}

var (
	_ learners.Learner      = (*linearRegression)(nil)
	_ learners.Model        = (*regressionModel)(nil)
	_ learners.Coefficients = (*regressionModel)(nil)
)
