package sqltest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/go-sql-driver/mysql"

	"aibms/server/mlsql"
)

func TestScripts(t *testing.T) {
	files, err := filepath.Glob("*.test")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(file, ".test"), func(t *testing.T) {
			s := newScript(t, "test_"+strings.TrimSuffix(file, ".test"))
			datadriven.RunTest(t, file, s.command)
		})
	}
}

// script is the state of one script: its sessions and what it has learned.
type script struct {
	database string
	sessions map[string]*sql.Conn
	vars     map[string]string
	volatile *volatile
}

func newScript(t *testing.T, database string) *script {
	s := &script{database: database, sessions: map[string]*sql.Conn{}, vars: map[string]string{"db": database}, volatile: newVolatile()}
	admin, err := open("root", "")
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	if _, err := admin.Exec("CREATE DATABASE " + database); err != nil {
		t.Fatal(err)
	}
	return s
}

// session returns the connection of an account's session; it stays open until the script ends.
func (s *script) session(t *testing.T, user, name string) *sql.Conn {
	t.Helper()
	if c, ok := s.sessions[user+"/"+name]; ok {
		return c
	}
	database := s.database
	if user != "root" {
		database = "" // the account may have no right to choose it
	}
	db, err := open(user, database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	c, err := db.Conn(context.Background())
	if err != nil {
		t.Fatalf("connect as %s: %v", user, err)
	}
	t.Cleanup(func() { c.Close() })
	s.sessions[user+"/"+name] = c
	return c
}

// options are the arguments of a block.
type options struct {
	user, session            string
	columns                  []string
	args                     []any
	prepared, vertical, once bool
}

func readOptions(t *testing.T, d *datadriven.TestData) options {
	o := options{user: "root"}
	for _, a := range d.CmdArgs {
		switch a.Key {
		case "user":
			o.user = a.Vals[0]
		case "session":
			o.session = a.Vals[0]
		case "columns":
			o.columns = a.Vals
		case "prepared":
			o.prepared = true
		case "args":
			o.prepared = true
			for _, v := range a.Vals {
				o.args = append(o.args, argument(v))
			}
		case "vertical":
			o.vertical = true
		case "once":
			o.once = true
		case "online_shoppers":
		default:
			if d.Cmd != "let" {
				d.Fatalf(t, "unknown argument %s", a.Key)
			}
		}
	}
	return o
}

// argument is the value of a placeholder: a number where the text is one.
func argument(text string) any {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil {
		return f
	}
	if text == "null" {
		return nil
	}
	return text
}

var variable = regexp.MustCompile(`\$[a-z_]+`)

func (s *script) command(t *testing.T, d *datadriven.TestData) string {
	o := readOptions(t, d)
	conn := s.session(t, o.user, o.session)
	statement := s.expand(strings.TrimSpace(d.Input))
	for i, a := range o.args {
		if text, ok := a.(string); ok {
			o.args[i] = s.expand(text)
		}
	}
	switch d.Cmd {
	case "exec":
		return s.exec(t, d, conn, statement)
	case "query":
		out := s.query(conn, statement, o)
		if !o.once && !o.prepared {
			for how, again := range otherWays(statement) {
				if got := again(s, conn, o); got != out {
					d.Fatalf(t, "%s answers\n%s\nbut as text\n%s", how, got, out)
				}
			}
		}
		return out
	case "let":
		return s.let(t, conn, d, statement)
	case "load":
		if err := loadShoppers(conn); err != nil {
			d.Fatalf(t, "%v", err)
		}
		return "ok\n"
	}
	d.Fatalf(t, "unknown command %s", d.Cmd)
	return ""
}

// expand puts the values of variables into a text.
func (s *script) expand(text string) string {
	return variable.ReplaceAllStringFunc(text, func(name string) string {
		if v, ok := s.vars[name[1:]]; ok {
			return v
		}
		return name
	})
}

func (s *script) exec(t *testing.T, d *datadriven.TestData, conn *sql.Conn, statement string) string {
	if _, err := conn.ExecContext(context.Background(), statement); err != nil {
		return s.failure(err)
	}
	w, err := s.warnings(conn)
	if err != nil {
		d.Fatalf(t, "%v", err)
	}
	return "ok\n" + w
}

func (s *script) let(t *testing.T, conn *sql.Conn, d *datadriven.TestData, statement string) string {
	var cell string
	if err := conn.QueryRowContext(context.Background(), statement).Scan(&cell); err != nil {
		d.Fatalf(t, "%v", err)
	}
	s.vars[d.CmdArgs[0].Key] = cell
	return "$" + d.CmdArgs[0].Key + " = " + s.volatile.replace(cell) + "\n"
}

func (s *script) query(conn *sql.Conn, statement string, o options) string {
	r, err := read(conn, statement, o.prepared, o.args...)
	if err != nil {
		return s.failure(err)
	}
	out := s.volatile.print(r, o)
	w, err := s.warnings(conn)
	if err != nil {
		return out + s.failure(err)
	}
	return out + w
}

func (s *script) warnings(conn *sql.Conn) (out string, err error) {
	w, err := read(conn, "SHOW WARNINGS", false)
	if err != nil {
		return "", err
	}
	for _, row := range w.rows {
		out += s.volatile.replace(fmt.Sprintf("warning %s: %s\n", row[1].String, row[2].String))
	}
	// SHOW WARNINGS leaves its transaction open where others commit theirs: what follows would not see what other sessions commit meanwhile
	_, err = read(conn, "SELECT 1", false)
	return out, err
}

func (s *script) failure(err error) string {
	var e *mysql.MySQLError
	if !errors.As(err, &e) {
		return "error: " + err.Error() + "\n"
	}
	return s.volatile.replace(fmt.Sprintf("error %d (%s): %s\n", e.Number, e.SQLState[:], e.Message))
}

// result is what a statement answered.
type result struct {
	columns []string
	types   []string
	rows    [][]sql.NullString
}

// read runs a statement and reads all of its first result.
func read(conn *sql.Conn, statement string, prepared bool, args ...any) (*result, error) {
	ctx := context.Background()
	var rows *sql.Rows
	var err error
	if prepared {
		var st *sql.Stmt
		if st, err = conn.PrepareContext(ctx, statement); err != nil {
			return nil, err
		}
		defer st.Close()
		rows, err = st.QueryContext(ctx, args...)
	} else {
		rows, err = conn.QueryContext(ctx, statement, args...)
	}
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	r := &result{}
	if r.columns, err = rows.Columns(); err != nil {
		return nil, err
	}
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	for _, t := range types {
		r.types = append(r.types, t.DatabaseTypeName())
	}
	for rows.Next() {
		cells := make([]sql.NullString, len(r.columns))
		to := make([]any, len(cells))
		for i := range cells {
			to[i] = &cells[i]
		}
		if err := rows.Scan(to...); err != nil {
			return nil, err
		}
		r.rows = append(r.rows, cells)
	}
	return r, rows.Err()
}

// otherWays are the other ways to run a statement that only reads: each must give what the text gives.
func otherWays(statement string) map[string]func(*script, *sql.Conn, options) string {
	first, _, _ := strings.Cut(strings.ToUpper(statement), " ")
	quoted := mlsql.QuoteString(statement)
	switch {
	case first == "SELECT":
		return map[string]func(*script, *sql.Conn, options) string{"the binary protocol": func(s *script, c *sql.Conn, o options) string {
			o.prepared = true
			return s.query(c, statement, o)
		}}
	case !mlsql.Owns(statement):
		return nil
	}
	switch first {
	case "SHOW", "DESCRIBE", "DESC", "EVALUATE", "EXPLAIN":
	default:
		return nil
	}
	return map[string]func(*script, *sql.Conn, options) string{
		"CALL ml_exec('...')": func(s *script, c *sql.Conn, o options) string {
			return s.query(c, "CALL ml_exec("+quoted+")", o)
		},
		"CALL ml_exec(?)": func(s *script, c *sql.Conn, o options) string {
			o.prepared, o.args = true, []any{statement}
			return s.query(c, "CALL ml_exec(?)", o)
		},
		"a prepared CALL ml_exec('...')": func(s *script, c *sql.Conn, o options) string {
			o.prepared = true
			return s.query(c, "CALL ml_exec("+quoted+")", o)
		},
		"PREPARE and EXECUTE": func(s *script, c *sql.Conn, o options) string {
			if _, err := c.ExecContext(context.Background(), "PREPARE again FROM "+quoted); err != nil {
				return s.failure(err)
			}
			return s.query(c, "EXECUTE again", o)
		},
	}
}

// ask is read on any connection.
func ask(db *sql.DB, statement string) (*result, error) {
	conn, err := db.Conn(context.Background())
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return read(conn, statement, false)
}

func number(t *testing.T, text string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
