package server_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestErrors shows what a client is told when a call is wrong: in text and prepared.
func TestErrors(t *testing.T) {
	c := shop(t)
	own, name := scratch(t)
	do(t, own, "CREATE TABLE t (x DOUBLE, amount DOUBLE, y BOOL)", "INSERT INTO t VALUES (1, 1, 0), (2, 2, 1), (3, 3, 0), (4, 4, 1), (5, 5, 0), (6, 6, 1), (7, 7, 1), (8, 8, 0), (9, 9, 0), (10, 10, 1)",
		"CREATE MODEL untrained PREDICT y FROM t", "CREATE MODEL waiting PREDICT y FROM t", "TRAIN MODEL waiting", "TRAIN MODEL waiting")
	columns := strings.Join(visitFeatures, ", ")
	for _, x := range []struct {
		statement string // ? is there to make it a prepared statement
		number    uint16
		words     []string
	}{
		{"SELECT PREDICT()", 1210, []string{"PREDICT('model')"}},
		{"SELECT PREDICT(NULL)", 1210, []string{"name of a model"}},
		{"SELECT PREDICT(12, 1)", 1210, []string{"name of a model", "12"}},
		{"SELECT PREDICT('nothing')", 1305, []string{"shop.nothing", "SHOW MODELS"}},
		{"SELECT PREDICT('nowhere.bought') FROM visits", 1305, []string{"nowhere.bought"}},
		{"SELECT PREDICT('') FROM visits", 1102, []string{"empty"}},
		{"SELECT PREDICT('a/b') FROM visits", 1102, []string{"a/b"}},
		{"SELECT PREDICT('bought@') FROM visits", 1102, []string{"a version number or an alias"}},
		{"SELECT PREDICT('bought@0') FROM visits", 1102, []string{"1, 2, 3"}},
		{"SELECT PREDICT('bought@9') FROM visits", 30003, []string{"9"}},
		{"SELECT PREDICT('bought@champion') FROM visits", 30003, []string{"champion"}},
		{"SELECT PREDICT('" + name + ".untrained', 1, 2)", 30002, []string{"TRAIN MODEL"}},
		{"SELECT PREDICT('" + name + ".waiting', 1, 2)", 30002, []string{"DEPLOY MODEL " + name + ".waiting VERSION 2"}},
		{"SELECT PREDICT_PROBA('" + name + ".waiting') FROM " + name + ".t", 30002, []string{"VERSION 2"}},

		{"SELECT PREDICT('bought')", 1054, []string{"amount"}},
		{"SELECT PREDICT('bought') FROM (SELECT amount, pages FROM visits) AS x", 1054, []string{"price"}},
		{"SELECT PREDICT('bought', x) FROM (SELECT amount, pages FROM visits) AS x", 1054, []string{"price"}},
		{"SELECT PREDICT('bought', x.*) FROM (SELECT amount, pages FROM visits) AS x", 1054, []string{"price"}},
		{"SELECT PREDICT('bought') FROM visits a JOIN visits b ON a.id = b.id", 1052, []string{"amount"}},
		{"SELECT PREDICT('bought', nowhere.*) FROM visits", 1146, []string{"nowhere"}}, // as for nowhere.amount
		{"SELECT PREDICT('bought', *) FROM visits", 1210, []string{"no '*'", "leave it out"}},
		{"SELECT PREDICT('bought', nowhere) FROM visits", 1054, []string{"nowhere"}},

		{"SELECT PREDICT('bought', 1, 2)", 30007, []string{"reads 9 columns, the call gives 2", columns}},
		{"SELECT PREDICT('bought', " + columns + ", id) FROM visits", 30007, []string{"reads 9 columns, the call gives 10", columns}},
		{"SELECT PREDICT_PROBA('bought', 1, 2)", 30007, []string{"reads 9 columns, the call gives 2", columns}},
		{"SELECT PREDICT_ALL('one', 1, 2)", 30007, []string{"reads 1 columns, the call gives 2", "amount"}},
		{"SELECT PREDICT('one', 'many')", 30007, []string{"feature amount", "'many' is not a number"}},
		{"SELECT PREDICT('one', '')", 30007, []string{"feature amount", "'' is not a number"}},
		{"SELECT PREDICT('bought', 1, 'x', 3, 'Oslo', 'free', '2024-01-01', '2024-01-01', 1, 1)", 30007, []string{"feature pages", "'x' is not a number"}},
		{"SELECT PREDICT('bought', 1, 2, 3, 'Oslo', 'free', 'yesterday', '2024-01-01', 1, 1)", 30007, []string{"column day", "'yesterday'", "date"}},
		{"SELECT PREDICT('one', CAST('2024-01-01' AS DATE))", 30007, []string{"feature amount", "a date is not a number"}},
		{"SELECT PREDICT('strict', 1, 99999999999, 'Oslo')", 30007, []string{"column pages", "99999999999", "int"}},

		{"SELECT PREDICT_PROBA('bought', 'maybe') FROM visits", 1210, []string{"no class 'maybe'", "0, 1"}},
		{"SELECT PREDICT_PROBA('bought', 2, visits) FROM visits", 1210, []string{"no class '2'", "0, 1"}},
		{"SELECT PREDICT_PROBA('kind') FROM visits", 1210, []string{"3 classes", "PREDICT_PROBA('kind', 'coffee')"}},
		{"SELECT PREDICT_PROBA('kind', 'TEA') FROM visits", 1210, []string{"no class 'TEA'", "coffee, tea, water"}},
		{"SELECT PREDICT_PROBA('kind', city, visits) FROM visits WHERE city IS NOT NULL", 1210, []string{"no class", "coffee, tea, water"}},
		{"SELECT PREDICT_PROBA('rating') FROM visits", 1210, []string{"shop.rating predicts the number rating", "use PREDICT"}},

		{"SELECT PREDICT('bought', '{')", 30007, []string{"JSON object", "'{'"}},
		{"SELECT PREDICT('bought', '{} {}')", 30007, []string{"more after it"}},
		{"SELECT PREDICT('bought', CAST('[1, 2]' AS JSON))", 30007, []string{"JSON object", "[1, 2]"}},
		{"SELECT PREDICT('bought', JSON_OBJECT('amuont', 1))", 30007, []string{"no column 'amuont'", columns}},
		{"SELECT PREDICT('bought', JSON_OBJECT('amount', 1, 'AMOUNT', 2))", 30007, []string{"amount twice"}},
		{"SELECT PREDICT('bought', JSON_OBJECT('amount', 'much'))", 30007, []string{"feature amount", "'much' is not a number"}},
		{"SELECT PREDICT('bought', JSON_OBJECT('amount', JSON_ARRAY(1)))", 30007, []string{"feature amount", "array"}},
		{"SELECT PREDICT(city, 1) FROM visits WHERE id = 1", 1305, nil},
		{"SELECT PREDICT(id, 1) FROM visits WHERE id = 1", 1210, []string{"name of a model"}},

		{"SELECT aibms_predict_by_name('PREDICT', 'bought')", 1305, []string{"aibms_predict_by_name"}},
		{"SELECT aibms_predict_by_name('PREDICT', 'bought', NULL, 'amount', NULL)", 1305, []string{"aibms_predict_by_name"}},
		{"SELECT aibms_predict_by_name(1, 2, 3, 4, 5, 6)", 1305, []string{"aibms_predict_by_name"}},
		{"SELECT * FROM PREDICT('bought')", 30007, nil},
		{"SELECT ml_weights('bought')", 1105, []string{"ml_weights", "FROM clause"}},
	} {
		fails(t, c, x.number, x.words, x.statement)
		fails(t, c, x.number, x.words, x.statement+" LIMIT ?", 1)
	}
	// the connection is as good as before
	if got := one(t, c, "SELECT COUNT(PREDICT('bought')) FROM visits"); got != fmt.Sprint(visitRows) {
		t.Errorf("%s predictions", got)
	}
}

// TestErrorsOfValues sends values that do not fit as placeholders.
func TestErrorsOfValues(t *testing.T) {
	for _, m := range modes {
		c := shop(t, m.options)
		fails(t, c, 30007, []string{"feature amount", "'many' is not a number"}, "SELECT PREDICT('one', ?)", "many")
		fails(t, c, 1305, []string{"nothing"}, "SELECT PREDICT(?, 1)", "nothing")
		fails(t, c, 30007, []string{"reads 1 columns, the call gives 2"}, "SELECT PREDICT(?, ?, ?)", "one", 1, 2)
		fails(t, c, 1210, []string{"no class 'x'"}, "SELECT PREDICT_PROBA('one', ?, ?)", "x", 1)
		fails(t, c, 1210, []string{"no class 'x'"}, "SELECT PREDICT_PROBA('kind', ?) FROM visits", "x")
		fails(t, c, 30007, []string{"no column 'z'"}, "SELECT PREDICT('bought', ?)", `{"z": 1}`)
		fails(t, c, 1210, []string{"the name of a model is wanted", "NULL"}, "SELECT PREDICT(?, 1)", nil)
	}
}

// TestRefusedInTables keeps predictions out of what a table stores as its definition; nothing is created then.
func TestRefusedInTables(t *testing.T) {
	c, _ := scratch(t)
	do(t, c, "CREATE TABLE t (x DOUBLE, y BOOL, z DOUBLE)", "INSERT INTO t VALUES (1, 0, 1), (2, 1, 1), (3, 0, 1), (4, 1, 1), (5, 0, 1), (6, 1, 1), (7, 1, 1), (8, 0, 1), (9, 0, 1), (10, 1, 1)")
	release(t, c, "m", "PREDICT y FROM t FEATURES (x)")
	before := lines(all(t, c, "SHOW CREATE TABLE t"))
	for _, x := range []struct {
		statement string
		number    uint16
		words     []string
	}{
		{"CREATE TABLE u (x DOUBLE, p BOOL AS (PREDICT('m')))", 3102, []string{"PREDICT", "generated column p"}},
		{"CREATE TABLE u (x DOUBLE, p BOOL GENERATED ALWAYS AS (predict('m', x)) STORED)", 3102, []string{"generated column p"}},
		{"CREATE TABLE u (x DOUBLE, p DOUBLE AS (1 + ROUND(PREDICT_PROBA('m', x) * 100)))", 3102, []string{"PREDICT_PROBA"}},
		{"CREATE TABLE u (x DOUBLE, p BIGINT DEFAULT (MODEL_VERSION('m')))", 3770, []string{"MODEL_VERSION", "default of column p"}},
		{"CREATE TABLE u (x DOUBLE, p BOOL DEFAULT (PREDICT('m', 1)))", 3770, []string{"default of column p"}},
		{"CREATE TABLE u (x DOUBLE CHECK (PREDICT('m') = 1))", 3814, []string{"CHECK", "column x"}},
		{"CREATE TABLE u (x DOUBLE, CHECK (PREDICT('m') = 1))", 3814, []string{"CHECK"}},
		{"CREATE TABLE u (x DOUBLE, CONSTRAINT c CHECK (x > 0 AND PREDICT_ALL('m') IS NOT NULL))", 3814, []string{"PREDICT_ALL", "CHECK"}},
		{"ALTER TABLE t ADD COLUMN p BOOL AS (PREDICT('m'))", 3102, []string{"generated column p"}},
		{"ALTER TABLE t ADD COLUMN q INT, ADD COLUMN p BOOL DEFAULT (PREDICT('m', 1))", 3770, []string{"default of column p"}},
		{"ALTER TABLE t MODIFY COLUMN z BIGINT DEFAULT (MODEL_VERSION('m'))", 3770, []string{"default of column z"}},
		{"ALTER TABLE t CHANGE COLUMN z p BOOL AS (PREDICT('m'))", 3102, []string{"generated column p"}},
		{"ALTER TABLE t ALTER COLUMN z SET DEFAULT (PREDICT('m', 1))", 3770, []string{"default of column z"}},
		{"ALTER TABLE t ADD CHECK (PREDICT('m') = 1)", 3814, []string{"CHECK"}},
		{"ALTER TABLE t ADD CONSTRAINT c CHECK (PREDICT('m', x) = 1)", 3814, []string{"CHECK"}},
	} {
		words := append(x.words, "changes with every DEPLOY")
		fails(t, c, x.number, words, x.statement)
		if !strings.Contains(x.statement, "ALTER COLUMN") { // which the protocol library cannot prepare
			if stmt, err := c.PrepareContext(t.Context(), x.statement); err == nil {
				stmt.Close()
				t.Errorf("%s: can be prepared", x.statement)
			}
		}
	}
	fails(t, c, 3102, nil, "CREATE PROCEDURE p() CREATE TABLE u (x DOUBLE, p BOOL AS (PREDICT('m')))")
	same(t, "the table after all that", lines(all(t, c, "SHOW CREATE TABLE t")), before)
	same(t, "tables", column(t, c, "SHOW TABLES"), []string{"t"})
	do(t, c, "DROP TABLE t")
}

// TestNullsAndUnseen shows that no row fails for a value that training had not: the automatic rules impute, and a model that imputes nothing answers NULL with one warning.
func TestNullsAndUnseen(t *testing.T) {
	c := shop(t)
	for _, call := range []string{
		"PREDICT('bought', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
		"PREDICT('bought', 1, 2, 3, 'Atlantis', 'diamond', '2999-12-31', '1000-01-01 00:00:00', 5, NULL)",
		"PREDICT('bought', 1, 2, 3, '', '', NULL, NULL, -9223372036854775808, 3)",
		"PREDICT('bought', 1, 2, 3, REPEAT('x', 1000), 17, NULL, NULL, 18446744073709551615, 1)",
		"PREDICT('bought', JSON_OBJECT())",
		"PREDICT('bought', '{\"city\": \"Atlantis\", \"tier\": \"diamond\", \"flag\": true, \"amount\": 1e400}')",
		"PREDICT_PROBA('bought', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
		"PREDICT_ALL('bought', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
	} {
		if strings.Contains(call, "1e400") {
			fails(t, c, 30007, []string{"'1e400' is not a number"}, "SELECT "+call)
			continue
		}
		if got := one(t, c, "SELECT "+call); got == "NULL" {
			t.Errorf("%s is NULL", call)
		}
		if w := all(t, c, "SHOW WARNINGS"); len(w) != 0 {
			t.Errorf("%s: %v", call, w)
		}
	}
	for _, call := range []string{"PREDICT('bought', CAST(NULL AS JSON))", "PREDICT('bought', CAST('null' AS JSON))", "PREDICT_PROBA('bought', NULLIF(1, 1), " + strings.Join(visitFeatures, ", ") + ")"} {
		if got := one(t, c, "SELECT "+call+" FROM visits WHERE id = 1"); got != "NULL" {
			t.Errorf("%s is %s", call, got)
		}
	}

	// strict: STANDARD_SCALE(amount), pages / 10, ONE_HOT(UPPER(city))
	rows := all(t, c, "SELECT amount IS NULL OR pages IS NULL, PREDICT('strict') IS NULL, PREDICT_PROBA('strict') IS NULL, PREDICT_ALL('strict') IS NULL FROM visits")
	if w := all(t, c, "SHOW WARNINGS"); len(w) != 1 || w[0][1] != "1642" || !strings.Contains(w[0][2], "shop.strict") || !strings.Contains(w[0][2], "NULL") {
		t.Errorf("warnings: %v", w)
	}
	if !slices.ContainsFunc(rows, func(r []string) bool { return r[0] == "1" }) {
		t.Fatal("no row has a NULL")
	}
	for i, r := range rows {
		if r[0] != r[1] || r[0] != r[2] || r[0] != r[3] {
			t.Fatalf("row %d: %v", i, r)
		}
	}
	if got := one(t, c, "SELECT PREDICT('strict', 100, 3, 'Atlantis') IS NULL"); got != "0" {
		t.Error("an unseen category makes the prediction NULL")
	}
	// an expression computes as it did in training: from the column's type
	for _, x := range []struct{ a, b string }{
		{"PREDICT_PROBA('strict', 100, 3, 'oslo')", "PREDICT_PROBA('strict', '100', '3', 'OSLO')"},
		{"PREDICT_PROBA('strict', 100, 3, 'oslo')", "PREDICT_PROBA('strict', 100.0, 3.2, 'Oslo')"}, // pages is an INT: 3.2 is 3 in it
		{"PREDICT_PROBA('strict', 100, 3, 'oslo')", "PREDICT_PROBA('strict', '{\"amount\": \"100\", \"pages\": 3.0, \"city\": \"osLO\"}')"},
		{"PREDICT_PROBA('bought', 1, 2, 3, 'Oslo', 'gold', '2024-02-03', '2024-02-03 04:05:06', 5, TRUE)", "PREDICT_PROBA('bought', '1', '2', '3', 'Oslo', 3, CAST('2024-02-03 23:00:00' AS DATETIME), '2024-02-03T04:05:06', '5', '1')"},
		{"PREDICT_PROBA('bought', 1, 2, 3, '5', 'gold', NULL, NULL, 9007199254740993, TRUE)", "PREDICT_PROBA('bought', 1.0, 2.0, 3, 5, 'gold', NULL, NULL, '9007199254740993', 1)"},
		{"PREDICT_PROBA('bought', 1, 2, 3, '5', 'gold', NULL, NULL, 9007199254740993, TRUE)", "PREDICT_PROBA('bought', '{\"amount\": 1, \"pages\": \"2\", \"price\": 3.00, \"city\": 5, \"tier\": 3, \"big\": 9007199254740993, \"flag\": true}')"},
		{"PREDICT_PROBA('one', 9007199254740993)", "PREDICT_PROBA('one', 9007199254740992)"}, // one and the same float64
	} {
		if a, b := one(t, c, "SELECT "+x.a), one(t, c, "SELECT "+x.b); a != b {
			t.Errorf("%s is %s, and %s is %s", x.a, a, x.b, b)
		}
	}
}

// TestHavingLimit notes a limit of the engine: HAVING finds columns only where the select list or GROUP BY has them. An alias of the prediction works, see TestPlacesInQueries.
func TestHavingLimit(t *testing.T) {
	c := shop(t)
	fails(t, c, 1054, []string{"amount"}, "SELECT id FROM visits HAVING PREDICT('bought') = 1")
	fails(t, c, 1054, []string{"amount"}, "SELECT COUNT(*) FROM visits GROUP BY city HAVING PREDICT('bought') = 1")
	if got := len(all(t, c, "SELECT id, PREDICT('bought') AS p FROM visits HAVING p = 1")); got == 0 {
		t.Error("HAVING with an alias finds nothing")
	}
}
