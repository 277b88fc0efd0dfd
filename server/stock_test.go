package server_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
)

// changes tells whether a statement gives no rows.
func changes(statement string) bool {
	word, _, _ := strings.Cut(statement, " ")
	return word == "INSERT" || word == "UPDATE" || word == "DELETE" || word == "SET"
}

// answered is what a client sees of a statement: columns with their types, rows, the error, how many rows it changed.
func answered(c *sql.Conn, statement string, values ...any) string {
	if changes(statement) {
		r, err := c.ExecContext(context.Background(), statement, values...)
		if err != nil {
			return err.Error()
		}
		n, _ := r.RowsAffected()
		id, _ := r.LastInsertId()
		return fmt.Sprint(n, id)
	}
	rows, err := c.QueryContext(context.Background(), statement, values...)
	if err != nil {
		return err.Error()
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	for _, t := range types {
		length, hasLength := t.Length()
		precision, scale, decimal := t.DecimalSize()
		nullable, _ := t.Nullable()
		fmt.Fprintln(&b, t.Name(), t.DatabaseTypeName(), t.ScanType(), length, hasLength, precision, scale, decimal, nullable)
	}
	lines, err := read(rows)
	fmt.Fprint(&b, lines, err)
	return b.String()
}

// TestStockQueriesAgree: clients see the same of models, whether statements are executed by our loop or by the engine's own.
func TestStockQueriesAgree(t *testing.T) {
	c := shop(t)
	statements := []struct {
		text   string
		values []any
	}{
		{text: "SELECT id, PREDICT('bought') AS p, PREDICT_PROBA('bought') FROM visits ORDER BY id"},
		{text: "SELECT id, PREDICT('kind'), PREDICT('grade'), PREDICT('spend'), PREDICT('items'), PREDICT('rating'), PREDICT_ALL('kind'), MODEL_VERSION('kind') FROM visits ORDER BY id"},
		{text: "SELECT PREDICT('bought') AS p, COUNT(*) FROM visits GROUP BY p ORDER BY p"},
		{text: "SELECT PREDICT('one', ?)", values: []any{12.5}},
		{text: "SELECT PREDICT('one', ?)", values: []any{nil}},
		{text: "SELECT PREDICT_PROBA('bought') FROM visits WHERE id = ?", values: []any{7}},
		{text: "SELECT v.id, w.id FROM visits v JOIN visits w ON w.id = v.id + 1 WHERE PREDICT('bought') = ? ORDER BY v.id", values: []any{1}},
		{text: "SELECT * FROM visits ORDER BY id"}, {text: "SELECT * FROM visits WHERE id < ? ORDER BY id", values: []any{300}},
		{text: "SELECT * FROM ml_evaluate('bought')"}, {text: "SELECT * FROM ml_confusion_matrix('kind', 'visits')"}, {text: "SELECT * FROM ml_weights('bought')"},
		{text: "SHOW MODELS"}, {text: "SHOW MODEL FEATURES bought"}, {text: "SHOW MODEL METRICS kind"}, {text: "SHOW CREATE MODEL bought"}, {text: "SHOW LEARNERS"}, {text: "SHOW METRICS"}, {text: "DESCRIBE MODEL bought"},
		{text: "EVALUATE MODEL bought METRICS (accuracy, roc_auc)"}, {text: "EXPLAIN TRAIN MODEL bought"}, {text: "CALL ml_exec('SHOW MODELS')"}, {text: "CALL ml_exec('EVALUATE MODEL kind')"},
		{text: "EXPLAIN SELECT PREDICT('bought') FROM visits"}, {text: "VERIFY MODEL one"},
		{text: "SELECT PREDICT('nothing') FROM visits"}, {text: "SELECT PREDICT('bought', 1)"}, {text: "TRAIN MODEL nothing"}, {text: "EVALUATE MODEL bought ON nothing"}, {text: "SHOW MODEL VERSIONS nothing"}, {text: "TRAIN MODEL"},
		{text: "INSERT INTO visits (id, bought, kind, grade, spend, items, rating) SELECT 1000 + id, PREDICT('bought'), 'x', 'low', 1, 1, 1 FROM visits WHERE id < 9"},
		{text: "UPDATE visits SET bought = 1 - PREDICT('bought') WHERE id < 50"}, {text: "DELETE FROM visits WHERE PREDICT('bought') = ?", values: []any{1}}, {text: "SET @p = (SELECT PREDICT('one', 5))"}, {text: "SELECT @p"},
	}
	defer running.StockQueries.Store(false)
	for _, s := range statements {
		run := func(stock bool) string {
			running.StockQueries.Store(stock)
			if changes(s.text) {
				do(t, c, "BEGIN")
				defer do(t, c, "ROLLBACK")
			}
			return answered(c, s.text, s.values...)
		}
		want := run(true)
		if got := run(false); got != want {
			t.Errorf("%s %v\n got %.600s\nwant %.600s", s.text, s.values, got, want)
		}
	}
}
