package server_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// slowly runs f with every prepared statement left to the engine.
func slowly(f func()) {
	running.SlowPoints.Store(true)
	defer running.SlowPoints.Store(false)
	f()
}

// counters are the session's counters of statements.
func counters(t testing.TB, c *tapped) (out [2]int) {
	t.Helper()
	for i, name := range []string{"Questions", "Com_select"} {
		if _, err := fmt.Sscan(all(t, c.Conn, "SHOW SESSION STATUS LIKE '"+name+"'")[0][1], &out[i]); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// compared executes a statement past the engine, by the engine, and past it again, and checks that nothing differs. It returns how many executions were answered past the engine.
func (c *tapped) compared(t testing.TB, what string, statement uint32, values []value) int64 {
	t.Helper()
	look := func() (answer []byte, warnings string) {
		answer = c.execute(t, statement, values)
		return answer, fmt.Sprint(all(t, c.Conn, "SHOW WARNINGS"))
	}
	start := running.PointsAnswered()
	var answers [3][]byte
	var warnings [3]string
	answers[0], warnings[0] = look()
	slowly(func() { answers[1], warnings[1] = look() })
	answers[2], warnings[2] = look()
	for i := 0; i < 3; i += 2 {
		if !bytes.Equal(answers[i], answers[1]) {
			t.Errorf("%s\nanswers %q\nwant    %q", what, answers[i], answers[1])
		}
		if warnings[i] != warnings[1] {
			t.Errorf("%s: warns %s, want %s", what, warnings[i], warnings[1])
		}
	}
	return running.PointsAnswered() - start
}

// pointValues are values of every type of the protocol, good and bad for the models of the shop.
func pointValues() []value {
	out := []value{null, double(0), double(101.25), double(-1e300), double(1e-320), single(0.1), single(-3), words(typeDecimal, "12.50"), words(typeNewDec, "-0.001"),
		words(typeVarString, "Bern"), words(typeString, "nowhere"), words(typeBlob, "it's Rome"), words(typeVarString, ""), words(typeVarString, " 12 "), words(typeVarString, "0x10"),
		words(typeVarString, "many"), words(typeVarString, "gold"), words(typeVarString, "2024-02-30"), words(typeVarString, "\xff\xfe"), words(typeVarString, strings.Repeat("long ", 80)),
		words(typeVarString, `{"amount": 100, "pages": 3, "city": "Oslo"}`), words(typeJSON, `{"amount": null}`), words(typeVarString, `{"nothing": 1}`), words(typeVarString, "null"), words(typeVarString, "{"),
		words(typeBit, "\x01"), instant(typeDate, 2023, 7, 9, 0, 0, 0, 0), instant(typeDatetime, 2024, 2, 29, 23, 59, 59, 0), instant(typeTimestamp, 2024, 1, 1, 0, 0, 1, 250000),
		instant(typeDate, 0, 0, 0, 0, 0, 0, 0), {"no time", typeTime, []byte{0}}, {"a time", typeTime, []byte{8, 0, 0, 0, 0, 0, 11, 12, 13}}, {"an empty instant", typeDatetime, []byte{0}}}
	for _, n := range []int64{0, 1, -1, 2, 17, 100, 127, -128} {
		out = append(out, integer(typeTiny, n), integer(typeLongLong, n))
	}
	for _, n := range []int64{128, 255, 256, 400, 401, 32767, 32768, 65535, 65536, 1<<31 - 1, 1 << 31, 1<<32 - 1, 1 << 32, 1<<53 + 1, 1<<63 - 1, -129, -32769, -1 << 31, -1<<31 - 1, -1 << 63} {
		out = append(out, integer(typeLongLong, n))
	}
	return append(out, integer(typeTiny|unsigned, 200), integer(typeShort, -300), integer(typeShort|unsigned, 65535), integer(typeLong, -5), integer(typeLong|unsigned, -1),
		integer(typeInt24, 9), integer(typeYear, 2024), integer(typeLongLong|unsigned, -1), integer(typeLongLong|unsigned, 5))
}

// TestPointsAreTheEngines executes statements with values of every type, once by the engine and then past it: each byte of the answer, the warnings and the counters are the same.
func TestPointsAreTheEngines(t *testing.T) {
	shop(t)
	c := tapInto(t, "root", "shop")
	do(t, c.Conn, "SET @@session.sql_mode = 'STRICT_TRANS_TABLES'")
	nine := strings.TrimSuffix(strings.Repeat("?, ", 9), ", ")
	values := pointValues()
	r := rand.New(rand.NewPCG(5, 6))
	good := [][]value{
		{double(90), integer(typeLongLong, 3), words(typeNewDec, "12.30"), words(typeVarString, "Oslo"), words(typeVarString, "gold"), instant(typeDate, 2023, 7, 9, 0, 0, 0, 0),
			instant(typeDatetime, 2024, 2, 28, 13, 0, 0, 0), integer(typeLongLong, 1<<53+9), integer(typeTiny, 1)},
		{integer(typeTiny, 90), words(typeVarString, "3"), double(12.3), null, words(typeVarString, "silver"), words(typeVarString, "2021-01-01"), words(typeVarString, "2021-01-01 10:00:00"),
			null, integer(typeTiny, 0)},
	}
	var answered int64
	for _, s := range []struct {
		text   string
		params int
	}{
		{"SELECT PREDICT('one', ?)", 1},
		{"SELECT PREDICT_PROBA('one', ?) AS p, ? AS given, 'text', 1.5, NULL, PREDICT_ALL('one', ?)", 3},
		{"SELECT PREDICT_PROBA('one', '1', ?), PREDICT_PROBA('one', ?, 100)", 2},
		{"SELECT PREDICT('bought', ?)", 1},
		{"SELECT PREDICT_PROBA('kind', 'tea', ?) p, MODEL_VERSION('kind')", 1},
		{"SELECT PREDICT_PROBA('kind', ?, ?)", 2},
		{"SELECT PREDICT('bought', " + nine + ")", 9},
		{"SELECT PREDICT('kind', " + nine + "), MODEL_VERSION('shop.kind@1')", 9},
		{"select predict('grade', " + nine + "), ?", 10},
		{"SELECT PREDICT('spend', " + nine + ") AS `the price`", 9},
		{"SELECT PREDICT('items', " + nine + "), PREDICT('rating', " + nine + ")", 18},
		{"SELECT PREDICT_ALL('grade', " + nine + ")", 9},
		{"SELECT PREDICT_PROBA('kind', ?, " + nine + ")", 10},
		{"SELECT PREDICT('SHOP.Bought@1', 90, 3, 12.30, 'Oslo', ?, '2023-07-09', ?, ?, 1) FROM dual", 3},
		{"SELECT PREDICT('strict', ?, ?, ?)", 3},
		{"SELECT PREDICT('bought', ?, ?)", 2},
		{"SELECT PREDICT('one', 1), MODEL_VERSION('one') LIMIT 1;", 0},
		{"SELECT PREDICT('one') FROM visits WHERE id = ?", 1},
		{"SELECT PREDICT('strict'), PREDICT('strict') FROM visits WHERE ? = id LIMIT 1", 1},
		{"SELECT id, v.*, PREDICT('bought', v) FROM visits v WHERE id = ?", 1},
		{"SELECT id, amount, pages, price, city, tier, day, seen, big, flag, bought, kind, grade, spend, items, rating, PREDICT('bought'), PREDICT_ALL('kind') AS a FROM shop.visits WHERE (id = ?)", 1},
		{"SELECT PREDICT_PROBA('kind', ?, v) AS p, v.city AS town FROM visits AS v WHERE v.id = ?", 2},
		{"SELECT PREDICT('one', amount), PREDICT('one', ?), ? FROM visits WHERE id = 17", 2},
		{"SELECT PREDICT('one', pages), kind FROM visits WHERE id = 9999", 0},
		{"SELECT PREDICT('one', nothing) FROM visits WHERE id = ?", 1},
		{"SELECT PREDICT('one') FROM visits WHERE amount = ?", 1},
	} {
		number, _, err := c.prepare(t, s.text)
		if err != nil {
			if !strings.Contains(s.text, "nothing") && !strings.Contains(s.text, "v.*") && !strings.Contains(s.text, "'bought', ?, ?)") && !strings.Contains(s.text, "strict") {
				t.Errorf("%s: %v", s.text, err)
			}
			continue
		}
		try := func(given []value) {
			names := make([]string, len(given))
			for i, v := range given {
				names[i] = v.name
			}
			answered += c.compared(t, s.text+" with "+strings.Join(names, "; "), number, given)
		}
		if s.params == 0 {
			try(nil)
			continue
		}
		for round := range 6 {
			given := make([]value, s.params)
			for i := range given {
				given[i] = values[r.IntN(len(values))]
				if s.params >= 9 && round < 4 {
					given[i] = good[round%2][i%9]
				}
			}
			try(given)
		}
		for _, v := range values {
			given := make([]value, s.params)
			for i := range given {
				given[i] = good[0][i%9]
			}
			given[r.IntN(s.params)] = v
			try(given)
		}
	}
	t.Logf("%d executions were answered past the engine", answered)
	if answered < 500 {
		t.Errorf("only %d executions were answered past the engine", answered)
	}
}

// TestPointsByShape holds which statements are answered past the engine.
func TestPointsByShape(t *testing.T) {
	root, db := scratch(t)
	makeVisits(t, root, "bought")
	release(t, root, "one", "PREDICT bought FROM visits KEY (id) FEATURES (amount)")
	do(t, root, "CREATE VIEW seen AS SELECT * FROM visits", "CREATE TABLE pair (a INT, b VARCHAR(10), c BIGINT UNSIGNED, amount DOUBLE, PRIMARY KEY (b, a))", "INSERT INTO pair VALUES (1, 'x', 5, 1), (2, 'x', 6, 200), (1, 'y', 7, NULL)",
		"CREATE TABLE folded (b VARCHAR(10) COLLATE utf8mb4_0900_ai_ci PRIMARY KEY, amount DOUBLE)", "INSERT INTO folded VALUES ('x', 1)", "CREATE TABLE loose (id INT, amount DOUBLE)", "INSERT INTO loose VALUES (1, 1)",
		"CREATE TABLE exact (id DECIMAL(5,1) PRIMARY KEY, amount DOUBLE)", "INSERT INTO exact VALUES (1, 1)", "CREATE TABLE made (id INT PRIMARY KEY, x DOUBLE, amount DOUBLE AS (x + 1))", "INSERT INTO made (id, x) VALUES (1, 1)",
		"CREATE TABLE wide (id BIGINT, amount FLOAT, a TEXT, b LONGTEXT, c BLOB, d JSON, e TIME, f YEAR, g BIT(9), h SET('x','y','z'), i TIMESTAMP NULL, j CHAR(5), k VARBINARY(9), l DECIMAL(30,8), m DATETIME(6), n TINYINT UNSIGNED, PRIMARY KEY (id))",
		"INSERT INTO wide VALUES (1, 1.1, 'text', REPEAT('long ', 5000), x'00ff', '{\"a\": [1, 2]}', '-12:34:56.789', 2024, b'101010101', 'x,z', '2024-02-29 12:00:00', 'c', x'0001', 1234567890.12345678, '2024-02-29 12:00:00.123456', 255), (-2, NULL, '', NULL, '', 'null', NULL, NULL, 0, '', NULL, '', NULL, NULL, NULL, NULL)",
		"CREATE TABLE unsigned_key (id TINYINT UNSIGNED PRIMARY KEY, amount DOUBLE)", "INSERT INTO unsigned_key VALUES (200, 1)", "CALL dolt_commit('-Am', 'all')")
	c := tapInto(t, "root", db)
	one := integer(typeLongLong, 1)
	x := words(typeVarString, "x")
	for _, s := range []struct {
		text   string
		values []value
		want   bool
	}{
		{"SELECT PREDICT('one', ?)", []value{one}, true},
		{"SELECT PREDICT('" + db + ".one@1', ?) AS p", []value{one}, true},
		{"SELECT PREDICT_PROBA('one', ?), PREDICT_ALL('one', ?), MODEL_VERSION('one'), ?", []value{one, one, one}, true},
		{"SELECT PREDICT('bought', ?)", []value{words(typeVarString, `{"amount": 1}`)}, true},
		{"SELECT MODEL_VERSION('one')", nil, true},
		{"SELECT PREDICT('one') FROM visits WHERE id = ?", []value{one}, true},
		{"SELECT id, PREDICT('one', visits) p FROM visits WHERE id = ? LIMIT 1", []value{one}, true},
		{"SELECT PREDICT('one', a) FROM visits a WHERE a.id = ?", []value{one}, true},
		{"SELECT PREDICT('one', pages) FROM visits WHERE id = 3", nil, true},
		{"SELECT PREDICT('one') FROM visits WHERE id = ?", []value{integer(typeLongLong, 123456)}, true},
		{"SELECT PREDICT('one'), c FROM pair WHERE a = ? AND b = ?", []value{one, x}, true},
		{"SELECT PREDICT('one') FROM pair WHERE b = 'x' AND ? = a", []value{one}, true},
		{"SELECT PREDICT('one') FROM unsigned_key WHERE id = ?", []value{integer(typeLongLong, 200)}, true},
		{"SELECT PREDICT('one'), a, b, c, d, e, f, g, h, i, j, k, l, m, n, amount, id FROM wide WHERE id = ?", []value{one}, true},
		{"SELECT PREDICT('one'), a, b, c, d, e, f, g, h, i, j, k, l, m, n, amount, id FROM wide WHERE id = ?", []value{integer(typeTiny, -2)}, true},
		{"SELECT PREDICT('one', b) FROM wide WHERE id = 1", nil, false}, // an error

		{"SELECT PREDICT(?, 1)", []value{words(typeVarString, "one")}, false},
		{"SELECT PREDICT('one', ? + 1)", []value{one}, false},
		{"SELECT 1 + PREDICT('one', ?)", []value{one}, false},
		{"SELECT DISTINCT PREDICT('one', ?)", []value{one}, false},
		{"SELECT PREDICT('one', ?) UNION ALL SELECT PREDICT('one', 2)", []value{one}, false},
		{"SELECT PREDICT('one', ?) LIMIT 0", []value{one}, false},
		{"SELECT COUNT(*), MAX(PREDICT('one', ?))", []value{one}, false},
		{"SELECT PREDICT('one') FROM visits WHERE id > ? LIMIT 1", []value{one}, false},
		{"SELECT PREDICT('one') FROM visits WHERE id = ? OR id = 2", []value{one}, false},
		{"SELECT PREDICT('one') FROM visits WHERE id = ? AND pages = 5", []value{one}, false},
		{"SELECT PREDICT('one') FROM visits WHERE id = ? AND id = 2", []value{one}, false},
		{"SELECT PREDICT('one') FROM visits WHERE id = ? ORDER BY id", []value{one}, false},
		{"SELECT PREDICT('one') FROM visits WHERE id = ? GROUP BY amount", []value{one}, false},
		{"SELECT PREDICT('one') FROM visits WHERE id = ? FOR UPDATE", []value{one}, false},
		{"SELECT PREDICT('one') FROM visits AS OF 'HEAD' WHERE id = ?", []value{one}, false},
		{"SELECT PREDICT('one') FROM seen WHERE id = ?", []value{one}, false},
		{"SELECT PREDICT('one', v) FROM visits v JOIN pair USING (amount) WHERE id = ?", []value{one}, false},
		{"SELECT PREDICT('one') FROM (SELECT * FROM visits) v WHERE id = ?", []value{one}, false},
		{"SELECT PREDICT('one') FROM pair WHERE a = ?", []value{one}, false},
		{"SELECT PREDICT('one') FROM pair WHERE b = ?", []value{x}, false},
		{"SELECT PREDICT('one') FROM pair WHERE b = ? AND a = 1", []value{words(typeVarString, "much too long for b")}, false},
		{"SELECT PREDICT('one') FROM folded WHERE b = ?", []value{words(typeVarString, "X")}, false},
		{"SELECT PREDICT('one') FROM loose WHERE id = ?", []value{one}, false},
		{"SELECT PREDICT('one') FROM exact WHERE id = ?", []value{one}, false},
		{"SELECT PREDICT('one') FROM made WHERE id = ?", []value{one}, false},
		{"SELECT PREDICT('one') FROM unsigned_key WHERE id = ?", []value{integer(typeLongLong, -56)}, false},
		{"SELECT PREDICT('one') FROM unsigned_key WHERE id = ?", []value{integer(typeLongLong, 456)}, false},
		{"SELECT PREDICT('one') FROM visits WHERE id = ?", []value{words(typeVarString, "1")}, false},
		{"SELECT PREDICT('one') FROM visits WHERE id = ?", []value{double(1)}, false},
		{"SELECT PREDICT('one') FROM visits WHERE id = ?", []value{null}, false},
	} {
		number, _, err := c.prepare(t, s.text)
		if err != nil {
			t.Errorf("%s: %v", s.text, err)
			continue
		}
		want := int64(0)
		if s.want {
			want = 2
		}
		if got := c.compared(t, s.text, number, s.values); got != want {
			t.Errorf("%s: %d of 2 executions were answered past the engine, want %d", s.text, got, want)
		}
		left := func() string {
			before := counters(t, c)
			c.execute(t, number, s.values)
			found := all(t, c.Conn, "SELECT FOUND_ROWS(), ROW_COUNT(), @@autocommit")
			after := counters(t, c)
			return fmt.Sprint(found, after[0]-before[0], after[1]-before[1])
		}
		got := left()
		var engine string
		slowly(func() { engine = left() })
		if got != engine {
			t.Errorf("%s: leaves %s, the engine %s", s.text, got, engine)
		}
	}
	if !slices.Contains(column(t, root, "SHOW TABLES"), "pair") {
		t.Error("the tables are gone")
	}
}
