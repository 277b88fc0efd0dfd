package mlsql

import (
	"strings"
	"testing"
)

func TestBind(t *testing.T) {
	tests := []struct {
		text string
		args []Value
		want string // "error: " and a part of it, else the bound statement's text
	}{
		{"TRAIN MODEL m COMMENT ? AS OF ?", []Value{str("c"), str("v1")}, "TRAIN MODEL m AS OF 'v1' COMMENT 'c'"},
		{"TRAIN MODEL m FROM (SELECT ?) AS OF ? WITH (a = ?)", []Value{number("1"), str("v1"), Value{Kind: Null, Text: "NULL"}},
			"TRAIN MODEL m FROM (SELECT ?) AS OF 'v1' WITH (a = NULL)"},
		{"EVALUATE MODEL m VERSION ? THRESHOLD ?", []Value{number("3"), number("0.5")}, "EVALUATE MODEL m VERSION 3 THRESHOLD 0.5"},
		{"EVALUATE MODEL m VERSION ? THRESHOLD ?", []Value{str("3"), str("-.5e1")}, "EVALUATE MODEL m VERSION 3 THRESHOLD -.5e1"},
		{"EXPLAIN DEPLOY MODEL m VERSION ? REASON ?", []Value{number("3"), str("r")}, "EXPLAIN DEPLOY MODEL m VERSION 3 REASON 'r'"},
		{"ROLLBACK MODEL m REASON ? TO VERSION ?", []Value{str("r"), number("3")}, "ROLLBACK MODEL m TO VERSION 3 REASON 'r'"},
		{"PREDICT MODEL m VERSION ? FROM (SELECT ?) INTO t", []Value{number("3"), number("4")}, "PREDICT MODEL m VERSION 3 FROM (SELECT ?) INTO t"},
		{"ALTER MODEL m SET ALIAS a = VERSION ?", []Value{number("3")}, "ALTER MODEL m SET ALIAS a = VERSION 3"},
		{"ALTER MODEL m SET THRESHOLD ?", []Value{number("0.3")}, "ALTER MODEL m SET THRESHOLD 0.3"},
		{"ALTER MODEL m SET COMMENT ?", []Value{str("c")}, "ALTER MODEL m SET COMMENT 'c'"},
		{"DROP MODEL m VERSION ?", []Value{number("3")}, "DROP MODEL m VERSION 3"},
		{"SHOW MODELS LIKE ?", []Value{str("a%")}, "SHOW MODELS LIKE 'a%'"},
		{"SHOW MODEL METRICS m VERSION ?", []Value{number("3")}, "SHOW MODEL METRICS m VERSION 3"},
		{"DESCRIBE MODEL m VERSION ?", []Value{number("3")}, "DESCRIBE MODEL m VERSION 3"},
		{"VERIFY MODEL m VERSION ?", []Value{number("3")}, "VERIFY MODEL m VERSION 3"},
		{
			"CREATE MODEL m FROM t AS OF ? USING l (p = ?) TRANSFORM (IMPUTE(x, ?) AS x, PCA(?, a) AS p) CLASS WEIGHTS (? = ?) SPLIT RANDOM TRAIN ? VALIDATE ? TEST ? WITH (seed = ?) COMMENT ?",
			[]Value{str("v"), number("1"), str("median"), number("2"), str("yes"), number("3"), number(".7"), number(".1"), number(".2"), number("4"), str("c")},
			"CREATE MODEL m\n  FROM t AS OF 'v'\n  USING l (p = 1)\n  TRANSFORM (IMPUTE(x, 'median') AS x, PCA(2, a) AS p)\n" +
				"  CLASS WEIGHTS ('yes' = 3)\n  SPLIT RANDOM TRAIN .7 VALIDATE .1 TEST .2\n  WITH (seed = 4)\n  COMMENT 'c'",
		},
		{"TRAIN MODEL m", nil, "TRAIN MODEL m"},
		{"TRAIN MODEL m", []Value{number("1")}, "error: the statement has 0 placeholders, got 1 values"},
		{"TRAIN MODEL m COMMENT ?", nil, "error: the statement has 1 placeholders, got 0 values"},
		{"TRAIN MODEL m COMMENT ?", []Value{number("1")}, "error: placeholder 1: COMMENT takes a string in quotes, got 1"},
		{"TRAIN MODEL m WITH (a = ?)", []Value{{}}, "error: placeholder 1: a takes"},
		{"TRAIN MODEL m WITH (a = ?)", []Value{param(1)}, "error: placeholder 1: a takes"},
		{"EVALUATE MODEL m THRESHOLD ?", []Value{str("half")}, "error: placeholder 1: THRESHOLD takes a number, got 'half'"},
		{"EVALUATE MODEL m THRESHOLD ?", []Value{str("1 ")}, "error: placeholder 1: THRESHOLD takes a number, got '1 '"},
		{"EVALUATE MODEL m ON t VERSION ?", []Value{number("0")}, "error: placeholder 1: VERSION takes a number from 1 up, got 0"},
		{"EVALUATE MODEL m ON t VERSION ?", []Value{word("3")}, "error: placeholder 1: VERSION takes"},
		{"EVALUATE MODEL m ON t VERSION ?", []Value{str("")}, "error: placeholder 1: VERSION takes"},
	}
	for _, test := range tests {
		stmt := mustParse(t, test.text)
		if want, n := len(test.args), NumParams(stmt); want != n && !strings.HasPrefix(test.want, "error") {
			t.Errorf("%s: NumParams = %d", test.text, n)
		}
		got := ""
		if err := Bind(stmt, test.args); err != nil {
			got = "error: " + err.Error()
		} else {
			got = stmt.String()
			checkRoundTrip(t, stmt)
		}
		if got != test.want && !(strings.HasPrefix(test.want, "error: ") && strings.HasPrefix(got, test.want)) {
			t.Errorf("%s\ngot:  %s\nwant: %s", test.text, got, test.want)
		}
	}
}
