package engine

import (
	"fmt"
	"io"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/dolthub/dolt/go/libraries/doltcore/sqle/dsess"
	"github.com/dolthub/dolt/go/store/hash"
)

// PinRevision is Pin for a revision that is already committed: a branch, tag or commit of database db. It returns the commit's hash.
func (e *Engine) PinRevision(ctx *sql.Context, db, revision, name string) (string, error) {
	r, err := pinRef(name)
	if err != nil {
		return "", err
	}
	ddb, ok := dsess.DSessFromSess(ctx.Session).GetDoltDB(ctx, db)
	if !ok {
		return "", sql.ErrDatabaseNotFound.New(db)
	}
	text, err := e.one(ctx, db, "SELECT HASHOF(?)", revision)
	if err != nil {
		return "", fmt.Errorf("'%s' is no branch, tag or commit of database %s: %w", revision, db, err)
	}
	h, ok := hash.MaybeParse(text)
	if !ok {
		return "", fmt.Errorf("'%s' is no branch, tag or commit of database %s", revision, db)
	}
	if err := ddb.SetHead(ctx, r, h); err != nil {
		return "", err
	}
	return text, nil
}

// Branch is the branch of database db that the session of ctx works on.
func (e *Engine) Branch(ctx *sql.Context, db string) (string, error) {
	return e.one(ctx, db, "SELECT ACTIVE_BRANCH()")
}

// one runs a query for one text, with db as the current database.
func (e *Engine) one(ctx *sql.Context, db, query string, args ...any) (string, error) {
	before := ctx.GetCurrentDatabase()
	ctx.SetCurrentDatabase(db)
	defer ctx.SetCurrentDatabase(before)
	_, iter, err := e.Query(ctx, query, args...)
	if err != nil {
		return "", err
	}
	defer iter.Close(ctx)
	row, err := iter.Next(ctx)
	if err != nil {
		if err == io.EOF {
			err = fmt.Errorf("no result")
		}
		return "", err
	}
	text, _ := row[0].(string)
	return text, nil
}
