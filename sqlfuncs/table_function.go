package sqlfuncs

import (
	"errors"
	"strconv"
	"strings"
	"sync"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/sqltypes"
	ast "github.com/dolthub/vitess/go/vt/sqlparser"

	"aibms/catalog"
	"aibms/internal/safego"
	"aibms/server/lifecycle"
	"aibms/server/mlsql"
	"aibms/server/rows"
	"aibms/server/sqlerr"
)

// tableFunction declares a function in FROM. Its first argument is a model; the second, where it takes one, the rows to measure: 'TEST', 'VALIDATE', 'TRAIN', a
// table's name, or a SELECT, quoted or in parentheses, or else a number; the third a threshold. Without a version the deployed one is meant, or the newest when none is deployed:
// these functions only look.
type tableFunction struct {
	name   string
	usage  string
	most   int    // arguments
	number string // what the second argument counts, when it is a number and no rows: 'version'
	schema sql.Schema
	run    func(ctx *sql.Context, s *lifecycle.Service, c *tableCall) ([]sql.Row, error)
	stream func(ctx *sql.Context, s *lifecycle.Service, c *tableCall) (sql.RowIter, error) // in place of run, for many rows: they are made each time anew
}

// tableCall is a call with its arguments read.
type tableCall struct {
	model     *catalog.Model
	version   *catalog.Version
	on        lifecycle.Rows
	threshold *float64
	number    *int64 // the second argument, when it is a number; nil: it was not given
}

// tableFunctionOf is a table function before its arguments are known.
type tableFunctionOf struct {
	functions *Functions
	*tableFunction
}

// tableNode is a call of a table function in a plan. Its rows are computed once, however often a join asks for them, unless they are streamed.
type tableNode struct {
	tableFunctionOf
	database sql.Database // in which unqualified names are looked for: the current one, inside a view the view's
	args     []sql.Expression
	selected string // the SELECT of a data argument in parentheses, "" when there is none: bound and checked with the rest of the statement, it leaves args[1] NULL
	once     *sync.Once
	rows     *[]sql.Row
	err      *error
}

var (
	_ sql.TableFunction            = (*tableFunctionOf)(nil)
	_ sql.TableFunction            = (*tableNode)(nil)
	_ sql.ExecSourceRel            = (*tableNode)(nil)
	_ sql.AuthorizationCheckerNode = (*tableNode)(nil)
)

// NewInstance implements sql.TableFunction.
func (t *tableFunctionOf) NewInstance(_ *sql.Context, db sql.Database, args []sql.Expression) (sql.Node, error) {
	if len(args) < 1 || len(args) > t.most {
		return nil, sqlerr.Errorf(sqlerr.WrongArguments, "%s takes %s", t.name, t.usage)
	}
	n := &tableNode{tableFunctionOf: *t, database: db, args: args, once: new(sync.Once), rows: new([]sql.Row), err: new(error)}
	if len(args) > 1 && t.number == "" {
		if q, ok := args[1].(*plan.Subquery); ok {
			if hasPlaceholder(q.QueryString) {
				return nil, sqlerr.Errorf(sqlerr.WrongArguments, "%s: a placeholder cannot stand in the SELECT of an argument; write its value, or give the whole SELECT as text: %s(?, ?)", t.name, t.name)
			}
			n.selected = strings.TrimSpace(q.QueryString)
			n.args = append([]sql.Expression(nil), args...)
			n.args[1] = expression.NewLiteral(nil, types.Null)
		}
	}
	return n, nil
}

// RowIter implements sql.ExecSourceRel.
func (n *tableNode) RowIter(ctx *sql.Context, _ sql.Row) (sql.RowIter, error) {
	if n.stream != nil {
		var iter sql.RowIter
		err := safego.Run(func() error {
			c, err := n.read(ctx)
			if err == nil {
				iter, err = n.stream(ctx, n.functions.Service, c)
			}
			return err
		})
		if err != nil {
			return nil, sqlerr.Map(err)
		}
		return iter, nil
	}
	n.once.Do(func() {
		*n.err = safego.Run(func() error {
			c, err := n.read(ctx)
			if err == nil {
				*n.rows, err = n.run(ctx, n.functions.Service, c)
			}
			return err
		})
	})
	if *n.err != nil {
		return nil, sqlerr.Map(*n.err)
	}
	return sql.RowsToRowIter(*n.rows...), nil
}

// read reads the arguments and checks that the session's user may use the model.
func (n *tableNode) read(ctx *sql.Context) (*tableCall, error) {
	name, err := n.argument(ctx, 0)
	if err != nil {
		return nil, err
	}
	if name == nil {
		return nil, sqlerr.Errorf(sqlerr.WrongArguments, "%s: the name of a model is wanted, got NULL", n.name)
	}
	ref, m, err := n.functions.lookup(ctx, n.name, *name)
	if err != nil {
		return nil, err
	}
	c := &tableCall{model: m}
	if n.tableFunction.number != "" {
		if c.number, err = n.wholeNumber(ctx); err != nil {
			return nil, err
		}
		if c.number != nil && n.tableFunction.number == "version" {
			if ref.Version != 0 || ref.Alias != "" {
				return nil, sqlerr.Errorf(sqlerr.WrongArguments, "%s: '%s' names a version already, and so does the second argument; leave one of them out", n.name, *name)
			}
			ref.Version = *c.number
		}
	}
	if newest := m.NewestReady(); ref.Version == 0 && ref.Alias == "" && m.Deployed() == 0 && newest != nil {
		c.version = newest
	} else if _, c.version, err = n.functions.Snapshot(ctx).Resolve(ref, m.Database); err != nil {
		return nil, err
	}
	if n.tableFunction.number != "" {
		return c, nil
	}
	data, err := n.argument(ctx, 1)
	if err != nil {
		return nil, err
	}
	if n.selected != "" {
		data = &n.selected
	}
	if data != nil {
		if c.on, err = n.rowsOf(*data); err != nil {
			return nil, err
		}
	}
	threshold, err := n.argument(ctx, 2)
	if err != nil || threshold == nil {
		return c, err
	}
	v, err := strconv.ParseFloat(*threshold, 64)
	if err != nil || !(v >= 0 && v <= 1) {
		return nil, sqlerr.Errorf(sqlerr.WrongArguments, "%s: the threshold is a number between 0 and 1, got %s", n.name, *threshold)
	}
	c.threshold = &v
	return c, nil
}

// wholeNumber is the second argument as a number from 1 up; nil when it is NULL or not given.
func (n *tableNode) wholeNumber(ctx *sql.Context) (*int64, error) {
	given, err := n.argument(ctx, 1)
	if err != nil || given == nil {
		return nil, err
	}
	v, err := strconv.ParseInt(*given, 10, 64)
	if err != nil || v < 1 {
		return nil, sqlerr.Errorf(sqlerr.WrongArguments, "%s: the number of a %s is wanted, got '%.80s'", n.name, n.tableFunction.number, *given)
	}
	return &v, nil
}

// argument is the text of an argument; nil when it is NULL or not given.
func (n *tableNode) argument(ctx *sql.Context, i int) (*string, error) {
	if i >= len(n.args) {
		return nil, nil
	}
	a := n.args[i]
	dependent := false // on a row, or on a value that is not known
	sql.Inspect(a, func(e sql.Expression) bool {
		switch e.(type) {
		case *expression.GetField, *expression.BindVar, *plan.Subquery:
			dependent = true
		}
		return !dependent
	})
	if dependent {
		return nil, sqlerr.Errorf(sqlerr.WrongArguments, "%s takes %s; an argument cannot depend on other rows", n.name, n.usage)
	}
	v, err := a.Eval(ctx, nil)
	if err != nil {
		return nil, err
	}
	text, null, err := rows.Text(ctx, v, a.Type())
	if null || err != nil {
		return nil, err
	}
	return &text, nil
}

// rowsOf reads the data argument with the grammar of EVALUATE MODEL ... ON: a part of the split, a table, or a SELECT, here with or without its parentheses.
func (n *tableNode) rowsOf(text string) (lifecycle.Rows, error) {
	e, err := evaluateOn(text)
	if err != nil {
		inside, again := evaluateOn("(" + text + ")")
		if again != nil {
			return lifecycle.Rows{}, sqlerr.Errorf(sqlerr.WrongArguments, "%s: the rows to measure are 'TEST', 'VALIDATE', 'TRAIN', a table or a SELECT, not '%.80s': %v", n.name, text, err)
		}
		e = inside
	}
	database := ""
	if n.database != nil {
		database, _, _ = strings.Cut(n.database.Name(), "/")
	}
	return lifecycle.Rows{Part: e.Part, Source: e.On, Database: database}, nil
}

// hasPlaceholder tells whether a SELECT that the engine has printed holds a ? of the statement around it.
func hasPlaceholder(query string) (found bool) {
	st, err := ast.Parse(query)
	if err != nil {
		return false // read will say so
	}
	_ = ast.Walk(func(n ast.SQLNode) (bool, error) {
		v, ok := n.(*ast.SQLVal)
		found = found || ok && v.Type == ast.ValArg
		return !found, nil
	}, st)
	return found
}

func evaluateOn(text string) (*mlsql.EvaluateModel, error) {
	statement := "EVALUATE MODEL m ON " + text
	st, end, err := mlsql.Parse(statement)
	if err != nil {
		return nil, err
	}
	e, ok := st.(*mlsql.EvaluateModel)
	if !ok || strings.TrimSpace(statement[end:]) != "" || e.Threshold.IsSet() || e.By != nil || e.Metrics != nil {
		return nil, errors.New("there is more after it")
	}
	return e, nil
}

func (t *tableFunctionOf) Name() string                  { return t.name }
func (t *tableFunctionOf) String() string                { return t.name }
func (t *tableFunctionOf) Resolved() bool                { return true }
func (t *tableFunctionOf) IsReadOnly() bool              { return true }
func (t *tableFunctionOf) Schema() sql.Schema            { return t.schema }
func (t *tableFunctionOf) Children() []sql.Node          { return nil }
func (t *tableFunctionOf) Expressions() []sql.Expression { return nil }
func (t *tableFunctionOf) Database() sql.Database        { return nil }

func (t *tableFunctionOf) WithDatabase(sql.Database) (sql.Node, error) { return t, nil }

func (t *tableFunctionOf) WithExpressions(args ...sql.Expression) (sql.Node, error) {
	return t, noneExpected(t, len(args))
}

func (t *tableFunctionOf) WithChildren(children ...sql.Node) (sql.Node, error) {
	return t, noneExpected(t, len(children))
}

func noneExpected(n sql.Node, got int) error {
	if got != 0 {
		return sql.ErrInvalidChildrenNumber.New(n, got, 0)
	}
	return nil
}

func (n *tableNode) Database() sql.Database        { return n.database }
func (n *tableNode) Expressions() []sql.Expression { return n.args }
func (n *tableNode) Resolved() bool                { return resolved(n.args) }
func (n *tableNode) String() string                { return n.name + "(" + strings.Join(texts(n.args), ", ") + ")" }

func (n *tableNode) WithDatabase(db sql.Database) (sql.Node, error) {
	other := *n
	other.database = db
	return &other, nil
}

func (n *tableNode) WithExpressions(args ...sql.Expression) (sql.Node, error) {
	if len(args) != len(n.args) {
		return nil, sql.ErrInvalidChildrenNumber.New(n, len(args), len(n.args))
	}
	other := *n
	other.args = args
	return &other, nil
}

func (n *tableNode) WithChildren(children ...sql.Node) (sql.Node, error) {
	return n, noneExpected(n, len(children))
}

// CheckAuth lets every call through: EXECUTE on the model is asked for when the model is known, SELECT on the rows when they are read.
func (n *tableNode) CheckAuth(*sql.Context, sql.PrivilegedOperationChecker) bool { return true }

// schemaOf is the schema of a table function.
func schemaOf(function string, columns ...*sql.Column) sql.Schema {
	for _, c := range columns {
		c.Source = function
	}
	return columns
}

func typed(name string, t sql.Type) *sql.Column {
	return &sql.Column{Name: name, Type: t, Nullable: true}
}

// shortText is VARCHAR(255): clients show it in a cell, where they hide a LONGTEXT behind a button.
var shortText = types.MustCreateStringWithDefaults(sqltypes.VarChar, 255)

func text(name string) *sql.Column     { return typed(name, shortText) }
func longText(name string) *sql.Column { return typed(name, types.LongText) }
func integer(name string) *sql.Column  { return typed(name, types.Int64) }
func real(name string) *sql.Column     { return typed(name, types.Float64) }

// number is a DOUBLE: NULL when there is none.
func number(v float64) any {
	if v-v != 0 {
		return nil
	}
	return v
}
