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
	columns []*builder // inputs, then targets, weight, split, time, slices: those that are wanted
	inputs  int
	targets []*builder
	weight  *builder
	split   *builder
	time    *builder
	slices  []*builder

	schema sql.Schema
	keys   []int // positions of the key columns; nil: the whole row
	key    []byte
	ids    identities
	rows   int64
	bytes  int64
}

func newCollector(ctx *sql.Context, catalog sql.Catalog, schema sql.Schema, w lifecycle.Want) (*collector, error) {
	c := &collector{want: w, schema: schema, inputs: len(w.Inputs), ids: identities{keep: true}}
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
	for _, name := range w.Targets {
		b, err := extra(name, w.Kind)
		if err != nil {
			return nil, err
		}
		c.targets = append(c.targets, b)
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
		return lifecycle.Errorf(lifecycle.ErrTooLarge, "after %d rows the source needs more memory %s, or read fewer rows or columns", c.rows, c.want.MaxBytesWords)
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
	before := c.ids.bytes
	if c.keys == nil {
		c.key = c.key[:0]
		for i, v := range row {
			if c.key, err = appendKey(ctx, c.key, v, c.schema[i].Type); err != nil {
				return err
			}
		}
		c.ids.data = appendHash128(c.ids.data, c.key)
	}
	for _, i := range c.keys {
		if err := c.ids.append(ctx, row[i], c.schema[i].Type); err != nil {
			return err
		}
	}
	if err := c.ids.end(); err != nil {
		return err
	}
	c.bytes += c.ids.bytes - before + 8
	for _, b := range c.columns {
		n, err := b.add(ctx, row)
		if err != nil {
			return c.atRow(ctx, err)
		}
		c.bytes += n
	}
	return c.end()
}

// sort orders the rows by identity. Rows of the same identity are ordered by their values, so that the order in which they came does not matter; it returns how
// many rows share theirs with another, unless the identity is the content.
func (c *collector) sort(order []int32) (same int64) {
	byKey := func(a, b int32) int { return bytes.Compare(c.ids.key(a), c.ids.key(b)) }
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
	t := &lifecycle.Table{ID: c.ids.hashes, Data: &data.Dataset{Rows: n}, NullKey: c.ids.nulls}
	var order []int32
	if !c.ids.ascending() {
		order = make([]int32, n)
		for i := range order {
			order[i] = int32(i)
		}
		t.SameKey = c.sort(order)
		t.ID = inOrder(t.ID, order)
	}
	c.ids = identities{}
	columns := make([]data.Column, len(c.columns))
	sums := make([][sha256.Size]byte, len(c.columns)-len(c.slices)+1) // the last is that of the identities
	err := safego.Chunks(ctx, len(c.columns)+1, 1, workers, func(i, _, _ int) error {
		if i == len(c.columns) {
			if c.want.WithHash {
				sums[len(sums)-1] = hashIdentities(t.ID)
			}
			return nil
		}
		columns[i] = c.columns[i].column(order)
		if c.want.WithHash && i < len(sums)-1 {
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
		case slices.Contains(c.targets, b):
			t.Targets = append(t.Targets, col)
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
		h := sha256.New()
		for _, s := range sums {
			h.Write(s[:])
		}
		t.Hash = hex.EncodeToString(h.Sum(nil))
	}
	return t, nil
}

// hashColumn is the hash of a column: of its name, kind, levels and values, each with its length before it.
func hashColumn(c *data.Column) (sum [sha256.Size]byte) {
	var head []byte
	number := func(n int) { head = binary.LittleEndian.AppendUint64(head, uint64(n)) }
	text := func(s string) {
		number(len(s))
		head = append(head, s...)
	}
	text(c.Name)
	head = append(head, byte(c.Kind))
	number(len(c.Levels))
	for _, l := range c.Levels {
		text(l)
	}
	number(c.Len())
	h := sha256.New()
	h.Write(head)
	var b [8 * hashedAtOnce]byte
	for part := range slices.Chunk(c.Num, hashedAtOnce) {
		for i, v := range part {
			binary.LittleEndian.PutUint64(b[8*i:], math.Float64bits(v))
		}
		h.Write(b[:8*len(part)])
	}
	for part := range slices.Chunk(c.Codes, hashedAtOnce) {
		for i, code := range part {
			binary.LittleEndian.PutUint32(b[4*i:], uint32(code))
		}
		h.Write(b[:4*len(part)])
	}
	h.Sum(sum[:0])
	return sum
}

// hashedAtOnce is how many numbers are hashed at once.
const hashedAtOnce = 1024

// hashIdentities is the hash of the identities of all rows.
func hashIdentities(ids []uint64) (sum [sha256.Size]byte) {
	h := sha256.New()
	var b [8 * hashedAtOnce]byte
	for part := range slices.Chunk(ids, hashedAtOnce) {
		for i, id := range part {
			binary.LittleEndian.PutUint64(b[8*i:], id)
		}
		h.Write(b[:8*len(part)])
	}
	h.Sum(sum[:0])
	return sum
}
