package complexity

import (
	"errors"
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	r := strings.Repeat
	for name, c := range map[string]struct {
		query   string
		refused string // what there is too much of
	}{
		"short":                  {"SELECT 1+1", ""},
		"empty":                  {"", ""},
		"sum":                    {"SELECT 1" + r("+1", maxOperators+1), "operators"},
		"sum at the limit":       {"SELECT 1" + r("+1", maxOperators), ""},
		"sums":                   {"SELECT " + r("1+1,", 10*maxOperators) + "1", ""},
		"rows":                   {"INSERT INTO t VALUES " + r("(-1, -2), ", 10*maxOperators) + "(1, 2)", ""},
		"statements":             {r("SELECT 1 + 1; ", 10*maxOperators), ""},
		"and":                    {"SELECT 1" + r(" AND a = 1", maxTerms+1), "terms"},
		"or":                     {"SELECT 1" + r(" oR a = 1", maxTerms), ""},
		"cases":                  {"SELECT CASE" + r(" WHEN a = 1 AND b = 2 THEN 1 - 1", 10*maxOperators) + " END", ""},
		"not":                    {"SELECT " + r("NOT ", maxOperators+1) + "1", "operators"},
		"words":                  {r("word ", 10*maxOperators), ""},
		"unions":                 {"SELECT 1" + r(" UNION ALL SELECT 1", maxUnions+1), "queries"},
		"unions in parens":       {"SELECT (SELECT 1" + r(" UNION SELECT 1", maxUnions+1) + ")", "queries"},
		"parens":                 {r("(", maxParens), "parentheses"},
		"balanced":               {r("(1)", 10*maxParens), ""},
		"unbalanced":             {r(")", 10*maxParens), ""},
		"string":                 {"SELECT '" + r("+(", maxOperators+1) + "'", ""},
		"quotes in a string":     {"SELECT '" + r("''", 3) + r("+", maxOperators+1) + "\\'" + r("+", maxOperators+1) + "'", ""},
		"name":                   {"SELECT `" + r("+", maxOperators+1) + "`", ""},
		"backslash in a name":    {"SELECT `\\`" + r("+1", maxOperators+1), "operators"},
		"open string":            {"SELECT '" + r("+", maxOperators+1), ""},
		"trailing backslash":     {"SELECT '" + r("+", maxOperators+1) + "\\", ""},
		"comment":                {"SELECT /*" + r("+", maxOperators+1) + "*/ 1", ""},
		"open comment":           {"SELECT /*" + r("+", maxOperators+1), ""},
		"executed comment":       {"SELECT /*!" + r("+", maxOperators+1) + "*/ 1", "operators"},
		"line comment":           {"SELECT 1 -- " + r("+", maxOperators+1) + "\n+1", ""},
		"hash comment":           {"SELECT 1 # " + r("+", maxOperators+1) + "\n+1", ""},
		"minus minus":            {"SELECT 1" + r("--1", maxOperators), "operators"},
		"sum after a paren":      {"SELECT (1)" + r("+(1)", maxOperators+1), "operators"},
		"sum within parens":      {"SELECT (((1" + r("+1", maxOperators+1) + ")))", "operators"},
		"limit at the very end":  {"SELECT 1" + r(" NOT", maxOperators+1), "operators"},
		"bytes that are no text": {r("\x00\xff", 10*maxOperators), ""},
	} {
		err := Check(c.query)
		var e *Error
		switch {
		case c.refused == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.refused != "" && (!errors.As(err, &e) || !strings.HasPrefix(e.What, c.refused)):
			t.Errorf("%s: %v, want too many %s", name, err, c.refused)
		}
	}
}

func FuzzCheck(f *testing.F) {
	f.Add("SELECT '\\' /*!")
	f.Fuzz(func(t *testing.T, query string) {
		_ = Check(query + strings.Repeat(" ", minLength))
	})
}

func BenchmarkCheck(b *testing.B) {
	query := "INSERT INTO t VALUES " + strings.Repeat("(1, 2.5, 'some text'), ", 100_000)
	b.SetBytes(int64(len(query)))
	for b.Loop() {
		if err := Check(query); err != nil {
			b.Fatal(err)
		}
	}
}
