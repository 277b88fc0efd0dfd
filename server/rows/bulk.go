package rows

import (
	"context"
	"slices"

	"github.com/dolthub/dolt/go/libraries/doltcore/branch_control"
	"github.com/dolthub/dolt/go/libraries/doltcore/doltdb"
	"github.com/dolthub/dolt/go/libraries/doltcore/doltdb/durable"
	"github.com/dolthub/dolt/go/libraries/doltcore/schema"
	"github.com/dolthub/dolt/go/libraries/doltcore/sqle"
	"github.com/dolthub/dolt/go/libraries/doltcore/sqle/dsess"
	"github.com/dolthub/dolt/go/libraries/doltcore/sqle/writer"
	"github.com/dolthub/dolt/go/store/prolly"
	"github.com/dolthub/dolt/go/store/prolly/message"
	"github.com/dolthub/dolt/go/store/prolly/tree"
	"github.com/dolthub/dolt/go/store/val"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"
)

// minBulkRows is how many literal rows an INSERT must have for the bulk path: building a tree costs more than a few single writes.
const minBulkRows = 64

// Bulk gives INSERT ... SELECT, LOAD DATA and INSERT of many rows a writer that builds the storage tree from sorted rows. Conversions, NOT NULL, CHECK and defaults stay the
// engine's: only the last step, the writing of a finished row, is ours. Where the table or the statement asks for more (REPLACE, IGNORE, ON DUPLICATE KEY, triggers,
// foreign keys, secondary indexes, AUTO_INCREMENT, no primary key), or while enabled says no, the engine's own writer is used, with the same result.
//
// It is called when a statement is about to run, and returns the statement to run in its place; ok is false when nothing changes.
func Bulk(enabled func() bool) func(ctx *sql.Context, n sql.Node, row sql.Row) (_ sql.Node, ok bool, err error) {
	return func(_ *sql.Context, n sql.Node, _ sql.Row) (sql.Node, bool, error) {
		insert, ok := n.(*plan.InsertInto)
		if !ok || !enabled() || fewRows(insert.Source) {
			return nil, false, nil
		}
		table, destination, resolved := bulkTarget(insert)
		if table == nil {
			return nil, false, nil
		}
		replaced, err := resolved.ReplaceTable(table)
		if err != nil {
			return nil, false, err
		}
		bulk := *insert
		if bulk.Destination, err = destination.WithChildren(replaced.(sql.Node)); err != nil {
			return nil, false, err
		}
		return &bulk, true, nil
	}
}

// bulkTarget is the table that an INSERT writes, and where it stands in the plan; nil when the statement asks for more than new rows in a table of storage's own.
func bulkTarget(insert *plan.InsertInto) (*bulkTable, *plan.InsertDestination, *plan.ResolvedTable) {
	if insert.IsReplace || insert.Ignore || insert.HasAfterTrigger || len(insert.OnDupExprs) > 0 || len(insert.Returning) > 0 || insert.FirstGeneratedAutoIncRowIdx >= 0 {
		return nil, nil, nil
	}
	destination, ok := insert.Destination.(*plan.InsertDestination)
	if !ok {
		return nil, nil, nil
	}
	resolved, ok := destination.Child.(*plan.ResolvedTable)
	if !ok {
		return nil, nil, nil
	}
	table, ok := resolved.UnderlyingTable().(*sqle.AlterableDoltTable)
	if !ok {
		return nil, nil, nil
	}
	return &bulkTable{AlterableDoltTable: table, database: resolved.Database().Name()}, destination, resolved
}

// fewRows tells that a source is a VALUES of a few rows.
func fewRows(n sql.Node) bool {
	few := false
	transform.Inspect(n, func(n sql.Node) bool {
		if v, ok := n.(*plan.Values); ok {
			few = len(v.ExpressionTuples) < minBulkRows
		}
		return true
	})
	return few
}

// bulkTable is a table whose inserter writes in bulk where that is valid.
type bulkTable struct {
	*sqle.AlterableDoltTable
	database string
}

// Inserter implements sql.InsertableTable.
func (t *bulkTable) Inserter(ctx *sql.Context) sql.RowInserter {
	b, err := newBulkInserter(ctx, t)
	if err != nil || b == nil {
		return t.AlterableDoltTable.Inserter(ctx) // whatever went wrong, it meets again, and reports
	}
	return b
}

// bulkInserter collects the tuples of new rows. As long as keys ascend, and the table was empty, they go straight into the tree; rows that come later in the order than their
// key are kept, sorted, and merged at the end.
type bulkInserter struct {
	database, table string
	source          *doltdb.Table
	rows            prolly.Map // what the table holds, before the statement or after the ascending rows of it
	keys, values    *val.TupleDesc
	keyBuilder      *val.TupleBuilder
	valueBuilder    *val.TupleBuilder
	fields          []field // by position in the row

	chunker tree.Chunker // of the ascending rows; nil once one came out of order, or the table had rows
	last    val.Tuple
	rest    []pair
	count   int
	failed  bool
}

type pair struct {
	key, value val.Tuple
	at         int // its place in the statement
}

// newBulkInserter returns nil when the table needs the engine's own writer.
func newBulkInserter(ctx *sql.Context, t *bulkTable) (*bulkInserter, error) {
	if err := branch_control.CheckAccess(ctx, branch_control.Permissions_Write); err != nil {
		return nil, err
	}
	session := dsess.DSessFromSess(ctx.Session)
	ws, err := session.WorkingSet(ctx, t.database)
	if err != nil {
		return nil, err
	}
	table, name, ok, err := doltdb.GetTableInsensitive(ctx, ws.WorkingRoot(), doltdb.TableName{Name: t.Name()})
	if err != nil || !ok {
		return nil, err
	}
	sch, err := table.GetSchema(ctx)
	if err != nil {
		return nil, err
	}
	if schema.IsKeyless(sch) || sch.Indexes().Count() > 0 || schema.HasAutoIncrement(sch) {
		return nil, nil
	}
	index, err := table.GetRowData(ctx)
	if err != nil {
		return nil, err
	}
	b := &bulkInserter{database: t.database, table: name, source: table}
	if b.rows, err = durable.ProllyMapFromIndex(index); err != nil {
		return nil, err
	}
	b.keys, b.values = b.rows.Descriptors()
	b.keyBuilder = val.NewTupleBuilder(b.keys, b.rows.NodeStore())
	b.valueBuilder = val.NewTupleBuilder(b.values, b.rows.NodeStore())
	for _, c := range sch.GetAllCols().GetColumns() {
		if c.Virtual {
			return nil, nil
		}
		f := field{}
		if at, ok := sch.GetPKCols().StoredIndexByTag(c.Tag); ok {
			f.key, f.at = true, at
		} else if at, ok := sch.GetNonPKCols().StoredIndexByTag(c.Tag); ok {
			f.at = at
		} else {
			return nil, nil
		}
		b.fields = append(b.fields, f)
	}
	if empty, err := b.rows.Count(); err != nil {
		return nil, err
	} else if empty == 0 {
		ns := b.rows.NodeStore()
		if b.chunker, err = tree.NewEmptyChunker(ctx, ns, message.NewProllyMapSerializer(b.values, ns.Pool())); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// StatementBegin implements sql.RowInserter.
func (b *bulkInserter) StatementBegin(*sql.Context) {}

// DiscardChanges implements sql.RowInserter: nothing was written yet.
func (b *bulkInserter) DiscardChanges(*sql.Context, error) error {
	b.failed = true
	return nil
}

// Insert implements sql.RowInserter.
func (b *bulkInserter) Insert(ctx *sql.Context, row sql.Row) error {
	b.count++
	if b.count%1024 == 0 && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	ns := b.rows.NodeStore()
	for i := range b.fields {
		to := b.valueBuilder
		if b.fields[i].key {
			to = b.keyBuilder
		}
		if err := tree.PutField(ctx, ns, to, b.fields[i].at, row[i]); err != nil {
			return err
		}
	}
	key, err := b.keyBuilder.Build(ns.Pool())
	if err != nil {
		return err
	}
	value, err := b.valueBuilder.Build(ns.Pool())
	if err != nil {
		return err
	}
	if b.chunker != nil {
		order := 1
		if b.last != nil {
			order = b.keys.Compare(ctx, key, b.last)
		}
		switch {
		case order > 0:
			b.last = key
			return b.chunker.AddPair(ctx, tree.Item(key), tree.Item(value))
		case order == 0:
			return b.duplicate(ctx, key, row)
		}
		if err := b.endAscending(ctx); err != nil {
			return err
		}
	}
	// a row that the table holds already is reported at once, as the engine's writer does; one that this statement brings twice when all are known, or before another of them is reported
	if found, err := b.rows.Has(ctx, key); err != nil {
		return err
	} else if found {
		if err := b.twice(ctx); err != nil {
			return err // it came before
		}
		return b.duplicate(ctx, key, row)
	}
	b.rest = append(b.rest, pair{key: key, value: value, at: len(b.rest)})
	return nil
}

// endAscending finishes the tree of the ascending rows.
func (b *bulkInserter) endAscending(ctx context.Context) error {
	root, err := b.chunker.Done(ctx)
	if err != nil {
		return err
	}
	b.rows = prolly.NewMap(root, b.rows.NodeStore(), b.keys, b.values)
	b.chunker = nil
	return nil
}

// twice sorts the kept rows, and reports the first one in the order of the statement whose key one before it has.
func (b *bulkInserter) twice(ctx *sql.Context) error {
	slices.SortStableFunc(b.rest, func(x, y pair) int { return b.keys.Compare(ctx, x.key, y.key) })
	first := -1
	for i := 1; i < len(b.rest); i++ {
		if b.keys.Compare(ctx, b.rest[i-1].key, b.rest[i].key) == 0 && (first < 0 || b.rest[i].at < b.rest[first].at) {
			first = i
		}
	}
	if first < 0 {
		return nil
	}
	return b.duplicate(ctx, b.rest[first].key, b.row(ctx, b.rest[first]))
}

func (b *bulkInserter) duplicate(ctx *sql.Context, key val.Tuple, row sql.Row) error {
	return sql.NewUniqueKeyErr(writer.FormatKeyForUniqKeyErr(ctx, key, b.keys, row), true, row)
}

// StatementComplete implements sql.RowInserter: it puts the rows into the session's working set.
func (b *bulkInserter) StatementComplete(ctx *sql.Context) error {
	if b.failed || b.count == 0 {
		return nil
	}
	if b.chunker != nil {
		if err := b.endAscending(ctx); err != nil {
			return err
		}
	}
	if len(b.rest) > 0 {
		if err := b.twice(ctx); err != nil {
			return err
		}
		merged, err := prolly.MutateMapWithTupleIter(ctx, b.rows, &pairs{list: b.rest})
		if err != nil {
			return err
		}
		b.rows, b.rest = merged, nil
	}
	table, err := b.source.UpdateRows(ctx, durable.IndexFromProllyMap(b.rows))
	if err != nil {
		return err
	}
	session := dsess.DSessFromSess(ctx.Session)
	ws, err := session.WorkingSet(ctx, b.database)
	if err != nil {
		return err
	}
	root, err := ws.WorkingRoot().PutTable(ctx, doltdb.TableName{Name: b.table}, table)
	if err != nil {
		return err
	}
	b.count = 0
	return session.SetWorkingRoot(ctx, b.database, root)
}

// row reads a row back from its tuples, for a message.
func (b *bulkInserter) row(ctx *sql.Context, p pair) sql.Row {
	row := make(sql.Row, len(b.fields))
	for i, f := range b.fields {
		desc, tuple := b.values, p.value
		if f.key {
			desc, tuple = b.keys, p.key
		}
		row[i], _ = tree.GetField(ctx, desc, f.at, tuple, b.rows.NodeStore())
	}
	return row
}

// Close implements sql.RowInserter.
func (b *bulkInserter) Close(*sql.Context) error { return nil }

// pairs gives sorted tuples to a merge.
type pairs struct {
	list []pair
	at   int
}

func (p *pairs) Next(context.Context) (key, value val.Tuple) {
	if p.at == len(p.list) {
		return nil, nil
	}
	p.at++
	return p.list[p.at-1].key, p.list[p.at-1].value
}
