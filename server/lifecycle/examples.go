package lifecycle

import (
	"context"
	"strings"

	"gonum.org/v1/gonum/mat"

	"aibms/learners/data"
	"aibms/learners/feature"
	"aibms/learners/split"
)

// examples are those of one part of the split, with the table rows that they come from.
type examples struct {
	data.Examples
	rows    []int32
	missing int64 // rows of the part that have a NULL feature, and are not among the examples
}

func (e *examples) len() int { return len(e.rows) }

func (p *prepared) examples(ctx context.Context, pipeline *feature.Pipeline, part split.Part) (*examples, error) {
	e := &examples{}
	e.Features, e.Categories, e.Classes = pipeline.Features(), pipeline.Categories(), p.classes
	rows := p.rows(part)
	if len(rows) == 0 {
		if p.y != nil {
			e.Y = []float64{}
		}
		return e, nil
	}
	x, missing, err := pipeline.Transform(ctx, p.table.Data, rows)
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, Errorf(ErrMismatch, "%v", err)
	}
	keep := rows[:0]
	for i, row := range rows {
		if missing[i] {
			e.missing++
			continue
		}
		if at := len(keep); at < i {
			x.SetRow(at, x.RawRowView(i))
		}
		keep = append(keep, row)
	}
	e.rows = keep
	if len(keep) > 0 {
		e.X = x
		if len(keep) < len(missing) {
			e.X = x.Slice(0, len(keep), 0, x.RawMatrix().Cols).(*mat.Dense)
		}
	}
	e.Targets = pickAll(p.targets, keep)
	if e.Targets != nil {
		e.Y = e.Targets[0]
	} else {
		e.Y = pick(p.y, keep)
	}
	e.Weights = pick(p.weights, keep)
	return e, nil
}

// everyClassTrains refuses a training split that lacks a class: the model would have no idea of it.
func (p *prepared) everyClassTrains(train *examples) error {
	seen, weighs := make([]bool, len(p.classes)), make([]bool, len(p.classes))
	for i, y := range train.Y {
		seen[int(y)] = true
		if train.Weights == nil || train.Weights[i] > 0 {
			weighs[int(y)] = true
		}
	}
	for c, class := range p.classes {
		switch {
		case !seen[c]:
			return Errorf(ErrData, "the training rows have no row of class '%s' (of %s); add rows of that class, use SPLIT STRATIFIED, or leave the class out of the source",
				clip(class), strings.Join(clipNames(p.classes, 10), ", "))
		case !weighs[c]:
			return Errorf(ErrData, "every training row of class '%s' has the weight 0, so the class cannot be learned; give some a weight above 0 (WEIGHT, CLASS WEIGHTS), or leave the class out of the source",
				clip(class))
		}
	}
	return nil
}

// reportWeights are the row weights for metrics: those of WEIGHT. CLASS WEIGHTS change what is learned, never what is reported.
func (p *prepared) reportWeights(e *examples) []float64 { return pick(p.table.Weight, e.rows) }
