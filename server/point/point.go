// Package point answers prepared statements that ask a model for one prediction, without planning them again at each execution.
//
// They are of two shapes:
//
//	SELECT PREDICT('m', ?, ?, ?)
//	SELECT id, PREDICT_PROBA('m') FROM t WHERE id = ?
//
// A Fast looks at each statement that was prepared (shape.go). A statement of such a shape is bound once by the engine's own binder, with parameters in the place of the
// values (plan.go), and then evaluated with the values of each execution (value.go, and server/rows for the row of the table). So names, types, conversions, errors and
// privileges are the engine's, and a prediction goes through the same sqlfuncs call as everywhere else.
//
// Where anything is not certain to be as the engine would have it, and where there is an error, the statement is left to the engine.
package point

import (
	"context"
	"fmt"
	"sync/atomic"

	gmsserver "github.com/dolthub/go-mysql-server/server"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/vitess/go/mysql"
	"github.com/dolthub/vitess/go/sqltypes"
	querypb "github.com/dolthub/vitess/go/vt/proto/query"

	"aibms/catalog"
	"aibms/server/engine"
	"aibms/server/wire"
	"aibms/sqlfuncs"
)

// Fast answers point predictions. It implements wire.Fast and is safe for concurrent use.
type Fast struct {
	Engine    func() *engine.Engine // nil until the server is open
	Functions *sqlfuncs.Functions
	Handler   *gmsserver.Handler // the engine's own: says which columns a statement has
	Enabled   func() bool        // nil: always

	answered atomic.Int64
}

var _ wire.Fast = (*Fast)(nil)

// Answered counts the executions that were answered without the engine.
func (f *Fast) Answered() int64 { return f.answered.Load() }

// Prepare implements wire.Fast.
func (f *Fast) Prepare(c *mysql.Conn, p *mysql.PrepareData) wire.FastStatement {
	e := f.Engine()
	if e == nil {
		return nil
	}
	query := sql.RemoveSpaceAndDelimiter(p.PrepareStmt, ';')
	parsed, ok := e.GMS().PreparedDataCache.GetCachedStmt(c.ConnectionID, query)
	if !ok {
		return nil
	}
	shape, ok := shapeOf(parsed, int(p.ParamsCount))
	if !ok {
		return nil
	}
	s := &statement{fast: f, engine: e, query: query, shape: shape, params: make([]*param, p.ParamsCount), plans: map[string]*boundPlan{}}
	for i := range s.params {
		s.params[i] = &param{name: fmt.Sprintf("v%d", i+1)}
	}
	return s
}

// statement is one prepared statement of one connection. Its executions do not overlap.
type statement struct {
	fast   *Fast
	engine *engine.Engine
	query  string
	shape  shape
	params []*param
	first  *sql.Context // of the first execution: it has the session, which lives longer than the statement

	plans     map[string]*boundPlan // by signature
	signature []byte
	text      textType
	values    []sqltypes.Value
	result    sqltypes.Result
}

const (
	maxPlans = 32   // signatures of one statement that are remembered
	skips    = 1000 // executions that the engine answers before a statement that was found unfit is looked at again: a table may have got a key since
)

// Execute implements wire.FastStatement.
func (s *statement) Execute(ctx context.Context, c *mysql.Conn, p *mysql.PrepareData) (*sqltypes.Result, bool, error) {
	if s.fast.Enabled != nil && !s.fast.Enabled() {
		return nil, false, nil
	}
	if s.first == nil {
		first, err := s.engine.Context(ctx, c, s.query)
		if err != nil {
			return nil, false, nil
		}
		s.first = first
	}
	sctx := s.engine.Again(s.first)
	if !s.bind(sctx, p.BindVars) {
		return nil, false, nil
	}
	snapshot := s.fast.Functions.Catalog.Snapshot()
	at := conditionsOf(sctx, s.engine, snapshot)
	b, known := s.plans[string(s.signature)]
	if known && b.conditions != at {
		b = nil
	}
	if b != nil && b.unfit {
		if b.skip--; b.skip == 0 {
			delete(s.plans, string(s.signature))
		}
		return nil, false, nil
	}
	var fields []*querypb.Field
	var err error
	if b == nil {
		if fields, err = s.describe(ctx, c, p); err != nil {
			return nil, false, nil
		}
	}
	if sctx, err = s.engine.BeginStatement(sctx); err != nil {
		return nil, false, nil
	}
	defer s.engine.EndStatement(sctx)
	if b == nil {
		if b, err = s.plan(sctx, fields, snapshot); err != nil {
			return nil, false, nil
		}
		if !known && len(s.plans) >= maxPlans {
			clear(s.plans)
		}
		s.plans[string(s.signature)] = b
		if b.unfit {
			return nil, false, nil
		}
	}
	return s.answer(sctx, c, b)
}

// answer evaluates a plan with the values that are bound.
func (s *statement) answer(ctx *sql.Context, c *mysql.Conn, b *boundPlan) (*sqltypes.Result, bool, error) {
	if ctx.Session.ValidateSession(ctx) != nil || !s.allowed(ctx, b) || limited(ctx) {
		return nil, false, nil
	}
	autocommit, err := plan.IsSessionAutocommit(ctx)
	if err != nil {
		return nil, false, nil
	}
	// A transaction that reads nothing shows nothing, and neither does one that would see what the last one saw: it is begun only where it matters.
	own := ctx.GetTransaction() == nil
	seen := own && autocommit && (b.table == nil || b.table.seen(ctx))
	if own && !seen {
		if err := begin(ctx); err != nil {
			return nil, false, nil
		}
	}
	row, found := sql.Row(nil), true
	if b.table != nil {
		var fits bool
		if !seen {
			fits = b.table.look(ctx, own)
		}
		if seen || fits {
			row, found, fits = b.table.read(ctx)
		}
		if !fits {
			if b.table.changed {
				delete(s.plans, string(s.signature))
			}
			return nil, false, nil
		}
	}
	before := ctx.Session.Warnings()
	ctx.Session.ClearWarnings()
	s.result = sqltypes.Result{Fields: b.fields}
	if found {
		if err := s.evaluate(ctx, b, row); err != nil {
			if ctx.Err() != nil {
				return nil, true, context.Cause(ctx)
			}
			restore(ctx, before)
			return nil, false, nil
		}
		s.result.Rows, s.result.RowsAffected = [][]sqltypes.Value{s.values}, 1
	}
	if ctx.Err() != nil {
		return nil, true, context.Cause(ctx)
	}
	sql.IncrementStatusVariable(ctx, "Questions", 1)
	sql.IncrementStatusVariable(ctx, "Com_select", 1)
	if err := end(ctx, autocommit); err != nil {
		return nil, true, err
	}
	last := ctx.GetLastQueryInfo()
	last.RowCount.Store(-1)
	last.FoundRows.Store(int64(len(s.result.Rows)))
	status(ctx, c, autocommit)
	s.fast.answered.Add(1)
	return &s.result, true, nil
}

// evaluate computes the row of the result.
func (s *statement) evaluate(ctx *sql.Context, b *boundPlan, row sql.Row) error {
	s.values = s.values[:0]
	for _, column := range b.columns {
		v, err := column.Eval(ctx, row)
		if err != nil {
			return err
		}
		out := sqltypes.NULL
		if v != nil {
			if out, err = column.Type().SQL(ctx, nil, v); err != nil {
				return err
			}
		}
		s.values = append(s.values, out)
	}
	return nil
}

// allowed tells whether the session's user may use the plan's models and read its table.
func (s *statement) allowed(ctx *sql.Context, b *boundPlan) bool {
	for _, m := range b.models {
		if s.fast.Functions.MayUse(ctx, m) != nil {
			return false
		}
	}
	return b.table == nil || s.engine.CanTable(ctx, b.table.database, b.table.name, sql.PrivilegeType_Select)
}

// limited tells whether the session limits the rows of every SELECT.
func limited(ctx *sql.Context) bool {
	unlimited, _ := sql.HasDefaultValue(ctx, ctx.Session, "sql_select_limit")
	return !unlimited
}

// restore gives the session back the warnings that it had.
func restore(ctx *sql.Context, before []*sql.Warning) {
	ctx.Session.ClearWarnings()
	for i := len(before) - 1; i >= 0; i-- {
		ctx.Session.Warn(before[i])
	}
}

// begin begins a transaction of the session, as the engine does before a statement.
func begin(ctx *sql.Context) error {
	ts, ok := ctx.Session.(sql.TransactionSession)
	if !ok {
		return fmt.Errorf("the session has no transactions")
	}
	tx, err := ts.StartTransaction(ctx, sql.ReadWrite)
	if err == nil {
		ctx.SetTransaction(tx)
	}
	return err
}

// end commits a transaction that the user has not begun, as the engine does after a statement.
func end(ctx *sql.Context, autocommit bool) error {
	tx := ctx.GetTransaction()
	if tx == nil || !autocommit || ctx.GetIgnoreAutoCommit() {
		return nil
	}
	ts, ok := ctx.Session.(sql.TransactionSession)
	if !ok {
		return nil
	}
	if err := ts.CommitTransaction(ctx, tx); err != nil {
		return err
	}
	ctx.SetTransaction(nil)
	return nil
}

// status sets what the answer's packets say of the session.
func status(ctx *sql.Context, c *mysql.Conn, autocommit bool) {
	set := func(flag uint16, on bool) {
		c.StatusFlags &^= flag
		if on {
			c.StatusFlags |= flag
		}
	}
	set(uint16(mysql.ServerStatusAutocommit), autocommit)
	set(uint16(mysql.ServerInTransaction), ctx.GetTransaction() != nil)
}

// conditions are what a plan was made under. It holds as long as they are the same.
type conditions struct {
	epoch      uint64 // of the catalog
	privileges uint64 // counts the changes of accounts and grants
	database   string // the session's current one
	results    sql.CharacterSetID
	collation  sql.CollationID
}

func conditionsOf(ctx *sql.Context, e *engine.Engine, snapshot *catalog.Snapshot) conditions {
	e.Catalog().MySQLDb.UserActivePrivilegeSet(ctx) // brings the session's copy up to date
	_, privileges := ctx.Session.GetPrivilegeSet()
	return conditions{snapshot.Epoch(), privileges, ctx.GetCurrentDatabase(), ctx.GetCharacterSetResults(), ctx.GetCollation()}
}
