package sqlfuncs

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"

	"aibms/server/mlsql"
	"aibms/server/sqlerr"
)

// ByName is the internal function that the parser puts in the place of a call that finds its features by name in a row. Its arguments: the function's name, the model,
// the table that the columns are of (as the call has it) or NULL, the names of the columns (joined by Separator), the class or NULL, then the columns themselves.
const ByName = "aibms_predict_by_name"

// Separator joins the names of columns in an argument of ByName.
const Separator = "\x00"

const fixedByName = 5 // arguments of ByName before the columns

// byName binds a call that the parser has rewritten. The parser's columns may be those of an older version, when a prepared statement outlived a DEPLOY: they are taken by
// name, never by position, and one that is missing is an error.
func byName(f *Functions, ctx *sql.Context, args []sql.Expression) (sql.Expression, error) {
	unknown := sql.ErrFunctionNotFound.New(ByName) // for a user who calls it
	if len(args) < fixedByName {
		return nil, unknown
	}
	var texts [4]string
	for i := range texts {
		literal, ok := args[i].(*expression.Literal)
		if !ok {
			return nil, unknown
		}
		v, err := literal.Eval(ctx, nil)
		if err != nil {
			return nil, err
		}
		texts[i], ok = v.(string)
		if !ok && i != 2 {
			return nil, unknown
		}
	}
	function, name, table, names := texts[0], texts[1], texts[2], strings.Split(texts[3], Separator)
	o, ok := outputOf(function)
	if !ok || len(names) != len(args)-fixedByName {
		return nil, unknown
	}
	d, err := f.resolve(ctx, o, name)
	if err != nil {
		return nil, err
	}
	var b binding
	var shown []string
	if literal, ok := args[4].(*expression.Literal); !ok || literal.Value() != nil {
		b.class = args[4]
		shown = append(shown, b.class.String())
	}
	if table != "" {
		shown = append(shown, mlsql.QuoteName(table))
	}
	b.text = callText(o, name, shown)
	given := map[string]sql.Expression{}
	for i, name := range names {
		given[strings.ToLower(name)] = args[fixedByName+i]
	}
	for _, c := range d.predictor.Columns {
		e, ok := given[strings.ToLower(c.Name)]
		if !ok {
			return nil, sqlerr.Errorf(sqlerr.NeedReprepare, "%s('%s'): version %d, deployed since this statement was prepared, reads column %s as well; prepare the statement again", o, name, d.version.Number, c.Name)
		}
		b.args = append(b.args, e)
	}
	return f.newCall(ctx, o, d, b)
}
