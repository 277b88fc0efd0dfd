package learnertest

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"aibms/learners"
)

// finds demands that predictions of the rows of a sample without a target tell what is hidden in it.
func (s suite) finds(t *testing.T, out *mat.Dense) {
	t.Helper()
	n, k := out.Dims()
	truth := make([]float64, n)
	for i := range truth {
		truth[i] = hidden(s.task, i)
	}
	switch s.task {
	case learners.Clustering: // each cluster stands for the group that is most frequent in it
		counts := mat.NewDense(k, 3, nil)
		for i, group := range truth {
			best := 0
			for j := range k {
				if out.At(i, j) > out.At(i, best) {
					best = j
				}
			}
			counts.Set(best, int(group), counts.At(best, int(group))+1)
		}
		right := 0.0
		for j := range k {
			right += mat.Max(counts.RowView(j))
		}
		if right < 0.6*float64(n) {
			t.Errorf("the clusters tell the group of %v of %d rows", right, n)
		}
	case learners.Anomaly: // area under the ROC curve
		above, pairs := 0.0, 0.0
		for i := range n {
			for j := range n {
				if truth[i] == 1 && truth[j] == 0 {
					pairs++
					if out.At(i, 0) > out.At(j, 0) {
						above++
					}
				}
			}
		}
		if above < 0.9*pairs {
			t.Errorf("an unusual row has a higher score than a usual one in %v of %v cases", above, pairs)
		}
	case learners.Projection:
		best := 0.0
		for j := range k {
			best = max(best, math.Abs(stat.Correlation(mat.Col(nil, j, out), truth, nil)))
		}
		if best < 0.9 {
			t.Errorf("the correlation of a number with the line on which the rows lie is %v at best", best)
		}
	}
}

// tellsUnusual demands that the rows that are called unusual are those with the highest scores, and that the model's own rule is of use.
func (s suite) tellsUnusual(t *testing.T, m learners.Model, c learners.Classifier) {
	t.Helper()
	e := sample(s.task, 320, 4, 64)
	scores, codes := predict(t, m, e), make([]int32, 320)
	if err := c.Classify(e.X, codes); err != nil {
		t.Fatal(err)
	}
	lowest, highest := math.Inf(1), math.Inf(-1)
	counts := map[[2]int]int{}
	for i, code := range codes {
		switch code {
		case 0:
			highest = max(highest, scores.At(i, 0))
		case 1:
			lowest = min(lowest, scores.At(i, 0))
		default:
			t.Fatalf("row %d has class code %d of 2 classes", i, code)
		}
		counts[[2]int{int(hidden(s.task, i)), int(code)}]++
	}
	if highest > lowest {
		t.Errorf("a usual row has the score %v and an unusual one %v", highest, lowest)
	}
	if counts[[2]int{1, 1}] < 10 || counts[[2]int{0, 0}] < 150 {
		t.Errorf("%d of 20 unusual rows are called unusual, %d of 300 usual ones usual", counts[[2]int{1, 1}], counts[[2]int{0, 0}])
	}
	if c.Classify(e.X, codes[:80]) == nil || c.Classify(mat.NewDense(320, 3, nil), codes) == nil || c.Classify(nil, codes) == nil {
		t.Error("wrong shapes give no error")
	}
}

// centers holds for clusters that a point stands for: it is finite, and no other cluster has it more than its own.
func (s suite) centers(t *testing.T, m learners.Model) {
	c, ok := learners.As[learners.Centers](m)
	if !ok {
		return
	}
	points, k := c.Centers(), m.(learners.Sized).Outputs()
	if n, p := points.Dims(); n != k || p != 4 {
		t.Fatalf("%d x %d centres of %d clusters of 4 features", n, p, k)
	}
	degrees := mat.NewDense(k, k, nil)
	if err := m.Predict(points, degrees); err != nil {
		t.Fatal(err)
	}
	s.checkWellFormed(t, degrees)
	for i := range k {
		for j := range k {
			if degrees.At(i, j) > degrees.At(i, i) {
				t.Errorf("the centre of cluster %d belongs more to cluster %d", i, j)
			}
		}
	}
}

// restores holds for projections that can be turned back: what comes back has the same projection, and is no further from the rows than their mean.
func (s suite) restores(t *testing.T, m learners.Model) {
	r, ok := m.(learners.Restorer)
	if !ok {
		return
	}
	e := sample(s.task, 90, 4, 62)
	z := predict(t, m, e)
	_, d := z.Dims()
	back := mat.NewDense(90, 4, nil)
	if err := r.Restore(z, back); err != nil {
		t.Fatal(err)
	}
	s.checkWellFormed(t, back)
	again := mat.NewDense(90, d, nil)
	if err := m.Predict(back, again); err != nil {
		t.Fatal(err)
	}
	again.Sub(again, z)
	if mat.Norm(again, 2) > 1e-6*mat.Norm(z, 2) {
		t.Error("what was restored has another projection")
	}
	lost, spread := 0.0, 0.0
	for j := range 4 {
		mean := mat.Sum(e.X.ColView(j)) / 90
		for i := range 90 {
			lost += (e.X.At(i, j) - back.At(i, j)) * (e.X.At(i, j) - back.At(i, j))
			spread += (e.X.At(i, j) - mean) * (e.X.At(i, j) - mean)
		}
	}
	if lost > 0.9*spread {
		t.Errorf("of the spread %v of the rows %v was lost", spread, lost)
	}
	if r.Restore(z, mat.NewDense(89, 4, nil)) == nil || r.Restore(z, mat.NewDense(90, 5, nil)) == nil || r.Restore(mat.NewDense(90, d+1, nil), back) == nil || r.Restore(nil, back) == nil || r.Restore(z, nil) == nil {
		t.Error("wrong shapes give no error")
	}
}
