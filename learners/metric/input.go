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
	Clustering                 // without a target: the group of each row
	Anomaly                    // without a target: whether a row is unusual
	Projection                 // without a target: fewer numbers in the place of the features
)

// alone reports whether there is no target: nothing says what really happened.
func (k Kind) alone() bool { return k == Clustering || k == Anomaly || k == Projection }

func (k Kind) String() string {
	switch k {
	case Binary:
		return "binary classification"
	case Multiclass:
		return "multiclass classification"
	case Regression:
		return "regression"
	case Clustering:
		return "clustering"
	case Anomaly:
		return "anomaly detection"
	case Projection:
		return "projection"
	}
	return fmt.Sprintf("kind(%d)", int(k))
}

// DefaultTop is the share of the rows that lift_at_k, precision_at_k and recall_at_k look at: the top decile by score.
const DefaultTop = 0.1

// Input is the n rows to measure. Nothing of it is changed; it is only read while Compute runs.
type Input struct {
	Kind      Kind
	Actual    []float64  // n: class code 0..Classes-1, or the value; nil without a target
	Predicted []float64  // n: predicted class code (after any threshold), or the value; group 0..Classes-1; 1 for an unusual row, else 0; nil for Projection
	Proba     *mat.Dense // n x Classes for classification, rows summing to one; nil if the model gives none
	Weights   []float64  // n, all >= 0 with a positive sum; nil means 1 each
	Classes   int        // number of classes K: 2 for Binary; of groups; not read for the other kinds
	Positive  int        // code of the positive class, 0 or 1; read for Binary only
	Top       float64    // share of the rows (by weight) for the metrics "at k", in (0, 1]; 0 means DefaultTop
	Baseline  Baseline   // fitted on the training rows by FitBaseline; not read without a target

	X       *mat.Dense                         // n x p features; read for Clustering and Projection only
	Centres *mat.Dense                         // Classes x p centres of the groups; nil: the means of the measured rows of each
	Outputs int                                // of Projection: the d numbers of each row
	Restore func(from int, x *mat.Dense) error // of Projection: fills x with the features that the projections of the rows from there on give back; nil: they give none
}
