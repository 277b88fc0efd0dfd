package rows_test

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"aibms/learners/data"
	"aibms/server"
	"aibms/server/engine"
	"aibms/server/lifecycle"
	"aibms/server/rows"
)

// TestScanReadsWhatTheEngineReads holds the direct scan against the engine's iterators, for every type, with NULLs, several keys, and the states of a table in the past.
func TestScanReadsWhatTheEngineReads(t *testing.T) {
	s, err := server.Start(context.Background(), engine.Config{DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop(context.Background())
	ctx, end, err := s.Session(context.Background(), "", "", "", "test")
	if err != nil {
		t.Fatal(err)
	}
	defer end()
	run := func(statements ...string) {
		t.Helper()
		for _, q := range statements {
			if err := s.Run(ctx, q); err != nil {
				t.Fatalf("%.80s: %v", q, err)
			}
		}
	}
	columns := []string{"b BOOL", "i1 TINYINT", "u1 TINYINT UNSIGNED", "i2 SMALLINT", "u2 SMALLINT UNSIGNED", "i4 INT", "u4 INT UNSIGNED", "i8 BIGINT", "u8 BIGINT UNSIGNED", "f FLOAT",
		"d DOUBLE", "m DECIMAL(20,6)", "y YEAR", "bit1 BIT(1)", "v VARCHAR(20)", "c CHAR(4)", "txt TEXT", "e ENUM('b','a')", "st SET('x','y')", "dt DATE", "ts DATETIME(6)", "tm TIME(6)"}
	run("CREATE DATABASE d", "USE d", "CREATE TABLE t (k1 INT, k2 VARCHAR(8), "+strings.Join(columns, ", ")+", PRIMARY KEY (k1, k2))", "CREATE TABLE one (id BIGINT PRIMARY KEY, x DOUBLE)")
	for i := 0; i < 300; i++ {
		row := []string{fmt.Sprint((i * 7919) % 97), fmt.Sprintf("'k%d'", i)}
		for j := range columns {
			if (i+j)%11 == 0 {
				row = append(row, "NULL")
				continue
			}
			sign := 1 - 2*(i%2)
			row = append(row, []string{fmt.Sprint(i % 2), fmt.Sprint(sign * i % 100), fmt.Sprint(i % 256), fmt.Sprint(sign * i * 90), fmt.Sprint(i * 200), fmt.Sprint(sign * i * 7000000), fmt.Sprint(i * 14000000),
				fmt.Sprint(sign * i * 30000000000000000), fmt.Sprintf("%d", uint64(i)*60000000000000000), fmt.Sprint(float32(sign) * float32(i) / 7), fmt.Sprint(float64(sign) * float64(i) / 7),
				fmt.Sprintf("%d.%06d", sign*i*1000, i), fmt.Sprint(1901 + i%250), fmt.Sprint(i % 2), fmt.Sprintf("'é%d'", i%13), fmt.Sprintf("'%d'", i%9), fmt.Sprintf("'text %d'", i%5),
				[]string{"'a'", "'b'"}[i%2], []string{"'x'", "'x,y'"}[i%2], fmt.Sprintf("'2020-01-%02d'", 1+i%28), fmt.Sprintf("'2020-01-%02d 10:11:12.%06d'", 1+i%28, i), fmt.Sprintf("'%02d:11:12.5'", i%24)}[j])
		}
		run("INSERT INTO t VALUES ("+strings.Join(row, ", ")+")", fmt.Sprintf("INSERT INTO one VALUES (%d, %d.5)", (i*7919)%1009-500, i))
	}
	run("CALL dolt_commit('-Am', 'rows')", "DELETE FROM one WHERE id < 0")

	var names []string
	for _, c := range columns {
		name, _, _ := strings.Cut(c, " ")
		names = append(names, name)
	}
	fast, parallel, slow := *s.Reader(), *s.Reader(), *s.Reader()
	fast.Workers, parallel.Workers, slow.SlowScan = 1, 4, true
	for name, c := range map[string]struct {
		source lifecycle.Source
		want   lifecycle.Want
	}{
		"every type":        {lifecycle.Source{Query: "SELECT * FROM d.t"}, lifecycle.Want{Inputs: names, Keys: []string{"k1", "k2"}, Targets: []string{"v"}, Kind: data.Categorical, Slices: []string{"e"}, WithHash: true}},
		"numbers and texts": {lifecycle.Source{Query: "SELECT * FROM d.t"}, lifecycle.Want{Inputs: []string{"b", "v", "i1", "u8", "c", "f", "k2", "d"}, Keys: []string{"k1", "k2"}, Targets: []string{"i4"}, Kind: data.Categorical, WithHash: true}},
		"unordered texts":   {lifecycle.Source{Query: "SELECT * FROM d.t"}, lifecycle.Want{Inputs: []string{"v", "i2", "d"}, Keys: []string{"v", "u1"}, WithHash: true}},
		"unordered key":     {lifecycle.Source{Query: "SELECT * FROM d.t"}, lifecycle.Want{Inputs: names[:3], Keys: []string{"ts"}, Weight: "d", Split: "c", Time: "ts", WithHash: true}},
		"some columns":      {lifecycle.Source{Query: "SELECT d, k2, k1 FROM d.t"}, lifecycle.Want{Inputs: []string{"d"}, Keys: []string{"k2"}, WithHash: true}},
		"unqualified":       {lifecycle.Source{Query: "SELECT * FROM one", Database: "d"}, lifecycle.Want{Inputs: []string{"x"}, Keys: []string{"id"}, WithHash: true}},
		"in the past":       {lifecycle.Source{Query: "SELECT * FROM one", Database: "d", AsOf: "HEAD"}, lifecycle.Want{Inputs: []string{"x"}, Keys: []string{"id"}, WithHash: true}},
		"expressions":       {lifecycle.Source{Query: "SELECT * FROM d.t"}, lifecycle.Want{Inputs: []string{"d * 2", "UPPER(v)"}, Keys: []string{"k1", "k2"}, WithHash: true}},
		"without a key":     {lifecycle.Source{Query: "SELECT * FROM d.t"}, lifecycle.Want{Inputs: []string{"d"}, WithHash: true}},
		"a list of columns": {lifecycle.Source{Query: "SELECT v AS label, d, k1, k2, m FROM d.t AS x"}, lifecycle.Want{Inputs: []string{"d", "m"}, Keys: []string{"k1", "k2"}, Targets: []string{"label"}, Kind: data.Categorical, WithHash: true}},
		"a filter":          {lifecycle.Source{Query: "SELECT * FROM d.t WHERE d > -3 AND v IS NOT NULL AND dt >= '2020-01-05'"}, lifecycle.Want{Inputs: names, Keys: []string{"k1", "k2"}, WithHash: true}},
		"a filter of all":   {lifecycle.Source{Query: "SELECT * FROM d.t WHERE i4 > i4 + 1 OR k2 = 'k7'"}, lifecycle.Want{Inputs: names, Keys: []string{"k1", "k2"}, WithHash: true}},
		"a computed column": {lifecycle.Source{Query: "SELECT k1, k2, d * 2 AS twice, CONCAT(v, c) AS vc FROM d.t WHERE u2 % 3 = 1"}, lifecycle.Want{Inputs: []string{"twice", "vc", "twice + 1"}, Keys: []string{"k2", "k1"}, WithHash: true}},
		"a computed key":    {lifecycle.Source{Query: "SELECT k1 * 1000 + u1 AS k, d FROM d.t"}, lifecycle.Want{Inputs: []string{"d"}, Keys: []string{"k"}, WithHash: true}},
		"a derived table":   {lifecycle.Source{Query: "SELECT q.e2, q.k1, q.k2 FROM (SELECT d AS e1, d / 2 AS e2, k1, k2 FROM d.t WHERE d > 0) AS q WHERE q.e1 < 30"}, lifecycle.Want{Inputs: []string{"e2"}, Keys: []string{"k1", "k2"}, WithHash: true}},
		"a limit":           {lifecycle.Source{Query: "SELECT * FROM d.t LIMIT 17"}, lifecycle.Want{Inputs: names, Keys: []string{"k1", "k2"}, WithHash: true}},
		"a range of keys":   {lifecycle.Source{Query: "SELECT * FROM d.one WHERE id > 10 AND x > 30"}, lifecycle.Want{Inputs: []string{"x"}, Keys: []string{"id"}, WithHash: true}},
		"a filter of a key": {lifecycle.Source{Query: "SELECT id, x FROM d.one WHERE id % 2 = 0"}, lifecycle.Want{Inputs: []string{"x"}, Keys: []string{"id"}, WithHash: true}},
		"more than a table": {lifecycle.Source{Query: "SELECT t.d, one.id FROM d.t JOIN d.one ON one.id = t.k1"}, lifecycle.Want{Inputs: []string{"d"}, Keys: []string{"id"}, WithHash: true}},
	} {
		t.Run(name, func(t *testing.T) {
			want, err := slow.Read(ctx, c.source, c.want)
			if err != nil {
				t.Fatal(err)
			}
			for workers, reader := range map[int]*rows.Reader{fast.Workers: &fast, parallel.Workers: &parallel} {
				got, err := reader.Read(ctx, c.source, c.want)
				if err != nil {
					t.Fatal(err)
				}
				if got.Data.Rows == 0 || got.Hash != want.Hash || !reflect.DeepEqual(got.ID, want.ID) {
					t.Errorf("%d workers: %d and %d rows, hashes %s and %s", workers, got.Data.Rows, want.Data.Rows, got.Hash, want.Hash)
				}
			}
		})
	}
	for name, c := range map[string]struct {
		source lifecycle.Source
		want   lifecycle.Want
	}{
		"a value that is no number": {lifecycle.Source{Query: "SELECT * FROM d.t"}, lifecycle.Want{Inputs: []string{"d"}, Weight: "v", Keys: []string{"k1", "k2"}}},
		"too many rows":             {lifecycle.Source{Query: "SELECT * FROM d.t WHERE d > 0"}, lifecycle.Want{Inputs: []string{"d"}, Keys: []string{"k1", "k2"}, MaxRows: 20}},
		"too much memory":           {lifecycle.Source{Query: "SELECT * FROM d.t"}, lifecycle.Want{Inputs: names, Keys: []string{"k1", "k2"}, MaxBytes: 40_000}},
		"too many texts":            {lifecycle.Source{Query: "SELECT * FROM d.t"}, lifecycle.Want{Inputs: []string{"k2"}, Keys: []string{"k1", "k2"}, MaxBytes: 20_000}},
	} {
		t.Run(name, func(t *testing.T) {
			_, want := slow.Read(ctx, c.source, c.want)
			for workers, reader := range map[int]*rows.Reader{fast.Workers: &fast, parallel.Workers: &parallel} {
				if _, err := reader.Read(ctx, c.source, c.want); err == nil || want == nil || err.Error() != want.Error() {
					t.Errorf("%d workers: %v, want %v", workers, err, want)
				}
			}
		})
	}
}

// TestReadAgain: what is read again from tables of the same content is not read at all; anything that could change the rows makes it be read.
func TestReadAgain(t *testing.T) {
	s, err := server.Start(context.Background(), engine.Config{DataDir: t.TempDir(), DatasetCacheMB: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop(context.Background())
	ctx, end, err := s.Session(context.Background(), "", "", "", "test")
	if err != nil {
		t.Fatal(err)
	}
	defer end()
	run := func(statements ...string) {
		t.Helper()
		for _, q := range statements {
			if err := s.Run(ctx, q); err != nil {
				t.Fatalf("%.80s: %v", q, err)
			}
		}
	}
	run("CREATE DATABASE d", "USE d", "CREATE TABLE a (id INT PRIMARY KEY, x DOUBLE, at DATETIME)", "CREATE TABLE b (id INT PRIMARY KEY, y DOUBLE)", "INSERT INTO a VALUES (1, 1.5, '2024-01-01'), (2, 2.5, NULL)", "INSERT INTO b VALUES (1, 7), (2, 8)",
		"CREATE VIEW v AS SELECT id, x FROM a WHERE x > 1", "CALL dolt_commit('-Am', 'rows')", "SET @k = 1")
	want := lifecycle.Want{Inputs: []string{"x"}, Keys: []string{"id"}, WithHash: true}
	read := func(query string, w lifecycle.Want) *lifecycle.Table {
		t.Helper()
		table, err := s.Reader().Read(ctx, lifecycle.Source{Query: query, Database: "d"}, w)
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		return table
	}
	for _, c := range []struct {
		query, change string
		same          bool
	}{
		{"SELECT * FROM a", "", true},
		{"SELECT * FROM a", "INSERT INTO b VALUES (3, 9)", true}, // another table
		{"SELECT * FROM a", "UPDATE a SET x = 3 WHERE id = 2", false},
		{"SELECT * FROM a", "ALTER TABLE a ADD COLUMN z INT", false},
		{"SELECT a.id, x, y FROM a JOIN b ON a.id = b.id", "", true},
		{"SELECT a.id, x, y FROM a JOIN b ON a.id = b.id", "DELETE FROM b WHERE id = 2", false},
		{"SELECT id, x FROM a WHERE id IN (SELECT id FROM b)", "INSERT INTO b VALUES (2, 5)", false},
		{"SELECT * FROM v", "", true},
		{"SELECT * FROM v", "CREATE OR REPLACE VIEW v AS SELECT id, x FROM a WHERE x > 2", false},
		{"SELECT id, x FROM a WHERE x >= @k", "SET @k = 2", false},
		{"SELECT id, x FROM a WHERE id >= @k", "SET @k = 1", false},
		{"SELECT id, x FROM a WHERE at IS NULL OR at < NOW()", "", false},
		{"SELECT id, UNIX_TIMESTAMP(at) AS x FROM a", "SET time_zone = '+05:00'", false},
	} {
		before := read(c.query, want)
		if c.change != "" {
			run(c.change)
		}
		if after := read(c.query, want); (after == before) != c.same {
			t.Errorf("%s, then %q, read again: the same table is %v, want %v", c.query, c.change, after == before, c.same)
		}
	}
	table := read("SELECT * FROM a", want)
	run("UPDATE a SET x = 4", "UPDATE a SET x = 1.5 WHERE id = 1", "UPDATE a SET x = 3 WHERE id = 2")
	if read("SELECT * FROM a", want) != table {
		t.Error("the rows are what they were, and were read again")
	}
	other := want
	other.Inputs = []string{"x", "x * 2"}
	if read("SELECT * FROM a", other) == table {
		t.Error("other inputs, and the same table")
	}
	limited := want
	limited.MaxRows = 1
	if _, err := s.Reader().Read(ctx, lifecycle.Source{Query: "SELECT * FROM a", Database: "d"}, limited); err == nil {
		t.Error("a kept table of 2 rows passes the limit of 1")
	}
	limited = want
	limited.MaxBytes = 10
	if _, err := s.Reader().Read(ctx, lifecycle.Source{Query: "SELECT * FROM a", Database: "d"}, limited); err == nil {
		t.Error("a kept table passes the limit of 10 bytes")
	}
	// 40,000 rows take more than half of the budget: the second such table makes the first one go
	run("CREATE TABLE n (id INT PRIMARY KEY)", "INSERT INTO n VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)",
		"CREATE TABLE big (id INT PRIMARY KEY, x DOUBLE)", "INSERT INTO big SELECT a.id + 10 * b.id + 100 * c.id + 1000 * d.id + 10000 * e.id, a.id FROM n a, n b, n c, n d, n e WHERE e.id < 4",
		"CREATE TABLE big2 (id INT PRIMARY KEY, x DOUBLE)", "INSERT INTO big2 SELECT id, x + 1 FROM big")
	first := read("SELECT * FROM big", want)
	if read("SELECT * FROM big", want) != first {
		t.Error("a table within the budget was not kept")
	}
	read("SELECT * FROM big2", want)
	if read("SELECT * FROM big", want) == first {
		t.Error("more is kept than the budget allows")
	}
}
