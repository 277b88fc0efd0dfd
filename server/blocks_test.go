package server_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
)

// rowByRow lets f run with prediction in blocks switched off.
func rowByRow(f func()) {
	running.Blocks().Off.Store(true)
	defer running.Blocks().Off.Store(false)
	f()
}

// outcomeOf runs a statement and returns all that a client sees of it: the names and types of its columns, its rows, its error and its warnings.
func outcomeOf(t testing.TB, c *sql.Conn, statement string, values ...any) string {
	t.Helper()
	var b strings.Builder
	rows, err := c.QueryContext(context.Background(), statement, values...)
	if err != nil {
		return fmt.Sprintln("error:", err) // how far the server had read ahead of it is not fixed; TestErrorsStayWithTheirRows looks at that
	}
	kinds, err := rows.ColumnTypes()
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range kinds {
		nullable, _ := k.Nullable()
		fmt.Fprintln(&b, k.Name(), k.DatabaseTypeName(), nullable)
	}
	cells, err := read(rows)
	if err != nil {
		return fmt.Sprintln("error:", err)
	}
	for _, line := range cells {
		fmt.Fprintln(&b, strings.Join(line, "|"))
	}
	for _, w := range all(t, c, "SHOW WARNINGS") {
		fmt.Fprintln(&b, "warning:", strings.Join(w, " "))
	}
	return b.String()
}

// bothWays runs a statement with and without blocks, and compares all that a client sees. took says whether blocks were used.
func bothWays(t *testing.T, connect func() *sql.Conn, statement string, values ...any) (got string, took, scanned int64) {
	t.Helper()
	blocks := running.Blocks()
	rows, direct := blocks.Rows.Load(), blocks.Scanned.Load()
	got = outcomeOf(t, connect(), statement, values...)
	took, scanned = blocks.Rows.Load()-rows, blocks.Scanned.Load()-direct
	rowByRow(func() {
		if want := outcomeOf(t, connect(), statement, values...); got != want {
			t.Errorf("%s\nin blocks:\n%.1500s\nrow by row:\n%.1500s", statement, got, want)
		}
	})
	return got, took, scanned
}

const (
	inRows  = "rows of another node are predicted in blocks"
	scanned = "a plain table is read straight from storage"
	rowwise = "row by row"
)

// TestBlocksAnswerAsRowsDo holds prediction in blocks against prediction row by row, in every place of a statement, and checks which way was taken.
func TestBlocksAnswerAsRowsDo(t *testing.T) {
	client := func() *sql.Conn { return shop(t) }
	features := strings.Join(visitFeatures, ", ")
	for _, x := range []struct{ way, statement string }{
		{scanned, "SELECT id, PREDICT('bought') FROM visits"},
		{scanned, "SELECT PREDICT('kind'), PREDICT_PROBA('kind', 'tea'), PREDICT_ALL('kind'), id FROM visits"},
		{scanned, "SELECT PREDICT('spend'), PREDICT('items'), PREDICT('rating'), PREDICT('grade'), PREDICT_ALL('rating') FROM visits"},
		{scanned, "SELECT PREDICT('bought', " + features + ") AS p, city, day, price FROM visits v"},
		{scanned, "SELECT PREDICT('strict'), PREDICT_PROBA('strict'), id FROM visits"},
		{scanned, "SELECT AVG(PREDICT('rating')), MIN(PREDICT('spend')), COUNT(DISTINCT PREDICT('kind')), SUM(PREDICT('items')) FROM visits"},
		{scanned, "SELECT city, AVG(PREDICT_PROBA('bought')), COUNT(*) FROM visits GROUP BY city ORDER BY city"},
		{scanned, "SELECT PREDICT('kind') k, COUNT(*) FROM visits GROUP BY k ORDER BY k"},
		{scanned, "SELECT PREDICT('grade'), GROUP_CONCAT(id ORDER BY id) FROM visits GROUP BY PREDICT('grade') ORDER BY 2"},
		{scanned, "SELECT PREDICT('kind') k, COUNT(*) n FROM visits GROUP BY k HAVING n > 10 ORDER BY k"},
		{scanned, "SELECT DISTINCT PREDICT('grade') FROM visits ORDER BY 1"},
		{scanned, "SELECT id, PREDICT('rating') r FROM visits ORDER BY r DESC, id LIMIT 7"},
		{scanned, "SELECT id, PREDICT('rating') FROM visits LIMIT 3 OFFSET 20"},
		{scanned, "SELECT id, CASE WHEN id < 10 THEN PREDICT('kind') WHEN id < 20 THEN 'few' ELSE NULL END FROM visits"},
		{scanned, "SELECT PREDICT('one', PREDICT('rating') * 10 + 100), PREDICT_PROBA('one', PREDICT('rating')) FROM visits"},
		{scanned, "SELECT PREDICT('one', amount + 0.5), PREDICT('one', amount / 0), PREDICT('one', IF(id = 3, NULL, amount)) FROM visits"},
		{scanned, "SELECT PREDICT_PROBA('kind', IF(id % 2, 'tea', 'coffee'), " + features + ") FROM visits"},
		{scanned, "SELECT PREDICT_PROBA('kind', IF(id = 7, NULL, kind), " + features + "), kind FROM visits"},
		{scanned, "SELECT id, PREDICT_PROBA('kind', IF(id = 300, 'wine', 'tea'), " + features + ") FROM visits"},
		{scanned, "SELECT id, PREDICT('one', IF(id = 200, 'no number', amount)) FROM visits"},
		{scanned, "SELECT id, PREDICT('one', IF(id = 200, 'no number', amount)) FROM visits LIMIT 150"},
		{scanned, "SELECT id, IF(id = 200, NULL, PREDICT('one', IF(id = 200, 'no number', amount))) FROM visits"},
		{scanned, "SELECT id, COALESCE(tier, PREDICT('one', IF(tier IS NULL, amount, 'no number'))) FROM visits"},
		{scanned, "SELECT id, id < 50 OR PREDICT('one', IF(id < 50, 'no number', amount)) FROM visits"},
		{rowwise, "SELECT PREDICT('one', IF(id < 5, 'no number', amount)) FROM visits LIMIT 0"},
		{scanned, "SELECT id, PREDICT('one', 1 / (id - 30)), PREDICT('one', CAST(city AS SIGNED)) FROM visits LIMIT 60"},
		{scanned, "SELECT PREDICT('strict', NULL, pages, city), PREDICT('strict', amount, '12', 'Nowhere') FROM visits"},
		{scanned, "SELECT PREDICT('bought', amount, pages, price, city, IF(id = 9, 'bronze', tier), day, seen, big, flag) FROM visits"},
		{scanned, "SELECT PREDICT('bought', amount, pages, price, city, tier, IF(id = 70, 'no day', day), seen, big, flag), id FROM visits"},
		{scanned, "SELECT PREDICT('bought', JSON_OBJECT('amount', amount, 'pages', pages, 'city', city)) FROM visits"},
		{scanned, "SELECT PREDICT('strict', IF(id % 2 = 0, JSON_OBJECT('amount', amount), JSON_OBJECT('city', city))) FROM visits"},
		{scanned, "SELECT PREDICT('bought', IF(id = 5, NULL, JSON_OBJECT('amount', amount))), PREDICT_PROBA('bought', JSON_OBJECT('amount', amount)) FROM visits"},
		{scanned, "SELECT PREDICT('bought', JSON_OBJECT(IF(id = 150, 'nothing', 'amount'), amount)) FROM visits"},
		{inRows, "SELECT COUNT(*) FROM (SELECT PREDICT('kind') k, id FROM visits) x WHERE k = 'tea'"},
		{scanned, "SELECT k, COUNT(*) FROM (SELECT PREDICT('kind') k FROM visits) x GROUP BY k ORDER BY k"},
		{scanned, "WITH p AS (SELECT id, PREDICT('kind') AS k FROM visits) SELECT k, MIN(id) FROM p GROUP BY k ORDER BY k"},
		{scanned, "SELECT PREDICT('kind') FROM visits UNION ALL SELECT PREDICT('grade') FROM visits"},
		{scanned, "SELECT PREDICT('kind') AS x FROM visits UNION SELECT city FROM visits ORDER BY x"},
		{scanned, "SELECT PREDICT('one', s.a) FROM (SELECT amount AS a, id FROM visits) s"},
		{scanned, "SELECT PREDICT('one', s.a), s.id FROM (SELECT id, amount AS a FROM visits AS v) AS s"},
		{scanned, "SELECT PREDICT('bought', `source`.*) FROM visits AS `source`"},
		{scanned, "SELECT id, PREDICT('kind'), PREDICT('kind') = kind, UPPER(PREDICT('kind')) FROM visits"},
		{scanned, "SELECT PREDICT('bought@1'), PREDICT('shop.bought') FROM visits"},
		{inRows, "SELECT id, PREDICT('bought') FROM visits WHERE id > 17 AND amount IS NOT NULL"},
		{inRows, "SELECT id, PREDICT('bought'), PREDICT('spend') FROM visits WHERE id IN (3, 5, 300)"},
		{inRows, "SELECT id, PREDICT('strict') FROM visits WHERE PREDICT('kind') = 'tea'"},
		{inRows, "SELECT id, PREDICT('strict'), PREDICT('rating') FROM visits WHERE city = 'Bern' ORDER BY id DESC LIMIT 9"},
		{inRows, "SELECT v.id, PREDICT('one', v.amount), w.city FROM visits v JOIN visits w ON w.id = v.id + 1 ORDER BY v.id"},
		{inRows, "SELECT v.id, PREDICT('one', w.amount) FROM visits v LEFT JOIN visits w ON w.id = v.id + 100 ORDER BY v.id"},
		{inRows, "SELECT PREDICT('one', a) FROM (SELECT amount + 1 AS a FROM visits WHERE id < 100) x"},
		{inRows, "SELECT PREDICT('one', a) FROM (SELECT city, AVG(amount) AS a FROM visits GROUP BY city ORDER BY city) x"},
		{inRows, "SELECT PREDICT('one', a) FROM (SELECT IF(id = 40, 'no number', amount) AS a FROM visits) x"},
		{inRows, "SELECT PREDICT('one', x) FROM (VALUES ROW(1), ROW(100), ROW(NULL), ROW('none')) t (x)"},
		{inRows, "SELECT PREDICT('one', 100)"},
		{inRows, "SELECT PREDICT('one', 'no number')"},
		{inRows, "SELECT PREDICT('strict', NULL, NULL, NULL)"},
		{inRows, "WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 40) SELECT n, PREDICT('one', n) FROM r"},
		{rowwise, "SELECT id FROM visits WHERE PREDICT('kind') = 'tea' ORDER BY PREDICT('rating'), id"},
		{rowwise, "SELECT id, PREDICT('one', amount), (SELECT MAX(w.id) FROM visits w WHERE w.id < visits.id) FROM visits WHERE id < 30"},
		{rowwise, "SELECT id, (SELECT PREDICT('one', visits.amount)) FROM visits WHERE id < 30"},
		{rowwise, "SELECT id FROM visits v WHERE EXISTS (SELECT 1 FROM visits w WHERE w.id = v.id + 1 AND PREDICT('one', w.amount) = 1)"},
		{rowwise, "SELECT id, (SELECT AVG(PREDICT('one', w.amount)) FROM visits w WHERE w.id <= v.id) FROM visits v WHERE id < 30"},
		{rowwise, "SELECT id, RANK() OVER (ORDER BY PREDICT('rating'), id) FROM visits"},
		{rowwise, "SELECT PREDICT(CONCAT('o', 'ne'), amount) FROM visits"},
		{rowwise, "SELECT id, @n := IFNULL(@n, 0) + 1, PREDICT('one', @n) FROM (SELECT id FROM visits, (SELECT @n := 0) i) x"},
		{rowwise, "SELECT PREDICT('one', (SELECT MAX(amount) FROM visits))"},
		{inRows, "SELECT v.id, x.p FROM visits v, LATERAL (SELECT PREDICT('one', v.amount) AS p) x WHERE v.id < 40 ORDER BY v.id"},
	} {
		t.Run(x.statement, func(t *testing.T) {
			got, took, direct := bothWays(t, client, x.statement)
			way := rowwise
			switch {
			case direct > 0:
				way = scanned
			case took > 0:
				way = inRows
			}
			if way != x.way {
				t.Errorf("%s; want: %s\n%.500s", way, x.way, got)
			}
		})
	}
}

// TestErrorsStayWithTheirRows looks at the rows that come before an error, and at warnings as they come, inside the server.
func TestErrorsStayWithTheirRows(t *testing.T) {
	shop(t)
	for _, statement := range []string{
		"SELECT id, PREDICT('one', IF(id = 200, 'no number', amount)) FROM visits",
		"SELECT id, PREDICT('one', IF(id = 1, 'no number', amount)) FROM visits",
		"SELECT id, PREDICT('one', IF(id = 16, 'no number', amount)), PREDICT('strict') FROM visits",
		"SELECT id, PREDICT('one', IF(id = 17, 'no number', amount)), PREDICT('strict') FROM visits",
		"SELECT id, PREDICT('strict'), PREDICT('one', IF(id = 48, 'no number', amount)) FROM visits WHERE id > 0",
		"SELECT id, PREDICT_PROBA('kind', IF(id = 300, 'wine', 'tea'), " + strings.Join(visitFeatures, ", ") + ") FROM visits",
		"SELECT id, PREDICT('one', x / 0) FROM (SELECT id, IF(id = 40, CAST('2' AS SIGNED), amount / 0) AS x FROM visits) y",
		"SELECT id, PREDICT('one', PREDICT('one', IF(id = 100, 'no number', amount))) FROM visits",
		"SELECT IF(id < 30, NULL, PREDICT('one', amount / 0)) FROM visits LIMIT 32",
		"SELECT PREDICT('one', 1 / (id - 20)) FROM visits LIMIT 18",
		"SELECT PREDICT('one', 1 / (id - 20)) FROM visits LIMIT 20",
		"SELECT PREDICT('strict') FROM visits LIMIT 3",
		"SELECT SUM(PREDICT('one', IF(id = 99, 'no number', amount))) FROM visits",
	} {
		inside := func() string {
			ctx, end, err := running.Session(context.Background(), "", "", "shop", "test")
			if err != nil {
				t.Fatal(err)
			}
			defer end()
			_, iter, err := running.Query(ctx, statement)
			if err != nil {
				return err.Error()
			}
			defer iter.Close(ctx)
			var b strings.Builder
			for {
				row, err := iter.Next(ctx)
				for _, w := range ctx.Session.Warnings() {
					fmt.Fprintln(&b, "warning:", w.Code, w.Message)
				}
				if err != nil {
					fmt.Fprintln(&b, err)
					return b.String()
				}
				fmt.Fprintln(&b, row)
			}
		}
		got := inside()
		rowByRow(func() {
			if want := inside(); got != want {
				t.Errorf("%s\nin blocks:\n%.1500s\nrow by row:\n%.1500s", statement, got, want)
			}
		})
	}
}

// TestBlocksWriteAsRowsDo holds statements that write, and what they read back, against prediction row by row.
func TestBlocksWriteAsRowsDo(t *testing.T) {
	c, name := scratch(t)
	do(t, c, visitsTable, visits())
	shop(t)
	features := strings.Join(visitFeatures, ", ")
	client := func() *sql.Conn { return connect(t, "root", name) }
	do(t, c, "CREATE VIEW shown AS SELECT id, PREDICT('shop.kind') AS k, amount FROM visits",
		"CREATE TABLE p (id INT PRIMARY KEY, k VARCHAR(10), r DOUBLE, n INT DEFAULT 7)",
		"CREATE TABLE audit (visit INT PRIMARY KEY, k TEXT)",
		"CREATE TABLE watched (id INT PRIMARY KEY, k VARCHAR(10))",
		"CREATE TRIGGER note AFTER INSERT ON watched FOR EACH ROW INSERT INTO audit SELECT NEW.id, PREDICT('shop.kind', "+features+") FROM visits WHERE id = NEW.id",
		"CREATE PROCEDURE predicted (IN most INT) SELECT id, PREDICT('shop.kind', "+features+") FROM visits WHERE id <= most")
	for _, x := range []struct {
		way, statement, table string
	}{
		{scanned, "INSERT INTO p (id, k, r) SELECT id, PREDICT('shop.kind'), PREDICT('shop.rating') FROM visits", "p"},
		{scanned, "INSERT INTO p SELECT id, PREDICT('shop.kind'), PREDICT('shop.rating'), id FROM visits", "p"},
		{scanned, "INSERT INTO p (id, k) SELECT id DIV 2, PREDICT('shop.kind') FROM visits", "p"},
		{scanned, "INSERT IGNORE INTO p (id, k) SELECT id DIV 2, PREDICT('shop.kind') FROM visits", "p"},
		{scanned, "REPLACE INTO p (id, k) SELECT id DIV 2, PREDICT('shop.kind') FROM visits", "p"},
		{scanned, "INSERT INTO p (id, r) SELECT id DIV 2, PREDICT('shop.rating') AS x FROM visits ON DUPLICATE KEY UPDATE n = n + 1", "p"},
		{inRows, "INSERT INTO p (id, r) SELECT id, PREDICT('shop.rating') FROM visits WHERE id > 100", "p"},
		{scanned, "INSERT INTO p (id, r) SELECT id, PREDICT('shop.one', IF(id = 300, 'no number', amount)) FROM visits", "p"},
		{inRows, "INSERT INTO watched SELECT id, PREDICT('shop.kind') FROM visits WHERE id < 20", "audit"},
		{scanned, "CREATE TABLE made AS SELECT id, PREDICT('shop.kind') AS k, PREDICT('shop.spend') AS s, amount FROM visits", "made"},
		{rowwise, "UPDATE visits SET spend = PREDICT('shop.spend') WHERE id < 50", "visits"},
		{rowwise, "DELETE FROM visits WHERE PREDICT('shop.kind') = 'tea' AND id < 50", "visits"},
		{scanned, "SELECT * FROM shown", ""},
		{inRows, "SELECT * FROM shown WHERE id > 30", ""},
		{scanned, "SELECT k, COUNT(*), AVG(amount) FROM shown GROUP BY k ORDER BY k", ""},
		{inRows, "CALL predicted(30)", ""},
	} {
		t.Run(x.statement, func(t *testing.T) {
			run := func() string {
				c := client()
				do(t, c, "START TRANSACTION")
				out := outcomeOf(t, c, x.statement)
				if x.table != "" {
					out += outcomeOf(t, c, "SELECT * FROM "+x.table+" ORDER BY 1") + outcomeOf(t, c, "SHOW CREATE TABLE "+x.table)
				}
				do(t, c, "ROLLBACK", "DROP TABLE IF EXISTS made")
				return out
			}
			blocks := running.Blocks()
			rows, direct := blocks.Rows.Load(), blocks.Scanned.Load()
			got, way := run(), rowwise
			switch {
			case blocks.Scanned.Load() > direct:
				way = scanned
			case blocks.Rows.Load() > rows:
				way = inRows
			}
			if way != x.way {
				t.Errorf("%s; want: %s", way, x.way)
			}
			rowByRow(func() {
				if want := run(); got != want {
					t.Errorf("in blocks:\n%.1500s\nrow by row:\n%.1500s", got, want)
				}
			})
		})
	}
}

// TestBlocksInPreparedStatements runs prepared statements again and again, with other values and other versions.
func TestBlocksInPreparedStatements(t *testing.T) {
	client := func() *sql.Conn { return shop(t) }
	for _, statement := range []string{
		"SELECT PREDICT('one', amount + ?), id FROM visits",
		"SELECT PREDICT('one', ?), PREDICT_PROBA('one', ?) FROM visits LIMIT 20",
		"SELECT PREDICT('strict', amount, ?, city) FROM visits WHERE id > ?",
		"SELECT AVG(PREDICT_PROBA('bought')) + ? FROM visits WHERE id > ?",
	} {
		values := make([]any, strings.Count(statement, "?"))
		for _, v := range []any{1, 250.5, nil, "12", "none"} {
			for i := range values {
				values[i] = v
			}
			bothWays(t, client, statement, values...)
		}
	}
	c, _ := scratch(t)
	makeVisits(t, c, "bought")
	p, err := c.PrepareContext(context.Background(), "SELECT id, PREDICT('bought'), PREDICT_PROBA('bought') FROM visits")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		got, err := queryPrepared(p)
		if err != nil {
			t.Fatal(err)
		}
		rowByRow(func() {
			if want := all(t, c, "SELECT id, PREDICT('bought'), PREDICT_PROBA('bought') FROM visits"); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("in blocks:\n%.500s\nrow by row:\n%.500s", fmt.Sprint(got), fmt.Sprint(want))
			}
		})
		do(t, c, "UPDATE visits SET bought = 1 - bought WHERE id % 3 = 0")
		retrain(t, c, "bought")
	}
}

// TestBlocksAskForThePrivilegesOfRows holds what an account without a privilege is told with and without blocks.
func TestBlocksAskForThePrivilegesOfRows(t *testing.T) {
	shop(t)
	root, name := scratch(t)
	do(t, root, "CREATE TABLE open_table (id INT PRIMARY KEY, amount DOUBLE)", "INSERT INTO open_table VALUES (1, 100), (2, NULL)",
		"CREATE VIEW open_view AS SELECT id, amount FROM shop.visits",
		"CREATE USER block_reader, block_user", "GRANT SELECT ON shop.visits TO block_reader", "GRANT SELECT ON "+name+".* TO block_reader, block_user", "GRANT EXECUTE ON shop.* TO block_user")
	t.Cleanup(func() { do(t, connect(t, "root", ""), "DROP USER block_reader, block_user") })
	for _, user := range []string{"block_reader", "block_user"} {
		for _, statement := range []string{
			"SELECT id, PREDICT('shop.one', amount) FROM shop.visits",
			"SELECT AVG(PREDICT('shop.one', amount)) FROM shop.visits",
			"SELECT PREDICT('shop.one', amount) FROM (SELECT amount FROM shop.visits) x",
			"SELECT PREDICT('shop.one', amount) FROM open_table",
			"SELECT PREDICT('shop.one', amount) FROM open_view",
			"INSERT INTO open_table SELECT id + 10, PREDICT('shop.one', amount) FROM open_table",
		} {
			got, _, _ := bothWays(t, func() *sql.Conn { return connect(t, user, name) }, statement)
			if denied := strings.Contains(got, "denied"); denied == (user == "block_user" && strings.HasPrefix(statement, "SELECT") && strings.Contains(statement, "open_table")) {
				t.Errorf("%s as %s: %.300s", statement, user, got)
			}
		}
	}
}

// TestExplainShowsBlocks looks for the node in the plan's text.
func TestExplainShowsBlocks(t *testing.T) {
	c := shop(t)
	for statement, want := range map[string]string{
		"SELECT id, PREDICT('bought') FROM visits":              "PredictScan(PREDICT('bought'))",
		"SELECT id, PREDICT('bought') FROM visits WHERE id > 5": "PredictBlock(PREDICT('bought'))",
		"SELECT AVG(PREDICT('rating')) FROM visits":             "PredictScan(PREDICT('rating'))",
	} {
		if plan := strings.Join(column(t, c, "EXPLAIN FORMAT=tree "+statement), "\n"); !strings.Contains(plan, want) {
			t.Errorf("%s: %s is missing in\n%s", statement, want, plan)
		}
	}
}

// TestBlocksMadeAhead reads a table of more rows than the first blocks have: from there on blocks of plain numbers are made in other goroutines.
func TestBlocksMadeAhead(t *testing.T) {
	shop(t)
	c, name := scratch(t)
	do(t, c, "CREATE TABLE many (id INT PRIMARY KEY, amount DOUBLE, pages INT, city VARCHAR(20))",
		"INSERT INTO many SELECT id + 400 * n, amount, pages, city FROM shop.visits, (SELECT 0 AS n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7) x")
	client := func() *sql.Conn { return connect(t, "root", name) }
	for _, statement := range []string{
		"SELECT id, PREDICT('shop.one') FROM many",
		"SELECT PREDICT('shop.one'), PREDICT_PROBA('shop.one'), city FROM many LIMIT 700",
		"SELECT id, PREDICT_PROBA('shop.one') FROM many LIMIT 1 OFFSET 2500",
		"SELECT AVG(PREDICT_PROBA('shop.one')), COUNT(*) FROM many",
		"SELECT city, AVG(PREDICT_PROBA('shop.one')) FROM many GROUP BY city ORDER BY city",
		"SELECT id, PREDICT('shop.strict') FROM many",
		"SELECT id, PREDICT('shop.one', IF(id = 3000, 'no number', amount)) FROM many",
		"SELECT a.id, a.p, b.p FROM (SELECT id, PREDICT_PROBA('shop.one') AS p FROM many) a JOIN (SELECT id, PREDICT('shop.one') AS p FROM many) b ON a.id = b.id ORDER BY a.id",
		"SELECT id, IF(PREDICT('shop.one') = 1, pages, NULL) FROM many WHERE id > 5",
	} {
		if _, took, _ := bothWays(t, client, statement); took < 256 {
			t.Errorf("%s: %d rows in blocks", statement, took)
		}
	}
}

// TestPredictModelWritesAsTheEngineDoes holds PREDICT MODEL ... INTO against the engine's own writing, row by row, in every mode and for tables of every kind.
func TestPredictModelWritesAsTheEngineDoes(t *testing.T) {
	shop(t)
	c, name := scratch(t)
	do(t, c, visitsTable, visits())
	columns := "(id INT%s, prediction TINYINT(1)%s, probability DOUBLE, model_version BIGINT NOT NULL, predicted_at DATETIME(6) NOT NULL%s)"
	kinds := map[string]string{
		"none":     "",
		"as made":  fmt.Sprintf(columns, " PRIMARY KEY", "", ""),
		"no key":   fmt.Sprintf(columns, "", "", ""),
		"index":    fmt.Sprintf(columns, " PRIMARY KEY", "", ", KEY (probability)"),
		"not null": fmt.Sprintf(columns, " PRIMARY KEY", " NOT NULL", ""),
		"other":    "(probability FLOAT, prediction VARCHAR(3), id BIGINT PRIMARY KEY, model_version INT, predicted_at DATETIME, more INT DEFAULT 5)",
		"check":    fmt.Sprintf(columns, " PRIMARY KEY", "", ", CHECK (id < 300)"),
		"small":    "(id TINYINT PRIMARY KEY, prediction TINYINT(1), probability DOUBLE, model_version BIGINT, predicted_at DATETIME(6))",
		"computed": fmt.Sprintf(columns, " PRIMARY KEY", "", ", twice DOUBLE AS (probability * 2) STORED"),
		"foreign":  fmt.Sprintf(columns, " PRIMARY KEY", "", ", FOREIGN KEY (id) REFERENCES visits (id)"),
	}
	for kind, definition := range kinds {
		for _, statement := range []string{
			"PREDICT MODEL shop.bought FROM visits INTO result",
			"PREDICT MODEL shop.bought FROM visits INTO result MODE APPEND",
			"PREDICT MODEL shop.bought FROM visits INTO result MODE REPLACE",
			"PREDICT MODEL shop.bought FROM visits INTO result MODE UPSERT",
			"PREDICT MODEL shop.strict FROM visits INTO result MODE APPEND",
			"PREDICT MODEL shop.bought FROM (SELECT * FROM visits ORDER BY amount) INTO result MODE APPEND",
			"PREDICT MODEL shop.bought FROM (SELECT * FROM visits WHERE id < 90) INTO result MODE APPEND",
			"PREDICT MODEL shop.bought FROM (SELECT id DIV 2 AS id, amount, pages, price, city, tier, day, seen, big, flag FROM visits) INTO result MODE APPEND",
		} {
			run := func(filled bool) string {
				c := connect(t, "root", name)
				if definition != "" {
					do(t, c, "CREATE TABLE result "+definition)
				}
				if filled && definition != "" {
					do(t, c, "INSERT INTO result (id, model_version, prediction, predicted_at) VALUES (7, 0, 1, '2020-01-01'), (99, 0, 0, '2020-01-01')")
				}
				first := outcomeOf(t, c, statement)
				if at := strings.LastIndexByte(first, '|'); at >= 0 {
					first = first[:at] // how long it took
				}
				out := first + outcomeOf(t, c, "SELECT id, prediction, probability, model_version, predicted_at > '2020-02-01' FROM result ORDER BY id, probability")
				do(t, c, "DROP TABLE IF EXISTS result")
				return out
			}
			for _, filled := range []bool{false, true} {
				got := run(filled)
				running.SlowWrites.Store(true)
				rowByRow(func() {
					if want := run(filled); got != want {
						t.Errorf("%s, table of kind %s, filled %v:\n%.800s\nby the engine:\n%.800s", statement, kind, filled, got, want)
					}
				})
				running.SlowWrites.Store(false)
			}
		}
	}
	for statement, plain := range map[string]int64{
		"PREDICT MODEL shop.bought FROM visits INTO made":                                            1,
		"PREDICT MODEL shop.bought FROM (SELECT * FROM visits WHERE id < 90) INTO made MODE REPLACE": 1,
		"PREDICT MODEL shop.bought FROM visits INTO made MODE UPSERT":                                0,
	} {
		do(t, c, "DROP TABLE IF EXISTS made", "PREDICT MODEL shop.bought FROM visits INTO made")
		if !strings.Contains(statement, " MODE ") {
			do(t, c, "DROP TABLE made")
		}
		before, scans := running.PlainWrites.Load(), running.Blocks().Scanned.Load()
		do(t, c, statement)
		if got := running.PlainWrites.Load() - before; got != plain {
			t.Errorf("%s: %d plain writes, want %d", statement, got, plain)
		}
		if direct := running.Blocks().Scanned.Load() > scans; direct == strings.Contains(statement, "WHERE") {
			t.Errorf("%s: read straight from storage: %v", statement, direct)
		}
	}
	for _, end := range []string{"ROLLBACK", "COMMIT"} { // the rows belong to the session's transaction
		do(t, c, "DROP TABLE IF EXISTS made", "PREDICT MODEL shop.bought FROM (SELECT * FROM visits WHERE id < 50) INTO made", "START TRANSACTION",
			"PREDICT MODEL shop.bought FROM (SELECT * FROM visits WHERE id >= 50) INTO made MODE APPEND", end)
		if got, want := one(t, c, "SELECT COUNT(*) FROM made"), map[string]string{"ROLLBACK": "49", "COMMIT": "400"}[end]; got != want {
			t.Errorf("%s: %s rows, want %s", end, got, want)
		}
	}
}

// TestBlocksReadEveryType gives a model columns of every type, of tables of every kind.
func TestBlocksReadEveryType(t *testing.T) {
	shop(t)
	c, name := scratch(t)
	columns := []string{"b BOOL", "i1 TINYINT", "u1 TINYINT UNSIGNED", "i2 SMALLINT", "u2 SMALLINT UNSIGNED", "i4 INT", "u4 INT UNSIGNED", "i8 BIGINT", "u8 BIGINT UNSIGNED", "f FLOAT", "d DOUBLE",
		"m DECIMAL(20,6)", "y YEAR", "bits BIT(8)", "v VARCHAR(20)", "c CHAR(4)", "txt TEXT", "raw VARBINARY(8)", "e ENUM('1','2')", "st SET('1','2')", "dt DATE", "ts DATETIME(6)", "tm TIME", "j JSON"}
	values := "1, -7, 200, -3000, 60000, -7000000, 4000000000, -9007199254740993, 18446744073709551615, 0.1, 1e300, 12345.678901, 2024, b'101', '42.5', '7', '1e2', '12', '2', '1,2', '2024-01-02', '2024-01-02 03:04:05.678', '10:11:12', '{\"amount\": 90}'"
	definition := strings.Join(columns, ", ")
	do(t, c, "CREATE TABLE every (id INT PRIMARY KEY, "+definition+")", "CREATE TABLE keyless (id INT, "+definition+")", "CREATE TABLE pair (k2 VARCHAR(5), k1 DOUBLE, x INT, PRIMARY KEY (k2, k1))",
		"CREATE TABLE grown (id INT PRIMARY KEY, x DOUBLE, s DOUBLE AS (x + 1) STORED)", "CREATE TABLE computed (id INT PRIMARY KEY, x DOUBLE, v DOUBLE AS (x * 2))",
		"INSERT INTO every VALUES (1, "+values+")", "INSERT INTO every (id) VALUES (2)", "INSERT INTO every SELECT 3, e.b, e.i1 + 1, u1, i2, u2, i4, u4, i8, u8, f, d, m, y, bits, v, c, txt, raw, e, st, dt, ts, tm, j FROM every e WHERE id = 1",
		"INSERT INTO keyless SELECT * FROM every", "INSERT INTO keyless SELECT * FROM every", "INSERT INTO pair VALUES ('b', 2.5, 1), ('a', -100, 2), ('a', 300, NULL)",
		"INSERT INTO grown (id, x) VALUES (1, 100), (2, NULL)", "INSERT INTO computed (id, x) VALUES (1, 50), (2, NULL)", "ALTER TABLE grown ADD COLUMN later DOUBLE", "ALTER TABLE grown ADD COLUMN given DOUBLE DEFAULT 120", "INSERT INTO grown (id, x, later) VALUES (3, 5, 50)",
		"CALL dolt_commit('-Am', 'rows')", "DELETE FROM every WHERE id = 3", "UPDATE pair SET x = 5 WHERE k1 < 0")
	client := func() *sql.Conn { return connect(t, "root", name) }
	for _, column := range columns {
		column, _, _ = strings.Cut(column, " ")
		for _, table := range []string{"every", "keyless"} {
			bothWays(t, client, fmt.Sprintf("SELECT id, PREDICT_PROBA('shop.one', %s), %[1]s FROM %s", column, table))
			bothWays(t, client, fmt.Sprintf("SELECT id, PREDICT_PROBA('shop.strict', 100, %s, %[1]s) FROM %s", column, table))
			bothWays(t, client, fmt.Sprintf("SELECT id, PREDICT('shop.kind', 100, 5, %s, 'Bern', %[1]s, NULL, NULL, NULL, TRUE) FROM %s", column, table))
			bothWays(t, client, fmt.Sprintf("SELECT id, PREDICT('shop.kind', 100, 5, 3, 'Bern', NULL, %s, %[1]s, NULL, TRUE) FROM %s", column, table))
		}
	}
	for statement, way := range map[string]string{
		"SELECT k1, PREDICT_PROBA('shop.one', k1), PREDICT_PROBA('shop.one', x) FROM pair":                             scanned,
		"SELECT PREDICT_PROBA('shop.strict', x, k1, k2) FROM pair":                                                     scanned,
		"SELECT PREDICT_PROBA('shop.strict', x, k1, k2) FROM pair AS OF 'HEAD'":                                        scanned,
		"SELECT COUNT(PREDICT('shop.one', i4)) FROM every AS OF 'HEAD'":                                                scanned,
		"SELECT PREDICT_PROBA('shop.one', x), id FROM grown":                                                           scanned,
		"SELECT PREDICT_PROBA('shop.one', later), PREDICT('shop.one', given) FROM grown":                               scanned,
		"SELECT PREDICT_PROBA('shop.one', s), s FROM grown":                                                            scanned,
		"SELECT PREDICT_PROBA('shop.one', v), v FROM computed":                                                         inRows,
		"SELECT PREDICT_PROBA('shop.one', i4) FROM keyless":                                                            inRows,
		"SELECT to_k1, PREDICT_PROBA('shop.one', to_x) FROM dolt_diff_pair":                                            inRows,
		"SELECT PREDICT_PROBA('shop.one', ordinal_position) FROM information_schema.columns WHERE table_name = 'pair'": inRows,
	} {
		_, took, direct := bothWays(t, client, statement)
		if took == 0 || direct > 0 != (way == scanned) {
			t.Errorf("%s: %d rows in blocks, %d of them from storage", statement, took, direct)
		}
	}
}
