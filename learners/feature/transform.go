package feature

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"aibms/learners/data"
)

// blockRows is how many rows Transform works on at a time: a column of them stays in the first-level cache.
const blockRows = 512

// Transform computes the features of the given rows (nil: all) of ds, which needs a column for each of Inputs: x is n x p, nil when n is 0, and
// missing[i] says that row i has a NaN feature, because an input is NULL and nothing imputes it; a CATEGORY may be NaN, and with TakingMissing no row is missing. Levels of ds that the pipeline does not know are
// unseen categories. Transform ends within 50 ms of ctx; otherwise it fails only when an input is missing or of another kind.
func (p *Pipeline) Transform(ctx context.Context, ds *data.Dataset, rows []int32) (x *mat.Dense, missing []bool, err error) {
	selected, err := selectRows(ds, rows)
	if err != nil {
		return nil, nil, err
	}
	columns, err := p.bind(ds)
	if err != nil {
		return nil, nil, err
	}
	translated := make([][]float64, len(p.features))
	for i, f := range p.features {
		if f.text != nil {
			translated[i] = f.text.translate(columns[f.input].Levels)
		}
	}
	n, width := selected.n, len(p.columns)
	missing = make([]bool, n)
	if n == 0 {
		return nil, missing, ctx.Err()
	}
	out := make([]float64, n*width)
	var col, mark [blockRows]float64
	for low := 0; low < n; low += blockRows {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		high := min(low+blockRows, n)
		for i := range p.features {
			f := &p.features[i]
			col, mark := col[:high-low], mark[:high-low]
			if f.text == nil {
				selected.numbers(columns[f.input], low, col)
			} else {
				selected.texts(columns[f.input], f.text, translated[i], low, col, mark)
			}
			f.run(col, mark)
			f.spread(col, mark, out[low*width:high*width], width, missing[low:high])
		}
	}
	if p.natural {
		clear(missing)
	}
	return mat.NewDense(n, width, out), missing, nil
}

// bind finds the columns of the inputs.
func (p *Pipeline) bind(ds *data.Dataset) ([]*data.Column, error) {
	columns := make([]*data.Column, len(p.inputs))
	for i, in := range p.inputs {
		c, err := findColumn(ds, in.Name)
		if err != nil {
			return nil, err
		}
		if c.Kind != in.Kind {
			return nil, fmt.Errorf("input %s is %s, but the model was trained on a %s one", in.Name, c.Kind, in.Kind)
		}
		columns[i] = c
	}
	return columns, nil
}

// run applies the steps to col in place, and fills mark where the feature has an indicator (text has done so already).
func (f *fitted) run(col, mark []float64) {
	for i, s := range f.steps {
		if i == f.indicator {
			markNulls(mark, col)
		}
		s.apply(col)
	}
}

// spread writes the feature's output columns into x, zero before, whose rows are width apart.
func (f *fitted) spread(col, mark, x []float64, width int, missing []bool) {
	if !f.hot && !f.marks() { // one number: most features
		for i, v := range col {
			if x[i*width+f.offset] = v; v != v && !f.category {
				missing[i] = true
			}
		}
		return
	}
	for i, v := range col {
		row := x[i*width+f.offset : i*width+f.offset+f.columns()]
		switch {
		case !f.hot:
			row[0] = v
			if v != v && !f.category {
				missing[i] = true
			}
		case v == v:
			row[int(v)] = 1
		}
	}
	if f.marks() {
		for i, m := range mark {
			x[i*width+f.offset+f.width] = m
		}
	}
}

// Value is the value of one input in one row.
type Value struct {
	Num  float64 // of a numeric input; NaN is NULL
	Text string  // of a categorical input
	Null bool    // of either
}

// TransformRow computes the p features of one row into out; values are in the order of Inputs. It allocates nothing, and gives the same bits as
// Transform. missing says that a feature is NaN, and not taken as such. It fails only when values or out have another length than Inputs or Features.
func (p *Pipeline) TransformRow(values []Value, out []float64) (missing bool, err error) {
	if len(values) != len(p.inputs) || len(out) != len(p.columns) {
		return false, fmt.Errorf("%d values for %d inputs, room for %d of %d features", len(values), len(p.inputs), len(out), len(p.columns))
	}
	clear(out)
	for i := range p.features {
		f := &p.features[i]
		here := out[f.offset : f.offset+f.columns()]
		if len(here) == 0 {
			continue // a ONE_HOT without categories
		}
		v, mark := values[f.input], 0.0
		x := f.start(v)
		if f.text != nil && f.text.indicator && v.Null {
			mark = 1
		}
		// the steps work on the first output column, so that nothing is allocated
		cell := here[:1]
		for j, s := range f.steps {
			if j == f.indicator && x != x {
				mark = 1
			}
			cell[0] = x
			s.apply(cell)
			x = cell[0]
		}
		cell[0] = 0
		switch {
		case !f.hot:
			cell[0] = x
			missing = missing || x != x && !f.category
		case x == x:
			here[int(x)] = 1
		}
		if f.marks() {
			here[f.width] = mark
		}
	}
	return missing && !p.natural, nil
}

// start is the number that the steps begin with.
func (f *fitted) start(v Value) float64 {
	switch {
	case f.text == nil && (v.Null || math.IsInf(v.Num, 0)):
		return math.NaN()
	case f.text == nil:
		return v.Num
	case v.Null:
		return f.text.fill
	}
	return f.text.of(v.Text)
}
