package lifecycle

import (
	"math"
	"testing"

	"aibms/catalog"
	"aibms/learners"
)

func recorded(numbers ...int) []catalog.Iteration {
	c := newTrainingCurve()
	for _, n := range numbers {
		c.record(learners.Iteration{Number: n, Loss: 1 / float64(n), ValidationLoss: math.NaN()})
	}
	return c.points()
}

// TestTrainingCurveIsBounded: whatever the number of iterations, the first and the last are there, the others are the multiples of one power of two, and there are
// as many as the bound allows, or more than half of it.
func TestTrainingCurveIsBounded(t *testing.T) {
	for _, n := range []int{1, 2, 999, 1000, 1001, 1997, 1998, 1999, 2000, 4000, 10_000, 123_457} {
		var all []int
		for i := 1; i <= n; i++ {
			all = append(all, i)
		}
		got := recorded(all...)
		if len(got) > catalog.MaxCurve || len(got) < min(n, catalog.MaxCurve/2-1) {
			t.Errorf("%d iterations: %d points", n, len(got))
		}
		if n < catalog.MaxCurve && len(got) != n {
			t.Errorf("%d iterations: %d points", n, len(got))
		}
		if got[0].Number != 1 || got[len(got)-1].Number != int64(n) {
			t.Errorf("%d iterations: from %d to %d", n, got[0].Number, got[len(got)-1].Number)
		}
		step := int64(1)
		if len(got) > 2 {
			step = got[2].Number - got[1].Number
		}
		for i, x := range got {
			if i > 0 && i < len(got)-1 && x.Number%step != 0 || step&(step-1) != 0 {
				t.Fatalf("%d iterations: point %d is iteration %d of step %d", n, i, x.Number, step)
			}
			if i > 0 && (x.Number <= got[i-1].Number || x.Elapsed < got[i-1].Elapsed) || x.Loss != 1/float64(x.Number) {
				t.Fatalf("%d iterations: %v follows %v", n, x, got[max(i-1, 0)])
			}
		}
	}
	if got := recorded(); len(got) != 0 {
		t.Errorf("without iterations there are %d points", len(got))
	}
}

// TestTrainingCurveOfALearnerThatBeginsAgain: what it told before does not stay.
func TestTrainingCurveOfALearnerThatBeginsAgain(t *testing.T) {
	got := recorded(1, 2, 3, 1, 2)
	if len(got) != 2 || got[0].Number != 1 || got[1].Number != 2 {
		t.Errorf("1, 2, 3, 1, 2 gave %v", got)
	}
}
