package sqlfuncs

import (
	"sync"
	"time"

	"github.com/dolthub/go-mysql-server/sql"

	"aibms/catalog"
	"aibms/server/sqlerr"
)

// statements remembers what the running statement of each connection has seen of the catalog: every function call of one statement uses the same version of a
// model, whatever is deployed meanwhile.
type statements struct {
	mu           sync.Mutex
	byConnection map[connection]*statement
	sweepAt      int
}

// connection is a client's, or the session of an event: their numbers may be the same.
type connection struct {
	id    uint32
	event bool
}

func connectionOf(ctx *sql.Context) connection { return connection{ctx.Session.ID(), ctx.Pid() == 0} }

// statement is one running statement. A CALL counts as one, with what its procedure runs; but after a statement of ours in it, as a DEPLOY, the rest sees the catalog
// that it made: Refresh.
type statement struct {
	pid      uint64 // of an event: 0
	began    time.Time
	snapshot *catalog.Snapshot
	warned   map[string]bool
}

const (
	minSweep = 4096      // connections that are remembered before those that run nothing are looked for
	maxEvent = time.Hour // how long the statement of an event is remembered: it stands in no process list
)

// of returns what is remembered of the statement that ctx belongs to. The caller holds mu.
func (s *statements) of(ctx *sql.Context, now func() *catalog.Snapshot) *statement {
	key, pid, began := connectionOf(ctx), ctx.Pid(), ctx.QueryTime()
	if st, ok := s.byConnection[key]; ok && st.pid == pid && st.began.Equal(began) {
		return st
	}
	if s.byConnection == nil {
		s.byConnection, s.sweepAt = map[connection]*statement{}, minSweep
	}
	if len(s.byConnection) >= s.sweepAt {
		s.sweep(ctx)
	}
	st := &statement{pid: pid, began: began, snapshot: now()}
	s.byConnection[key] = st
	return st
}

// sweep forgets the statements that do not run any more.
func (s *statements) sweep(ctx *sql.Context) {
	running := map[uint32]uint64{}
	for _, p := range ctx.ProcessList.Processes() {
		running[p.Connection] = p.QueryPid
	}
	if len(running) == 0 {
		return // the context of an event knows no process list
	}
	for key, st := range s.byConnection {
		if key.event && time.Since(st.began) > maxEvent || !key.event && running[key.id] != st.pid {
			delete(s.byConnection, key)
		}
	}
	s.sweepAt = max(minSweep, 2*len(s.byConnection))
}

// Snapshot returns the catalog as the running statement sees it.
func (f *Functions) Snapshot(ctx *sql.Context) *catalog.Snapshot {
	f.statements.mu.Lock()
	defer f.statements.mu.Unlock()
	return f.statements.of(ctx, f.Catalog.Snapshot).snapshot
}

// Refresh lets the rest of the running statement see the catalog as it is now: for a procedure that deploys and then predicts.
func (f *Functions) Refresh(ctx *sql.Context) {
	f.statements.mu.Lock()
	defer f.statements.mu.Unlock()
	delete(f.statements.byConnection, connectionOf(ctx))
}

// warn adds a warning to the running statement, once for each text.
func (f *Functions) warn(ctx *sql.Context, text string) {
	f.statements.mu.Lock()
	defer f.statements.mu.Unlock()
	st := f.statements.of(ctx, f.Catalog.Snapshot)
	if st.warned[text] {
		return
	}
	if st.warned == nil {
		st.warned = map[string]bool{}
	}
	st.warned[text] = true
	ctx.Warn(sqlerr.Note.Number, "%s", text)
}
