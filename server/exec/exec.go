// Package exec turns AIBMS statements into executable nodes of the SQL engine: one thin file per statement, which says who may run it, what rows it gives and what of
// server/lifecycle or catalog it calls.
package exec

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/dolthub/go-mysql-server/sql"
	ast "github.com/dolthub/vitess/go/vt/sqlparser"

	"aibms/catalog"
	"aibms/learners/predictor"
	"aibms/server/engine"
	"aibms/server/lifecycle"
	"aibms/server/mlsql"
	"aibms/server/rows"
	"aibms/server/sqlerr"
)

// Env is what statements are carried out with. It is set once, before the first statement.
type Env struct {
	inBody  bool // the statement stands in the body of a procedure or event
	Engine  *engine.Engine
	Catalog *catalog.Catalog
	Service *lifecycle.Service
	Reader  *rows.Reader

	// Stopping ends when the server begins to stop: long statements end with it, short ones may finish.
	Stopping context.Context

	// Changed is told after each statement of ours that has run: what follows it in the same procedure sees the catalog that it made.
	Changed func(*sql.Context)

	// SlowWrites makes PREDICT MODEL write through the engine's own iterators: the reference that plain writing is compared with.
	SlowWrites *atomic.Bool
	// PlainWrites counts the statements that did not.
	PlainWrites *atomic.Int64
}

// plan is a statement ready to run.
type plan struct {
	schema   sql.Schema // nil: the statement answers OK
	readOnly bool
	commits  bool // ends the session's transaction first, as MySQL's DDL does
	run      func(ctx *sql.Context) ([]sql.Row, error)
}

// plan decides how to carry out a statement whose placeholders are bound to args; those in its SELECTs are still to be passed on.
func (e *Env) plan(st mlsql.Statement, args []mlsql.Value) (*plan, error) {
	switch s := st.(type) {
	case *mlsql.CreateModel:
		return e.createModel(s), nil
	case *mlsql.TrainModel:
		return e.trainModel(s), nil
	case *mlsql.EvaluateModel:
		return e.evaluateModel(s, args), nil
	case *mlsql.DeployModel:
		return e.deployModel(s), nil
	case *mlsql.UndeployModel:
		return e.undeployModel(s), nil
	case *mlsql.RollbackModel:
		return e.rollbackModel(s), nil
	case *mlsql.PredictModel:
		return e.predictModel(s, args), nil
	case *mlsql.AlterModel:
		return e.alterModel(s), nil
	case *mlsql.DropModel:
		return e.dropModel(s), nil
	case *mlsql.ShowModels:
		return e.showModels(s), nil
	case *mlsql.ShowModel:
		return e.showModel(s), nil
	case *mlsql.ShowCreateModel:
		return e.showCreateModel(s), nil
	case *mlsql.ShowLearners:
		return e.showLearners(), nil
	case *mlsql.ShowMetrics:
		return e.showMetrics(), nil
	case *mlsql.DescribeModel:
		return e.describeModel(s), nil
	case *mlsql.VerifyModel:
		return e.verifyModel(s), nil
	case *mlsql.Explain:
		return e.explain(s)
	}
	return nil, sqlerr.Errorf(sqlerr.NotSupported, "statement %s cannot be carried out", st)
}

// Inject makes a statement of ours one that the SQL engine builds and runs. text is the statement's own text, params its placeholders in order: they
// are bound by the engine at each execution.
func (e *Env) Inject(text string, params []ast.Expr) ast.Statement {
	return ast.InjectedStatement{
		Auth:      ast.AuthInformation{AuthType: ast.AuthType_IGNORE, TargetType: ast.AuthTargetType_Ignore},
		Statement: &statement{env: e, text: text},
		Children:  params,
	}
}

// InjectError makes a statement that fails with err wherever it is built: how a syntax error in a statement of ours keeps its own number and text.
func (e *Env) InjectError(err error) ast.Statement {
	return ast.InjectedStatement{
		Auth:      ast.AuthInformation{AuthType: ast.AuthType_IGNORE, TargetType: ast.AuthTargetType_Ignore},
		Statement: failing{err},
	}
}

type failing struct{ err error }

func (f failing) WithResolvedChildren([]any) (any, error) { return nil, sqlerr.Map(f.err) }

// usable finds the model that a statement wants to look at or predict with, and asks for EXECUTE on it. Who has no right to it does not learn whether it exists.
func (e *Env) usable(ctx *sql.Context, name mlsql.Name) (*catalog.Model, error) {
	return e.find(ctx, name, func(database, model string) error { return e.mayUse(ctx, database, model) })
}

// changeable finds the model that a statement wants to train, deploy or alter, and asks for ALTER ROUTINE on it.
func (e *Env) changeable(ctx *sql.Context, name mlsql.Name) (*catalog.Model, error) {
	return e.find(ctx, name, func(database, model string) error { return e.mayChange(ctx, database, model) })
}

func (e *Env) find(ctx *sql.Context, name mlsql.Name, allowed func(database, model string) error) (*catalog.Model, error) {
	database := name.Database
	if database == "" {
		database = currentDatabase(ctx)
	}
	if database == "" {
		return nil, noDatabase(name)
	}
	snapshot := e.Catalog.Snapshot()
	m, err := snapshot.Lookup(catalog.Ref{Database: database, Name: name.Name}, database)
	if err != nil {
		if denied := allowed(database, name.Name); denied != nil {
			return nil, denied
		}
		return nil, snapshot.Suggest(err, database, name.Name, func(m *catalog.Model) bool { return allowed(m.Database, m.Name) == nil })
	}
	return m, allowed(m.Database, m.Name)
}

func noDatabase(name mlsql.Name) error {
	return sqlerr.Errorf(sqlerr.NoDatabase, "No database selected: USE one, or write db.%s", name)
}

// warn gives the session notes for SHOW WARNINGS, which lists the last one first.
func warn(ctx *sql.Context, notes []string) {
	for _, n := range slices.Backward(notes) {
		ctx.Warn(sqlerr.Note.Number, "%s", n)
	}
}

// work is the context of a statement for lifecycle. Within a body the session stays with the statements around this one: they may hold on to data.
func (e *Env) work(ctx *sql.Context) context.Context {
	if e.inBody {
		return ctx
	}
	return rows.WithSession(ctx)
}

// version finds a version of a model; the deployed one when the statement names none.
func (e *Env) version(m *catalog.Model, ref mlsql.VersionRef) (*catalog.Version, error) {
	_, v, err := e.Catalog.Snapshot().Resolve(catalog.Ref{Database: m.Database, Name: m.Name, Version: ref.Number, Alias: ref.Alias}, m.Database)
	return v, err
}

// versionOrNewest is version, but without a reference and without a deployed version it is the newest READY one: for statements that only look.
func (e *Env) versionOrNewest(m *catalog.Model, ref mlsql.VersionRef) (*catalog.Version, error) {
	if !ref.IsSet() && m.Deployed() == 0 {
		if v := m.NewestReady(); v != nil {
			return v, nil
		}
	}
	return e.version(m, ref)
}

func (e *Env) predictor(ctx context.Context, m *catalog.Model, v *catalog.Version) (*predictor.Predictor, error) {
	return e.Service.Predictors.Get(ctx, m, v)
}

// progress shows the phases of a long statement in SHOW PROCESSLIST, with how far each is and of how much as soon as that is known.
func (e *Env) progress(ctx *sql.Context, what string) (lifecycle.Progress, func()) {
	list, pid := ctx.ProcessList, ctx.Pid()
	shown, at, of := "", int64(0), int64(0)
	clear := func() {
		if shown != "" {
			list.RemoveTableProgress(pid, shown)
		}
	}
	return func(phase string, done, total int64) {
		if total <= 0 {
			total = -1 // SHOW PROCESSLIST prints ? for what is not known
		}
		name := what + ": " + phase
		if name != shown || total != of {
			clear()
			shown, at, of = name, 0, total
			list.AddTableProgress(pid, name, total)
		}
		list.UpdateTableProgress(pid, name, done-at)
		at = done
	}, clear
}

// untilStop is ctx for a long statement: it ends when the server begins to stop.
func (e *Env) untilStop(ctx *sql.Context) (*sql.Context, func()) {
	inner, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(e.Stopping, func() { cancel(errStopping) })
	return ctx.WithContext(inner), func() { stop(); cancel(nil) }
}

// stopped tells whether a statement ended with err because the server stops.
func (e *Env) stopped(err error) bool {
	return e.Stopping.Err() != nil && (errors.Is(err, errStopping) || errors.Is(err, context.Canceled) || strings.HasSuffix(err.Error(), context.Canceled.Error()))
}

var errStopping = errors.New("the server is stopping")
