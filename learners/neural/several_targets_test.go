package neural

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/artifact"
	"aibms/learners/data"
)

// severalCurved are the rows of curved with two more numbers, of other features and in other units.
func severalCurved(n int, seed uint64) *data.Examples {
	e := curved(n, seed, false)
	rng := rand.New(rand.NewPCG(seed, 2))
	second, third := make([]float64, n), make([]float64, n)
	for i := range n {
		a, b, c := e.X.At(i, 0), e.X.At(i, 1), e.X.At(i, 2)
		second[i] = -1e6 * (a*c - math.Abs(b) + 0.1*rng.NormFloat64())
		third[i] = 1e-3 * (b*c + a*a - 1 + 0.1*rng.NormFloat64())
	}
	e.Targets = [][]float64{e.Y, second, third}
	return e
}

// alone has target k of e and no other.
func alone(e *data.Examples, k int) *data.Examples {
	one := *e
	one.Y, one.Targets = e.Targets[k], nil
	return &one
}

// scaledErrors are half the mean squared errors of predictions, in squares of the standard deviations of the targets of train.
func scaledErrors(t *testing.T, m learners.Model, e, train *data.Examples) []float64 {
	t.Helper()
	out := predict(t, m, e.X, e.Outputs())
	losses := make([]float64, e.Outputs())
	for k := range losses {
		deviation := spreadOf(train.Target(k))
		for i, y := range e.Target(k) {
			d := (out.At(i, k) - y) / deviation
			losses[k] += d * d / 2 / float64(len(e.Y))
		}
	}
	return losses
}

// TestSeveralTargetsLearnWhatIsCurved: all kinds of networks find each number, whatever its units.
func TestSeveralTargetsLearnWhatIsCurved(t *testing.T) {
	train, test := severalCurved(1500, 21), severalCurved(500, 22)
	for _, settings := range []string{
		"", "activation=tanh", "activation=gelu", "normalization=batch", "normalization=layer", "dropout=0.1", "optimizer=adamw", "optimizer=sgd learning_rate=0.05", "loss=huber", "validation_fraction=0.2",
	} {
		t.Run(settings, func(t *testing.T) {
			given := strings.Fields(settings)
			if !strings.Contains(settings, "learning_rate") {
				given = append(given, "learning_rate=0.005")
			}
			m := mustFit(t, train, nil, env(learners.Regression), append(given, "batch_size=100", "hidden_layers=48,24", "epochs=60")...)
			for k, loss := range scaledErrors(t, m, test, train) {
				if r2 := 1 - 2*loss; r2 < 0.85 {
					t.Errorf("R2 of target %d is %.3f", k, r2)
				}
			}
		})
	}
}

// TestUnitsDoNotMatter: targets in units that are powers of two apart give the same network, whose predictions are in these units.
func TestUnitsDoNotMatter(t *testing.T) {
	e := severalCurved(300, 23)
	scaled := *e
	factors := []float64{1 << 20, 1.0 / (1 << 30), 8}
	scaled.Targets = nil
	for k, y := range e.Targets {
		column := make([]float64, len(y))
		for i, v := range y {
			column[i] = v * factors[k]
		}
		scaled.Targets = append(scaled.Targets, column)
	}
	scaled.Y = scaled.Targets[0]
	a, b := mustFit(t, e, nil, env(learners.Regression), "epochs=5"), mustFit(t, &scaled, nil, env(learners.Regression), "epochs=5")
	if !slices.Equal(a.parameters, b.parameters) {
		t.Error("other units give other parameters")
	}
	first, second := predict(t, a, e.X, 3), predict(t, b, e.X, 3)
	for k, f := range factors {
		for i := range 300 {
			if got, want := second.At(i, k), f*first.At(i, k); math.Abs(got-want) > 1e-12*math.Abs(want) {
				t.Fatalf("row %d: target %d is predicted %v, want %v", i, k, got, want)
			}
		}
	}
}

// TestCurveOfSeveralTargets: the losses that are kept are means over the targets in their standard deviations, the model is that of the least, and training ends early by it.
func TestCurveOfSeveralTargets(t *testing.T) {
	train, validate := severalCurved(200, 24), severalCurved(150, 25)
	var curve []learners.Iteration
	e := env(learners.Regression)
	e.Record = func(it learners.Iteration) { curve = append(curve, it) }
	m := mustFit(t, train, validate, e, "hidden_layers=64,64", "learning_rate=0.01", "epochs=300")
	if len(curve) == 300 {
		t.Error("training did not end early")
	}
	least := math.Inf(1)
	for _, it := range curve {
		least = min(least, it.ValidationLoss)
	}
	losses := scaledErrors(t, m, validate, train)
	if mean := (losses[0] + losses[1] + losses[2]) / 3; math.Abs(mean-least) > 1e-5 {
		t.Errorf("the model's validation loss is %.7f, the least of the curve is %.7f", mean, least)
	}
	// a step too small to change anything: the loss of training is that of the model
	curve = nil
	m = mustFit(t, train, nil, e, "learning_rate=1e-12", "epochs=1")
	losses = scaledErrors(t, m, train, train)
	if mean := (losses[0] + losses[1] + losses[2]) / 3; math.Abs(mean-curve[0].Loss) > 1e-5*mean {
		t.Errorf("the loss is %.7f, the curve says %.7f", mean, curve[0].Loss)
	}
}

// TestWeightsOfSeveralTargets: on whole batches a weight is a row repeated, but for rounding.
func TestWeightsOfSeveralTargets(t *testing.T) {
	e := severalCurved(90, 26)
	weighted, repeated := *e, data.Examples{Features: e.Features, Targets: make([][]float64, 3)}
	var rows []float64
	for i := range e.Y {
		w := i % 4
		weighted.Weights = append(weighted.Weights, float64(w))
		for range w {
			rows = append(rows, e.X.RawRowView(i)...)
			for k, y := range e.Targets {
				repeated.Targets[k] = append(repeated.Targets[k], y[i])
			}
		}
	}
	repeated.Y = repeated.Targets[0]
	repeated.X = mat.NewDense(len(repeated.Y), 3, rows)
	settings := []string{"batch_size=1000", "epochs=50", "l2=0", "optimizer=nesterov", "learning_rate=0.05", "activation=tanh"}
	a, b := mustFit(t, &weighted, nil, env(learners.Regression), settings...), mustFit(t, &repeated, nil, env(learners.Regression), settings...)
	for i, v := range a.parameters {
		if math.Abs(float64(v-b.parameters[i])) > 1e-4 {
			t.Fatalf("parameter %d is %v with weights, %v with repeated rows", i, v, b.parameters[i])
		}
	}
}

// TestEmbeddingsOfSeveralTargets: one table of a feature serves all numbers, and what was not seen is predicted as NULL is.
func TestEmbeddingsOfSeveralTargets(t *testing.T) {
	e := categorical(900)
	e.Classes, e.Targets = nil, [][]float64{make([]float64, 900), make([]float64, 900)}
	for i := range 900 {
		k := int(e.X.At(i, 0))
		e.Targets[0][i], e.Targets[1][i] = float64(k%3), 100*float64((k*k)%7)
	}
	e.Y = e.Targets[0]
	m := mustFit(t, e, nil, env(learners.Regression), "hidden_layers=16", "epochs=60", "learning_rate=0.01", "embedding_size=3")
	for k, loss := range scaledErrors(t, m, e, e) {
		if loss > 0.02 {
			t.Errorf("the loss of target %d is %v", k, loss)
		}
	}
	odd := predict(t, m, mat.NewDense(3, 2, []float64{math.NaN(), 0, 9, 0, -1, 0}), 2)
	for i := range 3 {
		for k := range 2 {
			if odd.At(i, k) != odd.At(0, k) || math.IsNaN(odd.At(i, k)) {
				t.Errorf("unknown category %d is predicted %v, NULL %v", i, odd.At(i, k), odd.At(0, k))
			}
		}
	}
	if len(m.a.tables) != 1 {
		t.Errorf("%d tables", len(m.a.tables))
	}
}

// TestConstantAmongTargets: a target that is always the same is predicted as it was, and the others are learned.
func TestConstantAmongTargets(t *testing.T) {
	e := severalCurved(600, 27)
	for i := range e.Targets[1] {
		e.Targets[1][i] = 0.1
	}
	m := mustFit(t, e, nil, env(learners.Regression), "hidden_layers=32,16", "epochs=60", "learning_rate=0.01", "batch_size=100")
	out := predict(t, m, e.X, 3)
	for i := range 600 {
		if out.At(i, 1) != 0.1 {
			t.Fatalf("row %d is predicted %v", i, out.At(i, 1))
		}
	}
	for _, k := range []int{0, 2} {
		rest, deviation := 0.0, spreadOf(e.Targets[k])
		for i, y := range e.Targets[k] {
			rest += (out.At(i, k) - y) * (out.At(i, k) - y) / 600
		}
		if r2 := 1 - rest/deviation/deviation; r2 < 0.85 {
			t.Errorf("R2 of target %d is %.3f", k, r2)
		}
	}
}

func spreadOf(y []float64) float64 {
	_, deviation := spread(len(y), 1, nil, func(i int) float64 { return y[i] })
	return deviation
}

// TestWarmStartOfSeveralTargets goes on in the units of the first model; another number of targets is an error.
func TestWarmStartOfSeveralTargets(t *testing.T) {
	e := severalCurved(600, 28)
	first := mustFit(t, e, nil, env(learners.Regression), "hidden_layers=20", "epochs=40", "learning_rate=0.01")
	recorded, losses := env(learners.Regression), []float64(nil)
	recorded.Record = func(it learners.Iteration) { losses = append(losses, it.Loss) }
	m, err := learner(t, "hidden_layers=20", "epochs=20").FitFrom(t.Context(), first, e, nil, recorded)
	if err != nil {
		t.Fatal(err)
	}
	before, after := scaledErrors(t, first, e, e), scaledErrors(t, m, e, e)
	mean := (before[0] + before[1] + before[2]) / 3
	if math.Abs(losses[0]-mean) > 0.2*mean {
		t.Errorf("the warm start begins at the loss %v, the first model ended at %v", losses[0], mean)
	}
	if now := (after[0] + after[1] + after[2]) / 3; now >= mean {
		t.Errorf("the loss was %v and is %v", mean, now)
	}
	if !slices.Equal(first.units, m.(*network).units) {
		t.Error("the units changed")
	}
	for outputs, e := range map[string]*data.Examples{"3, now it is 1": alone(e, 0), "3, now it is 2": {X: e.X, Features: e.Features, Y: e.Y, Targets: e.Targets[:2]}} {
		if _, err := learner(t, "hidden_layers=20").FitFrom(t.Context(), first, e, nil, env(learners.Regression)); err == nil || !strings.Contains(err.Error(), "number of targets, the first model has "+outputs) {
			t.Errorf("%s: %v", outputs, err)
		}
	}
	if _, err := learner(t, "hidden_layers=20").FitFrom(t.Context(), first, curved(600, 9, true), nil, env(learners.Binary)); err == nil || !strings.Contains(err.Error(), "number of classes") {
		t.Errorf("classes from numbers: %v", err)
	}
}

// TestArtifactOfSeveralTargets: what is saved is loaded to the same bits; numbers about targets that do not fit are errors.
func TestArtifactOfSeveralTargets(t *testing.T) {
	e := severalCurved(200, 29)
	m := mustFit(t, e, nil, env(learners.Regression), "epochs=2", "hidden_layers=6")
	load := func(target []float64, shape ...int64) (learners.Model, error) {
		w := artifact.NewWriter()
		w.Strings("kind", []string{"relu", "none"})
		w.Int64s("shape", shape)
		w.Int64s("embeddings", nil)
		w.Float64s("offset", m.scaling.offset)
		w.Float64s("factor", m.scaling.factor)
		w.Float64s("target", target)
		w.Float32s("parameters", m.parameters)
		w.Float32s("statistics", nil)
		r, err := artifact.Decode(w.Encode())
		if err != nil {
			t.Fatal(err)
		}
		return loadNetwork(1, r)
	}
	var target []float64
	for _, u := range m.units {
		target = append(target, u.mean, u.deviation)
	}
	loaded, err := load(target, 3, 0, 6)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(saved(t, m), saved(t, loaded)) || !mat.Equal(predict(t, m, e.X, 3), predict(t, loaded, e.X, 3)) {
		t.Error("the loaded model is another")
	}
	for name, target := range map[string][]float64{"none": nil, "half": target[:3], "fewer": target[:4], "more": append(slices.Clone(target), 0, 1),
		"a negative deviation": {0, 1, 0, 1, 0, -1}, "infinite": {0, 1, math.Inf(1), 1, 0, 1}} {
		if _, err := load(target, 3, 0, 6); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := load(target, 3, 3, 6); err == nil {
		t.Error("three targets of three classes: no error")
	}
}
