package boosting

import (
	"context"
	"fmt"
	"math"

	"aibms/learners/bin"
	"aibms/learners/data"
)

// validation follows the loss on the rows of the validation split, for early stopping and the training curve.
type validation struct {
	target  *target
	codes   [][]uint8
	margins [][]float64

	least float64 // the smallest loss so far
	best  int     // after how many rounds it was
	loss  float64 // the last one
}

func newValidation(ctx context.Context, f *fitting, from *ensemble, m *bin.Matrix, e *data.Examples) (*validation, error) {
	v := &validation{target: &target{y: e.Y, weight: e.Weights}, margins: constantMargins(len(e.Y), f.start)}
	if total := v.target.total(); !(total > 0) || math.IsInf(total, 0) {
		return nil, fmt.Errorf("%s: the weights of the validation rows sum to %v; the sum must be positive and finite", learnerName, total)
	}
	var err error
	if from != nil {
		if v.margins, err = from.marginsOf(ctx, e, f.env.Workers); err != nil {
			return nil, err
		}
	}
	if v.codes, err = m.Encode(ctx, e.X, f.env.Workers); err != nil {
		return nil, err
	}
	v.least, err = v.measure(ctx, f)
	return v, err
}

// measure is the mean loss of the rows.
func (v *validation) measure(ctx context.Context, f *fitting) (float64, error) {
	sum, err := f.loss(ctx, v.target, v.margins)
	return sum / v.target.total(), err
}

// done adds the trees of a round and reports whether it is time to stop.
func (v *validation) done(ctx context.Context, f *fitting, round int) (bool, error) {
	k := len(f.start)
	for i, t := range f.trees[len(f.trees)-k:] {
		if err := addTree(ctx, t, v.codes, nil, v.margins[i], f.env.Workers); err != nil {
			return false, err
		}
	}
	loss, err := v.measure(ctx, f)
	if err != nil {
		return false, err
	}
	v.loss = loss
	if loss < v.least {
		v.least, v.best = loss, round+1
	}
	return f.l.patience > 0 && round+1-v.best >= f.l.patience, nil
}
