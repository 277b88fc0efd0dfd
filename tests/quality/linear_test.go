package quality

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"aibms/learners"
	"aibms/learners/all"
	"aibms/learners/data"
	"aibms/learners/params"
)

// reference is one line of tests/reference/quality/expected.json.
type reference struct {
	Set, Target, Learner string
	Settings             map[string]string
	Rows, Columns        int
	Default, Tight       map[string]float64 // metrics on the test rows, by the default and by the tightest tolerance
	Objective            float64            // minimum on the training rows
}

func (r *reference) setting(name, otherwise string) string {
	if v, ok := r.Settings[name]; ok {
		return v
	}
	return otherwise
}

const (
	metricTolerance    = 0.002
	objectiveTolerance = 1e-6
)

func TestLinearLearnersAgainstScikitLearn(t *testing.T) {
	references := readReferences[*reference](t, "quality/expected.json", 20)
	sets := map[string]*Split{}
	for _, r := range references {
		t.Run(fmt.Sprintf("%s/%s/%v", r.Set, r.Learner, r.Settings), func(t *testing.T) {
			split := sets[r.Set]
			if split == nil {
				var err error
				if split, err = Load("../data", r.Set, r.Target, r.Learner != "linear_regression"); err != nil {
					t.Fatal(err)
				}
				sets[r.Set] = split
			}
			if n, p := split.Train.Dims(); n != r.Rows || p != r.Columns {
				t.Fatalf("%d x %d training matrix, the reference has %d x %d", n, p, r.Rows, r.Columns)
			}
			m := fit(t, r, split.Train)
			if got := objective(r, split.Train, m); math.Abs(got-r.Objective) > objectiveTolerance*r.Objective {
				t.Errorf("objective %.10g, the minimum is %.10g", got, r.Objective)
			}
			metrics := measure(t, split.Test, m)
			for tolerance, peer := range map[string]map[string]float64{"default": r.Default, "tightest": r.Tight} {
				if len(peer) == 0 {
					t.Fatal("the reference has no metrics")
				}
				for name, want := range peer {
					limit := metricTolerance
					if name == "accuracy" { // no finer than one row
						limit = max(limit, 1.01/float64(len(split.Test.Y)))
					}
					if got := metrics[name]; math.Abs(got-want) > limit {
						t.Errorf("%s %.4f, scikit-learn with its %s tolerance has %.4f", name, got, tolerance, want)
					}
				}
			}
		})
	}
}

func fit(t *testing.T, r *reference, train *data.Examples) learners.Model {
	spec, ok := all.Registry().Lookup(r.Learner)
	if !ok {
		t.Fatalf("there is no learner %s", r.Learner)
	}
	var given []params.Setting
	for name, value := range r.Settings {
		given = append(given, params.Setting{Name: name, Value: value, Source: "USER"})
	}
	l, err := spec.With(given)
	if err != nil {
		t.Fatal(err)
	}
	task := learners.Regression
	if k := len(train.Classes); k == 2 {
		task = learners.Binary
	} else if k > 2 {
		task = learners.Multiclass
	}
	var warnings []string
	env := learners.Env{Task: task, Seed: 1, Workers: 1, Warn: func(format string, args ...any) { warnings = append(warnings, fmt.Sprintf(format, args...)) }}
	m, err := l.Fit(context.Background(), train, nil, env)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range warnings {
		if !strings.Contains(w, "depend on each other") { // one-hot columns beside an intercept do
			t.Errorf("warning: %s", w)
		}
	}
	return m
}

// measure returns accuracy and, for two classes, auc; r2 for a regression.
func measure(t *testing.T, test *data.Examples, m learners.Model) map[string]float64 {
	n, _ := test.Dims()
	out := mat.NewDense(n, max(1, len(test.Classes)), nil)
	if err := m.Predict(test.X, out); err != nil {
		t.Fatal(err)
	}
	if test.Classes == nil {
		return map[string]float64{"r2": stat.RSquaredFrom(mat.Col(nil, 0, out), test.Y, nil)}
	}
	codes := make([]int32, n)
	if c, ok := m.(learners.Classifier); ok {
		if err := c.Classify(test.X, codes); err != nil {
			t.Fatal(err)
		}
	} else {
		for i := range codes {
			for k := range test.Classes {
				if out.At(i, k) > out.At(i, int(codes[i])) {
					codes[i] = int32(k)
				}
			}
		}
	}
	right := 0.0
	for i, y := range test.Y {
		if float64(codes[i]) == y {
			right++
		}
	}
	metrics := map[string]float64{"accuracy": right / float64(n)}
	if len(test.Classes) == 2 {
		metrics["auc"] = AUC(mat.Col(nil, 1, out), test.Y)
	}
	return metrics
}

// objective is what the learner minimises, straight from its definition.
func objective(r *reference, e *data.Examples, m learners.Model) float64 {
	w, b := m.(learners.Coefficients).Coefficients()
	outputs, _ := w.Dims()
	n, _ := e.Dims()
	var z mat.Dense
	z.Mul(e.X, w.T())
	z.Apply(func(i, k int, v float64) float64 { return v + b[k] }, &z)
	square, size, bias := 0.0, 0.0, 0.0
	for _, v := range w.RawMatrix().Data {
		square += v * v
		size += math.Abs(v)
	}
	for _, v := range b {
		bias += v * v
	}
	loss := 0.0
	switch r.Learner {
	case "logistic_regression":
		for i := range n {
			row := z.RawRowView(i)
			if outputs == 1 {
				row = []float64{0, row[0]}
			}
			sum := 0.0
			for _, v := range row {
				sum += math.Exp(v - row[int(e.Y[i])])
			}
			loss += math.Log(sum)
		}
		return loss + square/2
	case "linear_svm":
		for i := range n {
			for k := range outputs {
				positive := float64(k)
				if outputs == 1 {
					positive = 1
				}
				side := -1.0
				if e.Y[i] == positive {
					side = 1
				}
				gap := max(0, 1-side*z.At(i, k))
				loss += gap * gap
			}
		}
		return loss + (square+bias)/2
	}
	errors := make([]float64, n)
	for i := range errors {
		errors[i] = e.Y[i] - z.At(i, 0)
	}
	var alpha, ratio float64
	fmt.Sscan(r.setting("alpha", "0"), &alpha)
	fmt.Sscan(r.setting("l1_ratio", "1"), &ratio)
	switch r.setting("loss", "squared") {
	case "huber":
		loss = huber(errors, 1.35)
	case "quantile":
		for _, v := range errors {
			loss += math.Abs(v) / 2
		}
	default:
		for _, v := range errors {
			loss += v * v
		}
	}
	switch r.setting("penalty", "none") {
	case "l2":
		return loss + alpha*square
	case "l1", "elasticnet":
		return loss/float64(2*n) + alpha*(ratio*size+(1-ratio)/2*square)
	}
	return loss
}

// huber is the sum of Huber's loss at the best scale, found by golden section: it is convex in the scale.
func huber(errors []float64, epsilon float64) float64 {
	at := func(k float64) float64 {
		sum := 0.0
		for _, v := range errors {
			u := math.Abs(v) / k
			if u <= epsilon {
				sum += k * (1 + u*u)
			} else {
				sum += k * (1 + 2*epsilon*u - epsilon*epsilon)
			}
		}
		return sum
	}
	low, high := 1e-9, 1.0
	for _, v := range errors {
		high = max(high, 10*math.Abs(v))
	}
	for range 150 {
		a, b := low+0.382*(high-low), low+0.618*(high-low)
		if at(a) <= at(b) {
			high = b
		} else {
			low = a
		}
	}
	return at((low + high) / 2)
}
