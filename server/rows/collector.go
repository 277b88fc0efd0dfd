package rows

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"aibms/internal/safego"
	"aibms/learners/data"
	"aibms/server/lifecycle"
)

// collector gathers rows into columns and puts them in the order of their identity at the end.
type collector struct {
	want    lifecycle.Want
	columns []*builder // inputs, then target, weight, split, time, slices: those that are wanted
	inputs  int
	target  *builder
	weight  *builder
	split   *builder
	time    *builder
	slices  []*builder

	schema  sql.Schema
	keys    []int // positions of the key columns; nil: the whole row
	key     []byte
	keyData []byte // the keys of all rows, one after the other
	keyEnds []int
	rows    int64
	bytes   int64

	nullKeys int64 // rows with a NULL in their key
	nullAt   int64 // the last of them
}

func newCollector(ctx *sql.Context, catalog sql.Catalog, schema sql.Schema, w lifecycle.Want) (*collector, error) {
	c := &collector{want: w, schema: schema, inputs: len(w.Inputs)}
	lookup := bySchema(schema)
	compiled, err := Compile(ctx, catalog, w.Inputs, lookup)
	if err != nil {
		return nil, err
	}
	for i, e := range compiled {
		kind, err := kindOf(w.Inputs[i], e)
		if err != nil {
			return nil, err
		}
		c.columns = append(c.columns, newBuilder(w.Inputs[i], e, kind))
	}
	extra := func(name string, kind data.Kind) (*builder, error) {
		if name == "" {
			return nil, nil
		}
		e, ok := lookup(name)
		if !ok {
			return nil, sql.ErrColumnNotFound.New(name)
		}
		b := newBuilder(name, e, kind)
		c.columns = append(c.columns, b)
		return b, nil
	}
	if c.target, err = extra(w.Target, w.Kind); err != nil {
		return nil, err
	}
	if c.weight, err = extra(w.Weight, data.Numeric); err != nil {
		return nil, err
	}
	if c.split, err = extra(w.Split, data.Categorical); err != nil {
		return nil, err
	}
	if c.time, err = extra(w.Time, data.Numeric); err != nil {
		return nil, err
	}
	for _, name := range w.Slices {
		b, err := extra(name, data.Categorical)
		if err != nil {
			return nil, err
		}
		c.slices = append(c.slices, b)
	}
	for _, name := range w.Keys {
		i := schema.IndexOfColName(strings.ToLower(name))
		if i < 0 {
			return nil, sql.ErrColumnNotFound.New(name)
		}
		c.keys = append(c.keys, i)
	}
	return c, nil
}

// begin counts a row; it stops the reading when the statement is over or the source has too many.
func (c *collector) begin(ctx *sql.Context) error {
	c.rows++
	if c.want.MaxRows > 0 && c.rows > c.want.MaxRows {
		return lifecycle.Errorf(lifecycle.ErrTooLarge, "the source has more rows than WITH (max_rows = %d) allows; raise it, or read fewer rows", c.want.MaxRows)
	}
	if c.rows%1024 == 0 {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		if c.want.OnProgress != nil && c.rows%16384 == 0 {
			c.want.OnProgress(c.rows)
		}
	}
	return nil
}

// end checks the memory that the rows so far take.
func (c *collector) end() error {
	if c.want.MaxBytes > 0 && c.bytes > c.want.MaxBytes {
		return lifecycle.Errorf(lifecycle.ErrTooLarge, "after %d rows the source needs more memory than WITH (max_memory = '%s') allows; raise it, or read fewer rows or columns",
			c.rows, lifecycle.FormatBytes(c.want.MaxBytes))
	}
	return nil
}

// atRow says which row a value that cannot be used is in.
func (c *collector) atRow(ctx *sql.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return lifecycle.Errorf(lifecycle.ErrData, "row %d of the source: %v", c.rows, err)
}

func (c *collector) add(ctx *sql.Context, row sql.Row) (err error) {
	if err := c.begin(ctx); err != nil {
		return err
	}
	before := len(c.keyData)
	c.key = c.key[:0]
	if c.keys == nil {
		for i, v := range row {
			if c.key, err = appendKey(ctx, c.key, v, c.schema[i].Type); err != nil {
				return err
			}
		}
		c.keyData = appendHash128(c.keyData, c.key)
	} else {
		for _, i := range c.keys {
			if c.keyData, err = c.appendKey(ctx, row[i], c.schema[i].Type); err != nil {
				return err
			}
		}
	}
	c.keyEnds = append(c.keyEnds, len(c.keyData))
	c.bytes += int64(len(c.keyData)-before) + 8
	for _, b := range c.columns {
		n, err := b.add(ctx, row)
		if err != nil {
			return c.atRow(ctx, err)
		}
		c.bytes += n
	}
	return c.end()
}

// appendKey is appendKey for a column of KEY, and notes the first NULL of a row.
func (c *collector) appendKey(ctx *sql.Context, v any, t sql.Type) ([]byte, error) {
	if v == nil && c.nullAt != c.rows {
		c.nullAt = c.rows
		c.nullKeys++
	}
	return appendKey(ctx, c.keyData, v, t)
}

func (c *collector) keyOf(row int32) []byte {
	start := 0
	if row > 0 {
		start = c.keyEnds[row-1]
	}
	return c.keyData[start:c.keyEnds[row]]
}

// ascending tells whether the rows came in the order of their identity, and no two share theirs.
func (c *collector) ascending() bool {
	for i := int32(1); i < int32(c.rows); i++ {
		if bytes.Compare(c.keyOf(i-1), c.keyOf(i)) >= 0 {
			return false
		}
	}
	return true
}

// sort orders the rows by identity. Rows of the same identity are ordered by their values, so that the order in which they came does not matter; it returns how
// many rows share theirs with another, unless the identity is the content.
func (c *collector) sort(order []int32) (same int64) {
	byKey := func(a, b int32) int { return bytes.Compare(c.keyOf(a), c.keyOf(b)) }
	if !slices.IsSortedFunc(order, byKey) {
		slices.SortFunc(order, byKey)
	}
	if c.keys == nil {
		return 0
	}
	byValue := func(a, b int32) int {
		for _, col := range c.columns {
			if d := col.compare(a, b); d != 0 {
				return d
			}
		}
		return 0
	}
	for lo := 0; lo < len(order); {
		hi := lo + 1
		for hi < len(order) && byKey(order[lo], order[hi]) == 0 {
			hi++
		}
		if hi > lo+1 {
			slices.SortFunc(order[lo:hi], byValue)
			same += int64(hi - lo)
		}
		lo = hi
	}
	return same
}

// table orders the rows and returns them.
func (c *collector) table(ctx context.Context, workers int) (*lifecycle.Table, error) {
	n := int(c.rows)
	if int64(n) > math.MaxInt32 {
		return nil, lifecycle.Errorf(lifecycle.ErrTooLarge, "the source has %d rows; at most %d can be learned from", n, math.MaxInt32)
	}
	t := &lifecycle.Table{ID: make([]uint64, n), Data: &data.Dataset{Rows: n}, NullKey: c.nullKeys}
	var order []int32
	if !c.ascending() {
		order = make([]int32, n)
		for i := range order {
			order[i] = int32(i)
		}
		t.SameKey = c.sort(order)
	}
	for i := range t.ID {
		row := int32(i)
		if order != nil {
			row = order[i]
		}
		t.ID[i] = hash64(c.keyOf(row))
	}
	c.keyData, c.keyEnds = nil, nil
	columns := make([]data.Column, len(c.columns))
	sums := make([][sha256.Size]byte, len(c.columns)-len(c.slices))
	err := safego.Chunks(ctx, len(c.columns), 1, workers, func(i, _, _ int) error {
		columns[i] = c.columns[i].column(order)
		if c.want.WithHash && i < len(sums) {
			sums[i] = hashColumn(&columns[i])
		}
		return nil
	})
	if err != nil {
		return nil, context.Cause(ctx)
	}
	for i, b := range c.columns {
		col := columns[i]
		switch {
		case i < c.inputs:
			t.Data.Columns = append(t.Data.Columns, col)
		case b == c.target:
			t.Target = &col
		case b == c.weight:
			t.Weight = col.Num
		case b == c.split:
			t.Split = make([]*string, n)
			for r, code := range col.Codes {
				if code >= 0 {
					t.Split[r] = &col.Levels[code]
				}
			}
		case b == c.time:
			t.Time = col.Num
		default:
			t.Slices = append(t.Slices, col)
		}
		c.columns[i] = nil
	}
	if c.want.WithHash {
		h, b := sha256.New(), make([]byte, 0, len(sums)*sha256.Size+len(t.ID)*8)
		for _, s := range sums {
			b = append(b, s[:]...)
		}
		for _, id := range t.ID {
			b = binary.LittleEndian.AppendUint64(b, id)
		}
		h.Write(b)
		t.Hash = hex.EncodeToString(h.Sum(nil))
	}
	return t, nil
}

// hashColumn is the hash of a column: of its name, kind, levels and values, each with its length before it.
func hashColumn(c *data.Column) (sum [sha256.Size]byte) {
	h := sha256.New()
	const flushAt = 1 << 13
	b := make([]byte, 0, flushAt+64)
	text := func(s string) {
		b = binary.LittleEndian.AppendUint64(b, uint64(len(s)))
		b = append(b, s...)
	}
	text(c.Name)
	b = append(b, byte(c.Kind))
	b = binary.LittleEndian.AppendUint64(b, uint64(len(c.Levels)))
	for _, l := range c.Levels {
		text(l)
	}
	b = binary.LittleEndian.AppendUint64(b, uint64(c.Len()))
	for _, v := range c.Num {
		if b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v)); len(b) > flushAt {
			h.Write(b)
			b = b[:0]
		}
	}
	for _, v := range c.Codes {
		if b = binary.LittleEndian.AppendUint32(b, uint32(v)); len(b) > flushAt {
			h.Write(b)
			b = b[:0]
		}
	}
	h.Write(b)
	h.Sum(sum[:0])
	return sum
}
