package engine

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/dolthub/dolt/go/libraries/doltcore/doltdb"
	"github.com/dolthub/dolt/go/libraries/doltcore/ref"
	"github.com/dolthub/dolt/go/libraries/doltcore/sqle/dsess"
	"github.com/dolthub/dolt/go/store/datas"
)

// Pin keeps the data of database db as the session of ctx sees it now, pending changes included, readable for ever: it makes a commit that is on no branch and holds
// it by an internal ref. Nothing of the user's branch, staging or session changes. It returns the commit's hash, for SELECT ... AS OF 'hash'.
// The same name pinned again moves to the new data. All tables of the database are kept, until Unpin.
//
// Inside a transaction it pins what that transaction wrote, and the pin outlives a rollback: unpin then.
func (e *Engine) Pin(ctx *sql.Context, db, name string) (string, error) {
	r, err := pinRef(name)
	if err != nil {
		return "", err
	}
	sess := dsess.DSessFromSess(ctx.Session)
	ddb, ok := sess.GetDoltDB(ctx, db)
	if !ok {
		return "", sql.ErrDatabaseNotFound.New(db)
	}
	ws, err := sess.WorkingSet(ctx, db)
	if err != nil {
		return "", err
	}
	_, root, err := ddb.WriteRootValue(ctx, ws.WorkingRoot())
	if err != nil {
		return "", err
	}
	head, err := sess.GetHeadCommit(ctx, db)
	if err != nil {
		return "", err
	}
	meta, err := datas.NewCommitMeta("aibms", "aibms@localhost", "pin "+name)
	if err != nil {
		return "", err
	}
	commit, err := ddb.CommitDanglingWithParentCommits(ctx, root, []*doltdb.Commit{head}, meta)
	if err != nil {
		return "", err
	}
	hash, err := commit.HashOf()
	if err != nil {
		return "", err
	}
	if err := ddb.SetHead(ctx, r, hash); err != nil {
		return "", err
	}
	return hash.String(), nil
}

// Unpin gives a pin up, so that garbage collection may free what nothing else holds. A pin that does not exist is no error.
func (e *Engine) Unpin(ctx *sql.Context, db, name string) error {
	r, err := pinRef(name)
	if err != nil {
		return err
	}
	ddb, ok := dsess.DSessFromSess(ctx.Session).GetDoltDB(ctx, db)
	if !ok {
		return sql.ErrDatabaseNotFound.New(db)
	}
	err = ddb.DeleteBranch(ctx, r, nil)
	if errors.Is(err, doltdb.ErrBranchNotFound) {
		return nil
	}
	return err
}

// pinRef is the internal ref of a pin.
func pinRef(name string) (ref.DoltRef, error) {
	if name == "" || strings.ContainsAny(name, "\x00 ~^:?*[\\") {
		return nil, fmt.Errorf("%q cannot name a pin", name)
	}
	return ref.NewInternalRef("aibms/" + name), nil
}
