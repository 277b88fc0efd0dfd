package engine_test

import (
	"context"
	"testing"

	gms "github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"aibms/server/engine"
)

// breakable is a parser that panics at one word.
type breakable struct{ gms.Parser }

func (p breakable) ParseWithOptions(ctx context.Context, q string, d rune, multi bool, o sqlparser.ParserOptions) (sqlparser.Statement, string, string, error) {
	if q == "SELECT broken" {
		panic("broken")
	}
	return p.Parser.ParseWithOptions(ctx, q, d, multi, o)
}

func TestPanicInTheParser(t *testing.T) {
	e := start(t, engine.Config{}, engine.Seams{Parser: breakable{gms.NewMysqlParser()}})
	root := connect(t, e, "root", "")
	fails(t, root, 1105, "SELECT broken")
	fails(t, root, 1064, "SELEKT 1")
	if got := one(t, root, "SELECT 1"); got != "1" {
		t.Error(got)
	}
	must(t, root, "", " ; ", "-- nothing")
}
