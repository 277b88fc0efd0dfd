package feature

import (
	"math"
	"slices"
	"strings"
	"testing"

	"aibms/learners/data"
)

func repeat(x float64, n int) []float64 { return slices.Repeat([]float64{x}, n) }

// What each transformer makes of a column, and what it warns of.
func TestTransformers(t *testing.T) {
	huge, inf := math.MaxFloat64, math.Inf(1)
	months := categorical("m", "Feb", "Jan", "Jan", null)
	for _, c := range []struct {
		name    string
		column  data.Column
		calls   [][]string
		columns string // names, divided by |
		want    [][]float64
		warning string
	}{
		{"plain", numeric("x", 1, nan, inf), nil, "f", [][]float64{{1}, {nan}, {nan}}, "1 training rows hold an infinite x"},
		{"impute infinity", numeric("x", 1, -inf, inf), [][]string{call("IMPUTE", "'mean'", "TRUE")}, "f|f_missing", [][]float64{{1, 0}, {1, 1}, {1, 1}}, "2 training rows"},

		{"constant", numeric("x", 4, 4, nan), [][]string{call("STANDARD_SCALE")}, "f", [][]float64{{0}, {0}, {nan}}, "x is 4 in every training row"},
		{"constant", numeric("x", 4, 4, nan), [][]string{call("MIN_MAX_SCALE")}, "f", [][]float64{{0}, {0}, {nan}}, "x is 4 in every"},
		{"constant", numeric("x", 4, 4, nan), [][]string{call("ROBUST_SCALE")}, "f", [][]float64{{0}, {0}, {nan}}, "x is 4 in every"},
		{"constant", numeric("x", -4, -4), [][]string{call("MAX_ABS_SCALE")}, "f", [][]float64{{-1}, {-1}}, ""},
		{"zeros", numeric("x", 0, 0), [][]string{call("MAX_ABS_SCALE")}, "f", [][]float64{{0}, {0}}, "x is 0 in every"},
		{"one row", numeric("x", 3), [][]string{call("STANDARD_SCALE")}, "f", [][]float64{{0}}, "x is 3 in every"},

		{"nothing", numeric("x", nan, nan), [][]string{call("STANDARD_SCALE")}, "f", [][]float64{{nan}, {nan}}, "x is NULL in every training row"},
		{"nothing", numeric("x", nan, nan), [][]string{call("ROBUST_SCALE")}, "f", [][]float64{{nan}, {nan}}, "x is NULL in every"},
		{"nothing", numeric("x", nan, nan), [][]string{call("IMPUTE", "'mean'")}, "f", [][]float64{{0}, {0}}, "IMPUTE puts 0"},
		{"nothing", numeric("x", nan, nan), [][]string{call("IMPUTE", "'most_frequent'")}, "f", [][]float64{{0}, {0}}, "IMPUTE puts 0"},
		{"nothing", numeric("x", nan, nan), [][]string{call("IMPUTE", "TRUE")}, "f", [][]float64{{1}, {1}}, ""},
		{"nothing", numeric("x", nan, nan), [][]string{call("ORDINAL")}, "f", [][]float64{{nan}, {nan}}, "ORDINAL knows no category"},
		{"nothing", numeric("x", nan, nan), [][]string{call("QUANTILE_BUCKET", "3")}, "f", [][]float64{{nan}, {nan}}, "x is NULL in every"},
		{"nothing", numeric("x", nan, nan), [][]string{call("CLIP_QUANTILE", "0", "0.5")}, "f", [][]float64{{nan}, {nan}}, "x is NULL in every"},

		{"huge", numeric("x", huge, -huge), [][]string{call("STANDARD_SCALE")}, "f", [][]float64{{1}, {-1}}, ""},
		{"huge", numeric("x", huge, 0, -huge), [][]string{call("MIN_MAX_SCALE")}, "f", [][]float64{{1}, {0.5}, {0}}, ""},
		{"huge", numeric("x", huge, huge, -huge, -huge), [][]string{call("ROBUST_SCALE")}, "f", [][]float64{{0.5}, {0.5}, {-0.5}, {-0.5}}, ""},
		{"huge", numeric("x", huge, 0, -huge), [][]string{call("MAX_ABS_SCALE")}, "f", [][]float64{{1}, {0}, {-1}}, ""},
		{"huge", numeric("x", huge, nan, huge), [][]string{call("IMPUTE", "'mean'")}, "f", [][]float64{{huge}, {huge}, {huge}}, ""},
		{"middle", numeric("x", 0, 5, 5, 5, 9), [][]string{call("ROBUST_SCALE")}, "f", [][]float64{{-5}, {0}, {0}, {0}, {4}}, "the middle half of x is 5"},

		{"median", numeric("x", 1, 2, 10, nan), [][]string{call("IMPUTE", "'MEDIAN'")}, "f", [][]float64{{1}, {2}, {10}, {2}}, ""},
		{"median of two", numeric("x", 1, nan, 2), [][]string{call("IMPUTE", "'median'")}, "f", [][]float64{{1}, {1.5}, {2}}, ""},
		{"tie", numeric("x", 9, 9, 3, 3, nan), [][]string{call("IMPUTE", "'most_frequent'")}, "f", [][]float64{{9}, {9}, {3}, {3}, {3}}, ""},
		{"number as text", numeric("x", nan), [][]string{call("IMPUTE", "'-2'")}, "f", [][]float64{{-2}}, ""},

		{"numbers", numeric("x", 2, 10, nan, -1.5, 10), [][]string{call("ONE_HOT")}, "f=-1.5|f=2|f=10",
			[][]float64{{0, 1, 0}, {0, 0, 1}, {0, 0, 0}, {1, 0, 0}, {0, 0, 1}}, ""},
		{"top", numeric("x", 5, 4, 4, 3, 3, 1), [][]string{call("ONE_HOT", "3")}, "f=1|f=3|f=4",
			[][]float64{{0, 0, 0}, {0, 0, 1}, {0, 0, 1}, {0, 1, 0}, {0, 1, 0}, {1, 0, 0}}, ""},
		{"zeros", numeric("x", 0, math.Copysign(0, -1)), [][]string{call("ONE_HOT")}, "f=0", [][]float64{{1}, {1}}, ""},
		{"months", months, [][]string{call("ONE_HOT")}, "f=Feb|f=Jan", [][]float64{{1, 0}, {0, 1}, {0, 1}, {0, 0}}, ""},
		{"top month", months, [][]string{call("ONE_HOT", "1")}, "f=Jan", [][]float64{{0}, {1}, {1}, {0}}, ""},
		{"impute", months, [][]string{call("IMPUTE", "'most_frequent'", "TRUE"), call("ONE_HOT")}, "f=Feb|f=Jan|f_missing",
			[][]float64{{1, 0, 0}, {0, 1, 0}, {0, 1, 0}, {0, 1, 1}}, ""},
		{"unknown", months, [][]string{call("IMPUTE", "'Gap'"), call("ONE_HOT")}, "f=Feb|f=Gap|f=Jan",
			[][]float64{{1, 0, 0}, {0, 0, 1}, {0, 0, 1}, {0, 1, 0}}, ""},
		{"unknown is cut", months, [][]string{call("IMPUTE", "'unknown'"), call("ONE_HOT", "1")}, "f=Jan", [][]float64{{0}, {1}, {1}, {0}}, ""},
		{"typing error", months, [][]string{call("IMPUTE", "'most_frequnt'"), call("ORDINAL")}, "f", [][]float64{{0}, {1}, {1}, {2}},
			"'most_frequnt' in the place of NULL (did you mean most_frequent?)"},
		{"second impute has nothing to do", months, [][]string{call("IMPUTE", "'Jan'"), call("IMPUTE", "'Feb'"), call("ORDINAL")}, "f",
			[][]float64{{0}, {1}, {1}, {1}}, ""},
		{"ordinal", months, [][]string{call("ORDINAL")}, "f", [][]float64{{0}, {1}, {1}, {nan}}, ""},
		{"listed", months, [][]string{call("ORDINAL", "'Jan'", "NULL", "'Mar'")}, "f", [][]float64{{nan}, {0}, {0}, {1}},
			"1 training rows hold values of x that ORDINAL does not list"},
		{"NULL last", months, [][]string{call("ORDINAL", "'Jan'", "'Feb'", "NULL")}, "f", [][]float64{{1}, {0}, {0}, {2}}, ""},
		{"numbers listed", numeric("x", 1, 2, nan, 7), [][]string{call("ORDINAL", "2", "NULL", "'1'")}, "f", [][]float64{{2}, {0}, {1}, {nan}},
			"1 training rows hold values of x that ORDINAL does not list"},
		{"listed numbers of text", categorical("x", "10", "9"), [][]string{call("ORDINAL", "9", "10")}, "f", [][]float64{{1}, {0}}, ""},
		{"buckets", numeric("x", 1, 2, 3, 4, nan), [][]string{call("QUANTILE_BUCKET", "2")}, "f", [][]float64{{0}, {0}, {1}, {1}, {nan}}, ""},
		{"few values", numeric("x", 1, 1, 1, 2), [][]string{call("QUANTILE_BUCKET", "4")}, "f", [][]float64{{0}, {0}, {0}, {1}},
			"make 2 buckets of different values, not 4"},
		{"clip", numeric("x", 0, 1, 2, 3, 100, nan), [][]string{call("CLIP_QUANTILE", "0.25", "0.75")}, "f",
			[][]float64{{1}, {1}, {2}, {3}, {3}, {nan}}, ""},
	} {
		c.column.Name = "x"
		it := item("f", "x", c.calls...)
		ds := dataset(c.column)
		p, warnings := mustFit(t, []Item{it}, ds, nil)
		x, missing := transform(t, p, ds, nil)
		if got := strings.Join(p.Features(), "|"); got != c.columns || !sameBits(x, c.want) {
			t.Errorf("%s, %s: %s %v, want %s %v", c.name, it, got, x, c.columns, c.want)
		}
		for i, row := range x {
			if missing[i] != slices.ContainsFunc(row, math.IsNaN) {
				t.Errorf("%s, %s: row %d is missing: %v", c.name, it, i, missing[i])
			}
		}
		if all := strings.Join(warnings, "\n"); !strings.Contains(all, c.warning) || c.warning == "" && all != "" {
			t.Errorf("%s, %s: warnings %q, want %q", c.name, it, all, c.warning)
		}
	}
}

// A constant column stays 0 for other values, too: what never varied in training tells nothing.
func TestConstantInTrainingStaysZero(t *testing.T) {
	for _, name := range []string{"STANDARD_SCALE", "MIN_MAX_SCALE", "ROBUST_SCALE"} {
		p, _ := mustFit(t, []Item{item("f", "x", call(name))}, dataset(numeric("x", 4, 4)), nil)
		if x, _ := transform(t, p, dataset(numeric("x", 1e300, -5, nan)), nil); !sameBits(x, [][]float64{{0}, {0}, {nan}}) {
			t.Errorf("%s: %v", name, x)
		}
	}
}

// What is NULL in the training rows alone is treated as if the other rows were not there.
func TestNullAfterTheSplit(t *testing.T) {
	ds := dataset(numeric("x", nan, nan, 5), categorical("m", null, null, "a"))
	p, warnings := mustFit(t, []Item{item("x", "x", call("IMPUTE", "'median'"), call("STANDARD_SCALE")), item("m", "m", call("ONE_HOT"))}, ds, []int32{0, 1})
	x, missing := transform(t, p, ds, nil)
	if !sameBits(x, [][]float64{{0}, {0}, {0}}) || slices.Contains(missing, true) || len(warnings) != 3 {
		t.Errorf("%v, %v, %q", x, missing, warnings)
	}
}

func TestOneHotCapsCategories(t *testing.T) {
	c := numeric("x")
	for i := range 150 {
		c.Num = append(c.Num, repeat(float64(i), 1+i/100)...) // 100 to 149 twice
	}
	p, warnings := mustFit(t, []Item{item("f", "x", call("ONE_HOT"))}, dataset(c), nil)
	names := p.Features()
	if len(names) != 100 || names[0] != "f=0" || names[49] != "f=49" || names[50] != "f=100" || names[99] != "f=149" {
		t.Errorf("%d columns: %v", len(names), names)
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], "100 most frequent of the 150 categories") || !strings.Contains(warnings[0], "ONE_HOT(x, 150)") {
		t.Errorf("%q", warnings)
	}
}

func TestFitFails(t *testing.T) {
	ds := dataset(numeric("x", 1, 2), categorical("m", "a", "b"), categorical("blank", null, null))
	for _, c := range []struct {
		items []Item
		rows  []int32
		want  string
	}{
		{nil, nil, "at least one feature"},
		{[]Item{item("f", "x")}, []int32{}, "no training row"},
		{[]Item{item("f", "x")}, []int32{2}, "row 2 of data of 2 rows"},
		{[]Item{item("f", "x")}, []int32{-1}, "row -1"},
		{[]Item{item("f", "y")}, nil, "feature f: the data has no column y"},
		{[]Item{item("m", "m")}, nil, "feature m: m is text and a learner needs numbers: wrap it in ONE_HOT or ORDINAL, as in ONE_HOT(m) AS m"},
		{[]Item{item("m", "m", call("IMPUTE", "'a'"))}, nil, "ONE_HOT(IMPUTE(m, 'a')) AS m"},
		{[]Item{item("m", "m", call("STANDARD_SCALE"))}, nil, "m is text and STANDARD_SCALE needs a number"},
		{[]Item{item("m", "m", call("IMPUTE", "'median'"), call("ONE_HOT"))}, nil, "m is text; IMPUTE takes 'most_frequent' or a constant of it, got 'median'"},
		{[]Item{item("m", "m", call("ORDINAL", "'1.0'", "1.0"))}, nil, "ORDINAL lists '1.0' twice"},
		{[]Item{item("x", "x", call("IMPUTE", "'mediann'"))}, nil, "x is a number; IMPUTE takes 'mean', 'median', 'most_frequent' or a number, got 'mediann' (did you mean median?)"},
		{[]Item{item("x", "x", call("ORDINAL", "'low'"))}, nil, "x is a number, but ORDINAL lists the text 'low'"},
		{[]Item{item("x", "x", call("ORDINAL", "1", "'1.0'"))}, nil, "lists the number 1 twice"},
		{[]Item{item("b", "blank", call("ONE_HOT"))}, nil, "no feature is left"},
		{[]Item{item("m", "m", call("ONE_HOT")), item("m=a", "x")}, nil, "two feature columns are named `m=a`; give feature `m=a` another name"},
	} {
		_, _, err := Fit(t.Context(), c.items, ds, c.rows, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %q", c.items, err, c.want)
		}
	}
	if _, _, err := Fit(t.Context(), []Item{item("f", "x")}, ds, nil, []float64{1}); err == nil {
		t.Error("1 target of 2 rows passes")
	}
	if _, _, err := Fit(t.Context(), []Item{item("f", "x")}, dataset(numeric("x")), nil, nil); err == nil {
		t.Error("data without rows passes")
	}
}

func TestTransformFails(t *testing.T) {
	p, _ := mustFit(t, []Item{item("f", "x"), item("m", "m", call("ONE_HOT"))}, dataset(numeric("x", 1), categorical("m", "a")), nil)
	for _, c := range []struct {
		ds   *data.Dataset
		rows []int32
		want string
	}{
		{dataset(numeric("x", 1)), nil, "the data has no column m"},
		{dataset(numeric("x", 1), numeric("m", 1)), nil, "input m is numeric, but the model was trained on a categorical one"},
		{dataset(numeric("x", 1), categorical("m", "a")), []int32{1}, "row 1 of data of 1 rows"},
		{&data.Dataset{Columns: []data.Column{numeric("x", 1), categorical("m", "a", "b")}, Rows: 2}, nil, "column x has 1 values in data of 2 rows"},
		{dataset(data.Column{Name: "x"}, categorical("m")), nil, "kind(0)"},
	} {
		_, _, err := p.Transform(t.Context(), c.ds, c.rows)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	if _, err := p.TransformRow(make([]Value, 1), make([]float64, 2)); err == nil {
		t.Error("one value of two passes")
	}
	if _, err := p.TransformRow(make([]Value, 2), make([]float64, 3)); err == nil {
		t.Error("room of another size passes")
	}
}

func TestNoRows(t *testing.T) {
	ds := dataset(numeric("x", 1), categorical("m", "a"))
	p, _ := mustFit(t, []Item{item("f", "x"), item("m", "m", call("ONE_HOT"))}, ds, nil)
	for _, c := range []struct {
		ds   *data.Dataset
		rows []int32
	}{{ds, []int32{}}, {dataset(numeric("x"), categorical("m")), nil}} {
		x, missing, err := p.Transform(t.Context(), c.ds, c.rows)
		if x != nil || len(missing) != 0 || err != nil {
			t.Errorf("%v, %v, %v", x, missing, err)
		}
	}
}

// Two expressions that differ in the case of a text are two inputs; a column is found whatever its case.
func TestCaseOfInputs(t *testing.T) {
	ds := dataset(numeric("m = 'A'", 1, 0), numeric("m = 'a'", 0, 1), numeric("Pages", 5, 6))
	p, _ := mustFit(t, []Item{item("u", "m = 'A'"), item("l", "m = 'a'"), item("p", "pages")}, ds, nil)
	if x, _ := transform(t, p, ds, nil); !sameBits(x, [][]float64{{1, 0, 5}, {0, 1, 6}}) {
		t.Errorf("%v", x)
	}
}

func TestInputsAndInfo(t *testing.T) {
	ds := dataset(numeric("x", 1, 3, nan, 5, 99), categorical("m", "b", null, "a", "b", "zz"))
	items := []Item{
		item("o", "m", call("ORDINAL", "'b'", "'q'")), item("x", "x", call("standard_scale")), item("h", "m", call("IMPUTE", "'b'", "TRUE"), call("ONE_HOT")),
	}
	p, _ := mustFit(t, items, ds, []int32{0, 1, 2, 3})
	in := p.Inputs()
	if len(in) != 2 || in[0].Name != "m" || in[0].Kind != data.Categorical || !slices.Equal(in[0].Levels, []string{"a", "b", "q"}) || in[1].Name != "x" ||
		in[1].Kind != data.Numeric || in[1].Levels != nil {
		t.Errorf("inputs %+v", in)
	}
	if got := p.Items()[1].String(); got != "STANDARD_SCALE(x) AS x" {
		t.Errorf("item %s", got)
	}
	info := p.Info()
	want := Info{Position: 2, Name: "x", Input: "x", Expression: "STANDARD_SCALE(x) AS x", Kind: data.Numeric, Columns: 1, Rows: 4, NullShare: 0.25, Mean: 3,
		StdDev: math.Sqrt(8. / 3), Min: 1, Max: 5}
	if info[1] != want {
		t.Errorf("info %+v\nwant %+v", info[1], want)
	}
	m := info[2]
	if m.Position != 3 || m.Columns != 3 || m.NullShare != 0.25 || m.Mean == m.Mean || m.Categories != 2 || m.TopCategory != "b" || m.TopCount != 2 ||
		m.Kind != data.Categorical {
		t.Errorf("info %+v", m)
	}
}
