package boosting

import (
	"bytes"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/artifact"
	"aibms/learners/data"
)

// saved is the model as bytes.
func saved(t *testing.T, m *ensemble) []byte {
	t.Helper()
	w := artifact.NewWriter()
	if err := m.Save(w); err != nil {
		t.Fatal(err)
	}
	return w.Encode()
}

// classes is curved with the target cut into three classes.
func classes(n, p int) *data.Examples {
	e := regression(n, p, 1)
	e.Classes = []string{"a", "b", "c"}
	for i, y := range e.Y {
		e.Y[i] = math.Floor(max(0, min(2.5, (y+8)/10)))
	}
	return e
}

// TestRoundsInTwoTrainings: some rounds and then the others on the same rows give the bytes of all of them at once, whatever the loss is and whatever is drawn: what a round draws depends on the seed and its number.
func TestRoundsInTwoTrainings(t *testing.T) {
	binary, numbers := curved(900, 9), regression(900, 9, 1)
	odd := regression(900, 9, 1)
	for i := range odd.Y {
		odd.Weights = append(odd.Weights, float64(i%4))
		switch i % 7 {
		case 0:
			odd.X.Set(i, i%9, math.NaN())
		case 3:
			odd.X.Set(i, i%5, math.Inf(1-i%2*2))
		}
	}
	positive := regression(900, 9, 1)
	for i, y := range positive.Y {
		positive.Y[i] = math.Abs(math.Round(y)) + 1
	}
	for _, c := range []struct {
		name     string
		e        *data.Examples
		settings []string
	}{
		{"logistic", binary, nil},
		{"softmax", classes(900, 9), nil},
		{"softmax of two", binary, []string{"loss", "softmax"}},
		{"squared_error", numbers, nil},
		{"absolute_error", numbers, []string{"loss", "absolute_error"}},
		{"huber", numbers, []string{"loss", "huber"}},
		{"quantile", numbers, []string{"loss", "quantile", "quantile", "0.8"}},
		{"poisson", positive, []string{"loss", "poisson"}},
		{"gamma", positive, []string{"loss", "gamma"}},
		{"weights, missing and infinite values", odd, nil},
		{"categories", shops(900, 20, 3), []string{"min_samples_group", "20"}},
		{"depthwise", numbers, []string{"growth", "depthwise", "max_leaves", "8"}},
		{"monotone", numbers, []string{"monotone_increasing", "x2"}},
		{"subsample", binary, []string{"subsample", "0.6"}},
		{"colsample", classes(900, 9), []string{"colsample", "0.4"}},
		{"rows and features", odd, []string{"subsample", "0.5", "colsample", "0.5"}},
		{"goss", binary, []string{"goss", "true", "learning_rate", "0.2"}}, // from round 5 on; then from round 10 on
		{"goss later", binary, []string{"goss", "true", "learning_rate", "0.1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			env := learners.Env{Seed: 3, Workers: 2}
			fit := func(from *ensemble, rounds string) *ensemble {
				t.Helper()
				m, err := trainFrom(t.Context(), from, c.e, nil, env, append([]string{"n_trees", rounds}, c.settings...)...)
				if err != nil {
					t.Fatal(err)
				}
				return m
			}
			all := saved(t, fit(nil, "14"))
			for _, parts := range [][]string{{"5", "9"}, {"13", "1"}, {"1", "2", "11"}} {
				var m *ensemble
				for _, rounds := range parts {
					m = fit(m, rounds)
				}
				if len(m.trees) != 14*m.outputs {
					t.Fatalf("%v rounds: %d trees for %d outputs", parts, len(m.trees), m.outputs)
				}
				if !bytes.Equal(all, saved(t, m)) {
					t.Errorf("%v rounds are another model than all of them at once", parts)
				}
			}
		})
	}
}

// TestEarlyStoppingOfAWarmStart: the rounds are judged as those of one training are, and stop where they would; the trees of the first model stay, even where fewer would be better.
func TestEarlyStoppingOfAWarmStart(t *testing.T) {
	all := curved(3000, 9)
	e := &data.Examples{X: all.X.Slice(0, 600, 0, 9).(*mat.Dense), Y: all.Y[:600], Features: all.Features, Classes: all.Classes}
	validate := &data.Examples{X: all.X.Slice(600, 3000, 0, 9).(*mat.Dense), Y: all.Y[600:], Features: all.Features, Classes: all.Classes}
	fit := func(from *ensemble, validate *data.Examples, rounds string, losses *[]float64) *ensemble {
		t.Helper()
		env := learners.Env{Workers: 1, Record: func(it learners.Iteration) {
			if losses != nil {
				*losses = append(*losses, it.ValidationLoss)
			}
		}}
		m, err := trainFrom(t.Context(), from, e, validate, env, "n_trees", rounds, "learning_rate", "0.2")
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	var curve []float64
	stopped := fit(nil, validate, "300", &curve)
	best := len(stopped.trees)
	if best < 8 || len(curve) != best+10 {
		t.Fatalf("one training keeps %d trees of %d rounds", best, len(curve))
	}

	var rest []float64
	few := fit(nil, nil, "5", nil)
	grown := fit(few, validate, "300", &rest)
	if !bytes.Equal(saved(t, grown), saved(t, stopped)) {
		t.Errorf("5 rounds and then others that stop early keep %d trees, one training %d", len(grown.trees), best)
	}
	if !slices.Equal(rest, curve[5:]) {
		t.Errorf("the validation losses of the new rounds are\n%v, in one training they are\n%v", rest, curve[5:])
	}

	long := fit(nil, nil, "300", nil)
	more := fit(long, validate, "300", nil)
	if len(more.trees) != 300 || !bytes.Equal(saved(t, more), saved(t, long)) {
		t.Errorf("of 300 trees, where %d would be best, and new ones that do not help, %d are kept", best, len(more.trees))
	}
}
