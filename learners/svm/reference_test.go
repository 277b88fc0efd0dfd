package svm

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/data"
	"aibms/learners/params"
)

const (
	referenceDir   = "../../tests/reference/svm/"
	referenceEvery = 6 // of the rows that expected.json has decision values and probabilities of
)

// referenceCase is one case of expected.json; gen.py there says what it holds.
type referenceCase struct {
	Target    string
	Settings  map[string]string
	Weighted  bool
	Vectors   []int
	Objective *float64
	Decision  json.RawMessage
	Predicted []int32
}

type reference struct {
	Probability map[string]struct{ Mean, Deviation [][]float64 }
	Cases       []*referenceCase
}

func readReference(t testing.TB) (examples map[string]*data.Examples, weight []float64, r *reference) {
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
	x := mat.NewDense(len(rows)-1, 5, nil)
	var features []string
	for j := range 5 {
		features = append(features, fmt.Sprintf("x%d", j))
		x.SetCol(j, columns[features[j]])
	}
	b, err := os.ReadFile(referenceDir + "expected.json")
	if err != nil {
		t.Fatal(err)
	}
	r = new(reference)
	if err := json.Unmarshal(b, r); err != nil {
		t.Fatal(err)
	}
	return map[string]*data.Examples{
		"binary": {X: x, Features: features, Y: columns["binary"], Classes: []string{"0", "1"}},
		"multi":  {X: x, Features: features, Y: columns["multi"], Classes: []string{"0", "1", "2"}},
		"number": {X: x, Features: features, Y: columns["number"]},
	}, columns["weight"], r
}

// taskOf is the task that examples are for.
func taskOf(e *data.Examples) learners.Task {
	switch len(e.Classes) {
	case 0:
		return learners.Regression
	case 2:
		return learners.Binary
	}
	return learners.Multiclass
}

// fitTo fits the learner and demands a model without warnings.
func fitTo(t testing.TB, e *data.Examples, settings map[string]string) learners.Model {
	t.Helper()
	env := learners.Env{Task: taskOf(e), Seed: 1, Workers: 2, Warn: func(format string, args ...any) { t.Errorf(format, args...) }}
	m, err := tryFit(context.Background(), e, settings, env)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func tryFit(ctx context.Context, e *data.Examples, settings map[string]string, env learners.Env) (learners.Model, error) {
	l := SVM().New()
	var set params.Set
	l.Declare(&set)
	var given []params.Setting
	for k, v := range settings {
		given = append(given, params.Setting{Name: k, Value: v, Source: "USER"})
	}
	if err := set.Assign(name, given); err != nil {
		return nil, err
	}
	return l.Fit(ctx, e, nil, env)
}

// machineOf is what a model is made of.
func machineOf(m learners.Model) *machine {
	if c, ok := m.(classifier); ok {
		return c.machine
	}
	return m.(regressor).machine
}

// decisions are the decision values of all pairs for the rows of x, as predictions sum them.
func decisions(m *machine, x *mat.Dense) [][]float64 {
	var out [][]float64
	m.each(x, func(i int, sums []float64, stride int) {
		if m.classes == 0 {
			out = append(out, []float64{sums[0] + m.intercepts[0]})
			return
		}
		var row []float64
		for a := range m.present {
			for b := a + 1; b < len(m.present); b++ {
				row = append(row, m.decision(sums, stride, len(row), a, b))
			}
		}
		out = append(out, row)
	})
	return out
}

// vectorsOf are the rows of x that are support vectors, and their first coefficients. No two rows of x are equal.
func vectorsOf(t *testing.T, m *machine, x *mat.Dense) (rows []int, b []float64) {
	t.Helper()
	n, p := x.Dims()
	for k := range len(m.vectors) / p {
		for i := range n {
			if slices.Equal(x.RawRowView(i), m.vectors[k*p:][:p]) {
				rows, b = append(rows, i), append(b, m.b[k*m.outputs])
			}
		}
	}
	if len(rows) != len(m.vectors)/p {
		t.Fatalf("%d support vectors are %d rows", len(m.vectors)/p, len(rows))
	}
	return rows, b
}

// plainKernel is the kernel from its definition.
func plainKernel(k *kernel, x, z []float64) float64 {
	dot, square := 0.0, 0.0
	for j, v := range x {
		dot += v * z[j]
		square += (v - z[j]) * (v - z[j])
	}
	switch k.name {
	case "rbf":
		return math.Exp(-k.gamma * square)
	case "poly":
		return math.Pow(k.gamma*dot+k.coef0, float64(k.degree))
	case "sigmoid":
		return math.Tanh(k.gamma*dot + k.coef0)
	}
	return dot
}

// dual is the objective of form c of one pair, or of a regression, straight from its definition.
func dual(m *machine, e *data.Examples, rows []int, b []float64, epsilon float64) float64 {
	sum := 0.0
	for s, i := range rows {
		y := e.Y[i]
		if m.classes > 0 {
			y, epsilon = 2*y-1, 0
		}
		sum += epsilon*math.Abs(b[s]) - y*b[s]
		for r, j := range rows {
			sum += b[s] * b[r] * plainKernel(m.kernel, e.X.RawRowView(i), e.X.RawRowView(j)) / 2
		}
	}
	return sum
}

func TestFindsWhatLIBSVMFinds(t *testing.T) {
	examples, weight, r := readReference(t)
	if len(r.Cases) < 45 {
		t.Fatalf("only %d reference cases", len(r.Cases))
	}
	for _, c := range r.Cases {
		t.Run(fmt.Sprintf("%s %v weighted=%v", c.Target, c.Settings, c.Weighted), func(t *testing.T) {
			e := *examples[c.Target]
			if c.Weighted {
				e.Weights = weight
			}
			epsilon := 0.1
			if v, ok := c.Settings["epsilon"]; ok {
				epsilon, _ = strconv.ParseFloat(v, 64)
			}
			settings := map[string]string{"calibration_folds": "0", "tol": "1e-6"}
			for k, v := range c.Settings {
				settings[k] = v
			}
			model := fitTo(t, &e, settings)
			m := machineOf(model)
			rows, b := vectorsOf(t, m, e.X)
			got := decisions(m, e.X)
			if c.Target == "multi" {
				var want [][]float64
				if err := json.Unmarshal(c.Decision, &want); err != nil {
					t.Fatal(err)
				}
				for k, row := range want {
					near(t, got[referenceEvery*k], row, 1e-4)
				}
				codes := make([]int32, len(e.Y))
				if err := model.(learners.Classifier).Classify(e.X, codes); err != nil || !slices.Equal(codes, c.Predicted) {
					t.Errorf("classes %v (%v), want %v", codes, err, c.Predicted)
				}
				return
			}
			sorted := slices.Sorted(slices.Values(rows))
			if !slices.Equal(sorted, c.Vectors) {
				t.Errorf("support vectors %v, want %v", sorted, c.Vectors)
			}
			var want []float64
			if err := json.Unmarshal(c.Decision, &want); err != nil {
				t.Fatal(err)
			}
			var flat []float64
			for i := 0; i < len(got); i += referenceEvery {
				flat = append(flat, got[i][0])
			}
			near(t, flat, want, 1e-4)
			if c.Objective == nil {
				return
			}
			if v := dual(m, &e, rows, b, epsilon); math.Abs(v-*c.Objective) > 1e-6*math.Abs(*c.Objective) {
				t.Errorf("objective %v, want %v", v, *c.Objective)
			}
			delete(settings, "tol")
			m = machineOf(fitTo(t, &e, settings))
			rows, b = vectorsOf(t, m, e.X)
			if v := dual(m, &e, rows, b, epsilon); math.Abs(v-*c.Objective) > 1e-3*math.Abs(*c.Objective) {
				t.Errorf("objective %v with the usual tolerance, want %v", v, *c.Objective)
			}
		})
	}
}

// near demands that numbers differ by at most tolerance times the largest of them, or 1.
func near(t *testing.T, got, want []float64, tolerance float64) {
	t.Helper()
	size := 1.0
	for _, v := range want {
		size = max(size, math.Abs(v))
	}
	for i, v := range want {
		if !(math.Abs(got[i]-v) <= tolerance*size) {
			t.Errorf("number %d is %v, want %v", i, got[i], v)
			return
		}
	}
}

// TestProbabilitiesAreLikeLIBSVM: those of LIBSVM depend on random folds, so its mean of ten is compared.
func TestProbabilitiesAreLikeLIBSVM(t *testing.T) {
	examples, _, r := readReference(t)
	if len(r.Probability) != 2 {
		t.Fatalf("probabilities of %d targets", len(r.Probability))
	}
	for target, want := range r.Probability {
		e := examples[target]
		out := mat.NewDense(len(e.Y), len(e.Classes), nil)
		if err := fitTo(t, e, nil).Predict(e.X, out); err != nil {
			t.Fatal(err)
		}
		sum, count := 0.0, 0
		for k, row := range want.Mean {
			for j, p := range row {
				d := math.Abs(out.At(referenceEvery*k, j) - p)
				sum += d
				count++
				if d > 0.02+4*want.Deviation[k][j] {
					t.Errorf("%s: probability %d of row %d is %.4f, the mean of LIBSVM's %.4f with deviation %.4f", target, j, referenceEvery*k, out.At(referenceEvery*k, j), p, want.Deviation[k][j])
				}
			}
		}
		if mean := sum / float64(count); mean > 0.02 {
			t.Errorf("%s: the probabilities are %.4f from LIBSVM's on the average", target, mean)
		}
	}
}
