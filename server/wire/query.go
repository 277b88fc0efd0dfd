package wire

import (
	"context"
	"errors"
	"io"
	"time"

	gms "github.com/dolthub/go-mysql-server"
	"github.com/dolthub/go-mysql-server/server"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/mysql"
	"github.com/dolthub/vitess/go/sqltypes"
	querypb "github.com/dolthub/vitess/go/vt/proto/query"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"aibms/internal/safego"
)

// statement is what a client wants executed.
type statement struct {
	text     string
	multi    bool                             // further statements may follow in text
	bindings map[string]*querypb.BindVariable // values of a prepared statement
}

// Bind gives the handler what it executes statements with. It is called once, before the first client.
func (h *Handler) Bind(e *gms.Engine, s *server.SessionManager) { h.engine, h.sessions = e, s }

// stock tells whether the engine's own handler executes statements.
func (h *Handler) stock() bool { return h.engine == nil || h.options.Stock != nil && h.options.Stock() }

// query executes a text command. rest is what follows its first statement.
func (h *Handler) query(ctx context.Context, c *mysql.Conn, text string, multi bool, send mysql.ResultSpoolFn) (rest string, err error) {
	k := h.conn(c)
	if k == nil {
		return "", shutdownError()
	}
	k.door.link.loading.Store(true)
	defer k.door.link.loading.Store(false)
	w := watched(ctx, k.door.link)
	defer w.stop()
	a := &answer{c: c, send: readable(send)}
	err = h.command(c, text, func() (err error) {
		switch {
		case !h.stock():
			rest, err = h.execute(w, c, statement{text: text, multi: multi}, a.pass)
		case multi:
			rest, err = h.inner.ComMultiQuery(w, c, text, readable(send))
		default:
			err = h.inner.ComQuery(w, c, text, readable(send))
		}
		return err
	})
	if err != nil {
		rest = ""
	}
	return rest, a.end(err)
}

// executePrepared executes a prepared statement with the values that the connection has read for it.
func (h *Handler) executePrepared(w *watch, c *mysql.Conn, p *mysql.PrepareData, a *answer) error {
	if h.stock() {
		return h.inner.ComStmtExecute(w, c, p, func(r *sqltypes.Result) error { return a.send(r, false) })
	}
	_, err := h.execute(w, c, statement{text: p.PrepareStmt, bindings: p.BindVars}, a.pass)
	return err
}

// execute runs the first statement of s in the session of its connection and sends what it answers. rest is the text that follows it.
func (h *Handler) execute(w *watch, c *mysql.Conn, s statement, send mysql.ResultSpoolFn) (rest string, err error) {
	ctx, err := h.sessions.NewContextWithQuery(w, c, s.text)
	if err != nil {
		return "", err
	}
	if ctx, err = ctx.ProcessList.BeginQuery(ctx, s.text); err != nil {
		return "", err
	}
	defer ctx.ProcessList.EndQuery(ctx)
	if err := sql.SessionCommandBegin(ctx.Session); err != nil {
		return "", err
	}
	defer sql.SessionCommandEnd(ctx.Session)
	defer func() { w.link.set(limitsOf(ctx, ctx.Session)) }()

	var timer *time.Timer
	if limit := executionLimit(ctx, s.text); limit > 0 {
		timer = time.AfterFunc(limit, func() { w.cancel(errTimeOver) })
		defer timer.Stop()
	}
	defer func() {
		if err == nil {
			return
		}
		switch context.Cause(ctx) { // a statement says in many ways that it was stopped
		case errTimeOver:
			err = timedOut()
		case context.Canceled:
			err = interrupted()
		}
		ctx.GetLogger().WithError(err).Warn("error running query")
	}()

	var parsed sqlparser.Statement
	if s.multi {
		if _, prepared := h.engine.PreparedDataCache.GetCachedStmt(ctx.Session.ID(), s.text); !prepared {
			var first string
			// A text that cannot be parsed, an empty one too, is left to the engine, which parses it again and knows what to say.
			parsed, first, rest, _ = h.engine.Parser.Parse(ctx, s.text, true)
			if first != "" {
				s.text = first
			}
		}
	}
	more := rest != ""
	values, err := expressions(s.bindings)
	if err != nil {
		return "", err
	}
	schema, iter, flags, err := h.engine.QueryWithBindings(ctx, s.text, parsed, values, &sql.QueryFlags{})
	if err != nil {
		return "", err
	}
	pass := func(r *sqltypes.Result) error { return send(r, more) }
	if schema != nil && !types.IsOkResultSchema(schema) {
		// A statement that gives one row at most is not read in the storage's own form, which is for many.
		return rest, sendRows(ctx, w, c, schema, iter, !analyzer.FlagIsSet(flags, sql.QFlagMax1Row), pass)
	}
	if timer != nil { // no SELECT after all: WITH ... UPDATE
		timer.Stop()
	}
	r, err := exhaust(ctx, schema, iter)
	if err != nil {
		return "", err
	}
	if err := setStatus(ctx, c); err != nil {
		return "", err
	}
	return rest, pass(r)
}

// expressions are the values of a prepared statement as the planner takes them.
func expressions(bindings map[string]*querypb.BindVariable) (map[string]sqlparser.Expr, error) {
	out := make(map[string]sqlparser.Expr, len(bindings))
	for name, b := range bindings {
		v, err := sqltypes.BindVariableToValue(b)
		if err != nil {
			return nil, err
		}
		if out[name], err = sqlparser.ExprFromValue(v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// exhaust runs a statement that gives no rows: one OK result, or nothing at all when it has no schema. A statement that fails is not closed, since closing commits.
func exhaust(ctx *sql.Context, schema sql.Schema, iter sql.RowIter) (*sqltypes.Result, error) {
	r := &sqltypes.Result{}
	if schema != nil {
		row, err := iter.Next(ctx)
		if err != nil {
			return nil, err
		}
		r = okResult(row)
	}
	if _, err := iter.Next(ctx); err == nil {
		return nil, errors.New("a statement that answers OK gave rows as well")
	} else if err != io.EOF {
		return nil, err
	}
	return r, iter.Close(ctx)
}

// okResult is the result of a statement that gives no rows.
func okResult(row sql.Row) *sqltypes.Result {
	ok := row[0].(types.OkResult)
	r := &sqltypes.Result{RowsAffected: ok.RowsAffected, InsertID: ok.InsertID}
	if ok.Info != nil {
		r.Info = ok.Info.String()
	}
	return r
}

var errFailed = errors.New("the statement has failed")

// sendRows runs a statement that gives rows and sends them as they come.
func sendRows(ctx *sql.Context, w *watch, c *mysql.Conn, schema sql.Schema, iter sql.RowIter, byValue bool, send func(*sqltypes.Result) error) error {
	s := &spool{fields: columns(ctx, schema), send: send, cancel: w.cancel}
	if !w.link.cursor.Load() {
		s.flush = c.FlushBuffer
	}
	calm := func() bool { return true }
	s.begin = func() { calm = context.AfterFunc(ctx, func() { w.link.hurry(w.turn) }) }
	through := false
	defer func() {
		if !through { // what closing would still do, committing above all, is not done for a statement that failed or panicked
			w.cancel(errFailed)
			_ = safego.Run(func() error { return iter.Close(ctx) })
		}
		s.halt()
		calm()
	}()
	if err := s.fill(ctx, schema, iter, byValue); err != nil {
		return err
	}
	through = true
	if err := iter.Close(ctx); err != nil {
		return err
	}
	s.halt()
	if err := setStatus(ctx, c); err != nil {
		return err
	}
	return s.rest()
}

// setStatus tells the client, in the flags of the last packet, whether it is in a transaction and whether statements commit by themselves.
func setStatus(ctx *sql.Context, c *mysql.Conn) error {
	v, err := ctx.GetSessionVariable(ctx, sql.AutoCommitSessionVar)
	if err != nil {
		return err
	}
	autocommit, err := sql.ConvertToBool(ctx, v)
	if err != nil {
		return err
	}
	flag := func(f uint16, on bool) {
		c.StatusFlags &^= f
		if on {
			c.StatusFlags |= f
		}
	}
	flag(uint16(mysql.ServerStatusAutocommit), autocommit)
	flag(uint16(mysql.ServerInTransaction), ctx.GetTransaction() != nil)
	return nil
}

// columns describes the columns of a result to the client.
func columns(ctx *sql.Context, schema sql.Schema) []*querypb.Field {
	results := ctx.GetCharacterSetResults()
	fields := make([]querypb.Field, len(schema))
	out := make([]*querypb.Field, len(schema))
	for i, c := range schema {
		f := &fields[i]
		out[i] = f
		f.Name, f.OrgName, f.Table, f.OrgTable, f.Database = c.Name, c.Name, c.Source, c.Source, c.DatabaseSource
		f.Type = c.Type.Type()
		f.ColumnLength = c.Type.MaxTextResponseByteLength(ctx)

		collated, ok := c.Type.(sql.TypeWithCollation)
		switch { // binary types have a binary character set whatever the client asks for
		case types.IsBinaryType(c.Type):
			f.Charset = uint32(sql.Collation_binary)
		case results != sql.CharacterSet_Unspecified:
			f.Charset = uint32(results)
		case ok:
			f.Charset = uint32(collated.Collation().CharacterSet())
		default:
			f.Charset = uint32(sql.Collation_Default.CharacterSet())
		}

		flag := func(flag querypb.MySqlFlag, on bool) {
			if on {
				f.Flags |= uint32(flag)
			}
		}
		flag(querypb.MySqlFlag_NOT_NULL_FLAG, !c.Nullable)
		flag(querypb.MySqlFlag_AUTO_INCREMENT_FLAG, c.AutoIncrement)
		flag(querypb.MySqlFlag_PRI_KEY_FLAG, c.PrimaryKey)
		flag(querypb.MySqlFlag_UNSIGNED_FLAG, types.IsUnsigned(c.Type))

		if t, ok := c.Type.(sql.DecimalType); ok && types.IsDecimal(c.Type) {
			f.Decimals = uint32(t.Scale())
		} else if t, ok := c.Type.(sql.DatetimeType); ok && types.IsDatetimeType(c.Type) {
			f.Decimals = uint32(t.Precision())
		}
	}
	return out
}
