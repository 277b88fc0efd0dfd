package server_test

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestTableFunctionData gives the rows to measure in every way that there is.
func TestTableFunctionData(t *testing.T) {
	c := shop(t)
	elsewhere := connect(t, "root", "aibms")
	evaluate := func(statement string) []string {
		t.Helper()
		return lines(all(t, c, statement))
	}
	columns := "model, version, metric, value, ci_low, ci_high, baseline, row_count, higher_is_better"
	statement := func(on string) []string { // EVALUATE MODEL says the same
		t.Helper()
		var out [][]string
		for _, r := range all(t, c, "EVALUATE MODEL bought "+on) {
			out = append(out, []string{r[0], r[1], r[4], r[5], r[6], r[7], r[8], r[9], r[10]})
		}
		return lines(out)
	}
	for _, x := range []struct{ arguments, on string }{
		{"", ""},
		{", 'TEST'", "ON TEST"},
		{", 'test'", "ON TEST"},
		{", 'TRAIN'", "ON TRAIN"},
		{", 'visits'", "ON visits"},
		{", 'shop.visits'", "ON visits"},
		{", '`shop`.`visits`'", "ON visits"},
		{", 'SELECT * FROM visits'", "ON visits"},
		{", '(SELECT * FROM visits)'", "ON visits"},
		{", (SELECT * FROM visits)", "ON visits"},
		{", (SELECT v.* FROM visits v WHERE v.pages > 4 AND city = 'it''s Rome')", "ON (SELECT * FROM visits WHERE pages > 4 AND city = 'it''s Rome')"},
		{", 'SELECT * FROM visits WHERE pages > 4 AND city = ''it''''s Rome'''", "ON (SELECT * FROM visits WHERE pages > 4 AND city = 'it''s Rome')"},
		{", 'visits', 0.3", "ON visits THRESHOLD 0.3"},
		{", 'visits', '0.3'", "ON visits THRESHOLD 0.3"},
		{", 'visits', 0", "ON visits THRESHOLD 0"},
		{", (SELECT * FROM visits), 1", "ON visits THRESHOLD 1"},
		{", NULL, 0.3", "THRESHOLD 0.3"},
		{", NULL, NULL", ""},
	} {
		for _, model := range []string{"bought", "shop.BOUGHT", "bought@1"} {
			same(t, x.arguments, evaluate("SELECT "+columns+" FROM ml_evaluate('"+model+"'"+x.arguments+")"), statement(x.on))
		}
		if strings.Contains(x.arguments, "FROM visits") || strings.Contains(x.arguments, "'visits'") {
			continue // of the current database
		}
		same(t, "from another database: "+x.arguments, lines(all(t, elsewhere, "SELECT "+columns+" FROM ml_evaluate('shop.bought'"+x.arguments+")")), statement(x.on))
	}
	for _, m := range modes {
		p := shop(t, m.options)
		for _, data := range []string{"TEST", "visits", "SELECT * FROM visits"} {
			want := evaluate("SELECT " + columns + " FROM ml_evaluate('bought', '" + data + "', 0.4)")
			same(t, m.name+": "+data, lines(all(t, p, "SELECT "+columns+" FROM ml_evaluate(?, ?, ?)", "bought", data, 0.4)), want)
		}
	}
}

// TestTableFunctionErrors shows what is said of arguments that make no sense.
func TestTableFunctionErrors(t *testing.T) {
	c := shop(t)
	for _, x := range []struct {
		statement string
		number    uint16
		words     []string
	}{
		{"SELECT * FROM ml_evaluate()", 1210, []string{"ml_evaluate takes a model"}},
		{"SELECT * FROM ml_evaluate('bought', 'TEST', 0.5, 1)", 1210, []string{"ml_evaluate takes"}},
		{"SELECT * FROM ml_weights('bought', 'TEST')", 1210, []string{"ml_weights takes a model"}},
		{"SELECT * FROM ml_roc_curve('bought', 'TEST', 0.5)", 1210, []string{"ml_roc_curve takes"}},
		{"SELECT * FROM ml_evaluate(NULL)", 1210, []string{"name of a model"}},
		{"SELECT * FROM ml_evaluate('nothing')", 1305, []string{"shop.nothing"}},
		{"SELECT * FROM ml_evaluate('bought@7')", 30003, []string{"7"}},
		{"SELECT * FROM ml_evaluate('bought', 'VALIDATE')", 30001, []string{"no VALIDATE rows"}},
		{"SELECT * FROM ml_evaluate('bought', 'nothing')", 1146, []string{"nothing"}},
		{"SELECT * FROM ml_evaluate('bought', 'nowhere.visits')", 1049, []string{"nowhere"}},
		{"SELECT * FROM ml_evaluate('bought', '')", 1210, []string{"rows to measure", "''"}},
		{"SELECT * FROM ml_evaluate('bought', 'visits THRESHOLD 0.5')", 1210, []string{"visits THRESHOLD"}},
		{"SELECT * FROM ml_evaluate('bought', 'visits; DROP TABLE visits')", 1210, []string{"rows to measure"}},
		{"SELECT * FROM ml_evaluate('bought', 'DELETE FROM visits')", 1210, []string{"rows to measure"}},
		{"SELECT * FROM ml_evaluate('bought', 'SELECT amount FROM visits')", 1054, []string{"'bought'"}},
		{"SELECT * FROM ml_evaluate('bought', (SELECT bought FROM visits))", 1054, []string{"'amount'"}},
		{"SELECT * FROM ml_evaluate('bought', (SELECT nothing FROM visits))", 1054, []string{"nothing"}},
		{"SELECT * FROM ml_evaluate('bought', 'visits', 2)", 1210, []string{"between 0 and 1, got 2"}},
		{"SELECT * FROM ml_evaluate('bought', 'visits', 'x')", 1210, []string{"between 0 and 1, got x"}},
		{"SELECT * FROM ml_evaluate('kind', 'visits', 0.5)", 1210, []string{"two classes"}},
		{"SELECT * FROM ml_evaluate('bought', *)", 1235, nil},
		{"SELECT * FROM visits, ml_evaluate(visits.city)", 1146, []string{"visits"}},
		{"SELECT * FROM ml_confusion_matrix('rating')", 1210, []string{"model rating", "classes"}},
		{"SELECT * FROM ml_roc_curve('kind')", 1210, []string{"two classes"}},
	} {
		fails(t, c, x.number, x.words, x.statement)
	}
	fails(t, c, 1210, []string{"placeholder"}, "SELECT * FROM ml_evaluate('bought', (SELECT * FROM visits WHERE pages > ?))", 3)
}

// TestTableFunctionPlaces uses the functions as the tables that they are.
func TestTableFunctionPlaces(t *testing.T) {
	c, _ := scratch(t)
	makeVisits(t, c, "bought", "kind")
	do(t, c, "TRAIN MODEL bought", "CREATE TABLE thresholds (model VARCHAR(20) PRIMARY KEY, x DOUBLE)", "INSERT INTO thresholds VALUES ('bought', 0.5), ('kind', 0.1)",
		"CREATE TABLE kept AS SELECT * FROM ml_evaluate('bought')", "CREATE VIEW wrong AS SELECT actual, predicted, row_count FROM ml_confusion_matrix('bought', 'visits') WHERE actual <> predicted",
		"CREATE PROCEDURE measure() SELECT metric, value FROM ml_evaluate('bought', 'visits')")
	same(t, "CREATE TABLE ... AS SELECT", lines(all(t, c, "SELECT * FROM kept")), lines(all(t, c, "SELECT * FROM ml_evaluate('bought')")))
	if got := one(t, c, "SELECT value BETWEEN 0.5 AND 1 FROM ml_evaluate('bought') WHERE metric = 'roc_auc'"); got != "1" {
		t.Error("WHERE metric = 'roc_auc'")
	}
	same(t, "ORDER BY and LIMIT", column(t, c, "SELECT metric FROM ml_evaluate('bought') ORDER BY metric LIMIT 2"), []string{"accuracy", "balanced_accuracy"})
	same(t, "GROUP BY", column(t, c, "SELECT COUNT(*) FROM ml_evaluate('bought') GROUP BY higher_is_better ORDER BY 1"),
		column(t, c, "SELECT COUNT(*) FROM kept GROUP BY higher_is_better ORDER BY 1"))
	same(t, "join with itself", lines(all(t, c, "SELECT a.metric, a.value = b.value, b.version FROM ml_evaluate('bought@1') a JOIN ml_evaluate('bought@2') b ON a.metric = b.metric AND a.dataset = b.dataset")),
		lines(all(t, c, "SELECT metric, 1, 2 FROM kept"))) // the same rows and settings give the same model
	same(t, "join with a table", column(t, c, "SELECT COUNT(*) FROM thresholds JOIN ml_evaluate('bought') e ON e.model = thresholds.model WHERE e.value > thresholds.x OR e.value <= thresholds.x"),
		column(t, c, "SELECT COUNT(*) FROM kept"))
	same(t, "cross join", column(t, c, "SELECT COUNT(*) FROM thresholds, ml_confusion_matrix('bought', 'visits')"), []string{"8"})
	same(t, "left join", column(t, c, "SELECT COUNT(e.metric) FROM thresholds LEFT JOIN ml_evaluate('bought') AS e ON e.model = thresholds.model AND e.metric = 'accuracy'"), []string{"1"})
	same(t, "subquery for each row", column(t, c, "SELECT (SELECT e.value FROM ml_evaluate('bought') e WHERE e.metric = 'accuracy') = k.value FROM kept k WHERE k.metric = 'accuracy'"), []string{"1"})
	same(t, "CTE", column(t, c, "WITH e AS (SELECT * FROM ml_evaluate('bought')) SELECT COUNT(*) FROM e a JOIN e b USING (metric)"), column(t, c, "SELECT COUNT(*) FROM kept"))
	same(t, "UNION", column(t, c, "SELECT DISTINCT model FROM ml_evaluate('bought') UNION SELECT DISTINCT model FROM ml_evaluate('kind') ORDER BY 1"), []string{"bought", "kind"})
	same(t, "view", lines(all(t, c, "SELECT * FROM wrong")), lines(all(t, c, "SELECT bought, PREDICT('bought'), COUNT(*) FROM visits WHERE bought <> PREDICT('bought') GROUP BY 1, 2")))
	same(t, "CALL", lines(all(t, c, "CALL measure()")), lines(all(t, c, "SELECT metric, value FROM ml_evaluate('bought', 'visits')")))
	same(t, "a prediction in the rows to measure", lines(all(t, c, "SELECT metric, value FROM ml_evaluate('bought', (SELECT * FROM visits WHERE PREDICT_PROBA('bought') > 0.3))")),
		lines(all(t, c, "SELECT metric, value FROM ml_evaluate('bought', 'SELECT * FROM visits WHERE PREDICT_PROBA(''bought'') > 0.3')")))
	if plan := fmt.Sprint(all(t, c, "EXPLAIN FORMAT=TREE SELECT * FROM ml_evaluate('bought', 'TEST')")); !strings.Contains(plan, "ml_evaluate") {
		t.Errorf("EXPLAIN: %s", plan)
	}
	do(t, c, "INSERT INTO kept SELECT * FROM ml_evaluate('bought', 'visits')", "UPDATE thresholds JOIN ml_evaluate('bought') e ON e.model = thresholds.model AND e.metric = 'accuracy' SET thresholds.x = e.value")
	same(t, "UPDATE ... JOIN", column(t, c, "SELECT COUNT(*) FROM thresholds t JOIN kept k ON k.value = t.x AND k.dataset = 'TEST' AND k.metric = 'accuracy'"), []string{"1"})
}

// TestConfusionMatrix and the other tests below compare the functions with what SQL says of the same predictions.
func TestConfusionMatrix(t *testing.T) {
	c := shop(t)
	for _, model := range []string{"bought", "kind", "grade"} {
		want := map[string]string{}
		for _, r := range all(t, c, "SELECT "+model+", PREDICT('"+model+"'), COUNT(*) FROM visits GROUP BY 1, 2") {
			want[r[0]+" "+r[1]] = r[2]
		}
		classes := map[string]int{"bought": 2, "kind": 3, "grade": 3}[model]
		rows := all(t, c, "SELECT actual, predicted, row_count FROM ml_confusion_matrix('"+model+"', 'visits')")
		if len(rows) != classes*classes {
			t.Errorf("%s: %d rows", model, len(rows))
		}
		for _, r := range rows {
			n := want[r[0]+" "+r[1]]
			if n == "" {
				n = "0"
			}
			if r[2] != n {
				t.Errorf("%s: %v, want %s", model, r, n)
			}
		}
	}
	for _, r := range all(t, c, "SELECT m.predicted, SUM(m.row_count), (SELECT COUNT(*) FROM visits WHERE (PREDICT_PROBA('bought') >= 0.8) = m.predicted) FROM ml_confusion_matrix('bought', 'visits', 0.8) m GROUP BY m.predicted") {
		if r[1] != r[2] {
			t.Errorf("threshold 0.8: %v", r)
		}
	}
}

func TestROCCurve(t *testing.T) {
	c := shop(t)
	rows := all(t, c, "SELECT threshold, false_positive_rate, true_positive_rate FROM ml_roc_curve('bought', 'visits')")
	first, last := rows[0], rows[len(rows)-1]
	same(t, "first point", first, []string{"NULL", "0", "0"})
	same(t, "last point", last[1:], []string{"1", "1"})
	area, x0, y0 := 0.0, 0.0, 0.0
	for i, r := range rows {
		x, y := float(t, r[1]), float(t, r[2])
		if x < x0 || y < y0 {
			t.Fatalf("point %d: %v goes back", i, r)
		}
		area += (x - x0) * (y + y0) / 2
		x0, y0 = x, y
	}
	if auc := float(t, one(t, c, "SELECT value FROM ml_evaluate('bought', 'visits') WHERE metric = 'roc_auc'")); math.Abs(auc-area) > 1e-12 {
		t.Errorf("the area under the curve is %v, roc_auc %v", area, auc)
	}
	for _, i := range []int{1, len(rows) / 3, len(rows) / 2, len(rows) - 1} {
		r := all(t, c, "SELECT AVG(IF(bought, NULL, PREDICT_PROBA('bought') >= ?)), AVG(IF(bought, PREDICT_PROBA('bought') >= ?, NULL)) FROM visits", float(t, rows[i][0]), float(t, rows[i][0]))[0]
		if math.Abs(float(t, r[0])-float(t, rows[i][1])) > 1e-4 || math.Abs(float(t, r[1])-float(t, rows[i][2])) > 1e-4 { // AVG of a BOOL has four decimals
			t.Errorf("point %v, by SQL %v", rows[i], r)
		}
	}
}

func TestFeatureInfo(t *testing.T) {
	c, _ := scratch(t)
	do(t, c, visitsTable, visits())
	release(t, c, "m", "PREDICT bought FROM visits KEY (id) FEATURES ("+strings.Join(visitFeatures, ", ")+") SPLIT NONE")
	rows := all(t, c, "SELECT feature, input, kind, row_count, null_share, mean, min, max, categories, top_category, top_count FROM ml_feature_info('m') ORDER BY position")
	seen := map[string]bool{}
	for _, r := range rows {
		seen[r[0]] = true
		if r[3] != strconv.Itoa(visitRows) {
			t.Errorf("%s: %s rows", r[0], r[3])
		}
		want := all(t, c, "SELECT AVG("+r[1]+" IS NULL), AVG("+r[1]+" + 0e0), MIN("+r[1]+" + 0e0), MAX("+r[1]+" + 0e0), COUNT(DISTINCT "+r[1]+") FROM visits")[0]
		if math.Abs(float(t, r[4])-float(t, want[0])) > 1e-4 {
			t.Errorf("%s: null_share %s, want %s", r[0], r[4], want[0])
		}
		if r[2] == "categorical" {
			if r[5] != "NULL" || r[8] != want[4] {
				t.Errorf("%s: mean %s, %s categories, want %s", r[0], r[5], r[8], want[4])
			}
			if n := one(t, c, "SELECT COUNT(*) FROM visits WHERE "+r[1]+" = ?", r[9]); n != r[10] {
				t.Errorf("%s: %s has %s rows, want %s", r[0], r[9], r[10], n)
			}
			continue
		}
		for i, name := range []string{"mean", "min", "max"} {
			if got, want := float(t, r[5+i]), float(t, want[1+i]); math.Abs(got-want) > 1e-9*math.Abs(want)+1e-12 {
				t.Errorf("%s: %s %v, want %v", r[0], name, got, want)
			}
		}
		if r[8] != "NULL" || r[9] != "NULL" {
			t.Errorf("%s: %s categories", r[0], r[8])
		}
	}
	if len(rows) != 16 || !seen["day_weekday"] || !seen["city"] {
		t.Errorf("%d features: %v", len(rows), seen)
	}
}

// TestWeights computes predictions from the coefficients.
func TestWeights(t *testing.T) {
	c, _ := scratch(t)
	do(t, c, visitsTable, visits())
	release(t, c, "rating", "PREDICT rating FROM visits KEY (id) USING linear_regression TRANSFORM (amount / 100 AS a, pages AS p, ONE_HOT(city) AS city)")
	release(t, c, "bought", "PREDICT bought FROM visits KEY (id) TRANSFORM (amount / 100 AS a, pages AS p, ONE_HOT(city) AS city)")
	release(t, c, "kind", "PREDICT kind FROM visits KEY (id) TRANSFORM (amount / 100 AS a, pages AS p)")
	weights := func(model, class string) map[string]float64 {
		out := map[string]float64{}
		for _, r := range all(t, c, "SELECT class, feature, weight FROM ml_weights('"+model+"')") {
			if r[0] == class {
				out[r[1]] = float(t, r[2])
			}
		}
		return out
	}
	rows := all(t, c, "SELECT amount / 100, pages, city, PREDICT('rating'), PREDICT_PROBA('bought') FROM visits WHERE amount IS NOT NULL AND pages IS NOT NULL")
	rating, bought := weights("rating", "NULL"), weights("bought", "1")
	if len(rating) != 7 || len(bought) != 7 {
		t.Fatalf("%v %v", rating, bought)
	}
	for _, r := range rows {
		margin := func(w map[string]float64) float64 {
			return w["NULL"] + w["a"]*float(t, r[0]) + w["p"]*float(t, r[1]) + w["city="+r[2]]
		}
		if got, want := float(t, r[3]), margin(rating); math.Abs(got-want) > 1e-9 {
			t.Fatalf("row %v: %v, from the weights %v", r, got, want)
		}
		if got, want := float(t, r[4]), 1/(1+math.Exp(-margin(bought))); math.Abs(got-want) > 1e-9 {
			t.Fatalf("row %v: %v, from the weights %v", r, got, want)
		}
	}
	var classes []string
	for _, r := range all(t, c, "SELECT class, feature FROM ml_weights('kind')") {
		classes = append(classes, r[0]+" "+r[1])
	}
	slices.Sort(classes)
	same(t, "weights of three classes", classes, []string{"coffee NULL", "coffee a", "coffee p", "tea NULL", "tea a", "tea p", "water NULL", "water a", "water p"})

	// a version that is not deployed can be looked at: the newest when none is
	do(t, c, "CREATE MODEL fresh PREDICT bought FROM visits KEY (id) FEATURES (amount)")
	fails(t, c, 30002, []string{"TRAIN MODEL"}, "SELECT * FROM ml_weights('fresh')")
	do(t, c, "TRAIN MODEL fresh")
	same(t, "of a model that is not deployed", column(t, c, "SELECT feature FROM ml_weights('fresh')"), []string{"amount", "NULL"})
	same(t, "version", column(t, c, "SELECT DISTINCT version FROM ml_evaluate('fresh')"), []string{"1"})
}

func float(t testing.TB, s string) float64 {
	t.Helper()
	x, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return x
}
