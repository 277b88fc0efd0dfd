package svm

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync/atomic"

	"gonum.org/v1/gonum/mat"

	"aibms/internal/safego"
	"aibms/learners"
	"aibms/learners/data"
	"aibms/learners/params"
)

// SVM is the learner svm: a function f(x) = sum_i b_i K(x_i, x) + b0 of the kernel K (kernel.go), where b_i is not zero for some rows only, the support vectors.
//
//	classes, form c    minimise  1/2 |f|^2 + c sum_i s_i max(0, 1 - y_i f(x_i))                       y_i = -1 or 1
//	classes, form nu   minimise  1/2 |f|^2 - nu r + 1/S sum_i s_i max(0, r - y_i f(x_i))              over r >= 0 too; then f / r
//	numbers, form c    minimise  1/2 |f|^2 + c sum_i s_i max(0, |y_i - f(x_i)| - epsilon)
//	numbers, form nu   minimise  1/2 |f|^2 + c (nu epsilon S + sum_i s_i max(0, |y_i - f(x_i)| - epsilon))    over epsilon >= 0 too
//
// |f| is the norm of sum_i b_i K(x_i, .) in the space of the kernel, s the row weight, S the sum of weights. nu bounds the share of rows inside the margin or outside the tube from above, and that of support vectors
// from below. All settings mean what they mean in scikit-learn's SVC, NuSVC, SVR and NuSVR (LIBSVM); their duals are in solver.go.
//
// More than two classes: one f for each pair of classes, fitted to their rows; each f votes, and the class with most votes wins, of equal ones the first.
// Probabilities come from Platt scaling (platt.go) of decision values of rows that f had not seen (cross-validation by calibration_folds), for more classes from those of pairs by coupling. So the class
// that is predicted need not be the most probable one, as in LIBSVM.
//
// What differs from LIBSVM: the problems of the folds start at the solution of all rows and share its rows of the kernel; folds are by content, not by chance.
//
//	C. Cortes, V. Vapnik: Support-vector networks, Machine Learning 20 (1995); B. Schoelkopf, A. Smola, R. Williamson, P. Bartlett: New support vector algorithms, Neural Computation 12 (2000)
func SVM() *learners.Spec {
	return &learners.Spec{
		Name:      name,
		Doc:       "Support vector machine with a kernel; one against one for more than two classes.",
		Objective: "1/2 |f|^2 + c * sum of weight * max(0, 1 - y f(x)) for classes, y = -1 or 1; max(0, |y - f(x)| - epsilon) for numbers; form nu bounds the share of rows that add to the sum",
		Reference: "Cortes, Vapnik, Machine Learning 20 (1995); Schoelkopf, Smola, Williamson, Bartlett, Neural Computation 12 (2000); Fan, Chen, Lin, JMLR 6 (2005); " +
			"Wu, Lin, Weng, JMLR 5 (2004); Lin, Lin, Weng, Machine Learning 68 (2007)",
		Tasks:        []learners.Task{learners.Binary, learners.Multiclass, learners.Regression},
		Traits:       learners.Traits{NeedsScaling: true, Weights: true, Probabilities: true},
		New:          func() learners.Learner { return new(svm) },
		StateVersion: 1,
		Load:         load,
	}
}

type svm struct {
	kernel, form, gamma string
	degree              int
	coef0               float64
	c, nu, epsilon      float64
	tol                 float64
	maxIter             int
	shrinking           bool
	cacheMB             int
	folds               int
}

func (l *svm) Declare(s *params.Set) {
	s.Choice(&l.kernel, "kernel", "rbf", kernelNames, "how alike two rows are")
	s.Text(&l.gamma, "gamma", "scale", "scale, auto, or a number >= 0",
		"factor of the kernels rbf, poly and sigmoid; scale: 1 / (features * variance of all numbers); auto: 1 / features", params.TuneValues("scale", "auto", "0.01", "0.1", "1"))
	s.Int(&l.degree, "degree", 3, "degree of the kernel poly", params.AtLeast(0), params.AtMost(100))
	s.Float(&l.coef0, "coef0", 0, "constant of the kernels poly and sigmoid")
	s.Choice(&l.form, "form", "c", []string{"c", "nu"}, "c: rows cost c each; nu: a share nu of rows may be inside the margin, or outside the tube")
	s.Float(&l.c, "c", 1, "what a row on the wrong side costs; not for form nu with classes", params.Above(0), params.TuneLog(1e-2, 1e3))
	s.Float(&l.nu, "nu", 0.5, "form nu: most of the rows that may be on the wrong side, least of the support vectors, as a share", params.Above(0), params.AtMost(1))
	s.Float(&l.epsilon, "epsilon", 0.1, "numbers, form c: errors up to this cost nothing, in units of the target", params.AtLeast(0), params.TuneLog(1e-3, 1))
	s.Float(&l.tol, "tol", 1e-3, "stop when the optimality conditions are missed by less than this", params.Above(0))
	s.Int(&l.maxIter, "max_iter", 0, "steps at most; 0: ten million, or a hundred a row where that is more", params.AtLeast(0))
	s.Bool(&l.shrinking, "shrinking", true, "whether to set rows aside that seem to have found their place; the result is the same within tol")
	s.Int(&l.cacheMB, "cache_mb", 200, "memory for rows of the kernel, in MB", params.AtLeast(1), params.AtMost(1<<20))
	s.Int(&l.folds, "calibration_folds", 5, "classes: folds of the cross-validation whose decision values the probabilities are fitted to; 0 or 1 takes those of the training rows",
		params.AtLeast(0), params.AtMost(100))
}

// held is how many bytes a fit of n rows, p features and K classes holds beside the cache: the solvers of parallel problems, what is known of each pair of classes, and the support vectors twice.
func held(n, p, K, parallel int64) int64 {
	return parallel*solverBytes(n, p) + n*(2*8*p+8*12) + n*64*max(0, K-1)
}

// MemoryNeeded counts what is held and the smallest cache.
func (l *svm) MemoryNeeded(s learners.Shape) int64 {
	return held(int64(s.Rows), int64(s.Features), int64(s.Outputs()), 1) + fewestRows*4*int64(s.Rows+group)
}

// fit is one Fit.
type fit struct {
	*svm
	env      learners.Env
	kernel   *kernel
	x        *mat.Dense
	rows     []int     // of x that have a weight
	y        []float64 // by rows, as weight
	weight   []float64
	total    float64
	validate *data.Examples // nil: none
	present  []int          // class codes that have rows
	places   [][]int        // of the rows of each class, ascending
	seed     uint64         // of the folds
	bytes    int64          // for the cache of a problem
	done     *atomic.Int64
	parts    int // problems in all, for progress
}

func (l *svm) Fit(ctx context.Context, train, validate *data.Examples, env learners.Env) (learners.Model, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	n, p := train.Dims()
	if train.X == nil || n == 0 || p == 0 {
		return nil, fmt.Errorf("%s: needs at least one row and one feature, got %d rows and %d features", name, n, p)
	}
	f := &fit{svm: l, env: env, x: train.X, seed: env.RNG(calibrationStream).Uint64(), done: new(atomic.Int64)}
	if validate != nil {
		if rows, _ := validate.Dims(); rows > 0 && validate.X != nil {
			f.validate = validate
		}
	}
	for i := range n {
		if w := train.Weight(i); w > 0 {
			f.rows, f.y, f.weight = append(f.rows, i), append(f.y, train.Y[i]), append(f.weight, w)
			f.total += w
		}
	}
	var err error
	if f.kernel, err = l.makeKernel(ctx, f); err != nil {
		return nil, err
	}
	m := &machine{kernel: f.kernel, p: p}
	if env.Task == learners.Regression {
		err = f.numbers(ctx, m)
	} else {
		m.classes = len(train.Classes)
		err = f.classes(ctx, m, train.Classes)
	}
	if err != nil {
		return nil, err
	}
	m.prepare()
	env.Report(f.parts*progressUnits, max(1, f.parts*progressUnits), math.NaN())
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if env.Task == learners.Regression {
		return regressor{m}, nil
	}
	return classifier{m}, nil
}

// calibrationStream is the stream of random numbers that seeds the folds.
const calibrationStream = 1 << 32

// makeKernel resolves gamma and centres the features.
func (l *svm) makeKernel(ctx context.Context, f *fit) (*kernel, error) {
	_, p := f.x.Dims()
	k := &kernel{name: l.kernel, coef0: l.coef0, degree: l.degree}
	mean, square := 0.0, 0.0
	columns := make([]float64, p)
	for i, r := range f.rows {
		if i%looksAfter == looksAfter-1 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		share := f.weight[i] / f.total
		for j, v := range f.x.RawRowView(r) {
			columns[j] += share * v
		}
	}
	for _, v := range columns {
		mean += v / float64(p)
	}
	for i, r := range f.rows {
		if i%looksAfter == looksAfter-1 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		for _, v := range f.x.RawRowView(r) {
			square += f.weight[i] / f.total * (v - mean) * (v - mean) / float64(p)
		}
	}
	switch text := strings.ToLower(strings.TrimSpace(l.gamma)); text {
	case "scale":
		k.gamma = 1 / (float64(p) * square)
		if square == 0 {
			k.gamma = 1
		}
	case "auto":
		k.gamma = 1 / float64(p)
	default:
		v, err := strconv.ParseFloat(text, 64)
		if err != nil || !(v >= 0) || math.IsInf(v, 0) || strings.ContainsAny(text, "xp_") {
			return nil, fmt.Errorf("%s: hyper-parameter \"gamma\" must be scale, auto or a number >= 0, got '%s'", name, l.gamma)
		}
		k.gamma = v
	}
	if l.kernel == "rbf" {
		k.center = columns
	}
	if !(k.gamma >= 0 && k.gamma <= largestValue) {
		return nil, fmt.Errorf("%s: the variance of the features, %.3g, gives no gamma for kernel '%s'; scale the features or set gamma", name, square, l.kernel)
	}
	return k, nil
}

// cacheBytes shares the memory for rows of the kernel out among parallel problems; without enough for all, it is what the smallest caches take.
func (f *fit) cacheBytes(classes, parallel int) int64 {
	bytes := int64(f.cacheMB) << 20
	if f.env.Memory > 0 {
		n, p := f.x.Dims()
		bytes = min(bytes, f.env.Memory-held(int64(n), int64(p), int64(classes), int64(parallel)))
	}
	return max(0, bytes) / int64(parallel)
}

// solver makes the solver of the rows with the given places in f.rows.
func (f *fit) solver(ctx context.Context, at []int, bytes int64, workers int) (*solver, error) {
	pts, err := newPoints(ctx, f.kernel, f.x, len(at), func(i int) int { return f.rows[at[i]] })
	if err != nil {
		return nil, err
	}
	if err := pts.check(f.kernel); err != nil {
		return nil, err
	}
	most := f.maxIter
	if most == 0 {
		most = max(10_000_000, 100*len(at))
	}
	s := newSolver(f.kernel, pts, bytes, f.tol, most, f.shrinking, workers)
	s.roomy = int(int64(f.cacheMB) << 20 / int64(4*len(at)))
	return s, nil
}

// numbers fits a regression.
func (f *fit) numbers(ctx context.Context, m *machine) error {
	n := len(f.rows)
	f.parts = 1
	s, err := f.solver(ctx, upTo(n), f.cacheBytes(1, 1), f.env.Workers)
	if err != nil {
		return err
	}
	p := &problem{target: f.y, kink: f.epsilon}
	zero, low, high := make([]float64, n), make([]float64, n), make([]float64, n)
	for i, w := range f.weight {
		low[i], high[i] = -f.c*w, f.c*w
	}
	if f.form == "c" {
		p.groups = []bounds{{zero, low, high}}
	} else {
		p.kink = 0
		up, down := make([]float64, n), make([]float64, n)
		left := f.c * f.nu * f.total / 2
		for i := range up {
			up[i] = min(left, high[i])
			down[i] = -up[i]
			left -= up[i]
		}
		p.groups = []bounds{{up, zero, high}, {down, low, zero}}
	}
	s.checkpoint = f.listen(true)
	s.reached = f.curve(&shown{at: upTo(n), y: f.y, weight: f.weight, validate: f.validate, keep: f.env.Keep}, func(level []float64) (scale, offset, free float64) {
		offset, free = f.tube(level)
		return 1, offset, free
	})
	found, err := s.solve(ctx, p, nil)
	if err != nil {
		return err
	}
	f.warn(found, "")
	offset, _ := f.tube(found.level)
	m.outputs = 1
	m.intercepts = []float64{offset}
	m.keep(f, []*solution{found}, [][]int{upTo(n)}, [][2]int{{0, 0}}, make([]float64, n))
	return nil
}

// tube is the intercept and the epsilon of a regression with the given levels.
func (f *fit) tube(level []float64) (offset, epsilon float64) {
	if f.form == "c" {
		return level[0], f.epsilon
	}
	return (level[0] + level[1]) / 2, max(0, (level[0]-level[1])/2)
}

// margin is the intercept and the margin r of a classifier with the given levels.
func (f *fit) margin(level []float64) (offset, r float64) {
	if f.form == "c" {
		return level[0], 1
	}
	offset, r = (level[0]+level[1])/2, (level[1]-level[0])/2
	if !(r > 0) { // the rows cannot be told apart
		return 0, 1
	}
	return offset / r, r
}

// pair is one problem of two classes. What it was solved from is there while it is solved alone: of many classes, all pairs together would hold the rows as often as there are classes.
type pair struct {
	first, second int   // of the present classes; the second is y = 1
	at            []int // places in f.rows
	y, weight     []float64
	found         *solution
	offset        float64
	platt         platt
	points        []learners.Iteration // of the training curve, where there are more pairs
	done          atomic.Bool
}

// gather finds the rows of the pair, in their order.
func (f *fit) gather(q *pair) {
	first, second := f.places[f.present[q.first]], f.places[f.present[q.second]]
	n := len(first) + len(second)
	q.at, q.y, q.weight = make([]int, 0, n), make([]float64, 0, n), make([]float64, 0, n)
	for len(first)+len(second) > 0 {
		from, sign := &first, -1.0
		if len(first) == 0 || len(second) > 0 && second[0] < first[0] {
			from, sign = &second, 1
		}
		q.at, q.y, q.weight = append(q.at, (*from)[0]), append(q.y, sign), append(q.weight, f.weight[(*from)[0]])
		*from = (*from)[1:]
	}
}

// classes fits a classifier: one problem for each pair of classes that have rows.
func (f *fit) classes(ctx context.Context, m *machine, names []string) error {
	rows, sums := make([][]int, len(names)), make([]float64, len(names)) // places and weight by class
	for i, y := range f.y {
		rows[int(y)] = append(rows[int(y)], i)
		sums[int(y)] += f.weight[i]
	}
	for k := range names {
		if len(rows[k]) > 0 {
			m.present = append(m.present, k)
		}
	}
	f.present, f.places = m.present, rows
	if len(m.present) < 2 {
		return fmt.Errorf("%s: every training row has class '%s'; at least two classes are needed", name, names[m.present[0]])
	}
	var pairs []*pair
	for a := range m.present {
		for b := a + 1; b < len(m.present); b++ {
			first, second := m.present[a], m.present[b]
			if most := mostNu(sums[first], sums[second]); f.form == "nu" && f.nu > most {
				return fmt.Errorf("%s: hyper-parameter \"nu\" must be at most %.6g for the weights of the classes '%s' and '%s', got %s", name, most, names[first], names[second],
					params.FormatFloat(f.nu))
			}
			pairs = append(pairs, &pair{first: a, second: b})
		}
	}
	f.parts = len(pairs)
	if f.folds > 1 {
		f.parts *= 1 + f.folds
	}
	parallel := max(1, min(f.env.Workers, len(pairs)))
	for parallel > 1 && f.env.Memory > 0 && f.env.Memory < held(int64(len(f.rows)), int64(m.p), int64(len(names)), int64(parallel)) {
		parallel--
	}
	f.bytes = f.cacheBytes(len(names), parallel)
	if err := f.share(ctx, pairs, parallel); err != nil {
		return err
	}
	for _, q := range pairs {
		m.intercepts = append(m.intercepts, q.offset)
		m.platt = append(m.platt, q.platt)
		what := ""
		if len(pairs) > 1 {
			what = fmt.Sprintf(" between the classes '%s' and '%s'", names[m.present[q.first]], names[m.present[q.second]])
		}
		f.warn(q.found, what)
	}
	m.outputs = len(m.present) - 1
	found, at, which := make([]*solution, len(pairs)), make([][]int, len(pairs)), make([][2]int, len(pairs))
	for k, q := range pairs {
		found[k], at[k], which[k] = q.found, q.at, [2]int{q.first, q.second}
	}
	group := make([]float64, len(f.rows)) // present class of each row
	for a, k := range m.present {
		for _, i := range rows[k] {
			group[i] = float64(a)
		}
	}
	m.keep(f, found, at, which, group)
	return nil
}

// share fits the pairs, as many at once as there are workers. This goroutine works too, so that it can tell of progress.
func (f *fit) share(ctx context.Context, pairs []*pair, parallel int) error {
	var next atomic.Int64
	var failed atomic.Bool
	shown, points := 0, 0 // pairs and points of the training curve
	show := func() {
		for ; shown < len(pairs) && pairs[shown].done.Load(); shown++ {
			for _, it := range pairs[shown].points {
				points++
				it.Number = points
				f.env.Keep(it)
			}
			pairs[shown].points = nil
		}
	}
	work := func(own bool) error {
		for {
			if own {
				show()
			}
			k := int(next.Add(1)) - 1
			if k >= len(pairs) || failed.Load() {
				return nil
			}
			if err := f.pair(ctx, pairs[k], f.env.Workers/parallel, own, len(pairs) == 1); err != nil {
				failed.Store(true)
				return err
			}
			pairs[k].done.Store(true)
		}
	}
	var g safego.Group
	for range parallel - 1 {
		g.Go(func() error { return work(false) })
	}
	err := safego.Run(func() error { return work(true) })
	if others := g.Wait(); err == nil {
		err = others
	}
	show()
	return err
}

// pair fits one problem and its probabilities.
func (f *fit) pair(ctx context.Context, q *pair, workers int, own, alone bool) error {
	f.gather(q)
	s, err := f.solver(ctx, q.at, f.bytes, max(1, workers))
	if err != nil {
		return err
	}
	s.checkpoint = f.listen(own)
	curve := &shown{at: q.at, y: q.y, weight: q.weight, negative: f.present[q.first], positive: f.present[q.second], validate: f.validate, keep: f.env.Keep}
	if !alone {
		curve.validate = f.validationOf(q)
		curve.keep = func(it learners.Iteration) { q.points = append(q.points, it) }
	}
	s.reached = f.curve(curve, func(level []float64) (scale, offset, free float64) {
		offset, r := f.margin(level)
		return 1 / r, offset, 0
	})
	p := f.problem(q, nil)
	if q.found, err = s.solve(ctx, p, f.startValue(p)); err != nil {
		return err
	}
	offset, r := f.margin(q.found.level)
	q.offset = offset
	decision := make([]float64, len(q.at)) // of rows that f had not seen
	for i, v := range q.found.value {
		decision[i] = (p.target[i]-v)/r + offset
	}
	s.checkpoint, s.reached = f.listen(own), nil
	if err := f.unseen(ctx, s, q, decision, own); err != nil {
		return err
	}
	q.platt = fitPlatt(decision, q.y, q.weight)
	if r != 1 {
		for i := range q.found.b {
			q.found.b[i] /= r
		}
	}
	q.y, q.weight, q.found.value = nil, nil, nil
	return nil
}

// startValue is t - K b of a problem that starts at zero, nil of another one.
func (f *fit) startValue(p *problem) []float64 {
	if f.form == "c" {
		return p.target
	}
	return nil
}

// mostNu is the largest nu for which the pair without the rows out has a solution.
func (q *pair) mostNu(out func(i int) bool) float64 {
	var weight [2]float64
	for i, w := range q.weight {
		if out == nil || !out(i) {
			weight[int(q.y[i]+1)/2] += w
		}
	}
	return mostNu(weight[0], weight[1])
}

// mostNu is the largest nu for which two classes of these weights have a solution.
func mostNu(first, second float64) float64 { return 2 * min(first, second) / (first + second) }

// problem is the pair's, without the rows out.
func (f *fit) problem(q *pair, out func(i int) bool) *problem {
	n := len(q.at)
	p := &problem{target: q.y}
	var group [2]bounds // of y = -1 and 1
	for g := range group {
		group[g] = bounds{make([]float64, n), make([]float64, n), make([]float64, n)}
	}
	if f.form == "c" {
		for i, y := range q.y {
			if out == nil || !out(i) {
				group[0].low[i], group[0].high[i] = min(0, y*f.c*q.weight[i]), max(0, y*f.c*q.weight[i])
			}
		}
		p.groups = group[:1]
		return p
	}
	p.target = make([]float64, n)
	total := 0.0
	for i, w := range q.weight {
		if out == nil || !out(i) {
			total += w
		}
	}
	nu := min(f.nu, q.mostNu(out))
	left := [2]float64{nu * total / 2, nu * total / 2}
	for i, y := range q.y {
		if out != nil && out(i) {
			continue
		}
		g := int(y+1) / 2
		a := min(left[g], q.weight[i])
		left[g] -= a
		if group[g].start[i] = y * a; y > 0 {
			group[g].high[i] = q.weight[i]
		} else {
			group[g].low[i] = -q.weight[i]
		}
	}
	p.groups = []bounds{group[1], group[0]}
	return p
}

// foldTol is how many times less exactly the problems are solved that only serve calibration.
const foldTol = 10

// unseen replaces the decision value of each row by that of the problem without the row's fold; it leaves those of the training rows when there are no folds, or when a class has no rows outside one of
// them.
func (f *fit) unseen(ctx context.Context, s *solver, q *pair, decision []float64, own bool) error {
	if f.folds < 2 {
		return nil
	}
	fold := make([]int, len(q.at))
	left := make([][2]bool, f.folds) // classes outside a fold
	for i, at := range q.at {
		fold[i] = foldOf(f.x.RawRowView(f.rows[at]), f.y[at], f.folds, f.seed)
		for k := range left {
			if k != fold[i] {
				left[k][int(q.y[i]+1)/2] = true
			}
		}
	}
	for _, both := range left {
		if !both[0] || !both[1] {
			return nil
		}
	}
	s.tol = foldTol * f.tol
	for k := range f.folds {
		out := func(i int) bool { return fold[i] == k }
		p := f.problem(q, out)
		var value []float64
		if f.form == "c" {
			var err error
			if value, err = s.without(ctx, q.found, p); err != nil {
				return err
			}
		}
		found, err := s.solve(ctx, p, value)
		if err != nil {
			return err
		}
		offset, r := f.margin(found.level)
		for i, v := range found.value {
			if fold[i] == k {
				decision[i] = (p.target[i]-v)/r + offset
			}
		}
		s.checkpoint = f.listen(own)
	}
	return nil
}

// warn says when a problem ended before its optimum.
func (f *fit) warn(found *solution, what string) {
	if !found.converged {
		f.env.Warnf("%s: the optimum%s was not reached within %d steps; raise max_iter or tol, scale the features, or choose a smaller c", name, what, found.steps)
	}
}

// progressUnits is into how many parts the way of one problem is divided.
const progressUnits = 1000

// listen returns a listener for one problem: it counts the way done by the logarithm of the gap, and tells of it when own says that this is Fit's goroutine.
func (f *fit) listen(own bool) func(*solver, float64) {
	first, reached := 0.0, int64(0)
	return func(s *solver, gap float64) {
		if first == 0 {
			first = gap
		}
		way := int64(0)
		switch {
		case gap < f.tol && s.active == s.n:
			way = progressUnits
		case gap > f.tol && first > gap:
			way = int64(progressUnits * math.Log(first/gap) / math.Log(first/f.tol))
		}
		if way = min(way, progressUnits); way > reached {
			f.done.Add(way - reached)
			reached = way
		}
		if own {
			f.env.Report(min(int(f.done.Load()), f.parts*progressUnits), f.parts*progressUnits, math.NaN())
		}
	}
}

// shown is a problem whose training curve is kept.
type shown struct {
	at                 []int // places in f.rows
	y, weight          []float64
	negative, positive int // of classes: the codes of y = -1 and 1
	validate           *data.Examples
	keep               func(learners.Iteration)
}

// validationOf are the validation rows of the two classes of a pair; nil: there are none.
func (f *fit) validationOf(q *pair) *data.Examples {
	if f.validate == nil || f.env.Record == nil {
		return nil
	}
	var rows []int
	for i, y := range f.validate.Y {
		if k := int(y); k == f.present[q.first] || k == f.present[q.second] {
			rows = append(rows, i)
		}
	}
	if len(rows) == 0 {
		return nil
	}
	_, p := f.validate.Dims()
	e := &data.Examples{X: mat.NewDense(len(rows), p, nil)}
	for to, i := range rows {
		copy(e.X.RawRowView(to), f.validate.X.RawRowView(i))
		e.Y, e.Weights = append(e.Y, f.validate.Y[i]), append(e.Weights, f.validate.Weight(i))
	}
	return e
}

// curve returns a listener that keeps the mean loss of the rows of c, whose target is y (-1 or 1 for classes), and that of the validation rows. scale, offset and free turn sums into decision values and
// say how wide the tube is. The validation rows cost as much as to predict them, so with them only the first, second, fourth ... time is kept, and the last.
func (f *fit) curve(c *shown, now func(level []float64) (scale, offset, free float64)) func(s *solver, last bool) {
	if f.env.Record == nil {
		return nil
	}
	number, times, total := 0, 0, 0.0
	for _, w := range c.weight {
		total += w
	}
	return func(s *solver, last bool) {
		if times++; c.validate != nil && times&(times-1) != 0 && !last {
			return
		}
		scale, offset, free := now(s.levels())
		loss := func(y, value float64) float64 {
			if f.env.Task == learners.Regression {
				return max(0, math.Abs(y-value)-free)
			}
			return max(0, 1-y*value)
		}
		sum := 0.0
		for q, r := range s.row {
			sum += c.weight[r] * loss(c.y[r], (s.t[q]-s.v[q])*scale+offset)
		}
		number++
		it := learners.Iteration{Number: number, Loss: sum / total, ValidationLoss: math.NaN()}
		if c.validate != nil {
			it.ValidationLoss = f.judge(c, s, scale, offset, loss)
		}
		c.keep(it)
	}
}

// judge is the mean loss of the validation rows; 0 for a row of a class that has no training rows, which only more than two classes can have.
func (f *fit) judge(c *shown, s *solver, scale, offset float64, loss func(y, value float64) float64) float64 {
	m := &machine{kernel: f.kernel, p: s.points.p, outputs: 1, counts: []int{0}}
	for q, r := range s.row {
		if b := s.b(q); b != 0 {
			m.counts[0]++
			m.vectors, m.b = append(m.vectors, f.x.RawRowView(f.rows[c.at[r]])...), append(m.b, b*scale)
		}
	}
	m.prepare()
	sum, total := 0.0, 0.0
	m.each(c.validate.X, func(i int, sums []float64, _ int) {
		y, w := c.validate.Y[i], c.validate.Weight(i)
		if total += w; f.env.Task != learners.Regression {
			switch int(y) {
			case c.negative:
				y = -1
			case c.positive:
				y = 1
			default:
				return
			}
		}
		sum += w * loss(y, finite(sums[0]+offset))
	})
	if total == 0 {
		return math.NaN()
	}
	return sum / total
}

// upTo returns 0, 1 ... n-1.
func upTo(n int) []int {
	v := make([]int, n)
	for i := range v {
		v[i] = i
	}
	return v
}

var (
	_ learners.Learner         = (*svm)(nil)
	_ learners.MemoryEstimator = (*svm)(nil)
)
