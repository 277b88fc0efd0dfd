package quality

import (
	"flag"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"aibms/learners/all"
)

var rewrite = flag.Bool("rewrite", false, "write what the tests find into docs/quality.md")

// A book is docs/quality.md beside what the tests find. Tests that run at the same time may use it.
type book struct {
	sync.Mutex
	shown, found map[row]row // by identity; shown is nil until it is read
}

const bookFile = "../../docs/quality.md"

var page book

// identity are the cells that say which row it is.
func (r row) identity() row {
	var id row
	copy(id[:cellOurs], r[:cellOurs])
	return id
}

func (r row) String() string { return strings.Join(r[:], " | ") }

// put takes a row that a test found, and gives the one on the page.
func (b *book) put(r row) (shown row, ok bool, err error) {
	b.Lock()
	defer b.Unlock()
	if b.shown == nil {
		var err error
		if b.shown, err = b.read(); err != nil {
			return row{}, false, err
		}
		b.found = map[row]row{}
	}
	if other, ok := b.found[r.identity()]; ok {
		return row{}, false, fmt.Errorf("two lines of docs/quality.md are called the same: %s and %s", other, r)
	}
	b.found[r.identity()] = r
	shown, ok = b.shown[r.identity()]
	return shown, ok, nil
}

// read reads the page. That it is not there yet is no error.
func (b *book) read() (map[row]row, error) {
	text, err := os.ReadFile(bookFile)
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	shown := map[row]row{}
	for _, r := range rowsOf(string(text)) {
		shown[r.identity()] = r
	}
	return shown, nil
}

// finish writes the page, or complains of lines that no test finds. When some tests were left out (everything is false), their lines stay.
func (b *book) finish(everything bool) error {
	b.Lock()
	defer b.Unlock()
	if b.shown == nil { // no test compared anything
		return nil
	}
	if *rewrite {
		var rows []row
		for _, r := range b.found {
			rows = append(rows, r)
		}
		shown, err := b.read() // again: other tests may have written it meanwhile
		if err != nil {
			return err
		}
		for id, r := range shown {
			if _, ok := b.found[id]; !ok && !everything {
				rows = append(rows, r)
			}
		}
		return os.WriteFile(bookFile, []byte(pageOf(rows)), 0o644)
	}
	for id, r := range b.shown {
		if _, ok := b.found[id]; !ok && everything {
			return fmt.Errorf("docs/quality.md has a line that no test finds; -rewrite takes it out: %s", r)
		}
	}
	return nil
}

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	everything := code == 0
	for _, name := range []string{"test.run", "test.skip", "test.list"} {
		everything = everything && flag.Lookup(name).Value.String() == ""
	}
	if err := page.finish(everything); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// TestPage: docs/quality.md has a line of every learner, and nothing in it was written by hand.
func TestPage(t *testing.T) {
	if *rewrite {
		t.Skip("the page is written when all tests have ended")
	}
	text, err := os.ReadFile(bookFile)
	if err != nil {
		t.Fatal(err)
	}
	rows := rowsOf(string(text))
	for _, s := range all.Registry().All() {
		if !slices.ContainsFunc(rows, func(r row) bool { return r[cellLearner] == s.Name }) {
			t.Errorf("docs/quality.md says nothing about %s: its quality is not compared with a peer's", s.Name)
		}
	}
	if pageOf(rows) != string(text) {
		t.Error("docs/quality.md is not what its lines make; go test ./tests/quality -rewrite writes it anew")
	}
}

// rowsOf reads the rows of the page: those of the tables under the learners' names.
func rowsOf(page string) []row {
	var rows []row
	name := ""
	for line := range strings.Lines(page) {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "## "); ok {
			name = rest
		}
		parts := strings.Split(strings.Trim(line, "| "), " | ")
		if len(parts) != cells-1 || parts[0] == "data set" {
			continue
		}
		r := row{cellLearner: name}
		copy(r[1:], parts)
		rows = append(rows, r)
	}
	return rows
}

// pageOf writes the page.
func pageOf(rows []row) string {
	slices.SortFunc(rows, func(a, b row) int { return slices.Compare(a[:], b[:]) })
	var names []string
	of := map[string][]row{}
	for _, r := range rows {
		if of[r[cellLearner]] == nil {
			names = append(names, r[cellLearner])
		}
		of[r[cellLearner]] = append(of[r[cellLearner]], r)
	}
	var b strings.Builder
	b.WriteString(`# Quality

<!-- made from what the tests find by ` + "`go test ./tests/quality -rewrite`" + `; do not edit -->

How good each learner is beside a program that people know, on [real data](../tests/data/README.md), at equal settings, learning from the same rows and judged by the same others. The tests of
[tests/quality](../tests/quality/page_test.go) hold every line below; the peers' figures and the recipes that made them are in [tests/reference](../tests/reference/quality/gen.py).

- Figures are means over so many runs, ± their standard deviation, each run with a seed of its own; one run where nothing is drawn. "10 / 1" runs are ten of ours and one of the peer.
- The difference is positive where ours is better. Of log_loss, errors, deviances, inertia and objectives less is better.
- Allowed is by how much ours may be worse, "±" to either side, where both must find the same. On large sets that is 0.002 of auc and 0.003 of accuracy and r2; on smaller ones, where chance is larger, two standard errors of
  the difference. The test says where it is something else, and why.
- Used is the share of what is allowed that the worst line of a learner takes; 0 % where no line is worse than the peer. On digits 0.0029 of accuracy are one test row.

By SQL, from a table to metrics, [another test](../tests/quality/sql_test.go) compares the linear learners with scikit-learn. How fast all this is: [performance](performance.md).

| learner | peers | data sets | metrics | runs | figures | used |
|---|---|---|---|---|---|---|
`)
	for _, name := range names {
		worst := 0.0
		for _, r := range of[name] {
			d := number(r[cellDifference])
			if strings.HasPrefix(r[cellAllowed], "±") {
				d = -math.Abs(d)
			}
			worst = max(worst, -d/number(r[cellAllowed]))
		}
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s | %s | %s | %d | %.0f %% |\n", name, name, distinct(of[name], cellPeer), distinct(of[name], cellSet), distinct(of[name], cellMetric), distinct(of[name], cellRuns), len(of[name]), 100*worst)
	}
	for _, name := range names {
		fmt.Fprintf(&b, "\n## %s\n\n| data set | settings | metric | peer | ours | theirs | difference | allowed | runs |\n|---|---|---|---|---|---|---|---|---|\n", name)
		for _, r := range of[name] {
			fmt.Fprintf(&b, "| %s |\n", strings.Join(r[1:], " | "))
		}
	}
	return b.String()
}

// distinct are the different values of a cell, as far as what stands after them says no more than which rows, targets or columns.
func distinct(rows []row, cell int) string {
	var values []string
	for _, r := range rows {
		value := r[cell]
		switch cell {
		case cellSet:
			value, _, _ = strings.Cut(value, ",")
		case cellMetric:
			value, _, _ = strings.Cut(value, " of ")
		case cellPeer:
			value, _, _ = strings.Cut(value, " on ")
		}
		if !slices.Contains(values, value) {
			values = append(values, value)
		}
	}
	slices.Sort(values)
	return strings.Join(values, "; ")
}
