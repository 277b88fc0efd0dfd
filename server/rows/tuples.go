package rows

import (
	"context"
	"encoding/binary"
	"math"
	"strings"

	"github.com/dolthub/dolt/go/libraries/doltcore/sqle/dsess"
	"github.com/dolthub/dolt/go/store/val"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/types"
)

// Plain is what a plan reads when it is nothing but some columns of one table.
type Plain struct {
	Table   *plan.ResolvedTable
	Columns []int // of the table, for each column of the plan; -1: an expression
}

// PlainTable looks through aliases, derived tables and projections for the one table whose rows a node gives, all and unchanged. It returns nil when there is none.
func PlainTable(node sql.Node) *Plain {
	switch n := node.(type) {
	case *plan.ResolvedTable:
		p := &Plain{Table: n, Columns: make([]int, len(n.Schema()))}
		for i := range p.Columns {
			p.Columns[i] = i
		}
		return p
	case *plan.TableAlias:
		return PlainTable(n.Child)
	case *plan.SubqueryAlias:
		if n.IsLateral || !n.Correlated.Empty() {
			return nil
		}
		return PlainTable(n.Child)
	case *plan.Project:
		below := PlainTable(n.Child)
		if below == nil || n.IncludesNestedIters {
			return nil
		}
		p := &Plain{Table: below.Table}
		for _, e := range n.Projections {
			if a, ok := e.(*expression.Alias); ok {
				e = a.Child
			}
			at := -1
			switch f := e.(type) {
			case *expression.GetField:
				if at = below.Column(f, n.Child.Schema()); at < 0 {
					return nil
				}
			case *expression.Literal:
			default:
				return nil // evaluated for every row, it may fail
			}
			p.Columns = append(p.Columns, at)
		}
		return p
	}
	return nil
}

// Column is the table's column that a reference to the plan's rows, of that schema, reads; -1 when it is none.
func (p *Plain) Column(f *expression.GetField, schema sql.Schema) int {
	i := f.Index()
	if i < 0 || i >= len(schema) || i >= len(p.Columns) || p.Columns[i] < 0 || !strings.EqualFold(schema[i].Name, f.Name()) {
		return -1
	}
	return p.Columns[i]
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
	table, err := storedTable(ctx, p.Table)
	if err != nil || table == nil {
		return nil, err
	}
	all := p.Table.Schema()
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
