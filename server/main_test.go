package server_test

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"aibms/server"
	"aibms/server/engine"
)

// running is the server that all tests of the package talk to: one process can hold one.
var running *server.Server

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(serve(m.Run))
}

func serve(tests func() int) int {
	dir, err := os.MkdirTemp("", "aibms-server")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
	if running, err = server.Start(context.Background(), engine.Config{DataDir: dir, EventPeriod: time.Second}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := tests()
	if err := running.Stop(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "stop:", err)
		code = 1
	}
	return code
}

// mode is a way in which a client sends a statement with values.
type mode struct{ name, options string }

var modes = []mode{
	{"prepared", ""}, // the values travel beside the statement
	{"interpolated", "interpolateParams=true"}, // the client writes them into it
}

// connect returns one connection of an account, with a current database or "".
func connect(t testing.TB, user, database string, options ...string) *sql.Conn {
	t.Helper()
	db, err := sql.Open("mysql", fmt.Sprintf("%s@tcp(127.0.0.1:%d)/%s?%s", user, running.Addr().Port, database, strings.Join(options, "&")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	c, err := db.Conn(context.Background())
	if err != nil {
		t.Fatalf("connect as %s to %s: %v", user, database, err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// scratch makes a database for one test and connects to it.
func scratch(t testing.TB) (*sql.Conn, string) {
	t.Helper()
	name := strings.ToLower(strings.NewReplacer("/", "_", "#", "_").Replace(t.Name()))
	c := connect(t, "root", "")
	do(t, c, "CREATE DATABASE "+name, "USE "+name)
	t.Cleanup(func() {
		dropDatabase(t, name)
	})
	return c, name
}

// dropDatabase drops a database with the models in it.
func dropDatabase(t testing.TB, name string) {
	t.Helper()
	c := connect(t, "root", "")
	for _, m := range all(t, c, "SELECT model_name, deployed_version FROM aibms.models WHERE database_name = '"+name+"'") {
		model := name + ".`" + m[0] + "`"
		if m[1] != "NULL" {
			do(t, c, "UNDEPLOY MODEL "+model)
		}
		do(t, c, "DROP MODEL "+model)
	}
	do(t, c, "DROP DATABASE "+name)
}

// do runs statements that must succeed.
func do(t testing.TB, c *sql.Conn, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := c.ExecContext(context.Background(), s); err != nil {
			t.Fatalf("%.300s: %v", s, err)
		}
	}
}

// query returns the rows of a statement as a client shows them; NULL is "NULL". With values the statement is prepared.
func query(c *sql.Conn, statement string, values ...any) ([][]string, error) {
	rows, err := c.QueryContext(context.Background(), statement, values...)
	if err != nil {
		return nil, err
	}
	return read(rows)
}

func read(rows *sql.Rows) ([][]string, error) {
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var out [][]string
	for rows.Next() {
		cells := make([]sql.NullString, len(names))
		to := make([]any, len(names))
		for i := range cells {
			to[i] = &cells[i]
		}
		if err := rows.Scan(to...); err != nil {
			return nil, err
		}
		line := make([]string, len(names))
		for i, c := range cells {
			if line[i] = c.String; !c.Valid {
				line[i] = "NULL"
			}
		}
		out = append(out, line)
	}
	return out, rows.Err()
}

// all is query for a statement that must succeed.
func all(t testing.TB, c *sql.Conn, statement string, values ...any) [][]string {
	t.Helper()
	out, err := query(c, statement, values...)
	if err != nil {
		t.Fatalf("%.300s: %v", statement, err)
	}
	return out
}

// column is the only column of a statement's rows.
func column(t testing.TB, c *sql.Conn, statement string, values ...any) []string {
	t.Helper()
	var out []string
	for _, line := range all(t, c, statement, values...) {
		if len(line) != 1 {
			t.Fatalf("%.300s: %d columns", statement, len(line))
		}
		out = append(out, line[0])
	}
	return out
}

// one is the only value of a statement's only row.
func one(t testing.TB, c *sql.Conn, statement string, values ...any) string {
	t.Helper()
	out := column(t, c, statement, values...)
	if len(out) != 1 {
		t.Fatalf("%.300s: %d rows", statement, len(out))
	}
	return out[0]
}

// fails checks that a statement ends with an error of that number whose text holds all of the words.
func fails(t testing.TB, c *sql.Conn, number uint16, words []string, statement string, values ...any) {
	t.Helper()
	out, err := query(c, statement, values...)
	var e *mysql.MySQLError
	switch {
	case err == nil:
		t.Errorf("%.300s: no error, but %d rows: %.200v", statement, len(out), out)
	case !errors.As(err, &e):
		t.Errorf("%.300s: %v", statement, err)
	case e.Number != number:
		t.Errorf("%.300s: error %d, want %d: %v", statement, e.Number, number, err)
	default:
		for _, w := range words {
			if !strings.Contains(e.Message, w) {
				t.Errorf("%.300s: the error does not say %q: %v", statement, w, err)
			}
		}
	}
}

// same checks that two lists are equal.
func same(t testing.TB, what string, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, want %d", what, len(got), len(want))
		return
	}
	for i := range got {
		if got[i] != want[i] {
			t.Errorf("%s: value %d is %s, want %s", what, i, got[i], want[i])
			return
		}
	}
}

// preparedStatement is a statement that the server has prepared, of one result.
type preparedStatement struct{ *sql.Stmt }

func (s preparedStatement) get(values ...any) (string, error) {
	rows, err := queryPrepared(s.Stmt, values...)
	if err != nil {
		return "", err
	}
	if len(rows) != 1 || len(rows[0]) != 1 {
		return "", fmt.Errorf("%d rows", len(rows))
	}
	return rows[0][0], nil
}

func queryPrepared(s *sql.Stmt, values ...any) ([][]string, error) {
	rows, err := s.QueryContext(context.Background(), values...)
	if err != nil {
		return nil, err
	}
	return read(rows)
}
