package feature

import (
	"fmt"
	"math"

	"aibms/learners/data"
)

// Column is the values of one input in the rows of a block.
type Column struct {
	Num  []float64 // of a numeric input; NaN is NULL
	Text []string  // of a categorical input
	Null []bool    // of a categorical input
}

// Block computes the features of blocks of rows, with no allocation once it has grown. It belongs to one goroutine at a time.
type Block struct {
	pipeline *Pipeline
	columns  []Column
	x        []float64
	missing  []bool
}

// NewBlock returns a Block of the pipeline.
func (p *Pipeline) NewBlock() *Block {
	return &Block{pipeline: p, columns: make([]Column, len(p.inputs))}
}

// Columns makes room for n rows and returns a column for each of the pipeline's Inputs, for the caller to fill. What they held before is not cleared.
func (b *Block) Columns(n int) []Column {
	for i := range b.columns {
		c := &b.columns[i]
		if b.pipeline.inputs[i].Kind == data.Numeric {
			c.Num = sized(c.Num, n)
		} else {
			c.Text, c.Null = sized(c.Text, n), sized(c.Null, n)
		}
	}
	return b.columns
}

// Transform computes the p features of the first n rows of the columns: x holds them row after row, and missing[i] says that row i has a NaN feature. They are the
// same bits as those of TransformRow, and are overwritten by the next call.
func (b *Block) Transform(n int) (x []float64, missing []bool, err error) {
	p := b.pipeline
	width := len(p.columns)
	for i, c := range b.columns {
		if len(c.Num) < n && len(c.Text) < n {
			return nil, nil, fmt.Errorf("input %s has %d values in a block of %d rows", p.inputs[i].Name, max(len(c.Num), len(c.Text)), n)
		}
	}
	b.x, b.missing = sized(b.x, n*width), sized(b.missing, n)
	clear(b.x)
	clear(b.missing)
	var values, marks [blockRows]float64
	for low := 0; low < n; low += blockRows {
		high := min(low+blockRows, n)
		values, marks := values[:high-low], marks[:high-low]
		for i := range p.features {
			f := &p.features[i]
			c := &b.columns[f.input]
			if f.text == nil {
				copyFinite(values, c.Num[low:high])
			} else {
				f.text.codes(values, marks, c.Text[low:high], c.Null[low:high])
			}
			f.run(values, marks)
			f.spread(values, marks, b.x[low*width:high*width], width, b.missing[low:high])
		}
	}
	if p.natural {
		clear(b.missing)
	}
	return b.x, b.missing, nil
}

// copyFinite copies numbers; infinities become NULL.
func copyFinite(to, from []float64) {
	for i, v := range from {
		if v-v != 0 { // infinite, or NaN
			v = math.NaN()
		}
		to[i] = v
	}
}

// codes fills the numbers that the steps begin with, and the indicators of NULL.
func (t *textCodes) codes(to, marks []float64, text []string, null []bool) {
	for i := range to {
		if marks[i] = 0; null[i] {
			to[i], marks[i] = t.fill, 1
		} else {
			to[i] = t.of(text[i])
		}
	}
}

// sized returns s with length n, of new memory when it has too little.
func sized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
