package server_test

import (
	"database/sql"
	"strings"
	"testing"
)

// neighbour makes a second database for one test.
func neighbour(t *testing.T, root *sql.Conn, name string) string {
	t.Helper()
	do(t, root, "CREATE DATABASE "+name)
	t.Cleanup(func() { dropDatabase(t, name) })
	return name
}

// verified trains a model and checks that the version can be trained again, byte for byte.
func verified(t *testing.T, c *sql.Conn, model, train string) {
	t.Helper()
	version := all(t, c, train)[0][1]
	if got := all(t, c, "VERIFY MODEL "+model+" VERSION "+version)[0]; got[2] != "1" || got[3] != "1" {
		t.Errorf("%s, then VERIFY: %v", train, got)
	}
}

// TestViewOfAnotherDatabaseIsPinned redefines a view whose tables are in another database: the version's own rows stay as they were.
func TestViewOfAnotherDatabaseIsPinned(t *testing.T) {
	root, db := scratch(t)
	makeVisits(t, root)
	lobby := neighbour(t, root, db+"_lobby")
	outer := neighbour(t, root, db+"_outer")
	do(t, root, "CREATE VIEW "+lobby+".few AS SELECT id, amount, bought FROM "+db+".visits WHERE id <= 300", "CREATE VIEW "+outer+".fewer AS SELECT * FROM "+lobby+".few")
	for _, source := range []string{lobby + ".few", outer + ".fewer", "(SELECT f.* FROM " + outer + ".fewer f WHERE f.id IN (SELECT id FROM " + lobby + ".few))"} {
		do(t, root, "CREATE OR REPLACE MODEL m PREDICT bought FROM "+source+" KEY (id)")
		version := all(t, root, "TRAIN MODEL m")[0][1]
		before := all(t, root, "EVALUATE MODEL m VERSION "+version+" ON TEST")
		do(t, root, "CREATE OR REPLACE VIEW "+lobby+".few AS SELECT id, -amount AS amount, bought FROM "+db+".visits WHERE id > 200", "CREATE OR REPLACE VIEW "+outer+".fewer AS SELECT id, 1 AS amount, bought FROM "+db+".visits")
		after := all(t, root, "EVALUATE MODEL m VERSION "+version+" ON TEST")
		for i := range before {
			same(t, source, after[i], before[i])
		}
		if got := all(t, root, "VERIFY MODEL m VERSION "+version)[0]; got[2] != "1" || got[3] != "1" {
			t.Errorf("FROM %s: VERIFY after the view was changed: %v", source, got)
		}
		do(t, root, "CREATE OR REPLACE VIEW "+lobby+".few AS SELECT id, amount, bought FROM "+db+".visits WHERE id <= 300", "CREATE OR REPLACE VIEW "+outer+".fewer AS SELECT * FROM "+lobby+".few")
	}
}

// TestOtherRowsAreNotMeasured trains on sources that give other rows when they are read again: TRAIN warns, and EVALUATE refuses to measure what was not learned from.
func TestOtherRowsAreNotMeasured(t *testing.T) {
	root, _ := scratch(t)
	makeVisits(t, root)
	do(t, root, "CREATE VIEW chance AS SELECT id, amount + RAND() AS amount, bought FROM visits")
	for source, names := range map[string]string{
		"(SELECT id, IF(id % 7 < @k, amount, 0) AS amount, bought FROM visits)":                              "@k",
		"(SELECT id, amount + @@long_query_time * @k AS amount, bought FROM visits)":                         "@@long_query_time, @k",
		"(SELECT id, amount, bought FROM visits WHERE id < 200 + 10 * (SELECT @k FROM (SELECT 1 AS x) one))": "@k",
		"chance": "RAND",
	} {
		do(t, root, "SET @k = 3", "CREATE OR REPLACE MODEL m PREDICT bought FROM "+source+" KEY (id)")
		trained := all(t, root, "TRAIN MODEL m")[0]
		if warnings := trained[len(trained)-1]; !strings.Contains(warnings, "the source uses "+names+":") {
			t.Errorf("FROM %s: TRAIN warns %q", source, warnings)
		}
		do(t, root, "SET @k = 5")
		fails(t, root, 30008, []string{"cannot be measured on its own rows", names, "ON"}, "EVALUATE MODEL m VERSION "+trained[1]+" ON TEST")
		fails(t, root, 30008, []string{"cannot be measured on its own rows"}, "EVALUATE MODEL m VERSION "+trained[1]+" BY (bought)")
		fails(t, root, 30008, []string{"cannot be measured on its own rows"}, "SELECT * FROM ml_roc_curve('m@"+trained[1]+"')")
		do(t, root, "EVALUATE MODEL m VERSION "+trained[1]+" ON visits")
	}
}

// TestSQLModeIsStored declares, trains, measures and verifies in sessions of different sql_modes: a source means what it meant where it was written.
func TestSQLModeIsStored(t *testing.T) {
	root, db := scratch(t)
	makeVisits(t, root)
	plain, ansi := connect(t, "root", db), connect(t, "root", db)
	do(t, plain, "SET sql_mode = 'ONLY_FULL_GROUP_BY'")
	do(t, ansi, "SET sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT'")

	do(t, ansi, `CREATE MODEL glued PREDICT bought FROM (SELECT id, tier || '-' || "city" AS both_of, "amount", bought FROM visits) KEY (id) FEATURES (both_of, amount)`)
	do(t, plain, `CREATE MODEL texts PREDICT bought FROM (SELECT id, IF(tier = "gold" || city = "Bern", "yes", "no") AS good, amount, bought FROM visits) KEY (id) FEATURES (good, amount)`)
	for _, c := range []*sql.Conn{plain, ansi} {
		for _, model := range []string{"glued", "texts"} {
			verified(t, c, model, "TRAIN MODEL "+model)
			do(t, c, "EXPLAIN TRAIN MODEL "+model, "EVALUATE MODEL "+model+" VERSION 1 ON TEST", "EVALUATE MODEL "+model+" VERSION 1 BY (bought)")
		}
	}
	// what TRAIN writes itself is read in its own session's mode, then and later
	own := "TRAIN MODEL texts FROM (SELECT id, IF(tier || city = 'goldBern', 'yes', 'no') AS good, amount, bought FROM visits)"
	verified(t, ansi, "texts", own)
	verified(t, plain, "texts", own)
	version := all(t, ansi, own)[0][1]
	if got := all(t, plain, "VERIFY MODEL texts VERSION "+version)[0]; got[2] != "1" || got[3] != "1" {
		t.Errorf("trained with FROM in one sql_mode, verified in another: %v", got)
	}
	if got := column(t, root, "SELECT CONCAT(model_name, ' ', sql_mode) FROM aibms.models WHERE database_name = '"+db+"' ORDER BY model_name"); strings.Join(got, "; ") != "glued ANSI_QUOTES,PIPES_AS_CONCAT; texts ONLY_FULL_GROUP_BY" {
		t.Errorf("the catalog says %q", got)
	}
	if got := one(t, ansi, "SELECT @@sql_mode"); got != "ANSI_QUOTES,PIPES_AS_CONCAT" {
		t.Errorf("the session is left in the mode %s", got)
	}
	// a comment or another name leaves the mode alone
	do(t, plain, "ALTER MODEL glued SET COMMENT 'x'", "ALTER MODEL glued RENAME TO stuck")
	verified(t, plain, "stuck", "TRAIN MODEL stuck")
}
