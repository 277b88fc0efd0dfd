package linear

import (
	"fmt"

	"aibms/learners/data"
)

// classTarget is a target of classes as the classifiers fit it: only the classes that occur in rows of positive weight.
type classTarget struct {
	classes int       // K of the task
	present []int     // codes of the classes that occur, ascending
	index   []int     // of each row into present; 0 for rows of weight 0
	weight  []float64 // c times the row's weight
	total   float64   // sum of weight
}

// newClassTarget fails when fewer than two classes occur.
func newClassTarget(learner string, e *data.Examples, c float64) (*classTarget, error) {
	n, k := len(e.Y), len(e.Classes)
	t := &classTarget{classes: k, index: make([]int, n), weight: make([]float64, n)}
	place := make([]int, k)
	for i, y := range e.Y {
		t.weight[i] = c * e.Weight(i)
		t.total += t.weight[i]
		if t.weight[i] > 0 {
			place[int(y)] = 1
		}
	}
	for code, seen := range place {
		if seen == 1 {
			place[code] = len(t.present)
			t.present = append(t.present, code)
		}
	}
	switch {
	case len(t.present) == 1:
		return nil, fmt.Errorf("%s needs at least two classes, but every training row has the class '%s'", learner, e.Classes[t.present[0]])
	case len(t.present) == 0:
		return nil, fmt.Errorf("%s needs training rows of at least two classes, but no row has a positive weight", learner)
	case !finite(t.total):
		return nil, fmt.Errorf("%s: the sum of c times the row weights is not finite", learner)
	}
	for i, y := range e.Y {
		if t.weight[i] > 0 {
			t.index[i] = place[int(y)]
		}
	}
	return t, nil
}

// against returns -1 and 1: 1 for the rows of present class k.
func (t *classTarget) against(k int) []float64 { return sides(t.index, k) }
