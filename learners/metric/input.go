package metric

import (
	"fmt"

	"gonum.org/v1/gonum/mat"
)

// Kind is what was predicted.
type Kind int

const (
	Binary     Kind = iota + 1 // one of two classes
	Multiclass                 // one of three or more classes (two are allowed)
	Regression                 // a number
)

func (k Kind) String() string {
	switch k {
	case Binary:
		return "binary classification"
	case Multiclass:
		return "multiclass classification"
	case Regression:
		return "regression"
	}
	return fmt.Sprintf("kind(%d)", int(k))
}

// DefaultTop is the share of the rows that lift_at_k, precision_at_k and recall_at_k look at: the top decile by score.
const DefaultTop = 0.1

// Input is the n rows to measure. Nothing of it is changed; it is only read while Compute runs.
type Input struct {
	Kind      Kind
	Actual    []float64  // n: class code 0..Classes-1, or the value
	Predicted []float64  // n: predicted class code (after any threshold), or the value
	Proba     *mat.Dense // n x Classes for classification, rows summing to one; nil if the model gives none
	Weights   []float64  // n, all >= 0 with a positive sum; nil means 1 each
	Classes   int        // number of classes K: 2 for Binary; not read for Regression
	Positive  int        // code of the positive class, 0 or 1; read for Binary only
	Top       float64    // share of the rows (by weight) for the metrics "at k", in (0, 1]; 0 means DefaultTop
	Baseline  Baseline   // fitted on the training rows by FitBaseline
}
