package predictor_test

import (
	"context"
	"errors"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/artifact"
	"aibms/learners/predictor"
)

// slow is a model that calls asked before it predicts rows.
type slow struct{ asked func(rows int) }

func (m slow) Predict(x, out *mat.Dense) error {
	n, _ := x.Dims()
	m.asked(n)
	for i := range n {
		out.Set(i, 0, 2*x.At(i, 0))
	}
	return nil
}

func (slow) Save(*artifact.Writer) error { return nil }

// TestScoringEndsWithItsContext: a model is asked for few rows at first, so that it can be stopped whatever they cost, and for all of them in the end.
func TestScoringEndsWithItsContext(t *testing.T) {
	const n = 5000
	x := mat.NewDense(n, 1, nil)
	for i := range n {
		x.Set(i, 0, float64(i))
	}
	ctx, cancel := context.WithCancel(context.Background())
	predicted := 0
	p := &predictor.Predictor{Task: learners.Regression, Model: slow{func(rows int) {
		predicted += rows
		cancel()
	}}}
	if _, err := p.Score(ctx, x, make([]bool, n), nil, nil); !errors.Is(err, context.Canceled) || predicted > 10 {
		t.Errorf("%v, after %d of %d rows", err, predicted, n)
	}
	predicted = 0
	last := 0
	s, err := p.Score(context.Background(), x, make([]bool, n), nil, func(done int) {
		if done <= last || done != predicted {
			t.Errorf("%d rows are said to be done after %d, %d are", done, last, predicted)
		}
		last = done
	})
	if err != nil || predicted != n || last != n {
		t.Fatalf("%v, %d rows, told of %d", err, predicted, last)
	}
	for i, v := range s.Value {
		if v != 2*float64(i) {
			t.Fatalf("row %d is predicted %v", i, v)
		}
	}
}
