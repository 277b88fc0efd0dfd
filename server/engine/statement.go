package engine

import (
	"context"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/mysql"
)

// Context returns a context for one statement of a client, in the client's session. It does not stand in the process list before BeginStatement.
func (e *Engine) Context(ctx context.Context, c *mysql.Conn, query string) (*sql.Context, error) {
	return e.server.SessionManager().NewContextWithQuery(ctx, c, query)
}

// firstAgain is the first number of a statement that Again makes; the engine's own count from 1.
const firstAgain = 1 << 63

// Again returns a context for the next execution of the statement that ctx was made for by Context: for a small part of the cost. The session must still be the same.
func (e *Engine) Again(ctx *sql.Context) *sql.Context {
	next := ctx.WithContext(ctx.Context)
	next.ApplyOpts(sql.WithPid(firstAgain + e.nextAgain.Add(1)))
	next.SetQueryTime(sql.Now())
	return next
}

// BeginStatement begins a statement of a client as the engine's own handler begins one: SHOW PROCESSLIST shows it, KILL ends the context that is returned, and garbage
// collection waits for it. When it succeeds, EndStatement must be called with that context.
func (e *Engine) BeginStatement(ctx *sql.Context) (*sql.Context, error) {
	running, err := ctx.ProcessList.BeginQuery(ctx, ctx.Query())
	if err != nil {
		return nil, err
	}
	if err := sql.SessionCommandBegin(running.Session); err != nil {
		running.ProcessList.EndQuery(running)
		return nil, err
	}
	return running, nil
}

// EndStatement ends what BeginStatement has begun.
func (e *Engine) EndStatement(ctx *sql.Context) {
	sql.SessionCommandEnd(ctx.Session)
	ctx.ProcessList.EndQuery(ctx)
}
