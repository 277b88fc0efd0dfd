package sqlfuncs

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
)

// Nullable is the internal function that the parser puts around each column of a table function: the value of its argument, which may be NULL. The engine takes every column of a
// table function for NOT NULL, tells clients so, and makes such columns of it in CREATE TABLE ... AS SELECT.
const Nullable = "aibms_nullable"

// Columns lists the columns of a table function of ours, by its name; ok is false when there is none of that name.
func Columns(name string) (columns []string, ok bool) {
	t, ok := tables[strings.ToLower(name)]
	if !ok {
		return nil, false
	}
	for _, c := range t.schema {
		columns = append(columns, c.Name)
	}
	return columns, true
}

type nullable struct{ expression.UnaryExpressionStub }

var (
	_ sql.FunctionExpression = (*nullable)(nil)
	_ sql.CollationCoercible = (*nullable)(nil)
)

func newNullable(_ *Functions, _ *sql.Context, args []sql.Expression) (sql.Expression, error) {
	return (&nullable{}).WithChildren(args...)
}

func (n *nullable) Eval(ctx *sql.Context, row sql.Row) (any, error) { return n.Child.Eval(ctx, row) }
func (n *nullable) Type() sql.Type                                  { return n.Child.Type() }
func (n *nullable) IsNullable() bool                                { return true }
func (n *nullable) String() string                                  { return Nullable + "(" + n.Child.String() + ")" }
func (n *nullable) FunctionName() string                            { return Nullable }
func (n *nullable) Description() string                             { return "returns its argument" }

func (n *nullable) CollationCoercibility(ctx *sql.Context) (sql.CollationID, byte) {
	return sql.GetCoercibility(ctx, n.Child)
}

func (n *nullable) WithChildren(args ...sql.Expression) (sql.Expression, error) {
	if len(args) != 1 {
		return nil, sql.ErrInvalidArgumentNumber.New(Nullable, 1, len(args))
	}
	return &nullable{expression.UnaryExpressionStub{Child: args[0]}}, nil
}
