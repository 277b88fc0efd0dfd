package boosting

import (
	"fmt"
	"math"
	"slices"

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

// times is the target with each weight multiplied by the factor of its row; the factors are overwritten.
func (t *target) times(factors []float64) *target {
	for i := range factors {
		factors[i] *= t.weightOf(i)
	}
	return &target{y: t.y, weight: factors}
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

// leafSetting is an objective that sets the values of leaves itself, once a tree has its splits.
type leafSetting interface {
	// leafValue is the best value for the rows, to be added to their margins.
	leafValue(t *target, rows []uint32, margins []float64) float64
}

// checking is an objective that cannot take every target.
type checking interface {
	check(t *target) error
}

// losses are the names of the losses of each task; the first one is what auto means.
var losses = map[learners.Task][]string{
	learners.Binary:     {"logistic", "softmax"},
	learners.Multiclass: {"softmax"},
	learners.Regression: {"squared_error", "absolute_error", "huber", "quantile", "poisson", "gamma"},
}

// newObjective makes the objective of the task and resolves the loss auto; it refuses a loss that is for another task.
func (l *gradientBoosting) newObjective(task learners.Task, classes int, t *target) (objective, error) {
	able := losses[task]
	if l.loss == "auto" && len(able) > 0 {
		l.loss = able[0]
	}
	if !slices.Contains(able, l.loss) {
		return nil, fmt.Errorf("%s: loss '%s' cannot do %s; use auto%s", learnerName, l.loss, task, listed(able))
	}
	var o objective
	switch l.loss {
	case "logistic":
		o = logistic{}
	case "softmax":
		o = softmax{classes}
	case "squared_error":
		o = squaredError{}
	case "absolute_error":
		o = pinball{0.5, 2}
	case "quantile":
		o = pinball{l.quantile, 1}
	case "huber":
		o = newHuber(t, l.huberQuantile)
	case "poisson":
		o = poisson{}
	case "gamma":
		o = gamma{}
	}
	if c, ok := o.(checking); ok {
		if err := c.check(t); err != nil {
			return nil, err
		}
	}
	return o, nil
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
