package metric

import (
	"context"
	"slices"
)

// tallies are the margins and the diagonal of the confusion matrix, all that the metrics of decided classes need: O(K) space, not O(K^2).
type tallies struct {
	actual, predicted, hit []tally // by class: rows of it, rows predicted as it, rows that are both
}

// tallies counts the rows once.
func (r *rows) tallies() *tallies {
	if r.tallied != nil {
		return r.tallied
	}
	t := &tallies{make([]tally, r.classes), make([]tally, r.classes), make([]tally, r.classes)}
	r.each(func(i int) {
		w, a, p := r.weight(i), r.class[i], r.guess[i]
		t.actual[a].add(w)
		t.predicted[p].add(w)
		if a == p {
			t.hit[a].add(w)
		}
	})
	r.tallied = t
	return t
}

// ConfusionCell is the rows of one actual class that were predicted as one class.
type ConfusionCell struct {
	Actual, Predicted int     // class codes
	Rows              int     // number of rows with a positive weight
	Weight            float64 // sum of their weights
	Share             float64 // Weight as a share of the actual class: of a diagonal cell the recall
}

// ConfusionCells returns the cells that hold rows, by actual and then predicted code. O(n log n) time, O(n) space for any number of classes.
func ConfusionCells(in Input) ([]ConfusionCell, error) {
	r, err := newClassRows(in)
	if err != nil {
		return nil, err
	}
	at := make([]int, r.n)
	for i := range at {
		at[i] = i
	}
	cell := func(i int) int { return int(r.class[i])*r.classes + int(r.guess[i]) }
	slices.SortStableFunc(at, func(a, b int) int { return cell(a) - cell(b) })
	actual := r.tallies().actual
	var cells []ConfusionCell
	for lo := 0; lo < r.n; {
		var t tally
		hi := lo
		for ; hi < r.n && cell(at[hi]) == cell(at[lo]); hi++ {
			t.add(r.weight(at[hi]))
		}
		c := ConfusionCell{Actual: int(r.class[at[lo]]), Predicted: int(r.guess[at[lo]]), Rows: t.rows, Weight: t.w.value()}
		c.Share = c.Weight / actual[c.Actual].w.value()
		cells = append(cells, c)
		lo = hi
	}
	return cells, nil
}

// maxMatrixClasses bounds the memory of ConfusionMatrix to 128 MB.
const maxMatrixClasses = 4096

// ConfusionMatrix returns the weight (without weights: the number) of the rows of each actual class, the first index, that were predicted as
// each class, the second. It needs a classification input with at most 4096 classes; beyond that, see ConfusionCells.
func ConfusionMatrix(in Input) ([][]float64, error) {
	if in.Kind != Regression && in.Classes > maxMatrixClasses {
		return nil, wrong("a confusion matrix of %d classes is too large (at most %d): read its non-empty cells", in.Classes, maxMatrixClasses)
	}
	cells, err := ConfusionCells(in)
	if err != nil {
		return nil, err
	}
	matrix := make([][]float64, in.Classes)
	for k := range matrix {
		matrix[k] = make([]float64, in.Classes)
	}
	for _, c := range cells {
		matrix[c.Actual][c.Predicted] = c.Weight
	}
	return matrix, nil
}

func newClassRows(in Input) (*rows, error) {
	if in.Kind == Regression {
		return nil, wrong("a confusion matrix is of classes; this is a regression")
	}
	return newRows(context.Background(), in)
}
