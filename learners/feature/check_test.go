package feature

import (
	"strings"
	"testing"
)

func TestItemString(t *testing.T) {
	for want, it := range map[string]Item{
		"x AS x": item("x", "x"),
		"STANDARD_SCALE(IMPUTE(LOG(x + 1), 'median')) AS lx":     item("lx", "LOG(x + 1)", call("impute", "'median'"), call("Standard_Scale")),
		"IMPUTE(`a b`, 'it''s', TRUE) AS `a b`":                  item("a b", "`a b`", call("IMPUTE", "'it''s'", "TRUE")),
		"ORDINAL(size, 'S', NULL, 3) AS `order`":                 item("order", "size", call("ORDINAL", "'S'", "NULL", "3")),
		"ONE_HOT(QUANTILE_BUCKET(YEAR(d), 4)) AS `back``quoted`": item("back`quoted", "YEAR(d)", call("QUANTILE_BUCKET", "4"), call("ONE_HOT")),
		"CLIP_QUANTILE(MAX_ABS_SCALE(x), 0.01, 0.99) AS c":       item("c", "x", call("MAX_ABS_SCALE"), call("CLIP_QUANTILE", "0.01", "0.99")),
		"ROBUST_SCALE(MIN_MAX_SCALE(a = 'A' AND b = 'a')) AS r_": item("r_", "a = 'A' AND b = 'a'", call("MIN_MAX_SCALE"), call("ROBUST_SCALE")),
	} {
		if got := it.String(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if err := Check([]Item{it}); err != nil {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestCheckTeaches(t *testing.T) {
	one := func(calls ...[]string) []Item { return []Item{item("f", "x", calls...)} }
	for _, c := range []struct {
		items []Item
		want  string // parts of the message, divided by |
	}{
		{nil, "at least one feature"},
		{[]Item{item("f", "")}, "needs a column or an expression"},
		{[]Item{item("", "x", call("ONE_HOT"))}, "needs a name: write ONE_HOT(x) AS name"},
		{[]Item{item("f", "x"), item("F", "y")}, "two features are named F: x and y|AS"},
		{[]Item{item("f", "x", call("IMPUTE", "0", "TRUE")), item("f_missing", "y")}, "two features are named f_missing"},
		{one(call("STANDARD_SCALER")), "unknown transformer STANDARD_SCALER (did you mean STANDARD_SCALE?)|this release has: STANDARD_SCALE, "},
		{one(call("SQRT")), "unknown transformer SQRT; this release has: STANDARD_SCALE, "},
		{one(call("TARGET_ENCODE")), "TARGET_ENCODE is not in this release, which has: STANDARD_SCALE, MIN_MAX_SCALE,"},
		{one(call("pca", "2")), "PCA is not in this release"},
		{one(call("STANDARD_SCALE", "2")), "STANDARD_SCALE: takes no argument after the first, got 2; it is written STANDARD_SCALE(x)"},
		{one(call("ROBUST_SCALE", "x")), "x is not a literal"},
		{one(call("IMPUTE")), "takes one or two arguments after the first, got 0; it is written IMPUTE(x, "},
		{one(call("IMPUTE", "1", "TRUE", "1")), "got 3"},
		{one(call("IMPUTE", "NULL")), "cannot put NULL in the place of NULL"},
		{one(call("IMPUTE", "'mean'", "2")), "indicator must be TRUE or FALSE, got 2"},
		{one(call("IMPUTE", "'mean'", "'TRUE'")), "indicator must be TRUE or FALSE, got 'TRUE'"},
		{one(call("IMPUTE", "mean")), "mean is not a literal"},
		{one(call("IMPUTE", "0", "TRUE"), call("IMPUTE", "1", "TRUE")), "two IMPUTE ask for the indicator"},
		{one(call("ONE_HOT", "0")), "top_n must be a whole number from 1 to 10000, got 0"},
		{one(call("ONE_HOT", "2.5")), "got 2.5"},
		{one(call("ONE_HOT", "5", "6")), "at most one argument"},
		{one(call("ONE_HOT"), call("STANDARD_SCALE")), "ONE_HOT makes a column of each category|outermost|STANDARD_SCALE"},
		{one(call("ORDINAL", "'a'", "'b'", "'a'")), "lists 'a' twice"},
		{one(call("ORDINAL", "1", "1.0")), "lists 1.0 twice"},
		{one(call("ORDINAL", "NULL", "null")), "lists null twice"},
		{one(call("QUANTILE_BUCKET")), "takes the number of buckets"},
		{one(call("QUANTILE_BUCKET", "1")), "from 2 to 10000, got 1"},
		{one(call("QUANTILE_BUCKET", "'4'")), "got '4'"},
		{one(call("CLIP_QUANTILE", "0.1")), "takes two quantiles"},
		{one(call("CLIP_QUANTILE", "0.9", "0.1")), "0 <= low < high <= 1, got 0.9, 0.1"},
		{one(call("CLIP_QUANTILE", "0", "NULL")), "got 0, NULL"},
	} {
		err := Check(c.items)
		if err == nil {
			t.Errorf("%v passes; want %q", c.items, c.want)
			continue
		}
		for _, part := range strings.Split(c.want, "|") {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("got %q, want %q in it", err, part)
			}
		}
	}
	if err := Check(one(call("ORDINAL", "'1'", "2", "NULL"), call("impute", "'median'", "1"))); err != nil {
		t.Error(err)
	}
}

func TestIsTransformer(t *testing.T) {
	for name, want := range map[string]bool{"one_hot": true, "PCA": true, "TARGET_ENCODE": true, "LOG": false, "": false} {
		if IsTransformer(name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
}

func TestAuto(t *testing.T) {
	columns := []InputColumn{
		{"pages", Number}, {"weekend", Boolean}, {"month", Text}, {"born", Date}, {"seen", DateTime}, {"seen_hour", Number}, {"at", Time},
		{"order", Number}, {"doc", JSON}, {"photo", Binary}, {"place", Geometry}, {"built", Year},
	}
	check := func(needs Needs, want ...string) {
		t.Helper()
		items, notes := Auto(columns, needs)
		if err := Check(items); err != nil {
			t.Error(err)
		}
		for i, it := range items {
			if i >= len(want) || it.String() != want[i] {
				t.Errorf("%d: %s", i, it)
			}
		}
		if len(items) != len(want) {
			t.Errorf("%d items, want %d", len(items), len(want))
		}
		if len(notes) != 3 || !strings.Contains(notes[0], "column doc is left out") || !strings.Contains(notes[1], "binary") {
			t.Errorf("notes %q", notes)
		}
	}
	check(Needs{Scaling: true},
		"STANDARD_SCALE(IMPUTE(pages, 'median')) AS pages",
		"IMPUTE(weekend, 'most_frequent') AS weekend",
		"ONE_HOT(month) AS month",
		"STANDARD_SCALE(IMPUTE(YEAR(born), 'median')) AS born_year",
		"STANDARD_SCALE(IMPUTE(MONTH(born), 'median')) AS born_month",
		"STANDARD_SCALE(IMPUTE(DAYOFMONTH(born), 'median')) AS born_day",
		"STANDARD_SCALE(IMPUTE(WEEKDAY(born), 'median')) AS born_weekday",
		"STANDARD_SCALE(IMPUTE(YEAR(seen), 'median')) AS seen_year",
		"STANDARD_SCALE(IMPUTE(MONTH(seen), 'median')) AS seen_month",
		"STANDARD_SCALE(IMPUTE(DAYOFMONTH(seen), 'median')) AS seen_day",
		"STANDARD_SCALE(IMPUTE(WEEKDAY(seen), 'median')) AS seen_weekday",
		"STANDARD_SCALE(IMPUTE(HOUR(seen), 'median')) AS seen_hour_2",
		"STANDARD_SCALE(IMPUTE(seen_hour, 'median')) AS seen_hour",
		"STANDARD_SCALE(IMPUTE(TIME_TO_SEC(at), 'median')) AS at_seconds",
		"STANDARD_SCALE(IMPUTE(`order`, 'median')) AS `order`",
		"STANDARD_SCALE(IMPUTE(built, 'median')) AS built",
	)
	check(Needs{Missing: true},
		"pages AS pages", "weekend AS weekend", "ONE_HOT(month) AS month",
		"YEAR(born) AS born_year", "MONTH(born) AS born_month", "DAYOFMONTH(born) AS born_day", "WEEKDAY(born) AS born_weekday",
		"YEAR(seen) AS seen_year", "MONTH(seen) AS seen_month", "DAYOFMONTH(seen) AS seen_day", "WEEKDAY(seen) AS seen_weekday",
		"HOUR(seen) AS seen_hour_2", "seen_hour AS seen_hour", "TIME_TO_SEC(at) AS at_seconds", "`order` AS `order`", "built AS built",
	)
}
