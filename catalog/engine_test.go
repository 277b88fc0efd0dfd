package catalog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"testing"
	"time"

	sqle "github.com/dolthub/go-mysql-server"
	"github.com/dolthub/go-mysql-server/memory"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/sqltypes"
	querypb "github.com/dolthub/vitess/go/vt/proto/query"
	"github.com/dolthub/vitess/go/vt/sqlparser"
)

// engineDB is a DB over a real SQL engine that keeps its tables in memory. Faults can be planted.
type engineDB struct {
	mu     sync.RWMutex // the engine's memory tables bear one writer
	engine *sqle.Engine
	pro    *memory.DbProvider

	messages []string                        // of the commits so far
	before   func(at int, s Statement) error // called before statement at (from 0) of a Write; an error aborts the transaction
	commit   func() error                    // called instead of a plain commit; errBefore and errAfter say when the error comes
	largest  int                             // bytes of arguments of the largest transaction
	writing  func()                          // called at the start of Write, outside of any lock
}

var (
	errPlanted   = errors.New("planted fault")
	errAtCommit  = fmt.Errorf("%w before the commit", errPlanted)
	errAfterward = fmt.Errorf("%w after the commit", errPlanted)
)

func newEngineDB(t testing.TB) *engineDB {
	t.Helper()
	db := memory.NewDatabase("aibms")
	pro := memory.NewDBProvider(db)
	return &engineDB{engine: sqle.NewDefault(pro), pro: pro}
}

func (e *engineDB) session(ctx context.Context) *sql.Context {
	s := sql.NewContext(ctx, sql.WithSession(memory.NewSession(sql.NewBaseSession(), e.pro)))
	s.SetCurrentDatabase("aibms")
	return s
}

func (e *engineDB) run(ctx *sql.Context, query string, args ...any) ([][]any, error) {
	bindings := map[string]sqlparser.Expr{}
	for i, a := range args {
		var v sqltypes.Value
		switch a := a.(type) {
		case nil:
			v = sqltypes.NULL
		case int64:
			v = sqltypes.NewInt64(a)
		case uint64:
			v = sqltypes.NewUint64(a)
		case float64:
			v = sqltypes.MakeTrusted(querypb.Type_FLOAT64, strconv.AppendFloat(nil, a, 'g', -1, 64))
		case string:
			v = sqltypes.NewVarChar(a)
		case []byte:
			if a == nil {
				return nil, errors.New("a nil []byte was bound")
			}
			v = sqltypes.MakeTrusted(sqltypes.Blob, a)
		case time.Time:
			if a.Location() != time.UTC || a.Nanosecond()%1000 != 0 {
				return nil, fmt.Errorf("time %v is not UTC in whole microseconds", a)
			}
			v = sqltypes.NewVarChar(a.Format("2006-01-02 15:04:05.000000"))
		default:
			return nil, fmt.Errorf("a %T was bound", a)
		}
		expr, err := sqlparser.ExprFromValue(v)
		if err != nil {
			return nil, err
		}
		bindings["v"+strconv.Itoa(i+1)] = expr
	}
	_, iter, _, err := e.engine.QueryWithBindings(ctx, query, nil, bindings, nil)
	if err != nil {
		return nil, fmt.Errorf("%.200s: %w", query, err)
	}
	var rows [][]any
	for {
		r, err := iter.Next(ctx)
		if err == io.EOF {
			return rows, iter.Close(ctx)
		}
		if err != nil {
			_ = iter.Close(ctx)
			return nil, fmt.Errorf("%.200s: %w", query, err)
		}
		row := make([]any, len(r))
		for i, v := range r {
			if row[i], err = sql.UnwrapAny(ctx, v); err != nil {
				return nil, err
			}
		}
		rows = append(rows, row)
	}
}

func (e *engineDB) Read(ctx context.Context, query string, args ...any) ([][]any, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.run(e.session(ctx), query, args...)
}

func (e *engineDB) Write(ctx context.Context, message string, statements []Statement) error {
	if e.writing != nil {
		e.writing()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.session(ctx)
	if _, err := e.run(s, "START TRANSACTION"); err != nil {
		return err
	}
	size := 0
	for i, st := range statements {
		err := error(nil)
		if e.before != nil {
			err = e.before(i, st)
		}
		if err == nil {
			_, err = e.run(s, st.Query, st.Args...)
		}
		if err != nil {
			if _, rollbackErr := e.run(s, "ROLLBACK"); rollbackErr != nil {
				panic(rollbackErr)
			}
			return err
		}
		for _, a := range st.Args {
			if b, ok := a.([]byte); ok {
				size += len(b)
			}
		}
	}
	var planted error
	if e.commit != nil {
		planted = e.commit()
	}
	if errors.Is(planted, errAtCommit) {
		if _, err := e.run(s, "ROLLBACK"); err != nil {
			panic(err)
		}
		return planted
	}
	if _, err := e.run(s, "COMMIT"); err != nil {
		return err
	}
	e.messages = append(e.messages, message)
	e.largest = max(e.largest, size)
	return planted
}

// must runs a statement of a test's own.
func (e *engineDB) must(t testing.TB, query string, args ...any) [][]any {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	rows, err := e.run(e.session(context.Background()), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func (e *engineDB) lastMessage() string { return e.messages[len(e.messages)-1] }
