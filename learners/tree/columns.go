package tree

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"aibms/internal/safego"
	"aibms/learners/bin"
	"aibms/learners/data"
)

// ExactRows is the number of rows from which an ensemble bins features to 255 codes. Below it, and in a single tree, every distinct value can be a threshold: a tree grown to the end by
// itself loses about a hundredth of accuracy by bins (credit_default), the mean of many nothing.
const ExactRows = 20_000

// maxRanks is the number of codes of a feature that is not binned. Of more distinct values, neighbours share a code.
const maxRanks = math.MaxUint16

// Columns are the features of the training rows as codes that keep the order of the values. They are immutable and safe for concurrent use.
//
// Memory: 2 bytes a value and 16 for each code; 1 byte a value when binned, 2 with their copy by row. Making them takes 40 bytes a row for each worker.
type Columns struct {
	n       int
	columns []column
	named   bool      // some feature is of categories
	byRow   *rowCodes // the same once more; nil unless ByRow was called and there are not too many binned features
}

// column is one feature. Exactly one of c8 and c16 is set.
type column struct {
	c8         []uint8   // codes of all rows
	c16        []uint16  // the same, when there are more than 255
	missing    int       // the code of a missing value, larger than every other
	low, high  []float64 // of each code, missing excepted: the smallest and the largest training value
	categories int       // of how many categories the feature is, whose codes mean no order; 0: of numbers
}

// cut is the threshold between the codes a and b when no row of a node has a code between them.
func (c *column) cut(a, b int) float64 { return bin.Middle(c.high[a], c.low[b]) }

// NewColumns codes the features of e for the rows of positive weight. coarse bins them from ExactRows rows on.
func NewColumns(ctx context.Context, e *data.Examples, coarse bool, workers int) (*Columns, error) {
	x, weights := e.X, e.Weights
	if x == nil {
		return nil, fmt.Errorf("there are no features or no training rows")
	}
	n, p := x.Dims()
	if err := checkCodes(x, e.Categories); err != nil {
		return nil, err
	}
	rows := make([]int32, 0, n)
	for i := range n {
		if weights == nil || weights[i] > 0 {
			rows = append(rows, int32(i))
		}
	}
	if coarse && len(rows) >= ExactRows {
		return binned(ctx, e, workers)
	}
	c := &Columns{n: n, columns: make([]column, p)}
	err := safego.Chunks(ctx, p, 1, workers, func(j, _, _ int) error {
		c.columns[j] = ranked(x, j, rows)
		return nil
	})
	if err != nil {
		return nil, err
	}
	c.name(e.Categories)
	return c, nil
}

// name says which columns are of categories.
func (c *Columns) name(categories []int) {
	for j, k := range categories {
		c.columns[j].categories = k
		c.named = c.named || k > 0
	}
}

// ByRow adds a copy of binned codes by row, which random thresholds are drawn by; not where a feature is of categories, which have no thresholds. It must be called before the columns are used.
func (c *Columns) ByRow() {
	if !c.named {
		c.byRow = newRowCodes(c)
	}
}

func binned(ctx context.Context, e *data.Examples, workers int) (*Columns, error) {
	o := bin.Options{Weights: e.Weights, Workers: workers}
	for _, k := range e.Categories {
		o.Categorical = append(o.Categorical, k > 0)
	}
	m, err := bin.New(ctx, e.X, o)
	if err != nil {
		return nil, err
	}
	c := &Columns{n: m.Rows}
	for j, f := range m.Features {
		c.columns = append(c.columns, column{c8: m.Codes[j], missing: int(bin.Missing), low: f.Low, high: f.High})
	}
	c.name(e.Categories)
	return c, nil
}

// place is a value and its row.
type place struct {
	key uint64 // orders as the values do
	id  int32
}

// ranked codes a column by the ranks of its distinct values.
func ranked(x *mat.Dense, j int, rows []int32) column {
	n, _ := x.Dims()
	c := column{c16: make([]uint16, n)}
	raw := x.RawMatrix()
	order, gone := make([]place, 0, len(rows)), make([]int32, 0)
	for _, i := range rows {
		v := raw.Data[int(i)*raw.Stride+j]
		if v != v {
			gone = append(gone, i)
			continue
		}
		k := math.Float64bits(max(-math.MaxFloat64, min(math.MaxFloat64, v)) + 0) // -0 is 0
		order = append(order, place{k ^ (uint64(int64(k)>>63) | 1<<63), i})
	}
	order = sortPlaces(order)
	distinct := 0
	for k, o := range order {
		if k == 0 || o.key != order[k-1].key {
			distinct++
		}
	}
	share := max(1, (distinct+maxRanks-1)/maxRanks) // distinct values that share a code
	rank := -1
	for k, o := range order {
		v := math.Float64frombits(o.key ^ (^uint64(int64(o.key)>>63) | 1<<63))
		if k == 0 || o.key != order[k-1].key {
			if rank++; rank%share == 0 {
				c.low, c.high = append(c.low, v), append(c.high, v)
			}
		}
		c.high[len(c.high)-1] = v
		c.c16[o.id] = uint16(len(c.low) - 1)
	}
	c.missing = len(c.low)
	for _, i := range gone {
		c.c16[i] = uint16(c.missing)
	}
	return c
}

// sortPlaces sorts by key: short lists by comparing, long ones by counting, eleven bits at a time from the lowest, skipping bits that are all equal.
func sortPlaces(order []place) []place {
	if len(order) < 1024 {
		slices.SortFunc(order, func(a, b place) int { return cmp.Compare(a.key, b.key) })
		return order
	}
	const digit, digits = 11, 6
	var counts [digits][1 << digit]uint32
	for _, o := range order {
		for d := range digits {
			counts[d][o.key>>(digit*d)&(1<<digit-1)]++
		}
	}
	other := make([]place, len(order))
	for d := range digits {
		count := &counts[d]
		if count[order[0].key>>(digit*d)&(1<<digit-1)] == uint32(len(order)) {
			continue
		}
		at := uint32(0)
		for b, n := range count {
			count[b] = at
			at += n
		}
		for _, o := range order {
			b := o.key >> (digit * d) & (1<<digit - 1)
			other[count[b]] = o
			count[b]++
		}
		order, other = other, order
	}
	return order
}
