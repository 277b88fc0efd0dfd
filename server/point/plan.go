package point

import (
	"context"
	"errors"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/planbuilder"
	"github.com/dolthub/go-mysql-server/sql/transform"
	"github.com/dolthub/vitess/go/mysql"
	querypb "github.com/dolthub/vitess/go/vt/proto/query"

	"aibms/catalog"
	"aibms/server/rows"
)

// boundPlan is a statement that is bound, to be evaluated with the values of one execution after the other.
type boundPlan struct {
	conditions conditions
	unfit      bool // the engine has to execute it; of what follows only skip is set
	skip       int  // how often, before it is looked at again

	fields  []*querypb.Field
	columns []sql.Expression // of the result; over the row that table reads
	models  []*catalog.Model // to be asked EXECUTE for
	table   *table           // nil without FROM
}

// describe asks the engine which columns the result of an execution has. As when the engine plans it, a transaction is begun where none is open.
func (s *statement) describe(ctx context.Context, c *mysql.Conn, p *mysql.PrepareData) ([]*querypb.Field, error) {
	_, fields, err := s.fast.Handler.ComBind(ctx, c, s.query, s.shape.parsed, p)
	return fields, err
}

var errMoved = errors.New("the catalog has changed since the columns were described")

// plan binds the statement for values like those that are bound, in the transaction in which fields were described and at the epoch of snapshot, which was taken before. An error is one
// that the engine will find too, if it is there to stay; what the engine can answer and we cannot makes the plan unfit.
func (s *statement) plan(ctx *sql.Context, fields []*querypb.Field, snapshot *catalog.Snapshot) (*boundPlan, error) {
	if s.fast.Functions.Snapshot(ctx).Epoch() != snapshot.Epoch() {
		return nil, errMoved
	}
	b := &boundPlan{conditions: conditionsOf(ctx, s.engine, snapshot), fields: fields}
	builder := planbuilder.New(ctx, s.engine.Catalog(), s.engine.GMS().EventScheduler)
	values := make(map[string]sql.Expression, len(s.params))
	for _, p := range s.params {
		values[p.name] = p
	}
	if len(values) > 0 {
		builder.SetBindingsWithExpr(values)
	}
	node, _, err := builder.BindOnly(s.shape.parsed, s.query, nil)
	if err != nil {
		return nil, err
	}
	b.unfit, b.skip = true, skips
	if l, ok := node.(*plan.Limit); ok {
		node = l.Child
	}
	top, ok := node.(*plan.Project)
	if !ok || len(top.Projections) != len(fields) {
		return b, nil
	}
	source := top.Child
	for {
		inner, ok := source.(*plan.Project) // computes what an alias names, which the topmost does again
		if !ok {
			break
		}
		source = inner.Child
	}
	b.columns = make([]sql.Expression, len(top.Projections))
	for i, e := range top.Projections {
		if a, ok := e.(*expression.Alias); ok {
			e = a.Child
		}
		e, models, ok, err := s.fast.Functions.Fixed(ctx, e)
		if err != nil || !ok {
			return b, err
		}
		b.columns[i] = e
		b.models = append(b.models, models...)
	}
	if where, ok := source.(*plan.Filter); ok {
		if b.table, ok, err = newTable(ctx, where, b.columns); err != nil || !ok {
			return b, err
		}
	} else if dual, ok := source.(*plan.ResolvedTable); !ok || !plan.IsDualTable(dual.Table) {
		return b, nil
	}
	for i, e := range b.columns {
		if b.fields[i].Type != e.Type().Type() {
			return b, nil
		}
	}
	b.unfit = false
	return b, nil
}

// slots replaces the columns of a table by positions of a row.
func slots(e sql.Expression, position func(*expression.GetField) (int, bool)) (sql.Expression, bool, error) {
	all := true
	e, _, err := transform.Expr(e, func(e sql.Expression) (sql.Expression, transform.TreeIdentity, error) {
		f, ok := e.(*expression.GetField)
		if !ok {
			return e, transform.SameTree, nil
		}
		at, ok := position(f)
		all = all && ok
		return rows.Slot(at, f.Name(), f.Type()), transform.NewTree, nil
	})
	return e, all, err
}
