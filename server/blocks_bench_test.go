package server_test

import (
	"context"
	"io"
	"os"
	"strconv"
	"testing"
	"time"
)

// bulkRows is how many rows the table of the benchmarks has.
func bulkRows() int {
	if n, err := strconv.Atoi(os.Getenv("AIBMS_BENCH_ROWS")); err == nil {
		return n
	}
	return 500_000
}

// BenchmarkPredictTable compares AVG(PREDICT(...)) over a plain table with reading the same columns, inside the server; it reports rows a second of each, and of prediction
// row by row.
func BenchmarkPredictTable(b *testing.B) {
	run := bulkTable(b)
	statements := []struct{ name, text string }{
		{"read", "SELECT x1, x2, x3, x4, x5, x6, x7, x8 FROM big"},
		{"predict", "SELECT AVG(PREDICT('m8', x1, x2, x3, x4, x5, x6, x7, x8)) FROM big"},
		{"rows", "SELECT AVG(PREDICT('m8', x1, x2, x3, x4, x5, x6, x7, x8)) FROM big"},
	}
	spent := map[string]time.Duration{}
	for b.Loop() {
		for _, s := range statements { // in turn, so that all meet the same load
			running.Blocks().Off.Store(s.name == "rows")
			start := time.Now()
			run(s.text)
			spent[s.name] += time.Since(start)
		}
	}
	running.Blocks().Off.Store(false)
	for _, s := range statements {
		b.ReportMetric(float64(bulkRows())*float64(b.N)/spent[s.name].Seconds(), s.name+"-rows/s")
	}
}

// BenchmarkPredictModelInto measures PREDICT MODEL ... INTO on a table of ten numeric features.
func BenchmarkPredictModelInto(b *testing.B) {
	run := bulkTable(b)
	var spent time.Duration
	for b.Loop() {
		run("DROP TABLE IF EXISTS big_predicted")
		start := time.Now()
		run("PREDICT MODEL m10 FROM big INTO big_predicted")
		spent += time.Since(start)
	}
	b.ReportMetric(spent.Seconds()/float64(b.N), "s/statement")
}

// bulkTable makes the table big of ten features, with a model of eight of them and one of all.
func bulkTable(b *testing.B) func(string) {
	b.Helper()
	ctx, end, err := running.Session(context.Background(), "", "", "", "bench")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(end)
	run := func(q string) {
		b.Helper()
		_, iter, err := running.Query(ctx, q)
		if err != nil {
			b.Fatalf("%.100s: %v", q, err)
		}
		for err == nil {
			_, err = iter.Next(ctx)
		}
		if err != io.EOF {
			b.Fatalf("%.100s: %v", q, err)
		}
		if err := iter.Close(ctx); err != nil {
			b.Fatal(err)
		}
	}
	run("CREATE DATABASE IF NOT EXISTS bulk")
	run("USE bulk")
	if _, _, err := running.Predictor("bulk.m10"); err == nil {
		return run
	}
	features := "x1 DOUBLE, x2 DOUBLE, x3 DOUBLE, x4 DOUBLE, x5 DOUBLE, x6 DOUBLE, x7 DOUBLE, x8 DOUBLE, x9 DOUBLE, x10 DOUBLE"
	run("CREATE TABLE big (id BIGINT PRIMARY KEY, " + features + ", y INT NOT NULL)")
	run("INSERT INTO big WITH RECURSIVE d (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM d WHERE n < 999), r AS (SELECT a.n * 1000 + b.n AS n FROM d a JOIN d b) " +
		"SELECT n, SIN(n), COS(n), SIN(n * 3), COS(n * 5), n % 17, n % 5, SIN(n * 7), n / 500000, COS(n * 11), SIN(n * 13), SIN(n) + COS(n * 5) + SIN(n * 17) > 0 FROM r WHERE n < " + strconv.Itoa(bulkRows()))
	for name, list := range map[string]string{"m8": "x1, x2, x3, x4, x5, x6, x7, x8", "m10": "x1, x2, x3, x4, x5, x6, x7, x8, x9, x10"} {
		run("CREATE MODEL " + name + " PREDICT y FROM big KEY (id) USING logistic_regression FEATURES (" + list + ")")
		run("TRAIN MODEL " + name)
		run("DEPLOY MODEL " + name + " VERSION 1")
	}
	return run
}
