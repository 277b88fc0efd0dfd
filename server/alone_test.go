package server_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// aloneModels are models without a target on visits: of unusual rows, one of them imputes nothing.
var aloneModels = []struct {
	name, definition string
	nulls            bool // a NULL feature makes its predictions NULL
}{
	{"odd", "USING isolation_forest (n_trees = 20) FEATURES (%s)", false},
	{"far", "USING isolation_forest (n_trees = 5) FEATURES (amount)", false},
	{"strict_odd", "USING isolation_forest (n_trees = 20, contamination = 0.1) TRANSFORM (STANDARD_SCALE(amount) AS amount, pages / 10 AS tens, ONE_HOT(UPPER(city)) AS city)", false},
}

var makeAlone shared

// alone connects to the database alone, which tests share and none changes: visits, and the models without a target on them.
func alone(t testing.TB, options ...string) *sql.Conn {
	t.Helper()
	return makeAlone.connect(t, "alone", func(c *sql.Conn) {
		makeVisits(t, c)
		for _, m := range aloneModels {
			release(t, c, m.name, "FROM visits KEY (id) "+strings.Replace(m.definition, "%s", strings.Join(visitFeatures, ", "), 1))
		}
	}, options...)
}

// TestAloneAnswersOfTheModel holds PREDICT and PREDICT_PROBA of every row against the model's own predictor: the number of the cluster and its degree, whether a row is unusual
// and its score, the numbers of a projection.
func TestAloneAnswersOfTheModel(t *testing.T) {
	c := alone(t)
	for _, m := range aloneModels {
		p, model, err := running.Predictor("alone." + m.name)
		if err != nil {
			t.Fatal(err)
		}
		ds := visitsFor(t, c, p)
		scores, err := p.Predict(context.Background(), ds, nil, model.Threshold)
		if err != nil {
			t.Fatal(err)
		}
		var labels, probas []string
		kinds := map[string]bool{}
		for i := range visitRows {
			label, proba := "NULL", "NULL"
			switch {
			case scores.Missing[i]:
			case scores.Reduced != nil:
				label = fmt.Sprint(scores.Reduced.RawRowView(i))
			case scores.Value != nil:
				label, proba = fmt.Sprint(scores.Class[i]), strconv.FormatFloat(scores.Value[i], 'g', -1, 64)
			default:
				label, proba = fmt.Sprint(scores.Class[i]+1), strconv.FormatFloat(scores.Proba.At(i, int(scores.Class[i])), 'g', -1, 64)
			}
			kinds[label] = true
			labels, probas = append(labels, label), append(probas, proba)
		}
		if len(kinds) < 2 || kinds["NULL"] != m.nulls {
			t.Errorf("%s answers %d kinds of things", m.name, len(kinds))
		}
		got := column(t, c, "SELECT PREDICT('"+m.name+"') FROM visits ORDER BY id")
		if scores.Reduced != nil {
			for i, text := range got {
				var list []float64
				if text == "NULL" {
					continue
				}
				if err := json.Unmarshal([]byte(text), &list); err != nil {
					t.Fatalf("%s: %s: %v", m.name, text, err)
				}
				got[i] = fmt.Sprint(list)
			}
			same(t, m.name, got, labels)
			fails(t, c, 1210, []string{"PREDICT_PROBA", "is a projection", "no probability", "use PREDICT"}, "SELECT PREDICT_PROBA('"+m.name+"') FROM visits")
			continue
		}
		same(t, m.name, got, labels)
		sameValues(t, m.name, column(t, c, "SELECT PREDICT_PROBA('"+m.name+"') FROM visits ORDER BY id"), probas)
	}
}

// TestAloneTypes asks what a client is told of the type of a prediction, in text and prepared.
func TestAloneTypes(t *testing.T) {
	c := alone(t)
	for call, plain := range map[string]string{
		"PREDICT('odd')": "flag", "PREDICT_PROBA('odd')": "rating", "PREDICT_ALL('odd')": "JSON_ARRAY(1)", "MODEL_VERSION('odd')": "big",
	} {
		got, want := wireType(t, c, "SELECT "+call+" FROM visits"), wireType(t, c, "SELECT "+plain+" FROM visits")
		prepared := wireType(t, c, "SELECT "+call+" FROM visits WHERE id < ?", 9)
		if got != want || prepared != want {
			t.Errorf("%s is a %s, prepared a %s; a column of the type is a %s", call, got, prepared, want)
		}
	}
}

// TestAloneBlocksAnswerAsRowsDo holds prediction in blocks, and straight from storage, against prediction row by row.
func TestAloneBlocksAnswerAsRowsDo(t *testing.T) {
	client := func() *sql.Conn { return alone(t) }
	for _, x := range []struct{ way, statement string }{
		{scanned, "SELECT id, PREDICT('odd'), PREDICT_PROBA('odd'), PREDICT_ALL('odd') FROM visits"},
		{scanned, "SELECT PREDICT('strict_odd'), PREDICT_PROBA('strict_odd'), PREDICT_ALL('strict_odd') FROM visits"},
		{scanned, "SELECT PREDICT_PROBA('odd') FROM visits"},
		{scanned, "SELECT city, SUM(PREDICT('odd')), AVG(PREDICT_PROBA('odd')) FROM visits GROUP BY city ORDER BY city"},
		{scanned, "SELECT PREDICT('far', IF(id = 200, 'no number', amount)) FROM visits"},
		{scanned, "SELECT PREDICT('strict_odd', JSON_OBJECT('amount', amount, 'city', city)), PREDICT('odd', JSON_OBJECT('amount', amount, 'city', city)) FROM visits"},
		{inRows, "SELECT id, PREDICT('odd') FROM visits WHERE id > 17 AND amount IS NOT NULL"},
		{inRows, "SELECT v.id, PREDICT('odd', w) FROM visits v JOIN visits w ON w.id = v.id + 1 ORDER BY v.id"},
		{rowwise, "SELECT id FROM visits WHERE NOT PREDICT('odd') ORDER BY PREDICT_PROBA('odd'), id"},
		{rowwise, "SELECT PREDICT(CONCAT('fa', 'r'), amount), PREDICT_PROBA(CONCAT('fa', 'r'), amount) FROM visits"},
	} {
		got, took, direct := bothWays(t, client, x.statement)
		way := map[bool]string{true: inRows, false: rowwise}[took > 0]
		if direct > 0 {
			way = scanned
		}
		if way != x.way {
			t.Errorf("%s: %s, want %s", x.statement, way, x.way)
		}
		if strings.HasPrefix(got, "error:") != (strings.Contains(x.statement, "no number")) {
			t.Errorf("%s: %.300s", x.statement, got)
		}
	}
}

// TestAlonePointsAreTheEngines holds predictions past the planner against those of the engine, byte for byte.
func TestAlonePointsAreTheEngines(t *testing.T) {
	alone(t)
	c := tapInto(t, "root", "alone")
	nine := strings.TrimSuffix(strings.Repeat("?, ", 9), ", ")
	values, r := pointValues(), rand.New(rand.NewPCG(7, 8))
	good := []value{double(90), integer(typeLongLong, 3), words(typeNewDec, "12.30"), words(typeVarString, "Oslo"), words(typeVarString, "gold"), instant(typeDate, 2023, 7, 9, 0, 0, 0, 0),
		instant(typeDatetime, 2024, 2, 28, 13, 0, 0, 0), integer(typeLongLong, 1<<53+9), integer(typeTiny, 1)}
	var answered int64
	for _, s := range []struct {
		text  string
		first []value // before the nine features; nil when there are none of those
		row   bool    // of one row
	}{
		{"SELECT PREDICT('odd', " + nine + ") AS unusual", []value{}, false},
		{"SELECT PREDICT_PROBA('odd', " + nine + ")", []value{}, false},
		{"SELECT PREDICT_ALL('odd', " + nine + ")", []value{}, false},
		{"SELECT id, PREDICT('odd'), PREDICT_PROBA('odd'), PREDICT('strict_odd'), PREDICT_ALL('strict_odd') FROM visits WHERE id = ?", nil, true},
	} {
		number, _, err := c.prepare(t, s.text)
		if err != nil {
			t.Errorf("%s: %v", s.text, err)
			continue
		}
		if s.row {
			for id := int64(0); id < 40; id++ {
				answered += c.compared(t, s.text, number, []value{integer(typeLongLong, id)})
			}
			continue
		}
		for range 40 {
			given := slices.Concat(s.first, good)
			for range r.IntN(3) {
				given[r.IntN(len(given))] = values[r.IntN(len(values))]
			}
			answered += c.compared(t, s.text, number, given)
		}
	}
	t.Logf("%d executions were answered past the engine", answered)
	if answered < 100 {
		t.Errorf("only %d executions were answered past the engine", answered)
	}
}

// TestAlonePredictModel writes results in bulk and by the engine, row by row: the tables are the same, and hold what PREDICT and PREDICT_PROBA say.
func TestAlonePredictModel(t *testing.T) {
	alone(t)
	c, _ := scratch(t)
	for model, x := range map[string]struct{ typ, proba string }{
		"odd": {"tinyint(1)", "PREDICT_PROBA('alone.odd')"}, "strict_odd": {"tinyint(1)", "PREDICT_PROBA('alone.strict_odd')"},
	} {
		run := func() string {
			do(t, c, "DROP TABLE IF EXISTS made")
			first := outcomeOf(t, c, "PREDICT MODEL alone."+model+" FROM alone.visits INTO made")
			return first[:strings.LastIndexByte(first, '|')] + outcomeOf(t, c, "SELECT id, prediction, probability, model_version FROM made ORDER BY id")
		}
		got := run()
		running.SlowWrites.Store(true)
		rowByRow(func() {
			if want := run(); got != want {
				t.Errorf("%s:\n%.800s\nby the engine:\n%.800s", model, got, want)
			}
		})
		running.SlowWrites.Store(false)
		if typ := one(t, c, "SELECT column_type FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'made' AND column_name = 'prediction'"); typ != x.typ {
			t.Errorf("%s: prediction is a %s, want %s", model, typ, x.typ)
		}
		if n := one(t, c, "SELECT COUNT(*) FROM made m JOIN alone.visits v USING (id) WHERE NOT (m.prediction <=> PREDICT('alone."+model+"', v)) OR NOT (m.probability <=> "+
			strings.Replace(x.proba, "')", "', v)", 1)+")"); n != "0" {
			t.Errorf("%s: %s rows differ from what PREDICT says", model, n)
		}
		// the bulk writer and the engine take the same rows twice
		do(t, c, "PREDICT MODEL alone."+model+" FROM alone.visits INTO made MODE UPSERT", "PREDICT MODEL alone."+model+" FROM alone.visits INTO made MODE REPLACE")
		if n := one(t, c, "SELECT COUNT(*) FROM made"); n != strconv.Itoa(visitRows) {
			t.Errorf("%s: %s rows", model, n)
		}
	}
}

// TestAloneViews: a view, a trigger and INSERT ... SELECT give what the call gives.
func TestAloneViews(t *testing.T) {
	alone(t)
	c, _ := scratch(t)
	do(t, c, "CREATE VIEW told AS SELECT id, PREDICT('alone.odd') AS u, PREDICT_PROBA('alone.odd') AS s FROM alone.visits", "CREATE TABLE copied (id INT PRIMARY KEY, u BOOL, s DOUBLE)",
		"INSERT INTO copied SELECT id, PREDICT('alone.odd'), PREDICT_PROBA('alone.odd') FROM alone.visits",
		"CREATE TABLE fresh (id INT PRIMARY KEY, amount DOUBLE, u BOOL)", "CREATE TRIGGER tell BEFORE INSERT ON fresh FOR EACH ROW SET NEW.u = PREDICT('alone.far')",
		"INSERT INTO fresh (id, amount) SELECT id, amount FROM alone.visits")
	for what, statement := range map[string]string{
		"a view":            "SELECT COUNT(*) FROM told t JOIN alone.visits v USING (id) WHERE NOT (t.u <=> PREDICT('alone.odd', v) AND t.s <=> PREDICT_PROBA('alone.odd', v))",
		"INSERT ... SELECT": "SELECT COUNT(*) FROM copied t JOIN told v USING (id) WHERE NOT (t.u <=> v.u AND t.s <=> v.s)",
		"a trigger":         "SELECT COUNT(*) FROM fresh WHERE NOT (u <=> PREDICT('alone.far', amount))",
	} {
		if n := one(t, c, statement); n != "0" {
			t.Errorf("%s: %s rows differ", what, n)
		}
	}
	if n := one(t, c, "SELECT COUNT(*) FROM fresh"); n != strconv.Itoa(visitRows) {
		t.Errorf("%s rows in fresh", n)
	}
}

// TestAloneThreshold: a threshold decides what is unusual, by whichever path, and its removal gives the model's rule back.
func TestAloneThreshold(t *testing.T) {
	c, _ := scratch(t)
	makeVisits(t, c)
	release(t, c, "odd", "FROM visits KEY (id) USING isolation_forest (n_trees = 20, contamination = 0.2) FEATURES (amount, pages)")
	rule := column(t, c, "SELECT PREDICT('odd') FROM visits")
	do(t, c, "ALTER MODEL odd SET THRESHOLD 0.55")
	for _, statement := range []string{
		"SELECT COUNT(*) FROM visits WHERE PREDICT('odd') <> (PREDICT_PROBA('odd') >= 0.55)",
		"SELECT SUM(p <> (s >= 0.55)) FROM (SELECT PREDICT('odd') AS p, PREDICT_PROBA('odd') AS s FROM visits) x",
		"SELECT SUM(JSON_EXTRACT(a, '$.prediction') + 0 <> (JSON_EXTRACT(a, '$.score') + 0 >= 0.55) OR JSON_EXTRACT(a, '$.threshold') + 0 <> 0.55) FROM (SELECT PREDICT_ALL('odd') AS a FROM visits) x",
	} {
		if n := one(t, c, statement); n != "0" {
			t.Errorf("%s: %s", statement, n)
		}
	}
	unusual, _ := strconv.ParseFloat(one(t, c, "SELECT AVG(PREDICT('odd')) FROM visits"), 64)
	rate, _ := strconv.ParseFloat(one(t, c, "SELECT value FROM ml_evaluate('odd', 'visits') WHERE metric = 'anomaly_rate'"), 64)
	if unusual-rate > 1e-4 || rate-unusual > 1e-4 || unusual == 0 || unusual == 1 {
		t.Errorf("%v of the rows are unusual, EVALUATE says %v", unusual, rate)
	}
	if all := one(t, c, "SELECT value FROM ml_evaluate('odd', 'visits', 0) WHERE metric = 'anomaly_rate'"); all != "1" {
		t.Errorf("from a score of 0 on %s of the rows are unusual", all)
	}
	do(t, c, "ALTER MODEL odd DROP THRESHOLD")
	same(t, "after DROP THRESHOLD", column(t, c, "SELECT PREDICT('odd') FROM visits"), rule)
}
