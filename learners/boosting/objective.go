package boosting

import (
	"fmt"
	"math"

	"aibms/learners"
	"aibms/learners/data"
)

// target is what is fitted, with the weight of each row.
type target struct {
	y      []float64 // the value, or the code of the class
	weight []float64 // nil: 1 each
}

func (t *target) weightOf(i int) float64 {
	if t.weight == nil {
		return 1
	}
	return t.weight[i]
}

// total is the sum of the weights.
func (t *target) total() float64 {
	if t.weight == nil {
		return float64(len(t.y))
	}
	sum := 0.0
	for _, w := range t.weight {
		sum += w
	}
	return sum
}

// objective is a loss over margins: the sums of the trees' values. A row has as many margins as the objective has outputs. Margins, gradients and hessians are held output by output:
// that of row i and output k is at index i of slice k. An objective is safe for concurrent use on disjoint rows.
type objective interface {
	// outputs is the number of margins of a row.
	outputs() int
	// start returns the margins that, given to every row, minimise the loss.
	start(t *target) []float64
	// derive fills the first and second derivatives of the weighted loss by the margins for rows lo to hi, and returns the sum of the weighted losses.
	derive(t *target, lo, hi int, margins, gradients, hessians [][]float64) float64
	// loss is the sum of the weighted losses of rows lo to hi.
	loss(t *target, lo, hi int, margins [][]float64) float64
}

// lossNames are the values of hyper-parameter loss, with the tasks that they are for.
var lossNames = []string{"auto", "logistic", "softmax", "squared_error"}

// newObjective makes the objective of the task; it refuses a loss that is for another task.
func (l *gradientBoosting) newObjective(task learners.Task, classes int) (objective, error) {
	able := map[learners.Task][]string{
		learners.Binary:     {"logistic", "softmax"},
		learners.Multiclass: {"softmax"},
		learners.Regression: {"squared_error"},
	}[task]
	name := l.loss
	if name == "auto" && len(able) > 0 {
		name = able[0]
	}
	for _, a := range able {
		if a != name {
			continue
		}
		switch name {
		case "logistic":
			return logistic{}, nil
		case "softmax":
			return softmax{classes}, nil
		case "squared_error":
			return squaredError{}, nil
		}
	}
	return nil, fmt.Errorf("%s: loss '%s' cannot do %s; use auto%s", learnerName, l.loss, task, listed(able))
}

// listed continues a list of choices.
func listed(choices []string) string {
	text := ""
	for _, c := range choices {
		text += ", " + c
	}
	return text
}

// newTarget checks the target and the weights of the training rows.
func newTarget(e *data.Examples) (*target, error) {
	t := &target{y: e.Y, weight: e.Weights}
	total := t.total()
	if !(total > 0) || math.IsInf(total, 0) {
		return nil, fmt.Errorf("%s: the row weights sum to %v; the sum must be positive and finite", learnerName, total)
	}
	if e.Classes == nil {
		for i, y := range e.Y {
			if math.IsNaN(y) || math.IsInf(y, 0) {
				return nil, fmt.Errorf("%s: the target is %v in training row %d; it must be a finite number", learnerName, y, i+1)
			}
		}
		return t, nil
	}
	seen := make([]bool, len(e.Classes))
	only, count := 0, 0
	for i, y := range e.Y {
		if k := int(y); t.weightOf(i) > 0 && !seen[k] {
			seen[k] = true
			only = k
			count++
		}
	}
	if count == 1 {
		return nil, fmt.Errorf("%s needs at least two classes, but every training row has the class '%s'", learnerName, e.Classes[only])
	}
	return t, nil
}
