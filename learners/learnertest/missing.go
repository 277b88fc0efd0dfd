package learnertest

import (
	"bytes"
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/artifact"
	"aibms/learners/data"
)

// missing holds for learners that take missing values: in training, and in rows to predict, up to rows and columns without any value.
func (s suite) missing(t *testing.T) {
	if !s.spec.TraitsFor(s.task).Missing {
		return
	}
	e := sample(s.task, 300, 5, 91)
	full := clone(e)
	for j := range 5 {
		mapColumn(e, j, func(i int, v float64) float64 {
			if (i*5+j)%9 == 0 {
				return math.NaN()
			}
			return v
		})
	}
	s.holdsFor(t, e, full, withoutValues(e))
	empty := clone(full)
	mapColumn(empty, 2, func(int, float64) float64 { return math.NaN() })
	s.holdsFor(t, empty, full, withoutValues(e))
	// values that are first missing when it is used
	s.holdsFor(t, full, e, withoutValues(e))
}

// categories holds for learners that take categories as they are.
func (s suite) categories(t *testing.T) {
	if !s.spec.TraitsFor(s.task).Categories {
		return
	}
	s.learnsFrom(t, sampleWithCategories(s.task, 500, 5, 92), sampleWithCategories(s.task, 400, 5, 93))
	e := sampleWithCategories(s.task, 300, 5, 94)
	unseen := clone(e)
	mapColumn(unseen, 1, func(int, float64) float64 { return math.NaN() })
	s.holdsFor(t, e, unseen)
	s.holdsFor(t, unseen, e) // in training nobody has one
	alone := sampleWithCategories(s.task, 300, 5, 95)
	alone.Categories = []int{6}
	alone.Features, alone.X = alone.Features[:1], mat.DenseCopyOf(alone.X.Slice(0, 300, 1, 2))
	s.holdsFor(t, alone)
	many := clone(e)
	many.Categories[1] = 300
	mapColumn(many, 1, func(i int, v float64) float64 { return float64(i) })
	s.holdsFor(t, many, e)
}

// withoutValues are rows of e without any value.
func withoutValues(e *data.Examples) *data.Examples {
	c := rowsOf(e, []int{0, 1, 2})
	for j := range c.Features {
		mapColumn(c, j, func(int, float64) float64 { return math.NaN() })
	}
	return c
}

// holdsFor demands the same model on any number of workers, one that is saved and loaded, and predictions of these rows and others that are well formed and do not depend on
// their neighbours.
func (s suite) holdsFor(t *testing.T, e *data.Examples, others ...*data.Examples) {
	t.Helper()
	m := s.mustFit(t, e)
	b := save(t, m)
	alone, err := s.fitIn(context.Background(), e, learners.Env{Task: s.task, Seed: 42, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b, save(t, alone)) {
		t.Error("another model on one worker")
	}
	r, err := artifact.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := s.spec.Load(s.spec.StateVersion, r)
	if err != nil {
		t.Fatal(err)
	}
	for _, rows := range append(others, e) {
		out := predict(t, m, rows)
		s.checkWellFormed(t, out)
		if !sameBits(out, predict(t, loaded, rows)) {
			t.Error("the loaded model predicts differently")
		}
		n, _ := rows.Dims()
		for i := range n {
			if !sameBits(mat.DenseCopyOf(out.Slice(i, i+1, 0, outputs(m, e))), predict(t, m, rowsOf(rows, []int{i}))) {
				t.Fatalf("row %d is predicted differently alone", i)
			}
		}
	}
}
