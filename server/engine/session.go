package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/planbuilder"
	"github.com/dolthub/go-mysql-server/sql/rowexec"
	"github.com/dolthub/vitess/go/mysql"
)

// firstInternalConnection is the id of the first internal session; clients count from 1.
const firstInternalConnection = 1 << 30

// Session opens a session that no client sits behind, for the server's own work. It stands in SHOW PROCESSLIST with label as its statement and can be
// killed: then its context ends. user "" is the internal account, which may do everything; another user's session has that user's privileges. db may
// be empty. The returned function ends the session and must be called; what it left uncommitted is rolled back. Until then garbage collection waits for the
// session: keep it short, or call sql.SessionCommandSafepoint on it between pieces of work.
func (e *Engine) Session(ctx context.Context, user, host, db, label string) (*sql.Context, func(), error) {
	internal := user == ""
	if internal {
		user, host = InternalUser, internalHost
		if err := e.internalAccount(); err != nil { // somebody may have dropped it
			return nil, nil, err
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	c := &mysql.Conn{
		Conn:         &noConn{kill: cancel},
		ConnectionID: e.nextConn.Add(1),
		User:         user,
		UserData:     sql.MysqlConnectionUser{User: user, Host: host},
	}
	sessions := e.server.SessionManager()
	sessions.AddConn(c)
	if internal {
		e.internal.Store(c.ConnectionID, struct{}{})
	}
	var undo []func()
	undo = append(undo, func() {
		sessions.RemoveConn(c)
		e.internal.Delete(c.ConnectionID)
		cancel()
	})
	var once sync.Once
	end := func() {
		once.Do(func() {
			for i := len(undo) - 1; i >= 0; i-- {
				undo[i]()
			}
		})
	}
	fail := func(err error) (*sql.Context, func(), error) {
		end()
		return nil, nil, fmt.Errorf("cannot open an internal session: %w", err)
	}
	if err := sessions.ConnReady(ctx, c); err != nil {
		return fail(err)
	}
	if db != "" {
		if err := sessions.SetDB(ctx, c, db); err != nil {
			return fail(err)
		}
	}
	sctx, err := sessions.NewContextWithQuery(ctx, c, label)
	if err != nil {
		return fail(err)
	}
	if sctx, err = sctx.ProcessList.BeginQuery(sctx, label); err != nil {
		return fail(err)
	}
	undo = append(undo, func() { sctx.ProcessList.EndQuery(sctx) })
	if err := sql.SessionCommandBegin(sctx.Session); err != nil {
		return fail(err)
	}
	undo = append(undo, func() { sql.SessionCommandEnd(sctx.Session) })
	return sctx, end, nil
}

// Query binds, analyses and runs one statement inside the session and the transaction of ctx, under its user's privileges, and commits nothing. A
// statement that returns no rows has run when its iterator has been read to the end. The iterator must be closed.
func (e *Engine) Query(ctx *sql.Context, query string, args ...any) (sql.Schema, sql.RowIter, error) {
	stmt, _, err := e.gms.Parser.ParseOneWithOptions(ctx, sql.RemoveSpaceAndDelimiter(query, ';'), sql.LoadSqlMode(ctx).ParserOptions())
	if err != nil {
		return nil, nil, err
	}
	if err := begin(ctx); err != nil {
		return nil, nil, err
	}
	b := planbuilder.New(ctx, e.Catalog(), e.gms.EventScheduler)
	if len(args) > 0 {
		values := make(map[string]sql.Expression, len(args))
		for i, a := range args {
			if values[fmt.Sprintf("v%d", i+1)], err = literal(a); err != nil {
				return nil, nil, fmt.Errorf("value %d of the statement: %w", i+1, err)
			}
		}
		b.SetBindingsWithExpr(values)
	}
	node, flags, err := b.BindOnly(stmt, query, nil)
	if err != nil {
		return nil, nil, err
	}
	node, err = e.gms.Analyzer.Analyze(ctx, node, nil, flags)
	if err != nil {
		return nil, nil, err
	}
	iter, err := e.gms.Analyzer.ExecBuilder.Build(ctx, node, nil)
	if err != nil {
		return nil, nil, err
	}
	iter, schema := rowexec.AddAccumulatorIter(ctx, iter)
	iter = rowexec.AddTriggerRollbackIter(ctx, flags, iter)
	iter = rowexec.AddExpressionCloser(node, iter)
	if schema == nil {
		schema = node.Schema()
	}
	return schema, iter, nil
}

// Run is Query for a statement whose rows do not matter: it reads them to the end.
func (e *Engine) Run(ctx *sql.Context, query string, args ...any) error {
	_, iter, err := e.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	for err == nil {
		_, err = iter.Next(ctx)
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if closed := iter.Close(ctx); err == nil {
		err = closed
	}
	return err // as it is: the engine's kinds of errors are not found in a joined one
}

// Write runs the statements in one transaction of an internal session, then makes a storage commit of db with message: all or nothing. With db empty it
// commits the SQL transaction alone, for CREATE DATABASE and the like. Writers take turns; one transaction cannot write two databases.
func (e *Engine) Write(ctx context.Context, db, message string, statements []Statement) error {
	e.writers.Lock()
	defer e.writers.Unlock()
	sctx, end, err := e.Session(ctx, "", "", db, "write: "+message)
	if err != nil {
		return err
	}
	defer end()
	if err := sctx.SetSessionVariable(sctx, sql.AutoCommitSessionVar, int8(0)); err != nil {
		return err
	}
	for _, s := range statements {
		if err := e.Run(sctx, s.Query, s.Args...); err != nil {
			return fmt.Errorf("%s: %w", message, err)
		}
	}
	if db == "" {
		return e.commit(sctx)
	}
	err = e.Run(sctx, "CALL dolt_commit('-A', '--skip-empty', '--author', 'aibms <aibms@localhost>', '-m', ?)", message)
	if err != nil {
		return fmt.Errorf("%s: commit: %w", message, err)
	}
	return nil
}

// commit commits the transaction of ctx.
func (e *Engine) commit(ctx *sql.Context) error {
	ts, ok := ctx.Session.(sql.TransactionSession)
	if !ok || ctx.GetTransaction() == nil {
		return nil
	}
	err := ts.CommitTransaction(ctx, ctx.GetTransaction())
	ctx.SetTransaction(nil)
	return err
}

// noConn stands where a session's network connection would: closing it, which is what KILL does, ends the session's context.
type noConn struct{ kill func() }

func (c *noConn) Read([]byte) (int, error)         { return 0, io.EOF }
func (c *noConn) Write(b []byte) (int, error)      { return len(b), nil }
func (c *noConn) Close() error                     { c.kill(); return nil }
func (c *noConn) LocalAddr() net.Addr              { return noAddr }
func (c *noConn) RemoteAddr() net.Addr             { return noAddr }
func (c *noConn) SetDeadline(time.Time) error      { return nil }
func (c *noConn) SetReadDeadline(time.Time) error  { return nil }
func (c *noConn) SetWriteDeadline(time.Time) error { return nil }

var noAddr = &net.UnixAddr{Name: "internal", Net: "unix"}
