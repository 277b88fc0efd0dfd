package learnertest

import (
	"context"
	"math"
	"strings"
	"testing"

	"aibms/learners"
	"aibms/learners/artifact"
	"aibms/learners/data"
	"aibms/learners/params"
)

// oddData demands a model with well-formed predictions from data that is unusual but fine.
func (s suite) oddData(t *testing.T) {
	for name, e := range map[string]*data.Examples{
		"one feature":              sample(s.task, 60, 1, 20),
		"as many features as rows": sample(s.task, 20, 20, 21),
		"more features than rows":  sample(s.task, 20, 50, 22),
		"ten rows":                 sample(s.task, 10, 3, 23),
		"constant column":          s.changed(24, func(i int, v float64) float64 { return 7 }),
		"column of zeros":          s.changed(25, func(i int, v float64) float64 { return 0 }),
		"column times 1e8":         s.changed(26, func(i int, v float64) float64 { return v * 1e8 }),
		"column times 1e-8":        s.changed(27, func(i int, v float64) float64 { return v * 1e-8 }),
		"column far from zero":     s.changed(28, func(i int, v float64) float64 { return v + 1e8 }),
		"column with one spike":    s.changed(29, func(i int, v float64) float64 { return map[bool]float64{true: 1e6}[i == 5] }),
		"two equal columns":        s.doubled(30, func(v float64) float64 { return v }),
		"two opposite columns":     s.doubled(31, func(v float64) float64 { return -v }),
		"all rows equal":           s.equalRows(32),
		"separable":                s.separable(33),
	} {
		t.Run(name, func(t *testing.T) {
			if name == "all rows equal" && s.laws.Picky {
				s.tries(t, e)
				return
			}
			s.checkWellFormed(t, predict(t, s.mustFit(t, e), e))
		})
	}
	if s.task == learners.Regression {
		t.Run("constant target", func(t *testing.T) {
			e := sample(s.task, 50, 3, 34)
			for i := range e.Y {
				e.Y[i] = -12.5
			}
			out := predict(t, s.mustFit(t, e), e)
			for i := range e.Y {
				if math.Abs(out.At(i, 0)+12.5) > 1e-9 {
					t.Fatalf("row %d is predicted %v, every target is -12.5", i, out.At(i, 0))
				}
			}
		})
		for name, size := range map[string]float64{"target times 1e8": 1e8, "target times 1e-8": 1e-8} {
			t.Run(name, func(t *testing.T) {
				e := sample(s.task, 80, 3, 35)
				for i := range e.Y {
					e.Y[i] *= size
				}
				s.checkWellFormed(t, predict(t, s.mustFit(t, e), e))
			})
		}
	}
	if s.task == learners.Multiclass {
		t.Run("a class without rows", func(t *testing.T) {
			e := sample(s.task, 80, 3, 36)
			for i, y := range e.Y {
				e.Y[i] = min(y, 1)
			}
			out := predict(t, s.mustFit(t, e), e)
			s.checkWellFormed(t, out)
			for i := range e.Y {
				if out.At(i, 2) > 0.5 {
					t.Fatalf("row %d has the class that no row has, with probability %v", i, out.At(i, 2))
				}
			}
		})
	}
}

// changed is a sample whose second column is mapped.
func (s suite) changed(seed uint64, f func(i int, v float64) float64) *data.Examples {
	e := sample(s.task, 80, 4, seed)
	mapColumn(e, 1, f)
	return e
}

// doubled is a sample whose second column is a function of its first.
func (s suite) doubled(seed uint64, f func(v float64) float64) *data.Examples {
	e := sample(s.task, 80, 4, seed)
	mapColumn(e, 1, func(i int, v float64) float64 { return f(e.X.At(i, 0)) })
	return e
}

func (s suite) equalRows(seed uint64) *data.Examples {
	e := sample(s.task, 30, 3, seed)
	for j := range 3 {
		mapColumn(e, j, func(i int, v float64) float64 { return float64(j) })
	}
	return e
}

// separable is a sample whose first column tells the target, or parts the rows into two heaps.
func (s suite) separable(seed uint64) *data.Examples {
	e := sample(s.task, 60, 3, seed)
	mapColumn(e, 0, func(i int, v float64) float64 {
		if e.Y == nil {
			return float64(i % 2)
		}
		return e.Y[i]
	})
	return e
}

// hopelessData demands an error that helps, or a model with well-formed predictions; never a panic.
func (s suite) hopelessData(t *testing.T) {
	if s.task.Classification() {
		t.Run("one class", func(t *testing.T) {
			e := sample(s.task, 40, 3, 40)
			for i := range e.Y {
				e.Y[i] = 1
			}
			_, err := s.fit(context.Background(), e)
			if err == nil || !strings.Contains(err.Error(), e.Classes[1]) {
				t.Errorf("an error that names the class %q is wanted, got %v", e.Classes[1], err)
			}
		})
	}
	for n := 1; n <= 4; n++ {
		s.tries(t, sample(s.task, n, 2, uint64(40+n)))
	}
	for _, size := range []float64{1e-300, 1e150, 1e300} {
		e := sample(s.task, 40, 3, 45)
		mapColumn(e, 0, func(i int, v float64) float64 { return v * size })
		s.tries(t, e)
		if s.task == learners.Regression {
			e = sample(s.task, 40, 3, 48)
			for i := range e.Y {
				e.Y[i] *= size
			}
			s.tries(t, e)
		}
	}
	if s.spec.TraitsFor(s.task).Weights {
		e := sample(s.task, 40, 3, 46)
		e.Weights = make([]float64, 40)
		e.Weights[3] = 1
		s.tries(t, e)
		for i := range e.Weights {
			e.Weights[i] = 1e-200
		}
		s.tries(t, e)
	}
	e := sample(s.task, 5, 2, 47)
	e.X, e.Y = nil, nil
	if _, err := s.fit(context.Background(), e); err == nil {
		t.Error("a fit without rows gave a model")
	}
}

// tries demands an error or a model with well-formed predictions, which can be saved and loaded.
func (s suite) tries(t *testing.T, e *data.Examples, given ...params.Setting) {
	t.Helper()
	m, err := s.fit(context.Background(), e, given...)
	if err != nil {
		if err.Error() == "" {
			t.Error("an error without text")
		}
		return
	}
	out := predict(t, m, e)
	s.checkWellFormed(t, out)
	r, err := artifact.Decode(save(t, m))
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := s.spec.Load(s.spec.StateVersion, r)
	if err != nil {
		t.Fatalf("the model cannot be loaded: %v", err)
	}
	if !sameBits(predict(t, loaded, e), out) {
		t.Error("the loaded model predicts differently")
	}
}
