package learnertest

import (
	"bytes"
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"aibms/learners"
	"aibms/learners/data"
)

// curve is what a Fit records.
func (s suite) curve(t *testing.T, validate *data.Examples, workers int) (points []learners.Iteration, model []byte) {
	t.Helper()
	env := learners.Env{Task: s.task, Seed: 42, Workers: workers, Record: func(it learners.Iteration) { points = append(points, it) }}
	m, err := s.fitOn(context.Background(), sample(s.task, 700, 5, 80), validate, env)
	if err != nil {
		t.Fatal(err)
	}
	return points, save(t, m)
}

// trainingCurve holds for learners that keep one: the iterations are counted from 1, losses are finite and get lower, the same on any number of workers, and keeping them changes nothing.
func (s suite) trainingCurve(t *testing.T) {
	points, model := s.curve(t, nil, 2)
	if len(points) == 0 {
		return
	}
	if !bytes.Equal(model, save(t, s.mustFit(t, sample(s.task, 700, 5, 80)))) {
		t.Error("the model is another one when the curve is kept")
	}
	if again, _ := s.curve(t, nil, 3); len(again) != len(points) {
		t.Errorf("%d iterations on 2 workers, %d on 3", len(points), len(again))
	} else {
		for i := range points {
			if points[i].Loss != again[i].Loss {
				t.Fatalf("the loss of iteration %d is %v on 2 workers, %v on 3", i+1, points[i].Loss, again[i].Loss)
			}
		}
	}
	judged, _ := s.curve(t, sample(s.task, 200, 5, 81), 2)
	if len(judged) == 0 {
		t.Error("no curve is kept when there are validation rows")
	}
	for i, points := range [][]learners.Iteration{points, judged} {
		for k, it := range points {
			if it.Number != k+1 {
				t.Fatalf("iteration %d has the number %d", k+1, it.Number)
			}
			if math.IsNaN(it.Loss) || math.IsInf(it.Loss, 0) {
				t.Fatalf("the loss of iteration %d is %v", k+1, it.Loss)
			}
			if i == 0 && !math.IsNaN(it.ValidationLoss) || i == 1 && (math.IsNaN(it.ValidationLoss) || math.IsInf(it.ValidationLoss, 0)) {
				t.Fatalf("the validation loss of iteration %d is %v, with validation rows: %v", k+1, it.ValidationLoss, i == 1)
			}
		}
	}
	// a curve may tell of several problems, one after the other, so its end may lie above its beginning
	if len(points) > 1 && !slices.ContainsFunc(points, func(it learners.Iteration) bool { return it.Loss < points[0].Loss }) {
		t.Errorf("no loss is below the first, %v", points[0].Loss)
	}
}

// memory holds for learners that estimate it: an estimate is positive and falls with neither rows, features nor classes, two classes need no more than three, and a Fit that may hold as much gives a model.
func (s suite) memory(t *testing.T) {
	l, err := s.learner()
	if err != nil {
		t.Fatal(err)
	}
	asked, ok := l.(learners.MemoryEstimator)
	if !ok {
		return
	}
	shape := learners.ShapeOf(sample(s.task, 40, 3, 82))
	estimate := func(rows, features, classes int) int64 {
		x := shape
		x.Rows, x.Features, x.Classes = rows, features, classes
		return asked.MemoryNeeded(x)
	}
	classes := shape.Classes
	base := estimate(1000, 10, classes)
	rows, features := estimate(100_000, 10, classes), estimate(1000, 1000, classes)
	if base <= 0 || rows < base || features < base || rows == base && features == base {
		t.Errorf("%d bytes for 1000 x 10, %d for 100000 x 10, %d for 1000 x 1000", base, rows, features)
	}
	if more := estimate(1000, 10, classes+7); s.task.Classification() && more < base {
		t.Errorf("%d bytes for %d classes, %d for %d", base, classes, more, classes+7)
	}
	if s.task == learners.Multiclass && estimate(1000, 10, 2) > estimate(1000, 10, 3) {
		t.Errorf("%d bytes for two classes, %d for three", estimate(1000, 10, 2), estimate(1000, 10, 3))
	}
	if huge := estimate(2_000_000_000, 10_000, 333*classes); huge < rows {
		t.Errorf("%d bytes for two billion rows", huge)
	}
	for _, e := range []*data.Examples{sample(s.task, 400, 6, 82), sample(s.task, 40, 90, 83)} {
		n, p := e.Dims()
		m, err := s.fitIn(context.Background(), e, learners.Env{Task: s.task, Seed: 42, Workers: 2, Memory: estimate(n, p, classes)})
		if err != nil {
			t.Fatalf("%d x %d with the memory that it asked for: %v", n, p, err)
		}
		s.checkWellFormed(t, predict(t, m, e))
		if _, err := s.fitIn(context.Background(), e, learners.Env{Task: s.task, Seed: 42, Workers: 2, Memory: 1}); err != nil && !strings.Contains(err.Error(), "memory") {
			t.Errorf("with one byte: %v", err)
		}
	}
}
