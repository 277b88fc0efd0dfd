package linear

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/data"
	"aibms/learners/params"
)

// referenceDir holds numbers of other implementations and the recipes that made them.
const referenceDir = "../../tests/reference"

// readReference reads data.csv of a learner: column name -> values.
func readReference(t *testing.T, learner string) (names []string, values map[string][]float64) {
	t.Helper()
	f, err := os.Open(filepath.Join(referenceDir, learner, "data.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	values = map[string][]float64{}
	for _, row := range rows[1:] {
		for j, text := range row {
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				t.Fatal(err)
			}
			values[rows[0][j]] = append(values[rows[0][j]], v)
		}
	}
	return rows[0], values
}

// readExpected fills cases from expected.json of a learner.
func readExpected(t *testing.T, learner string, cases any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(referenceDir, learner, "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, cases); err != nil {
		t.Fatal(err)
	}
}

// matrixOf puts the named columns side by side.
func matrixOf(values map[string][]float64, names ...string) *mat.Dense {
	x := mat.NewDense(len(values[names[0]]), len(names), nil)
	for j, name := range names {
		x.SetCol(j, values[name])
	}
	return x
}

// setting writes a hyper-parameter.
func setting(name string, value any) params.Setting {
	text := ""
	switch v := value.(type) {
	case string:
		text = v
	case float64:
		text = params.FormatFloat(v)
	case int:
		text = strconv.Itoa(v)
	case bool:
		text = strconv.FormatBool(v)
	}
	return params.Setting{Name: name, Value: text, Source: "USER"}
}

// newLearner returns a learner with the given settings.
func newLearner(t testing.TB, spec *learners.Spec, given ...params.Setting) learners.Learner {
	t.Helper()
	l := spec.New()
	var s params.Set
	l.Declare(&s)
	if err := s.Assign(spec.Name, given); err != nil {
		t.Fatal(err)
	}
	return l
}

// fit fits and demands that there is no error and no warning.
func fit(t testing.TB, spec *learners.Spec, task learners.Task, e *data.Examples, given ...params.Setting) learners.Model {
	t.Helper()
	env := learners.Env{Task: task, Seed: 7, Workers: 2, Warn: func(format string, args ...any) { t.Errorf("warning: "+format, args...) }}
	m, err := newLearner(t, spec, given...).Fit(context.Background(), e, nil, env)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// near reports whether a and b agree to the relative tolerance (absolute below one).
func near(a, b, tolerance float64) bool {
	return math.Abs(a-b) <= tolerance*max(1, math.Abs(a), math.Abs(b))
}

// checkCoefficients compares a model's coefficients with a reference.
func checkCoefficients(t *testing.T, m learners.Model, weights [][]float64, intercepts []float64, tolerance float64) {
	t.Helper()
	w, b := m.(learners.Coefficients).Coefficients()
	for k := range weights {
		for j, want := range weights[k] {
			if got := w.At(k, j); !near(got, want, tolerance) {
				t.Errorf("coefficient %d of output %d is %v, want %v", j, k, got, want)
			}
		}
		if !near(b[k], intercepts[k], tolerance) {
			t.Errorf("intercept of output %d is %v, want %v", k, b[k], intercepts[k])
		}
	}
}
