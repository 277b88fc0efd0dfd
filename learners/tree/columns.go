package tree

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"aibms/internal/safego"
	"aibms/learners/bin"
)

// ExactRows is the number of rows below which every distinct value of a feature can be a threshold. With as many rows or more, features are binned to 255 codes.
const ExactRows = 20_000

// Columns are the features of the training rows as codes that keep the order of the values. They are immutable and safe for concurrent use.
//
// Memory: 2 bytes a value and 8 for each distinct value below ExactRows, 1 byte a value from there on.
type Columns struct {
	n       int
	columns []column
}

// column is one feature. Exactly one of c8 and c16 is set.
type column struct {
	c8        []uint8   // codes of all rows
	c16       []uint16  // the same, when there are more than 255
	missing   int       // the code of a missing value, larger than every other
	low, high []float64 // of each code, missing excepted: the smallest and the largest training value
}

// cut is the threshold between the codes a and b when no row of a node has a code between them.
func (c *column) cut(a, b int) float64 { return bin.Middle(c.high[a], c.low[b]) }

// NewColumns codes the features of the n x p matrix x for the rows of positive weight (nil: all rows).
func NewColumns(ctx context.Context, x *mat.Dense, weights []float64, workers int) (*Columns, error) {
	if x == nil {
		return nil, fmt.Errorf("there are no features or no training rows")
	}
	n, p := x.Dims()
	rows := make([]int32, 0, n)
	for i := range n {
		if weights == nil || weights[i] > 0 {
			rows = append(rows, int32(i))
		}
	}
	if len(rows) >= ExactRows {
		return binned(ctx, x, weights, workers)
	}
	c := &Columns{n: n, columns: make([]column, p)}
	err := safego.Chunks(ctx, p, 1, workers, func(j, _, _ int) error {
		c.columns[j] = ranked(x, j, rows)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

func binned(ctx context.Context, x *mat.Dense, weights []float64, workers int) (*Columns, error) {
	m, err := bin.New(ctx, x, bin.Options{Weights: weights, Workers: workers})
	if err != nil {
		return nil, err
	}
	c := &Columns{n: m.Rows}
	for j, f := range m.Features {
		c.columns = append(c.columns, column{c8: m.Codes[j], missing: int(bin.Missing), low: f.Low, high: f.High})
	}
	return c, nil
}

// ranked codes a column by the ranks of its distinct values.
func ranked(x *mat.Dense, j int, rows []int32) column {
	n, _ := x.Dims()
	type place struct {
		v  float64
		id int32
	}
	order := make([]place, 0, len(rows))
	for _, i := range rows {
		if v := x.At(int(i), j); v == v {
			order = append(order, place{max(-math.MaxFloat64, min(math.MaxFloat64, v)), i})
		}
	}
	slices.SortFunc(order, func(a, b place) int {
		switch {
		case a.v < b.v:
			return -1
		case a.v > b.v:
			return 1
		}
		return int(a.id - b.id)
	})
	c := column{c16: make([]uint16, n)}
	for k, o := range order {
		if k == 0 || o.v != order[k-1].v {
			c.low = append(c.low, o.v)
		}
		c.c16[o.id] = uint16(len(c.low) - 1)
	}
	c.missing, c.high = len(c.low), c.low
	for _, i := range rows {
		if v := x.At(int(i), j); v != v {
			c.c16[i] = uint16(c.missing)
		}
	}
	return c
}
