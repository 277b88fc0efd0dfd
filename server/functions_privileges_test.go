package server_test

import (
	"database/sql"
	"strings"
	"testing"
)

// account makes an account for one test and connects as it.
func account(t testing.TB, admin *sql.Conn, name string, grants ...string) *sql.Conn {
	t.Helper()
	do(t, admin, "CREATE USER "+name+"@localhost")
	t.Cleanup(func() { do(t, connect(t, "root", ""), "DROP USER "+name+"@localhost") })
	for _, g := range grants {
		do(t, admin, "GRANT "+g+" TO "+name+"@localhost")
	}
	return connect(t, name, "")
}

// TestExecuteIsNeeded asks everywhere with accounts that may read the rows but not use the model.
func TestExecuteIsNeeded(t *testing.T) {
	root, db := scratch(t)
	makeVisits(t, root, "bought", "kind")
	do(t, root, "CREATE VIEW scores AS SELECT id, PREDICT('bought') AS label FROM visits", "CREATE SQL SECURITY DEFINER VIEW by_definer AS SELECT id, PREDICT('bought') AS label FROM visits",
		"CREATE VIEW measured AS SELECT * FROM ml_evaluate('bought')",
		"CREATE PROCEDURE score() SELECT PREDICT('bought') FROM visits", "CREATE PROCEDURE viewed() SELECT COUNT(label) AS n FROM scores",
		"CREATE TABLE inbox LIKE visits", "ALTER TABLE inbox ADD COLUMN label BOOL",
		"CREATE TRIGGER scored BEFORE INSERT ON inbox FOR EACH ROW SET NEW.label = PREDICT('bought')")
	calls := []string{
		"SELECT PREDICT('bought') FROM visits", "SELECT PREDICT('" + db + ".bought') FROM visits", "SELECT PREDICT('bought', visits) FROM visits", "SELECT PREDICT('bought', 1)",
		"SELECT PREDICT_PROBA('bought', 1) FROM visits", "SELECT PREDICT_ALL('bought@1', '{}')", "SELECT MODEL_VERSION('bought')", "SELECT id FROM visits WHERE PREDICT('bought')",
		"SELECT PREDICT(CONCAT('bou', 'ght'), 1)", "SELECT MODEL_VERSION(CONCAT('bou', 'ght'))",
		"SELECT * FROM ml_evaluate('bought')", "SELECT * FROM ml_weights('bought')", "SELECT * FROM ml_training_info('bought')", "SELECT * FROM ml_leaderboard('bought')", "SELECT * FROM ml_tree('bought')", "SELECT * FROM ml_feature_importance('bought')", "SELECT * FROM ml_feature_info('bought')", "SELECT * FROM ml_confusion_matrix('bought', 'visits')",
		"SELECT * FROM ml_roc_curve('bought', (SELECT * FROM visits))", "SELECT * FROM scores", "SELECT * FROM by_definer", "SELECT * FROM measured", "CALL score()", "CALL viewed()",
	}
	reader := account(t, root, "reader", "SELECT ON "+db+".*", "INSERT ON "+db+".*", "EXECUTE ON PROCEDURE "+db+".score", "EXECUTE ON PROCEDURE "+db+".viewed")
	do(t, reader, "USE "+db)
	denied := []string{"execute command denied to user 'reader@localhost' for model '" + db + ".bought'", "GRANT EXECUTE ON"}
	for _, call := range calls {
		fails(t, reader, 1370, denied, call)
		if !strings.HasPrefix(call, "CALL") {
			fails(t, reader, 1370, denied, call+" LIMIT ?", 1)
		}
	}
	// nothing is learned of the model's columns
	_, err := query(reader, "SELECT PREDICT('bought')")
	for _, f := range visitFeatures {
		if err == nil || strings.Contains(err.Error(), f) {
			t.Errorf("the error names column %s: %v", f, err)
		}
	}
	// a trigger that may not predict stops its statement: it is not passed over
	fails(t, reader, 1370, denied, "INSERT INTO inbox (id, bought, kind, grade, spend, items, rating) VALUES (1, 0, 'x', 'low', 1, 1, 1)")
	if got := one(t, root, "SELECT COUNT(*) FROM inbox"); got != "0" {
		t.Errorf("%s rows were inserted past the trigger", got)
	}

	// with EXECUTE on the model alone, and on the database
	single := account(t, root, "single", "SELECT ON "+db+".*", "INSERT ON "+db+".*", "EXECUTE ON PROCEDURE "+db+".bought", "EXECUTE ON PROCEDURE "+db+".score", "EXECUTE ON PROCEDURE "+db+".viewed")
	whole := account(t, root, "whole", "SELECT ON "+db+".*", "INSERT ON "+db+".*", "EXECUTE ON "+db+".*")
	for _, c := range []*sql.Conn{single, whole} {
		do(t, c, "USE "+db)
		for _, call := range calls {
			if call == "SELECT PREDICT('bought', 1)" || strings.HasPrefix(call, "SELECT PREDICT(CONCAT") {
				fails(t, c, 30007, []string{"reads 9 columns"}, call)
				continue
			}
			if strings.Contains(call, "ml_tree") || strings.Contains(call, "ml_feature_importance") || strings.Contains(call, "ml_leaderboard") {
				fails(t, c, 1210, []string{"learner logistic_regression"}, call) // allowed, and in vain
				continue
			}
			if len(all(t, c, call)) == 0 {
				t.Errorf("%s: no rows", call)
			}
		}
		do(t, c, "INSERT INTO inbox (id, bought, kind, grade, spend, items, rating) SELECT 1 + MAX(COALESCE(i.id, 0)), 0, 'x', 'low', 1, 1, 1 FROM (SELECT 0 AS id UNION SELECT id FROM inbox) i")
	}
	fails(t, single, 1370, []string{"for model '" + db + ".kind'"}, "SELECT PREDICT('kind') FROM visits")
	if got := one(t, whole, "SELECT COUNT(PREDICT('kind')) FROM visits"); got == "0" {
		t.Error("EXECUTE on the database is not enough")
	}

	// EXECUTE gives no right to read rows
	user := account(t, root, "model_user", "EXECUTE ON "+db+".*")
	fails(t, user, 1142, nil, "SELECT PREDICT('"+db+".bought') FROM "+db+".visits")
	if got := one(t, user, "SELECT PREDICT('"+db+".bought', '{}') IS NULL"); got != "0" {
		t.Error("PREDICT without a table")
	}
	do(t, root, "GRANT SELECT ON "+db+".scores TO model_user@localhost")
	do(t, user, "USE "+db)
	for _, data := range []string{"'visits'", "'SELECT * FROM visits'", "(SELECT * FROM visits)", "'" + db + ".visits'"} {
		fails(t, user, 1142, nil, "SELECT * FROM ml_evaluate('bought', "+data+")")
	}
	if len(all(t, user, "SELECT * FROM ml_evaluate('bought', 'TEST')")) == 0 {
		t.Error("no evaluation on the model's own test rows")
	}

	// what is granted and revoked counts at once, for connections that are open and statements that are prepared
	stmt, err := reader.PrepareContext(t.Context(), "SELECT MODEL_VERSION(?)")
	if err != nil {
		t.Fatal(err)
	}
	defer stmt.Close()
	ask := func() error {
		var v int64
		return stmt.QueryRowContext(t.Context(), "bought").Scan(&v)
	}
	if err := ask(); err == nil || !strings.Contains(err.Error(), "1370") {
		t.Errorf("before GRANT: %v", err)
	}
	do(t, root, "GRANT EXECUTE ON PROCEDURE "+db+".bought TO reader@localhost")
	if err := ask(); err != nil {
		t.Errorf("after GRANT: %v", err)
	}
	do(t, root, "REVOKE EXECUTE ON PROCEDURE "+db+".bought FROM reader@localhost")
	if err := ask(); err == nil || !strings.Contains(err.Error(), "1370") {
		t.Errorf("after REVOKE: %v", err)
	}
}
