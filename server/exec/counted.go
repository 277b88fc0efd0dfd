package exec

import (
	"errors"
	"io"

	"github.com/dolthub/go-mysql-server/sql"
	sqlplan "github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/planbuilder"
	"github.com/dolthub/go-mysql-server/sql/rowexec"
	"github.com/dolthub/go-mysql-server/sql/transform"

	"aibms/server/mlsql"
	"aibms/server/rows"
)

// runCounted runs an INSERT inside the session and transaction of ctx, and tells count of every row that it writes whether the column has a value.
func (e *Env) runCounted(ctx *sql.Context, insert string, args []mlsql.Value, column string, count func(hasValue bool)) error {
	st, _, err := e.Engine.GMS().Parser.ParseOneWithOptions(ctx, insert, sql.LoadSqlMode(ctx).ParserOptions())
	if err != nil {
		return err
	}
	b := planbuilder.New(ctx, e.Engine.Catalog(), e.Engine.GMS().EventScheduler)
	if len(args) > 0 {
		b.SetBindingsWithExpr(rows.Bindings(args))
	}
	bound, flags, err := b.BindOnly(st, insert, nil)
	if err != nil {
		return err
	}
	analyzed, err := e.Engine.GMS().Analyzer.Analyze(ctx, bound, nil, flags)
	if err != nil {
		return err
	}
	if into, ok := analyzed.(*sqlplan.InsertInto); ok && !e.SlowWrites.Load() {
		if at := into.Destination.Schema().IndexOfColName(column); at >= 0 {
			done, err := rows.InsertPlain(ctx, e.Engine.GMS().Analyzer.ExecBuilder, into, func(row sql.Row) { count(row[at] != nil) })
			if done || err != nil {
				e.PlainWrites.Add(1)
				return err
			}
		}
	}
	counted, _, err := transform.Node(analyzed, func(n sql.Node) (sql.Node, transform.TreeIdentity, error) {
		into, ok := n.(*sqlplan.InsertInto)
		if !ok {
			return n, transform.SameTree, nil
		}
		at := into.Destination.Schema().IndexOfColName(column)
		if at < 0 {
			return n, transform.SameTree, sql.ErrColumnNotFound.New(column)
		}
		return into.WithSource(&tally{UnaryNode: sqlplan.UnaryNode{Child: into.Source}, at: at, count: count}), transform.NewTree, nil
	})
	if err != nil {
		return err
	}
	iter, err := e.Engine.GMS().Analyzer.ExecBuilder.Build(ctx, counted, nil)
	if err != nil {
		return err
	}
	iter, _ = rowexec.AddAccumulatorIter(ctx, iter)
	iter = rowexec.AddTriggerRollbackIter(ctx, flags, iter)
	iter = rowexec.AddExpressionCloser(counted, iter)
	for err == nil {
		_, err = iter.Next(ctx)
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if closed := iter.Close(ctx); err == nil {
		err = closed
	}
	return err // as it is: the engine's kinds of errors are not found in a joined one
}

// tally passes the rows of its child on and counts them.
type tally struct {
	sqlplan.UnaryNode
	at    int
	count func(hasValue bool)
}

var _ sql.ExecBuilderNode = (*tally)(nil)

func (t *tally) String() string     { return "Tally" }
func (t *tally) IsReadOnly() bool   { return t.Child.IsReadOnly() }
func (t *tally) Schema() sql.Schema { return t.Child.Schema() }

func (t *tally) WithChildren(children ...sql.Node) (sql.Node, error) {
	if len(children) != 1 {
		return nil, sql.ErrInvalidChildrenNumber.New(t, len(children), 1)
	}
	out := *t
	out.Child = children[0]
	return &out, nil
}

// BuildRowIter implements sql.ExecBuilderNode.
func (t *tally) BuildRowIter(ctx *sql.Context, b sql.NodeExecBuilder, row sql.Row) (sql.RowIter, error) {
	inner, err := b.Build(ctx, t.Child, row)
	if err != nil {
		return nil, err
	}
	return &tallyIter{inner, t}, nil
}

type tallyIter struct {
	sql.RowIter
	tally *tally
}

func (i *tallyIter) Next(ctx *sql.Context) (sql.Row, error) {
	row, err := i.RowIter.Next(ctx)
	if err == nil {
		i.tally.count(row[i.tally.at] != nil)
	}
	return row, err
}
