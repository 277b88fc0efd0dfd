package tree

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/data"
	"aibms/learners/params"
)

// referenceDir holds numbers of scikit-learn and the recipe that made them.
const referenceDir = "../../tests/reference/decision_tree/"

type referenceCase struct {
	Target, Criterion string
	Weighted, Missing bool
	Settings          map[string]string
	Leaves, Depth     int
	Importances       []float64
	Predictions       [][]float64
}

func (c *referenceCase) String() string {
	return fmt.Sprintf("%s %s weighted=%v missing=%v %v", c.Target, c.Criterion, c.Weighted, c.Missing, c.Settings)
}

// examples are the rows of data.csv with the case's features and target.
func (c *referenceCase) examples(columns map[string][]float64) *data.Examples {
	names := []string{"x0", "x1", "x2", "x3", "x4"}
	if c.Missing {
		names[0], names[1] = "missing0", "missing1"
	}
	e := &data.Examples{X: mat.NewDense(len(columns["x0"]), len(names), nil), Features: names, Y: columns[c.Target]}
	for j, name := range names {
		e.X.SetCol(j, columns[name])
	}
	switch c.Target {
	case "binary":
		e.Classes = []string{"a", "b"}
	case "multi":
		e.Classes = []string{"a", "b", "c", "d"}
	}
	if c.Weighted {
		e.Weights = columns["weight"]
	}
	return e
}

func readColumns(t *testing.T) map[string][]float64 {
	t.Helper()
	f, err := os.Open(referenceDir + "data.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	columns := map[string][]float64{}
	for _, row := range rows[1:] {
		for j, text := range row {
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				t.Fatal(err)
			}
			columns[rows[0][j]] = append(columns[rows[0][j]], v)
		}
	}
	return columns
}

// fit fits decision_tree.
func fit(t testing.TB, e *data.Examples, settings map[string]string) *decisionTreeModel {
	t.Helper()
	spec := DecisionTree()
	l := spec.New()
	var s params.Set
	l.Declare(&s)
	var given []params.Setting
	for name, value := range settings {
		given = append(given, params.Setting{Name: name, Value: value, Source: "USER"})
	}
	if err := s.Assign(spec.Name, given); err != nil {
		t.Fatal(err)
	}
	task := learners.Regression
	if k := len(e.Classes); k == 2 {
		task = learners.Binary
	} else if k > 2 {
		task = learners.Multiclass
	}
	m, err := l.Fit(context.Background(), e, nil, learners.Env{Task: task, Seed: 7, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	return m.(*decisionTreeModel)
}

// leaves and depth of the tree whose root is the first node.
func (t *Trees) shape(i int32) (leaves, depth int) {
	if t.isLeaf(i) {
		return 1, 0
	}
	l, a := t.shape(t.nodes[i].left)
	r, b := t.shape(t.nodes[i].left + 1)
	return l + r, 1 + max(a, b)
}

func TestSameTreesAsScikitLearn(t *testing.T) {
	columns := readColumns(t)
	b, err := os.ReadFile(referenceDir + "expected.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []*referenceCase
	if err := json.Unmarshal(b, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < 150 {
		t.Fatalf("only %d cases", len(cases))
	}
	for _, c := range cases {
		t.Run(c.String(), func(t *testing.T) {
			e := c.examples(columns)
			settings := map[string]string{"criterion": c.Criterion}
			for name, value := range c.Settings {
				settings[name] = value
			}
			m := fit(t, e, settings)
			if leaves, depth := m.trees.shape(0); leaves != c.Leaves || depth != c.Depth {
				t.Errorf("%d leaves and depth %d, want %d and %d", leaves, depth, c.Leaves, c.Depth)
			}
			for j, want := range c.Importances {
				if got := m.Importances()[j]; math.Abs(got-want) > 1e-9 {
					t.Errorf("importance of feature %d is %v, want %v", j, got, want)
				}
			}
			out := mat.NewDense(len(e.Y), max(1, len(e.Classes)), nil)
			if err := m.Predict(e.X, out); err != nil {
				t.Fatal(err)
			}
			for k, want := range c.Predictions {
				got := out.RawRowView(3 * k)
				if len(e.Classes) > 0 {
					got = got[1:]
				}
				for i := range want {
					if math.Abs(got[i]-want[i]) > 1e-9*max(1, math.Abs(want[i])) {
						t.Fatalf("row %d is predicted %v, want %v", 3*k, got, want)
					}
				}
			}
		})
	}
}
