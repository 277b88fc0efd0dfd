package rows

import (
	"context"
	"encoding/binary"
	"math"

	"github.com/dolthub/dolt/go/libraries/doltcore/sqle/dsess"
	"github.com/dolthub/dolt/go/store/val"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/types"
)

// Plain is what a plan reads when it is nothing but columns of one table, of all its rows.
type Plain struct {
	query *plain
}

// PlainTable looks through aliases, derived tables and projections for the one table whose rows a node gives. It returns nil when there is none, or when something is
// evaluated for every row.
func PlainTable(node sql.Node) *Plain {
	query := plainQuery(node)
	if query == nil || len(query.filters) > 0 {
		return nil
	}
	for _, e := range query.columns {
		switch e.(type) {
		case *expression.GetField, *expression.Literal:
		default:
			return nil
		}
	}
	return &Plain{query}
}

// Same tells whether two plans read the same table.
func (p *Plain) Same(q *Plain) bool { return q != nil && p.query.table.Table == q.query.table.Table }

// Column is the table's column that a reference to the plan's rows, of that schema, reads; -1 when it is none.
func (p *Plain) Column(f *expression.GetField, schema sql.Schema) int {
	if !p.query.reads(f, schema) {
		return -1
	}
	if column, ok := p.query.columns[f.Index()].(*expression.GetField); ok {
		return column.Index()
	}
	return -1
}

// Tuples reads some columns of a plain table, block by block in the order of its key, straight from the storage's tree. Privileges were checked when the statement was
// bound; the state of the table is the one that the statement's transaction sees. It belongs to one goroutine at a time, and uses nothing of the session after it was opened.
type Tuples struct {
	scan         *scan
	next, total  uint64 // ordinals of the next row, and behind the last
	keys, values []val.Tuple
}

// Tuples opens the given columns of the plan's table; it returns nil when storage cannot be read directly.
func (p *Plain) Tuples(ctx *sql.Context, columns []int) (*Tuples, error) {
	if override, err := ctx.GetSessionVariable(ctx, dsess.DoltOverrideSchema); err == nil && override != nil && override != "" {
		return nil, nil // the stored columns are not those that the session sees
	}
	if _, indexed := p.query.table.UnderlyingTable().(sql.IndexedTable); indexed {
		return nil, nil // some of its rows
	}
	table, err := storedTable(ctx, p.query.table)
	if err != nil || table == nil {
		return nil, err
	}
	all := p.query.table.Schema()
	schema := make(sql.Schema, len(columns))
	for i, c := range columns {
		schema[i] = all[c]
	}
	s, err := newScan(ctx, table, schema)
	if err != nil || s == nil {
		return nil, err
	}
	n, err := s.rows.Count()
	return &Tuples{scan: s, total: uint64(n)}, err
}

// Read makes the next rows, n at most, the block. It returns how many there are; 0 after the last.
func (t *Tuples) Read(ctx context.Context, n int) (int, error) {
	t.keys, t.values = t.keys[:0], t.values[:0]
	end := min(t.next+uint64(n), t.total)
	if t.next == end {
		return 0, nil
	}
	iter, err := t.scan.rows.FetchOrdinalRange(ctx, t.next, end)
	if err != nil {
		return 0, err
	}
	for range end - t.next {
		key, value, err := iter.Next(ctx)
		if err != nil {
			return 0, err
		}
		t.keys, t.values = append(t.keys, key), append(t.values, value)
	}
	t.next = end
	return len(t.keys), nil
}

// Numeric tells whether Numbers reads the i-th opened column.
func (t *Tuples) Numeric(i int) bool {
	f := &t.scan.fields[i]
	var zero [8]byte
	_, ok := number(f.enc, zero[:])
	return ok && types.IsNumber(f.typ)
}

// Numbers writes the i-th opened column of the block into out, NULL as NaN. Numeric says whether it is a number that is stored as one.
func (t *Tuples) Numbers(i int, out []float64) {
	f := &t.scan.fields[i]
	desc, tuples := t.scan.values, t.values
	if f.key {
		desc, tuples = t.scan.keys, t.keys
	}
	for j, tuple := range tuples {
		raw := desc.GetField(f.at, tuple)
		switch {
		case raw == nil:
			out[j] = math.NaN()
		case f.enc == val.Float64Enc:
			out[j] = math.Float64frombits(binary.LittleEndian.Uint64(raw))
		default:
			out[j], _ = number(f.enc, raw)
		}
	}
}

// Value is the i-th opened column of row j of the block as the engine would give it.
func (t *Tuples) Value(ctx context.Context, i, j int) (any, error) {
	return t.scan.value(ctx, &t.scan.fields[i], t.keys[j], t.values[j])
}
