package badinput

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
)

// A theme is a table of cases that belong together.
type theme struct {
	title string
	about string // a sentence or two for the document
	setup string // what every case of the theme begins with; see bad.setup
	bad   []bad
}

// A bad is something that somebody may give, and what comes back for it. $db stands for the case's database, which the document calls shop; it is the current one.
type bad struct {
	give  string // in words; it names the case
	setup string // statements before, one after the other, each ended by a semicolon at the end of a line; each must succeed
	user  string // account that gives it: "app" has only the database apps, which it works in, and what setup grants it; "" is root
	do    string // the statement
	args  []any  // values of its placeholders: it is then sent as a prepared statement
	shown string // do in the document, where that is too long or cannot be seen
	show  string // columns of the result to look at, in order, with commas between; "" is all
	then  string // a query of root whose rows say what is left afterwards

	// run, where one statement does not say it, does the deed in place of do and returns the answer; c is the account's connection.
	run func(t *testing.T, c *client) string

	// want is the answer: "ERROR number (SQLSTATE): text", or "ok" for a statement without rows, or a line "column: value, column: value" for each row ("no rows" for
	// none); then a line "warning number: text" for each warning, then, after a line "then", the rows of then.
	want string
}

// patience is how long a statement may take before it counts as hanging.
const patience = 2 * time.Minute

// client is a connection of an account to a case's database.
type client struct {
	account, database string
	conn              *sql.Conn
}

func dial(t *testing.T, account, database string) *client {
	t.Helper()
	db, err := open(account)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	conn, err := db.Conn(context.Background())
	if err != nil {
		t.Fatalf("connect as %s: %v", account, err)
	}
	t.Cleanup(func() { conn.Close() })
	return &client{account, database, conn}
}

// drop drops the case's database with the models in it.
func (c *client) drop(t *testing.T) {
	t.Helper()
	for training, deadline := 1, time.Now().Add(patience); training > 0; { // a training that was killed ends by and by
		if err := c.conn.QueryRowContext(context.Background(), "SELECT COUNT(*) FROM aibms.model_versions WHERE database_name = ? AND status = 'TRAINING'", c.database).Scan(&training); err != nil {
			t.Fatal(err)
		}
		if time.Now().After(deadline) {
			t.Fatalf("a training in %s does not end", c.database)
		}
	}
	rows, err := c.conn.QueryContext(context.Background(), "SELECT CONCAT('`', database_name, '`.`', REPLACE(model_name, '`', '``'), '`'), deployed_version IS NOT NULL FROM aibms.models WHERE database_name = ?", c.database)
	if err != nil {
		t.Fatal(err)
	}
	statements := ""
	for rows.Next() {
		var model string
		var deployed bool
		if err := rows.Scan(&model, &deployed); err != nil {
			t.Fatal(err)
		}
		if deployed {
			statements += "UNDEPLOY MODEL " + model + ";\n"
		}
		statements += "DROP MODEL " + model + ";\n"
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	c.must(t, statements+"DROP DATABASE IF EXISTS $db;")
}

// must runs statements that have to succeed.
func (c *client) must(t *testing.T, statements string) {
	t.Helper()
	for _, s := range split(statements) {
		s = c.place(s)
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		_, err := c.conn.ExecContext(ctx, s)
		cancel()
		if err != nil {
			t.Fatalf("%.300s: %v", s, err)
		}
	}
}

// split cuts a text into statements, at semicolons that end a line.
func split(statements string) []string {
	var out []string
	for _, s := range regexp.MustCompile(`;[ \t]*(\n|$)`).Split(statements, -1) {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// place puts the database's name into a statement; hide takes it out of an answer.
func (c *client) place(text string) string { return strings.ReplaceAll(text, "$db", c.database) }
func (c *client) hide(text string) string  { return strings.ReplaceAll(text, c.database, "shop") }

// ask runs a statement and returns its answer as bad.want has it.
func (c *client) ask(statement, show string, args ...any) string {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for i, a := range args {
		if text, ok := a.(string); ok {
			args[i] = c.place(text)
		}
	}
	out, err := c.query(ctx, c.place(statement), show, args)
	if err != nil {
		return c.hide(failure(err))
	}
	warnings, err := c.query(ctx, "SHOW WARNINGS", "Code,Message", nil)
	if err != nil {
		return c.hide(failure(err))
	}
	for _, w := range warnings {
		out = append(out, "warning "+strings.Replace(strings.TrimPrefix(w, "Code: "), ", Message", "", 1))
	}
	if len(out) == 0 {
		out = []string{"ok"}
	}
	return c.hide(strings.Join(out, "\n"))
}

func failure(err error) string {
	var e *mysql.MySQLError
	switch {
	case errors.As(err, &e):
		return fmt.Sprintf("ERROR %d (%s): %s", e.Number, e.SQLState[:], e.Message)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("no answer within %s", patience)
	}
	return "the connection broke: " + err.Error()
}

// query runs a statement and returns a line a row.
func (c *client) query(ctx context.Context, statement, show string, args []any) ([]string, error) {
	var rows *sql.Rows
	var err error
	if args == nil {
		rows, err = c.conn.QueryContext(ctx, statement)
	} else {
		var prepared *sql.Stmt
		if prepared, err = c.conn.PrepareContext(ctx, statement); err != nil {
			return nil, err
		}
		defer prepared.Close()
		rows, err = prepared.QueryContext(ctx, args...)
	}
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	at := make([]int, len(columns))
	for i := range at {
		at[i] = i
	}
	if show != "" {
		at = at[:0]
		for _, name := range strings.Split(show, ",") {
			i := slices.Index(columns, strings.TrimSpace(name))
			if i < 0 {
				return nil, fmt.Errorf("there is no column %s among %s", name, strings.Join(columns, ", "))
			}
			at = append(at, i)
		}
	}
	var out []string
	for rows.Next() {
		cells := make([]sql.NullString, len(columns))
		to := make([]any, len(cells))
		for i := range cells {
			to[i] = &cells[i]
		}
		if err := rows.Scan(to...); err != nil {
			return nil, err
		}
		line := make([]string, len(at))
		for k, i := range at {
			line[k] = columns[i] + ": " + cell(cells[i])
		}
		out = append(out, strings.Join(line, ", "))
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if len(out) == 0 && len(columns) > 0 && statement != "SHOW WARNINGS" {
		out = []string{"no rows"}
	}
	return out, nil
}

// cell is a value as text: numbers with fractions to six digits, long texts cut.
func cell(v sql.NullString) string {
	if !v.Valid {
		return "NULL"
	}
	if f, err := strconv.ParseFloat(v.String, 64); err == nil && strings.ContainsAny(v.String, ".eE") {
		return strconv.FormatFloat(f, 'g', 6, 64)
	}
	if len(v.String) > 1000 {
		return fmt.Sprintf("%.40s... (%d bytes)", v.String, len(v.String))
	}
	return v.String
}

// answer runs the case in a new database and returns what came back.
func (b *bad) answer(t *testing.T, setup, database string) string {
	t.Helper()
	root, c := dial(t, "root", database), dial(t, "root", database)
	root.must(t, "CREATE DATABASE $db;\nUSE $db;")
	defer root.drop(t)
	if b.user != "" {
		root.must(t, "DROP USER IF EXISTS app@localhost;\nCREATE USER app@localhost;\nCREATE DATABASE IF NOT EXISTS apps;\nGRANT ALL ON apps.* TO app@localhost;")
		c = dial(t, b.user, database)
	}
	root.must(t, setup)
	root.must(t, b.setup)
	if b.user != "" {
		c.must(t, "USE apps;")
	} else if _, err := c.conn.ExecContext(context.Background(), "USE "+database); err != nil && !strings.Contains(b.setup, "DROP DATABASE") {
		t.Fatal(err)
	}
	var got string
	if b.run != nil {
		got = c.hide(b.run(t, c))
	} else {
		got = c.ask(b.do, b.show, b.args...)
	}
	if b.then != "" {
		got += "\nthen\n" + root.ask(b.then, "")
	}
	return got
}

// withoutDatabase runs a statement in a session that has chosen no database.
func withoutDatabase(statement string) func(t *testing.T, c *client) string {
	return func(t *testing.T, c *client) string { return dial(t, c.account, c.database).ask(statement, "") }
}

// afterFailure makes version 2 of model m fail, and then runs a statement.
func afterFailure(statement string) func(t *testing.T, c *client) string {
	return func(t *testing.T, c *client) string {
		if out := c.ask("TRAIN MODEL m WITH (max_rows = 1)", ""); !strings.HasPrefix(out, "ERROR 1114 ") {
			t.Fatalf("the training did not fail: %s", out)
		}
		return c.ask(statement, "model, version, status")
	}
}

// megabyte is a text of 1 MB.
var megabyte = strings.Repeat("x", 1<<20)
