package learnertest

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/artifact"
	"aibms/learners/data"
	"aibms/learners/params"
)

// foreign is a model of nobody.
type foreign struct{}

func (foreign) Predict(x, out *mat.Dense) error { return nil }
func (foreign) Save(*artifact.Writer) error     { return nil }

// warmStart holds for learners that go on from a model: their own is taken, saved and loaded as well, and stays as it is; the next one is the same on any number of workers, and a model as
// any other; one of another shape is refused, and a damaged one never a panic; it ends with its context, and holds no more memory than Fit asks for.
func (s suite) warmStart(t *testing.T) {
	if l, err := s.learner(); err != nil {
		t.Fatal(err)
	} else if _, ok := l.(learners.WarmStarter); !ok {
		return
	}
	for _, of := range []struct {
		name string
		make func(n, p int, seed uint64) *data.Examples
	}{
		{"numbers", func(n, p int, seed uint64) *data.Examples { return sample(s.task, n, p, seed) }},
		{"categories", func(n, p int, seed uint64) *data.Examples { return sampleWithCategories(s.task, n, p, seed) }},
	} {
		if of.name == "categories" && !s.spec.TraitsFor(s.task).Categories {
			continue
		}
		t.Run(of.name, func(t *testing.T) { s.goesOn(t, of.make(500, 5, 84), of.make(600, 5, 85), of.make(400, 5, 87)) })
	}
	t.Run("wrong models", s.refusesModels)
	t.Run("ends with its context", s.warmCancelled)
	t.Run("damaged models", s.goesOnFromDamage)
}

// goesOnFromDamage demands an error or a model, and no panic, where the model that is gone on from has a strange value that Load cannot know of.
func (s suite) goesOnFromDamage(t *testing.T) {
	e := sample(s.task, 60, 3, 70)
	all := parts(t, save(t, s.mustFit(t, e)))
	for k, p := range all {
		for i := range min(p.length(), 2) {
			for _, strange := range []float64{-1, 7, 1e300} {
				m, err := s.spec.Load(s.spec.StateVersion, reader(t, all, k, func(w *artifact.Writer) { p.strange(w, i, strange) }))
				if err != nil {
					continue
				}
				if next, err := s.from(context.Background(), m, e, nil, s.env(2)); err == nil {
					_ = next.Predict(e.X, mat.NewDense(60, outputs(next, e), nil))
				}
			}
		}
	}
}

func (s suite) env(workers int) learners.Env {
	return learners.Env{Task: s.task, Seed: 42, Workers: workers}
}

// from goes on from m.
func (s suite) from(ctx context.Context, m learners.Model, e, validate *data.Examples, env learners.Env, given ...params.Setting) (learners.Model, error) {
	l, err := s.learner(given...)
	if err != nil {
		return nil, err
	}
	next, err := l.(learners.WarmStarter).FitFrom(ctx, m, e, validate, env)
	if (next == nil) == (err == nil) {
		return nil, errors.New("FitFrom must return either a model or an error")
	}
	return next, err
}

// goesOn goes on from a model of the rows of first with those of more.
func (s suite) goesOn(t *testing.T, first, more, test *data.Examples) {
	told := s.laws.Told
	m := s.mustFit(t, first, told...)
	before, rows := save(t, m), clone(more)
	loaded := s.loadedAgain(t, before)
	limited := s.env(2)
	if l, err := s.learner(told...); err != nil {
		t.Fatal(err)
	} else if asked, ok := l.(learners.MemoryEstimator); ok {
		shape := learners.ShapeOf(more)
		anew := asked.MemoryNeeded(shape)
		shape.First = m
		if limited.Memory = asked.MemoryNeeded(shape); limited.Memory < anew {
			t.Errorf("a warm start needs %d bytes, a fresh one %d", limited.Memory, anew)
		}
	}
	var want []byte
	var next learners.Model
	for _, c := range []struct {
		what string
		from learners.Model
		env  learners.Env
	}{
		{"2 workers", m, s.env(2)}, {"1 worker", m, s.env(1)}, {"4 workers", m, s.env(4)}, {"from a saved copy", loaded, s.env(2)}, {"with the memory that it asks for", m, limited},
	} {
		var err error
		if next, err = s.from(context.Background(), c.from, more, nil, c.env, told...); err != nil {
			t.Fatalf("%s: %v", c.what, err)
		}
		if b := save(t, next); want == nil {
			want = b
		} else if !bytes.Equal(want, b) {
			t.Errorf("%s: another model", c.what)
		}
	}
	s.checkWellFormed(t, predict(t, next, more))
	s.beatsConstant(t, next, more, test)
	if again := s.loadedAgain(t, want); !sameBits(predict(t, next, test), predict(t, again, test)) || !bytes.Equal(want, save(t, again)) {
		t.Error("saved and loaded it is another model")
	}
	if !bytes.Equal(before, save(t, m)) {
		t.Error("the model that was gone on from has changed")
	}
	if !sameBits(more.X, rows.X) {
		t.Error("X was changed")
	}
	third, err := s.from(context.Background(), next, first, nil, s.env(2), told...)
	if err != nil {
		t.Fatalf("once more: %v", err)
	}
	s.checkWellFormed(t, predict(t, third, first)) // it may have learned the rows by heart
	var points []learners.Iteration
	env := s.env(2)
	env.Record = func(it learners.Iteration) { points = append(points, it) }
	judged, err := s.from(context.Background(), m, more, test, env, told...)
	if err != nil {
		t.Fatalf("with validation rows: %v", err)
	}
	s.checkWellFormed(t, predict(t, judged, more))
	for i, it := range points {
		if it.Number != i+1 || it.ValidationLoss != it.ValidationLoss {
			t.Fatalf("point %d of the training curve is %+v", i+1, it)
		}
	}
}

// loadedAgain is the model of a saved artifact.
func (s suite) loadedAgain(t *testing.T, b []byte) learners.Model {
	t.Helper()
	r, err := artifact.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.spec.Load(s.spec.StateVersion, r)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// refusesModels demands an error for a model of another learner or shape.
func (s suite) refusesModels(t *testing.T) {
	more := sample(s.task, 600, 5, 85)
	refused := func(what string, m learners.Model, e *data.Examples) {
		t.Helper()
		_, err := s.from(context.Background(), m, e, nil, s.env(2))
		if why := new(learners.WarmStartError); !errors.As(err, &why) || !strings.HasPrefix(err.Error(), s.spec.Name+": ") {
			t.Errorf("%s: %v, no error of a warm start that names the learner", what, err)
		}
	}
	refused("no model", nil, more)
	refused("a model of nobody", foreign{}, more)
	refused("a model of six features", s.mustFit(t, sample(s.task, 500, 6, 86)), more)
	if s.task == learners.Multiclass {
		e := sample(s.task, 500, 5, 84)
		e.Classes = append(e.Classes, "none")
		e.Y[7] = 3
		refused("a model of four classes", s.mustFit(t, e), more)
	}
	if s.spec.TraitsFor(s.task).Categories {
		named := sampleWithCategories(s.task, 500, 5, 84)
		grown := clone(named)
		grown.Categories[1] = 7
		refused("a model of six categories with rows of seven", s.mustFit(t, named), grown)
		refused("a model of numbers with rows of categories", s.mustFit(t, sample(s.task, 500, 5, 84)), named)
		refused("a model of categories with rows of numbers", s.mustFit(t, named), more)
	}
}

// warmCancelled demands the context's error wherever the context ends.
func (s suite) warmCancelled(t *testing.T) {
	m, more := s.mustFit(t, sample(s.task, 500, 5, 84)), sample(s.task, 1500, 5, 85)
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.from(ended, m, more, nil, s.env(2)); !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context: %v", err)
	}
	for asks := int64(1); asks < 1<<20; asks += 1 + asks/2 {
		switch _, err := s.from(newEndsAfter(asks), m, more, nil, s.env(2)); {
		case err == nil:
			return
		case !errors.Is(err, context.Canceled):
			t.Fatalf("with a context that ended at question %d: %v", asks, err)
		}
	}
	t.Error("the context was asked a million times")
}
