package tree

import (
	"fmt"
	"math"

	"aibms/learners/data"
)

// Target is what a tree learns: classes or numbers, and the weights of the rows.
//
// Weights are scaled by a power of two to at most 1 and rounded to a multiple of a power of two so small (2^-52 n) that any sum of them is exact; numbers are centred, scaled to
// [-1, 1] and weighted, and the product is rounded alike. So a node's sums do not depend on the order of adding, and a histogram may be had by subtraction.
//
// Several numbers are prepared each like that, in several.
type Target struct {
	classes int       // K; 0 for a regression
	y       []float64 // the class or the number
	weight  []float64 // 0: the row is not learned from
	rows    []int32   // rows of positive weight, ascending
	sum     []float64 // moments: weight times the scaled number, or times the class 0 or 1
	several *several  // of several numbers; nil: there is one target, y
	scale   float64   // of the numbers: y = centre + scale * scaled y
	size    float64   // of the weights: weight given = size * weight
	total   float64   // of weight
}

// moments reports whether a node is described by the sums of w and w y: for a number, and for two classes, where y is 0 or 1.
func (t *Target) moments() bool { return t.classes <= 2 && t.several == nil }

// Width is how many numbers a leaf predicts: the probability of the second of two classes, one for each of more classes, or the number of each target.
func (t *Target) Width() int {
	switch {
	case t.several != nil:
		return len(t.several.y)
	case t.classes > 2:
		return t.classes
	}
	return 1
}

// Rows are the rows of positive weight, ascending; they must not be changed.
func (t *Target) Rows() []int32 { return t.rows }

// Size is the number of rows, those of weight 0 included.
func (t *Target) Size() int { return len(t.y) }

// NewTarget checks the target of e; learner is named in errors.
func NewTarget(learner string, e *data.Examples) (*Target, error) {
	n := len(e.Y)
	t := &Target{classes: len(e.Classes), y: e.Y, weight: make([]float64, n), scale: 1}
	most, seen := 0.0, make([]bool, t.classes)
	for i, y := range e.Y {
		w := e.Weight(i)
		if !(w >= 0) || math.IsInf(w, 0) {
			return nil, fmt.Errorf("%s: the weight of training row %d is %v; it must be a finite number, 0 or above", learner, i+1, w)
		}
		if err := checkNumber(learner, "the target", y, i); err != nil {
			return nil, err
		}
		if w > 0 {
			most = max(most, w)
			t.rows = append(t.rows, int32(i))
			if t.classes > 0 {
				seen[int(y)] = true
			}
		}
	}
	if len(t.rows) == 0 {
		return nil, fmt.Errorf("%s: there is no training row of positive weight", learner)
	}
	if t.classes > 0 {
		if err := atLeastTwo(learner, e.Classes, seen); err != nil {
			return nil, err
		}
	}
	_, exponent := math.Frexp(most) // most < 2^exponent
	if math.Ldexp(1, exponent-1) == most {
		exponent--
	}
	t.size = math.Ldexp(1, exponent)
	grain := math.Ldexp(1, -(52 - bits(n)))
	for _, i := range t.rows {
		w := max(grain, math.RoundToEven(math.Ldexp(e.Weight(int(i)), -exponent)/grain)*grain)
		t.weight[i] = w
		t.total += w
	}
	switch {
	case len(e.Targets) > 1:
		return t, t.prepareSeveral(learner, e, grain)
	case t.classes == 2:
		t.sum = make([]float64, n)
		for _, i := range t.rows {
			t.sum[i] = t.weight[i] * t.y[i]
		}
	case t.classes == 0:
		t.sum = make([]float64, n)
		if scale := t.sumUp(t.y, t.sum, 1, grain); scale > 0 {
			t.scale = scale
		}
	}
	return t, nil
}

// mostTarget is the largest number that can be a target: squares of such, and sums of as many as there are rows or trees, do not overflow.
const mostTarget = 1e150

// checkNumber refuses what cannot be the target of row i; name is that of the target in the error.
func checkNumber(learner, name string, y float64, i int) error {
	switch {
	case math.IsNaN(y) || math.IsInf(y, 0):
		return fmt.Errorf("%s: %s is %v in training row %d; it must be a finite number", learner, name, y, i+1)
	case math.Abs(y) > mostTarget:
		return fmt.Errorf("%s: %s is %v in training row %d, and the squares of such numbers overflow; scale it to at most %g", learner, name, y, i+1, mostTarget)
	}
	return nil
}

// bits is the smallest b with n <= 2^b.
func bits(n int) int {
	b := 0
	for 1<<b < n {
		b++
	}
	return b
}

func atLeastTwo(learner string, classes []string, seen []bool) error {
	only, count := 0, 0
	for k, s := range seen {
		if s {
			only = k
			count++
		}
	}
	if count < 2 {
		return fmt.Errorf("%s needs at least two classes, but every training row has the class '%s'", learner, classes[only])
	}
	return nil
}

// sumUp fills every stride-th place of sum, from the first on, with weight times the scaled number, and returns the scale; 0, and nothing is filled, where all numbers are the same.
func (t *Target) sumUp(y, sum []float64, stride int, grain float64) (scale float64) {
	largest := 0.0
	for _, i := range t.rows {
		largest = max(largest, math.Abs(y[i]))
	}
	if largest == 0 {
		return 0
	}
	centre := 0.0
	for _, i := range t.rows {
		centre += t.weight[i] / t.total * (y[i] / largest)
	}
	reach := 0.0
	for _, i := range t.rows {
		reach = max(reach, math.Abs(y[i]/largest-centre))
	}
	if reach == 0 {
		return 0
	}
	for _, i := range t.rows {
		scaled := math.RoundToEven((y[i]/largest-centre)/reach/grain) * grain
		sum[int(i)*stride] = math.RoundToEven(t.weight[i]*scaled/grain) * grain
	}
	return largest * reach
}

// pure reports whether all rows, whose sum is given, have the same target.
func (t *Target) pure(rows rows, total moment) bool {
	if t.classes == 2 {
		return total.s == 0 || total.s == total.w
	}
	if t.several != nil {
		for _, y := range t.several.y {
			if !equal(y, rows) {
				return false
			}
		}
		return true
	}
	return equal(t.y, rows)
}

// equal reports whether all rows have the same number.
func equal(y []float64, rows rows) bool {
	first := y[rows.ids[0]]
	for _, id := range rows.ids[1:] {
		if y[id] != first {
			return false
		}
	}
	return true
}

// mean is the weighted mean of the numbers of the rows, exact when all are equal.
func mean(y []float64, rows rows) float64 {
	first, sum, total := y[rows.ids[0]], 0.0, 0.0
	for i, id := range rows.ids {
		w := rows.moments[i].w
		sum += w * (y[id] - first)
		total += w
	}
	if m := first + sum/total; !math.IsNaN(m) && !math.IsInf(m, 0) {
		return m
	}
	mean := 0.0 // differences overflow
	for i, id := range rows.ids {
		mean += rows.moments[i].w / total * y[id]
	}
	return mean
}
