package learnertest

import (
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/internal/safego"
	"aibms/learners"
)

func (s suite) wrongShapes(t *testing.T) {
	e := sample(s.task, 50, 4, 60)
	m := s.mustFit(t, e)
	k := outputs(m, e)
	for name, shape := range map[string][4]int{
		"too many columns":     {5, 5, 5, k},
		"too few columns":      {5, 3, 5, k},
		"too few places":       {5, 4, 4, k},
		"too many places":      {5, 4, 6, k},
		"too many predictions": {5, 4, 5, k + 1},
		"transposed features":  {4, 5, 4, k},
		"one number for a row": {1, 1, 1, k},
	} {
		if err := m.Predict(mat.NewDense(shape[0], shape[1], nil), mat.NewDense(shape[2], shape[3], nil)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := m.Predict(nil, mat.NewDense(1, k, nil)); err == nil {
		t.Error("no rows: no error")
	}
	if err := m.Predict(mat.NewDense(2, 4, nil), nil); err == nil {
		t.Error("no place: no error")
	}
	// views into larger matrices are fine
	wide, place := mat.NewDense(50, 9, nil), mat.NewDense(60, k+2, nil)
	wide.Slice(0, 50, 3, 7).(*mat.Dense).Copy(e.X)
	view := place.Slice(5, 55, 1, 1+k).(*mat.Dense)
	if err := m.Predict(wide.Slice(0, 50, 3, 7).(*mat.Dense), view); err != nil {
		t.Fatal(err)
	}
	if !sameBits(mat.DenseCopyOf(view), predict(t, m, e)) {
		t.Error("a view is predicted differently")
	}
	if mat.Norm(place.Slice(0, 5, 0, k+2), 1)+mat.Norm(place.Slice(55, 60, 0, k+2), 1)+mat.Norm(place.Slice(0, 60, 0, 1), 1)+mat.Norm(place.Slice(0, 60, k+1, k+2), 1) != 0 {
		t.Error("Predict wrote outside its matrix")
	}
}

// anyBlock holds that the prediction of a row does not depend on the block of rows in which it is predicted, to the last bit.
func (s suite) anyBlock(t *testing.T) {
	e := sample(s.task, 300, 5, 63)
	m := s.mustFit(t, e)
	want := predict(t, m, e)
	classifier, decides := learners.As[learners.Classifier](m)
	codes := make([]int32, 300)
	if decides {
		if err := classifier.Classify(e.X, codes); err != nil {
			t.Fatal(err)
		}
	}
	for _, size := range []int{1, 2, 3, 7, 64, 129, 299} {
		for low := 0; low < 300; low += size {
			high := min(low+size, 300)
			x := mat.DenseCopyOf(e.X.Slice(low, high, 0, 5))
			out := mat.NewDense(high-low, outputs(m, e), nil)
			if err := m.Predict(x, out); err != nil {
				t.Fatal(err)
			}
			if !sameBits(mat.DenseCopyOf(want.Slice(low, high, 0, outputs(m, e))), out) {
				t.Fatalf("rows %d to %d are predicted differently in a block of %d", low, high, size)
			}
			alone := make([]int32, high-low)
			if decides {
				if err := classifier.Classify(x, alone); err != nil || !slices.Equal(alone, codes[low:high]) {
					t.Fatalf("rows %d to %d are classified differently in a block of %d: %v", low, high, size, err)
				}
			}
		}
	}
}

func (s suite) concurrent(t *testing.T) {
	e := sample(s.task, 300, 5, 61)
	m := s.mustFit(t, e)
	want := predict(t, m, e)
	results := make([]*mat.Dense, 8)
	var g safego.Group
	for i := range results {
		g.Go(func() error {
			results[i] = mat.NewDense(300, outputs(m, e), nil)
			for range 20 {
				if err := m.Predict(e.X, results[i]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, out := range results {
		if !sameBits(want, out) {
			t.Fatal("concurrent predictions differ")
		}
	}
}
