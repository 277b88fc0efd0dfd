package feature

import (
	"context"
	"fmt"
	"math"

	"aibms/learners/data"
)

// findColumn returns the column of an input. Case counts first: expressions that differ only in the case of a text in them are different.
func findColumn(ds *data.Dataset, input string) (*data.Column, error) {
	var column *data.Column
	for i := range ds.Columns {
		if ds.Columns[i].Name == input {
			column = &ds.Columns[i]
		}
	}
	if column == nil {
		column = ds.Column(input)
	}
	switch {
	case column == nil:
		return nil, fmt.Errorf("the data has no column %s", input)
	case column.Kind != data.Numeric && column.Kind != data.Categorical:
		return nil, fmt.Errorf("column %s is of %s, which features cannot be made of", input, column.Kind)
	case column.Len() != ds.Rows:
		return nil, fmt.Errorf("column %s has %d values in data of %d rows", input, column.Len(), ds.Rows)
	}
	return column, nil
}

// selection is the rows of a Dataset that are worked on: the listed ones, or the first n when rows is nil.
type selection struct {
	rows []int32
	n    int
}

func selectRows(ds *data.Dataset, rows []int32) (selection, error) {
	if rows == nil {
		return selection{n: ds.Rows}, nil
	}
	for _, r := range rows {
		if r < 0 || int(r) >= ds.Rows {
			return selection{}, fmt.Errorf("row %d of data of %d rows", r, ds.Rows)
		}
	}
	return selection{rows: rows, n: len(rows)}, nil
}

// numbers copies the values of the selected rows from the low-th on into out. Infinities become NULL; it returns how many.
func (s selection) numbers(column *data.Column, low int, out []float64) (infinite int) {
	if s.rows == nil {
		copy(out, column.Num[low:])
	} else {
		for i, r := range s.rows[low : low+len(out)] {
			out[i] = column.Num[r]
		}
	}
	for i, x := range out {
		if math.IsInf(x, 0) {
			out[i] = math.NaN()
			infinite++
		}
	}
	return infinite
}

// texts writes the codes that the selected rows from the low-th on have for t into out, given those of the column's levels; mark, unless nil,
// gets the indicator of NULL.
func (s selection) texts(column *data.Column, t *textCodes, codes []float64, low int, out, mark []float64) {
	for i := range out {
		r := low + i
		if s.rows != nil {
			r = int(s.rows[r])
		}
		null := 0.0
		switch c := column.Codes[r]; c {
		case data.NullCode:
			out[i], null = t.fill, 1
		case data.UnseenCode:
			out[i] = math.NaN()
		default:
			out[i] = codes[c]
		}
		if mark != nil {
			mark[i] = null
		}
	}
}

// countLevels counts the levels and the NULLs of a categorical column in the selected rows.
func (s selection) countLevels(ctx context.Context, column *data.Column) (counts []int, nulls int, err error) {
	counts = make([]int, len(column.Levels))
	for i := range s.n {
		if i%pollRows == 0 && ctx.Err() != nil {
			return nil, 0, ctx.Err()
		}
		r := i
		if s.rows != nil {
			r = int(s.rows[i])
		}
		switch c := column.Codes[r]; c {
		case data.NullCode:
			nulls++
		case data.UnseenCode:
		default:
			counts[c]++
		}
	}
	return counts, nulls, nil
}
