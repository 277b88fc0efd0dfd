package metrics

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestKind says what kinds of statements are told apart.
func TestKind(t *testing.T) {
	for query, want := range map[string]string{
		"SELECT 1": "select", "select\t1": "select", "  (SELECT 1)": "select", "WITH a AS (SELECT 1) SELECT * FROM a": "select", "TABLE t": "select",
		"/* a */ -- b\n# c\n/*d*/INSERT INTO t VALUES (1)": "insert", "REPLACE INTO t VALUES (1)": "insert", "LOAD DATA LOCAL INFILE 'x' INTO TABLE t": "load",
		"UPDATE t SET x = 1": "update", "DELETE FROM t": "delete",
		"CREATE TABLE t (id INT)": "ddl", "CREATE MODEL m": "create_model", "create /* new */ model m": "create_model", "CREATE OR REPLACE MODEL m": "create_model",
		"CREATE OR REPLACE VIEW v AS SELECT 1": "ddl", "CREATE": "ddl", "DROP TABLE model": "ddl", "DROP MODEL m": "drop_model", "ALTER MODEL m": "alter_model",
		"TRAIN MODEL m": "train_model", "TRAIN m": "other", "EVALUATE MODEL m": "evaluate_model", "DEPLOY MODEL m": "deploy_model", "UNDEPLOY MODEL m": "undeploy_model",
		"ROLLBACK": "transaction", "ROLLBACK MODEL m": "rollback_model", "REVERT MODEL m": "rollback_model", "BEGIN": "transaction", "START TRANSACTION": "transaction",
		"PREDICT MODEL m": "predict_model", "VERIFY MODEL m": "verify_model", "SHOW MODELS": "show_model", "SHOW MODEL FEATURES m": "show_model", "SHOW TABLES": "show",
		"SHOW CREATE MODEL m": "show_model", "SHOW LEARNERS": "show", "SHOW CREATE TABLE t": "show",
		"DESCRIBE MODEL m": "describe_model", "DESC t": "show", "EXPLAIN SELECT 1": "show", "SET @x = 1": "set", "CALL ml_exec('TRAIN MODEL m')": "call",
		"": "other", "/* never ends": "other", "-- nothing": "other", ";": "other", "SELECTED": "other", "selectselectselectselect": "other", "ſelect 1": "other", "\x00": "other",
		strings.Repeat(" ", 5000) + "SELECT 1": "other",
	} {
		if got := Kind(query); got != want {
			t.Errorf("%.60q: %s, want %s", query, got, want)
		}
	}
}

// TestLabelsAreBounded: no client makes metrics without end.
func TestLabelsAreBounded(t *testing.T) {
	m := New("test", func() State { return State{} })
	for i := range 5000 {
		m.Statement(strings.Repeat("x", i%20)+" y", time.Millisecond, uint16(1+i))
	}
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, f := range families {
		seen[f.GetName()] = len(f.GetMetric())
	}
	if seen["aibms_errors_total"] != maxCodes+1 || seen["aibms_statements_total"] != 1 {
		t.Errorf("%d numbers of errors, %d kinds", seen["aibms_errors_total"], seen["aibms_statements_total"])
	}
}

// BenchmarkStatement is what counting adds to each statement.
func BenchmarkStatement(b *testing.B) {
	m := New("test", func() State { return State{} })
	for b.Loop() {
		m.Statement("SELECT id, PREDICT('m') FROM t WHERE id = 7", 50*time.Microsecond, 0)
	}
}

// TestKindsAreDocumented: docs/monitoring.md names every kind.
func TestKindsAreDocumented(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "monitoring.md"))
	if err != nil {
		t.Fatal(err)
	}
	for kind := range New("test", nil).kinds {
		if !strings.Contains(string(page), "`"+kind+"`") {
			t.Errorf("it does not name %s", kind)
		}
	}
}
