package engine

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	gms "github.com/dolthub/go-mysql-server"
	"github.com/dolthub/go-mysql-server/eventscheduler"
	"github.com/dolthub/go-mysql-server/server"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
	"github.com/dolthub/go-mysql-server/sql/rowexec"
	"github.com/dolthub/vitess/go/mysql"
	"github.com/sirupsen/logrus"

	doltengine "github.com/dolthub/dolt/go/cmd/dolt/commands/engine"
	"github.com/dolthub/dolt/go/libraries/doltcore/dconfig"
	"github.com/dolthub/dolt/go/libraries/doltcore/doltdb"
	"github.com/dolthub/dolt/go/libraries/doltcore/env"
	"github.com/dolthub/dolt/go/libraries/doltcore/sqle"
	"github.com/dolthub/dolt/go/libraries/doltcore/sqle/dsess"
	"github.com/dolthub/dolt/go/libraries/utils/config"
	"github.com/dolthub/dolt/go/libraries/utils/filesys"
	"github.com/dolthub/dolt/go/store/chunks"

	"aibms/internal/safego"
)

// Engine is a running engine. All methods are safe for concurrent use.
type Engine struct {
	config   Config
	seams    Seams
	tls      *tls.Config
	dir      *dataDir
	dolt     *doltengine.SqlEngine
	gms      *gms.Engine
	provider *sqle.DoltDatabaseProvider
	server   *server.Server
	handler  mysql.Handler
	listener *listener

	writers  sync.Mutex // one internal writer at a time, see Write
	internal sync.Map   // connection id -> struct{}: sessions that may write the catalog database
	nextConn atomic.Uint32

	nextAgain atomic.Uint64 // see Again

	stop sync.Once
	done chan struct{}
	err  error
}

// running is set while an engine lives: see the package comment.
var running atomic.Bool

// Start opens the data directory, builds the engine with the seams in place, calls Seams.Ready and then accepts clients. When it returns an
// error nothing is left open. ctx bounds the start only; end the engine with Stop.
func Start(ctx context.Context, c Config, s Seams) (*Engine, error) {
	if !running.CompareAndSwap(false, true) {
		return nil, errors.New("an engine is already running in this process; only one is possible")
	}
	c = c.withDefaults()
	e := &Engine{config: c, seams: s, done: make(chan struct{})}
	e.nextConn.Store(firstInternalConnection)
	if err := e.start(ctx); err != nil {
		if e.listener != nil {
			e.listener.Close()
		}
		e.closeStorage()
		if e.dir != nil {
			e.dir.closeDatabases()
			e.dir.close()
		}
		running.Store(false)
		return nil, err
	}
	return e, nil
}

// withDefaults fills the zero fields.
func (c Config) withDefaults() Config {
	if c.Host == "" {
		c.Host = "127.0.0.1"
	}
	if c.LogLevel == "" {
		c.LogLevel = "error"
	}
	if c.MaxConnections == 0 {
		c.MaxConnections = 1000
	}
	return c
}

func (e *Engine) start(ctx context.Context) (err error) {
	level, err := logrus.ParseLevel(e.config.LogLevel)
	if err != nil {
		return fmt.Errorf("unknown log level %q; choose error, warning, info, debug or trace", e.config.LogLevel)
	}
	logThrough(level)
	if e.config.Port < 0 || e.config.Port > math.MaxUint16 {
		return fmt.Errorf("port %d is none; choose one from 1 to 65535 with --port, or 0 for a free one", e.config.Port)
	}
	if e.dir, err = openDataDir(e.config.DataDir); err != nil {
		return err
	}
	if e.listener, err = listen(e.config.Host, e.config.Port, e.config.Socket); err != nil {
		return err
	}
	if e.tls, err = tlsConfig(filepath.Join(e.dir.server, "tls")); err != nil {
		return err
	}
	if err = e.openStorage(ctx); err != nil {
		return err
	}
	if err = e.prepareAccounts(ctx); err != nil {
		return err
	}
	if err = e.buildServer(); err != nil {
		return err
	}
	if e.seams.Ready != nil {
		if err = e.seams.Ready(ctx, e); err != nil {
			return err
		}
	}
	if err = e.startEvents(); err != nil {
		return err
	}
	e.listener.run()
	safego.Go(func() error { e.server.Listener.Accept(); return nil }, nil)
	return nil
}

// openStorage opens every database of the data directory and builds the SQL engine over them.
func (e *Engine) openStorage(ctx context.Context) error {
	// Dolt looks for the settings of its command line in the home directory of the process's user: nothing of that concerns a server.
	home := filepath.Join(e.dir.server, "home")
	if err := os.MkdirAll(home, 0o700); err != nil {
		return err
	}
	if err := os.Setenv(dconfig.EnvDoltRootPath, home); err != nil {
		return err
	}
	fs, err := filesys.LocalFS.WithWorkingDir(e.dir.databases)
	if err != nil {
		return err
	}
	homeDir := func() (string, error) { return home, nil }
	denv := env.LoadWithoutDB(ctx, homeDir, fs, doltdb.LocalDirDoltDB, "")
	if denv.CfgLoadErr != nil {
		return fmt.Errorf("cannot read the settings in %s: %w", home, denv.CfgLoadErr)
	}
	settings, ok := denv.Config.GetConfig(env.GlobalConfig)
	if !ok {
		return fmt.Errorf("cannot open the settings in %s", home)
	}
	err = settings.SetStrings(map[string]string{
		config.UserNameKey:     "aibms",
		config.UserEmailKey:    "aibms@localhost",
		config.MetricsDisabled: "true", // nothing is ever reported to anyone
	})
	if err != nil {
		return err
	}
	denv.Config.SetFailsafes(env.DefaultFailsafeConfig)
	limitPackets()
	if err := dsess.InitPersistedSystemVars(denv); err != nil {
		return err
	}
	if err := dsess.PersistSystemVarDefaults(denv); err != nil {
		return err
	}
	if err := e.dir.openDatabases(ctx, homeDir); err != nil {
		return err
	}
	databases, err := env.MultiEnvForDirectory(ctx, denv.Config.WriteableConfig(), fs, denv.Version, denv)
	if err != nil {
		return err
	}
	var overrides sql.EngineOverrides
	overrides.Builder.Parser = parser{e.seams.Parser}
	if e.seams.Parser == nil {
		overrides.Builder.Parser = parser{sql.NewMysqlParser()}
	}
	overrides.Builder.ParseTableAsColumn = e.seams.ParseTableAsColumn
	e.declareFunctions()
	e.dolt, err = doltengine.NewSqlEngine(ctx, databases, &doltengine.SqlEngineConfig{
		PrivFilePath:         filepath.Join(e.dir.server, "privileges.db"),
		BranchCtrlFilePath:   filepath.Join(e.dir.server, "branch_control.db"),
		DoltCfgDirPath:       e.dir.server,
		Autocommit:           true,
		SystemVariables:      e.systemVariables(),
		AutoGCController:     sqle.NewAutoGCController(chunks.SimpleArchive, logrus.StandardLogger()),
		EventSchedulerStatus: eventscheduler.SchedulerOn,
		EngineOverrides:      overrides,
	})
	if err != nil {
		return err
	}
	e.gms = e.dolt.GetUnderlyingEngine()
	if err := e.dolt.InitStats(ctx); err != nil {
		return err
	}
	catalog := e.gms.Analyzer.Catalog
	e.provider = catalog.DbProvider.(*sqle.DoltDatabaseProvider)
	for _, p := range e.seams.Procedures {
		e.provider.Register(p)
	}
	catalog.DbProvider = &provider{DoltDatabaseProvider: e.provider, e: e}
	catalog.AuthHandler = &authGuard{AuthorizationHandler: catalog.AuthHandler, e: e}
	catalog.BinlogConsumer = nil // BINLOG writes rows past every check
	exec := rowexec.NewBuilder(guard{e: e}, overrides)
	exec.Runner = e.gms.Analyzer.Runner
	e.gms.Analyzer.ExecBuilder = exec
	last := e.gms.Analyzer.Batches[len(e.gms.Analyzer.Batches)-1]
	last.Rules = append(append([]analyzer.Rule(nil), last.Rules...), e.seams.Rules...)
	return nil
}

// maxPacket is the default of @@max_allowed_packet. A statement takes some twenty times its length in memory while it is planned.
const maxPacket = 16 << 20

// limitPackets makes maxPacket the default. (To set the variable would give its value another type than the library's LOAD_FILE expects.)
func limitPackets() {
	v, _, ok := sql.SystemVariables.GetGlobal("max_allowed_packet")
	if m, is := v.(*sql.MysqlSystemVariable); ok && is {
		limited := *m
		limited.Default = int64(maxPacket)
		sql.SystemVariables.AddSystemVariables([]sql.SystemVariable{&limited})
	}
}

// systemVariables are those that Config decides; what a user persisted for them does not count.
func (e *Engine) systemVariables() doltengine.SystemVariables {
	v := doltengine.SystemVariables{
		"secure_file_priv":         e.dir.files,
		"max_connections":          int64(e.config.MaxConnections),
		"require_secure_transport": int8(0),
	}
	if e.config.RequireTLS {
		v["require_secure_transport"] = int8(1)
	}
	if e.config.Version != "" {
		v["version_comment"] = "aibms " + e.config.Version
	}
	return v
}

// buildServer makes the wire server over the bound listener. It takes every connection: the wire handler counts them, and knows who has logged in.
func (e *Engine) buildServer() (err error) {
	e.server, err = server.NewServerWithHandler(server.Config{
		Listener:  e.listener,
		Protocol:  "tcp",
		Address:   e.Addr().String(),
		Socket:    e.config.Socket,
		TLSConfig: e.tls,
	}, e.gms, e.dolt.ContextFactory, e.newSession, nil, e.wrapHandler)
	if err != nil {
		return err
	}
	if b, ok := e.handler.(Binder); ok {
		b.Bind(e.gms, e.server.SessionManager())
	}
	return nil
}

// Binder is what a wire handler may implement to execute statements itself: Bind is called once, before the first client. Such a handler also limits how long a client may take;
// without one there is no limit.
type Binder interface {
	Bind(e *gms.Engine, s *server.SessionManager)
}

func (e *Engine) wrapHandler(h mysql.Handler) (mysql.Handler, error) {
	if e.seams.Handler != nil {
		h = e.seams.Handler(h.(*server.Handler))
	}
	e.handler = h
	return h, nil
}

// newSession is called for each connection that has logged in, and for internal sessions.
func (e *Engine) newSession(ctx context.Context, c *mysql.Conn, addr string) (sql.Session, error) {
	base, err := sql.BaseSessionFromConnection(ctx, c, addr)
	if err != nil {
		return nil, err
	}
	if err := e.admit(c, base.Client()); err != nil {
		return nil, err
	}
	return e.dolt.NewDoltSession(ctx, base)
}

// Drainer is what a wire handler may implement to let running statements finish when the engine stops: Drain refuses further commands, ends idle connections at once and
// busy ones when their command has been answered. It returns when no command runs, or with ctx's error.
type Drainer interface {
	Drain(ctx context.Context) error
}

// Stop ends the engine: no client is accepted any more, running statements may finish until ctx ends and are killed then (a wire handler that is no Drainer: at once),
// storage is closed. It may be called more than once; all calls return when the engine has ended, with its first error.
func (e *Engine) Stop(ctx context.Context) error {
	e.stop.Do(func() {
		e.server.Close()
		e.endSessions(ctx)
		e.err = e.closeStorage()
		e.dir.close()
		running.Store(false)
		close(e.done)
	})
	<-e.done
	return e.err
}

// killTime is how long statements that were killed have to notice it.
const killTime = 5 * time.Second

// endSessions waits until all statements and connections have ended, with those of internal sessions, and kills what is left when ctx ends.
func (e *Engine) endSessions(ctx context.Context) {
	sessions := e.server.SessionManager()
	ended := make(chan struct{})
	if d, ok := e.handler.(Drainer); ok {
		_ = d.Drain(ctx) // its error is ctx's, which the wait meets as well
	} else {
		e.kill()
	}
	safego.Go(func() error { sessions.WaitForClosedConnections(); return nil }, func(error) { close(ended) })
	select {
	case <-ended:
		return
	case <-ctx.Done():
		slog.Warn("killing the statements that still run", "reason", ctx.Err())
		e.kill()
	}
	select {
	case <-ended:
	case <-time.After(killTime):
		slog.Warn("some statements do not end; closing the storage under them")
	}
}

// kill ends every statement and connection.
func (e *Engine) kill() {
	for _, p := range e.gms.ProcessList.Processes() {
		e.gms.ProcessList.Kill(p.Connection)
		e.server.SessionManager().KillConnection(p.Connection)
	}
}

// closeStorage stops background work and closes every database. It does nothing when storage was not opened.
func (e *Engine) closeStorage() error {
	if e.dolt == nil {
		return nil
	}
	err := e.dolt.Close()
	if errors.Is(err, context.Canceled) {
		err = nil // how a background thread that was told to stop reports that it did
	}
	return errors.Join(err, e.dir.closeDatabases())
}

// Done is closed when the engine has ended.
func (e *Engine) Done() <-chan struct{} { return e.done }

// Err returns the error with which the engine ended; nil while it runs.
func (e *Engine) Err() error {
	select {
	case <-e.done:
		return e.err
	default:
		return nil
	}
}

// Addr is the TCP address that the engine listens on, with the port in use.
func (e *Engine) Addr() *net.TCPAddr { return e.listener.Addr().(*net.TCPAddr) }

// Socket is the path of the unix socket; empty when there is none.
func (e *Engine) Socket() string { return e.config.Socket }

// DataDir is the absolute path of the data directory.
func (e *Engine) DataDir() string { return e.dir.root }

// GMS is the SQL engine.
func (e *Engine) GMS() *gms.Engine { return e.gms }

// Catalog is the SQL engine's catalog.
func (e *Engine) Catalog() *analyzer.Catalog { return e.gms.Analyzer.Catalog }

// Provider is Dolt's database provider.
func (e *Engine) Provider() *sqle.DoltDatabaseProvider { return e.provider }
