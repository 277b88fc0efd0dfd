package server_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// targetModels predict two numbers of different types each, from all features of visits, from one, and without imputing.
var targetModels = []struct{ name, definition string }{
	{"both_of", "PREDICT spend, items FROM visits KEY (id) FEATURES (%s) USING linear_regression"},
	{"near", "PREDICT rating, spend FROM visits KEY (id) FEATURES (amount) USING k_nearest_neighbors"},
	{"exact", "PREDICT items, rating FROM visits KEY (id) USING k_nearest_neighbors TRANSFORM (STANDARD_SCALE(amount) AS amount, pages / 10 AS tens, ONE_HOT(UPPER(city)) AS city)"},
}

var makeTargets shared

// pairs connects to the database pairs, which tests share and none changes: visits, and the models of several targets on them.
func pairs(t testing.TB, options ...string) *sql.Conn {
	t.Helper()
	return makeTargets.connect(t, "pairs", func(c *sql.Conn) {
		makeVisits(t, c)
		for _, m := range targetModels {
			release(t, c, m.name, strings.Replace(m.definition, "%s", strings.Join(visitFeatures, ", "), 1))
		}
	}, options...)
}

// TestTargetsAnswerOfTheModel holds PREDICT of every row against the model's own predictor: each number by its target's name, as the target's type holds it.
func TestTargetsAnswerOfTheModel(t *testing.T) {
	c := pairs(t)
	for _, m := range targetModels {
		p, _, err := running.Predictor("pairs." + m.name)
		if err != nil {
			t.Fatal(err)
		}
		ds := visitsFor(t, c, p)
		scores, err := p.Predict(context.Background(), ds, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		nulls := 0
		for i, text := range column(t, c, "SELECT PREDICT('"+m.name+"') FROM visits ORDER BY id") {
			if scores.Missing[i] {
				nulls++
				if text != "NULL" {
					t.Fatalf("%s: row %d is %s, want NULL", m.name, i, text)
				}
				continue
			}
			var got map[string]float64
			if err := json.Unmarshal([]byte(text), &got); err != nil || len(got) != 2 {
				t.Fatalf("%s: %s: %v", m.name, text, err)
			}
			for k, target := range p.Targets() {
				want := scores.Values.At(i, k)
				text := map[string]string{"spend": fmt.Sprintf("%.2f", want), "items": fmt.Sprintf("%.0f", max(0, want)), "rating": fmt.Sprintf("%.15g", want)}[target.Name]
				format := map[string]string{"spend": "%.2f", "items": "%.0f", "rating": "%.15g"}[target.Name]
				if now := fmt.Sprintf(format, got[target.Name]); now != text {
					t.Fatalf("%s: %s of row %d is %s, want %s", m.name, target.Name, i, now, text)
				}
			}
		}
		if (nulls > 0) != (m.name == "exact") {
			t.Errorf("%s: %d rows without a prediction", m.name, nulls)
		}
		fails(t, c, 1210, []string{"PREDICT_PROBA", "the numbers " + p.Target.Name, "use PREDICT"}, "SELECT PREDICT_PROBA('"+m.name+"') FROM visits")
		fails(t, c, 1210, []string{"AVG", "a JSON object of the targets " + p.Target.Name, "JSON_EXTRACT"}, "SELECT city, AVG(PREDICT('"+m.name+"')) FROM visits GROUP BY city")
		rowByRow(func() {
			fails(t, c, 1210, []string{"SUM", "cannot be added up"}, "SELECT SUM(PREDICT('"+m.name+"')) FROM visits")
		})
	}
}

// TestTargetsBlocksAnswerAsRowsDo holds prediction in blocks, and straight from storage, against prediction row by row.
func TestTargetsBlocksAnswerAsRowsDo(t *testing.T) {
	client := func() *sql.Conn { return pairs(t) }
	for _, x := range []struct{ way, statement string }{
		{scanned, "SELECT id, PREDICT('both_of'), PREDICT_ALL('both_of') FROM visits"},
		{scanned, "SELECT PREDICT('exact'), PREDICT_ALL('exact'), id FROM visits"},
		{scanned, "SELECT city, AVG(JSON_EXTRACT(PREDICT('near'), '$.spend')), COUNT(PREDICT('exact')) FROM visits GROUP BY city ORDER BY city"},
		{scanned, "SELECT PREDICT('near', IF(id = 200, 'no number', amount)) FROM visits"},
		{scanned, "SELECT PREDICT('exact', JSON_OBJECT('amount', amount, 'city', city)), PREDICT('both_of', JSON_OBJECT('amount', amount, 'city', city)) FROM visits"},
		{scanned, "SELECT id, p -> '$.items' AS items FROM (SELECT id, PREDICT('both_of') AS p FROM visits) s ORDER BY items, id LIMIT 50"},
		{inRows, "SELECT id, PREDICT('both_of') FROM visits WHERE id > 17 AND amount IS NOT NULL"},
		{inRows, "SELECT v.id, PREDICT('exact', w) FROM visits v JOIN visits w ON w.id = v.id + 1 ORDER BY v.id"},
		{rowwise, "SELECT id FROM visits WHERE JSON_EXTRACT(PREDICT('both_of'), '$.items') > 3 ORDER BY id"},
		{rowwise, "SELECT PREDICT(CONCAT('ne', 'ar'), amount) FROM visits"},
	} {
		got, took, direct := bothWays(t, client, x.statement)
		way := map[bool]string{true: inRows, false: rowwise}[took > 0]
		if direct > 0 {
			way = scanned
		}
		if way != x.way {
			t.Errorf("%s: %s, want %s", x.statement, way, x.way)
		}
		if strings.HasPrefix(got, "error:") != strings.Contains(x.statement, "no number") {
			t.Errorf("%s: %.300s", x.statement, got)
		}
	}
}

// TestTargetsPointsAreTheEngines holds predictions past the planner against those of the engine, byte for byte.
func TestTargetsPointsAreTheEngines(t *testing.T) {
	pairs(t)
	c := tapInto(t, "root", "pairs")
	values, r := pointValues(), rand.New(rand.NewPCG(9, 10))
	good := []value{double(90), integer(typeLongLong, 3), words(typeNewDec, "12.30"), words(typeVarString, "Oslo"), words(typeVarString, "gold"), instant(typeDate, 2023, 7, 9, 0, 0, 0, 0),
		instant(typeDatetime, 2024, 2, 28, 13, 0, 0, 0), integer(typeLongLong, 1<<53+9), integer(typeTiny, 1)}
	var answered int64
	for text, features := range map[string]int{
		"SELECT PREDICT('both_of', " + strings.TrimSuffix(strings.Repeat("?, ", 9), ", ") + ") AS two": 9,
		"SELECT PREDICT_ALL('near', ?)": 1,
		"SELECT id, PREDICT('both_of'), PREDICT('exact'), PREDICT_ALL('exact') FROM visits WHERE id = ?": 0,
	} {
		number, _, err := c.prepare(t, text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		for id := range int64(40) {
			given := []value{integer(typeLongLong, id)}
			if features > 0 {
				given = slices.Clone(good[:features])
				for range r.IntN(3) {
					given[r.IntN(len(given))] = values[r.IntN(len(values))]
				}
			}
			answered += c.compared(t, text, number, given)
		}
	}
	if answered < 80 {
		t.Errorf("only %d executions were answered past the engine", answered)
	}
}

// TestTargetsPredictModel writes results in bulk and by the engine, row by row: the tables are the same, and hold what PREDICT says.
func TestTargetsPredictModel(t *testing.T) {
	pairs(t)
	c, _ := scratch(t)
	for _, m := range targetModels {
		run := func() string {
			do(t, c, "DROP TABLE IF EXISTS made")
			first := outcomeOf(t, c, "PREDICT MODEL pairs."+m.name+" FROM pairs.visits INTO made")
			return first[:strings.LastIndexByte(first, '|')] + outcomeOf(t, c, "SELECT id, prediction, probability, model_version FROM made ORDER BY id")
		}
		got := run()
		running.SlowWrites.Store(true)
		rowByRow(func() {
			if want := run(); got != want {
				t.Errorf("%s:\n%.800s\nby the engine:\n%.800s", m.name, got, want)
			}
		})
		running.SlowWrites.Store(false)
		if typ := one(t, c, "SELECT column_type FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'made' AND column_name = 'prediction'"); typ != "json" {
			t.Errorf("%s: prediction is a %s", m.name, typ)
		}
		if n := one(t, c, "SELECT COUNT(*) FROM made m JOIN pairs.visits v USING (id) WHERE NOT (m.prediction <=> PREDICT('pairs."+m.name+"', v)) OR m.probability IS NOT NULL"); n != "0" {
			t.Errorf("%s: %s rows differ from what PREDICT says", m.name, n)
		}
		do(t, c, "PREDICT MODEL pairs."+m.name+" FROM pairs.visits INTO made MODE UPSERT", "PREDICT MODEL pairs."+m.name+" FROM pairs.visits INTO made MODE REPLACE")
		if n := one(t, c, "SELECT COUNT(*) FROM made"); n != fmt.Sprint(visitRows) {
			t.Errorf("%s: %s rows", m.name, n)
		}
	}
}
