package exec

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/types"
	ast "github.com/dolthub/vitess/go/vt/sqlparser"

	"aibms/server/mlsql"
	"aibms/server/rows"
	"aibms/server/sqlerr"
)

// InjectExec makes CALL ml_exec('statement' [, value ...]) the statement itself, with its own columns: for clients that decide by the first word, and for prepared
// statements, where the text may be a placeholder.
func (e *Env) InjectExec(params []ast.Expr) ast.Statement {
	return ast.InjectedStatement{
		Auth:      ast.AuthInformation{AuthType: ast.AuthType_IGNORE, TargetType: ast.AuthTargetType_Ignore},
		Statement: &execCall{e},
		Children:  params,
	}
}

type execCall struct{ env *Env }

// WithResolvedChildren takes the text when it is known: at once for a literal, at execution for a placeholder.
func (c *execCall) WithResolvedChildren(children []any) (any, error) {
	if len(children) == 0 {
		return nil, sqlerr.Errorf(sqlerr.WrongArguments, "ml_exec takes a statement and the values of its placeholders: CALL ml_exec('TRAIN MODEL m')")
	}
	if _, ok := children[0].(*expression.BindVar); ok {
		return &unknown{}, nil
	}
	e, ok := children[0].(sql.Expression)
	if !ok {
		return nil, fmt.Errorf("argument of type %T", children[0])
	}
	ctx := sql.NewEmptyContext()
	v, err := e.Eval(ctx, nil)
	if err != nil || v == nil {
		return nil, sqlerr.Errorf(sqlerr.WrongArguments, "ml_exec: the statement must be a literal or a placeholder")
	}
	text, _, err := rows.Text(ctx, v, e.Type())
	if err != nil {
		return nil, err
	}
	if err := execText(text); err != nil {
		return nil, err
	}
	return (&statement{c.env, text}).WithResolvedChildren(children[1:])
}

// execText refuses what ml_exec does not run.
func execText(text string) error {
	if !mlsql.Owns(text) {
		return sqlerr.Errorf(sqlerr.WrongArguments, "ml_exec runs the statements of AIBMS (TRAIN MODEL, DEPLOY MODEL ...), not '%.80s'", text)
	}
	_, end, err := mlsql.Parse(text)
	if err != nil {
		return sqlerr.Map(err)
	}
	if rest := strings.TrimSpace(text[end:]); rest != "" {
		return sqlerr.Errorf(sqlerr.WrongArguments, "ml_exec runs one statement, and there is more after it: '%.80s'", rest)
	}
	return nil
}

// unknown stands for a statement whose text is not known yet: it has no columns, as a CALL that is being prepared.
type unknown struct{}

func (*unknown) Resolved() bool                                     { return true }
func (*unknown) IsReadOnly() bool                                   { return false }
func (*unknown) String() string                                     { return "CALL ml_exec(?)" }
func (*unknown) Children() []sql.Node                               { return nil }
func (*unknown) Schema() sql.Schema                                 { return nil }
func (u *unknown) WithChildren(...sql.Node) (sql.Node, error)       { return u, nil }
func (*unknown) RowIter(*sql.Context, sql.Row) (sql.RowIter, error) { return sql.RowsToRowIter(), nil }

// Procedures is ml_exec as a stored procedure, for the bodies of procedures and events, where the columns of its result must be known before the statement is: it
// returns one JSON array with an object a row.
func (e *Env) Procedures() []sql.ExternalStoredProcedureDetails {
	return []sql.ExternalStoredProcedureDetails{{
		Name:   "ml_exec",
		Schema: sql.Schema{column("result", types.JSON)},
		Function: func(ctx *sql.Context, text string, values ...string) (sql.RowIter, error) {
			return e.execInBody(ctx, text, values)
		},
	}}
}

func (e *Env) execInBody(ctx *sql.Context, text string, values []string) (sql.RowIter, error) {
	if err := execText(text); err != nil {
		return nil, err
	}
	params := make([]any, len(values))
	for i, v := range values {
		params[i] = expression.NewLiteral(v, types.LongText)
	}
	inBody := *e
	inBody.inBody = true
	built, err := (&statement{&inBody, text}).WithResolvedChildren(params)
	if err != nil {
		return nil, err
	}
	n := built.(*node)
	iter, err := n.RowIter(ctx, nil)
	if err != nil {
		return nil, err
	}
	result := []map[string]any{}
	for n.schema != nil {
		row, err := iter.Next(ctx)
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		object := map[string]any{}
		for i, c := range n.schema {
			object[c.Name] = jsonValue(row[i])
		}
		result = append(result, object)
	}
	b, err := json.Marshal(result)
	if err != nil {
		return nil, err
	}
	doc, _, err := types.JSON.Convert(ctx, string(b))
	if err != nil {
		return nil, err
	}
	return sql.RowsToRowIter(sql.NewRow(doc)), nil
}

// jsonValue is a value as MySQL puts it into JSON.
func jsonValue(v any) any {
	if t, ok := v.(time.Time); ok {
		return t.Format("2006-01-02 15:04:05.000000")
	}
	return v
}
