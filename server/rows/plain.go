package rows

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"
)

// plain is a bound query that reads the rows of one table, each by itself: SELECT ... FROM t [WHERE ...], with aliases and derived tables of the same kind. Its expressions are
// over the table's row.
type plain struct {
	table   *plan.ResolvedTable
	filters []sql.Expression // a row counts when all are true
	columns []sql.Expression // of the query's row
}

// plainQuery takes a bound query apart; nil when it is more than that.
func plainQuery(node sql.Node) *plain {
	switch n := node.(type) {
	case *plan.ResolvedTable:
		p := &plain{table: n}
		for i, c := range n.Schema() {
			p.columns = append(p.columns, expression.NewGetField(i, c.Type, c.Name, c.Nullable))
		}
		return p
	case *plan.TableAlias:
		return plainQuery(n.Child)
	case *plan.SubqueryAlias:
		if n.IsLateral || !n.Correlated.Empty() {
			return nil
		}
		return plainQuery(n.Child)
	case *plan.Filter:
		p := plainQuery(n.Child)
		if p == nil {
			return nil
		}
		filter := p.over(n.Expression, n.Child.Schema())
		if filter == nil {
			return nil
		}
		p.filters = append(p.filters, filter)
		return p
	case *plan.Project:
		p := plainQuery(n.Child)
		if p == nil {
			return nil
		}
		columns := make([]sql.Expression, len(n.Projections))
		for i, e := range n.Projections {
			if a, ok := e.(*expression.Alias); ok {
				e = a.Child
			}
			if columns[i] = p.over(e, n.Child.Schema()); columns[i] == nil {
				return nil
			}
		}
		p.columns = columns
		return p
	}
	return nil
}

// over is an expression over the query's row, of that schema, as one over the table's row; nil when it looks at more than the row.
func (p *plain) over(e sql.Expression, schema sql.Schema) sql.Expression {
	own := true
	sql.Inspect(e, func(x sql.Expression) bool {
		switch x := x.(type) {
		case *plan.Subquery, *expression.BindVar, *expression.UserVar, *expression.SystemVar, *expression.ProcedureParam, sql.Aggregation, sql.WindowAggregation:
			own = false
		case *expression.GetField:
			own = own && p.reads(x, schema)
		}
		return own
	})
	if !own {
		return nil
	}
	out, _, err := transform.Expr(e, func(x sql.Expression) (sql.Expression, transform.TreeIdentity, error) {
		if f, ok := x.(*expression.GetField); ok {
			return p.columns[f.Index()], transform.NewTree, nil
		}
		return x, transform.SameTree, nil
	})
	if err != nil {
		return nil
	}
	return out
}

// reads tells whether a reference is to a column of the query's row. By its place and its name: rows of a trigger or an inner query may have those of others before them.
func (p *plain) reads(f *expression.GetField, schema sql.Schema) bool {
	i := f.Index()
	return i >= 0 && i < len(p.columns) && i < len(schema) && strings.EqualFold(schema[i].Name, f.Name())
}
