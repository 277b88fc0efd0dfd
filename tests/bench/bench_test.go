package main

import (
	"bytes"
	"errors"
	"flag"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

var rewrite = flag.Bool("rewrite", false, "write the table of figures into docs/performance.md")

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{{[]float64{3}, 3}, {[]float64{5, 1, 3}, 3}, {[]float64{4, 1, 3, 2}, 2.5}} {
		if got := median(c.values); got != c.want {
			t.Errorf("median of %v is %v, want %v", c.values, got, c.want)
		}
	}
}

// TestAlternate: ours first, in turn, the first pair left out; the ratio is the median of the pairs' ratios.
func TestAlternate(t *testing.T) {
	var order string
	ours, peer := []float64{100, 1, 2, 4}, []float64{1, 10, 8, 8}
	side := func(name string, values *[]float64) func() (float64, error) {
		return func() (float64, error) {
			order += name
			v := (*values)[0]
			*values = (*values)[1:]
			return v, nil
		}
	}
	var log bytes.Buffer
	r, err := alternate(Figure{Name: "f", Unit: "s"}, &Sides{Ours: side("A", &ours), Peer: side("B", &peer)}, 3, &log)
	if err != nil {
		t.Fatal(err)
	}
	if order != "ABABABAB" {
		t.Errorf("the order is %s", order)
	}
	if r.Ours != 2 || r.Peer != 8 || r.Ratio != 4 || r.Low != 2 || r.High != 10 {
		t.Errorf("%+v", r)
	}
}

func TestAlternateWithABound(t *testing.T) {
	r, err := alternate(Figure{Bound: 64}, &Sides{Ours: func() (float64, error) { return 32, nil }}, 5, new(bytes.Buffer))
	if err != nil {
		t.Fatal(err)
	}
	if r.Ours != 32 || r.Peer != 64 || r.Ratio != 2 || len(r.OursRuns) != 5 {
		t.Errorf("%+v", r)
	}
}

func TestAlternateFails(t *testing.T) {
	fine := func() (float64, error) { return 1, nil }
	broken := func() (float64, error) { return 0, errors.New("broken") }
	for _, c := range []struct {
		sides Sides
		want  string
	}{
		{Sides{Ours: broken, Peer: fine}, "ours: broken"},
		{Sides{Ours: fine, Peer: broken}, "peer: broken"},
		{Sides{Ours: func() (float64, error) { return 0, nil }, Peer: fine}, "no ratio"},
	} {
		if _, err := alternate(Figure{}, &c.sides, 5, new(bytes.Buffer)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("the error is %v, want one with %q", err, c.want)
		}
	}
}

// TestGuard: a figure whose guard fails has no result, and what was prepared is let go of.
func TestGuard(t *testing.T) {
	closed := 0
	f := Figure{Name: "f", Prepare: func(*Bench, Size) (*Sides, error) {
		one := func() (float64, error) { return 1, nil }
		return &Sides{Ours: one, Peer: one, Guard: func() error { return errors.New("worse") }, Close: func() error { closed++; return nil }}, nil
	}}
	b := &Bench{ctx: t.Context(), log: new(bytes.Buffer), pairs: 1}
	if r, err := b.measure(f); err == nil || r != nil || !strings.Contains(err.Error(), "worse") {
		t.Errorf("result %v, error %v", r, err)
	}
	if closed != 1 {
		t.Errorf("closed %d times", closed)
	}
}

func TestChoose(t *testing.T) {
	all := []Figure{{Name: "a_1"}, {Name: "b"}, {Name: "a_16"}, {Name: "a"}, {Name: "c"}, {Name: "a@rows=2"}}
	for only, want := range map[string][]string{
		"":          {"a_1", "b", "a_16", "a", "c", "a@rows=2"},
		"a":         {"a", "a@rows=2"}, // exactly so, before beginnings
		"a@rows":    {"a@rows=2"},
		"a_":        {"a_1", "a_16"},
		"a_1":       {"a_1"},
		"c, b":      {"b", "c"},
		"b,a_16,b,": {"b", "a_16"},
	} {
		got, err := choose(all, only)
		if err != nil || !slices.Equal(names(got), want) {
			t.Errorf("%q chooses %v, error %v; want %v", only, names(got), err, want)
		}
	}
	if _, err := choose(all, "b,d"); err == nil || !strings.Contains(err.Error(), `"d"`) || !strings.Contains(err.Error(), "a_16") {
		t.Errorf("the error is %v", err)
	}
}

func TestGrown(t *testing.T) {
	f := Figure{Name: "f", Least: 2, Size: Size{Rows: 10, Columns: 3}, Grow: larger(Size{Rows: 10, Columns: 3})}
	got := grown(f)
	if want := []string{"f", "f@rows=20", "f@rows=100", "f@columns=6"}; !slices.Equal(names(got), want) {
		t.Fatalf("%v, want %v", names(got), want)
	}
	if got[2].Size != (Size{Rows: 100, Columns: 3}) || got[3].Size != (Size{Rows: 10, Columns: 6}) || got[0].Least != 2 || got[1].Least != 0 {
		t.Errorf("%+v", got)
	}
	got = grown(f.withRows(7))
	if want := []string{"f", "f@rows=14", "f@rows=70", "f@columns=6"}; !slices.Equal(names(got), want) || got[3].Size != (Size{Rows: 7, Columns: 6}) {
		t.Errorf("%v, want %v", names(got), want)
	}
	if grown(Figure{Name: "g"}) != nil {
		t.Error("a figure grows that has no further sizes")
	}
}

func TestPrint(t *testing.T) {
	var out bytes.Buffer
	printHeader(&out)
	printResult(&out, &Result{Figure: Figure{Name: "f", Unit: "s"}, Ours: 1.23456, Peer: 12345.6, Ratio: 9.998})
	if want := "name\tours\tpeer\tratio\tunit\nf\t1.235\t12346\t10\ts\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}

func TestExplain(t *testing.T) {
	for ratio, want := range map[float64]string{1.5: "BELOW the floor of 2", 2: "below the aim of 3", 3: "at or above"} {
		var log bytes.Buffer
		explain(&log, &Result{Figure: Figure{Least: 2, Aim: 3}, Ratio: ratio})
		if !strings.Contains(log.String(), want) {
			t.Errorf("%v: %s", ratio, log.String())
		}
	}
}

// TestPageOfResults: a result replaces that of the same name, and only that.
func TestPageOfResults(t *testing.T) {
	file := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(file, []byte("# Page\n<!-- results -->\n\n| `old` | 1 |\n| `f` | 1 |\n<!-- /results -->\nend\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	results := []*Result{{Figure: Figure{Name: "f", Unit: "s"}, Ours: 1, Peer: 2, Ratio: 2, Low: 1, High: 3, PairsRatios: []float64{1, 2, 3}}, {Figure: Figure{Name: "new", Unit: "MB"}, Ours: 4, Peer: 2, Ratio: 0.5, Low: 0.5, High: 0.5, PairsRatios: []float64{0.5}}}
	day := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	put := func(before []string) []string { return resultLines(before, results, day, "2 cores") }
	for range 2 { // the second time nothing changes
		if err := rewriteBetween(file, "results", put); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want := "# Page\n<!-- results -->\n\n| name | ours | peer | ratio | pairs and their ratios | unit | measured | on |\n|---|---|---|---|---|---|---|---|\n| `old` | 1 |\n" +
			"| `f` | 1 | 2 | 2 | 3: 1 to 3 | s | 2026-03-04 | 2 cores |\n| `new` | 4 | 2 | 0.5 | 1: 0.5 to 0.5 | MB | 2026-03-04 | 2 cores |\n\n<!-- /results -->\nend\n"
		if string(got) != want {
			t.Errorf("%s\nwant\n%s", got, want)
		}
	}
	if err := rewriteBetween(file, "figures", put); err == nil {
		t.Error("a page without the place is rewritten")
	}
}

// TestShort: figures below their floor or their aim, the furthest behind first.
func TestShort(t *testing.T) {
	file := filepath.Join(t.TempDir(), "page.md")
	row := func(name, ratio string) string { return "| `" + name + "` | 1 | 2 | " + ratio + " | 5: 1 to 2 | s |\n" }
	if err := os.WriteFile(file, []byte("<!-- results -->\n"+row("met", "3")+row("far", "2")+row("low", "0.9")+row("near", "2.9")+row("free", "0.1")+row("floor", "1")+"<!-- /results -->\n<!-- short -->\nold\n<!-- /short -->\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	list := []Figure{{Name: "met", Least: 1, Aim: 3}, {Name: "far", Least: 1, Aim: 10}, {Name: "low", Least: 1, Aim: 1.5}, {Name: "near", Aim: 3}, {Name: "free"}, {Name: "floor", Least: 1}}
	if err := short(file, list); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(got), "<!-- short -->\n")
	if want := "\n| figure | ratio | at least | aim | below |\n|---|---|---|---|---|\n| `far` | 2 | 1 | 10 | the aim |\n| `low` | 0.9 | 1 | 1.5 | **the floor** |\n| `near` | 2.9 | – | 3 | the aim |\n\n<!-- /short -->\n"; after != want {
		t.Errorf("%s\nwant\n%s", after, want)
	}
}

// TestPageOfFigures compares the table of figures in docs/performance.md with the list, and that of figures that fall short with the results beside it.
func TestPageOfFigures(t *testing.T) {
	file := filepath.Join("..", "..", "docs", "performance.md")
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !*rewrite {
		copied := filepath.Join(t.TempDir(), "page.md")
		if err := os.WriteFile(copied, before, 0o644); err != nil {
			t.Fatal(err)
		}
		file = copied
	}
	if err := rewriteBetween(file, "figures", func([]string) []string { return figureTable(figures()) }); err != nil {
		t.Fatal(err)
	}
	if err := short(file, figures()); err != nil {
		t.Fatal(err)
	}
	now, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !*rewrite && !bytes.Equal(before, now) {
		t.Error("docs/performance.md has not the figures of the program; go test ./tests/bench -run TestPageOfFigures -rewrite puts them in")
	}
}

func TestFiguresAreComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range figures() {
		if seen[f.Name] {
			t.Errorf("two figures are called %s", f.Name)
		}
		seen[f.Name] = true
		if f.Name == "" || f.Ours == "" || f.Peer == "" || f.Why == "" || f.Unit == "" || f.Prepare == nil || strings.Contains(f.Ours+f.Peer+f.Why, "|") {
			t.Errorf("%+v is not complete, or breaks the table", f)
		}
		if f.Aim != 0 && f.Aim < f.Least {
			t.Errorf("%s: the aim is below the floor", f.Name)
		}
	}
	for _, name := range []string{"e2e_logistic", "e2e_logistic_careful", "train_scan", "table_predict", "point_predict_1", "point_predict_16", "point_vs_mariadb", "point_args_vs_mariadb", "stream_rss_mb", "train_rss",
		"silent_sockets_s"} {
		if !seen[name] {
			t.Errorf("there is no figure %s", name)
		}
	}
}

func TestParse(t *testing.T) {
	s, err := parse([]string{"-only", "train", "-rows", "1000", "-pairs", "1"}, new(bytes.Buffer))
	if err != nil {
		t.Fatal(err)
	}
	list, err := s.chosen()
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"train_scan", "train_rss"}; !slices.Equal(names(list), want) || list[0].Size.Rows != 1000 || list[0].Size.Columns != 10 {
		t.Errorf("%v of size %+v", names(list), list[0].Size)
	}
	for _, args := range [][]string{{"train_scan"}, {"-pairs", "0"}, {"-nonsense"}} {
		if _, err := parse(args, new(bytes.Buffer)); err == nil {
			t.Errorf("%q is taken", args)
		}
	}
}

func TestRun(t *testing.T) {
	var out, log bytes.Buffer
	if code := run(t.Context(), []string{"-list", "-only", "point_predict"}, &out, &log); code != 0 || out.String() != "point_predict_1\npoint_predict_16\n" {
		t.Errorf("code %d, %q", code, out.String())
	}
	out.Reset()
	if code := run(t.Context(), []string{"-list", "-growth", "-only", "point_predict_1@"}, &out, &log); code != 0 || !strings.Contains(out.String(), "point_predict_1@connections=64\n") {
		t.Errorf("code %d, %q", code, out.String())
	}
	if code := run(t.Context(), []string{"-only", "nope"}, &out, &log); code != 2 || !strings.Contains(log.String(), `no figure "nope"`) {
		t.Errorf("code %d, %s", code, log.String())
	}
	log.Reset()
	if code := run(t.Context(), []string{"-help"}, &out, &log); code != 0 || !strings.Contains(log.String(), "`silent_sockets_s`") {
		t.Errorf("code %d, %s", code, log.String())
	}
	out.Reset()
	log.Reset()
	missing := filepath.Join(t.TempDir(), "aibms")
	if code := run(t.Context(), []string{"-only", "silent_sockets_s", "-aibms", missing}, &out, &log); code != 1 || out.String() != "name\tours\tpeer\tratio\tunit\n" || !strings.Contains(log.String(), missing) {
		t.Errorf("code %d, %q, %s", code, out.String(), log.String())
	}
}

func TestUntuned(t *testing.T) {
	got := untuned([]string{"PATH=/bin", "OPENBLAS_CORETYPE=Prescott", "OMP_NUM_THREADS=1", "MKL_DEBUG=1", "VECLIB_NUM_THREADS=1", "HOME=/", "COMP_WORDS=x"})
	if want := []string{"PATH=/bin", "HOME=/", "COMP_WORDS=x"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestMemoryField(t *testing.T) {
	const status = "Name:\taibms\nVmHWM:\t  2048 kB\nVmRSS:\t  1024 kB\n"
	if v, err := memoryField(status, "VmRSS"); err != nil || v != 1<<20 {
		t.Errorf("%v, %v", v, err)
	}
	if _, err := memoryField(status, "VmPeak"); err == nil {
		t.Error("a field that is not there is found")
	}
}

func TestAUC(t *testing.T) {
	for _, c := range []struct {
		score []float64
		one   []bool
		want  float64
	}{
		{[]float64{1, 2, 3, 4}, []bool{false, false, true, true}, 1},
		{[]float64{4, 3, 2, 1}, []bool{false, false, true, true}, 0},
		{[]float64{1, 1, 1, 1}, []bool{false, true, true, false}, 0.5},
		{[]float64{1, 2, 2, 3}, []bool{false, false, true, true}, 0.875},
	} {
		if got := auc(c.score, c.one); got != c.want {
			t.Errorf("auc of %v, %v is %v, want %v", c.score, c.one, got, c.want)
		}
	}
}

// TestPoints: the file has what the formula gives, and columns that are spread and correlated as it says.
func TestPoints(t *testing.T) {
	const rows, columns = 4000, 3
	file := filepath.Join(t.TempDir(), "points.csv")
	targets, err := writePoints(file, rows, columns)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if len(lines) != rows {
		t.Fatalf("%d lines", len(lines))
	}
	z := make([]float64, columns)
	var sum, square, product, ones float64
	for i, line := range lines {
		fields := strings.Split(line, ",")
		y := point(i, z)
		part := "TRAIN"
		if i%5 == 0 {
			part = "TEST"
		}
		target := "0"
		if targets[i] != y {
			t.Fatalf("the target of row %d is %v", i, targets[i])
		}
		if y {
			target = "1"
			ones++
		}
		if len(fields) != columns+3 || fields[columns+1] != target || fields[columns+2] != part {
			t.Fatalf("line %d is %s", i, line)
		}
		sum, square, product = sum+z[0], square+z[0]*z[0], product+z[0]*z[2]
	}
	if n := float64(rows); math.Abs(sum/n) > 0.1 || math.Abs(square/n-1) > 0.1 || math.Abs(product/n-0.36) > 0.1 || ones < n/4 || ones > 3*n/4 {
		t.Errorf("mean %v, variance %v, correlation %v, share of ones %v", sum/n, square/n, product/n, ones/n)
	}
	if got := createPoints("t", 2); got != "CREATE TABLE t (id BIGINT PRIMARY KEY, x1 DOUBLE NOT NULL, x2 DOUBLE NOT NULL, y TINYINT NOT NULL, part VARCHAR(5) NOT NULL)" {
		t.Error(got)
	}
}

// TestDatasetPoint: what a point prediction sends is what the table holds.
func TestDatasetPoint(t *testing.T) {
	d := &dataset{Size: Size{Columns: 4}}
	z, standardised := make([]float64, 4), make([]float64, 4)
	point(7, standardised)
	want := []float64{1 + 1.5*standardised[0], 2 + 2*standardised[1]}
	if got := d.point(7, z); !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got, want := predictStatement(d), "SELECT PREDICT('m', ?, ?)"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
