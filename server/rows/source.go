package rows

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/planbuilder"
	"github.com/dolthub/go-mysql-server/sql/transform"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/mysql"
	ast "github.com/dolthub/vitess/go/vt/sqlparser"

	"aibms/learners/predictor"
	"aibms/server/lifecycle"
	"aibms/server/mlsql"
)

// bind parses, binds and analyses a source: its names are resolved and the caller's privileges checked, nothing is read. Unqualified names belong to
// the source's database, as inside a view, whatever database the session has chosen; when the session works on a branch of that database, to the branch. The caller has
// set the sql_mode: inMode.
func (r *Reader) bind(ctx *sql.Context, s lifecycle.Source) (sql.Node, *past, error) {
	st, _, err := r.engine.Parser.ParseOneWithOptions(ctx, s.Query, sql.LoadSqlMode(ctx).ParserOptions())
	if err != nil {
		return nil, nil, mysql.NewSQLError(mysql.ERParseError, mysql.SSClientError, "in the SELECT %s, %s", quoted(s.Query), parserMessage(err))
	}
	sel, ok := st.(ast.SelectStatement)
	if !ok {
		return nil, nil, lifecycle.Errorf(lifecycle.ErrDefinition, "a source must be a table, a view or a SELECT, got %s", quoted(s.Query))
	}
	if sel.GetInto() != nil {
		return nil, nil, lifecycle.Errorf(lifecycle.ErrDefinition, "a source is a SELECT that only reads: leave INTO out of %s", quoted(s.Query))
	}
	before := ctx.GetCurrentDatabase()
	if base := baseDatabase(before); s.Database != "" && (len(s.Pins) > 0 || !strings.EqualFold(base, s.Database)) {
		ctx.SetCurrentDatabase(s.Database)
		defer ctx.SetCurrentDatabase(before)
	}
	b := planbuilder.New(ctx, r.engine.Analyzer.Catalog, r.engine.EventScheduler)
	if len(s.Args) > 0 {
		b.SetBindingsWithExpr(Bindings(s.Args))
	}
	past := newPast(ctx, r.engine, s)
	if err := past.rewrite(sel, ctx.GetCurrentDatabase(), 0, nil); err != nil {
		return nil, nil, denied(ctx, err, sel)
	}
	node, flags, err := b.BindOnly(sel, s.Query, nil)
	if err == nil {
		node, err = r.engine.Analyzer.Analyze(ctx, node, nil, flags)
	}
	if err != nil {
		return nil, nil, denied(ctx, err, sel)
	}
	return node, past, nil
}

// inMode gives the session the sql_mode in which a source is read, until the returned function is called.
func inMode(ctx *sql.Context, s lifecycle.Source) func() {
	if s.SQLMode == nil {
		return func() {}
	}
	before := sql.LoadSqlMode(ctx).String()
	set := func(mode string) {
		if err := ctx.SetSessionVariable(ctx, sql.SqlModeSessionVar, mode); err != nil {
			ctx.GetLogger().Warnf("sql_mode '%s': %v", mode, err)
		}
	}
	set(*s.SQLMode)
	return func() { set(before) }
}

// denied says which tables the caller needs SELECT on, where the engine says only that something is denied.
func denied(ctx *sql.Context, err error, sel ast.SelectStatement) error {
	if !sql.ErrPrivilegeCheckFailed.Is(err) && !sql.ErrDatabaseAccessDeniedForUser.Is(err) && !sql.ErrTableAccessDeniedForUser.Is(err) {
		return err
	}
	var tables []string
	_ = ast.Walk(func(n ast.SQLNode) (bool, error) {
		if t, ok := n.(*ast.AliasedTableExpr); ok {
			if name, ok := t.Expr.(ast.TableName); ok && !slices.Contains(tables, ast.String(name)) {
				tables = append(tables, ast.String(name))
			}
		}
		return true, nil
	}, sel)
	client := ctx.Session.Client()
	return mysql.NewSQLError(1142, "42000", "SELECT command denied to user '%s@%s' for the source, which reads %s (GRANT SELECT ON ... TO ...)", client.User, client.Address, strings.Join(tables, ", "))
}

// parserMessage is what the parser says, without the number that the text carries.
func parserMessage(err error) string {
	var own *mysql.SQLError
	if errors.As(err, &own) {
		return own.Message
	}
	return err.Error()
}

// Bindings gives the placeholders of a parsed statement their values.
func Bindings(args []mlsql.Value) map[string]sql.Expression {
	values := make(map[string]sql.Expression, len(args))
	for i, a := range args {
		values["v"+strconv.Itoa(i+1)] = literal(a)
	}
	return values
}

// literal is the value of a placeholder as an expression.
func literal(v mlsql.Value) sql.Expression {
	switch v.Kind {
	case mlsql.Null:
		return expression.NewLiteral(nil, types.Null)
	case mlsql.Bool:
		return expression.NewLiteral(strings.EqualFold(v.Text, "TRUE"), types.Boolean)
	case mlsql.Number:
		if n, err := strconv.ParseInt(v.Text, 10, 64); err == nil {
			return expression.NewLiteral(n, types.Int64)
		}
		if f, err := strconv.ParseFloat(v.Text, 64); err == nil {
			return expression.NewLiteral(f, types.Float64)
		}
	}
	return expression.NewLiteral(v.Text, types.LongText)
}

// shapeOf describes the columns that a bound source gives.
func shapeOf(node sql.Node, past *past, s lifecycle.Source) *lifecycle.Shape {
	shape := &lifecycle.Shape{Source: s, Databases: databasesOf(node, s.AsOf != "", past.views), Changing: slices.Sorted(maps.Keys(past.changing))}
	key := primaryKey(node)
	for i, c := range node.Schema() {
		shape.Columns = append(shape.Columns, lifecycle.Column{
			Column:     predictor.Column{Name: c.Name, Class: ClassOf(c.Type), SQLType: c.Type.String()},
			Nullable:   c.Nullable,
			PrimaryKey: key[i],
		})
	}
	return shape
}

// primaryKey finds the columns of node that are the primary key of the one table that node reads. Without all of the key's columns there is none: a part of it does not
// tell rows apart.
func primaryKey(node sql.Node) map[int]bool {
	out := map[int]bool{}
	table, columns := plainTable(node)
	if table == nil {
		return out
	}
	for _, c := range table.Schema() {
		if !c.PrimaryKey {
			continue
		}
		at := slices.IndexFunc(columns, func(name string) bool { return strings.EqualFold(name, c.Name) })
		if at < 0 {
			return map[int]bool{}
		}
		out[at] = true
	}
	return out
}

// plainTable returns the one table of which node gives each row at most once, and for each column of node the table's column that it is ("": an expression). The table is
// nil when there is none.
func plainTable(node sql.Node) (sql.Table, []string) {
	switch n := node.(type) {
	case *plan.Filter:
		return plainTable(n.Child)
	case *plan.TableAlias:
		return plainTable(n.Child)
	case *plan.Sort:
		return plainTable(n.Child)
	case *plan.Limit:
		return plainTable(n.Child)
	case *plan.TopN:
		return plainTable(n.Child)
	case *plan.SubqueryAlias:
		return plainTable(n.Child)
	case *plan.ResolvedTable:
		return n.Table, columnNames(n.Schema())
	case *plan.IndexedTableAccess:
		return n.Table, columnNames(n.Schema())
	case *plan.Project:
		table, below := plainTable(n.Child)
		if table == nil {
			return nil, nil
		}
		schema := n.Child.Schema()
		out := make([]string, len(n.Projections))
		for i, e := range n.Projections {
			if a, ok := e.(*expression.Alias); ok {
				e = a.Child
			}
			f, ok := e.(*expression.GetField)
			if !ok {
				continue
			}
			if at := schema.IndexOfColName(strings.ToLower(f.Name())); at >= 0 && at < len(below) {
				out[i] = below[at]
			}
		}
		return table, out
	}
	return nil, nil
}

func columnNames(schema sql.Schema) []string {
	out := make([]string, len(schema))
	for i, c := range schema {
		out[i] = c.Name
	}
	return out
}

// databasesOf lists the databases that node reads in their present state, views and subqueries included, and those of the views themselves; one on a branch as db/branch.
// With past it also lists those that it reads at a revision.
func databasesOf(node sql.Node, past bool, views map[string]bool) []string {
	seen := maps.Clone(views)
	add := func(t *plan.ResolvedTable) {
		if d := t.Database(); d != nil && (past || t.AsOf == nil) && d.Name() != "" && !plan.IsDualTable(t.Table) {
			seen[d.Name()] = true
		}
	}
	var visit func(n sql.Node) bool
	visit = func(n sql.Node) bool {
		switch t := n.(type) {
		case *plan.ResolvedTable:
			add(t)
		case *plan.IndexedTableAccess:
			if r, ok := t.TableNode.(*plan.ResolvedTable); ok {
				add(r)
			}
		}
		if e, ok := n.(sql.Expressioner); ok {
			for _, expr := range e.Expressions() {
				sql.Inspect(expr, func(x sql.Expression) bool {
					if subquery, ok := x.(*plan.Subquery); ok {
						transform.InspectWithOpaque(subquery.Query, visit)
					}
					return true
				})
			}
		}
		return true
	}
	transform.InspectWithOpaque(node, visit)
	return slices.Sorted(maps.Keys(seen))
}

func baseDatabase(name string) string {
	base, _, _ := strings.Cut(name, "/")
	return base
}

// changing names the function or variable that node is when its value follows from more than the rows of a SELECT: read again, the SELECT can give other rows. It is ""
// for any other node.
func changing(node ast.SQLNode) string {
	if c, ok := node.(*ast.ColName); ok && strings.HasPrefix(c.Name.String(), "@") {
		return c.Name.String()
	}
	return unrepeatable(node)
}
