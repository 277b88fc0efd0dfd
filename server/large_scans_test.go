package server_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestLargeTablesAnswerAlike holds reading past the storage's cache against the engine's own way, for every type and for what stands above a table, and checks which way was taken.
func TestLargeTablesAnswerAlike(t *testing.T) {
	c, name := scratch(t)
	do(t, c, `CREATE TABLE things (id INT PRIMARY KEY, b BOOL, u BIGINT UNSIGNED, f FLOAT, d DOUBLE, m DECIMAL(20,6), y YEAR, bits BIT(5), v VARCHAR(20), c CHAR(4) COLLATE utf8mb4_general_ci,
		txt TEXT, bin VARBINARY(8), big BLOB, e ENUM('b','a'), st SET('x','y'), dt DATE, ts DATETIME(6), tm TIME(6), j JSON, twice INT AS (id * 2) STORED, KEY (v))`,
		"CREATE TABLE loose (a INT, b TEXT)", "CREATE TABLE pairs (k1 VARCHAR(8), k2 INT, x DOUBLE, PRIMARY KEY (k1, k2))", "CREATE TABLE nothing (id INT PRIMARY KEY)",
		"CREATE TABLE derived (id INT PRIMARY KEY, thrice INT AS (id * 3) VIRTUAL)", "CREATE VIEW seen AS SELECT id, UPPER(v) AS w FROM things WHERE id % 2 = 0")
	var things, loose, pairs, derived []string
	for i := range 400 {
		null := func(k int, v string) string {
			if (i+k)%7 == 0 {
				return "NULL"
			}
			return v
		}
		things = append(things, fmt.Sprintf("(%d, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)", (i*7919)%1009, null(1, fmt.Sprint(i%2)), null(2, fmt.Sprint(uint64(i)*40000000000000000)),
			null(3, fmt.Sprint(float32(i)/7)), null(4, fmt.Sprint(float64(i)/-3)), null(5, fmt.Sprintf("%d.%06d", i-200, i)), null(6, fmt.Sprint(1950+i%100)), null(7, fmt.Sprint(i%32)),
			null(8, fmt.Sprintf("'v%d'", i%23)), null(9, fmt.Sprintf("'%c'", 'a'+i%26)), null(10, fmt.Sprintf("'%s %d'", strings.Repeat("long ", i%9*200), i)), null(11, fmt.Sprintf("X'%04X'", i)),
			null(12, fmt.Sprintf("REPEAT('blob', %d)", 1+i%2000)), null(13, []string{"'a'", "'b'"}[i%2]), null(14, []string{"'x'", "'x,y'"}[i%2]), null(15, fmt.Sprintf("'2020-02-%02d'", 1+i%28)),
			null(16, fmt.Sprintf("'2020-02-%02d 10:11:12.%06d'", 1+i%28, i)), null(17, fmt.Sprintf("'%02d:11:12.5'", i%24)), null(18, fmt.Sprintf(`'{"a": %d, "b": ["x", null]}'`, i))))
		loose = append(loose, fmt.Sprintf("(%d, 'row %d')", i%5, i%3))
		pairs = append(pairs, fmt.Sprintf("('k%d', %d, %d.5)", i%9, i, i))
		derived = append(derived, fmt.Sprintf("(%d)", i))
	}
	do(t, c, "INSERT INTO things (id, b, u, f, d, m, y, bits, v, c, txt, bin, big, e, st, dt, ts, tm, j) VALUES "+strings.Join(things, ", "), "INSERT INTO loose VALUES "+strings.Join(loose, ", "),
		"INSERT INTO pairs VALUES "+strings.Join(pairs, ", "), "INSERT INTO derived (id) VALUES "+strings.Join(derived, ", "), "CALL dolt_commit('-Am', 'rows')", "DELETE FROM pairs WHERE k2 < 100",
		"SET @@autocommit = 0", "UPDATE things SET v = 'not committed' WHERE id < 50")
	past, whole := &running.LargeScans, "past the cache"
	for _, x := range []struct{ way, statement string }{
		{whole, "SELECT * FROM things"},
		{whole, "SELECT d, v, id FROM things AS t WHERE d > -50 AND c IS NOT NULL"},
		{whole, "SELECT v, COUNT(*), SUM(d), MAX(ts), GROUP_CONCAT(id) FROM things GROUP BY v HAVING COUNT(*) > 3 ORDER BY v"},
		{whole, "SELECT DISTINCT e, c FROM things ORDER BY e, c"},
		{whole, "SELECT id, LENGTH(txt), MD5(big), j->'$.b' FROM things ORDER BY m DESC, id LIMIT 20 OFFSET 3"},
		{whole, "SELECT * FROM pairs"},
		{whole, "SELECT x FROM pairs LIMIT 7"},
		{whole, "SELECT * FROM nothing"},
		{whole, "SELECT COUNT(x), AVG(x) FROM pairs AS OF 'HEAD'"},
		{whole, "SELECT id, (SELECT MAX(x) FROM pairs) FROM things WHERE e = 'a'"},
		{"", "SELECT a, b FROM loose"},
		{"", "SELECT * FROM derived WHERE id < 100"},
		{"", "SELECT * FROM things WHERE id = 7919 % 1009"},
		{"", "SELECT id FROM things WHERE v = 'v3' ORDER BY id"},
		{"", "SELECT t.id, p.x FROM things t JOIN pairs p ON p.k2 = t.id ORDER BY t.id, p.k1"},
		{whole, "SELECT COUNT(*) FROM things t WHERE NOT EXISTS (SELECT 1 FROM pairs p WHERE p.x > t.d)"},
		{whole, "SELECT COUNT(w), MAX(w) FROM seen"},
		{whole, "SELECT id FROM things UNION SELECT k2 FROM pairs ORDER BY id"},
	} {
		past.All.Store(true)
		before := past.Read.Load()
		got := outcomeOf(t, c, x.statement)
		read := past.Read.Load() - before
		past.All.Store(false)
		if (read > 0) != (x.way == whole) {
			t.Errorf("%s: %d tables were read past the cache", x.statement, read)
		}
		past.Off.Store(true)
		if want := outcomeOf(t, c, x.statement); got != want {
			t.Errorf("%s\npast the cache:\n%.1500s\nthrough it:\n%.1500s", x.statement, got, want)
		}
		past.Off.Store(false)
	}
	// statements that write read alike, whichever way they take
	past.All.Store(true)
	defer past.All.Store(false)
	do(t, c, "CREATE TABLE copied AS SELECT * FROM pairs", "INSERT INTO nothing SELECT id FROM things", "UPDATE pairs SET x = x + 1", "DELETE FROM pairs WHERE x > 300")
	if got := one(t, c, "SELECT COUNT(*) FROM nothing"); got != "400" {
		t.Errorf("%s rows were copied, want 400", got)
	}
	if got := one(t, c, "SELECT CONCAT(COUNT(*), ' ', SUM(x - k2)) FROM pairs"); got != "199 298.5" {
		t.Errorf("updated and deleted rows: %s", got)
	}
	do(t, c, "COMMIT", "USE "+name)
}
