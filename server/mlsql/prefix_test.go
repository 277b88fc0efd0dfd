package mlsql

import (
	"strings"
	"testing"
	"time"
)

func TestOwns(t *testing.T) {
	tests := []struct {
		text string
		want bool
	}{
		{"CREATE MODEL m FROM t", true},
		{"create or replace model m from t", true},
		{"CREATE MODEL", true},
		{"CREATE TABLE model (a INT)", false},
		{"CREATE OR REPLACE VIEW model AS SELECT 1", false},
		{"CREATE OR REPLACE MONITOR x ON MODEL m", true},
		{"CREATE MONITOR x ON MODEL m", true},
		{"CREATE", false},
		{"TRAIN MODEL m", true},
		{"TRAIN", false},
		{"TRAINMODEL m", false},
		{"`TRAIN` MODEL m", false},
		{"TRAIN `MODEL` m", false},
		{"TRAIN 'MODEL' m", false},
		{"TRAIN models", false},
		{"TUNE MODEL m BY GRID", true},
		{"EVALUATE MODEL m", true},
		{"COMPARE MODEL m VERSION 1 WITH VERSION 2", true},
		{"DIFF MODEL m VERSION 1 AND VERSION 2", true},
		{"DEPLOY MODEL m VERSION 1", true},
		{"PROMOTE MODEL m", true},
		{"UNDEPLOY MODEL m", true},
		{"ROLLBACK MODEL m", true},
		{"ROLLBACK", false},
		{"ROLLBACK;", false},
		{"ROLLBACK WORK", false},
		{"ROLLBACK TO model", false},
		{"ROLLBACK TO SAVEPOINT model", false},
		{"REVERT MODEL m", true},
		{"PREDICT MODEL m FROM t INTO u", true},
		{"CHECK MODEL m", true},
		{"CHECK TABLE model", false},
		{"VERIFY MODEL m VERSION 1", true},
		{"ALTER MODEL m RENAME TO n", true},
		{"ALTER TABLE model ADD COLUMN x INT", false},
		{"DROP MODEL m", true},
		{"DROP MONITOR m", true},
		{"DROP TABLE model", false},
		{"PURGE MODEL m", true},
		{"PURGE BINARY LOGS TO 'x'", false},
		{"EXPORT MODEL m TO 'f' FORMAT JSON", true},
		{"IMPORT MODEL m FROM 'f' FORMAT JSON", true},
		{"IMPORT TABLE FROM 'f'", false},
		{"CANCEL MODEL JOB 7", true},
		{"SHOW MODELS", true},
		{"SHOW MODELS;", true},
		{"SHOW MODEL VERSIONS m", true},
		{"SHOW MODEL", true},
		{"SHOW MONITORS", true},
		{"SHOW LEARNERS", true},
		{"SHOW METRICS", true},
		{"SHOW CREATE MODEL m", true},
		{"SHOW CREATE TABLE model", false},
		{"SHOW TABLES LIKE 'model'", false},
		{"SHOW COLUMNS FROM model", false},
		{"DESCRIBE MODEL m", true},
		{"DESC MODEL `m`", true},
		{"DESCRIBE MODEL db.m", true},
		{"DESCRIBE model", false},
		{"DESCRIBE model;", false},
		{"DESC model", false},
		{"DESCRIBE model /* that is all */", false},
		{"DESCRIBE model 'a%'", false},
		{"DESCRIBE model.t", false},
		{"EXPLAIN model", false},
		{"EXPLAIN MODEL m", true},
		{"EXPLAIN PREDICTION OF m FROM t", true},
		{"EXPLAIN prediction", false},
		{"EXPLAIN TRAIN MODEL m", true},
		{"EXPLAIN train model", false},
		{"EXPLAIN train", false},
		{"DESC SHOW MODELS", true},
		{"EXPLAIN CREATE MODEL m FROM t", true},
		{"EXPLAIN SELECT * FROM model", false},
		{"EXPLAIN (SELECT * FROM model)", false},
		{"EXPLAIN EXPLAIN TRAIN MODEL m", false},
		{"GRANT TRAIN, PREDICT ON MODEL db.m TO joe", true},
		{"GRANT ALL ON MODEL m TO joe", true},
		{"REVOKE EVALUATE ON MODEL m FROM joe", true},
		{"GRANT SELECT ON model TO joe", false},
		{"GRANT SELECT ON model.* TO joe", false},
		{"REVOKE SELECT ON model FROM joe", false},
		{"GRANT SELECT (model) ON t TO joe", false},
		{"GRANT admin TO joe", false},
		{"GRANT ALL; DROP USER a ON MODEL b", false},
		{"SELECT * FROM model", false},
		{"SELECT PREDICT('m')", false},
		{"INSERT INTO model VALUES (1)", false},
		{"USE model", false},
		{"(SELECT 1)", false},
		{"", false},
		{";TRAIN MODEL m", false},
		{" \t\r\n\f\v TRAIN\n\tMODEL\r\nm", true},
		{"/* ApplicationName=DBeaver 24 - Main */ SHOW MODELS", true},
		{"/* a */ /* b */ -- c\n# d\nTRAIN /* e */ MODEL -- f\n m", true},
		{"--\nTRAIN MODEL m", true},
		{"--TRAIN MODEL m", false},
		{"-- TRAIN MODEL m", false},
		{"# TRAIN MODEL m", false},
		{"/* TRAIN MODEL m", false},
		{"/*! TRAIN MODEL m */", false},
		{"/*!80000 TRAIN */ MODEL m", false},
		{"TRAIN /*! MODEL */ m", false},
		{"/*+ hint */ TRAIN MODEL m", true},
		{"\u017fHOW MODELS", false}, // the long s folds to S in Unicode, not in SQL
	}
	for _, test := range tests {
		if got := Owns(test.text); got != test.want {
			t.Errorf("Owns(%q) = %v", test.text, got)
		}
		checkLaw(t, test.text)
	}
}

// TestOwnsStopsEarly: for MySQL's statements Owns allocates nothing, and reads no further than its tokens.
func TestOwnsStopsEarly(t *testing.T) {
	huge := strings.Repeat("x, ", 1<<20)
	for _, text := range []string{
		"SELECT " + huge + "y FROM t",
		"INSERT INTO model VALUES (" + huge + ")",
		"/* ApplicationName=DBeaver */ SHOW TABLES " + huge,
		"CREATE TABLE model (" + huge + ")",
		"EXPLAIN SELECT " + huge,
		"GRANT SELECT (" + huge + ") ON t TO u",
		"UPDATE t SET a = 1",
		"",
	} {
		start := text[:min(len(text), 50)]
		if n := testing.AllocsPerRun(10, func() {
			if Owns(text) {
				t.Errorf("Owns(%q...)", start)
			}
		}); n != 0 {
			t.Errorf("Owns(%q...) allocates %v times", start, n)
		}
		least := time.Hour
		for range 100 {
			begin := time.Now()
			Owns(text)
			least = min(least, time.Since(begin))
		}
		if least > 100*time.Microsecond { // to read all 3 MB takes milliseconds
			t.Errorf("Owns(%q...) takes %v", start, least)
		}
	}
}

func BenchmarkOwns(b *testing.B) {
	for _, text := range []string{"SELECT visit_id, PREDICT('m') FROM t", "SHOW TABLES", "INSERT INTO t VALUES (1)", "TRAIN MODEL m"} {
		b.Run(text[:6], func(b *testing.B) {
			for range b.N {
				Owns(text)
			}
		})
	}
}
