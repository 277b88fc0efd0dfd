package engine_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	gms "github.com/dolthub/go-mysql-server/sql"

	"aibms/server/engine"
	"aibms/server/wire"
)

// session opens an internal session for the length of the test.
func session(t *testing.T, e *engine.Engine, user, db string) *gms.Context {
	t.Helper()
	host := ""
	if user != "" {
		host = "localhost"
	}
	ctx, end, err := e.Session(context.Background(), user, host, db, "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(end)
	return ctx
}

// values reads all rows of a query inside a session.
func values(t *testing.T, e *engine.Engine, ctx *gms.Context, query string, args ...any) []gms.Row {
	t.Helper()
	_, iter, err := e.Query(ctx, query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	rows, err := gms.RowIterToRows(ctx, iter)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return rows
}

func TestQueryStaysInTheTransaction(t *testing.T) {
	e := start(t, engine.Config{}, engine.Seams{})
	root, _ := ordinary(t, e)
	ctx := session(t, e, "", "d")
	if err := e.Run(ctx, "INSERT INTO t VALUES (?, ?)", 2, 2.5); err != nil {
		t.Fatal(err)
	}
	if got := values(t, e, ctx, "SELECT COUNT(*) FROM t"); got[0][0] != int64(2) {
		t.Errorf("the session does not see its own row: %v", got)
	}
	if got := one(t, root, "SELECT COUNT(*) FROM d.t"); got != "1" {
		t.Errorf("uncommitted row seen by others: %s", got)
	}
}

func TestQueryHasItsUsersPrivileges(t *testing.T) {
	e := start(t, engine.Config{}, engine.Seams{})
	root, _ := ordinary(t, e)
	must(t, root, "CREATE USER eve@localhost IDENTIFIED BY 'x'", "CREATE DATABASE other", "GRANT SELECT ON other.* TO eve@localhost")
	ctx := session(t, e, "eve", "other")
	for _, q := range []string{"SELECT * FROM d.t", "INSERT INTO d.t VALUES (5, 5)", "SET GLOBAL max_connections = 3", "CALL dolt_gc()"} {
		err := e.Run(ctx, q)
		if err == nil {
			t.Errorf("%s succeeded", q)
		}
	}
	if err := e.Run(session(t, e, "root", ""), "CREATE DATABASE aibms"); err == nil {
		t.Error("a session in root's name wrote the catalog")
	}
	if _, _, err := e.Session(t.Context(), "nobody", "localhost", "d", "x"); err == nil {
		t.Error("a session of an unknown user was opened in a database")
	}
}

func TestCan(t *testing.T) {
	e := start(t, engine.Config{}, engine.Seams{})
	root, _ := ordinary(t, e)
	must(t, root, "CREATE USER app@localhost IDENTIFIED BY 'x'", "GRANT EXECUTE ON PROCEDURE d.churn TO app@localhost",
		"CREATE USER team@localhost IDENTIFIED BY 'x'", "GRANT EXECUTE ON d.* TO team@localhost",
		"CREATE ROLE trainers", "GRANT ALTER ROUTINE, EXECUTE ON d.* TO trainers", "CREATE USER ann@localhost IDENTIFIED BY 'x'", "GRANT trainers TO ann@localhost",
		"CREATE USER filer@localhost", "GRANT FILE ON *.* TO filer@localhost")
	x, alter, file := gms.PrivilegeType_Execute, gms.PrivilegeType_AlterRoutine, gms.PrivilegeType_File
	for _, c := range []struct {
		user, db, routine string
		p                 []gms.PrivilegeType
		want              bool
	}{
		{"app", "d", "churn", []gms.PrivilegeType{x}, true},
		{"app", "d", "Churn", []gms.PrivilegeType{x}, true},
		{"app", "d", "other", []gms.PrivilegeType{x}, false},
		{"app", "d", "", []gms.PrivilegeType{x}, false},
		{"app", "e", "churn", []gms.PrivilegeType{x}, false},
		{"app", "d", "churn", []gms.PrivilegeType{alter}, false},
		{"app", "d", "churn", []gms.PrivilegeType{x, alter}, false},
		{"team", "d", "churn", []gms.PrivilegeType{x}, true},
		{"team", "d", "", []gms.PrivilegeType{x}, true},
		{"team", "d", "", []gms.PrivilegeType{alter}, false},
		{"ann", "d", "churn", []gms.PrivilegeType{x, alter}, true},
		{"ann", "", "", []gms.PrivilegeType{x}, false},
		{"filer", "", "", []gms.PrivilegeType{file}, true},
		{"bob", "", "", []gms.PrivilegeType{file}, false},
		{"bob", "d", "anything", []gms.PrivilegeType{x, alter}, true},
		{"root", "", "", []gms.PrivilegeType{file}, true},
		{"root", "d", "churn", []gms.PrivilegeType{x}, true},
	} {
		db := ""
		if c.user == "bob" || c.user == "team" {
			db = "d" // the session's own database must not stand in for an empty one
		}
		if got := e.Can(session(t, e, c.user, db), c.db, c.routine, c.p...); got != c.want {
			t.Errorf("%s may %v on %q.%q: %v, want %v", c.user, c.p, c.db, c.routine, got, c.want)
		}
	}
}

func TestSessionIsSeenAndKilled(t *testing.T) {
	e := start(t, engine.Config{}, engine.Seams{})
	root, _ := ordinary(t, e)
	ctx, end, err := e.Session(t.Context(), "root", "localhost", "d", "TRAIN MODEL churn")
	if err != nil {
		t.Fatal(err)
	}
	defer end()
	id := one(t, root, "SELECT ID FROM information_schema.PROCESSLIST WHERE INFO = 'TRAIN MODEL churn'")
	must(t, root, "KILL QUERY "+id)
	select {
	case <-ctx.Done():
	case <-time.After(5 * time.Second):
		t.Fatal("the session does not notice that it was killed")
	}
	end()
	if got := one(t, root, "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO = 'TRAIN MODEL churn'"); got != "0" {
		t.Error("the ended session is still listed")
	}
}

func TestKilledQueryEnds(t *testing.T) {
	e := start(t, engine.Config{}, engine.Seams{})
	ctx := session(t, e, "", "")
	_, iter, err := e.Query(ctx, "SELECT SLEEP(60)")
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(50*time.Millisecond, func() { e.GMS().ProcessList.Kill(ctx.Session.ID()) })
	began := time.Now()
	_, err = iter.Next(ctx)
	if err == nil || errors.Is(err, io.EOF) || !strings.Contains(wire.MapError(err).Error(), "1317") {
		t.Errorf("killed: %v", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

// TestInternalAccountComesBack: root may drop it like any other.
func TestInternalAccountComesBack(t *testing.T) {
	e := start(t, engine.Config{}, engine.Seams{})
	root, _ := ordinary(t, e)
	for _, s := range []string{"DROP USER 'aibms.session'@localhost", "ALTER USER 'aibms.session'@localhost IDENTIFIED BY 'x'"} {
		root.Exec(s)
		if err := e.Write(t.Context(), "d", "write", []engine.Statement{{Query: "REPLACE INTO t VALUES (9, 9)"}}); err != nil {
			t.Errorf("after %s: %v", s, err)
		}
		if err := connect(t, e, "aibms.session:x", "").Ping(); err == nil {
			t.Errorf("after %s somebody could log in", s)
		}
	}
}

// TestPin: what was pinned stays readable whatever happens to the table, and the user's branch is untouched.
func TestPin(t *testing.T) {
	dir := t.TempDir()
	e := start(t, engine.Config{DataDir: dir}, engine.Seams{})
	ordinary(t, e)
	in := connect(t, e, "root", "d")
	must(t, in, "CALL dolt_commit('-Am', 'base')", "INSERT INTO t VALUES (2, 2.5)", "CREATE TABLE pending (id INT PRIMARY KEY)", "INSERT INTO pending VALUES (7)")
	before := one(t, in, "SELECT CONCAT(dolt_hashof('HEAD'), (SELECT COUNT(*) FROM dolt_log), (SELECT GROUP_CONCAT(CONCAT(table_name, staged, status)) FROM dolt_status), (SELECT COUNT(*) FROM dolt_branches), (SELECT COUNT(*) FROM dolt_tags))")
	ctx, end, err := e.Session(t.Context(), "root", "localhost", "d", "pin")
	if err != nil {
		t.Fatal(err)
	}
	commit, err := e.Pin(ctx, "d", "churn/1")
	if err != nil {
		t.Fatal(err)
	}
	end() // a collection waits for it
	after := one(t, in, "SELECT CONCAT(dolt_hashof('HEAD'), (SELECT COUNT(*) FROM dolt_log), (SELECT GROUP_CONCAT(CONCAT(table_name, staged, status)) FROM dolt_status), (SELECT COUNT(*) FROM dolt_branches), (SELECT COUNT(*) FROM dolt_tags))")
	if before != after {
		t.Errorf("the user's branch changed:\n%s\n%s", before, after)
	}
	must(t, in, "DELETE FROM t", "DROP TABLE pending", "CALL dolt_commit('-Am', 'gone')", "CALL dolt_gc('--full')")
	read := func() {
		t.Helper()
		db := connect(t, e, "root", "d")
		if got := one(t, db, "SELECT SUM(x) FROM t AS OF '"+commit+"'"); got != "4" {
			t.Errorf("the pinned sum is %s", got)
		}
		if got := one(t, db, "SELECT id FROM pending AS OF '"+commit+"'"); got != "7" {
			t.Errorf("the pinned table has %s", got)
		}
	}
	read()
	stop(t, e)
	e = start(t, engine.Config{DataDir: dir}, engine.Seams{})
	read()
	if ctx, end, err = e.Session(t.Context(), "root", "localhost", "d", "pin"); err != nil {
		t.Fatal(err)
	}
	moved, err := e.Pin(ctx, "d", "churn/1")
	if err != nil || moved == commit {
		t.Errorf("pinned again: %s, %v", moved, err)
	}
	for range 2 {
		if err := e.Unpin(ctx, "d", "churn/1"); err != nil {
			t.Errorf("unpin: %v", err)
		}
	}
	end()
	must(t, connect(t, e, "root", "d"), "CALL dolt_gc('--full')")
	var n int
	if err := connect(t, e, "root", "d").QueryRow("SELECT COUNT(*) FROM t AS OF '" + commit + "'").Scan(&n); err == nil {
		t.Error("the data of a released pin is still there after a collection")
	}
	ctx = session(t, e, "root", "d")
	for _, bad := range []string{"", "a b", "x:y", "x~1"} {
		if _, err := e.Pin(ctx, "d", bad); err == nil {
			t.Errorf("the name %q was accepted", bad)
		}
	}
	if _, err := e.Pin(ctx, "nowhere", "x"); err == nil {
		t.Error("pinned a database that does not exist")
	}
}

// TestStopLetsStatementsFinish: what runs when the server stops is answered; what does not end in time is killed.
func TestStopLetsStatementsFinish(t *testing.T) {
	e := start(t, engine.Config{}, engine.Seams{})
	db := connect(t, e, "root", "")
	idle := connect(t, e, "root", "")
	must(t, idle, "SET @x = 1")
	answer := make(chan error, 1)
	go func() {
		var v int
		err := db.QueryRow("SELECT SLEEP(0.5)").Scan(&v)
		answer <- err
	}()
	waitRunning(t, e, "SLEEP")
	stop(t, e)
	if err := <-answer; err != nil {
		t.Errorf("a running statement was cut off: %v", err)
	}
	if err := idle.Ping(); err == nil {
		t.Error("a connection outlived the server")
	}
}

func TestStopKillsWhatDoesNotEnd(t *testing.T) {
	e := start(t, engine.Config{}, engine.Seams{})
	db := connect(t, e, "root", "")
	answer := make(chan error, 1)
	go func() {
		var v int
		answer <- db.QueryRow("SELECT SLEEP(600)").Scan(&v)
	}()
	waitRunning(t, e, "SLEEP")
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	if err := e.Stop(ctx); err != nil {
		t.Errorf("stop: %v", err)
	}
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("stopping took %v", took)
	}
	if err := <-answer; err == nil {
		t.Error("the statement was answered")
	}
	select {
	case <-e.Done():
	default:
		t.Error("not done")
	}
	if e.Err() != nil {
		t.Error(e.Err())
	}
}

// waitRunning waits until a statement that holds the text runs.
func waitRunning(t *testing.T, e *engine.Engine, text string) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		for _, p := range e.GMS().ProcessList.Processes() {
			if strings.Contains(p.Query, text) {
				return
			}
		}
	}
	t.Fatal("it does not run")
}
