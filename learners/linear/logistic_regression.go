package linear

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/artifact"
	"aibms/learners/data"
	"aibms/learners/params"
)

const logisticName = "logistic_regression"

// LogisticRegression is the learner logistic_regression. With two classes it models the log-odds of the second one; with K > 2 it is multinomial, one row of
// coefficients a class.
//
//	minimise  P(w) + c sum_i s_i log(1 + exp(-y_i (x_i.w + b)))             two classes, y = -1 or 1
//	minimise  sum_k P(w_k) + c sum_i s_i log( sum_k exp z_ik / exp z_iy )   K classes, z_ik = x_i.w_k + b_k
//
//	P(w) = 1/2 |w|^2                                        penalty = l2
//	       |w|_1                                            l1
//	       (1 - l1_ratio)/2 |w|^2 + l1_ratio |w|_1          elasticnet
//	       0                                                none
//
// s is the row weight; the intercepts b are not penalised. c, the penalties and l1_ratio mean what they mean in scikit-learn.
func LogisticRegression() *learners.Spec {
	return &learners.Spec{
		Name: logisticName,
		Doc:  "Linear model of the log-odds of the classes, binary or multinomial.",
		Objective: "P(w) + c * sum of weight * log(1 + exp(-y (x.w + b))), y = -1 or 1; " +
			"P(w) = 1/2 |w|^2 (l2), |w|_1 (l1), (1 - l1_ratio)/2 |w|^2 + l1_ratio |w|_1 (elasticnet) or 0 (none)",
		Reference: "Lin, Weng, Keerthi: Trust region Newton method for large-scale logistic regression, JMLR 9 (2008); " +
			"Yuan, Ho, Lin: An improved GLMNET for L1-regularized logistic regression, JMLR 13 (2012)",
		Tasks:        []learners.Task{learners.Binary, learners.Multiclass},
		Traits:       learners.Traits{NeedsScaling: true, Weights: true, Probabilities: true},
		New:          func() learners.Learner { return new(logisticRegression) },
		StateVersion: 1,
		Load:         loadLogisticRegression,
	}
}

type logisticRegression struct {
	penalty      string
	c, l1Ratio   float64
	fitIntercept bool
	solver       string
	maxIter      int
	tol          float64
	schedule     string
	eta0, powerT float64
	batchSize    int
	ridge, l1    float64 // of the penalty
	env          learners.Env
	warm         bool    // it begins at the coefficients of a model
	total        float64 // sum of c times the row weights
	held         *held   // the validation rows, for the training curve
}

func (l *logisticRegression) Declare(s *params.Set) {
	s.Choice(&l.penalty, "penalty", "l2", []string{"l2", "l1", "elasticnet", "none"}, "what is added to the loss")
	s.Float(&l.c, "c", 1, "inverse of the strength of the penalty", params.Above(0), params.TuneLog(1e-3, 1e3))
	s.Float(&l.l1Ratio, "l1_ratio", 0.5, "share of L1 in penalty elasticnet: 0 is l2, 1 is l1", params.AtLeast(0), params.AtMost(1))
	s.Bool(&l.fitIntercept, "fit_intercept", true, "whether there is an intercept, which is never penalised")
	s.Choice(&l.solver, "solver", "auto", []string{"auto", "newton", "lbfgs", "sgd"},
		"newton: trust-region Newton, with L1 proximal Newton; lbfgs: limited-memory BFGS (no L1); sgd: stochastic gradient, approximate; auto: newton")
	s.Int(&l.maxIter, "max_iter", 100, "iterations at most; epochs for sgd", params.AtLeast(1))
	s.Float(&l.tol, "tol", 1e-8, "stop at this relative distance of the objective to its minimum; sgd: when five epochs gain less than sqrt(tol)",
		params.AtLeast(0), params.Below(1))
	s.Choice(&l.schedule, "schedule", "invscaling", []string{"invscaling", "optimal", "constant"}, "sgd: how the step falls; optimal needs l2 or elasticnet")
	s.Float(&l.eta0, "eta0", 1, "sgd: first step, in units of one over the curvature of the loss", params.Above(0))
	s.Float(&l.powerT, "power_t", 0.5, "sgd: exponent of schedule invscaling", params.AtLeast(0))
	s.Int(&l.batchSize, "batch_size", 16, "sgd: rows a step", params.AtLeast(1))
}

func (l *logisticRegression) Fit(ctx context.Context, train, validate *data.Examples, env learners.Env) (learners.Model, error) {
	return l.fit(ctx, nil, train, validate, env)
}

// FitFrom begins at the coefficients of a model of the same features and classes. The optimum is the same, within tol, since the objective is convex; it is found in fewer iterations. Solver sgd goes on
// from there with its first step anew.
func (l *logisticRegression) FitFrom(ctx context.Context, from learners.Model, train, validate *data.Examples, env learners.Env) (learners.Model, error) {
	m, err := learners.FirstModel[*logisticModel](logisticName, from)
	_, p := train.Dims()
	switch {
	case err != nil:
		return nil, err
	case m.p != p:
		return nil, learners.Differs(logisticName, "number of features", m.p, p)
	case m.classes != len(train.Classes):
		return nil, learners.Differs(logisticName, "number of classes", m.classes, len(train.Classes))
	}
	return l.fit(ctx, m, train, validate, env)
}

// fit begins at the coefficients of a model; nil: at zero.
func (l *logisticRegression) fit(ctx context.Context, from *logisticModel, train, validate *data.Examples, env learners.Env) (learners.Model, error) {
	x, err := newDesign(ctx, train, env.Workers)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", logisticName, err)
	}
	target, err := newClassTarget(logisticName, train, l.c)
	if err != nil {
		return nil, err
	}
	l.env, l.warm, l.total = env, from != nil, target.total
	switch l.penalty {
	case "l2":
		l.ridge = 1
	case "l1":
		l.l1 = 1
	case "elasticnet":
		l.ridge, l.l1 = 1-l.l1Ratio, l.l1Ratio
	}
	if l.solver == "lbfgs" && l.l1 > 0 {
		return nil, fmt.Errorf("%s: solver 'lbfgs' cannot do penalty '%s'; use solver 'newton' or 'sgd'", logisticName, l.penalty)
	}
	if l.solver == "sgd" && l.schedule == "optimal" && l.ridge == 0 {
		return nil, fmt.Errorf("%s: schedule 'optimal' needs penalty 'l2' or 'elasticnet' with l1_ratio < 1; use schedule 'invscaling'", logisticName)
	}
	l.held, err = newHeld(ctx, validate, env, func(x *design, weight []float64) objective {
		index := target.indexes(validate)
		switch {
		case index == nil:
			return nil
		case target.classes == 2:
			return newMarginObjective(x, sides(index, 1), weight, logisticLoss{}, ridge{}, l.fitIntercept)
		}
		return newSoftmaxObjective(x, len(target.present), index, weight, ridge{}, l.fitIntercept)
	})
	if err != nil {
		return nil, err
	}
	if target.classes == 2 {
		return l.fitBinary(ctx, from, x, target)
	}
	return l.fitMultinomial(ctx, from, x, target)
}

func (l *logisticRegression) fitBinary(ctx context.Context, from *logisticModel, x *design, target *classTarget) (learners.Model, error) {
	f := newMarginObjective(x, target.against(1), target.weight, logisticLoss{}, ridge{strength: l.ridge}, l.fitIntercept)
	w := make([]float64, f.size())
	if from != nil {
		copy(w, from.row(0))
		if l.fitIntercept {
			w[x.p] = from.intercepts[0]
		}
	}
	if err := l.minimise(ctx, f, f.size(), w); err != nil {
		return nil, err
	}
	m := &logisticModel{newCoefficients(x.p, 1), target.classes, target.present}
	copy(m.row(0), w[:x.p])
	m.intercepts[0] = f.bias(w)
	return m, nil
}

func (l *logisticRegression) fitMultinomial(ctx context.Context, from *logisticModel, x *design, target *classTarget) (learners.Model, error) {
	k := len(target.present)
	f := newSoftmaxObjective(x, k, target.index, target.weight, ridge{strength: l.ridge}, l.fitIntercept)
	w := make([]float64, f.size())
	if from != nil {
		for j, class := range target.present {
			at := slices.Index(from.present, class)
			if at < 0 { // the first model had no row of the class
				continue
			}
			block := w[j*f.blockSize() : (j+1)*f.blockSize()]
			copy(block, from.row(at))
			if l.fitIntercept {
				block[x.p] = from.intercepts[at]
			}
		}
	}
	if err := l.minimise(ctx, f, f.blockSize(), w); err != nil {
		return nil, err
	}
	m := &logisticModel{newCoefficients(x.p, k), target.classes, target.present}
	for j := range k {
		c, b := f.block(j, w)
		copy(m.row(j), c)
		m.intercepts[j] = b
	}
	m.center(l.penalty == "none")
	return m, nil
}

// everyObjective is what the solvers of logistic regression need between them.
type everyObjective interface {
	columnObjective
	rowObjective
	diagonal(ctx context.Context, d []float64) error
}

// minimise moves w to the optimum. block is how many numbers of w belong to a class.
func (l *logisticRegression) minimise(ctx context.Context, f everyObjective, block int, w []float64) error {
	l1 := make([]float64, len(w))
	for j := range l1 {
		if j%block < f.features().p {
			l1[j] = l.l1
		}
	}
	c := curve{env: l.env, last: l.maxIter, total: l.total, scale: 1, penalty: penalty{ridge: ridge{strength: l.ridge}, l1: l1, p: f.features().p, block: block}, held: l.held}
	report := c.report(ctx)
	var value float64
	var converged bool
	var err error
	unit := "iterations"
	switch {
	case l.solver == "sgd":
		unit = "epochs"
		s := stochasticGradient{schedule: l.schedule, eta0: l.eta0, powerT: l.powerT, batch: l.batchSize, tol: l.tol, epochs: l.maxIter,
			rng: l.env.RNG(0), report: report}
		value, converged, err = s.minimise(ctx, f, l.total, l1, w)
	case l.l1 > 0:
		s := proximalNewton{tol: l.tol, maxIter: l.maxIter, report: report}
		value, converged, err = s.minimise(ctx, f, l1, w)
	case l.solver == "lbfgs":
		d := make([]float64, len(w))
		if _, err = f.evaluate(ctx, w, make([]float64, len(w))); err == nil {
			err = f.diagonal(ctx, d)
		}
		if err == nil {
			s := lbfgs{tol: l.tol, maxIter: l.maxIter, report: report}
			value, converged, err = s.minimise(ctx, f, d, w)
		}
	default:
		s := trustRegionNewton{tol: l.tol, maxIter: l.maxIter, report: report, near: l.warm}
		value, converged, err = s.minimise(ctx, f, w)
	}
	if err == nil && l.penalty == "none" && value < 1e-6*l.total {
		l.env.Warnf("%s: the features separate the classes perfectly, so that the coefficients grow without bound under penalty 'none'; use penalty 'l2'", logisticName)
		converged = true
	}
	return finish(logisticName, l.env, unit, l.maxIter, w, value, converged, err)
}

// logisticModel is a fitted logistic_regression: one output for two classes, else one for each class that occurred in training.
type logisticModel struct {
	*coefficients
	classes int
	present []int // class code of each output, when there is more than one
}

// center shifts the intercepts, and the coefficients when they are not penalised, to mean zero over the classes: the probabilities depend on their differences only.
func (m *logisticModel) center(weights bool) {
	k := float64(m.outputs())
	mean := 0.0
	for _, b := range m.intercepts {
		mean += b / k
	}
	for i := range m.intercepts {
		m.intercepts[i] -= mean
	}
	for j := 0; weights && j < m.p; j++ {
		mean := 0.0
		for i := range m.intercepts {
			mean += m.row(i)[j] / k
		}
		for i := range m.intercepts {
			m.row(i)[j] -= mean
		}
	}
}

// Predict fills out with probabilities. A class that did not occur in training has probability zero.
func (m *logisticModel) Predict(x, out *mat.Dense) error {
	if err := m.checkShapes(x, out, m.classes); err != nil {
		return err
	}
	o := out.RawMatrix()
	if m.outputs() == 1 {
		m.eachMargins(x, func(i int, z []float64) {
			o.Data[i*o.Stride], o.Data[i*o.Stride+1] = sigmoids(z[0])
		})
		return nil
	}
	m.eachMargins(x, func(i int, z []float64) {
		row := o.Data[i*o.Stride:][:m.classes]
		clear(row)
		top, sum := math.Inf(-1), 0.0
		for _, v := range z {
			top = max(top, v)
		}
		for k, v := range z {
			z[k] = math.Exp(v - top)
			sum += z[k]
		}
		for k, v := range z {
			row[m.present[k]] = v / sum
		}
	})
	return nil
}

// Coefficients returns one row for two classes, else one for each class; a class that did not occur in training has zeros and the intercept -Inf.
func (m *logisticModel) Coefficients() (*mat.Dense, []float64) {
	return m.perClass(m.classes, m.present)
}

func (m *logisticModel) Save(w *artifact.Writer) error {
	m.save(w)
	saveClasses(w, m.classes, m.present)
	return nil
}

func loadLogisticRegression(version int, r *artifact.Reader) (learners.Model, error) {
	if err := checkVersion(logisticName, version, 1); err != nil {
		return nil, err
	}
	c, err := loadCoefficients(r)
	if err != nil {
		return nil, err
	}
	classes, present, err := loadClasses(r, c.outputs())
	if err != nil {
		return nil, err
	}
	return &logisticModel{c, classes, present}, nil
}

var (
	_ learners.Learner      = (*logisticRegression)(nil)
	_ learners.WarmStarter  = (*logisticRegression)(nil)
	_ learners.Model        = (*logisticModel)(nil)
	_ learners.Coefficients = (*logisticModel)(nil)
)
