package mlsql

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

// mustParse parses text, which is one statement.
func mustParse(t *testing.T, text string) Statement {
	t.Helper()
	stmt, _, err := Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return stmt
}

func number(text string) Value { return Value{Kind: Number, Text: text} }
func str(text string) Value    { return Value{Kind: String, Text: text} }
func word(text string) Value   { return Value{Kind: Word, Text: text} }
func param(index int) Value    { return Value{Kind: Param, Index: index} }

func TestParseTree(t *testing.T) {
	tests := []struct {
		text string
		want Statement
	}{
		{
			`CREATE OR REPLACE MODEL shop.m PREDICT y, z FROM (SELECT * FROM t) AS OF 'v1' USING svm (c = 1.0, penalty = l2)
			KEY (id) TIME (at) FEATURES (* EXCEPT (a)) TRANSFORM (STANDARD_SCALE(IMPUTE(LOG(x + 1), 'median')) AS lx, PCA(2, a, b+1) AS p, d)
			WEIGHT (w) CLASS WEIGHTS (yes = 2, 'no' = .5) SPLIT COLUMN (part) OPTIMIZE FOR f1 WITH (seed = -1, a = TRUE, b = NULL) COMMENT 'c'`,
			&CreateModel{
				OrReplace: true,
				Name:      Name{Database: "shop", Name: "m"},
				Targets:   []string{"y", "z"},
				From:      Source{Query: "SELECT * FROM t", AsOf: str("v1")},
				Using:     &Using{Learner: "svm", Params: []Setting{{Name: "c", Value: number("1.0")}, {Name: "penalty", Value: word("l2")}}},
				Key:       []string{"id"},
				Time:      "at",
				Features:  &Features{All: true, Except: []string{"a"}},
				Transforms: []Transform{
					{Expr: "LOG(x + 1)", As: "lx", Calls: []TransformCall{{Name: "IMPUTE", Args: []Value{str("median")}}, {Name: "STANDARD_SCALE"}}},
					{Expr: "a", More: []string{"b+1"}, As: "p", Calls: []TransformCall{{Name: "PCA", Args: []Value{number("2")}}}},
					{Expr: "d", As: "d"},
				},
				Weight:       "w",
				ClassWeights: &ClassWeights{Weights: []ClassWeight{{word("yes"), number("2")}, {str("no"), number(".5")}}},
				Split:        &SplitClause{Method: SplitColumn, Column: "part"},
				OptimizeFor:  "f1",
				With:         []Setting{{Name: "seed", Value: number("-1")}, {Name: "a", Value: Value{Kind: Bool, Text: "TRUE"}}, {Name: "b", Value: Value{Kind: Null, Text: "NULL"}}},
				Comment:      str("c"),
			},
		},
		{
			"CREATE MODEL IF NOT EXISTS m FROM t FEATURES (a, b) SPLIT TIME TRAIN 0.7 VALIDATE 0.1 TEST 0.2 CLASS WEIGHTS AUTO",
			&CreateModel{
				IfNotExists: true, Name: Name{Name: "m"}, From: Source{Table: &Name{Name: "t"}}, Features: &Features{Columns: []string{"a", "b"}},
				Split:        &SplitClause{Method: SplitTime, Train: number("0.7"), Validate: number("0.1"), Test: number("0.2")},
				ClassWeights: &ClassWeights{Auto: true},
			},
		},
		{"TRAIN MODEL m AS OF 'v1'", &TrainModel{Name: Name{Name: "m"}, AsOf: str("v1")}},
		{"TRAIN MODEL m WARM START", &TrainModel{Name: Name{Name: "m"}, Warm: true}},
		{"train model m warm start from version 2 from version", &TrainModel{Name: Name{Name: "m"}, Warm: true, WarmFrom: VersionRef{Number: 2}, From: &Source{Table: &Name{Name: "version"}}}},
		{"TRAIN MODEL m WARM START FROM version AS OF 'v1'", &TrainModel{Name: Name{Name: "m"}, Warm: true, From: &Source{Table: &Name{Name: "version"}, AsOf: str("v1")}}},
		{"TRAIN MODEL m AS OF 'v1' FROM t", &TrainModel{Name: Name{Name: "m"}, From: &Source{Table: &Name{Name: "t"}, AsOf: str("v1")}}},
		{"EVALUATE MODEL m VERSION 3 ON test BY (a) METRICS (auc)", &EvaluateModel{Name: Name{Name: "m"}, Version: VersionRef{Number: 3}, Part: PartTest, By: []string{"a"}, Metrics: []string{"auc"}}},
		{"EVALUATE MODEL m ALIAS a ON `test` THRESHOLD 0.5", &EvaluateModel{Name: Name{Name: "m"}, Version: VersionRef{Alias: "a"}, On: &Source{Table: &Name{Name: "test"}}, Threshold: number("0.5")}},
		{"DEPLOY MODEL m VERSION 3 REASON 'r'", &DeployModel{Name: Name{Name: "m"}, Version: VersionRef{Number: 3}, Reason: str("r")}},
		{"UNDEPLOY MODEL m", &UndeployModel{Name: Name{Name: "m"}}},
		{"REVERT MODEL m TO VERSION 2 REASON 'r'", &RollbackModel{Name: Name{Name: "m"}, To: VersionRef{Number: 2}, Reason: str("r")}},
		{"PREDICT MODEL m FROM d.t INTO d.u MODE UPSERT", &PredictModel{Name: Name{Name: "m"}, From: Source{Table: &Name{"d", "t"}}, Into: Name{"d", "u"}, Mode: ModeUpsert}},
		{"ALTER MODEL m SET ALIAS a = VERSION 3", &AlterModel{Name: Name{Name: "m"}, Action: &SetAlias{Alias: "a", Version: VersionRef{Number: 3}}}},
		{"ALTER MODEL m DROP ALIAS a", &AlterModel{Name: Name{Name: "m"}, Action: &DropAlias{Alias: "a"}}},
		{"ALTER MODEL m DROP THRESHOLD", &AlterModel{Name: Name{Name: "m"}, Action: &DropThreshold{}}},
		{"ALTER MODEL m SET THRESHOLD 1", &AlterModel{Name: Name{Name: "m"}, Action: &SetThreshold{Threshold: number("1")}}},
		{"ALTER MODEL m SET COMMENT 'c'", &AlterModel{Name: Name{Name: "m"}, Action: &SetComment{Comment: str("c")}}},
		{"ALTER MODEL m RENAME TO d.n", &AlterModel{Name: Name{Name: "m"}, Action: &RenameTo{Name: Name{"d", "n"}}}},
		{"DROP MODEL IF EXISTS m VERSION 9223372036854775807", &DropModel{IfExists: true, Name: Name{Name: "m"}, Version: VersionRef{Number: 1<<63 - 1}}},
		{"SHOW MODELS LIKE 'a%'", &ShowModels{Like: str("a%")}},
		{"SHOW MODEL METRICS m VERSION 1", &ShowModel{What: WhatMetrics, Name: Name{Name: "m"}, Version: VersionRef{Number: 1}}},
		{"SHOW CREATE MODEL m", &ShowCreateModel{Name: Name{Name: "m"}}},
		{"SHOW LEARNERS", &ShowLearners{}},
		{"SHOW METRICS", &ShowMetrics{}},
		{"DESC MODEL m VERSION 1", &DescribeModel{Name: Name{Name: "m"}, Version: VersionRef{Number: 1}}},
		{"VERIFY MODEL m VERSION 1", &VerifyModel{Name: Name{Name: "m"}, Version: VersionRef{Number: 1}}},
		{"EXPLAIN TRAIN MODEL m", &Explain{Statement: &TrainModel{Name: Name{Name: "m"}}}},
	}
	for _, test := range tests {
		got := mustParse(t, test.text)
		normalise(got)
		if !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s\ngot:  %#v\nwant: %#v", test.text, got, test.want)
		}
	}
}

func TestPlaceholders(t *testing.T) {
	got := mustParse(t, "TRAIN MODEL m COMMENT ? WITH (a = ?, b = '?') FROM (SELECT ?, '?' FROM t WHERE x = ?) USING l (p = ?) AS OF ?")
	if n := NumParams(got); n != 6 {
		t.Errorf("NumParams = %d", n)
	}
	train := got.(*TrainModel)
	for what, pair := range map[string][2]any{
		"COMMENT":    {train.Comment, param(1)},
		"WITH":       {train.With[0].Value, param(2)},
		"string":     {train.With[1].Value, str("?")},
		"FirstParam": {train.From.FirstParam, 3},
		"USING":      {train.Using.Params[0].Value, param(5)},
		"AS OF":      {train.From.AsOf, param(6)},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: got %v, want %v", what, pair[0], pair[1])
		}
	}
	if ref := mustParse(t, "DEPLOY MODEL m REASON ? VERSION ?").(*DeployModel).Version; ref != (VersionRef{Param: 2}) {
		t.Errorf("VERSION ?: got %+v", ref)
	}
}

func TestPositions(t *testing.T) {
	text := "CREATE MODEL m FROM ( /* x */ SELECT 1) USING\n svm (c = 1) TRANSFORM (a, IMPUTE(b, 0) AS b)"
	m := mustParse(t, text).(*CreateModel)
	for what, pair := range map[string]struct {
		pos  int
		want string
	}{
		"source":    {m.From.Pos, "SELECT 1)"},
		"learner":   {m.Using.Pos, "svm ("},
		"setting":   {m.Using.Params[0].Pos, "c = 1"},
		"transform": {m.Transforms[1].Pos, "IMPUTE("},
		"call":      {m.Transforms[1].Calls[0].Pos, "IMPUTE("},
	} {
		if !strings.HasPrefix(text[pair.pos:], pair.want) {
			t.Errorf("%s: the position points to %q", what, text[pair.pos:])
		}
	}
}

func TestSyntaxErrorFields(t *testing.T) {
	text := "TRAIN MODEL größe\n  -- ü\n  COMMENT 'ü' WIHT (a = 1); SHOW MODELS"
	_, end, err := Parse(text)
	var syntax *SyntaxError
	if !errors.As(err, &syntax) {
		t.Fatalf("got %v", err)
	}
	want := &SyntaxError{Pos: strings.Index(text, "WIHT"), Line: 3, Column: 15, Near: "WIHT (a = 1); SHOW MODELS",
		Expected: []string{"FROM", "AS OF", "USING", "WARM START", "WITH"}, Msg: "WIHT begins no clause of TRAIN MODEL; did you mean WITH?"}
	if !reflect.DeepEqual(syntax, want) || end != strings.Index(text, " SHOW") {
		t.Errorf("got %+v, end %d", syntax, end)
	}
	_, _, err = Parse("TRAIN MODEL m x" + strings.Repeat("é", 100))
	if errors.As(err, &syntax); syntax.Near != "x"+strings.Repeat("é", (maxNear-1)/2) || len(err.Error()) > 400 {
		t.Errorf("a long text is repeated as %q", syntax.Near)
	}
	_, _, err = Parse(" \n TUNE MODEL m")
	var later *NotInThisRelease
	if !errors.As(err, &later) || later.What != "TUNE MODEL" || later.Pos != 3 || later.Line != 2 || later.Column != 2 {
		t.Errorf("got %+v", later)
	}
}

func TestNamesAreValidText(t *testing.T) {
	for _, text := range []string{"TRAIN MODEL \xff", "TRAIN MODEL `a\xff`", "TRAIN MODEL `a\x00`", "TRAIN MODEL m COMMENT '\xff'", "TRAIN MODEL m WITH (\xff = 1)", "TRAIN MODEL m WITH (a = \xff)", "TRAIN MODEL m.\xff"} {
		if stmt, _, err := Parse(text); err == nil {
			t.Errorf("Parse(%q) = %v", text, stmt)
		}
	}
	m := mustParse(t, "TRAIN MODEL m FROM (SELECT _binary'\xff')").(*TrainModel)
	if m.From.Query != "SELECT _binary'\xff'" {
		t.Errorf("the SELECT became %q", m.From.Query)
	}
}

func TestDepthIsBounded(t *testing.T) {
	nest := func(open string, n int) string { return strings.Repeat(open, n) + "1" + strings.Repeat(")", n) }
	for _, test := range []struct {
		name, before, open, after string
	}{
		{"SELECT", "TRAIN MODEL m FROM (SELECT ", "(", ")"},
		{"expression", "CREATE MODEL m FROM t TRANSFORM (", "(", " AS x)"},
		{"transformers", "CREATE MODEL m FROM t TRANSFORM (", "STANDARD_SCALE(", " AS x)"},
	} {
		if _, _, err := Parse(test.before + nest(test.open, maxDepth) + test.after); err != nil {
			t.Errorf("%s: %d deep: %v", test.name, maxDepth, err)
		}
		for _, n := range []int{maxDepth + 1, 1 << 20} {
			_, _, err := Parse(test.before + nest(test.open, n) + test.after)
			if err == nil || !strings.Contains(err.Error(), "more than 200") {
				t.Errorf("%s: %d deep: %v", test.name, n, err)
			}
		}
	}
}

// TestTimeIsLinear: ten times the text takes about ten times as long, never a hundred times, whatever it repeats.
func TestTimeIsLinear(t *testing.T) {
	shapes := map[string]func(n int) string{
		"settings": func(n int) string { return "TRAIN MODEL m WITH (a" + numbered(n, "=1, a") + "=1)" },
		"columns":  func(n int) string { return "CREATE MODEL m FROM t KEY (c" + numbered(n, ", c") + ")" },
		"transforms": func(n int) string {
			return "CREATE MODEL m FROM t TRANSFORM (x AS c" + numbered(n, ", ONE_HOT(x) AS c") + ")"
		},
		"query": func(n int) string {
			return "TRAIN MODEL m FROM (SELECT 1" + strings.Repeat(" + (a) /* b */ - '?'", n) + ")"
		},
		"comments":   func(n int) string { return strings.Repeat("/* a */ -- b\n", n) + "TRAIN MODEL m" },
		"bad clause": func(n int) string { return "TRAIN MODEL m " + strings.Repeat("x", 10*n) },
		"open":       func(n int) string { return "TRAIN MODEL m FROM (SELECT 1" + strings.Repeat(" '' /* ", n) },
		"statements": func(n int) string { return "TRAIN MODEL m" + strings.Repeat("; TRAIN MODEL m", n) },
	}
	for name, shape := range shapes {
		small, large := shape(2_000), shape(20_000)
		best := func(text string) time.Duration {
			least := time.Hour
			for range 5 {
				start := time.Now()
				Parse(text)
				least = min(least, time.Since(start))
			}
			return least
		}
		if s, l := best(small), best(large); l > 50*s && l > 20*time.Millisecond {
			t.Errorf("%s: %v for %d bytes, %v for %d bytes", name, s, len(small), l, len(large))
		}
	}
}

// numbered returns n numbers, each with between in front.
func numbered(n int, between string) string {
	var b strings.Builder
	for i := range n {
		for _, s := range []string{between, "_", string(rune('a' + i%26)), string(rune('a' + i/26%26)), string(rune('a' + i/676%26)), string(rune('a' + i/17576))} {
			b.WriteString(s)
		}
	}
	return b.String()
}

func TestValueConversions(t *testing.T) {
	if f, err := number("-1.5e3").Float(); f != -1500 || err != nil {
		t.Errorf("Float = %v, %v", f, err)
	}
	if n, err := number("-12").Int(); n != -12 || err != nil {
		t.Errorf("Int = %v, %v", n, err)
	}
	for _, v := range []Value{{}, str("1"), word("inf"), param(1), number("1e999")} {
		if f, err := v.Float(); err == nil {
			t.Errorf("%v.Float() = %v", v, f)
		}
	}
	for _, v := range []Value{{}, str("1"), number("1.0"), number("1e2"), number("99999999999999999999")} {
		if n, err := v.Int(); err == nil {
			t.Errorf("%v.Int() = %v", v, n)
		}
	}
}

func TestDidYouMean(t *testing.T) {
	choices := []string{"FROM", "USING", "COMMENT", "STRATIFIED"}
	for word, want := range map[string]string{
		"form": "FROM", "frm": "FROM", "USNIG": "USING", "coment": "COMMENT", "STRATIFID": "STRATIFIED", "x": "", "table": "", "": "",
		strings.Repeat("FROM", 100): "",
	} {
		if want != "" {
			want = "; did you mean " + want + "?"
		}
		if got := didYouMean(word, choices); got != want {
			t.Errorf("didYouMean(%q) = %q", word, got)
		}
	}
}
