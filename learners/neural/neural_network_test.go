package neural

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/artifact"
	"aibms/learners/data"
	"aibms/learners/params"
)

// learner makes a neuralNetwork from name=value words.
func learner(t testing.TB, settings ...string) *neuralNetwork {
	t.Helper()
	l := new(neuralNetwork)
	var set params.Set
	l.Declare(&set)
	var given []params.Setting
	for _, s := range settings {
		name, value, _ := strings.Cut(s, "=")
		given = append(given, params.Setting{Name: name, Value: value, Source: "USER"})
	}
	if err := set.Assign(learnerName, given); err != nil {
		t.Fatal(err)
	}
	return l
}

func env(task learners.Task) learners.Env { return learners.Env{Task: task, Seed: 7, Workers: 2} }

func mustFit(t testing.TB, e, validate *data.Examples, env learners.Env, settings ...string) *network {
	t.Helper()
	m, err := learner(t, settings...).Fit(t.Context(), e, validate, env)
	if err != nil {
		t.Fatal(err)
	}
	return m.(*network)
}

func predict(t testing.TB, m learners.Model, x *mat.Dense, columns int) *mat.Dense {
	t.Helper()
	n, _ := x.Dims()
	out := mat.NewDense(n, columns, nil)
	if err := m.Predict(x, out); err != nil {
		t.Fatal(err)
	}
	return out
}

func saved(t testing.TB, m learners.Model) []byte {
	t.Helper()
	w := artifact.NewWriter()
	if err := m.Save(w); err != nil {
		t.Fatal(err)
	}
	return w.Encode()
}

// curved are rows whose number, or whether it is positive, no linear function tells.
func curved(n int, seed uint64, classes bool) *data.Examples {
	rng := rand.New(rand.NewPCG(seed, 1))
	e := &data.Examples{X: mat.NewDense(n, 3, nil), Features: []string{"a", "b", "c"}}
	if classes {
		e.Classes = []string{"no", "yes"}
	}
	for i := range n {
		a, b, c := rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()
		e.X.SetRow(i, []float64{a, b, c})
		v := a*b + math.Abs(c) - 0.8 + 0.1*rng.NormFloat64()
		switch {
		case !classes:
			v = 100 + 5*v
		case v > 0:
			v = 1
		default:
			v = 0
		}
		e.Y = append(e.Y, v)
	}
	return e
}

// TestPathOfScikitLearn follows scikit-learn step by step from the same parameters: tests/reference/neural_network/gen.py.
func TestPathOfScikitLearn(t *testing.T) {
	b, err := os.ReadFile("../../tests/reference/neural_network/data.json")
	if err != nil {
		t.Fatal(err)
	}
	var reference struct {
		X       [][]float64
		Targets map[string][]float64
		Cases   []struct {
			Target             string
			Settings           map[string]string
			Epochs             int
			Start, End, Losses []float64
		}
	}
	if err := json.Unmarshal(b, &reference); err != nil {
		t.Fatal(err)
	}
	if len(reference.Cases) < 7 {
		t.Fatal("too few cases")
	}
	for _, c := range reference.Cases {
		t.Run(fmt.Sprint(c.Target, c.Settings), func(t *testing.T) {
			e := &data.Examples{X: mat.NewDense(len(reference.X), 3, nil), Features: []string{"a", "b", "c"}}
			for _, name := range strings.Split(c.Target, ",") {
				e.Targets = append(e.Targets, reference.Targets[name])
			}
			e.Y = e.Targets[0]
			for i, row := range reference.X {
				e.X.SetRow(i, row)
			}
			task := learners.Regression
			switch c.Target {
			case "binary":
				e.Classes, e.Targets, task = []string{"0", "1"}, nil, learners.Binary
			case "multi":
				e.Classes, e.Targets, task = []string{"0", "1", "2"}, nil, learners.Multiclass
			}
			settings := []string{fmt.Sprintf("epochs=%d", c.Epochs), "patience=0"}
			for name, value := range c.Settings {
				settings = append(settings, name+"="+value)
			}
			l := learner(t, settings...)
			tr, err := l.newTrainer(t.Context(), nil, e, nil, env(task))
			if err != nil {
				t.Fatal(err)
			}
			penalty := func() float64 {
				sum := 0.0
				for _, l := range tr.a.layers {
					for _, w := range tr.parameters[l.weights:l.bias] {
						sum += float64(w) * float64(w)
					}
				}
				return l.l2 * sum / 2 / float64(len(e.Y))
			}
			for i, v := range c.Start {
				tr.parameters[i] = float32(v)
			}
			order := make([]int32, len(e.Y))
			for i := range order {
				order[i] = int32(i)
			}
			for epoch, want := range c.Losses {
				before := penalty()
				got, err := tr.epoch(t.Context(), epoch, order)
				if err != nil {
					t.Fatal(err)
				}
				if got += before; math.Abs(got-want) > 1e-5 {
					t.Fatalf("the loss before step %d is %.7f, scikit-learn's %.7f", epoch+1, got, want)
				}
			}
			for i, want := range c.End {
				if got := float64(tr.parameters[i]); math.Abs(got-want) > 2e-4 {
					t.Errorf("parameter %d ends at %.6f, scikit-learn's at %.6f", i, got, want)
				}
			}
		})
	}
}

// TestLearnsWhatIsCurved: all kinds of networks find what no linear function can.
func TestLearnsWhatIsCurved(t *testing.T) {
	train, test := curved(1500, 1, false), curved(500, 2, false)
	for _, settings := range []string{
		"", "activation=tanh", "activation=gelu", "normalization=batch", "normalization=layer", "dropout=0.1", "optimizer=adamw", "optimizer=sgd learning_rate=0.05",
		"optimizer=nesterov learning_rate=0.05", "schedule=cosine warmup_epochs=5", "schedule=step", "schedule=exponential", "loss=huber", "batch_size=2000 learning_rate=0.02",
	} {
		t.Run(settings, func(t *testing.T) {
			given := strings.Fields(settings)
			if !strings.Contains(settings, "learning_rate") {
				given = append(given, "learning_rate=0.005")
			}
			if !strings.Contains(settings, "batch_size") {
				given = append(given, "batch_size=100")
			}
			m := mustFit(t, train, nil, env(learners.Regression), append(given, "hidden_layers=32,16", "epochs=60")...)
			out := predict(t, m, test.X, 1)
			rest, all := 0.0, 0.0
			for i, y := range test.Y {
				rest += (out.At(i, 0) - y) * (out.At(i, 0) - y)
				all += (y - 100) * (y - 100)
			}
			if r2 := 1 - rest/all; r2 < 0.85 {
				t.Errorf("R2 is %.3f", r2)
			}
		})
	}
}

// TestBestEpochIsKept: with validation rows, split off before or held out here, training ends early and the model is that of the epoch with the smallest loss there.
func TestBestEpochIsKept(t *testing.T) {
	train, validate := curved(200, 3, true), curved(150, 4, true)
	var curve []learners.Iteration
	e := env(learners.Binary)
	e.Record = func(it learners.Iteration) { curve = append(curve, it) }
	for _, norm := range []string{"none", "batch", "layer"} {
		curve = nil
		m := mustFit(t, train, validate, e, "hidden_layers=64,64", "learning_rate=0.01", "epochs=300", "normalization="+norm)
		if len(curve) == 300 {
			t.Errorf("%s: training did not end early", norm)
		}
		least := math.Inf(1)
		for i, it := range curve {
			if it.Number != i+1 || math.IsNaN(it.Loss) || math.IsNaN(it.ValidationLoss) {
				t.Fatalf("iteration %d is %+v", i, it)
			}
			least = min(least, it.ValidationLoss)
		}
		out, loss := predict(t, m, validate.X, 2), 0.0
		for i, y := range validate.Y {
			loss -= math.Log(out.At(i, int(y))) / float64(len(validate.Y))
		}
		if math.Abs(loss-least) > 1e-6 {
			t.Errorf("%s: the model's validation loss is %.7f, the least of the curve is %.7f", norm, loss, least)
		}
	}
	curve = nil
	mustFit(t, train, nil, e, "hidden_layers=64,64", "learning_rate=0.01", "epochs=300", "validation_fraction=0.3")
	if len(curve) == 300 || math.IsNaN(curve[0].ValidationLoss) {
		t.Errorf("with validation_fraction: %d epochs, the first is %+v", len(curve), curve[0])
	}
	curve = nil
	mustFit(t, train, validate, e, "epochs=30", "patience=0")
	if len(curve) != 30 || math.IsNaN(curve[29].ValidationLoss) {
		t.Errorf("without patience: %d epochs, the last is %+v", len(curve), curve[len(curve)-1])
	}
}

// TestCurveIsInUnitsOfTheTarget: the losses that are kept are those of the target, not of the scaled one.
func TestCurveIsInUnitsOfTheTarget(t *testing.T) {
	e, first := env(learners.Regression), learners.Iteration{}
	e.Record = func(it learners.Iteration) { first = it }
	train := curved(300, 5, false)
	m := mustFit(t, train, train, e, "epochs=40")
	out, loss := predict(t, m, train.X, 1), 0.0
	for i, y := range train.Y {
		loss += (out.At(i, 0) - y) * (out.At(i, 0) - y) / 2 / float64(len(train.Y))
	}
	if math.Abs(first.ValidationLoss-loss) > 1e-4*loss {
		t.Errorf("the loss is %v, the curve says %v", loss, first.ValidationLoss)
	}
}

// TestWeightsAreRepeatedRows on whole batches, where they are exactly that but for rounding.
func TestWeightsAreRepeatedRows(t *testing.T) {
	e := curved(90, 6, true)
	weighted, repeated := *e, data.Examples{Features: e.Features, Classes: e.Classes}
	var rows []float64
	for i, y := range e.Y {
		w := i % 4
		weighted.Weights = append(weighted.Weights, float64(w))
		for range w {
			rows = append(rows, e.X.RawRowView(i)...)
			repeated.Y = append(repeated.Y, y)
		}
	}
	repeated.X = mat.NewDense(len(repeated.Y), 3, rows)
	settings := []string{"batch_size=1000", "epochs=50", "l2=0", "optimizer=nesterov", "learning_rate=0.05", "activation=tanh"}
	a, b := mustFit(t, &weighted, nil, env(learners.Binary), settings...), mustFit(t, &repeated, nil, env(learners.Binary), settings...)
	for i, v := range a.parameters {
		if math.Abs(float64(v-b.parameters[i])) > 1e-4 {
			t.Fatalf("parameter %d is %v with weights, %v with repeated rows", i, v, b.parameters[i])
		}
	}
}

// categorical are rows whose class follows from a category alone: whether its code is even.
func categorical(n int) *data.Examples {
	rng := rand.New(rand.NewPCG(8, 8))
	e := &data.Examples{X: mat.NewDense(n, 2, nil), Features: []string{"kind", "noise"}, Categories: []int{9, 0}, Classes: []string{"odd", "even"}}
	for i := range n {
		k := rng.IntN(9)
		e.X.SetRow(i, []float64{float64(k), rng.NormFloat64()})
		e.Y = append(e.Y, float64(1-k%2))
	}
	return e
}

// TestEmbeddings: categories are told apart one by one, and what was not seen is predicted as NULL is.
func TestEmbeddings(t *testing.T) {
	e := categorical(900)
	settings := []string{"hidden_layers=16", "epochs=40", "learning_rate=0.01", "embedding_size=3"}
	m := mustFit(t, e, nil, env(learners.Binary), settings...)
	out := predict(t, m, e.X, 2)
	for i, y := range e.Y {
		if out.At(i, int(y)) < 0.9 {
			t.Fatalf("category %v is class %v with probability %v", e.X.At(i, 0), y, out.At(i, int(y)))
		}
	}
	odd := predict(t, m, mat.NewDense(5, 2, []float64{math.NaN(), 0, 9, 0, -1, 0, 1e300, 0, math.Inf(1), 0}), 2)
	for i := range 5 {
		if odd.At(i, 0) != odd.At(0, 0) || math.IsNaN(odd.At(i, 0)) {
			t.Errorf("unknown category %d has probability %v, NULL has %v", i, odd.At(i, 0), odd.At(0, 0))
		}
	}
	if len(m.a.tables) != 1 || m.a.tables[0].width != 3 || len(m.a.numeric) != 1 {
		t.Errorf("the architecture is %+v", m.a)
	}
	if w := mustFit(t, e, nil, env(learners.Binary), "epochs=1").a.tables[0].width; w != 5 {
		t.Errorf("9 categories have %d numbers each by the rule", w)
	}
	b := saved(t, m)
	r, err := artifact.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := loadNetwork(1, r)
	if err != nil {
		t.Fatal(err)
	}
	if !mat.Equal(out, predict(t, loaded, e.X, 2)) || !bytes.Equal(b, saved(t, loaded)) {
		t.Error("the loaded model is another")
	}
	one := env(learners.Binary)
	one.Workers = 1
	if !bytes.Equal(b, saved(t, mustFit(t, e, nil, one, settings...))) {
		t.Error("another number of workers gives other bytes")
	}
}

// TestDamagedEmbeddings: strange numbers about embeddings are errors, before anything is made of them.
func TestDamagedEmbeddings(t *testing.T) {
	m := mustFit(t, categorical(60), nil, env(learners.Binary), "epochs=1")
	for place := range 4 {
		for _, strange := range []int64{-1, 1, 8, 10, 1 << 40, math.MaxInt64, math.MinInt64} {
			w := artifact.NewWriter()
			if err := m.Save(w); err != nil {
				t.Fatal(err)
			}
			r, err := artifact.Decode(w.Encode())
			if err != nil {
				t.Fatal(err)
			}
			embeddings, _ := r.Int64s("embeddings")
			if embeddings[place] == strange {
				continue
			}
			embeddings[place] = strange
			w = artifact.NewWriter()
			w.Strings("kind", []string{"relu", "none"})
			w.Int64s("shape", []int64{2, 2, 100})
			w.Int64s("embeddings", embeddings)
			w.Float64s("offset", m.scaling.offset)
			w.Float64s("factor", m.scaling.factor)
			w.Float64s("target", []float64{0, 1})
			w.Float32s("parameters", m.parameters)
			w.Float32s("statistics", nil)
			if r, err = artifact.Decode(w.Encode()); err != nil {
				t.Fatal(err)
			}
			if _, err := loadNetwork(1, r); !errors.Is(err, artifact.ErrCorrupt) {
				t.Errorf("number %d is %d: %v", place, strange, err)
			}
		}
	}
}

// TestWarmStart goes on where the first model ended, and says what does not fit.
func TestWarmStart(t *testing.T) {
	e := curved(600, 9, true)
	for _, norm := range []string{"none", "batch", "layer"} {
		first := mustFit(t, e, nil, env(learners.Binary), "hidden_layers=20", "epochs=30", "normalization="+norm)
		var losses []float64
		recorded := env(learners.Binary)
		recorded.Record = func(it learners.Iteration) { losses = append(losses, it.Loss) }
		before := saved(t, first)
		m, err := learner(t, "hidden_layers=20", "epochs=5", "normalization="+norm, "learning_rate=0.0001").FitFrom(t.Context(), first, e, nil, recorded)
		if err != nil {
			t.Fatal(err)
		}
		fresh := env(learners.Binary)
		fresh.Record = func(it learners.Iteration) {
			if it.Number == 1 && losses[0] > it.Loss-0.05 {
				t.Errorf("%s: the warm start begins at the loss %v, a cold one at %v", norm, losses[0], it.Loss)
			}
		}
		mustFit(t, e, nil, fresh, "hidden_layers=20", "epochs=1", "normalization="+norm)
		if !bytes.Equal(before, saved(t, first)) {
			t.Error("going on from a model changed it")
		}
		if bytes.Equal(before, saved(t, m)) {
			t.Error("going on changed nothing")
		}
	}
	first := mustFit(t, e, nil, env(learners.Binary), "hidden_layers=20", "epochs=1")
	number := curved(100, 9, false)
	for settings, want := range map[string]string{"hidden_layers=21": "hidden_layers", "hidden_layers=20 activation=tanh": "activation", "hidden_layers=20 normalization=layer": "normalization"} {
		if _, err := learner(t, strings.Fields(settings)...).FitFrom(t.Context(), first, e, nil, env(learners.Binary)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", settings, err)
		}
	}
	if _, err := learner(t, "hidden_layers=20").FitFrom(t.Context(), first, number, nil, env(learners.Regression)); err == nil || !strings.Contains(err.Error(), "classes") {
		t.Errorf("a regression from two classes: %v", err)
	}
	narrow := &data.Examples{X: mat.DenseCopyOf(e.X.Slice(0, 600, 0, 2)), Features: e.Features[:2], Y: e.Y, Classes: e.Classes}
	if _, err := learner(t, "hidden_layers=20").FitFrom(t.Context(), first, narrow, nil, env(learners.Binary)); err == nil || !strings.Contains(err.Error(), "features") {
		t.Errorf("other features: %v", err)
	}
	if _, err := learner(t).FitFrom(t.Context(), nil, e, nil, env(learners.Binary)); err == nil {
		t.Error("going on from nothing gave a model")
	}
}

// TestMemoryIsKept: what MemoryNeeded says is enough, and less is refused before anything is done.
func TestMemoryIsKept(t *testing.T) {
	for _, e := range []*data.Examples{curved(500, 10, false), severalCurved(500, 10)} {
		l := learner(t, "hidden_layers=200,200", "epochs=1")
		limited := env(learners.Regression)
		limited.Memory = l.MemoryNeeded(learners.ShapeOf(e))
		if _, err := l.Fit(t.Context(), e, nil, limited); err != nil {
			t.Errorf("with %d bytes: %v", limited.Memory, err)
		}
		limited.Memory--
		if _, err := learner(t, "hidden_layers=200,200", "epochs=1").Fit(t.Context(), e, nil, limited); err == nil || !strings.Contains(err.Error(), "memory") {
			t.Errorf("with a byte less: %v", err)
		}
		if more := learner(t, "hidden_layers=400,200").MemoryNeeded(learners.ShapeOf(e)); more <= limited.Memory {
			t.Errorf("more units need %d bytes, fewer %d", more, limited.Memory+1)
		}
	}
	two := learners.ShapeOf(curved(500, 10, true))
	binary := env(learners.Binary)
	binary.Memory = learner(t).MemoryNeeded(two)
	if _, err := learner(t, "epochs=1").Fit(t.Context(), curved(500, 10, true), nil, binary); err != nil {
		t.Errorf("two classes with %d bytes: %v", binary.Memory, err)
	}
	binary.Memory--
	if _, err := learner(t, "epochs=1").Fit(t.Context(), curved(500, 10, true), nil, binary); err == nil {
		t.Error("two classes with a byte less than they need") // they have one output, where two targets have two
	}
	two.Categories = []int{40, 0, 0}
	if embedded := learner(t).MemoryNeeded(two); embedded <= binary.Memory+1 {
		t.Errorf("%d bytes with an embedding, %d without", embedded, binary.Memory+1)
	}
}

// TestMistakes: what cannot be is said, with what may be.
func TestMistakes(t *testing.T) {
	binary, number := curved(50, 11, true), curved(50, 11, false)
	for _, c := range []struct {
		e        *data.Examples
		task     learners.Task
		settings string
		want     string
	}{
		{binary, learners.Binary, "hidden_layers=64,x", "as '64,32'"},
		{binary, learners.Binary, "hidden_layers=64,", "as '64,32'"},
		{binary, learners.Binary, "hidden_layers=0", "as '64,32'"},
		{binary, learners.Binary, "hidden_layers=99999999", "as '64,32'"},
		{binary, learners.Binary, "hidden_layers=1" + strings.Repeat(",1", 16), "at most 16"},
		{binary, learners.Binary, "hidden_layers=16384,16384,16384", "fewer units"},
		{binary, learners.Binary, "loss=squared_error", "use 'logistic'"},
		{number, learners.Regression, "loss=softmax", "use 'squared_error'"},
		{number, learners.Regression, "learning_rate=1e30 optimizer=sgd", "lower learning_rate"},
		{number, learners.Regression, "normalization=batch batch_size=1", "batch_size must be at least 2"},
	} {
		_, err := learner(t, strings.Fields(c.settings)...).Fit(t.Context(), c.e, nil, env(c.task))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.settings, err)
		}
	}
}

// TestWildFeatures: numbers that single precision cannot tell apart are told apart, and rows far from all others are predicted all the same.
func TestWildFeatures(t *testing.T) {
	e := curved(800, 12, false)
	far := &data.Examples{X: mat.DenseCopyOf(e.X), Features: e.Features, Y: e.Y}
	for i := range e.Y {
		for j := range 3 {
			far.X.Set(i, j, 1e9+e.X.At(i, j)) // in steps of 64 in single precision
		}
	}
	settings := []string{"hidden_layers=32", "epochs=60", "learning_rate=0.01"}
	out := predict(t, mustFit(t, far, nil, env(learners.Regression), settings...), far.X, 1)
	rest, all := 0.0, 0.0
	for i, y := range e.Y {
		rest += (out.At(i, 0) - y) * (out.At(i, 0) - y)
		all += (y - 100) * (y - 100)
	}
	if rest > 0.2*all {
		t.Errorf("R2 is %.3f", 1-rest/all)
	}
}

// TestFoldedNormalization: batch normalisation folded into the weights predicts what it does beside them.
func TestFoldedNormalization(t *testing.T) {
	e := curved(300, 13, false)
	m := mustFit(t, e, nil, env(learners.Regression), "normalization=batch", "hidden_layers=12,7", "epochs=20", "activation=tanh")
	out := predict(t, m, e.X, 1)
	for i := range 50 {
		h := []float64{e.X.At(i, 0), e.X.At(i, 1), e.X.At(i, 2)}
		for k, l := range m.a.layers {
			z := make([]float64, l.out)
			for j := range z {
				for r, v := range h {
					z[j] += v * float64(m.parameters[l.weights+r*l.out+j])
				}
				bias := float64(m.parameters[l.bias+j])
				if k == len(m.a.layers)-1 {
					z[j] += bias
					continue
				}
				mean, variance := float64(m.statistics[l.statistic+j]), float64(m.statistics[m.a.statistics/2+l.statistic+j])
				z[j] = math.Tanh(float64(m.parameters[l.gain+j])*(z[j]-mean)/math.Sqrt(variance+1e-5) + bias)
			}
			h = z
		}
		if want := m.units[0].mean + m.units[0].deviation*h[0]; math.Abs(out.At(i, 0)-want) > 1e-4*m.units[0].deviation {
			t.Fatalf("row %d is predicted %v, want %v", i, out.At(i, 0), want)
		}
	}
}

// TestDropout: about the right share is left out, others are made larger, and each part of each batch has its own.
func TestDropout(t *testing.T) {
	d := &dropout{state: 1, rate: 0.3}
	values, mask := make([]float32, 100_000), make([]float32, 100_000)
	for i := range values {
		values[i] = 1
	}
	leaveOut(d, values, mask)
	left := 0
	for i, v := range values {
		if v != mask[i] || v != 0 && v != float32(1/0.7) {
			t.Fatalf("value %v with mask %v", v, mask[i])
		}
		if v == 0 {
			left++
		}
	}
	if share := float64(left) / 100_000; math.Abs(share-0.3) > 0.006 { // four standard deviations
		t.Errorf("%v are left out", share)
	}
	again := slices.Clone(mask)
	leaveOut(d, values, mask)
	if slices.Equal(again, mask) {
		t.Error("the same units are left out twice")
	}
}

func TestSchedules(t *testing.T) {
	for _, c := range []struct {
		s     schedule
		epoch float64
		want  float64
	}{
		{schedule{kind: "constant", rate: 0.1}, 7.5, 0.1},
		{schedule{kind: "step", rate: 0.1, decay: 0.5, every: 10}, 9.9, 0.1},
		{schedule{kind: "step", rate: 0.1, decay: 0.5, every: 10}, 20, 0.025},
		{schedule{kind: "exponential", rate: 0.1, decay: 0.25, every: 10}, 5, 0.05},
		{schedule{kind: "cosine", rate: 0.1, epochs: 40}, 0, 0.1},
		{schedule{kind: "cosine", rate: 0.1, epochs: 40}, 20, 0.05},
		{schedule{kind: "cosine", rate: 0.1, epochs: 40}, 40, 0},
		{schedule{kind: "constant", rate: 0.1, warmup: 4}, 1, 0.025},
		{schedule{kind: "constant", rate: 0.1, warmup: 4}, 4, 0.1},
	} {
		if got := c.s.at(c.epoch); math.Abs(got-c.want) > 1e-15 {
			t.Errorf("%+v at %v is %v, want %v", c.s, c.epoch, got, c.want)
		}
	}
}
