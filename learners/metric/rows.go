package metric

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// InputError is returned when an Input cannot be measured; its text names the row, the value and what is allowed.
type InputError struct{ text string }

func (e *InputError) Error() string { return e.text }

func wrong(format string, args ...any) error { return &InputError{fmt.Sprintf(format, args...)} }

// rows is a checked Input without its rows of weight 0, with what several metrics share: totals, tallies, rankings. One goroutine uses it.
type rows struct {
	ctx context.Context
	err error // of ctx, once it has ended: all results are then void

	kind              Kind
	n                 int
	actual, predicted []float64 // regression
	class, guess      []int32   // classification: actual and predicted codes
	weights           []float64 // nil: 1 each
	total, total2     float64   // sums of the weights and of their squares
	classes, positive int
	top               float64
	proba             *mat.Dense // n x classes, or nil
	shares            []float64  // in place of proba: the probabilities of every row (a constant prediction)

	tallied *tallies   // see tallies
	ranked  []*ranking // by class; see ranking
	curves  map[*curveMetric]curve
}

// block is how many rows are worked through between two looks at the context: far less than 50 ms of any metric's work.
const block = 1 << 15

// each calls f for every row in order. When the context ends it stops early and sets r.err.
func (r *rows) each(f func(i int)) {
	for lo := 0; lo < r.n; lo += block {
		if r.ended() {
			return
		}
		for i := lo; i < min(lo+block, r.n); i++ {
			f(i)
		}
	}
}

func (r *rows) ended() bool {
	if r.err == nil {
		r.err = r.ctx.Err()
	}
	return r.err != nil
}

func (r *rows) weight(i int) float64 {
	if r.weights == nil {
		return 1
	}
	return r.weights[i]
}

// effective is Kish's effective number of rows, (sum w)^2 / sum w^2: how many equally weighted rows give a mean of the same variance.
func (r *rows) effective() float64 { return square(r.total) / r.total2 }

// hasProba reports whether prob may be called.
func (r *rows) hasProba() bool { return r.proba != nil || r.shares != nil }

// prob is the probability of class k in row i.
func (r *rows) prob(i, k int) float64 {
	if r.shares != nil {
		return r.shares[k]
	}
	return r.proba.At(i, k)
}

// probaSlack is how far a probability may leave [0, 1], and the sum of a row's probabilities 1, by rounding.
const probaSlack = 1e-6

// newRows checks the input. Row numbers in errors count from 1.
func newRows(ctx context.Context, in Input) (*rows, error) {
	n := len(in.Actual)
	switch {
	case in.Kind != Binary && in.Kind != Multiclass && in.Kind != Regression:
		return nil, wrong("unknown kind of metric input %d: it must be Binary, Multiclass or Regression", int(in.Kind))
	case n == 0:
		return nil, wrong("there are no rows to measure: the evaluated part or query is empty")
	case len(in.Predicted) != n:
		return nil, wrong("%d actual values but %d predictions: there must be one prediction for each row", n, len(in.Predicted))
	case in.Weights != nil && len(in.Weights) != n:
		return nil, wrong("%d rows but %d row weights: there must be one weight for each row, or none at all", n, len(in.Weights))
	case in.Top != 0 && !(in.Top > 0 && in.Top <= 1):
		return nil, wrong("the share of rows for the metrics at k must be above 0 and at most 1, got %g", in.Top)
	}
	r := &rows{ctx: ctx, kind: in.Kind, top: in.Top}
	if r.top == 0 {
		r.top = DefaultTop
	}
	keep, err := r.weigh(n, in.Weights)
	if err != nil {
		return nil, err
	}
	if in.Kind == Regression {
		err = r.takeValues(in, keep)
	} else {
		err = r.takeClasses(in, keep)
	}
	if err != nil {
		return nil, err
	}
	if r.ended() {
		return nil, r.err
	}
	return r, nil
}

// weigh checks the weights, keeps the positive ones in r and returns the row numbers of those; nil means all n rows.
func (r *rows) weigh(n int, weights []float64) (keep []int, err error) {
	r.n, r.total, r.total2 = n, float64(n), float64(n)
	if weights == nil {
		return nil, nil
	}
	var total, total2 sum
	positive := 0
	for i, w := range weights {
		if !(w >= 0) || math.IsInf(w, 1) {
			return nil, wrong("row %d has the weight %g: a row weight must be a finite number >= 0", i+1, w)
		}
		if w > 0 {
			positive++
		}
		total.add(w)
		total2.add(w * w)
	}
	r.total, r.total2 = total.value(), total2.value()
	switch {
	case positive == 0:
		return nil, wrong("all %d row weights are 0: at least one must be positive", n)
	case !(square(r.total) < math.MaxFloat64/4) || r.total2 < 1e-290: // also no overflow or underflow in what follows
		return nil, wrong("the row weights are too large or too small to add up: scale them, only their ratios matter")
	case positive == n:
		r.weights = weights
		return nil, nil
	}
	keep, r.weights, r.n = make([]int, 0, positive), make([]float64, 0, positive), positive
	for i, w := range weights {
		if w > 0 {
			keep, r.weights = append(keep, i), append(r.weights, w)
		}
	}
	return keep, nil
}

func (r *rows) takeValues(in Input, keep []int) error {
	for i := range in.Actual {
		if a := in.Actual[i]; math.IsNaN(a) || math.IsInf(a, 0) {
			return wrong("row %d has the actual value %g: leave rows without a finite target out", i+1, a)
		}
		if p := in.Predicted[i]; math.IsNaN(p) || math.IsInf(p, 0) {
			return wrong("row %d has the prediction %g: leave rows without a finite prediction out", i+1, p)
		}
	}
	r.actual, r.predicted = in.Actual, in.Predicted
	if keep != nil {
		r.actual, r.predicted = gather(in.Actual, keep), gather(in.Predicted, keep)
	}
	return nil
}

func (r *rows) takeClasses(in Input, keep []int) error {
	switch {
	case in.Kind == Binary && in.Classes != 2:
		return wrong("a binary input has 2 classes, got %d", in.Classes)
	case in.Classes < 2 || in.Classes > math.MaxInt32:
		return wrong("a multiclass input has at least 2 classes, got %d", in.Classes)
	case in.Kind == Binary && in.Positive != 0 && in.Positive != 1:
		return wrong("the positive class must be 0 or 1, got %d", in.Positive)
	}
	r.classes, r.positive = in.Classes, in.Positive
	var err error
	if r.class, err = codes("actual", in.Actual, in.Classes, keep); err != nil {
		return err
	}
	if r.guess, err = codes("predicted", in.Predicted, in.Classes, keep); err != nil {
		return err
	}
	if in.Proba == nil {
		return nil
	}
	if n, k := in.Proba.Dims(); n != len(in.Actual) || k != in.Classes {
		return wrong("the probabilities are %d x %d, but there are %d rows and %d classes", n, k, len(in.Actual), in.Classes)
	}
	for i := range in.Actual {
		if i%block == 0 && r.ended() {
			return r.err
		}
		total := 0.0
		for k, p := range in.Proba.RawRowView(i) {
			if !(p >= -probaSlack && p <= 1+probaSlack) {
				return wrong("row %d has the probability %g for class %d: it must be between 0 and 1", i+1, p, k)
			}
			total += p
		}
		if math.Abs(total-1) > probaSlack {
			return wrong("the probabilities of row %d sum to %g: they must sum to 1", i+1, total)
		}
	}
	r.proba = in.Proba
	if keep != nil {
		r.proba = mat.NewDense(len(keep), in.Classes, nil)
		for to, from := range keep {
			r.proba.SetRow(to, in.Proba.RawRowView(from))
		}
	}
	return nil
}

// codes turns the class codes of the kept rows into integers.
func codes(what string, values []float64, classes int, keep []int) ([]int32, error) {
	all := make([]int32, len(values))
	for i, v := range values {
		if !(v >= 0 && v < float64(classes)) || v != math.Trunc(v) {
			return nil, wrong("row %d has the %s class %g: it must be a whole number from 0 to %d", i+1, what, v, classes-1)
		}
		all[i] = int32(v)
	}
	if keep != nil {
		return gather(all, keep), nil
	}
	return all, nil
}

func gather[T any](from []T, rows []int) []T {
	to := make([]T, len(rows))
	for i, j := range rows {
		to[i] = from[j]
	}
	return to
}
