package linear

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/artifact"
	"aibms/learners/data"
	"aibms/learners/params"
)

const svmName = "linear_svm"

// LinearSVM is the learner linear_svm. With two classes it fits one hyperplane; with more, one against the rest for each class.
//
//	minimise  P(w, v) + c sum_i s_i max(0, 1 - y_i z_i)^2       loss = squared_hinge
//	minimise  P(w, v) + c sum_i s_i max(0, 1 - y_i z_i)         loss = hinge
//
//	z_i = x_i.w + k v        k = intercept_scaling; the intercept is k v
//	P   = 1/2 (|w|^2 + v^2)  penalty = l2
//	      |w|_1 + |v|        l1 (with squared_hinge)
//
// So the intercept is penalised as the coefficient of a feature that always has the value k; a larger k penalises it less. All settings mean what they
// mean in scikit-learn's LinearSVC. s is the row weight.
//
// The class is the sign of z, or the class with the largest z. Probabilities come from Platt scaling of decision values of rows that the model had not seen
// (cross-validation by calibration_folds).
func LinearSVM() *learners.Spec {
	return &learners.Spec{
		Name:      svmName,
		Doc:       "Linear support vector machine; one against the rest for more than two classes.",
		Objective: "1/2 (|w|^2 + v^2) + c * sum of weight * max(0, 1 - y z)^2 (squared_hinge) or max(0, 1 - y z) (hinge), z = x.w + intercept_scaling v, y = -1 or 1",
		Reference: "Lin, Weng, Keerthi: Trust region Newton method for large-scale logistic regression, JMLR 9 (2008); " +
			"Hsieh et al.: A dual coordinate descent method for large-scale linear SVM, ICML 2008; " +
			"Lin, Lin, Weng: A note on Platt's probabilistic outputs for support vector machines, Machine Learning 68 (2007)",
		Tasks:        []learners.Task{learners.Binary, learners.Multiclass},
		Traits:       learners.Traits{NeedsScaling: true, Weights: true, Probabilities: true},
		New:          func() learners.Learner { return new(linearSVM) },
		StateVersion: 1,
		Load:         loadLinearSVM,
	}
}

type linearSVM struct {
	loss, penalty, solver string
	c                     float64
	fitIntercept          bool
	interceptScaling      float64
	maxIter               int
	tol                   float64
	folds                 int

	env      learners.Env
	problem  int // of problems, for progress
	problems int
	reached  int            // the last point of the training curve
	held     *held          // the validation rows of the problem, for the training curve
	known    preconditioner // of the hyperplane fitted last: those of its folds are like it
}

func (l *linearSVM) Declare(s *params.Set) {
	s.Choice(&l.loss, "loss", "squared_hinge", []string{"squared_hinge", "hinge"}, "loss of a row that is inside the margin or on the wrong side")
	s.Choice(&l.penalty, "penalty", "l2", []string{"l2", "l1"}, "what is added to the loss; l1 needs loss squared_hinge")
	s.Float(&l.c, "c", 1, "inverse of the strength of the penalty", params.Above(0), params.TuneLog(1e-3, 1e3))
	s.Bool(&l.fitIntercept, "fit_intercept", true, "whether there is an intercept; it is penalised like a coefficient")
	s.Float(&l.interceptScaling, "intercept_scaling", 1, "value of the constant feature whose coefficient gives the intercept: a larger one penalises it less", params.Above(0))
	s.Choice(&l.solver, "solver", "auto", []string{"auto", "newton", "dual_coordinate_descent", "interior_point"},
		"newton: trust-region Newton, for squared_hinge; dual_coordinate_descent: for penalty l2; interior_point: for hinge; auto: newton, of fewer rows than features dual_coordinate_descent, or for hinge "+
			"interior_point up to 1200 features")
	s.Int(&l.maxIter, "max_iter", 1000, "iterations at most; epochs for dual_coordinate_descent", params.AtLeast(1))
	s.Float(&l.tol, "tol", 1e-8, "stop at this relative distance of the objective to its minimum", params.AtLeast(0), params.Below(1))
	s.Int(&l.folds, "calibration_folds", 5, "folds of the cross-validation whose decision values the probabilities are fitted to; 0 or 1 takes those of the training rows",
		params.AtLeast(0), params.AtMost(100))
}

func (l *linearSVM) Fit(ctx context.Context, train, validate *data.Examples, env learners.Env) (learners.Model, error) {
	if err := l.chooseSolver(train); err != nil {
		return nil, err
	}
	x, err := newDesign(ctx, train, env.Workers)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", svmName, err)
	}
	target, err := newClassTarget(svmName, train, l.c)
	if err != nil {
		return nil, err
	}
	outputs := len(target.present)
	if target.classes == 2 {
		outputs = 1
	}
	l.env, l.problems = env, outputs*(1+l.folds)
	m := &svmModel{newCoefficients(x.p, outputs), target.classes, target.present, make([]platt, outputs)}
	weight := make([]float64, x.n) // without c
	for i := range weight {
		weight[i] = train.Weight(i)
	}
	for k := range outputs {
		y := target.against(k)
		if outputs == 1 {
			y = target.against(1)
		}
		w := make([]float64, x.p+1)
		l.known = nil
		if l.held, err = newHeld(ctx, validate, env, func(x *design, weight []float64) objective {
			index := target.indexes(validate)
			if index == nil {
				return nil
			}
			side := sides(index, k)
			if outputs == 1 {
				side = sides(index, 1)
			}
			if l.loss == "hinge" {
				return newMarginObjective(x, side, weight, heldHinge{}, ridge{}, l.fitIntercept)
			}
			return newMarginObjective(x, side, weight, squaredHingeLoss{}, ridge{}, l.fitIntercept)
		}); err != nil {
			return nil, err
		}
		if err := l.fitOne(ctx, x, y, target.weight, target.total, l.tol, w, env); err != nil {
			return nil, err
		}
		copy(m.row(k), w[:x.p])
		m.intercepts[k] = w[x.p]
		f, err := l.decisions(ctx, x, y, target, w)
		if err != nil {
			return nil, err
		}
		if m.platt[k], err = fitPlatt(ctx, f, y, weight, env.Workers); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// chooseSolver resolves auto and refuses what does not go together.
func (l *linearSVM) chooseSolver(e *data.Examples) error {
	if l.penalty == "l1" && l.loss == "hinge" {
		return fmt.Errorf("%s: penalty 'l1' needs loss 'squared_hinge', got loss 'hinge'", svmName)
	}
	n, p := e.Dims()
	switch {
	case l.solver == "interior_point" && tooWide(n, p):
		return fmt.Errorf("%s: solver 'interior_point' takes at most %d features or as many as rows, got %d features and %d rows; use solver 'dual_coordinate_descent'",
			svmName, maxInterior, p, n)
	case l.solver == "auto" && l.loss == "squared_hinge" && l.penalty == "l2" && n < p:
		// nearly all rows can have a margin there, so that which of them are short of it changes with every step of Newton's
		l.solver = "dual_coordinate_descent"
	case l.solver == "auto" && l.loss == "squared_hinge":
		l.solver = "newton"
	case l.solver == "auto" && p < maxExplicit:
		l.solver = "interior_point"
	case l.solver == "auto":
		l.solver = "dual_coordinate_descent"
	case l.solver == "newton" && l.loss == "hinge", l.solver == "interior_point" && l.loss == "squared_hinge":
		return fmt.Errorf("%s: solver '%s' cannot do loss '%s'; squared_hinge takes solver newton or dual_coordinate_descent, hinge takes dual_coordinate_descent or interior_point",
			svmName, l.solver, l.loss)
	case l.solver == "dual_coordinate_descent" && l.penalty == "l1":
		return fmt.Errorf("%s: solver 'dual_coordinate_descent' cannot do penalty 'l1'; use solver newton", svmName)
	}
	return nil
}

// fitOne fits one hyperplane: w, p coefficients and the intercept, which is also where it starts from where the solver can. y is -1 or 1.
func (l *linearSVM) fitOne(ctx context.Context, x *design, y, weight []float64, total, tol float64, w []float64, env learners.Env) error {
	n := x.p
	bias := 0.0 // strength of the penalty of the intercept
	if l.fitIntercept {
		n++
		bias = 1 / (l.interceptScaling * l.interceptScaling)
	}
	follow := curve{env: env, first: l.problem * l.maxIter, last: l.problems * l.maxIter, before: l.reached, total: total, scale: 1, held: l.held,
		penalty: penalty{ridge: ridge{1, bias}, p: x.p, block: n}}
	report := follow.report(ctx)
	unit := "iterations"
	var value float64
	var converged bool
	var err error
	switch {
	case l.solver == "dual_coordinate_descent":
		unit = "epochs"
		scale := 0.0
		if l.fitIntercept {
			scale = l.interceptScaling
		}
		s := dualCoordinateDescent{x: x, y: y, cost: weight, squared: l.loss == "squared_hinge", scale: scale, tol: tol, maxIter: l.maxIter, rng: l.env.RNG(uint64(l.problem)), report: report}
		value, converged, err = s.minimise(ctx, w)
	case l.solver == "interior_point":
		clear(w)
		share := make([]float64, x.n)
		for i, v := range y {
			if v > 0 {
				share[i] = 1
			}
		}
		s := interiorPoint{x: x, intercept: l.fitIntercept, b: y, cost: weight, share: share, ridge: ridge{1, bias}, tol: tol, maxIter: l.maxIter, report: report}
		value, converged, err = s.minimise(ctx, w[:n])
	case l.penalty == "l1":
		f := newMarginObjective(x, y, weight, squaredHingeLoss{}, ridge{}, l.fitIntercept)
		l1 := ones(n)
		if l.fitIntercept {
			l1[x.p] = 1 / l.interceptScaling
		}
		follow.penalty.ridge, follow.penalty.l1 = ridge{}, l1
		s := proximalNewton{tol: tol, maxIter: l.maxIter, report: report}
		value, converged, err = s.minimise(ctx, f, l1, w[:n])
	default:
		f := newMarginObjective(x, y, weight, squaredHingeLoss{}, ridge{1, bias}, l.fitIntercept)
		s := trustRegionNewton{tol: tol, maxIter: l.maxIter, report: report, known: l.known}
		value, converged, err = s.minimise(ctx, f, w[:n])
		l.known = s.known
	}
	l.problem++
	l.reached = max(l.reached, follow.reached)
	return finish(svmName, env, unit, l.maxIter, w, value, converged, err)
}

// foldTol is how exactly the hyperplanes that only serve calibration are fitted.
const foldTol = 1e-4

// decisions returns the decision value of each row, by a hyperplane that was fitted without the row's fold: of the training rows themselves when there are no
// folds, or when a class does not occur outside one of them. w is the hyperplane of all rows.
func (l *linearSVM) decisions(ctx context.Context, x *design, y []float64, target *classTarget, w []float64) ([]float64, error) {
	f := make([]float64, x.n)
	own := func(w []float64) error {
		return x.eachChunk(ctx, func(lo, hi int) { x.margins(lo, hi, w[:x.p], w[x.p], f[lo:hi]) })
	}
	if l.folds < 2 {
		l.problem += l.folds
		return f, own(w)
	}
	fold, err := x.contentFolds(ctx, y, l.folds, l.env.RNG(calibrationStream).Uint64())
	if err != nil {
		return nil, err
	}
	left := make([][2]float64, l.folds) // weight of each class outside a fold
	for i, s := range target.weight {
		for k := range left {
			if k != fold[i] {
				left[k][int(y[i]+1)/2] += s
			}
		}
	}
	for _, v := range left {
		if v[0] == 0 || v[1] == 0 {
			l.problem += l.folds
			return f, own(w)
		}
	}
	quiet := l.env
	quiet.Warn, quiet.Record = nil, nil
	weight, held, wk := make([]float64, x.n), make([]float64, x.n), make([]float64, len(w))
	for k := range l.folds {
		for i, s := range target.weight {
			if weight[i] = s; fold[i] == k {
				weight[i] = 0
			}
		}
		copy(wk, w)
		if err := l.fitOne(ctx, x, y, weight, left[k][0]+left[k][1], max(l.tol, foldTol), wk, quiet); err != nil {
			return nil, err
		}
		err := x.eachChunk(ctx, func(lo, hi int) {
			x.margins(lo, hi, wk[:x.p], wk[x.p], held[lo:hi])
			for i := lo; i < hi; i++ {
				if fold[i] == k {
					f[i] = held[i]
				}
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return f, nil
}

// calibrationStream is the stream of random numbers that seeds the folds.
const calibrationStream = 1 << 32

// svmModel is a fitted linear_svm: one output for two classes, else one for each class that occurred in training.
type svmModel struct {
	*coefficients
	classes int
	present []int // class code of each output, when there is more than one
	platt   []platt
}

// Predict fills out with probabilities; for more than two classes those of each class against the rest, made to sum to one. A class that did not occur in
// training has probability zero.
func (m *svmModel) Predict(x, out *mat.Dense) error {
	if err := m.checkShapes(x, out, m.classes); err != nil {
		return err
	}
	o := out.RawMatrix()
	m.eachMargins(x, func(i int, z []float64) {
		row := o.Data[i*o.Stride:][:m.classes]
		if m.outputs() == 1 {
			s := m.platt[0].a*z[0] + m.platt[0].b
			row[0], row[1] = sigmoids(s)
			return
		}
		clear(row)
		sum := 0.0
		for k, v := range z {
			row[m.present[k]] = m.platt[k].probability(v)
			sum += row[m.present[k]]
		}
		for k := range z {
			if sum > 0 {
				row[m.present[k]] /= sum
			} else { // every class is ruled out beyond the smallest number
				row[m.present[k]] = 1 / float64(len(z))
			}
		}
	})
	return nil
}

// Classify decides by the sign of the decision value, or by the largest one; of equal ones the first class wins.
func (m *svmModel) Classify(x *mat.Dense, classes []int32) error {
	n, err := m.checkInput(x)
	if err != nil {
		return err
	}
	if len(classes) != n {
		return fmt.Errorf("%d rows need as many places for their classes, got %d", n, len(classes))
	}
	m.eachMargins(x, func(i int, z []float64) {
		if m.outputs() == 1 {
			classes[i] = 0
			if z[0] > 0 {
				classes[i] = 1
			}
			return
		}
		best := 0
		for k, v := range z {
			if v > z[best] {
				best = k
			}
		}
		classes[i] = int32(m.present[best])
	})
	return nil
}

// Coefficients returns one row for two classes, else one for each class; a class that did not occur in training has zeros and the intercept -Inf.
func (m *svmModel) Coefficients() (*mat.Dense, []float64) { return m.perClass(m.classes, m.present) }

func (m *svmModel) Save(w *artifact.Writer) error {
	m.save(w)
	saveClasses(w, m.classes, m.present)
	var v []float64
	for _, p := range m.platt {
		v = append(v, p.a, p.b)
	}
	w.Float64s("platt", v)
	return nil
}

func loadLinearSVM(version int, r *artifact.Reader) (learners.Model, error) {
	if err := checkVersion(svmName, version, 1); err != nil {
		return nil, err
	}
	c, err := loadCoefficients(r)
	if err != nil {
		return nil, err
	}
	m := &svmModel{coefficients: c}
	if m.classes, m.present, err = loadClasses(r, c.outputs()); err != nil {
		return nil, err
	}
	v, err := r.Float64s("platt")
	if err != nil {
		return nil, err
	}
	if len(v) != 2*c.outputs() || !finite(v...) {
		return nil, fmt.Errorf("%w: %d numbers of Platt scaling for %d outputs", artifact.ErrCorrupt, len(v), c.outputs())
	}
	for k := 0; k < len(v); k += 2 {
		m.platt = append(m.platt, platt{v[k], v[k+1]})
	}
	return m, nil
}

var (
	_ learners.Learner      = (*linearSVM)(nil)
	_ learners.Model        = (*svmModel)(nil)
	_ learners.Classifier   = (*svmModel)(nil)
	_ learners.Coefficients = (*svmModel)(nil)
)
