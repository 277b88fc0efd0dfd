package engine

import (
	"context"
	"time"

	"github.com/dolthub/go-mysql-server/server"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
	"github.com/dolthub/vitess/go/mysql"
)

// Config says where the engine keeps its data and where it listens. The zero value of each field but DataDir is a sound default.
type Config struct {
	DataDir string // created with mode 0700 when missing; required
	Host    string // address to listen on; default 127.0.0.1
	Port    int    // TCP port; 0 takes a free one, see Engine.Addr
	Socket  string // path of a unix socket; empty: none
	Version string // what @@version and the handshake show; default: the MySQL version that the engine speaks

	LogLevel         string        // of the storage engine's own messages: error (default), warning, info, debug, trace
	MaxConnections   int           // what @@max_connections begins with; default 1000
	EventPeriod      time.Duration // how often the event scheduler looks what is due, in whole seconds; default 30 s
	TrainingMemoryMB int           // memory of one training unless it says otherwise, in 2^20 bytes; 0: half of what there is
	DatasetCacheMB   int           // memory for datasets kept between trainings, in 2^20 bytes; default 512; below 0: none
	RequireTLS       bool          // refuse sessions in clear text over TCP

	// For the wire handler, which counts connections; 0 is its default for each.
	MaxPerAddress, MaxWaiting, MaxWaitingPerAddress int

	MetricsPort int // for the server: of http://127.0.0.1:port/metrics; 0: none
}

// Replace may return another node to run in the place of n, which is about to run below row; ok is false when it does not.
type Replace func(ctx *sql.Context, n sql.Node, row sql.Row) (_ sql.Node, ok bool, err error)

// Seams are what the rest of the server puts into the engine. All are optional.
type Seams struct {
	// Parser replaces the stock parser wherever the engine parses SQL: text, prepared statements, views, triggers, procedures, events.
	Parser sql.Parser
	// ParseTableAsColumn makes a table name usable as an expression, see sql.BuilderOverrides.
	ParseTableAsColumn func(ctx *sql.Context, table string, fields []sql.Expression) (sql.Expression, error)
	// Function is asked first for every function name, with the context of the session that plans the statement.
	Function func(ctx *sql.Context, name string) (sql.Function, bool)
	// TableFunction is the same for functions in FROM.
	TableFunction func(ctx *sql.Context, name string) (sql.TableFunction, bool)
	// Declared and DeclaredTables have the names of all that Function and TableFunction find, for where the engine reads a stored text without running it.
	Declared       []sql.Function
	DeclaredTables []sql.TableFunction
	// Rules run once on each plan, after all of the engine's own rules.
	Rules []analyzer.Rule
	// Replace are asked for each node that is about to run, after all checks; the first that has another runs that in its place.
	Replace []Replace
	// Procedures are callable with CALL in every database.
	Procedures []sql.ExternalStoredProcedureDetails
	// Open names those of them, in lower case, that anybody may call: they ask for privileges themselves.
	Open map[string]bool
	// DropDatabase is asked before a database is dropped; its error prevents it.
	DropDatabase func(ctx *sql.Context, name string) error
	// Handler wraps the engine's wire handler.
	Handler func(*server.Handler) mysql.Handler
	// Ready runs when the engine exists and before the first client is accepted. Its error stops the start.
	Ready func(ctx context.Context, e *Engine) error
}

// Statement is one SQL statement with the values of its ? placeholders.
type Statement struct {
	Query string
	Args  []any // nil, bool, ints, uints, floats, string, []byte, time.Time, decimal.Decimal
}
