package server_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestPlacesInQueries asks for predictions wherever a query can hold an expression; each gives what follows from the predictions in a table.
func TestPlacesInQueries(t *testing.T) {
	c, _ := scratch(t)
	makeVisits(t, c, "bought", "rating")
	do(t, c, "CREATE TABLE p (id INT PRIMARY KEY, label BOOL, proba DOUBLE, rating DOUBLE)",
		"INSERT INTO p SELECT id, PREDICT('bought'), PREDICT_PROBA('bought'), PREDICT('rating') FROM visits")
	for _, x := range []struct{ name, got, want string }{
		{"select", "SELECT id, PREDICT('bought') FROM visits", "SELECT id, label FROM p"},
		{"expression", "SELECT id, ROUND(100 * PREDICT_PROBA('bought')), IF(PREDICT('bought'), 'yes', 'no') FROM visits", "SELECT id, ROUND(100 * proba), IF(label, 'yes', 'no') FROM p"},
		{"where", "SELECT id FROM visits WHERE PREDICT('bought')", "SELECT id FROM p WHERE label"},
		{"where and select", "SELECT id, PREDICT_PROBA('bought') FROM visits WHERE PREDICT('bought') = 1 AND PREDICT('rating') > 1", "SELECT id, proba FROM p WHERE label = 1 AND rating > 1"},
		{"where in", "SELECT id FROM visits WHERE PREDICT('bought') IN (0, 7)", "SELECT id FROM p WHERE label IN (0, 7)"},
		{"where between", "SELECT id FROM visits WHERE PREDICT_PROBA('bought') BETWEEN 0.4 AND 0.6", "SELECT id FROM p WHERE proba BETWEEN 0.4 AND 0.6"},
		{"order by", "SELECT id FROM visits ORDER BY PREDICT_PROBA('bought'), id LIMIT 20", "SELECT id FROM p ORDER BY proba, id LIMIT 20"},
		{"order by alias", "SELECT id, PREDICT_PROBA('bought') AS x FROM visits ORDER BY x DESC, id LIMIT 20", "SELECT id, proba FROM p ORDER BY proba DESC, id LIMIT 20"},
		{"group by", "SELECT PREDICT('bought'), COUNT(*) FROM visits GROUP BY PREDICT('bought')", "SELECT label, COUNT(*) FROM p GROUP BY label"},
		{"group by alias", "SELECT PREDICT('bought') AS x, AVG(PREDICT_PROBA('bought')) FROM visits GROUP BY x", "SELECT label, AVG(proba) FROM p GROUP BY label"},
		{"having by alias", "SELECT PREDICT('bought') AS x, COUNT(*) FROM visits GROUP BY x HAVING x = 1", "SELECT label, COUNT(*) FROM p GROUP BY label HAVING label = 1"},
		{"having aggregate", "SELECT PREDICT('bought') AS x, COUNT(*) FROM visits GROUP BY x HAVING AVG(PREDICT_PROBA('bought')) > 0.5", "SELECT label, COUNT(*) FROM p GROUP BY label HAVING AVG(proba) > 0.5"},
		{"aggregates", "SELECT AVG(PREDICT_PROBA('bought')), MAX(PREDICT('rating')), SUM(PREDICT('bought')), COUNT(DISTINCT PREDICT('bought')) FROM visits", "SELECT AVG(proba), MAX(rating), SUM(label), COUNT(DISTINCT label) FROM p"},
		{"aggregates of two classes", "SELECT AVG(PREDICT_PROBA('bought', 0)), AVG(PREDICT_PROBA('bought', 1)) FROM visits", "SELECT AVG(PREDICT_PROBA('bought', 0, v)), AVG(proba) FROM visits v JOIN p USING (id)"},
		{"window", "SELECT id, RANK() OVER (PARTITION BY PREDICT('bought') ORDER BY PREDICT_PROBA('bought'), id) FROM visits", "SELECT id, RANK() OVER (PARTITION BY label ORDER BY proba, id) FROM p"},
		{"named window", "SELECT id, ROW_NUMBER() OVER w FROM visits WINDOW w AS (ORDER BY PREDICT_PROBA('bought'), id)", "SELECT id, ROW_NUMBER() OVER (ORDER BY proba, id) FROM p"},
		{"aggregate window", "SELECT id, SUM(PREDICT('bought')) OVER (ORDER BY id) FROM visits", "SELECT id, SUM(label) OVER (ORDER BY id) FROM p"},
		{"cte", "WITH x AS (SELECT id, PREDICT_PROBA('bought') AS s FROM visits) SELECT id, s FROM x WHERE s > 0.5", "SELECT id, proba FROM p WHERE proba > 0.5"},
		{"cte gives the features", "WITH x AS (SELECT * FROM visits) SELECT id, PREDICT('bought', x) FROM x", "SELECT id, label FROM p"},
		{"derived table", "SELECT s.id, s.x FROM (SELECT id, PREDICT('bought') AS x FROM visits) s WHERE x", "SELECT id, label FROM p WHERE label"},
		{"in subquery", "SELECT id FROM p WHERE id IN (SELECT id FROM visits WHERE PREDICT('bought'))", "SELECT id FROM p WHERE label"},
		{"exists", "SELECT id FROM p WHERE EXISTS (SELECT 1 FROM visits v WHERE v.id = p.id AND PREDICT('bought'))", "SELECT id FROM p WHERE label"},
		{"not exists", "SELECT id FROM p WHERE NOT EXISTS (SELECT 1 FROM visits v WHERE v.id = p.id AND PREDICT('bought', v))", "SELECT id FROM p WHERE NOT label"},
		{"scalar subquery", "SELECT id, (SELECT PREDICT('rating') FROM visits v WHERE v.id = p.id) FROM p", "SELECT id, rating FROM p"},
		{"features of the outer query", "SELECT id, (SELECT PREDICT('bought', v) FROM p WHERE p.id = v.id) FROM visits v", "SELECT id, label FROM p"},
		{"join", "SELECT v.id, PREDICT('bought') FROM visits v JOIN p ON p.id = v.id WHERE p.label", "SELECT id, label FROM p WHERE label"},
		{"join condition", "SELECT v.id FROM visits v JOIN p ON p.id = v.id AND PREDICT('bought', v) = 1", "SELECT id FROM p WHERE label"},
		{"left join", "SELECT p.id, PREDICT('bought', v) FROM p LEFT JOIN visits v ON v.id = p.id", "SELECT id, label FROM p"},
		{"self join", "SELECT a.id, PREDICT('bought', a), PREDICT('bought', b) FROM visits a JOIN visits b ON b.id = a.id + 1", "SELECT a.id, a.label, b.label FROM p a JOIN p b ON b.id = a.id + 1"},
		{"aggregates of a self join", "SELECT SUM(PREDICT('bought', a)), SUM(PREDICT('bought', b)), SUM(PREDICT('rating', a)), SUM(PREDICT('rating', b)) FROM visits a JOIN visits b ON b.id = a.id + 17 ORDER BY 1",
			"SELECT SUM(a.label), SUM(b.label), SUM(a.rating), SUM(b.rating) FROM p a JOIN p b ON b.id = a.id + 17"},
		{"union", "SELECT id, PREDICT('bought') FROM visits WHERE id < 9 UNION ALL SELECT id, PREDICT('bought') FROM visits WHERE id > 390", "SELECT id, label FROM p WHERE id < 9 OR id > 390"},
		{"case", "SELECT id, CASE PREDICT('bought') WHEN 1 THEN PREDICT_PROBA('bought') ELSE -PREDICT('rating') END FROM visits", "SELECT id, IF(label, proba, -rating) FROM p"},
		{"distinct", "SELECT DISTINCT PREDICT('bought') FROM visits", "SELECT DISTINCT label FROM p"},
		{"group_concat", "SELECT GROUP_CONCAT(PREDICT('bought') ORDER BY id SEPARATOR '') FROM visits", "SELECT GROUP_CONCAT(label ORDER BY id SEPARATOR '') FROM p"},
		{"limit with offset", "SELECT id, PREDICT('bought') FROM visits ORDER BY id LIMIT 7 OFFSET 11", "SELECT id, label FROM p ORDER BY id LIMIT 7 OFFSET 11"},
		{"as of", "SELECT id, PREDICT('bought') FROM visits AS OF 'WORKING'", "SELECT id, label FROM p"},
		{"nested", "SELECT id, PREDICT('rating', PREDICT('rating'), pages, price, city, tier, day, seen, big, flag) FROM visits", "SELECT id, PREDICT('rating', p.rating, pages, price, city, tier, day, seen, big, flag) FROM visits JOIN p USING (id)"},
		{"nested in JSON", "SELECT id, PREDICT('bought', JSON_OBJECT('amount', PREDICT('rating'), 'pages', PREDICT('bought'))) FROM visits", "SELECT id, PREDICT('bought', JSON_OBJECT('amount', rating, 'pages', label)) FROM p"},
		{"names that depend on the row", "SELECT id, PREDICT(IF(id % 2, 'bought', 'rating'), amount, pages, price, city, tier, day, seen, big, flag) FROM visits", "SELECT id, IF(id % 2, CAST(label AS CHAR), CAST(rating AS CHAR)) FROM p"},
		{"explicit version of the row", "SELECT id, PREDICT_PROBA('bought', flag, v) IS NULL FROM visits v", "SELECT id, flag IS NULL FROM visits"},
	} {
		t.Run(x.name, func(t *testing.T) {
			want := lines(all(t, c, x.want))
			if len(want) == 0 {
				t.Fatal("nothing to compare with")
			}
			same(t, x.got, lines(all(t, c, x.got)), want)
			if strings.Contains(x.got, "LIMIT") || strings.Contains(x.got, "UNION") {
				return
			}
			same(t, "prepared: "+x.got, lines(all(t, c, x.got+" LIMIT ?", 1000)), want)
		})
	}
}

// lines are rows as text, sorted, so that two results are equal whatever their order.
func lines(rows [][]string) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		cells := make([]string, len(r))
		for j, cell := range r {
			cells[j] = cell
			if x, err := strconv.ParseFloat(cell, 64); err == nil {
				cells[j] = strconv.FormatFloat(x, 'g', 12, 64) // sums depend on the order of the rows
			}
		}
		out[i] = strings.Join(cells, "|")
	}
	slices.Sort(out)
	return out
}

// TestPlacesInStatements writes predictions with every statement that writes.
func TestPlacesInStatements(t *testing.T) {
	c, name := scratch(t)
	makeVisits(t, c, "bought", "rating")
	want := lines(all(t, c, "SELECT id, PREDICT('bought') FROM visits"))
	check := func(what, statement string) {
		t.Helper()
		same(t, what, lines(all(t, c, statement)), want)
	}
	do(t, c, "CREATE TABLE made AS SELECT id, PREDICT('bought') AS label FROM visits")
	check("CREATE TABLE ... AS SELECT", "SELECT * FROM made")
	same(t, "type of a created column", column(t, c, "SELECT column_type FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'made' AND column_name = 'label'"), []string{"tinyint(1)"})

	do(t, c, "CREATE TABLE kept (id INT PRIMARY KEY, label BOOL)", "INSERT INTO kept SELECT id, PREDICT('bought') FROM visits")
	check("INSERT ... SELECT", "SELECT * FROM kept")
	do(t, c, "UPDATE kept SET label = NULL", "REPLACE INTO kept SELECT id, PREDICT('bought', v.*) FROM visits v")
	check("REPLACE ... SELECT", "SELECT * FROM kept")
	do(t, c, "UPDATE kept SET label = NULL", "UPDATE kept JOIN visits v ON v.id = kept.id SET kept.label = PREDICT('bought', v)")
	check("UPDATE ... JOIN", "SELECT * FROM kept")
	do(t, c, "ALTER TABLE visits ADD COLUMN label BOOL", "UPDATE visits SET label = PREDICT('bought') WHERE PREDICT_PROBA('bought') >= 0")
	check("UPDATE ... SET", "SELECT id, label FROM visits")
	do(t, c, "UPDATE visits SET label = NULL", "INSERT INTO visits SELECT * FROM visits v ON DUPLICATE KEY UPDATE label = PREDICT('bought', visits)")
	check("ON DUPLICATE KEY UPDATE", "SELECT id, label FROM visits")
	do(t, c, "DELETE FROM kept WHERE id IN (SELECT id FROM visits WHERE PREDICT('bought'))")
	same(t, "DELETE with a subquery", lines(all(t, c, "SELECT id FROM kept")), lines(all(t, c, "SELECT id FROM visits WHERE NOT label")))
	do(t, c, "CREATE TABLE rest LIKE visits", "INSERT INTO rest SELECT * FROM visits", "DELETE FROM rest WHERE PREDICT('bought')")
	same(t, "DELETE", lines(all(t, c, "SELECT id FROM rest")), lines(all(t, c, "SELECT id FROM visits WHERE NOT label")))
	do(t, c, "SET @p = (SELECT PREDICT('rating') FROM visits WHERE id = 3)")
	same(t, "SET", column(t, c, "SELECT @p"), column(t, c, "SELECT PREDICT('rating') FROM visits WHERE id = 3"))
	do(t, c, "PREPARE s FROM 'SELECT PREDICT(''bought'') FROM visits WHERE id = ?'", "SET @i = 5")
	same(t, "EXECUTE", column(t, c, "EXECUTE s USING @i"), column(t, c, "SELECT label FROM visits WHERE id = 5"))
	plan := column(t, c, "EXPLAIN FORMAT=TREE SELECT PREDICT('bought') FROM visits")
	if !strings.Contains(strings.Join(plan, "\n"), "PREDICT('bought')") {
		t.Errorf("EXPLAIN: %v", plan)
	}
	if _, err := query(c, "SELECT PREDICT('bought') FROM "+name+".visits WHERE FALSE"); err != nil {
		t.Error(err)
	}
}

// TestViews makes views with calls in them and uses them from elsewhere: the models are those of the view's database.
func TestViews(t *testing.T) {
	c, name := scratch(t)
	makeVisits(t, c, "bought", "rating")
	want := lines(all(t, c, "SELECT id, PREDICT('bought'), PREDICT_PROBA('bought'), MODEL_VERSION('bought') FROM visits"))
	elsewhere := connect(t, "root", "")
	other := name + "_other"
	do(t, elsewhere, "CREATE DATABASE "+other, "USE "+other, "CREATE TABLE t (amount DOUBLE, bought BOOL)", "INSERT INTO t VALUES (1, 0), (2, 1), (3, 0), (4, 1), (5, 1), (6, 0), (7, 1), (8, 0), (9, 1), (10, 1)")
	release(t, elsewhere, "bought", "PREDICT bought FROM t") // of the same name: it must not be taken
	t.Cleanup(func() { dropDatabase(t, other) })

	do(t, c, "CREATE VIEW seen AS SELECT id, PREDICT('bought') AS label, PREDICT_PROBA(\"bought\") AS proba, MODEL_VERSION('bought') AS version FROM visits",
		"CREATE VIEW nested AS SELECT * FROM seen", "CREATE OR REPLACE VIEW replaced AS SELECT id, predict /* of */ ( 'bought@1' , visits.* ) AS label, PREDICT_PROBA('BOUGHT') AS proba, 1 AS version FROM visits",
		"CREATE VIEW measured AS SELECT metric, value FROM ml_evaluate('bought', 'visits')")
	do(t, elsewhere, "CREATE VIEW "+name+".made_elsewhere AS SELECT id, PREDICT('bought') AS label, PREDICT_PROBA('bought') AS proba, MODEL_VERSION('bought') AS version FROM "+name+".visits")
	for _, view := range []string{"seen", "nested", "replaced", "made_elsewhere"} {
		for _, from := range []string{name, other} {
			user := connect(t, "root", from)
			same(t, "view "+view+" from database "+from, lines(all(t, user, "SELECT id, label, proba, version FROM "+name+"."+view)), want)
			same(t, "prepared, view "+view+" from database "+from, lines(all(t, user, "SELECT id, label, proba, version FROM "+name+"."+view+" WHERE id > ?", 0)), want)
		}
	}
	measured := lines(all(t, c, "SELECT metric, value FROM ml_evaluate('bought', 'visits')"))
	for _, from := range []string{name, other} {
		same(t, "view measured from "+from, lines(all(t, connect(t, "root", from), "SELECT * FROM "+name+".measured")), measured)
	}
	if text := all(t, c, "SHOW CREATE VIEW seen")[0][1]; !strings.Contains(text, "PREDICT('"+name+".bought')") || strings.Contains(text, "aibms_predict") {
		t.Errorf("SHOW CREATE VIEW: %s", text)
	}
	if text := all(t, c, "SHOW CREATE VIEW replaced")[0][1]; !strings.Contains(text, "predict /* of */ ( '"+name+".bought@1' , visits.* )") {
		t.Errorf("SHOW CREATE VIEW: %s", text)
	}
	fails(t, c, 1305, []string{"nothing"}, "CREATE VIEW bad AS SELECT PREDICT('nothing') FROM visits")
	fails(t, c, 1054, []string{"amount"}, "CREATE VIEW bad AS SELECT PREDICT('bought') FROM (SELECT 1 AS one) AS x")
	fails(t, c, 1146, nil, "SELECT * FROM bad")

	// what was a view's column before a new version is deployed is one after it
	retrain(t, c, "bought")
	same(t, "version in a view after DEPLOY", column(t, elsewhere, "SELECT DISTINCT version FROM "+name+".seen"), []string{"2"})
	do(t, c, "UNDEPLOY MODEL bought")
	fails(t, elsewhere, 30002, []string{"DEPLOY MODEL"}, "SELECT * FROM "+name+".seen")
	do(t, c, "DROP VIEW seen", "DROP VIEW nested")
}

// TestTriggers predicts from the row that a trigger sees.
func TestTriggers(t *testing.T) {
	c, _ := scratch(t)
	makeVisits(t, c, "bought", "rating")
	do(t, c, "CREATE TABLE inbox LIKE visits", "ALTER TABLE inbox ADD COLUMN label BOOL", "ALTER TABLE inbox ADD COLUMN proba DOUBLE", "CREATE TABLE log (id INT, what VARCHAR(10), label BOOL, proba DOUBLE)",
		"CREATE TRIGGER scored BEFORE INSERT ON inbox FOR EACH ROW SET NEW.label = PREDICT('bought'), NEW.proba = PREDICT_PROBA('bought', new)",
		`CREATE TRIGGER logged AFTER UPDATE ON inbox FOR EACH ROW BEGIN
			IF PREDICT('bought', old) <> PREDICT('bought', NEW) THEN INSERT INTO log VALUES (NEW.id, 'changed', PREDICT('bought'), PREDICT_PROBA('bought', NEW.*)); END IF;
		END`,
		"CREATE TRIGGER gone BEFORE DELETE ON inbox FOR EACH ROW INSERT INTO log VALUES (OLD.id, 'deleted', PREDICT('bought'), PREDICT_PROBA('bought'))",
		"CREATE TRIGGER counted AFTER INSERT ON inbox FOR EACH ROW INSERT INTO log SELECT MAX(NEW.id), 'average', MAX(PREDICT('bought')), AVG(PREDICT_PROBA('bought')) FROM visits WHERE visits.id <= NEW.id")
	scores := "SELECT id, PREDICT('bought'), PREDICT_PROBA('bought') FROM visits WHERE id <= 40"
	columns := "id, " + strings.Join(visitFeatures, ", ") + ", bought, kind, grade, spend, items, rating"
	do(t, c, fmt.Sprintf("INSERT INTO inbox (%[1]s) SELECT %[1]s FROM visits WHERE id <= 40", columns))
	same(t, "BEFORE INSERT", lines(all(t, c, "SELECT id, label, proba FROM inbox")), lines(all(t, c, scores)))
	same(t, "a SELECT in a trigger sees its own table", lines(all(t, c, "SELECT id, proba FROM log WHERE what = 'average' AND id IN (1, 20, 40)")),
		lines(all(t, c, "SELECT i, AVG(p) FROM (SELECT n.id AS i, PREDICT_PROBA('bought', v) AS p FROM visits n JOIN visits v ON v.id <= n.id WHERE n.id IN (1, 20, 40)) AS x GROUP BY i")))
	do(t, c, "UPDATE inbox SET amount = 10000")
	same(t, "AFTER UPDATE", lines(all(t, c, "SELECT id, label, proba FROM log WHERE what = 'changed'")),
		lines(all(t, c, "SELECT id, PREDICT('bought'), PREDICT_PROBA('bought') FROM inbox WHERE NOT label")))
	now := lines(all(t, c, "SELECT id, PREDICT('bought'), PREDICT_PROBA('bought') FROM inbox"))
	do(t, c, "DELETE FROM inbox")
	same(t, "BEFORE DELETE", lines(all(t, c, "SELECT id, label, proba FROM log WHERE what = 'deleted'")), now)
	fails(t, c, 1305, []string{"nothing"}, "CREATE TRIGGER bad BEFORE INSERT ON inbox FOR EACH ROW SET NEW.label = PREDICT('nothing')")
}

// TestProcedures predicts in the bodies of procedures and events.
func TestProcedures(t *testing.T) {
	c, name := scratch(t)
	makeVisits(t, c, "bought", "rating")
	do(t, c, "CREATE PROCEDURE scores(n INT) SELECT id, PREDICT('bought'), PREDICT_PROBA('bought', 0) FROM visits WHERE id <= n",
		`CREATE PROCEDURE single(a DOUBLE) BEGIN
			DECLARE p DOUBLE DEFAULT -1;
			SET p = PREDICT('rating', a, 1, 1, 'Bern', 'gold', '2024-01-01', '2024-01-01 00:00:00', 1, TRUE);
			IF PREDICT('rating', a, 1, 1, 'Bern', 'gold', '2024-01-01', '2024-01-01 00:00:00', 1, TRUE) > 0 THEN SELECT p, 'high'; ELSE SELECT p, 'low'; END IF;
		END`,
		`CREATE PROCEDURE locals() BEGIN
			DECLARE amount DOUBLE DEFAULT 250; DECLARE pages INT DEFAULT 3; DECLARE price DECIMAL(10,2) DEFAULT 5; DECLARE city VARCHAR(20) DEFAULT 'Oslo'; DECLARE tier VARCHAR(20) DEFAULT 'free';
			DECLARE day DATE DEFAULT '2024-02-03'; DECLARE seen DATETIME DEFAULT '2024-02-03 04:05:06'; DECLARE big BIGINT DEFAULT 7; DECLARE flag BOOL DEFAULT TRUE;
			SELECT PREDICT('rating') AS r;
		END`)
	elsewhere := connect(t, "root", "")
	do(t, elsewhere, "USE "+name)
	same(t, "CALL scores", lines(all(t, elsewhere, "CALL scores(30)")), lines(all(t, c, "SELECT id, PREDICT('bought'), PREDICT_PROBA('bought', 0) FROM visits WHERE id <= 30")))
	for _, a := range []string{"-400", "700"} {
		got := all(t, c, "CALL single("+a+")")
		want := all(t, c, "SELECT PREDICT('rating', "+a+", 1, 1, 'Bern', 'gold', '2024-01-01', '2024-01-01 00:00:00', 1, TRUE) AS p, IF(PREDICT('rating', "+a+", 1, 1, 'Bern', 'gold', '2024-01-01', '2024-01-01 00:00:00', 1, TRUE) > 0, 'high', 'low')")
		same(t, "CALL single", got[0], want[0])
	}
	same(t, "local variables are found by name", column(t, c, "CALL locals()"), column(t, c, "SELECT PREDICT('rating', 250, 3, 5, 'Oslo', 'free', '2024-02-03', '2024-02-03 04:05:06', 7, TRUE)"))

	// a procedure that deploys sees what it deployed
	do(t, c, "TRAIN MODEL bought", "CREATE PROCEDURE renew() BEGIN CALL ml_exec('DEPLOY MODEL bought VERSION 2'); SELECT MODEL_VERSION('bought'); END")
	out := all(t, c, "CALL renew()")
	if last := out[len(out)-1]; last[0] != "2" {
		t.Errorf("MODEL_VERSION after DEPLOY in a procedure: %v", out)
	}
}

// TestEvents lets an event predict and another measure; both run as any other event of their database does.
func TestEvents(t *testing.T) {
	c, name := scratch(t)
	makeVisits(t, c, "bought")
	do(t, c, "CREATE TABLE scored (id INT, label BOOL, version BIGINT)", "CREATE TABLE measured (value DOUBLE)", "CREATE TABLE plain (x INT)",
		"CREATE EVENT scoring ON SCHEDULE EVERY 1 HOUR DO INSERT INTO scored SELECT id, PREDICT('bought'), MODEL_VERSION('bought') FROM visits",
		"CREATE EVENT measuring ON SCHEDULE EVERY 1 HOUR DO INSERT INTO measured SELECT value FROM ml_evaluate('bought', 'visits') WHERE metric = 'accuracy'",
		"CREATE EVENT other ON SCHEDULE EVERY 1 HOUR DO INSERT INTO plain VALUES (1)")
	if text := all(t, c, "SHOW CREATE EVENT scoring")[0][3]; !strings.Contains(text, "PREDICT('"+name+".bought')") {
		t.Errorf("SHOW CREATE EVENT: %s", text)
	}
	if n := len(all(t, c, "SHOW EVENTS")); n != 3 {
		t.Errorf("SHOW EVENTS: %d events", n)
	}
	deadline := time.Now().Add(30 * time.Second)
	for {
		done := one(t, c, "SELECT (SELECT COUNT(*) FROM scored) > 0 AND (SELECT COUNT(*) FROM measured) > 0 AND (SELECT COUNT(*) FROM plain) > 0")
		if done == "1" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the events have not run: %v %v %v", all(t, c, "SELECT COUNT(*) FROM scored"), all(t, c, "SELECT COUNT(*) FROM measured"), all(t, c, "SELECT COUNT(*) FROM plain"))
		}
		time.Sleep(50 * time.Millisecond)
	}
	same(t, "scored by an event", lines(all(t, c, "SELECT DISTINCT id, label, version FROM scored")), lines(all(t, c, "SELECT id, PREDICT('bought'), 1 FROM visits")))
	same(t, "measured by an event", lines(all(t, c, "SELECT DISTINCT value FROM measured")), lines(all(t, c, "SELECT value FROM ml_evaluate('bought', 'visits') WHERE metric = 'accuracy'")))
}
