package learnertest

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
)

func (s suite) abilities(t *testing.T) {
	e := sample(s.task, 90, 4, 62)
	m := s.mustFit(t, e)
	if sized, ok := m.(learners.Sized); ok != !s.task.Supervised() || ok && sized.Outputs() < 1 {
		t.Fatalf("a model is Sized when it has no target, and has one output or more: %T", m)
	}
	c, ok := learners.As[learners.Classifier](m)
	if s.task == learners.Anomaly {
		if !ok {
			t.Fatal("a model of anomalies must be a Classifier: which scores are unusual is for it to say")
		}
		s.tellsUnusual(t, m, c)
	} else if ok {
		codes := make([]int32, 90)
		if err := c.Classify(e.X, codes); err != nil {
			t.Fatal(err)
		}
		right := 0
		for i, code := range codes {
			if code < 0 || int(code) >= len(e.Classes) {
				t.Fatalf("row %d has class code %d of %d classes", i, code, len(e.Classes))
			}
			if float64(code) == e.Y[i] {
				right++
			}
		}
		if right < 45 {
			t.Errorf("%d of 90 rows are classified right", right)
		}
		if c.Classify(e.X, codes[:80]) == nil || c.Classify(mat.NewDense(90, 3, nil), codes) == nil || c.Classify(nil, codes) == nil {
			t.Error("wrong shapes give no error")
		}
	}
	if s.task == learners.Clustering {
		s.centers(t, m)
	}
	if s.task == learners.Projection {
		s.restores(t, m)
	}
	if c, ok := learners.As[learners.Importances](m); ok {
		sum, v := 0.0, c.Importances()
		for _, share := range v {
			if !(share >= 0) {
				t.Errorf("an importance is %v", share)
			}
			sum += share
		}
		if len(v) != 4 || math.Abs(sum-1) > 1e-9 {
			t.Errorf("the importances of 4 features are %v", v)
		}
		clear(v)
		if slices.Max(c.Importances()) == 0 {
			t.Error("changing the importances that were returned changes the model")
		}
	}
	if c, ok := learners.As[learners.Coefficients](m); ok {
		w, b := c.Coefficients()
		rows := 1
		if s.task == learners.Multiclass {
			rows = len(e.Classes)
		}
		if n, p := w.Dims(); n != rows || p != 4 || len(b) != rows {
			t.Fatalf("%d x %d coefficients and %d intercepts for %d outputs of 4 features", n, p, len(b), rows)
		}
		if slices.ContainsFunc(append(slices.Clone(b), mat.DenseCopyOf(w).RawMatrix().Data...), func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }) {
			t.Error("a coefficient is not finite")
		}
		before := predict(t, m, e)
		w.Scale(2, w)
		b[0]++
		if !sameBits(before, predict(t, m, e)) {
			t.Error("changing the coefficients that were returned changes the model")
		}
	}
}
