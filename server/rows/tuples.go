package rows

import (
	"context"
	"slices"

	"github.com/dolthub/dolt/go/libraries/doltcore/sqle/dsess"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
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

// Tuples reads some columns of a plain table, block by block in the order of its key, straight from the leaves of the storage's tree. Privileges were checked when the
// statement was bound; the state of the table is the one that the statement's transaction sees. It belongs to one goroutine at a time, and uses nothing of the session after it
// was opened.
type Tuples struct {
	scan        *scan
	leaves      leafCursor
	next, total uint64  // places of the next row, and behind the last
	pieces      []piece // of the block
	found       int     // the piece that Value looked at last
}

// piece is the part of a block that is in one leaf.
type piece struct {
	first        int // row of the block
	keys, values tuples
}

// Tuples opens the given columns of the plan's table; it returns nil when storage cannot be read directly.
func (w *Whole) Tuples(ctx *sql.Context, columns []int) (*Tuples, error) {
	all := w.query.table.Schema()
	schema := make(sql.Schema, len(columns))
	for i, c := range columns {
		schema[i] = all[c]
	}
	return openTuples(ctx, w.query.table, schema, learnedThroughCache)
}

// openTuples opens columns of a table, which is read past the storage's cache when it has more leaves than cached.
func openTuples(ctx *sql.Context, resolved *plan.ResolvedTable, columns sql.Schema, cached int) (*Tuples, error) {
	if override, err := ctx.GetSessionVariable(ctx, dsess.DoltOverrideSchema); err == nil && override != nil && override != "" {
		return nil, nil // the stored columns are not those that the session sees
	}
	if _, indexed := resolved.UnderlyingTable().(sql.IndexedTable); indexed {
		return nil, nil // some of its rows
	}
	table, err := storedTable(ctx, resolved)
	if err != nil || table == nil {
		return nil, err
	}
	s, err := newScan(ctx, table, columns)
	if err != nil || s == nil {
		return nil, err
	}
	n, err := s.rows.Count()
	if err != nil {
		return nil, err
	}
	t := newTuplesOf(s, uint64(n))
	if n > 0 {
		if err := t.leaves.seek(ctx, 0); err != nil {
			return nil, err
		}
		s.expect(n/t.leaves.leaf.Count(), cached)
	}
	return t, nil
}

func newTuplesOf(s *scan, total uint64) *Tuples {
	return &Tuples{scan: s, leaves: leafCursor{scan: s}, total: total}
}

// Read makes the next rows, n at most, the block. It returns how many there are; 0 after the last.
func (t *Tuples) Read(ctx context.Context, n int) (int, error) {
	pieces := t.pieces[:0]
	end := min(t.next+uint64(n), t.total)
	n = int(end - t.next)
	for first := 0; first < n; {
		if err := t.leaves.seek(ctx, t.next); err != nil {
			return 0, err
		}
		pieces = slices.Grow(pieces, 1)
		pieces = pieces[:len(pieces)+1] // with the memory of one before
		p, leaf := &pieces[len(pieces)-1], t.leaves.leaf
		if p.keys.desc == nil {
			p.keys, p.values = t.scan.noKeys, t.scan.noValues
		}
		lo := int(t.next - t.leaves.at)
		hi := min(leaf.Count(), lo+n-first)
		p.first = first
		p.keys.take(leaf.GetKey, lo, hi, nil)
		p.values.take(leaf.GetValue, lo, hi, nil)
		first += hi - lo
		t.next += uint64(hi - lo)
	}
	t.pieces, t.found = pieces, 0
	return n, nil
}

// Fork returns a reader of the same rows, in the same state of the table, that stands before the first one.
func (t *Tuples) Fork() *Tuples { return newTuplesOf(t.scan, t.total) }

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
	for k := range t.pieces {
		p := &t.pieces[k]
		side := &p.values
		if f.key {
			side = &p.keys
		}
		side.numbers(out[p.first:], f, asStored)
	}
}

// Value is the i-th opened column of row j of the block as the engine would give it.
func (t *Tuples) Value(ctx context.Context, i, j int) (any, error) {
	if j < t.pieces[t.found].first {
		t.found = 0
	}
	for t.found+1 < len(t.pieces) && j >= t.pieces[t.found+1].first {
		t.found++
	}
	p := &t.pieces[t.found]
	return t.scan.value(ctx, &t.scan.fields[i], p.keys.tuple(j-p.first), p.values.tuple(j-p.first))
}
