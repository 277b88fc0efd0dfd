package server_test

import (
	"testing"
)

// TestViewsHideTheirTables reads tables through views with accounts that may read the view but not the tables: in the present, in the past, from another database, in a
// SELECT and as the source of a model.
func TestViewsHideTheirTables(t *testing.T) {
	root, db := scratch(t)
	makeVisits(t, root)
	other := db + "_lobby"
	do(t, root, "CREATE DATABASE "+other)
	t.Cleanup(func() { dropDatabase(t, other) })
	do(t, root, "CREATE VIEW few AS SELECT id, amount, bought FROM visits", "CREATE VIEW fewer AS SELECT * FROM few", "CALL dolt_commit('-Am', 'visits')",
		"CREATE VIEW "+other+".far AS SELECT id, amount, bought FROM "+db+".visits", "USE "+other, "CREATE TABLE visits (id INT PRIMARY KEY, amount DOUBLE, bought BOOL)",
		"CREATE TABLE hall (id INT PRIMARY KEY)", "CALL dolt_commit('-Am', 'a table of the same name')", "USE "+db)

	viewer := account(t, root, "view_only", "SELECT ON "+db+".few", "SELECT ON "+db+".fewer", "SELECT ON "+other+".*", "CREATE, EXECUTE, ALTER ROUTINE ON "+db+".*", "CREATE ON "+other+".*")
	for _, from := range []string{db, other} {
		do(t, viewer, "USE "+from)
		for _, source := range []string{db + ".few", db + ".few AS OF 'HEAD'", db + ".fewer", db + ".fewer AS OF 'HEAD'", other + ".far", other + ".far AS OF 'HEAD'"} {
			fails(t, viewer, 1142, nil, "SELECT * FROM "+source)
			fails(t, viewer, 1142, nil, "CREATE MODEL stolen PREDICT bought FROM "+source)
		}
	}

	reader := account(t, root, "view_and_table", "SELECT ON "+db+".few", "SELECT ON "+db+".visits", "CREATE, EXECUTE, ALTER ROUTINE ON "+db+".*")
	do(t, reader, "USE "+db)
	for _, source := range []string{"few", "few AS OF 'HEAD'"} {
		if got := len(all(t, reader, "SELECT * FROM "+source)); got != visitRows {
			t.Errorf("%s has %d rows for who may read it", source, got)
		}
		do(t, reader, "CREATE OR REPLACE MODEL allowed PREDICT bought FROM "+source, "TRAIN MODEL allowed")
	}
	do(t, root, "REVOKE SELECT ON "+db+".visits FROM view_and_table@localhost")
	fails(t, reader, 1142, nil, "CREATE MODEL again PREDICT bought FROM few AS OF 'HEAD'")
	fails(t, reader, 1142, nil, "TRAIN MODEL allowed")
	fails(t, reader, 1142, nil, "EVALUATE MODEL allowed VERSION 1 BY (bought)")
}

// TestSourceIsAViewOfAnotherDatabase trains on a view whose tables, without a database in its text, belong to the view's.
func TestSourceIsAViewOfAnotherDatabase(t *testing.T) {
	root, db := scratch(t)
	makeVisits(t, root)
	other := db + "_lobby"
	do(t, root, "CREATE DATABASE "+other)
	t.Cleanup(func() { dropDatabase(t, other) })
	do(t, root, "CREATE VIEW few AS WITH c AS (SELECT id, amount, bought FROM visits v WHERE v.id > 0) SELECT c.* FROM c JOIN visits ON visits.id = c.id", "CALL dolt_commit('-Am', 'visits')", "USE "+other)
	for _, source := range []string{db + ".few", db + ".few AS OF 'HEAD'", "(SELECT f.* FROM " + db + ".few f)"} {
		do(t, root, "CREATE OR REPLACE MODEL m PREDICT bought FROM "+source)
		if got := all(t, root, "TRAIN MODEL m")[0][2]; got != "READY" {
			t.Errorf("FROM %s: the version is %s", source, got)
		}
	}
	if got := all(t, root, "VERIFY MODEL m VERSION 1")[0]; got[2] != "1" || got[3] != "1" {
		t.Errorf("VERIFY says %v", got)
	}
	do(t, root, "EVALUATE MODEL m VERSION 1", "EVALUATE MODEL m VERSION 1 BY (bought)")
}
