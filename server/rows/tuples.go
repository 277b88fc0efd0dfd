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

// Whole is what a plan reads when it is nothing but columns of one table, of all its rows.
type Whole struct {
	query *plain
}

// WholeTable looks through aliases, derived tables and projections for the one table whose rows a node gives. It returns nil when there is none, or when something is
// evaluated for every row.
func WholeTable(node sql.Node) *Whole {
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
	return &Whole{query}
}

// Same tells whether two plans read the same table.
func (w *Whole) Same(q *Whole) bool { return q != nil && w.query.table.Table == q.query.table.Table }

// Column is the table's column that a reference to the plan's rows, of that schema, reads; -1 when it is none.
func (w *Whole) Column(f *expression.GetField, schema sql.Schema) int {
	if !w.query.reads(f, schema) {
		return -1
	}
	if column, ok := w.query.columns[f.Index()].(*expression.GetField); ok {
		return column.Index()
	}
	return -1
}

// Tuples reads some columns of a plain table, block by block in the order of its key, straight from the storage's tree. Privileges were checked when the statement was
// bound; the state of the table is the one that the statement's transaction sees. It belongs to one goroutine at a time, and uses nothing of the session after it was opened.
type Tuples struct {
	scan         *scan
	fixed        *fixedTuples
	next, total  uint64 // ordinals of the next row, and behind the last
	keys, values []val.Tuple
}

// Tuples opens the given columns of the plan's table; it returns nil when storage cannot be read directly.
func (w *Whole) Tuples(ctx *sql.Context, columns []int) (*Tuples, error) {
	if override, err := ctx.GetSessionVariable(ctx, dsess.DoltOverrideSchema); err == nil && override != nil && override != "" {
		return nil, nil // the stored columns are not those that the session sees
	}
	if _, indexed := w.query.table.UnderlyingTable().(sql.IndexedTable); indexed {
		return nil, nil // some of its rows
	}
	table, err := storedTable(ctx, w.query.table)
	if err != nil || table == nil {
		return nil, err
	}
	all := w.query.table.Schema()
	schema := make(sql.Schema, len(columns))
	for i, c := range columns {
		schema[i] = all[c]
	}
	s, err := newScan(ctx, table, schema)
	if err != nil || s == nil {
		return nil, err
	}
	n, err := s.rows.Count()
	return &Tuples{scan: s, fixed: newFixedTuples(s.values), total: uint64(n)}, err
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

// Fork returns a reader of the same rows, in the same state of the table, that stands before the first one.
func (t *Tuples) Fork() *Tuples { return &Tuples{scan: t.scan, fixed: t.fixed, total: t.total} }

// Position is how many rows were read or passed over.
func (t *Tuples) Position() int { return int(t.next) }

// Skip passes over the next n rows.
func (t *Tuples) Skip(n int) { t.next = min(t.next+uint64(n), t.total) }

// Numeric tells whether Numbers reads the i-th opened column.
func (t *Tuples) Numeric(i int) bool {
	f := &t.scan.fields[i]
	return fixedNumber(f.enc) && types.IsNumber(f.typ)
}

// Numbers writes the i-th opened column of the block into out, NULL as NaN. Numeric says whether it is a number that is stored as one.
func (t *Tuples) Numbers(i int, out []float64) {
	f := &t.scan.fields[i]
	switch {
	case f.key:
		readNumbers(out, t.scan.keys, f, t.keys)
	case t.fixed != nil && f.enc == val.Float64Enc:
		t.fixed.float64s(out, t.scan.values, f, t.values)
	default:
		readNumbers(out, t.scan.values, f, t.values)
	}
}

// Value is the i-th opened column of row j of the block as the engine would give it.
func (t *Tuples) Value(ctx context.Context, i, j int) (any, error) {
	return t.scan.value(ctx, &t.scan.fields[i], t.keys[j], t.values[j])
}

// fixedTuples knows where the fields of a tuple without NULL stand, when all are numbers of fixed width: one behind the other, before the places of all but the first and
// their count, two bytes each. Since a NULL takes no bytes, a tuple of that length has none.
type fixedTuples struct {
	length int
	places []int
}

// newFixedTuples returns nil when a field has no fixed width.
func newFixedTuples(desc *val.TupleDesc) *fixedTuples {
	w := &fixedTuples{}
	for _, t := range desc.Types {
		w.places = append(w.places, w.length)
		switch t.Enc {
		case val.Float64Enc, val.Int64Enc, val.Uint64Enc:
			w.length += 8
		case val.Int32Enc, val.Uint32Enc:
			w.length += 4
		case val.Int16Enc, val.Uint16Enc:
			w.length += 2
		case val.Int8Enc, val.Uint8Enc:
			w.length++
		default:
			return nil
		}
	}
	w.length += 2 * len(w.places)
	return w
}

// float64s is readNumbers for a DOUBLE.
func (w *fixedTuples) float64s(to []float64, desc *val.TupleDesc, f *field, tuples []val.Tuple) {
	place := w.places[f.at]
	for i, t := range tuples {
		if len(t) == w.length {
			to[i] = math.Float64frombits(binary.LittleEndian.Uint64(t[place:]))
		} else if b := desc.GetField(f.at, t); b != nil {
			to[i] = math.Float64frombits(binary.LittleEndian.Uint64(b))
		} else {
			to[i] = math.NaN()
		}
	}
}
