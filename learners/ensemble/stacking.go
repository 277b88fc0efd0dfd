package ensemble

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/artifact"
	"aibms/learners/data"
	"aibms/learners/params"
)

const stackingName = "stacking"

// Stacking is the learner stacking: a final learner learns what to make of the predictions of the others.
//
//  1. The rows are dealt into folds. For each fold every learner is fitted on the rows outside it and predicts those in it: out-of-fold predictions, made of no row that they are for.
//  2. These predictions are the features of the final learner: of two classes the probability of the second, of more the probability of each, or the number. passthrough puts the
//     features beside them. The final learner is fitted on them.
//  3. Every learner is fitted again on all rows. A row is predicted by them, and then by the final learner.
//
// This is Wolpert's stacked generalisation with probabilities for level-1 data as Ting and Witten found best, and scikit-learn's StackingClassifier and StackingRegressor. What differs
// from those: a row's fold comes from a hash of what the row holds, by class in turn, so that copies of a row are in one fold, and neither their number nor the order of rows matters;
// and each learner (the final one, too) gets what it needs of its features, as in a voting, by the rows that it is fitted on.
//
// A class of one row alone is in no fold: its row is among those of every fit. With fewer different rows of each class than folds there are as many folds as rows.
//
// The fit of learner k outside fold f draws its random numbers by stream k + learners * (f + 1), the one on all rows by stream k, the final one by a stream after all of these.
//
// Cost: folds + 1 fits of each learner and one of the final learner; a prediction the sum of theirs.
//
//	D. Wolpert: Stacked generalization. Neural Networks 5 (1992)
//	K. Ting, I. Witten: Issues in stacked generalization. J. Artificial Intelligence Research 10 (1999)
func Stacking(base *learners.Registry) *learners.Spec {
	return &learners.Spec{
		Name:         stackingName,
		Doc:          "Stacking: a final learner learns from the out-of-fold predictions of several learners what to make of them.",
		Objective:    "that of the final learner over out-of-fold predictions; each learner minimises its own",
		Reference:    "Wolpert, Neural Networks 5 (1992); Ting, Witten, J. Artificial Intelligence Research 10 (1999)",
		Tasks:        predicted,
		Traits:       learners.Traits{Missing: true, Categories: true, Weights: true, Probabilities: true},
		New:          func() learners.Learner { return &stacking{base: base} },
		StateVersion: stateVersion,
		Load:         func(version int, r *artifact.Reader) (learners.Model, error) { return loadStacking(base, version, r) },
	}
}

type stacking struct {
	base        *learners.Registry
	learners    string
	final       string
	folds       int
	passthrough bool
}

func (l *stacking) Declare(s *params.Set) {
	s.Text(&l.learners, "learners", automatic, validList,
		"whose predictions are learned from; auto: logistic_regression or linear_regression with penalty = l2, random_forest, gradient_boosting", params.Checked(checkChoices(l.base, predicted)))
	s.Text(&l.final, "final", automatic, "auto, or one learner, perhaps with settings", "what learns from the predictions; auto: logistic_regression, or linear_regression with penalty = l2",
		params.Checked(func(text string) error {
			_, err := parseChoice(l.base, predicted, text)
			return err
		}))
	s.Int(&l.folds, "folds", 5, "parts of the rows, each predicted by fits on the others", params.AtLeast(2), params.AtMost(100))
	s.Bool(&l.passthrough, "passthrough", false, "whether the final learner sees the features beside the predictions")
}

// finalChoice is the final learner, named or usual.
func (l *stacking) finalChoice(classes bool) (choice, error) {
	c, err := parseChoice(l.base, predicted, l.final)
	switch {
	case err != nil:
		return choice{}, err
	case c != nil:
		return *c, nil
	}
	return usual(l.base, classes)[0], nil
}

// width is how many numbers a learner gives the final one for a row.
func width(classes int) int {
	if classes > 2 {
		return classes
	}
	return 1
}

// MemoryNeeded is that of all learners, of the rows outside a fold, of their predictions and of the final learner.
func (l *stacking) MemoryNeeded(s learners.Shape) int64 {
	list, err := choices(l.base, l.learners, s.Classes > 0)
	if err != nil {
		return 0
	}
	final, err := l.finalChoice(s.Classes > 0)
	if err != nil {
		return 0
	}
	last := l.finalShape(len(list), s)
	sum := l.held(list, s) + memoryOf(final, last) + preparedMemory([]choice{final}, last)
	for _, c := range list {
		sum += memoryOf(c, s)
	}
	return sum
}

// finalShape is what the final learner sees: predictions, and perhaps the features.
func (l *stacking) finalShape(count int, s learners.Shape) learners.Shape {
	m := count * width(s.Classes)
	categories := s.Categories
	s.Categories = nil
	if !l.passthrough {
		s.Features = m
		return s
	}
	s.Features += m
	if categories != nil {
		s.Categories = append(make([]int, m), categories...)
	}
	return s
}

// held is what is held beside the learners: the rows outside a fold, the copies that learners need of them, predictions and places.
func (l *stacking) held(list []choice, s learners.Shape) int64 {
	n := int64(s.Rows)
	return 8*n*int64(s.Features+l.finalShape(len(list), s).Features) + preparedMemory(list, s) + 40*n
}

func (l *stacking) Fit(ctx context.Context, train, validate *data.Examples, env learners.Env) (learners.Model, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	list, err := choices(l.base, l.learners, env.Task.Classification())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", stackingName, err)
	}
	final, err := l.finalChoice(env.Task.Classification())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", stackingName, err)
	}
	n, _ := train.Dims()
	if train.X == nil {
		return nil, fmt.Errorf("%s: there are no rows or no features", stackingName)
	}
	shape := allOf(train, validate)
	if err := env.CheckMemory(stackingName, l.MemoryNeeded(shape), fewerLearners); err != nil {
		return nil, err
	}
	places, err := newPlaces(ctx, train, env.Seed, l.folds)
	if err != nil {
		return nil, err
	}
	folds := min(l.folds, mostFolds(places))
	if folds < 2 {
		return nil, fmt.Errorf("%s: there are too few rows: two of a class with a positive weight are needed", stackingName)
	}
	if folds < l.folds {
		env.Warnf("%s: %d folds instead of %d: there are too few rows", stackingName, folds, l.folds)
	}
	f := newFitting(ctx, stackingName, env, (folds+1)*len(list)+1)
	if err := f.checkChoices(append(list[:len(list):len(list)], final), l.base, train.Weights != nil); err != nil {
		return nil, err
	}
	held := l.held(list, shape)
	meta := l.newMeta(train, len(list), n)
	for fold := range folds {
		outside, inside := deal(places, fold, folds)
		learned, err := rowsOf(ctx, train, outside)
		if err != nil {
			return nil, err
		}
		rows, err := prepareFor(f, list, learned, validate)
		if err != nil {
			return nil, err
		}
		fitted, err := fitAll(f, list, rows, uint64(len(list)*(fold+1)), held)
		if err != nil {
			return nil, err
		}
		for lo := 0; lo < len(inside); lo += blockRows {
			block, err := rowsOf(ctx, train, inside[lo:min(lo+blockRows, len(inside))])
			if err != nil {
				return nil, err
			}
			if err := fitted.meta(block.X, func(i int) []float64 { return meta.X.RawRowView(int(inside[lo+i])) }, l.passthrough); err != nil {
				return nil, fmt.Errorf("%s: %w", stackingName, err)
			}
		}
	}
	m := &stackingModel{passthrough: l.passthrough}
	rows, err := prepareFor(f, list, train, validate)
	if err != nil {
		return nil, err
	}
	warned := rows.warn(stackingName, env, list)
	if m.parts, err = fitAll(f, list, rows, 0, held); err != nil {
		return nil, err
	}
	var judged *data.Examples
	if validate != nil {
		n, _ := validate.Dims()
		judged = l.newMeta(validate, len(list), n)
		if err := m.metaRows(ctx, validate.X, judged.X); err != nil {
			return nil, err
		}
	}
	if rows, err = prepare(ctx, []choice{final}, meta, judged); err != nil {
		return nil, err
	}
	if !warned {
		rows.warn(stackingName, env, []choice{final})
	}
	m.final = newParts(rows)
	last, err := f.fit(final, rows, uint64(len(list)*(folds+1)), held)
	if err != nil {
		return nil, err
	}
	m.final.list = []part{last}
	return m, ctx.Err()
}

// prepareFor is prepare with the name of the ensemble before its errors.
func prepareFor(f *fitting, list []choice, train, validate *data.Examples) (*prepared, error) {
	rows, err := prepare(f.ctx, list, train, validate)
	if err != nil && f.ctx.Err() == nil {
		return nil, fmt.Errorf("%s: %w", f.name, err)
	}
	return rows, err
}

// fitAll fits every learner on the same rows, with the streams from the given one on.
func fitAll(f *fitting, list []choice, rows *prepared, stream uint64, held int64) (*parts, error) {
	fitted := newParts(rows)
	for k, c := range list {
		part, err := f.fit(c, rows, stream+uint64(k), held)
		if err != nil {
			return nil, err
		}
		fitted.list = append(fitted.list, part)
	}
	return fitted, nil
}

// newMeta makes room for what the final learner sees of the rows of e.
func (l *stacking) newMeta(e *data.Examples, count, n int) *data.Examples {
	meta := &data.Examples{X: mat.NewDense(n, l.finalShape(count, learners.ShapeOf(e)).Features, nil), Y: e.Y, Classes: e.Classes, Weights: e.Weights}
	for k := range count * width(len(e.Classes)) {
		meta.Features = append(meta.Features, fmt.Sprintf("prediction_%d", k+1))
	}
	if l.passthrough {
		if e.Categories != nil {
			meta.Categories = append(make([]int, len(meta.Features)), e.Categories...)
		}
		meta.Features = append(meta.Features, e.Features...)
	}
	return meta
}

// mostFolds is how many folds there can be: the class with the most places has one in each. A class with one row has none.
func mostFolds(places []place) int {
	most := 0
	for _, p := range places {
		if p.class >= 0 && p.of > 1 {
			most = max(most, int(p.of))
		}
	}
	return most
}

// deal parts the rows: those that a fold's learners learn from, and those that they predict. Rows without weight are predicted in the first fold, and so is the one row of a class, which
// all learn from.
func deal(places []place, fold, folds int) (outside, inside []int32) {
	for i, p := range places {
		at := 0
		if p.class >= 0 && p.of > 1 {
			// classes begin at different folds, so that small classes do not all lie in the first
			at = int((int64(p.rank) + int64(p.class)) % int64(folds))
			if at != fold {
				outside = append(outside, int32(i))
			}
		} else if p.class >= 0 {
			outside = append(outside, int32(i))
		}
		if at == fold {
			inside = append(inside, int32(i))
		}
	}
	return outside, inside
}

// stackingModel is a fitted stacking.
type stackingModel struct {
	*parts
	final       *parts // of one
	passthrough bool
}

// meta fills the rows that row gives with the predictions for the rows of x, and with their features when these pass through.
func (p *parts) meta(x *mat.Dense, row func(i int) []float64, passthrough bool) error {
	w := width(p.outputs)
	return p.each(x, func(k, lo int, _, given *mat.Dense) error {
		n, columns := given.Dims()
		for i := range n {
			to := row(lo + i)
			copy(to[k*w:(k+1)*w], given.RawRowView(i)[columns-w:])
			if passthrough && k == 0 {
				copy(to[len(p.list)*w:], x.RawRowView(lo+i))
			}
		}
		return nil
	})
}

// metaRows fills meta for all rows of x.
func (m *stackingModel) metaRows(ctx context.Context, x, meta *mat.Dense) error {
	n, p := x.Dims()
	for lo := 0; lo < n; lo += blockRows {
		if err := ctx.Err(); err != nil {
			return err
		}
		block := x.Slice(lo, min(lo+blockRows, n), 0, p).(*mat.Dense)
		if err := m.meta(block, func(i int) []float64 { return meta.RawRowView(lo + i) }, m.passthrough); err != nil {
			return fmt.Errorf("%s: %w", stackingName, err)
		}
	}
	return nil
}

// Predict implements learners.Model.
func (m *stackingModel) Predict(x, out *mat.Dense) error {
	if err := checkShape(x, out, m.features, m.outputs); err != nil {
		return err
	}
	n, p := x.Dims()
	size := min(n, blockRows)
	meta := mat.NewDense(size, m.final.features, nil)
	for lo := 0; lo < n; lo += size {
		rows := min(size, n-lo)
		if err := m.meta(x.Slice(lo, lo+rows, 0, p).(*mat.Dense), meta.RawRowView, m.passthrough); err != nil {
			return err
		}
		if err := m.final.each(meta.Slice(0, rows, 0, m.final.features).(*mat.Dense), func(_, at int, _, given *mat.Dense) error {
			k, _ := given.Dims()
			out.Slice(lo+at, lo+at+k, 0, m.outputs).(*mat.Dense).Copy(given)
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// Save writes the learners under base and the final one under final (parts.save), and
//
//	passthrough   int64   1 when the final learner sees the features too, else 0
func (m *stackingModel) Save(w *artifact.Writer) error {
	through := int64(0)
	if m.passthrough {
		through = 1
	}
	w.Int64s("passthrough", []int64{through})
	if err := m.save(w.Within("base")); err != nil {
		return err
	}
	return m.final.save(w.Within("final"))
}

// loadStacking reads what Save wrote and trusts none of it.
func loadStacking(base *learners.Registry, version int, r *artifact.Reader) (learners.Model, error) {
	if err := checkVersion(stackingName, version); err != nil {
		return nil, err
	}
	through, err := r.Int64s("passthrough")
	if err != nil {
		return nil, err
	}
	m := &stackingModel{}
	if m.parts, err = loadParts(base, version, r.Within("base")); err != nil {
		return nil, err
	}
	if m.final, err = loadParts(base, version, r.Within("final")); err != nil {
		return nil, err
	}
	if len(through) != 1 || through[0] < 0 || through[0] > 1 {
		return nil, fmt.Errorf("%w: passthrough %v", artifact.ErrCorrupt, through)
	}
	m.passthrough = through[0] == 1
	want := len(m.list) * width(m.outputs)
	if m.passthrough {
		want += m.features
	}
	if len(m.final.list) != 1 || m.final.features != want || m.final.outputs != m.outputs {
		return nil, fmt.Errorf("%w: %d final learners of %d features and %d outputs, for %d features and %d outputs", artifact.ErrCorrupt, len(m.final.list), m.final.features, m.final.outputs,
			want, m.outputs)
	}
	return m, nil
}

var (
	_ learners.Learner         = (*stacking)(nil)
	_ learners.MemoryEstimator = (*stacking)(nil)
	_ learners.Model           = (*stackingModel)(nil)
)
