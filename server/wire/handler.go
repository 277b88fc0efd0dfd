package wire

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	gms "github.com/dolthub/go-mysql-server"
	"github.com/dolthub/go-mysql-server/server"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/mysql"
	"github.com/dolthub/vitess/go/sqltypes"
	querypb "github.com/dolthub/vitess/go/vt/proto/query"
	"github.com/dolthub/vitess/go/vt/sqlparser"
)

// Hooks tell the handler when a prepared statement has gone stale. Both may be nil: then none ever does.
type Hooks struct {
	// Epoch changes whenever the meaning of a statement that Mentions accepts may have changed.
	Epoch func() uint64
	// Mentions tells whether a statement's text depends on what Epoch counts.
	Mentions func(query string) bool
	// Forget is called for the text of each prepared statement that its connection has closed, so that what was cached for it can go.
	Forget func(connection uint32, query string)
}

// Options of a Handler. The zero value is usable.
type Options struct {
	Hooks  Hooks
	Fast   Fast // nil: the engine executes every statement
	Limits Limits
	// Account names the account of a user who has logged in from a host, and tells whether it is an administrator's, for whom a place is kept. nil: nobody is one.
	Account  func(user, host string) (account string, administrator bool)
	Observer Observer     // nil: nobody
	Log      *slog.Logger // where recovered panics go, with their stack; default slog.Default()
	Stock    func() bool  // tells whether the engine's own handler executes statements, the reference for ours; nil: never
}

// An Observer is told what clients do, in the goroutines that serve them.
type Observer interface {
	// Statement is called when a statement has run; code is the number of its error, 0 when it had none.
	Statement(query string, took time.Duration, code uint16)
	// Error is called for the error of another command, or 0.
	Error(code uint16)
}

// Handler is a mysql.Handler around the engine's. Statements it executes itself once Bind was called. It deliberately has no replication commands: a client's COM_BINLOG_DUMP is refused.
type Handler struct {
	inner    mysql.Handler
	options  Options
	places   *places
	failures *failures
	prepared atomic.Int64 // statements prepared by the protocol's command, of all connections

	engine   *gms.Engine // nil until Bind
	sessions *server.SessionManager

	mu       sync.Mutex
	conns    map[uint32]*conn
	busy     int
	draining bool
	idle     chan struct{} // closed when draining and no command runs
}

var _ mysql.Handler = (*Handler)(nil)

// conn is what the handler knows of one connection. busy and prepared are guarded by Handler.mu, places guards visitor; the others are the connection's own goroutine's.
type conn struct {
	raw      net.Conn // as accepted: below TLS, whose connection is swapped in during the handshake
	door     *door
	login    *time.Timer
	visitor  visitor
	entered  bool // the engine knows of it
	holds    int  // prepared statements that Handler.prepared counts for it
	busy     bool
	prepared map[*mysql.PrepareData]prepared
}

// New wraps the engine's handler.
func New(inner mysql.Handler, o Options) *Handler {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &Handler{inner: inner, options: o, places: newPlaces(o.Limits), failures: newFailures(), conns: map[uint32]*conn{}, idle: make(chan struct{})}
}

// NewConnection implements mysql.Handler. The engine is not told before the client has logged in: a session that nobody may ever use is dear.
func (h *Handler) NewConnection(c *mysql.Conn) {
	k := &conn{raw: c.Conn, prepared: map[*mysql.PrepareData]prepared{}}
	k.visitor = visitor{client: client(k.raw), unix: local(k.raw), close: func() { k.raw.Close() }}
	k.door = enter(c, func() { h.places.unfinished(&k.visitor) }, func() { h.places.finished(&k.visitor) })
	k.login = time.AfterFunc(time.Duration(globalInt("connect_timeout", 10))*time.Second, func() {
		if h.places.refuse(&k.visitor, RefusedLate) {
			k.raw.Close()
		}
	})
	h.mu.Lock()
	h.conns[c.ConnectionID] = k
	if h.draining {
		closeRead(k.raw)
	}
	h.mu.Unlock()
	h.places.arrive(&k.visitor)
	sql.StatusVariables.IncrementGlobal("Connections", 1)
}

// ConnectionAuthenticated implements mysql.Handler.
func (h *Handler) ConnectionAuthenticated(c *mysql.Conn) error {
	k := h.conn(c)
	if k == nil {
		return shutdownError()
	}
	k.login.Stop()
	if !c.TLSEnabled() && !k.visitor.unix && tlsRequired() {
		h.places.refuse(&k.visitor, RefusedClearText)
		return mysql.NewSQLError(3159, "HY000", "connections in clear text are refused because require_secure_transport is ON; connect with TLS (--ssl) or through the unix socket")
	}
	if !h.failures.succeeded(attempt{c.User, k.visitor.client}) {
		k.raw.Close()
		return shutdownError() // which nobody reads
	}
	account, administrator := c.User, false
	if u, ok := c.UserData.(sql.MysqlConnectionUser); ok && h.options.Account != nil {
		account, administrator = h.options.Account(u.User, u.Host)
	}
	if err := h.places.login(&k.visitor, c.User, account, administrator); err != nil {
		return err
	}
	if err := k.door.admit(c, func() { h.countPrepared(c, k) }); err != nil {
		return err
	}
	k.entered = true
	h.inner.NewConnection(c)
	sql.StatusVariables.IncrementGlobal("Connections", -1) // it was counted when it arrived
	return h.command(c, "", func() error {
		if err := h.inner.ConnectionAuthenticated(c); err != nil {
			return err
		}
		return h.adopt(c)
	})
}

// tlsRequired reads @@require_secure_transport, which may be changed while the server runs.
func tlsRequired() bool {
	_, v, ok := sql.SystemVariables.GetGlobal("require_secure_transport")
	if !ok {
		return false
	}
	on, err := sql.ConvertToBool(nil, v)
	return err != nil || on
}

// ConnectionAborted implements mysql.Handler: it delays the answer to a wrong password. What ended before login is counted when it is closed.
func (h *Handler) ConnectionAborted(c *mysql.Conn, reason string) error {
	k := h.conn(c)
	user, wrong := refusedUser(reason)
	if k == nil || !wrong {
		return nil
	}
	delay, done, ok := h.failures.failed(attempt{user, k.visitor.client})
	if !ok {
		k.raw.Close()
		return nil
	}
	if delay > 0 {
		pause(delay)
	}
	done()
	return nil
}

// ConnectionClosed implements mysql.Handler.
func (h *Handler) ConnectionClosed(c *mysql.Conn) {
	h.mu.Lock()
	k := h.conns[c.ConnectionID]
	delete(h.conns, c.ConnectionID)
	h.mu.Unlock()
	if k == nil {
		return
	}
	k.login.Stop()
	h.places.leave(&k.visitor)
	if !k.entered {
		sql.StatusVariables.IncrementGlobal("Aborted_connects", 1)
		return
	}
	c.PrepareData = nil
	h.countPrepared(c, k)
	h.inner.ConnectionClosed(c)
}

// ComInitDB implements mysql.Handler.
func (h *Handler) ComInitDB(c *mysql.Conn, db string) error {
	return h.command(c, "", func() error { return h.inner.ComInitDB(c, db) })
}

// ComQuery implements mysql.Handler.
func (h *Handler) ComQuery(ctx context.Context, c *mysql.Conn, query string, send mysql.ResultSpoolFn) error {
	_, err := h.query(ctx, c, query, false, send)
	return err
}

// ComMultiQuery implements mysql.Handler.
func (h *Handler) ComMultiQuery(ctx context.Context, c *mysql.Conn, query string, send mysql.ResultSpoolFn) (rest string, err error) {
	return h.query(ctx, c, query, true, send)
}

// ComPrepare implements mysql.Handler.
func (h *Handler) ComPrepare(ctx context.Context, c *mysql.Conn, query string, p *mysql.PrepareData) (fields []*querypb.Field, err error) {
	if err := h.mayPrepare(c, p); err != nil {
		return nil, err
	}
	err = h.prepare(c, query, func() (err error) {
		epoch, mentions := h.epoch(query)
		fields, err = h.inner.ComPrepare(ctx, c, query, p)
		if err == nil {
			h.remember(c, p, epoch, mentions)
		}
		return err
	})
	if err != nil {
		delete(c.PrepareData, p.StatementID)
	}
	return fields, err
}

// ComStmtExecute implements mysql.Handler.
func (h *Handler) ComStmtExecute(ctx context.Context, c *mysql.Conn, p *mysql.PrepareData, send func(*sqltypes.Result) error) error {
	k := h.conn(c)
	if k == nil {
		return shutdownError()
	}
	a := &answer{c: c, send: func(r *sqltypes.Result, _ bool) error { return send(r) }, keep: k.door.link.cursor.Load()}
	return a.end(h.command(c, p.PrepareStmt, func() error {
		k.door.link.begin()
		if handled, err := h.fast(ctx, c, p, send); handled {
			return err
		}
		w := watched(ctx, k.door.link)
		defer w.stop()
		if epoch, mentions := h.epoch(p.PrepareStmt); mentions && h.stale(c, p, epoch) {
			if _, err := h.inner.ComPrepare(w, c, p.PrepareStmt, p); err != nil {
				return err
			}
			h.remember(c, p, epoch, mentions)
		}
		return h.executePrepared(w, c, p, a)
	}))
}

// conn returns what is known of a connection; nil when it has ended.
func (h *Handler) conn(c *mysql.Conn) *conn {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.conns[c.ConnectionID]
}

// WarningCount implements mysql.Handler.
func (h *Handler) WarningCount(c *mysql.Conn) uint16 { return h.inner.WarningCount(c) }

// ComResetConnection implements mysql.Handler.
func (h *Handler) ComResetConnection(c *mysql.Conn) error {
	h.mu.Lock()
	if k := h.conns[c.ConnectionID]; k != nil {
		clear(k.prepared)
	}
	h.mu.Unlock()
	return h.command(c, "", func() error {
		if err := h.inner.ComResetConnection(c); err != nil {
			return err
		}
		return h.adopt(c)
	})
}

// ParserOptionsForConnection implements mysql.Handler.
func (h *Handler) ParserOptionsForConnection(c *mysql.Conn) (sqlparser.ParserOptions, error) {
	return h.inner.ParserOptionsForConnection(c)
}

// epoch returns the epoch that a statement is to be judged by; mentions is false when none is.
func (h *Handler) epoch(query string) (epoch uint64, mentions bool) {
	k := h.options.Hooks
	if k.Epoch == nil || k.Mentions == nil || !k.Mentions(query) {
		return 0, false
	}
	return k.Epoch(), true
}

// remember notes that p was prepared at epoch, and drops what the connection has closed since: the protocol tells the handler nothing of that.
func (h *Handler) remember(c *mysql.Conn, p *mysql.PrepareData, epoch uint64, mentions bool) {
	s := prepared{epoch: epoch}
	if h.options.Fast != nil && mentions {
		s.fast = h.options.Fast.Prepare(c, p)
	}
	var closed []string
	h.mu.Lock()
	k := h.conns[c.ConnectionID]
	if k == nil {
		h.mu.Unlock()
		return
	}
	if mentions || h.options.Hooks.Forget != nil {
		k.prepared[p] = s
	}
	if len(k.prepared) > 2*len(c.PrepareData)+64 {
		texts := make(map[string]bool, len(c.PrepareData))
		for _, q := range c.PrepareData {
			texts[q.PrepareStmt] = true
		}
		for q := range k.prepared {
			if c.PrepareData[q.StatementID] != q {
				delete(k.prepared, q)
				if !texts[q.PrepareStmt] {
					closed = append(closed, q.PrepareStmt)
				}
			}
		}
	}
	h.mu.Unlock()
	if forget := h.options.Hooks.Forget; forget != nil {
		for _, q := range closed {
			forget(c.ConnectionID, q)
		}
	}
}

// stale tells whether p was prepared at another epoch.
func (h *Handler) stale(c *mysql.Conn, p *mysql.PrepareData, epoch uint64) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	k := h.conns[c.ConnectionID]
	if k == nil {
		return false
	}
	s, ok := k.prepared[p]
	return !ok || s.epoch != epoch
}

// command runs one command of a client: a statement, or another one when query is empty.
func (h *Handler) command(c *mysql.Conn, query string, f func() error) error {
	o := h.options.Observer
	if o == nil {
		return h.perform(c, query, f)
	}
	if query == "" {
		return h.prepare(c, query, f)
	}
	began := time.Now()
	err := h.perform(c, query, f)
	o.Statement(query, time.Since(began), errorCode(err))
	return err
}

// prepare runs a command that is no statement, though it may have the text of one.
func (h *Handler) prepare(c *mysql.Conn, query string, f func() error) error {
	err := h.perform(c, query, f)
	if o := h.options.Observer; o != nil {
		o.Error(errorCode(err))
	}
	return err
}

// errorCode is the number of an error that perform has mapped; 0 for nil.
func errorCode(err error) uint16 {
	if err == nil {
		return 0
	}
	if e, ok := err.(*mysql.SQLError); ok {
		return uint16(e.Num)
	}
	return mysql.ERUnknownError
}

// perform runs a command: it keeps count for Drain, recovers a panic and maps the error.
func (h *Handler) perform(c *mysql.Conn, query string, f func() error) error {
	if !h.begin(c.ConnectionID) {
		return shutdownError()
	}
	defer h.end(c.ConnectionID)
	err := h.recovered(c, query, f)
	if err == nil {
		return nil
	}
	err = mapError(err, query)
	if e, ok := err.(*mysql.SQLError); ok && e.Num == mysql.ERQueryInterrupted && h.isDraining() {
		return shutdownError()
	}
	return err
}

// recovered runs f; a panic in it becomes an error, and the transaction that it left half-done is rolled back.
func (h *Handler) recovered(c *mysql.Conn, query string, f func() error) (err error) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		h.options.Log.Error("a statement panicked", "connection", c.ConnectionID, "statement", clip(query), "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
		err = mysql.NewSQLError(mysql.ERUnknownError, "HY000", "internal error: %v; the transaction was rolled back", v)
		if query == "" {
			return
		}
		defer func() {
			if v := recover(); v != nil {
				h.options.Log.Error("the rollback after a panic panicked", "connection", c.ConnectionID, "panic", fmt.Sprint(v))
				c.Close()
			}
		}()
		if rerr := h.inner.ComQuery(context.Background(), c, "ROLLBACK", func(*sqltypes.Result, bool) error { return nil }); rerr != nil {
			h.options.Log.Error("the rollback after a panic failed", "connection", c.ConnectionID, "error", rerr)
			c.Close()
		}
	}()
	return f()
}

func shutdownError() error {
	return mysql.NewSQLError(mysql.ERServerShutdown, mysql.SSServerShutdown, "server shutdown in progress")
}

// begin notes that a command runs; false when the server is stopping.
func (h *Handler) begin(id uint32) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.draining {
		return false
	}
	h.busy++
	if k := h.conns[id]; k != nil {
		k.busy = true
	}
	return true
}

// end notes that a command has run. When the server is stopping its connection ends as soon as the answer is sent.
func (h *Handler) end(id uint32) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.busy--
	k := h.conns[id]
	if k != nil {
		k.busy = false
	}
	if h.draining {
		if k != nil {
			closeRead(k.raw)
		}
		if h.busy == 0 {
			close(h.idle)
		}
	}
}

func (h *Handler) isDraining() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.draining
}

// Drain ends all connections: idle ones at once, busy ones when their command has been answered. No command is accepted any more. It returns when no command
// runs, or with ctx's error.
func (h *Handler) Drain(ctx context.Context) error {
	h.mu.Lock()
	if !h.draining {
		h.draining = true
		for _, k := range h.conns {
			if !k.busy {
				closeRead(k.raw)
			}
		}
		if h.busy == 0 {
			close(h.idle)
		}
	}
	h.mu.Unlock()
	select {
	case <-h.idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// closeRead makes the next read of a connection report its end, while what is still to be sent is sent.
func closeRead(c net.Conn) {
	if r, ok := c.(interface{ CloseRead() error }); ok {
		r.CloseRead()
		return
	}
	c.Close()
}

// local tells whether a connection came through the unix socket.
func local(c net.Conn) bool {
	_, ok := c.RemoteAddr().(*net.UnixAddr)
	return ok
}
