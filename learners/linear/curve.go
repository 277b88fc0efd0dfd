package linear

import (
	"context"
	"math"
	"slices"

	"aibms/learners"
	"aibms/learners/data"
)

// report is told by a solver of each iteration: its number 1, 2, 3 ..., the value of the objective, and the point where it has that value, which belongs to the solver.
type report func(iteration int, value float64, w []float64)

// penalty is the part of an objective that does not depend on the rows, over blocks of numbers: p coefficients and what follows them.
type penalty struct {
	ridge    ridge
	l1       []float64 // of each number; nil: none
	p, block int
}

func (o penalty) value(w []float64) float64 {
	sum := 0.0
	for b := range slices.Chunk(w, o.block) {
		sum += o.ridge.value(o.p, b)
	}
	if o.l1 != nil {
		sum += l1Norm(o.l1, w)
	}
	return sum
}

// curve passes the iterations of one problem on: the progress, and the training curve. Only who wants the curve pays for it: a pass over the validation rows an iteration.
type curve struct {
	env         learners.Env
	first, last int     // iterations of all problems: before this one, and at most
	before      int     // points of the curve before this problem
	total       float64 // sum of the weights of the objective
	scale       float64 // losses in one loss of the objective
	penalty     penalty
	held        *held // nil: there are no validation rows
	reached     int   // the number of the last point
}

func (c *curve) report(ctx context.Context) report {
	return func(i int, value float64, w []float64) {
		c.env.Report(c.first+i, c.last, value/c.total)
		if c.env.Record == nil {
			return
		}
		c.reached = c.before + i
		c.env.Keep(learners.Iteration{Number: c.reached, Loss: c.scale * (value - c.penalty.value(w)) / c.total, ValidationLoss: c.scale * c.held.loss(ctx, w)})
	}
}

// held are the validation rows, whose loss the training curve tells.
type held struct {
	objective objective // without a penalty
	total     float64   // sum of the weights
	gradient  []float64
}

// loss is the mean loss at w; NaN without rows, and when ctx has ended.
func (h *held) loss(ctx context.Context, w []float64) float64 {
	if h == nil {
		return math.NaN()
	}
	if h.gradient == nil {
		h.gradient = make([]float64, h.objective.size())
	}
	value, err := h.objective.evaluate(ctx, w, h.gradient)
	if err != nil {
		return math.NaN()
	}
	return value / h.total
}

// newHeld makes held of the validation rows; nil when nobody wants the curve, when there are none that count, or when one has a number that is not finite: they do not decide
// about the fit. objective makes the objective on those rows; it may return nil.
func newHeld(ctx context.Context, e *data.Examples, env learners.Env, objective func(x *design, weight []float64) objective) (*held, error) {
	if env.Record == nil || e == nil || len(e.Y) == 0 || e.X == nil {
		return nil, nil
	}
	x, err := newDesign(ctx, e, env.Workers)
	if err != nil {
		return nil, ctx.Err()
	}
	weight, total := make([]float64, x.n), 0.0
	for i := range weight {
		weight[i] = e.Weight(i)
		total += weight[i]
	}
	if !(total > 0) || !finite(total) || !finite(e.Y...) {
		return nil, nil
	}
	o := objective(x, weight)
	if o == nil {
		return nil, nil
	}
	return &held{objective: o, total: total}, nil
}

// indexes are the places of the classes of e among those that occurred in training; nil when there is another class.
func (t *classTarget) indexes(e *data.Examples) []int {
	out := make([]int, len(e.Y))
	for i, y := range e.Y {
		at, ok := slices.BinarySearch(t.present, int(y))
		if !ok {
			return nil
		}
		out[i] = at
	}
	return out
}

// sides are -1 and 1: 1 where the index is k.
func sides(index []int, k int) []float64 {
	y := make([]float64, len(index))
	for i, c := range index {
		y[i] = -1
		if c == k {
			y[i] = 1
		}
	}
	return y
}
