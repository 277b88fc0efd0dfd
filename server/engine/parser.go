package engine

import (
	"context"
	"errors"
	"log/slog"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/mysql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"aibms/internal/safego"
	"aibms/server/complexity"
)

// parser refuses statements that are too complex to be planned, and gives the errors of another parser MySQL's number 1064. The engine keeps nothing of an error but its text; a number written into the text
// (as *mysql.SQLError does) is found again by whoever answers the client.
// A panic in the parser, which the engine also calls where nobody catches one, becomes an error.
type parser struct{ inner sql.Parser }

var _ sql.Parser = parser{}

// ParseSimple implements sql.Parser.
func (p parser) ParseSimple(query string) (s sqlparser.Statement, err error) {
	err = guarded(query, func() (err error) { s, err = p.inner.ParseSimple(query); return err })
	return s, err
}

// Parse implements sql.Parser.
func (p parser) Parse(ctx *sql.Context, query string, multi bool) (s sqlparser.Statement, parsed, rest string, err error) {
	err = guarded(query, func() (err error) { s, parsed, rest, err = p.inner.Parse(ctx, query, multi); return err })
	return s, parsed, rest, err
}

// ParseWithOptions implements sql.Parser.
func (p parser) ParseWithOptions(ctx context.Context, query string, delimiter rune, multi bool, o sqlparser.ParserOptions) (s sqlparser.Statement, parsed, rest string, err error) {
	err = guarded(query, func() (err error) {
		s, parsed, rest, err = p.inner.ParseWithOptions(ctx, query, delimiter, multi, o)
		return err
	})
	return s, parsed, rest, err
}

// ParseOneWithOptions implements sql.Parser.
func (p parser) ParseOneWithOptions(ctx context.Context, query string, o sqlparser.ParserOptions) (s sqlparser.Statement, end int, err error) {
	err = guarded(query, func() (err error) { s, end, err = p.inner.ParseOneWithOptions(ctx, query, o); return err })
	return s, end, err
}

// guarded parses with f: a statement that nests too deep is refused, a panic becomes an error, and an error has its number.
func guarded(query string, f func() error) error {
	if err := complexity.Check(query); err != nil {
		return mysql.NewSQLError(1436, "HY000", "%v", err)
	}
	err := safego.Run(f)
	var p *safego.PanicError
	if errors.As(err, &p) {
		slog.Error("the parser panicked", "panic", p.Value, "stack", string(p.Stack))
		return mysql.NewSQLError(mysql.ERUnknownError, "HY000", "%v", p)
	}
	return syntaxError(err)
}

func syntaxError(err error) error {
	var own *mysql.SQLError
	if err == nil || errors.Is(err, sqlparser.ErrEmpty) || errors.As(err, &own) {
		return err
	}
	return mysql.NewSQLError(mysql.ERParseError, "42000", "you have an error in your SQL syntax: %s", err.Error())
}
