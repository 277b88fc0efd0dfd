package feature

import (
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"aibms/learners/data"
)

const referenceFolder = "../../tests/reference/feature"

// referenceData is data.csv: gen.py there says how it was made. city is text, the other columns numbers; an empty field is NULL.
func referenceData(t *testing.T) *data.Dataset {
	f, err := os.Open(filepath.Join(referenceFolder, "data.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var columns []data.Column
	for j, name := range records[0] {
		var texts []string
		var numbers []float64
		for _, r := range records[1:] {
			v, err := strconv.ParseFloat(r[j], 64)
			switch {
			case r[j] == "":
				v, r[j] = nan, null
			case err != nil && name != "city":
				t.Fatal(err)
			}
			texts, numbers = append(texts, r[j]), append(numbers, v)
		}
		if name == "city" {
			columns = append(columns, categorical(name, texts...))
		} else {
			columns = append(columns, numeric(name, numbers...))
		}
	}
	return dataset(columns...)
}

// Every transformer gives scikit-learn's numbers, also for rows that it was not fitted on.
func TestReference(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(referenceFolder, "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Input, Text string
		Calls       [][]string
		Rows        [][]*float64
	}
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	ds := referenceData(t)
	train := make([]int32, 120)
	for i := range train {
		train[i] = int32(i)
	}
	covered := map[string]bool{}
	for _, c := range cases {
		it := item("f", c.Input, c.Calls...)
		if it.String() != c.Text {
			t.Errorf("%s prints as %s", c.Text, it)
		}
		for _, call := range it.Calls {
			covered[call.Name] = true
		}
		p, _ := mustFit(t, []Item{it}, ds, train)
		x, _ := transform(t, p, ds, nil)
		if len(x) != len(c.Rows) {
			t.Fatalf("%s: %d rows, want %d", c.Text, len(x), len(c.Rows))
		}
		for i, want := range c.Rows {
			if len(want) != len(x[i]) {
				t.Fatalf("%s: %d columns, want %d", c.Text, len(x[i]), len(want))
			}
			for j, w := range want {
				if got := x[i][j]; w == nil && got == got || w != nil && !(math.Abs(got-*w) <= 1e-12*(1+math.Abs(*w))) {
					t.Errorf("%s, row %d: %v, want %v", c.Text, i, got, show(w))
				}
			}
		}
	}
	for _, name := range names() {
		if !covered[name] && name != "CATEGORY" { // the codes of ORDINAL: see category_test.go
			t.Errorf("no case has %s", name)
		}
	}
}

func show(v *float64) any {
	if v == nil {
		return "NULL"
	}
	return *v
}
