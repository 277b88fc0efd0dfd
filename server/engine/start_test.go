package engine_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/dolthub/go-mysql-server/server"
	wiremysql "github.com/dolthub/vitess/go/mysql"
	"github.com/go-sql-driver/mysql"

	"aibms/server/engine"
	"aibms/server/wire"
)

// start runs an engine on a free port for the length of the test.
func start(t *testing.T, c engine.Config, s engine.Seams) *engine.Engine {
	t.Helper()
	if c.DataDir == "" {
		c.DataDir = t.TempDir()
	}
	if s.Handler == nil {
		s.Handler = func(h *server.Handler) wiremysql.Handler { return wire.New(h, wire.Options{}) }
	}
	e, err := engine.Start(context.Background(), c, s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, e) })
	return e
}

func stop(t *testing.T, e *engine.Engine) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := e.Stop(ctx); err != nil {
		t.Errorf("stop: %v", err)
	}
}

// connect opens a pool as root, or as the user given with "user:password".
func connect(t *testing.T, e *engine.Engine, user, db string) *sql.DB {
	t.Helper()
	c, err := sql.Open("mysql", fmt.Sprintf("%s@tcp(%s)/%s", user, e.Addr(), db))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// must runs statements that are expected to succeed.
func must(t *testing.T, db interface {
	Exec(string, ...any) (sql.Result, error)
}, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// fails runs a statement that must fail with the number and returns its text.
func fails(t *testing.T, db interface {
	Exec(string, ...any) (sql.Result, error)
}, number uint16, statement string, args ...any) string {
	t.Helper()
	_, err := db.Exec(statement, args...)
	var e *mysql.MySQLError
	if !errors.As(err, &e) {
		t.Errorf("%s: got %v, want error %d", statement, err, number)
		return ""
	}
	if e.Number != number {
		t.Errorf("%s: got %v, want error %d", statement, err, number)
	}
	return e.Message
}

// one returns the single value of a query as text.
func one(t *testing.T, db *sql.DB, query string, args ...any) string {
	t.Helper()
	var v sql.NullString
	if err := db.QueryRow(query, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	if !v.Valid {
		return "NULL"
	}
	return v.String
}

func TestServesAndRestarts(t *testing.T) {
	dir := t.TempDir()
	e := start(t, engine.Config{DataDir: dir}, engine.Seams{})
	db := connect(t, e, "root", "")
	must(t, db, "CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY, x DOUBLE)", "INSERT INTO d.t VALUES (1, 1.5), (2, 2.5)")
	stop(t, e)
	e = start(t, engine.Config{DataDir: dir}, engine.Seams{})
	if got := one(t, connect(t, e, "root", "d"), "SELECT SUM(x) FROM t"); got != "4" {
		t.Errorf("after a restart the sum is %s, want 4", got)
	}
}

func TestWriteIsOneCommit(t *testing.T) {
	e := start(t, engine.Config{}, engine.Seams{})
	ctx := context.Background()
	if err := e.Write(ctx, "", "create", []engine.Statement{{Query: "CREATE DATABASE c"}}); err != nil {
		t.Fatal(err)
	}
	if err := e.Write(ctx, "c", "tables", []engine.Statement{{Query: "CREATE TABLE m (id INT PRIMARY KEY, b LONGBLOB, s TEXT, at DATETIME(6), x DOUBLE)"}}); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2024, 5, 6, 7, 8, 9, 123456000, time.UTC)
	err := e.Write(ctx, "c", "two rows", []engine.Statement{
		{"INSERT INTO m VALUES (?, ?, ?, ?, ?)", []any{1, []byte{0, 1, 255}, "a'b", at, 0.1}},
		{"INSERT INTO m VALUES (?, ?, ?, ?, ?)", []any{2, nil, nil, nil, nil}},
	})
	if err != nil {
		t.Fatal(err)
	}
	err = e.Write(ctx, "c", "half", []engine.Statement{
		{Query: "INSERT INTO m (id) VALUES (3)"},
		{Query: "INSERT INTO m (id) VALUES (1)"},
	})
	if err == nil {
		t.Fatal("a duplicate key must fail")
	}
	db := connect(t, e, "root", "c")
	if got := one(t, db, "SELECT COUNT(*) FROM m"); got != "2" {
		t.Errorf("%s rows, want 2: half a write was kept", got)
	}
	if got := one(t, db, "SELECT CONCAT(HEX(b), s, at, x) FROM m WHERE id = 1"); got != "0001FFa'b2024-05-06 07:08:09.1234560.1" {
		t.Errorf("got %s", got)
	}
	if got := one(t, db, "SELECT GROUP_CONCAT(message ORDER BY date DESC) FROM dolt_log"); got != "two rows,tables,Initialize data repository" {
		t.Errorf("log %s", got)
	}
	if got := one(t, db, "SELECT COUNT(*) FROM dolt_status"); got != "0" {
		t.Errorf("%s uncommitted changes", got)
	}
}
