package rows

import (
	"context"
	"errors"

	"github.com/dolthub/dolt/go/store/prolly/tree"
	"github.com/dolthub/dolt/go/store/val"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"

	"aibms/internal/safego"
	"aibms/internal/thrift"
	"aibms/learners/data"
)

// filler fills a collector from the leaves of a table's tree, a leaf and a column at a time: no SQL row is made of a table row. Numbers of fixed width go straight into their
// column, on several goroutines; what needs the SQL engine (a filter, an expression, a type with rules of its own) is evaluated by one of them, by the engine's own
// expressions. The result does not depend on their number.
type filler struct {
	*collector
	scan  *scan
	query *plain
	leafs []leaf
	rows  int // that count

	typed []*reader // columns of numbers of fixed width
	rest  []*reader
	keyed []keyReader

	computed []computedColumn // of the query's row, in their order
	tableRow sql.Row          // what filters and computed columns need of the current row
	needs    []int            // columns of the table that stand in tableRow
	queryRow sql.Row          // what the expressions of builders need of the current row
	queried  []int            // plain columns of the query that stand in queryRow
}

// leaf is a place of the tree that holds rows: the rows of a leaf of it that count go from position first on into the columns.
type leaf struct {
	parent *tree.Node // nil: the root is the leaf
	at     int        // in the parent
	first  int
	kept   []uint16 // positions of the rows that count; nil: all
	none   bool     // no row counts
}

// computedColumn is a column of the query that is an expression over the table's row.
type computedColumn struct {
	at   int
	expr sql.Expression
}

// errFallBack is returned when the engine's own iterators must read the source, to say what is wrong with it or to keep to a limit row by row.
var errFallBack = errors.New("left to the engine")

// newFiller returns nil when the query's rows cannot be read from a tree.
func newFiller(ctx *sql.Context, c *collector, node sql.Node) (*filler, error) {
	if c.keys == nil {
		return nil, nil // the identity of a row is all of it
	}
	query := plainQuery(node)
	if query == nil {
		return nil, nil
	}
	s, err := openScan(ctx, query.table)
	if err != nil || s == nil {
		return nil, err
	}
	f := &filler{collector: c, scan: s, query: query, tableRow: make(sql.Row, len(s.fields)), queryRow: make(sql.Row, len(query.columns))}
	inTable, inQuery := map[int]bool{}, map[int]bool{}
	for i, e := range query.columns {
		if _, ok := e.(*expression.GetField); !ok {
			f.computed = append(f.computed, computedColumn{i, e})
			fieldsOf(e, inTable)
		}
	}
	for _, e := range query.filters {
		fieldsOf(e, inTable)
	}
	for _, b := range c.columns {
		r := &reader{b: b}
		if at, ok := b.source.(*slot); ok {
			if column, ok := query.columns[at.at].(*expression.GetField); ok {
				r.field = &s.fields[column.Index()]
			}
		} else {
			sql.Inspect(b.source, func(e sql.Expression) bool {
				if at, ok := e.(*slot); ok {
					inQuery[at.at] = true
				}
				return true
			})
		}
		if r.field != nil && b.kind == data.Numeric && fixedNumber(r.field.enc) {
			b.clean = true
			f.typed = append(f.typed, r)
			continue
		}
		f.rest = append(f.rest, r)
	}
	for _, at := range c.keys {
		k := keyReader{at: at, typ: c.schema[at].Type}
		if column, ok := query.columns[at].(*expression.GetField); ok {
			k.field = &s.fields[column.Index()]
		}
		f.keyed = append(f.keyed, k)
	}
	for i, e := range query.columns {
		if column, ok := e.(*expression.GetField); ok && inQuery[i] {
			f.queried = append(f.queried, i)
			inTable[column.Index()] = true
		}
	}
	for i := range s.fields {
		if inTable[i] {
			f.needs = append(f.needs, i)
		}
	}
	return f, nil
}

// fieldsOf adds the columns that an expression reads.
func fieldsOf(e sql.Expression, to map[int]bool) {
	sql.Inspect(e, func(x sql.Expression) bool {
		if f, ok := x.(*expression.GetField); ok {
			to[f.Index()] = true
		}
		return true
	})
}

// rowwise tells whether the SQL engine evaluates something for each row.
func (f *filler) rowwise() bool { return len(f.needs) > 0 || len(f.computed) > 0 }

// fill reads the rows, on up to workers goroutines. With errFallBack nothing was kept.
func (f *filler) fill(ctx *sql.Context, workers int) error {
	if err := f.findLeaves(ctx); err != nil {
		return err
	}
	if len(f.query.filters) > 0 {
		if err := f.filter(ctx); err != nil {
			return err
		}
	}
	if f.want.MaxRows > 0 && int64(f.rows) > f.want.MaxRows {
		return errFallBack
	}
	if thrift.Large(f.rows, len(f.columns)) {
		defer thrift.Begin(thrift.Training)()
	}
	grown, err := f.read(ctx, workers, false)
	if err == errUnordered {
		grown, err = f.read(ctx, workers, true)
	}
	if err != nil {
		return err
	}
	f.collector.rows = int64(f.rows)
	f.collector.bytes = f.fixedBytes() + f.ids.bytes + grown
	if f.want.MaxBytes > 0 && f.collector.bytes > f.want.MaxBytes {
		return errFallBack
	}
	return nil
}

// findLeaves lists the leaves in the order of their rows, by the counts that the tree's inner nodes hold.
func (f *filler) findLeaves(ctx context.Context) error {
	root := f.scan.rows.Node()
	var visit func(n *tree.Node) error
	visit = func(n *tree.Node) error {
		if n.IsLeaf() {
			f.leafs = append(f.leafs, leaf{})
			f.rows += n.Count()
			return nil
		}
		if err := f.scan.count(n); err != nil {
			return err
		}
		for i := range n.Count() {
			if n.Level() == 1 {
				f.leafs = append(f.leafs, leaf{parent: n, at: i, first: f.rows})
				f.rows += int(n.GetSubtreeCount(i))
				continue
			}
			child, err := f.scan.child(ctx, n, i)
			if err != nil {
				return err
			}
			if err := visit(child); err != nil {
				return err
			}
		}
		return nil
	}
	err := visit(root)
	f.scan.expect(len(f.leafs), learnedThroughCache)
	return err
}

// node reads the tree's node of a leaf.
func (f *filler) node(ctx context.Context, l *leaf) (*tree.Node, error) {
	if l.parent == nil {
		return f.scan.rows.Node(), nil
	}
	return f.scan.child(ctx, l.parent, l.at)
}

// filter finds the rows that count.
func (f *filler) filter(ctx *sql.Context) error {
	f.rows = 0
	for i := range f.leafs {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		l := &f.leafs[i]
		n, err := f.node(ctx, l)
		if err != nil {
			return err
		}
		l.first, l.kept = f.rows, make([]uint16, 0, n.Count())
		for row := range n.Count() {
			if err := f.readTableRow(ctx, val.Tuple(n.GetKey(row)), val.Tuple(n.GetValue(row))); err != nil {
				return err
			}
			counts := true
			for _, e := range f.query.filters {
				v, err := sql.EvaluateCondition(ctx, e, f.tableRow)
				if err != nil {
					return errFallBack
				}
				if counts = sql.IsTrue(v); !counts {
					break
				}
			}
			if counts {
				l.kept = append(l.kept, uint16(row))
			}
		}
		switch len(l.kept) {
		case n.Count():
			l.kept = nil
		case 0:
			l.none = true
		}
		f.rows += len(l.kept)
		if l.kept == nil {
			f.rows += n.Count()
		}
	}
	return nil
}

// readTableRow fills tableRow.
func (f *filler) readTableRow(ctx context.Context, key, value val.Tuple) (err error) {
	for _, at := range f.needs {
		if f.tableRow[at], err = f.scan.value(ctx, &f.scan.fields[at], key, value); err != nil {
			return err
		}
	}
	return nil
}

// fixedBytes is the memory of all that does not depend on the values, as collector.add counts it.
func (f *filler) fixedBytes() int64 {
	perRow := int64(8)
	for _, b := range f.columns {
		if b.kind == data.Numeric {
			perRow += 8
		} else {
			perRow += 4
		}
	}
	return perRow * int64(f.rows)
}

// read fills the columns, and the identities with their keys when keep is set. It returns the memory that texts take.
func (f *filler) read(ctx *sql.Context, workers int, keep bool) (grown int64, err error) {
	if f.want.MaxBytes > 0 && f.fixedBytes() > f.want.MaxBytes {
		return 0, errFallBack
	}
	for _, b := range f.columns {
		b.reserve(f.rows)
	}
	hashes := make([]uint64, f.rows)
	shares := f.shares(max(1, workers), keep)
	var g safego.Group
	for _, s := range shares {
		s.ids.hashes = hashes[s.first:s.first]
		g.Go(func() error { return s.read(ctx) })
	}
	if shares[0].typed == nil && len(f.typed) > 0 { // it has enough to do: others read them
		g.Go(func() error { return f.readTyped(ctx, workers-1) })
	}
	if err := g.Wait(); err != nil {
		return 0, err
	}
	f.ids = identities{keep: keep, hashes: hashes[:0]}
	for i, s := range shares {
		if err := f.ids.follow(&s.ids); err != nil {
			return 0, err
		}
		if i == 0 {
			grown = s.grown
		}
		for k, r := range s.rest {
			grown += f.rest[k].b.merge(r.b, s.first, s.first+s.rows)
		}
	}
	return grown, nil
}

// readTyped reads the typed columns of all leaves.
func (f *filler) readTyped(ctx *sql.Context, workers int) error {
	return safego.Chunks(ctx, len(f.leafs), leafsAtOnce, workers, func(_, lo, hi int) error {
		s := f.share(lo, hi)
		s.typed = f.typed
		return s.read(ctx)
	})
}

// leafsAtOnce is how many leaves one goroutine takes: some thousand rows.
const leafsAtOnce = 64
