package server_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestMLExecNeedsNoGrant calls ml_exec from a procedure as an account that holds EXECUTE on the procedure and the rights that the statement itself asks for, and no others.
func TestMLExecNeedsNoGrant(t *testing.T) {
	root, db := scratch(t)
	makeVisits(t, root, "bought")
	do(t, root, "CREATE PROCEDURE again() CALL ml_exec('TRAIN MODEL "+db+".bought')", "CREATE PROCEDURE show_it() CALL ml_exec('SHOW MODEL VERSIONS "+db+".bought')")
	c := account(t, root, "caller", "EXECUTE ON PROCEDURE "+db+".again", "EXECUTE ON PROCEDURE "+db+".show_it", "SELECT ON "+db+".visits", "EXECUTE ON PROCEDURE "+db+".bought")
	do(t, c, "USE "+db)
	if got := one(t, c, "CALL show_it()"); !strings.Contains(got, "READY") {
		t.Errorf("SHOW MODEL VERSIONS in a procedure: %s", got)
	}
	fails(t, c, 1370, []string{"alter routine command denied", db + ".bought"}, "CALL again()")
	do(t, root, "GRANT ALTER ROUTINE ON PROCEDURE "+db+".bought TO caller@localhost")
	if got := one(t, c, "CALL again()"); !strings.Contains(got, "READY") {
		t.Errorf("TRAIN MODEL in a procedure: %s", got)
	}
	fails(t, c, 1142, nil, "CALL dolt_commit('-Am', 'x')")
}

// TestFeatureInfoHidesValues asks for what the training rows looked like with EXECUTE on the model alone.
func TestFeatureInfoHidesValues(t *testing.T) {
	root, db := scratch(t)
	makeVisits(t, root, "bought")
	c := account(t, root, "asker", "EXECUTE ON PROCEDURE "+db+".bought")
	of := func(columns string) string {
		return fmt.Sprintf("SELECT %s FROM ml_feature_info('%s.bought') WHERE feature = 'city'", columns, db)
	}
	do(t, c, "USE "+db)
	const values = "COALESCE(mean, `stddev`, `min`, `max`, categories, top_category, top_count)"
	if got := column(t, c, "SELECT "+values+" FROM ml_feature_info('bought')"); strings.Trim(strings.Join(got, ""), "NUL") != "" {
		t.Errorf("without SELECT the values are %v", got)
	}
	if got := all(t, c, "SHOW WARNINGS"); len(got) != 1 || !strings.Contains(got[0][2], "they need SELECT on the source") {
		t.Errorf("the warnings are %v", got)
	}
	if got := one(t, c, of("row_count > 0 AND null_share > 0")); got != "1" {
		t.Error("what tells no values is hidden too")
	}
	fails(t, c, 1370, []string{"alter routine command denied"}, "VERIFY MODEL bought VERSION 1")
	do(t, root, "GRANT SELECT ON "+db+".visits TO asker@localhost")
	if got := one(t, c, of("top_category")); got == "NULL" {
		t.Error("with SELECT the values are hidden")
	}
}

// TestDropThreshold takes a threshold back: the learner's own rule holds again.
func TestDropThreshold(t *testing.T) {
	root, _ := scratch(t)
	makeVisits(t, root, "bought")
	const positives = "SELECT SUM(PREDICT('bought')) FROM visits"
	before := one(t, root, positives)
	do(t, root, "ALTER MODEL bought SET THRESHOLD 0.99")
	if got := one(t, root, positives); got == before {
		t.Fatalf("a threshold of 0.99 changes nothing: %s", got)
	}
	do(t, root, "ALTER MODEL bought DROP THRESHOLD")
	if got := one(t, root, positives); got != before {
		t.Errorf("after DROP THRESHOLD %s rows are positive, before SET %s", got, before)
	}
	do(t, root, "ALTER MODEL bought DROP THRESHOLD")
}

// TestErrorsOfTheEngineHaveNumbers: errors that the engine gives without a kind.
func TestErrorsOfTheEngineHaveNumbers(t *testing.T) {
	root, db := scratch(t)
	makeVisits(t, root)
	fails(t, root, 3948, []string{"Loading local data is disabled"}, "LOAD DATA LOCAL INFILE '/nowhere' INTO TABLE visits")
	fails(t, root, 1210, []string{"AS OF"}, "SELECT COUNT(*) FROM visits AS OF 'aaaaaaaabbbbbbbbccccccccdddddddd'")

	// the reason of a version that failed is for readers
	do(t, root, "CREATE MODEL late PREDICT bought FROM visits", "CREATE USER late_user@localhost", "GRANT ALTER ROUTINE ON "+db+".* TO late_user@localhost")
	t.Cleanup(func() { do(t, connect(t, "root", ""), "DROP USER late_user@localhost") })
	fails(t, root, 1064, nil, "TRAIN MODEL late FROM (SELECT 1 +)")
	do(t, root, "CREATE OR REPLACE MODEL late PREDICT bought FROM (SELECT id, amount, bought, IF(id > 300, (SELECT id FROM visits), 1) AS two FROM visits)")
	fails(t, root, 1242, nil, "TRAIN MODEL late")
	if got := one(t, root, "SELECT reason FROM aibms.model_versions WHERE database_name = '"+db+"' AND status = 'FAILED'"); got == "" || strings.Contains(got, "errno") || strings.Contains(got, "sqlstate") {
		t.Errorf("the reason is %q", got)
	}
}

// TestJSONWarningNamesColumns predicts from a JSON object that lacks a column which nothing imputes.
func TestJSONWarningNamesColumns(t *testing.T) {
	c := shop(t)
	if got := one(t, c, "SELECT PREDICT('strict', '{\"pages\": 3, \"city\": \"Bern\"}')"); got != "NULL" {
		t.Fatalf("the prediction is %s", got)
	}
	if got := all(t, c, "SHOW WARNINGS"); len(got) != 1 || !strings.Contains(got[0][2], "has no value for amount") {
		t.Errorf("the warnings are %v", got)
	}
}

// TestLimitsOfTheEngine notices when a limit that the documents tell of is gone: then the documents are to be changed.
func TestLimitsOfTheEngine(t *testing.T) {
	shop(t)
	c := connect(t, "root", "")
	fails(t, c, 1046, nil, "SELECT * FROM ml_evaluate('shop.bought')")
	do(t, c, "EVALUATE MODEL shop.bought")

	root, db := scratch(t)
	makeVisits(t, root, "kind")
	fails(t, root, 1105, []string{"unable to sort"}, "SELECT DISTINCT PREDICT('kind') FROM visits ORDER BY PREDICT('kind')")
	for _, way := range []string{"SELECT k FROM (SELECT DISTINCT PREDICT('kind') AS k FROM visits) p ORDER BY k", "SELECT PREDICT('kind') AS k FROM visits GROUP BY k ORDER BY k"} {
		if got := column(t, root, way); len(got) < 2 || !slices.IsSorted(got) {
			t.Errorf("%s: %v", way, got)
		}
	}
	do(t, root, "CREATE VIEW few AS SELECT id FROM visits")
	reader := account(t, root, "elsewhere", "SELECT ON "+db+".*")
	do(t, root, "CREATE DATABASE IF NOT EXISTS "+db+"_hall", "GRANT CREATE ON "+db+"_hall.* TO elsewhere@localhost")
	t.Cleanup(func() { dropDatabase(t, db+"_hall") })
	do(t, reader, "USE "+db+"_hall")
	fails(t, reader, 1142, nil, "SELECT COUNT(*) FROM "+db+".few")
	do(t, reader, "USE "+db)
	if got := one(t, reader, "SELECT COUNT(*) FROM few"); got != fmt.Sprint(visitRows) {
		t.Errorf("%s rows", got)
	}
}

// TestQuotesInEverySQLMode: our statements quote as in the default sql_mode.
func TestQuotesInEverySQLMode(t *testing.T) {
	root, _ := scratch(t)
	makeVisits(t, root)
	do(t, root, "SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'", "CREATE MODEL `m` PREDICT bought FROM visits COMMENT \"it\\'s \\\"text\\\"\"")
	if got := one(t, root, "SELECT comment FROM aibms.models WHERE database_name = DATABASE()"); got != `it's "text"` {
		t.Errorf("the comment is %q", got)
	}
}
