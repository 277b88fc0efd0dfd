package exec

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/sqltypes"

	"aibms/internal/safego"
	"aibms/server/mlsql"
	"aibms/server/rows"
	"aibms/server/sqlerr"
)

// statement is a parsed statement before its placeholders are bound. It is immutable: prepared statements build it again at each execution.
type statement struct {
	env  *Env
	text string
}

// WithResolvedChildren is called by the plan builder with the bound placeholders.
func (s *statement) WithResolvedChildren(children []any) (any, error) {
	st, _, err := mlsql.Parse(s.text)
	if err != nil {
		return nil, sqlerr.Map(err)
	}
	values, bound, err := literals(children)
	if err != nil {
		return nil, err
	}
	if bound {
		if err := mlsql.Bind(st, values); err != nil {
			return nil, sqlerr.Errorf(sqlerr.WrongArguments, "%v", err)
		}
	}
	p, err := s.env.plan(st, values)
	if err != nil {
		return nil, sqlerr.Map(err)
	}
	if !bound {
		p.run = func(*sql.Context) ([]sql.Row, error) {
			return nil, sqlerr.Errorf(sqlerr.WrongArguments, "the statement has placeholders without values")
		}
	}
	return &node{plan: p, env: s.env, text: st.String()}, nil
}

// literals turns bound placeholders into values; bound is false while a statement is only being prepared.
func literals(children []any) (values []mlsql.Value, bound bool, err error) {
	for _, c := range children {
		e, ok := c.(sql.Expression)
		if !ok {
			return nil, false, fmt.Errorf("placeholder of type %T", c)
		}
		if _, ok := e.(*expression.BindVar); ok {
			return nil, false, nil
		}
		ctx := sql.NewEmptyContext()
		v, err := e.Eval(ctx, nil)
		if err != nil {
			return nil, false, err
		}
		value, err := valueOf(ctx, v, e.Type())
		if err != nil {
			return nil, false, err
		}
		values = append(values, value)
	}
	return values, true, nil
}

func valueOf(ctx *sql.Context, v any, t sql.Type) (mlsql.Value, error) {
	switch x := v.(type) {
	case nil:
		return mlsql.Value{Kind: mlsql.Null, Text: "NULL"}, nil
	case bool:
		return mlsql.Value{Kind: mlsql.Bool, Text: map[bool]string{true: "TRUE", false: "FALSE"}[x]}, nil
	case float64:
		return mlsql.Value{Kind: mlsql.Number, Text: strconv.FormatFloat(x, 'g', -1, 64)}, nil
	}
	text, _, err := rows.Text(ctx, v, t)
	if err != nil {
		return mlsql.Value{}, err
	}
	if types.IsNumber(t) {
		return mlsql.Value{Kind: mlsql.Number, Text: text}, nil
	}
	return mlsql.Value{Kind: mlsql.String, Text: text}, nil
}

// node is the executable form of a statement.
type node struct {
	*plan
	env  *Env
	text string
}

var (
	_ sql.ExecSourceRel            = (*node)(nil)
	_ sql.AuthorizationCheckerNode = (*node)(nil)
)

func (n *node) Resolved() bool       { return true }
func (n *node) IsReadOnly() bool     { return n.readOnly }
func (n *node) String() string       { return n.text }
func (n *node) Children() []sql.Node { return nil }

func (n *node) Schema() sql.Schema {
	if n.schema == nil {
		return types.OkResultSchema
	}
	return n.schema
}

func (n *node) WithChildren(children ...sql.Node) (sql.Node, error) {
	if len(children) != 0 {
		return nil, sql.ErrInvalidChildrenNumber.New(n, len(children), 0)
	}
	return n, nil
}

// CheckAuth lets every statement through: each asks for its own privileges when it runs, where it knows its model.
func (n *node) CheckAuth(*sql.Context, sql.PrivilegedOperationChecker) bool { return true }

// RowIter runs a statement that answers OK at once, and any other when its first row is asked for: by then the server watches the connection, so a client
// that goes away ends the statement.
func (n *node) RowIter(ctx *sql.Context, _ sql.Row) (sql.RowIter, error) {
	if n.schema != nil {
		return &lazyRows{node: n}, nil
	}
	if _, err := n.execute(ctx); err != nil {
		return nil, err
	}
	return sql.RowsToRowIter(sql.NewRow(types.NewOkResult(0))), nil
}

// execute runs the statement; a panic in it is an error to its sender.
func (n *node) execute(ctx *sql.Context) (out []sql.Row, err error) {
	err = safego.Run(func() error {
		if n.commits {
			if err := commitImplicitly(ctx); err != nil {
				return err
			}
		}
		out, err = n.run(ctx)
		return err
	})
	n.env.Changed(ctx)
	var p *safego.PanicError
	if errors.As(err, &p) {
		ctx.GetLogger().WithField("stack", string(p.Stack)).Errorf("panic in %s: %v", n.text, p.Value)
	}
	if err != nil {
		if n.env.stopped(err) {
			return nil, sqlerr.Errorf(sqlerr.Shutdown, "Server shutdown in progress")
		}
		if ctx.Err() != nil {
			return nil, sqlerr.Errorf(sqlerr.Interrupted, "Query execution was interrupted")
		}
		return nil, sqlerr.Map(err)
	}
	return out, nil
}

// commitImplicitly ends the transaction of the session, as MySQL's DDL does, and begins the next: what the statement reads from here on is committed.
func commitImplicitly(ctx *sql.Context) error {
	ts, ok := ctx.Session.(sql.TransactionSession)
	if !ok {
		return nil
	}
	if tx := ctx.GetTransaction(); tx != nil {
		if err := ts.CommitTransaction(ctx, tx); err != nil {
			return err
		}
	}
	tx, err := ts.StartTransaction(ctx, sql.ReadWrite)
	if err != nil {
		return err
	}
	ctx.SetTransaction(tx)
	ctx.SetIgnoreAutoCommit(false)
	return nil
}

// lazyRows runs its statement at the first Next.
type lazyRows struct {
	node *node
	ran  bool
	rows []sql.Row
}

func (l *lazyRows) Next(ctx *sql.Context) (sql.Row, error) {
	if !l.ran {
		l.ran = true
		rows, err := l.node.execute(ctx)
		if err != nil {
			return nil, err
		}
		l.rows = rows
	}
	if len(l.rows) == 0 {
		return nil, io.EOF
	}
	row := l.rows[0]
	l.rows = l.rows[1:]
	return row, nil
}

func (l *lazyRows) Close(*sql.Context) error { return nil }

// Columns of results.

func column(name string, t sql.Type) *sql.Column {
	return &sql.Column{Name: name, Type: t, Nullable: true}
}

// shortText is VARCHAR(255): clients show it in a cell, where they hide a LONGTEXT behind a button.
var shortText = types.MustCreateStringWithDefaults(sqltypes.VarChar, 255)

func text(name string) *sql.Column     { return column(name, shortText) }
func longText(name string) *sql.Column { return column(name, types.LongText) }
func integer(name string) *sql.Column  { return column(name, types.Int64) }
func real(name string) *sql.Column     { return column(name, types.Float64) }
func boolean(name string) *sql.Column  { return column(name, types.Boolean) }
func moment(name string) *sql.Column   { return column(name, types.DatetimeMaxPrecision) }

// number is a DOUBLE value: NULL when there is none.
func number(v float64) any {
	if v != v {
		return nil
	}
	return v
}

// instant is a DATETIME value: NULL when there is none.
func instant(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

// orNull is NULL for an empty text.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// truth is a BOOLEAN value.
func truth(b bool) any {
	if b {
		return int8(1)
	}
	return int8(0)
}
