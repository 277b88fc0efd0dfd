package engine_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aibms/server/engine"
)

// ordinary makes a database d with a table and the account bob, who may do everything in it but nothing beyond, and returns connections of root and bob.
func ordinary(t *testing.T, e *engine.Engine) (root, bob *sql.DB) {
	root = connect(t, e, "root", "")
	must(t, root,
		"CREATE DATABASE d",
		"CREATE TABLE d.t (id INT PRIMARY KEY, x DOUBLE)",
		"INSERT INTO d.t VALUES (1, 1.5)",
		"CREATE USER bob@localhost IDENTIFIED BY 'secret'",
		"GRANT ALL ON d.* TO bob@localhost")
	return root, connect(t, e, "bob:secret", "d")
}

// TestFilesNeedPrivilege is F1: any account could read and write every file of the server.
func TestFilesNeedPrivilege(t *testing.T) {
	e := start(t, engine.Config{}, engine.Seams{})
	root, bob := ordinary(t, e)
	inside := filepath.Join(e.DataDir(), "files", "in.txt")
	outside := filepath.Join(t.TempDir(), "out.txt")
	for _, p := range []string{inside, outside} {
		if err := os.WriteFile(p, []byte("2\t2.5\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	must(t, bob, "CREATE PROCEDURE leak() SELECT LOAD_FILE('/etc/passwd')")
	for _, s := range []string{
		"SELECT LOAD_FILE('/etc/passwd')",
		"SELECT LOAD_FILE('" + inside + "')",
		"SELECT 'x' INTO OUTFILE '" + outside + ".new'",
		"SELECT 'x' INTO OUTFILE '" + inside + ".new'",
		"SELECT 'x' INTO DUMPFILE '" + outside + ".new'",
		"CALL leak()",
	} {
		fails(t, bob, 1227, s)
	}
	fails(t, bob, 1142, "LOAD DATA INFILE '"+inside+"' INTO TABLE t")

	must(t, root, "GRANT FILE ON *.* TO bob@localhost")
	bob = connect(t, e, "bob:secret", "d")
	if got := one(t, bob, "SELECT LOAD_FILE('"+inside+"')"); got != "2\t2.5\n" {
		t.Errorf("with FILE, got %q", got)
	}
	if got := one(t, bob, "SELECT LOAD_FILE('/etc/passwd')"); got != "NULL" {
		t.Errorf("a file outside the folder was read: %q", got)
	}
	must(t, bob, "SELECT 'x' INTO OUTFILE '"+inside+".new'", "LOAD DATA INFILE '"+inside+"' INTO TABLE t")
	for _, s := range []string{
		"SELECT 'x' INTO OUTFILE '" + outside + ".new'",
		"SELECT 'x' INTO OUTFILE '" + e.DataDir() + "/files/../server/x'",
		"SELECT 'x' INTO OUTFILE '" + e.DataDir() + "/filesystem'",
		"SELECT 'x' INTO DUMPFILE 'relative'",
		"LOAD DATA INFILE '" + outside + "' INTO TABLE t",
	} {
		fails(t, bob, 1290, s)
	}
	fails(t, root, 1238, "SET GLOBAL secure_file_priv = ''")
}

// TestGlobalVariablesNeedPrivilege is F2: any account could change every variable of the server, for ever.
func TestGlobalVariablesNeedPrivilege(t *testing.T) {
	e := start(t, engine.Config{}, engine.Seams{})
	root, bob := ordinary(t, e)
	for _, s := range []string{
		"SET GLOBAL max_connections = 2",
		"SET @@GLOBAL.max_connections = 2",
		"SET @@global.local_infile = 1, @x = 1",
		"SET PERSIST max_connections = 2",
		"SET @@PERSIST.max_connections = 2",
		"SET PERSIST_ONLY max_connections = 2",
		"SET GLOBAL dolt_force_transaction_commit = 1",
		"SET GLOBAL TRANSACTION ISOLATION LEVEL READ COMMITTED",
	} {
		fails(t, bob, 1227, s)
	}
	conn, err := bob.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	exec := func(s string) error { _, err := conn.ExecContext(t.Context(), s); return err }
	if err := exec("PREPARE s FROM 'SET GLOBAL max_connections = 3'"); err == nil {
		if err := exec("EXECUTE s"); err == nil || !strings.Contains(err.Error(), "1227") {
			t.Errorf("prepared in text: %v", err)
		}
	}
	if st, err := bob.Prepare("SET GLOBAL max_connections = ?"); err == nil {
		if _, err := st.Exec(3); err == nil || !strings.Contains(err.Error(), "1227") {
			t.Errorf("prepared: %v", err)
		}
	}
	if err := exec("CREATE PROCEDURE p() BEGIN SET GLOBAL max_connections = 4; END"); err == nil {
		if err := exec("CALL p()"); err == nil {
			t.Error("a procedure set a global variable")
		}
	}
	if err := exec("CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET @@GLOBAL.max_connections = 5"); err == nil {
		if err := exec("INSERT INTO t VALUES (9, 9)"); err == nil || !strings.Contains(err.Error(), "1227") {
			t.Errorf("a trigger set a global variable: %v", err)
		}
	}
	if got := one(t, root, "SELECT @@GLOBAL.max_connections"); got != "1000" {
		t.Errorf("max_connections is %s", got)
	}
	must(t, bob, "SET SESSION sql_mode = ''", "SET autocommit = 1", "SET NAMES utf8mb4", "SET @x = 1")
	// the variable belongs to the process, and other tests look at it
	t.Cleanup(func() { must(t, root, "SET GLOBAL local_infile = 0") })
	must(t, root, "SET GLOBAL local_infile = 1", "SET PERSIST max_connections = 900")
	if got := one(t, root, "SELECT @@GLOBAL.local_infile"); got != "1" {
		t.Errorf("root could not set a global variable: %s", got)
	}
}

// TestDoltProceduresNeedPrivilege keeps procedures that reach out or rewrite history from ordinary users.
func TestDoltProceduresNeedPrivilege(t *testing.T) {
	e := start(t, engine.Config{}, engine.Seams{})
	root, bob := ordinary(t, e)
	for _, call := range []string{
		"dolt_clone('file:///tmp/x')", "dolt_remote('add', 'o', 'file:///tmp/x')", "dolt_fetch()", "dolt_pull()", "dolt_push()", "dolt_backup('add', 'b', 'file:///tmp/x')",
		"dolt_reset('--hard')", "dolt_branch('b')", "dolt_checkout('-b', 'b')", "dolt_merge('b')", "dolt_rebase('-i', 'main')", "dolt_gc()",
		"dolt_undrop('d')", "dolt_purge_dropped_databases()", "dolt_clean()", "dolt_rm('t')", "dolt_revert('HEAD')", "dolt_cherry_pick('HEAD')", "dolt_stash('push', 's')",
		"dolt_conflicts_resolve('--ours', 't')", "dolt_stats_stop()", "dolt_stats_restart()", "dolt_stats_purge()", "dolt_thread_dump()", "dolt_update_column_tag('t', 'x', '1')",
		"dolt_commit('--amend', '-m', 'x')", "dolt_tag('-d', 'x')",
	} {
		if got := fails(t, bob, 1227, "CALL "+call); !strings.Contains(got, "SUPER") {
			t.Errorf("%s: the error does not say what is needed: %s", call, got)
		}
	}
	must(t, bob, "CALL dolt_add('-A')", "CALL dolt_commit('-m', 'first')", "CALL dolt_tag('v1')", "CALL dolt_verify_constraints()",
		"CALL dolt_count_commits('--from', 'HEAD', '--to', 'HEAD')")
	must(t, root, "CREATE USER app@localhost IDENTIFIED BY 'a'", "GRANT EXECUTE, SELECT ON d.* TO app@localhost")
	app := connect(t, e, "app:a", "d")
	fails(t, app, 1227, "CALL dolt_add('-A')")
	fails(t, app, 1227, "CALL dolt_commit('-m', 'x')")
	must(t, root, "USE d")
	must(t, connect(t, e, "root", "d"), "CALL dolt_branch('b')", "CALL dolt_gc()", "CALL dolt_reset('--hard')")
}

// TestCatalogIsTheServersAlone: nobody, root included, writes the database aibms; its artifacts are for superusers.
func TestCatalogIsTheServersAlone(t *testing.T) {
	e := start(t, engine.Config{}, engine.Seams{})
	ctx := t.Context()
	root, bob := ordinary(t, e)
	fails(t, root, 1142, "CREATE DATABASE aibms")
	if err := e.Write(ctx, "", "create", []engine.Statement{{Query: "CREATE DATABASE aibms"}}); err != nil {
		t.Fatal(err)
	}
	if err := e.Write(ctx, "aibms", "tables", []engine.Statement{
		{Query: "CREATE TABLE models (id INT PRIMARY KEY, name TEXT)"},
		{Query: "CREATE TABLE model_artifacts (hash CHAR(64), part INT, bytes LONGBLOB, PRIMARY KEY (hash, part))"},
		{Query: "INSERT INTO models VALUES (1, 'm')"},
		{Query: "INSERT INTO model_artifacts VALUES ('h', 0, 'secret bytes')"},
	}); err != nil {
		t.Fatal(err)
	}
	must(t, root, "GRANT ALL ON aibms.* TO bob@localhost", "CREATE TABLE d.m (id INT PRIMARY KEY, name TEXT)", "CREATE TABLE d.src (id INT PRIMARY KEY, name TEXT)")
	bob = connect(t, e, "bob:secret", "d")
	inside := filepath.Join(e.DataDir(), "files", "in.txt")
	if err := os.WriteFile(inside, []byte("2\tx\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{
		"INSERT INTO aibms.models VALUES (2, 'x')",
		"INSERT INTO `aibms/main`.models VALUES (2, 'x')",
		"INSERT INTO AIBMS.models VALUES (2, 'x')",
		"INSERT INTO aibms.models SELECT 2, 'x'",
		"REPLACE INTO aibms.models VALUES (1, 'x')",
		"UPDATE aibms.models SET name = 'x'",
		"UPDATE aibms.models a JOIN d.t b ON a.id = b.id SET a.name = 'x'",
		"DELETE FROM aibms.models",
		"DELETE a FROM aibms.models a JOIN d.t b ON a.id = b.id",
		"TRUNCATE TABLE aibms.models",
		"DROP TABLE aibms.models",
		"ALTER TABLE aibms.models ADD COLUMN y INT",
		"ALTER TABLE aibms.models DROP COLUMN name",
		"ALTER TABLE aibms.models RENAME TO aibms.models2",
		"RENAME TABLE aibms.models TO d.models",
		"RENAME TABLE d.t TO aibms.t",
		"CREATE INDEX i ON aibms.models (id)",
		"CREATE TABLE aibms.new (id INT PRIMARY KEY)",
		"CREATE TABLE aibms.new LIKE d.t",
		"CREATE TABLE aibms.new AS SELECT 1 AS one",
		"CREATE VIEW aibms.v AS SELECT 1",
		"CREATE TRIGGER aibms.tr BEFORE INSERT ON aibms.models FOR EACH ROW SET NEW.name = 'x'",
		"CREATE PROCEDURE aibms.p() SELECT 1",
		"CREATE EVENT aibms.e ON SCHEDULE EVERY 1 DAY DO SELECT 1",
		"LOAD DATA INFILE '" + inside + "' INTO TABLE aibms.models",
		"INSERT INTO aibms.dolt_ignore VALUES ('x', true)",
		"INSERT INTO aibms.dolt_docs VALUES ('README.md', 'x')",
		"DELETE FROM aibms.dolt_schemas",
		"DROP DATABASE aibms",
		"ALTER DATABASE aibms COLLATE utf8mb4_bin",
	} {
		fails(t, root, 1142, s)
		if _, err := bob.Exec(s); err == nil {
			t.Errorf("bob: %s succeeded", s)
		}
	}
	// through what other databases hold
	must(t, root, "USE d")
	for _, make := range []string{
		"CREATE TRIGGER d.tr BEFORE INSERT ON d.src FOR EACH ROW INSERT INTO aibms.models VALUES (NEW.id, 'x')",
		"CREATE TRIGGER d.tr2 AFTER UPDATE ON d.src FOR EACH ROW UPDATE aibms.models SET name = 'x'",
		"CREATE TRIGGER d.tr3 AFTER DELETE ON d.src FOR EACH ROW DELETE FROM aibms.models",
		"CREATE PROCEDURE d.p() INSERT INTO aibms.models VALUES (7, 'x')",
	} {
		root.Exec(make) // may be refused at once; if not, its use is
	}
	in := connect(t, e, "root", "d")
	in.Exec("INSERT INTO src VALUES (50, 'x')")
	in.Exec("UPDATE src SET name = 'y'")
	in.Exec("DELETE FROM src")
	in.Exec("CALL p()")

	at := connect(t, e, "root", "aibms")
	for _, s := range []string{
		"INSERT INTO models VALUES (2, 'x')", "DELETE FROM models", "DROP TABLE models", "TRUNCATE models", "CREATE TABLE n (id INT)",
		"CALL dolt_reset('--hard', 'HEAD~1')", "CALL dolt_commit('--allow-empty', '-m', 'x')", "CALL dolt_branch('b')", "CALL dolt_checkout('-b', 'b')", "CALL dolt_tag('t')", "CALL dolt_rm('models')",
		"CALL dolt_merge('main')", "CALL dolt_clean()",
	} {
		fails(t, at, 1142, s)
	}
	fails(t, root, 1142, "CALL aibms.dolt_branch('b')")

	if got := one(t, root, "SELECT GROUP_CONCAT(CONCAT(id, name)) FROM aibms.models"); got != "1m" {
		t.Errorf("models is %s", got)
	}
	if got := one(t, root, "SELECT GROUP_CONCAT(TABLE_NAME ORDER BY 1) FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'aibms'"); !strings.HasSuffix(got, "model_artifacts,models") {
		t.Errorf("tables %s", got)
	}

	// reading
	if got := one(t, bob, "SELECT name FROM aibms.models"); got != "m" {
		t.Errorf("bob reads %s", got)
	}
	if got := one(t, bob, "SELECT COUNT(*) FROM aibms.models AS OF 'HEAD'"); got != "1" {
		t.Errorf("bob reads %s", got)
	}
	if got := one(t, root, "SELECT bytes FROM aibms.model_artifacts"); got != "secret bytes" {
		t.Errorf("root reads %s", got)
	}
	root.Exec("CREATE VIEW d.peek AS SELECT bytes FROM aibms.model_artifacts")
	bobAt := connect(t, e, "bob:secret", "aibms")
	for _, q := range []string{
		"SELECT bytes FROM aibms.model_artifacts",
		"SELECT bytes FROM aibms.MODEL_ARTIFACTS",
		"SELECT bytes FROM `aibms/main`.model_artifacts",
		"SELECT bytes FROM aibms.model_artifacts AS OF 'HEAD'",
		"SELECT * FROM aibms.dolt_diff_model_artifacts",
		"SELECT * FROM aibms.dolt_history_model_artifacts",
		"SELECT * FROM aibms.dolt_commit_diff_model_artifacts WHERE from_commit = HASHOF('HEAD~1') AND to_commit = HASHOF('HEAD')",
		"SELECT * FROM aibms.dolt_workspace_model_artifacts",
		"SELECT * FROM dolt_diff('HEAD~1', 'HEAD', 'model_artifacts')",
		"SELECT * FROM dolt_patch('HEAD~1', 'HEAD')",
		"SELECT * FROM dolt_patch('HEAD~1', 'HEAD', 'model_artifacts')",
		"SELECT * FROM dolt_query_diff('SELECT * FROM model_artifacts AS OF ''HEAD~1''', 'SELECT * FROM model_artifacts')",
		"CREATE TABLE d.copy AS SELECT * FROM aibms.model_artifacts",
		"SELECT bytes FROM d.peek",
		"TABLE aibms.model_artifacts",
	} {
		rows, err := bobAt.Query(q)
		if err == nil {
			for rows.Next() {
			}
			err = rows.Err()
			rows.Close()
		}
		if err == nil {
			t.Errorf("bob read artifacts: %s", q)
		}
	}
}

// TestDefinerCannotBeForged: an event runs as its definer, so only SUPER may name another.
func TestDefinerCannotBeForged(t *testing.T) {
	e := start(t, engine.Config{}, engine.Seams{})
	_, bob := ordinary(t, e)
	for _, s := range []string{
		"CREATE DEFINER = root@localhost EVENT e1 ON SCHEDULE EVERY 1 DAY DO SET GLOBAL local_infile = 1",
		"CREATE DEFINER = `aibms.session`@localhost EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1",
		"CREATE DEFINER = root@localhost VIEW v AS SELECT 1",
		"CREATE DEFINER = root@localhost TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.x = 1",
	} {
		fails(t, bob, 1227, s)
	}
	for _, s := range []string{
		"INSERT INTO dolt_schemas (type, name, fragment) VALUES ('event', 'e', 'CREATE DEFINER = `root`@`localhost` EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1')",
		"INSERT INTO dolt_procedures (name, create_stmt, created_at, modified_at, sql_mode) VALUES ('p', 'CREATE DEFINER = `root`@`localhost` PROCEDURE p() SELECT 1', NOW(), NOW(), '')",
		"UPDATE dolt_schemas SET fragment = 'x'", "DELETE FROM dolt_procedures",
	} {
		if _, err := bob.Exec(s); err == nil {
			t.Errorf("%s succeeded", s)
		}
	}
	must(t, bob, "CREATE DEFINER = bob@localhost VIEW v AS SELECT 1", "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1")
	fails(t, bob, 1227, "ALTER DEFINER = root@localhost EVENT e ON SCHEDULE EVERY 2 DAY")
}

// TestEventsRunAsTheirDefiner: what an account may not do, its events may not.
func TestEventsRunAsTheirDefiner(t *testing.T) {
	e := start(t, engine.Config{EventPeriod: time.Second}, engine.Seams{})
	root, bob := ordinary(t, e)
	if err := e.Write(t.Context(), "", "create", []engine.Statement{{Query: "CREATE DATABASE aibms"}}); err != nil {
		t.Fatal(err)
	}
	if err := e.Write(t.Context(), "aibms", "tables", []engine.Statement{{Query: "CREATE TABLE models (id INT PRIMARY KEY)"}}); err != nil {
		t.Fatal(err)
	}
	must(t, root, "GRANT ALL ON aibms.* TO bob@localhost")
	fails(t, connect(t, e, "root", "d"), 1142, "CREATE EVENT write_catalog ON SCHEDULE EVERY 1 SECOND DO INSERT INTO aibms.models VALUES (1)")
	for name, body := range map[string]string{
		"set_global": "SET GLOBAL max_connections = 7",
		"reset_all":  "CALL dolt_reset('--hard')",
		"last":       "INSERT INTO t (id) SELECT MAX(id) + 1 FROM t",
	} {
		bob.Exec("CREATE EVENT " + name + " ON SCHEDULE EVERY 1 SECOND DO " + body) // some are refused at once
	}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if n := one(t, root, "SELECT COUNT(*) FROM d.t"); n > "3" { // it ran more than once, and the others in between
			break
		} else if time.Now().After(end) {
			t.Fatalf("the event does not run: %s rows", n)
		}
	}
	if got := one(t, root, "SELECT @@GLOBAL.max_connections"); got != "1000" {
		t.Errorf("an event set a global variable: %s", got)
	}
	if got := one(t, root, "SELECT COUNT(*) FROM aibms.models"); got != "0" {
		t.Errorf("an event wrote the catalog: %s rows", got)
	}
}

// TestPanicInAnEvent: the engine runs the body of an event where nothing catches a panic.
func TestPanicInAnEvent(t *testing.T) {
	e := start(t, engine.Config{EventPeriod: time.Second}, engine.Seams{})
	_, bob := ordinary(t, e)
	must(t, bob, "CREATE EVENT bad ON SCHEDULE EVERY 1 SECOND DO UPDATE dolt_schemas SET fragment = 'x'", // the storage engine panics at this
		"CREATE EVENT good ON SCHEDULE EVERY 1 SECOND DO INSERT INTO t (id) SELECT MAX(id) + 1 FROM t")
	for end := time.Now().Add(30 * time.Second); one(t, bob, "SELECT COUNT(*) FROM t") < "4"; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the event does not run")
		}
	}
}

// TestDefaults: what is on and what is off without any configuration.
func TestDefaults(t *testing.T) {
	e := start(t, engine.Config{Version: "1.2.3"}, engine.Seams{})
	root := connect(t, e, "root", "")
	for variable, want := range map[string]string{
		"secure_file_priv":         filepath.Join(e.DataDir(), "files"),
		"local_infile":             "0",
		"max_connections":          "1000",
		"max_allowed_packet":       "16777216",
		"require_secure_transport": "0",
		"event_scheduler":          "ON",
		"dolt_auto_gc_enabled":     "1",
		"dolt_stats_paused":        "1",
		"log_bin":                  "0",
		"version_comment":          "aibms 1.2.3",
	} {
		if got := one(t, root, "SELECT @@GLOBAL."+variable); got != want {
			t.Errorf("%s is %s, want %s", variable, got, want)
		}
	}
	for _, s := range []string{"START REPLICA", "BINLOG 'x'"} {
		if _, err := root.Exec(s); err == nil {
			t.Errorf("%s succeeded", s)
		}
	}
	if got := one(t, root, "SELECT GROUP_CONCAT(CONCAT(User, '@', Host) ORDER BY User) FROM mysql.user WHERE account_locked = 'N'"); got != "root@localhost" {
		t.Errorf("accounts that can log in: %s", got)
	}
}
