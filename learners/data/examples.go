package data

import "gonum.org/v1/gonum/mat"

// Examples is what a learner sees: n rows of p features, their targets and weights.
//
// X is dense and row-major; it is nil when n or p is 0. It holds no NaN unless the learner accepts missing values. A learner must not
// change any of it. Safe for concurrent reading.
type Examples struct {
	X        *mat.Dense // n x p
	Features []string   // p names, as the pipeline gives them
	// Categories are p numbers: of how many categories the feature is, whose values are then codes 0, 1, ... without an order, NaN for NULL and for one that was not
	// seen in training; 0 for a feature of numbers. nil: all are numbers. Only a learner that takes categories ever gets any.
	Categories []int
	Y          []float64 // n: the class as 0..len(Classes)-1, or the value of a regression target (of several the first); nil for a task without a target
	// Targets are those of a regression of several numbers at once: t columns of n values each, the first of them Y. nil: there is one target, Y. Only a learner that predicts
	// several ever gets more than one.
	Targets [][]float64
	Classes []string  // K classes in the order of Y's codes; nil for regression and without a target
	Weights []float64 // n row weights, all >= 0 with a positive sum; nil means 1 each
}

// Dims returns n and p.
func (e *Examples) Dims() (n, p int) {
	if e.X == nil {
		return len(e.Y), len(e.Features)
	}
	return e.X.Dims()
}

// Outputs is the number t of the targets of a regression; 1 for classes and without a target.
func (e *Examples) Outputs() int { return max(1, len(e.Targets)) }

// Target is target k of Outputs.
func (e *Examples) Target(k int) []float64 {
	if e.Targets == nil {
		return e.Y
	}
	return e.Targets[k]
}

// Weight is the weight of row i.
func (e *Examples) Weight(i int) float64 {
	if e.Weights == nil {
		return 1
	}
	return e.Weights[i]
}
