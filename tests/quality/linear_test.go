package quality

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/data"
)

// linearReference is one line of tests/reference/quality/expected.json.
type linearReference struct {
	reference
	Default, Tight map[string]float64 // metrics on the test rows, by the default and by the tightest tolerance
	Objective      float64            // minimum on the training rows
}

func (r *linearReference) setting(name, otherwise string) string {
	if v, ok := r.Settings[name]; ok {
		return v
	}
	return otherwise
}

const (
	metricTolerance    = 0.002
	objectiveTolerance = 1e-6
)

// TestLinearLearnersAgainstScikitLearn: the objective is at its minimum, and metrics are within 0.002 of scikit-learn's, or a test row.
func TestLinearLearnersAgainstScikitLearn(t *testing.T) {
	for _, r := range readReferences[*linearReference](t, "quality/expected.json", 20) {
		t.Run(r.name(), func(t *testing.T) {
			split := r.split(t)
			var warnings []string
			env := learners.Env{Task: taskOf(split.Train), Seed: 1, Workers: 1, Warn: func(format string, args ...any) { warnings = append(warnings, fmt.Sprintf(format, args...)) }}
			m := fitIn(t, r.Learner, r.Settings, split.Train, env)
			for _, w := range warnings {
				if !strings.Contains(w, "depend on each other") { // one-hot columns beside an intercept do
					t.Errorf("warning: %s", w)
				}
			}
			f := figure{learner: r.Learner, set: r.Set, settings: words(r.Settings), metric: "objective", peer: "scikit-learn", ours: once(objective(r, split.Train, m)), theirs: once(r.Objective),
				allowed: objectiveTolerance * r.Objective, equal: true}
			f.check(t)
			if len(r.Default) == 0 || len(r.Tight) == 0 {
				t.Fatal("the reference has no metrics")
			}
			found := measure(t, split.Test, m)
			for name, want := range r.Default {
				f.metric, f.ours, f.theirs, f.allowed = name, once(found[name]), once(want), metricTolerance
				if name == "accuracy" { // no finer than one row
					f.allowed = max(f.allowed, 1.01/float64(len(split.Test.Y)))
				}
				f.check(t)
				if got, want := found[name], r.Tight[name]; !(math.Abs(got-want) <= f.allowed) {
					t.Errorf("%s %.4f, scikit-learn with its tightest tolerance has %.4f", name, got, want)
				}
			}
		})
	}
}

// objective is what the learner minimises, straight from its definition.
func objective(r *linearReference, e *data.Examples, m learners.Model) float64 {
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
