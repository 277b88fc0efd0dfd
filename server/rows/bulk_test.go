package rows_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/dolthub/go-mysql-server/sql"

	"aibms/server"
	"aibms/server/engine"
)

// TestBulkWriteEqualsTheEnginesWriter runs the same statements with and without bulk writing and compares tables, row counts and errors.
func TestBulkWriteEqualsTheEnginesWriter(t *testing.T) {
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
	// run returns the outcome of a statement as text: its error, or the rows it gives
	run := func(q string) string {
		_, iter, err := s.Query(ctx, q)
		if err != nil {
			return err.Error()
		}
		var out strings.Builder
		for {
			row, err := iter.Next(ctx)
			if err == io.EOF {
				break
			}
			if err != nil {
				iter.Close(ctx)
				return out.String() + err.Error()
			}
			fmt.Fprintln(&out, sql.FormatRow(row))
		}
		if err := iter.Close(ctx); err != nil {
			return out.String() + err.Error()
		}
		return out.String()
	}
	rng := rand.New(rand.NewPCG(1, 2))
	values := func(n int, id func(i int) int) string {
		var rows []string
		for i := 0; i < n; i++ {
			rows = append(rows, fmt.Sprintf("(%d, %g, 'name %d', '2024-01-%02d', %d.25)", id(i), rng.NormFloat64(), i%7, 1+i%28, i))
		}
		return strings.Join(rows, ", ")
	}
	up := values(500, func(i int) int { return i })
	down := values(300, func(i int) int { return 5000 - i })
	mixed := values(300, func(i int) int { return 2000 + (i*7919)%1009 })
	twice := values(200, func(i int) int { return 9000 + i%150 })
	again := values(100, func(i int) int { return 400 + i })
	columns := "(id INT PRIMARY KEY, x DOUBLE, name VARCHAR(6) NOT NULL, d DATE, m DECIMAL(10,1) DEFAULT 7, n INT DEFAULT 3)"
	statements := []string{
		"INSERT INTO %s (id, x, name, d, m) VALUES " + up,
		"INSERT INTO %s (id, x, name, d, m) VALUES " + down,
		"INSERT INTO %s (id, x, name, d, m) VALUES " + mixed,
		"INSERT INTO %s (id, x, name, d, m) VALUES " + twice,                                   // a key twice in one statement
		"INSERT INTO %s (id, x, name, d, m) VALUES " + again,                                   // keys that the table has
		"INSERT IGNORE INTO %s (id, x, name, d, m) VALUES " + again,                            // left to the engine
		"REPLACE INTO %s (id, x, name, d, m) VALUES " + again,                                  // left to the engine
		"INSERT INTO %s (id, x, name) SELECT id + 20000, x, name FROM source ORDER BY x",       // any order
		"INSERT INTO %s (id, x, name) SELECT id + 40000, x, NULL FROM source",                  // NOT NULL
		"INSERT INTO %s (id, x, name) SELECT id + 40000, x, 'far too long a name' FROM source", // too long
		"INSERT INTO %s (id, x, name) SELECT id + 4000000000, x, name FROM source",             // out of range
		"INSERT INTO %s (id, x, name) SELECT id DIV 2 + 60000, x, name FROM source",            // duplicates within
		"INSERT INTO %s (id, name) SELECT id + 80000, name FROM source WHERE id < 0",           // nothing
		"INSERT INTO %s (id, name, x) SELECT id + 80000, name, x FROM source ON DUPLICATE KEY UPDATE x = 1",
	}
	for _, q := range []string{"CREATE DATABASE b", "USE b", "CREATE TABLE source " + columns, "INSERT INTO source (id, x, name, d, m) VALUES " + up} {
		if out := run(q); strings.Contains(out, "rror") {
			t.Fatalf("%.60s: %s", q, out)
		}
	}
	for variant, definition := range map[string]string{
		"plain":     columns,
		"keys":      "(id INT, x DOUBLE, name VARCHAR(6) NOT NULL, d DATE, m DECIMAL(10,1) DEFAULT 7, n INT DEFAULT 3, PRIMARY KEY (name, id))",
		"index":     "(id INT PRIMARY KEY, x DOUBLE, name VARCHAR(6) NOT NULL, d DATE, m DECIMAL(10,1) DEFAULT 7, n INT DEFAULT 3, KEY (x))",
		"no key":    "(id INT, x DOUBLE, name VARCHAR(6) NOT NULL, d DATE, m DECIMAL(10,1) DEFAULT 7, n INT DEFAULT 3)",
		"check":     "(id INT PRIMARY KEY, x DOUBLE CHECK (x < 3), name VARCHAR(6) NOT NULL, d DATE, m DECIMAL(10,1) DEFAULT 7, n INT DEFAULT 3)",
		"collation": "(id INT, x DOUBLE, name VARCHAR(6) COLLATE utf8mb4_0900_ai_ci NOT NULL, d DATE, m DECIMAL(10,1) DEFAULT 7, n INT DEFAULT 3, PRIMARY KEY (name, id))",
		"stored":    "(id INT PRIMARY KEY, x DOUBLE, name VARCHAR(6) NOT NULL, d DATE, m DECIMAL(10,1) DEFAULT 7, n INT DEFAULT 3, twice DOUBLE AS (x * 2) STORED)",
		"virtual":   "(id INT PRIMARY KEY, x DOUBLE, name VARCHAR(6) NOT NULL, d DATE, m DECIMAL(10,1) DEFAULT 7, n INT DEFAULT 3, twice DOUBLE AS (x * 2))",
		"foreign":   "(id INT PRIMARY KEY, x DOUBLE, name VARCHAR(6) NOT NULL, d DATE, m DECIMAL(10,1) DEFAULT 7, n INT DEFAULT 3, FOREIGN KEY (n) REFERENCES source (id))",
		"trigger":   columns,
		"serial":    "(id INT PRIMARY KEY AUTO_INCREMENT, x DOUBLE, name VARCHAR(6) NOT NULL, d DATE, m DECIMAL(10,1) DEFAULT 7, n INT DEFAULT 3)",
	} {
		t.Run(variant, func(t *testing.T) {
			for _, name := range []string{"fast", "slow"} {
				run("DROP TABLE IF EXISTS " + name)
				if out := run("CREATE TABLE " + name + " " + definition); strings.Contains(out, "rror") {
					t.Fatal(out)
				}
				if variant == "trigger" {
					if out := run("CREATE TRIGGER t_" + name + " BEFORE INSERT ON " + name + " FOR EACH ROW SET NEW.n = NEW.id * 2"); strings.Contains(out, "rror") {
						t.Fatal(out)
					}
				}
			}
			for _, q := range statements {
				fast := run(fmt.Sprintf(q, "fast"))
				s.SlowWrites.Store(true)
				slow := run(fmt.Sprintf(q, "slow"))
				s.SlowWrites.Store(false)
				if strings.ReplaceAll(fast, "fast_", "") != strings.ReplaceAll(slow, "slow_", "") { // the name of a constraint has the table's in it
					t.Errorf("%.90s:\nfast: %.300s\nslow: %.300s", q, fast, slow)
				}
				order := " ORDER BY id, x, name"
				if a, b := run("SELECT * FROM fast"+order), run("SELECT * FROM slow"+order); a != b {
					t.Fatalf("%.90s: the tables differ: %d and %d bytes", q, len(a), len(b))
				}
			}
			for _, q := range []string{"START TRANSACTION", "INSERT INTO fast (id, x, name) SELECT id + 100000, x, name FROM source", "ROLLBACK"} {
				run(q)
			}
			if a, b := run("SELECT COUNT(*) FROM fast"), run("SELECT COUNT(*) FROM slow"); a != b {
				t.Errorf("after ROLLBACK %s rows, want %s", a, b)
			}
			if a := run("SELECT COUNT(*) FROM fast"); strings.Contains(a, "[0]") {
				t.Errorf("nothing was written: %s", a)
			}
		})
	}
}
