package wire_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	wiremysql "github.com/dolthub/vitess/go/mysql"
	"github.com/dolthub/vitess/go/sqltypes"
	querypb "github.com/dolthub/vitess/go/vt/proto/query"

	"aibms/server/engine"
	"aibms/server/wire"
)

// fakeFast answers statements that hold the word "fast".
type fakeFast struct {
	execute  func(*wiremysql.PrepareData) (*sqltypes.Result, bool, error)
	prepared atomic.Int64
}

func (f *fakeFast) Prepare(_ *wiremysql.Conn, p *wiremysql.PrepareData) wire.FastStatement {
	f.prepared.Add(1)
	if strings.Contains(p.PrepareStmt, "fast") {
		return f
	}
	return nil
}

func (f *fakeFast) Execute(_ context.Context, _ *wiremysql.Conn, p *wiremysql.PrepareData) (*sqltypes.Result, bool, error) {
	return f.execute(p)
}

// TestFast puts an answer in the engine's place: the engine answers what is not handled, and what was prepared at another epoch; errors are mapped and panics recovered.
func TestFast(t *testing.T) {
	var epoch atomic.Uint64
	fast := &fakeFast{}
	answer := func(*wiremysql.PrepareData) (*sqltypes.Result, bool, error) {
		return &sqltypes.Result{Fields: []*querypb.Field{{Name: "x", Type: sqltypes.VarChar}}, Rows: [][]sqltypes.Value{{sqltypes.NewVarChar("fast")}}}, true, nil
	}
	e := serve(t, wire.Options{Fast: fast, Hooks: wire.Hooks{Epoch: epoch.Load, Mentions: func(q string) bool { return strings.Contains(q, "'") }}}, engine.Seams{})
	pool := connect(t, e, "root", "")
	pool.SetMaxOpenConns(1)
	st, err := pool.Prepare("SELECT CONCAT('not ', 'fast', ?)")
	if err != nil {
		t.Fatal(err)
	}
	get := func() (v string) {
		t.Helper()
		if err := st.QueryRow("!").Scan(&v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	fast.execute = answer
	if v := get(); v != "fast" {
		t.Errorf("the answer is %q", v)
	}
	fast.execute = func(*wiremysql.PrepareData) (*sqltypes.Result, bool, error) { return nil, false, nil }
	if v := get(); v != "not fast!" {
		t.Errorf("the engine's answer is %q", v)
	}
	fast.execute = func(*wiremysql.PrepareData) (*sqltypes.Result, bool, error) {
		return nil, true, errors.New("context canceled")
	}
	if err := st.QueryRow("!").Scan(new(string)); number(err) != 1317 {
		t.Errorf("the error is %v", err)
	}
	fast.execute = func(*wiremysql.PrepareData) (*sqltypes.Result, bool, error) { panic("too fast") }
	if err := st.QueryRow("!").Scan(new(string)); number(err) != 1105 || !strings.Contains(err.Error(), "too fast") {
		t.Errorf("the error is %v", err)
	}
	fast.execute = answer
	before := fast.prepared.Load()
	epoch.Add(1)
	if v := get(); v != "not fast!" || fast.prepared.Load() != before+1 {
		t.Errorf("at a new epoch the answer is %q; the statement was looked at %d times", v, fast.prepared.Load()-before)
	}
	if v := get(); v != "fast" {
		t.Errorf("after it was prepared again the answer is %q", v)
	}
	// statements that mention nothing, and those that are not answered
	before = fast.prepared.Load()
	for _, s := range []string{"SELECT 1 AS fast", "SELECT 'slow'"} {
		var v string
		other, err := pool.Prepare(s)
		if err == nil {
			err = other.QueryRow().Scan(&v)
			other.Close()
		}
		if err != nil || v == "fast" {
			t.Errorf("%s: %q, %v", s, v, err)
		}
	}
	if got := fast.prepared.Load() - before; got != 1 {
		t.Errorf("%d statements were looked at, want 1", got)
	}
}
