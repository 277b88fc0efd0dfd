package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"aibms/server/engine"
)

// TestComplexStatementsAreRefused: one statement must not take the server with it, nor a processor for long.
func TestComplexStatementsAreRefused(t *testing.T) {
	e := start(t, engine.Config{}, engine.Seams{})
	root, _ := ordinary(t, e)
	const n = 1_000_000
	for name, q := range map[string]string{
		"sum":        "SELECT 1" + strings.Repeat("+1", n),
		"product":    "SELECT 1" + strings.Repeat(" DIV 1", n),
		"not":        "SELECT " + strings.Repeat("NOT ", n) + "1",
		"or":         "SELECT * FROM d.t WHERE id = 1" + strings.Repeat(" OR id = 1", n),
		"compare":    "SELECT 1" + strings.Repeat("=1", n),
		"union":      "SELECT 1" + strings.Repeat(" UNION SELECT 1", n/10),
		"parens":     "SELECT " + strings.Repeat("(", n) + "1" + strings.Repeat(")", n),
		"calls":      "SELECT " + strings.Repeat("ABS(", n) + "1" + strings.Repeat(")", n),
		"subqueries": "SELECT * FROM " + strings.Repeat("(SELECT * FROM ", n/10) + "d.t" + strings.Repeat(") x", n/10),
		"joins":      "SELECT * FROM d.t a0" + strings.Repeat(" JOIN d.t", n/10),
		"string":     "SELECT 'it''s'" + strings.Repeat("+'\\''", n),
		"executable": "SELECT 1 /*!" + strings.Repeat("+1", n) + "*/",
	} {
		began := time.Now()
		rows, err := root.Query(q)
		if err == nil {
			rows.Close()
			t.Errorf("%s: no error", name)
		} else if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
	}
	if got := one(t, root, "SELECT 1"); got != "1" {
		t.Fatal(got)
	}
}

func TestLongStatementsPass(t *testing.T) {
	e := start(t, engine.Config{}, engine.Seams{})
	root, _ := ordinary(t, e)
	var rows, cases, terms strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&rows, ",(%d, -1.5e-3 + %d * 2)", i+10, i)
	}
	for i := range 5_000 {
		fmt.Fprintf(&cases, " WHEN id = %d THEN -%d + 1", i, i)
		fmt.Fprintf(&terms, " OR id = %d", i)
	}
	must(t, root, "INSERT INTO d.t VALUES "+rows.String()[1:])
	if got := one(t, root, "SELECT COUNT(*) FROM d.t WHERE id = 1"+terms.String()); got != "4991" {
		t.Errorf("a condition of 5000 terms: %s rows", got)
	}
	if got := one(t, root, "SELECT CASE"+cases.String()+" END FROM d.t WHERE id = 1"); got != "0" {
		t.Errorf("5000 cases: %s", got)
	}
	if got := one(t, root, "SELECT '"+strings.Repeat("(+", 50_000)+"' -- "+strings.Repeat("+(", 50_000)+"\n = ''"); got != "0" {
		t.Errorf("operators in a string and a comment: %s", got)
	}
	if got := one(t, root, "SELECT 0"+strings.Repeat(" + 1 * 1", 500)); got != "500" {
		t.Errorf("a sum of 500: %s", got)
	}
}
