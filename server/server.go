// Package server is AIBMS: the embedded SQL engine with our parser, statements, functions and catalog in its seams, behind a MySQL port.
package server

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"sync/atomic"

	gmsserver "github.com/dolthub/go-mysql-server/server"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
	"github.com/dolthub/vitess/go/mysql"

	"aibms/catalog"
	"aibms/learners/all"
	"aibms/learners/metric"
	"aibms/server/engine"
	"aibms/server/exec"
	"aibms/server/lifecycle"
	"aibms/server/metrics"
	"aibms/server/mlsql"
	"aibms/server/point"
	"aibms/server/rows"
	"aibms/server/wire"
	"aibms/sqlfuncs"
)

// Version of this build.
const Version = "0.1.0"

// maxPredictorBytes is how many bytes of artifacts stay decoded in memory beyond those in use.
const maxPredictorBytes = 1 << 30

// defaultDatasetCacheMB is how much of what trainings read is kept unless the configuration says otherwise.
const defaultDatasetCacheMB = 512

// Server is a running server.
type Server struct {
	*engine.Engine
	catalog   *catalog.Catalog
	functions *sqlfuncs.Functions
	env       *exec.Env
	stopping  context.CancelFunc
	metrics   *metricsServer // nil when none is asked for

	// SlowWrites makes every INSERT use the engine's own writer: the reference that bulk writing is compared with.
	SlowWrites atomic.Bool
	// PlainWrites counts the PREDICT MODEL statements whose rows were written as they came, without conversion.
	PlainWrites atomic.Int64
	// LargeScans reads large tables past the storage's cache.
	LargeScans rows.LargeScans
	// StockQueries makes the engine's own handler execute statements: the reference that ours is compared with.
	StockQueries atomic.Bool
	// SlowPoints leaves every prepared statement to the engine: the reference that point predictions are compared with.
	SlowPoints atomic.Bool

	points *point.Fast
}

// Start opens the data directory and serves. The caller ends the server with Stop.
func Start(ctx context.Context, c engine.Config) (*Server, error) {
	s := &Server{env: &exec.Env{}, functions: &sqlfuncs.Functions{}}
	var running context.Context
	running, s.stopping = context.WithCancel(context.Background())
	opened := new(atomic.Pointer[catalog.Catalog])
	serving := new(atomic.Pointer[engine.Engine])
	snapshot := func() *catalog.Snapshot {
		if c := opened.Load(); c != nil {
			return c.Snapshot()
		}
		return nil
	}
	handler := new(atomic.Pointer[wire.Handler])
	var observer wire.Observer
	if c.MetricsPort != 0 {
		var err error
		if s.metrics, err = listenMetrics(c.MetricsPort, func() metrics.State { return s.state(snapshot(), handler.Load()) }); err != nil {
			s.stopping()
			return nil, err
		}
		observer = s.metrics.Metrics
	}
	declared, declaredTables := sqlfuncs.Declared()
	e, err := engine.Start(ctx, c, engine.Seams{
		Declared: declared, DeclaredTables: declaredTables,
		Parser: &parser{MysqlParser: sql.NewMysqlParser(), env: s.env, snapshot: func(ctx context.Context) *catalog.Snapshot {
			if statement, ok := ctx.(*sql.Context); ok && opened.Load() != nil {
				return s.functions.Snapshot(statement)
			}
			return snapshot()
		}},
		Function: func(ctx *sql.Context, name string) (sql.Function, bool) {
			if opened.Load() == nil {
				return nil, false
			}
			return s.functions.Scalar(ctx, name)
		},
		TableFunction: func(ctx *sql.Context, name string) (sql.TableFunction, bool) {
			if opened.Load() == nil {
				return nil, false
			}
			return s.functions.Table(ctx, name)
		},
		Rules:        []analyzer.Rule{s.functions.Rule()},
		Procedures:   s.env.Procedures(),
		Open:         map[string]bool{"ml_exec": true},
		DropDatabase: s.env.MayDropDatabase,
		Replace:      []engine.Replace{rows.Bulk(func() bool { return !s.SlowWrites.Load() }), s.LargeScans.Replace},
		Handler: func(h *gmsserver.Handler) mysql.Handler {
			limits := wire.Limits{PerAddress: c.MaxPerAddress, Waiting: c.MaxWaiting, WaitingPerAddress: c.MaxWaitingPerAddress}
			account := func(user, host string) (string, bool) { return serving.Load().Account(user, host) }
			s.points = &point.Fast{Engine: serving.Load, Functions: s.functions, Handler: h, Enabled: func() bool { return !s.SlowPoints.Load() }}
			w := wire.New(h, wire.Options{Fast: s.points, Limits: limits, Account: account, Observer: observer, Stock: s.StockQueries.Load, Hooks: wire.Hooks{
				Epoch: func() uint64 {
					if now := snapshot(); now != nil {
						return now.Epoch()
					}
					return 0
				},
				Mentions: mentionsFunctions,
				Forget: func(connection uint32, query string) {
					if e := serving.Load(); e != nil {
						e.GMS().PreparedDataCache.UncacheStmt(connection, query)
					}
				},
			}})
			handler.Store(w)
			return w
		},
		Ready: func(ctx context.Context, e *engine.Engine) error {
			if err := s.open(ctx, e, c, running); err != nil {
				return err
			}
			opened.Store(s.catalog)
			serving.Store(e)
			for _, err := range s.env.Service.Predictors.LoadDeployed(ctx) {
				slog.Error("a deployed version cannot answer", "error", err)
			}
			return nil
		},
	})
	if err != nil {
		s.stopping()
		s.metrics.stop()
		return nil, err
	}
	s.Engine = e
	s.metrics.run()
	return s, nil
}

// Stop ends the server: trainings end at once, other statements may finish until ctx ends.
func (s *Server) Stop(ctx context.Context) error {
	s.stopping()
	err := s.Engine.Stop(ctx)
	s.metrics.stop()
	return err
}

// open builds what the seams lead to, over a running engine.
func (s *Server) open(ctx context.Context, e *engine.Engine, c engine.Config, running context.Context) (err error) {
	db := &catalogDB{e}
	if err := db.create(ctx); err != nil {
		return err
	}
	registry := all.Registry()
	offers := catalog.Offers{Learners: registry, Metrics: metricOffers()}
	if s.catalog, err = catalog.Open(ctx, db, Version, offers); err != nil {
		return fmt.Errorf("cannot open the catalog: %w", err)
	}
	workers := max(1, runtime.GOMAXPROCS(0)-1)
	reader := rows.NewReader(e.GMS(), &store{e})
	reader.Workers = runtime.GOMAXPROCS(0) // reading is short, and gives way to others at every leaf
	if c.DatasetCacheMB >= 0 {
		reader.Keep(int64(cmp.Or(c.DatasetCacheMB, defaultDatasetCacheMB)) << 20)
	}
	service := &lifecycle.Service{
		Catalog: s.catalog, Registry: registry, Reader: reader,
		Predictors: lifecycle.NewPredictors(s.catalog, registry, maxPredictorBytes),
		Workers:    workers, MaxMemory: trainingMemory(c.TrainingMemoryMB),
	}
	*s.env = exec.Env{Engine: e, Catalog: s.catalog, Service: service, Reader: reader, Stopping: running, Changed: s.functions.Refresh, SlowWrites: &s.SlowWrites, PlainWrites: &s.PlainWrites}
	s.functions.Catalog, s.functions.Service, s.functions.SQLCatalog, s.functions.MayUse = s.catalog, service, e.Catalog(), s.env.MayUse
	return nil
}

func metricOffers() []catalog.MetricOffer {
	var out []catalog.MetricOffer
	for _, m := range metric.All() {
		o := catalog.MetricOffer{Name: m.Name, Aliases: m.Aliases, HigherIsBetter: m.HigherIsBetter, Doc: m.Doc}
		for _, k := range m.Tasks {
			o.Tasks = append(o.Tasks, lifecycle.TaskOf(k))
		}
		out = append(out, o)
	}
	return out
}

// Owns tells whether a statement is one of AIBMS's own.
func Owns(statement string) bool { return mlsql.Owns(statement) }

// Blocks switches prediction in blocks.
func (s *Server) Blocks() *sqlfuncs.Blocks { return &s.functions.Blocks }

// Reader reads training data.
func (s *Server) Reader() *rows.Reader { return s.env.Reader }
