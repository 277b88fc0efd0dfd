package wire_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	gms "github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/mysql"
	"github.com/dolthub/vitess/go/vt/sqlparser"
	driver "github.com/go-sql-driver/mysql"

	"aibms/server/engine"
	"aibms/server/wire"
)

// rewriting is a parser that changes the text first.
type rewriting struct {
	gms.Parser
	rewrite func(string) string
}

func (p rewriting) Parse(ctx *gms.Context, q string, multi bool) (sqlparser.Statement, string, string, error) {
	return p.Parser.Parse(ctx, p.rewrite(q), multi)
}

func (p rewriting) ParseWithOptions(ctx context.Context, q string, d rune, multi bool, o sqlparser.ParserOptions) (sqlparser.Statement, string, string, error) {
	return p.Parser.ParseWithOptions(ctx, p.rewrite(q), d, multi, o)
}

func (p rewriting) ParseOneWithOptions(ctx context.Context, q string, o sqlparser.ParserOptions) (sqlparser.Statement, int, error) {
	return p.Parser.ParseOneWithOptions(ctx, p.rewrite(q), o)
}

// TestErrorNumbers shows the number and SQLSTATE that each kind of mistake has for a client: as text, as the second of several statements, and prepared.
func TestErrorNumbers(t *testing.T) {
	idle := wire.IdleMappings()
	e := serve(t, wire.Options{}, engine.Seams{})
	must(t, connect(t, e, "root", ""), "CREATE DATABASE d", "CREATE DATABASE secret")
	root := connect(t, e, "root", "d")
	must(t, root, "CREATE TABLE secret.s (id INT PRIMARY KEY)",
		"CREATE TABLE d.t (id INT PRIMARY KEY, x DOUBLE, s VARCHAR(3), n INT NOT NULL, CHECK (x < 100))", "CREATE TABLE d.u (id INT PRIMARY KEY, x DOUBLE)",
		"INSERT INTO d.t VALUES (1, 1, 'a', 1), (2, 2, 'b', 2)", "CREATE VIEW v AS SELECT 1", "CREATE TABLE gone (id INT)", "CREATE VIEW broken AS SELECT * FROM gone", "DROP TABLE gone", "CREATE PROCEDURE d.p(a INT) SELECT a",
		"CREATE TABLE d.parent (id INT PRIMARY KEY)", "CREATE TABLE d.child (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES d.parent (id))",
		"INSERT INTO d.parent VALUES (1)", "INSERT INTO d.child VALUES (1, 1)", "CREATE EVENT d.ev ON SCHEDULE EVERY 1 DAY DO SELECT 1",
		"CREATE INDEX k ON d.t (x)", "CREATE ROLE r", "SELECT 1 INTO OUTFILE '"+e.DataDir()+"/files/there'",
		"CALL dolt_commit('-Am', 'first')", "CALL dolt_tag('v1')", "CREATE USER bob@localhost IDENTIFIED BY 'b'", "GRANT SELECT ON d.t TO bob@localhost",
		"CREATE USER eve@localhost IDENTIFIED BY 'e'", "GRANT SELECT ON d.* TO eve@localhost")
	type mistake struct {
		user, statement string
		number          uint16
		state           string
		prepared        uint16 // its number when prepared: where the library answers itself; 0: the same
		db              string // current database; a statement that the library refuses without one
	}
	const noPrepare = 1 // cannot be prepared in that form
	mistakes := []mistake{
		{"root", "SELEKT 1", 1064, "42000", 1105, ""},
		{"root", "SELECT * FORM d.t", 1064, "42000", 1105, ""},
		{"root", "SELECT nothing FROM d.t", 1054, "42S22", 0, ""},
		{"root", "SELECT t.nothing FROM d.t", 1054, "42S22", 0, ""},
		{"root", "INSERT INTO d.t (nothing) VALUES (1)", 1054, "42S22", 0, ""},
		{"root", "UPDATE d.t SET nothing = 1", 1054, "42S22", 0, ""},
		{"root", "SELECT id AS a FROM d.t WHERE a > 1", 1054, "42S22", 0, ""},
		{"root", "SELECT id AS a, a + 1 FROM d.t", 1054, "42S22", 0, ""},
		{"root", "ALTER TABLE d.t DROP COLUMN nothing", 1054, "42S22", 0, ""},
		{"root", "SELECT id FROM d.t, d.u", 1052, "23000", 0, ""},
		{"root", "SELECT id AS a, x AS a FROM d.t ORDER BY a", 1052, "23000", 0, ""},
		{"root", "SELECT * FROM d.nothing", 1146, "42S02", 0, ""},
		{"root", "INSERT INTO d.nothing VALUES (1)", 1146, "42S02", 0, ""},
		{"root", "DROP TABLE d.nothing", 1146, "42S02", 0, ""},
		{"root", "CREATE TABLE d.t (id INT)", 1050, "42S01", 0, ""},
		{"root", "CREATE VIEW v AS SELECT 2", 1050, "42S01", 0, "d"},
		{"root", "DROP VIEW nothing", 1051, "42S02", 0, "d"},
		{"root", "SELECT * FROM broken", 1356, "HY000", 0, "d"},
		{"root", "SELECT * FROM nowhere.t", 1049, "42000", 0, ""},
		{"root", "USE nowhere", 1049, "42000", 0, ""},
		{"root", "CREATE DATABASE d", 1007, "HY000", 0, ""},
		{"root", "SELECT * FROM t", 1046, "3D000", 0, ""},
		{"root", "SELECT * FROM d.t JOIN d.t", 1066, "42000", 0, ""},
		{"root", "ALTER TABLE d.t ADD COLUMN x INT", 1060, "42S21", 0, ""},
		{"root", "CREATE TABLE d.z (a INT, a INT)", 1060, "42S21", 0, ""},
		{"root", "ALTER TABLE d.t ADD INDEX k (x)", 1061, "42000", 0, ""},
		{"root", "SELECT NO_SUCH_FUNCTION(1)", 1305, "42000", 0, ""},
		{"root", "SELECT * FROM NO_SUCH_TABLE_FUNCTION(1)", 1305, "42000", 0, ""},
		{"root", "CALL d.nothing()", 1305, "42000", 0, ""},
		{"root", "CREATE PROCEDURE d.p() SELECT 1", 1304, "42000", 0, ""},
		{"root", "CALL d.p()", 1318, "42000", 0, ""},
		{"root", "SELECT ABS(1, 2)", 1582, "42000", 0, ""},
		{"root", "DROP TRIGGER nothing", 1360, "HY000", 0, "d"},
		{"root", "DROP EVENT d.nothing", 1539, "HY000", 0, ""},
		{"root", "ALTER EVENT d.nothing COMMENT 'x'", 1539, "HY000", 0, ""},
		{"root", "CREATE EVENT d.ev ON SCHEDULE EVERY 1 DAY DO SELECT 1", 1537, "HY000", 0, ""},
		{"root", "SHOW CREATE EVENT nothing", 1539, "HY000", 0, "d"},
		{"root", "ROLLBACK TO SAVEPOINT nothing", 1305, "42000", 0, ""},
		{"root", "EXECUTE nothing", 1243, "HY000", noPrepare, ""},
		{"bob", "SELECT * FROM secret.s", 1044, "42000", 0, ""},
		{"bob", "USE secret", 1044, "42000", 0, ""},
		{"bob", "SELECT * FROM d.u", 1142, "42000", 0, ""},
		{"eve", "INSERT INTO d.t (id) VALUES (9)", 1142, "42000", 0, ""},
		{"eve", "DROP TABLE d.t", 1142, "42000", 0, ""},
		{"eve", "CREATE USER x@localhost", 1142, "42000", 0, ""},
		{"eve", "SET GLOBAL max_connections = 1", 1227, "42000", 0, ""},
		{"root", "SELECT 1 INTO OUTFILE '/tmp/aibms-not-here'", 1290, "HY000", 0, ""},
		{"root", "SELECT 1 INTO OUTFILE '" + e.DataDir() + "/files/there'", 1086, "HY000", 0, ""},
		{"root", "INSERT INTO `d/v1`.t (id) VALUES (1)", 1290, "HY000", 0, "d"},
		{"root", "DROP TEMPORARY TABLE d.t", 1051, "42S02", 0, ""},
		{"root", "DROP TABLE d.t, secret.s", 1235, "42000", 0, ""},
		{"root", "CREATE VIEW w AS SELECT 1 WITH LOCAL CHECK OPTION", 1235, "42000", 0, "d"},
		{"root", "SET @@nothing = 1", 1193, "HY000", 0, ""},
		{"root", "SET GLOBAL secure_file_priv = ''", 1238, "HY000", 0, ""},
		{"root", "SET GLOBAL timestamp = 1", 1228, "HY000", 0, ""},
		{"root", "SET SESSION max_connections = 1", 1229, "HY000", 0, ""},
		{"root", "SET SESSION autocommit = 'x'", 1231, "42000", 0, ""},
		{"root", "INSERT INTO d.u VALUES (1)", 1136, "21S01", 0, ""},
		{"root", "INSERT INTO d.u VALUES (1, 1), (2)", 1136, "21S01", 0, ""},
		{"root", "INSERT INTO d.t (id) VALUES (9)", 1364, "HY000", 0, ""},
		{"root", "INSERT INTO d.t VALUES (9, 9, 'x', NULL)", 1048, "23000", 0, ""},
		{"root", "INSERT INTO d.t VALUES (1, 9, 'x', 9)", 1062, "23000", 0, ""},
		{"root", "INSERT INTO d.t VALUES (9, 9, 'four', 9)", 1406, "22001", 0, ""},
		{"root", "INSERT INTO d.t VALUES (9, 101, 'x', 9)", 3819, "HY000", 0, ""},
		{"root", "INSERT INTO d.child VALUES (2, 99)", 1452, "23000", 0, ""},
		{"root", "DELETE FROM parent", 1451, "23000", 0, "d"},
		{"root", "SELECT * FROM (VALUES ROW(1, 2), ROW(3)) AS v", 1136, "21S01", 0, ""},
		{"root", "SELECT 1, 2 INTO @a", 1222, "21000", 0, ""},
		{"root", "SELECT 1 UNION SELECT 1, 2", 1222, "21000", 0, ""},
		{"root", "SELECT (SELECT id FROM d.t)", 1242, "21000", 0, ""},
		{"root", "SELECT (1, 2) = 1", 1241, "21000", 0, ""},
		{"root", "SELECT id, COUNT(*) FROM d.t", 1140, "42000", 0, ""},
		{"root", "SELECT x, COUNT(*) FROM d.t GROUP BY s", 1055, "42000", 0, ""},
		{"root", "SELECT ST_GEOHASH(POINT(1, 1), 1)", 1305, "42000", 0, ""},
		{"root", "DROP USER nobody@localhost", 1396, "HY000", 0, ""},
		{"root", "CREATE USER bob@localhost", 1396, "HY000", 0, ""},
		{"root", "ALTER USER nobody@localhost IDENTIFIED BY 'x'", 1396, "HY000", 0, ""},
		{"root", "CREATE ROLE r", 1396, "HY000", 0, ""},
		{"root", "DROP ROLE nobody", 1396, "HY000", 0, ""},
	}
	for _, m := range mistakes {
		user := map[string]string{"root": "root", "bob": "bob:b", "eve": "eve:e"}[m.user]
		check := func(how string, err error, want uint16) {
			t.Helper()
			var d *driver.MySQLError
			if !errors.As(err, &d) {
				t.Errorf("%s, %s: %v, want %d", m.statement, how, err, want)
			} else if d.Number != want || want == m.number && string(d.SQLState[:]) != m.state {
				t.Errorf("%s, %s: %v, want %d (%s)", m.statement, how, err, want, m.state)
			}
		}
		db := m.db
		plain := connect(t, e, user, db)
		_, err := plain.Exec(m.statement)
		check("as text", err, m.number)
		multi, err := sql.Open("mysql", fmt.Sprintf("%s@tcp(%s)/%s?multiStatements=true", user, e.Addr(), db))
		if err != nil {
			t.Fatal(err)
		}
		_, err = multi.Exec(m.statement)
		check("alone on a connection for several", err, m.number)
		if rows, err := multi.Query("SELECT 1; " + m.statement); err != nil {
			check("second of several", err, m.number)
		} else {
			for rows.Next() {
			}
			for rows.NextResultSet() {
			}
			check("second of several", rows.Err(), m.number)
			rows.Close()
		}
		multi.Close()
		want := m.prepared
		if want == 0 {
			want = m.number
		}
		if want != noPrepare {
			st, err := plain.Prepare(m.statement)
			if err == nil {
				_, err = st.Exec()
				st.Close()
			}
			check("prepared", err, want)
		}
		plain.Close()
	}
	tx, err := connect(t, e, "root", "d").BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := tx.Exec("INSERT INTO t VALUES (9, 9, 'x', 9)"); number(err) != 1792 {
		t.Errorf("a write in a transaction that reads only: %v", err)
	}
	for _, m := range idle() {
		t.Errorf("no mistake above has the error %q: test it or take it out of the table", m)
	}
}

// TestKilledQueryIsInterrupted: KILL QUERY is 1317 in each form.
func TestKilledQueryIsInterrupted(t *testing.T) {
	e := serve(t, wire.Options{}, engine.Seams{})
	root := connect(t, e, "root", "")
	db := connect(t, e, "root", "")
	for _, how := range []string{"text", "prepared", "update"} {
		answer := make(chan error, 1)
		go func() {
			var v any
			switch how {
			case "text":
				answer <- db.QueryRow("SELECT SLEEP(60)").Scan(&v)
			case "prepared":
				answer <- db.QueryRow("SELECT SLEEP(?)", 60).Scan(&v)
			case "update":
				_, err := db.Exec("SET @x = SLEEP(60)")
				answer <- err
			}
		}()
		var id string
		for id == "" {
			root.QueryRow("SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE '%SLEEP(%' AND INFO NOT LIKE '%PROCESSLIST%'").Scan(&id)
		}
		must(t, root, "KILL QUERY "+id)
		select {
		case err := <-answer:
			var d *driver.MySQLError
			if !errors.As(err, &d) || d.Number != 1317 || string(d.SQLState[:]) != "70100" {
				t.Errorf("%s: %v", how, err)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("%s: not ended", how)
		}
	}
}

func TestSerializationFailure(t *testing.T) {
	e := serve(t, wire.Options{}, engine.Seams{})
	root := connect(t, e, "root", "")
	must(t, root, "CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY, x INT)", "INSERT INTO d.t VALUES (1, 1)")
	a, err := connect(t, e, "root", "d").Begin()
	if err != nil {
		t.Fatal(err)
	}
	b, err := connect(t, e, "root", "d").Begin()
	if err != nil {
		t.Fatal(err)
	}
	for i, tx := range []*sql.Tx{a, b} {
		if _, err := tx.Exec("UPDATE t SET x = ?", 10+i); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Commit(); err != nil {
		t.Fatal(err)
	}
	var d *driver.MySQLError
	if err := b.Commit(); !errors.As(err, &d) || d.Number != 1213 || string(d.SQLState[:]) != "40001" {
		t.Errorf("%v", err)
	}
}

func TestOwnErrorsPass(t *testing.T) {
	own := mysql.NewSQLError(30001, "45000", "unknown learner 'x'")
	for _, c := range []struct {
		err     error
		number  int
		state   string
		message string
	}{
		{own, 30001, "45000", "unknown learner 'x'"},
		{fmt.Errorf("model m: %w", own), 30001, "45000", "model m: unknown learner 'x'"},
		{errors.New(own.Error()), 30001, "45000", "unknown learner 'x'"},
		{gms.ErrSyntaxError.New(own.Error()), 30001, "45000", "unknown learner 'x'"},
		{gms.CastSQLError(fmt.Errorf("model m: %w", own)), 30001, "45000", "model m: unknown learner 'x'"},
		{fmt.Errorf("training: %w", context.Canceled), 1317, "70100", "query execution was interrupted"},
		{gms.CastSQLError(context.Canceled), 1317, "70100", "query execution was interrupted"},
		{context.DeadlineExceeded, 3024, "HY000", ""},
		{gms.CastSQLError(context.DeadlineExceeded), 3024, "HY000", ""},
		{errors.New("anything"), 1105, "HY000", "anything"},
		{gms.ErrColumnNotFound.New("x"), 1054, "42S22", ""},
		{gms.CastSQLError(gms.ErrColumnNotFound.New("x\ny")), 1054, "42S22", ""},
		{gms.NewWrappedInsertError(nil, gms.ErrColumnNotFound.New("x")), 1054, "42S22", ""},
		{errors.New("panic recovered: broken\ngoroutine 1 [running]:\nmain.main()"), 1105, "HY000", "internal error: broken"},
		{errors.New(strings.Repeat("ä", 5000)), 1105, "HY000", strings.Repeat("ä", 1022) + "..."},
	} {
		got, ok := wire.MapError(c.err).(*mysql.SQLError)
		if !ok || got.Num != c.number || got.State != c.state || c.message != "" && got.Message != c.message {
			t.Errorf("%v: %#v, want %d %s %q", c.err, got, c.number, c.state, c.message)
		}
	}
	for _, err := range []error{nil, io.EOF} {
		if wire.MapError(err) != err {
			t.Errorf("%v became %v", err, wire.MapError(err))
		}
	}
}

// TestErrorsDoNotRepeatLongStatements keeps what a statement held (a password, a document) out of errors.
func TestErrorsDoNotRepeatLongStatements(t *testing.T) {
	e := serve(t, wire.Options{}, engine.Seams{})
	root := connect(t, e, "root", "")
	long := "SELECT '" + strings.Repeat("x", 5000) + "' FROM nowhere.t WHERE"
	_, err := root.Exec(long)
	if err == nil || len(err.Error()) > 600 {
		t.Errorf("%d bytes: %v", len(err.Error()), err)
	}
}
