package svm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/artifact"
	"aibms/learners/data"
	"aibms/learners/params"
)

// rings are n rows of p features: the first two in a ring around the other class, the rest without meaning. About a tenth has the wrong class.
func rings(n, p int, seed uint64) *data.Examples {
	rng := rand.New(rand.NewPCG(seed, 1))
	e := &data.Examples{X: mat.NewDense(n, p, nil), Classes: []string{"in", "out"}}
	for i := range n {
		row := e.X.RawRowView(i)
		for j := range row {
			row[j] = rng.NormFloat64()
		}
		y := 0.0
		if math.Hypot(row[0], row[1]) > 1.2 {
			y = 1
		}
		if rng.IntN(10) == 0 {
			y = 1 - y
		}
		e.Y = append(e.Y, y)
	}
	for j := range p {
		e.Features = append(e.Features, fmt.Sprintf("x%d", j))
	}
	return e
}

// waves are n rows with a number that is a wave of the first two features.
func waves(n, p int, seed uint64) *data.Examples {
	e := rings(n, p, seed)
	rng := rand.New(rand.NewPCG(seed, 2))
	e.Classes = nil
	for i := range e.Y {
		e.Y[i] = 2*math.Sin(2*e.X.At(i, 0)) + e.X.At(i, 1) + 0.3*rng.NormFloat64()
	}
	return e
}

func bytesOf(t *testing.T, m learners.Model) []byte {
	t.Helper()
	w := artifact.NewWriter()
	if err := m.Save(w); err != nil {
		t.Fatal(err)
	}
	return w.Encode()
}

// forms are the settings in which the problems differ.
var forms = []struct {
	name     string
	examples *data.Examples
	settings map[string]string
}{
	{"c, classes", rings(1300, 3, 1), map[string]string{"c": "20"}},
	{"nu, classes", rings(1300, 3, 2), map[string]string{"form": "nu", "nu": "0.3"}},
	{"c, numbers", waves(1300, 3, 3), map[string]string{"c": "20"}},
	{"nu, numbers", waves(1300, 3, 4), map[string]string{"form": "nu", "nu": "0.3", "c": "20"}},
}

func with(settings map[string]string, more ...string) map[string]string {
	out := map[string]string{}
	for k, v := range settings {
		out[k] = v
	}
	for i := 0; i < len(more); i += 2 {
		out[more[i]] = more[i+1]
	}
	return out
}

// TestMemoryChangesNothing fits with room for all rows of the kernel and with room for few, which come and go and are cut in parts.
func TestMemoryChangesNothing(t *testing.T) {
	for _, f := range forms {
		t.Run(f.name, func(t *testing.T) {
			env := learners.Env{Task: taskOf(f.examples), Seed: 1, Workers: 1}
			for _, shrinking := range []string{"true", "false"} {
				var first []byte
				n, _ := f.examples.Dims()
				least := new(svm).MemoryNeeded(learners.ShapeOf(f.examples))
				for _, memory := range []int64{least, least + 40*4*int64(n), least + 400*4*int64(n)} {
					env.Memory = memory
					m, err := tryFit(context.Background(), f.examples, with(f.settings, "shrinking", shrinking, "cache_mb", "1"), env)
					if err != nil {
						t.Fatal(err)
					}
					if b := bytesOf(t, m); first == nil {
						first = b
					} else if !bytes.Equal(b, first) {
						t.Errorf("with %d bytes of memory and shrinking %s the model differs", memory, shrinking)
					}
				}
			}
		})
	}
}

// TestWorkersShareRows fits to rows long enough that workers share them out.
func TestWorkersShareRows(t *testing.T) {
	e := rings(2700, 200, 15)
	if 2700*200 < parallelRow {
		t.Fatal("these rows are too short")
	}
	var first []byte
	for _, workers := range []int{1, 2, 3} {
		m, err := tryFit(context.Background(), e, map[string]string{"max_iter": "30", "calibration_folds": "0"}, learners.Env{Task: learners.Binary, Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		if b := bytesOf(t, m); first == nil {
			first = b
		} else if !bytes.Equal(b, first) {
			t.Errorf("the model of %d workers differs", workers)
		}
	}
}

// gapOf is by how much a solution misses the optimality conditions, straight from their definition: max u - min w over the groups.
func gapOf(s *solver) float64 {
	gap := math.Inf(-1)
	for g := range s.groups {
		x := &s.groups[g]
		most, least := math.Inf(-1), math.Inf(1)
		for q := range s.n {
			sum := 0.0
			u := make([]float64, s.points.p)
			s.points.row(u, q)
			for r := range s.n {
				z := make([]float64, s.points.p)
				s.points.row(z, r)
				square := 0.0
				for j := range u {
					square += (u[j] - z[j]) * (u[j] - z[j])
				}
				sum += s.b(r) * math.Exp(-square/2)
			}
			v := s.t[q] - sum
			a := x.a[q]
			if a < x.high[q] {
				if a < 0 {
					most = max(most, v+s.kink)
				} else {
					most = max(most, v-s.kink)
				}
			}
			if a > x.low[q] {
				if a > 0 {
					least = min(least, v-s.kink)
				} else {
					least = min(least, v+s.kink)
				}
			}
		}
		gap = max(gap, most-least)
	}
	return gap
}

// TestReachesTheOptimum checks bounds, sums and optimality conditions of the solver, with variables set aside as often as possible and without, with room for all rows of the kernel and for few.
func TestReachesTheOptimum(t *testing.T) {
	const n, tol = 400, 1e-3
	rng := rand.New(rand.NewPCG(5, 1))
	x := mat.NewDense(n, 3, normals(rng, 3*n))
	y := make([]float64, n)
	for i := range y {
		y[i] = math.Sin(2*x.At(i, 0)) + 0.4*rng.NormFloat64()
	}
	constant := func(v float64) []float64 {
		c := make([]float64, n)
		for i := range c {
			c[i] = v
		}
		return c
	}
	signs := make([]float64, n)
	low, high := constant(0), constant(0)
	start, lowest, highest := constant(0), constant(0), constant(0)
	left := [2]float64{60, 60}
	for i := range signs {
		c := 1 + float64(i%3)
		if signs[i] = 1; y[i] < 0 {
			signs[i] = -1
		}
		low[i], high[i] = min(0, 10*c*signs[i]), max(0, 10*c*signs[i])
		side := int(signs[i]+1) / 2
		a := min(1, left[side])
		left[side] -= a
		start[i], lowest[i], highest[i] = a*signs[i], min(0, signs[i]), max(0, signs[i])
	}
	half := func(v []float64, sign float64) []float64 {
		h := constant(0)
		for i := range h {
			if signs[i] == sign {
				h[i] = v[i]
			}
		}
		return h
	}
	ramp := constant(0)
	for i := range 40 {
		ramp[i] = 3
	}
	down := constant(0)
	for i := range 40 {
		down[i] = -3
	}
	for what, p := range map[string]*problem{
		"c, classes":  {target: signs, groups: []bounds{{constant(0), low, high}}},
		"c, numbers":  {target: y, kink: 0.2, groups: []bounds{{constant(0), constant(-5), constant(5)}}},
		"nu, classes": {target: constant(0), groups: []bounds{{half(start, 1), half(lowest, 1), half(highest, 1)}, {half(start, -1), half(lowest, -1), half(highest, -1)}}},
		"nu, numbers": {target: y, groups: []bounds{{ramp, constant(0), constant(5)}, {down, constant(-5), constant(0)}}},
	} {
		values := map[string][]float64{}
		for _, shrink := range []bool{false, true} {
			for _, rows := range []int64{4, 50, n} {
				k := &kernel{name: "rbf", gamma: 0.6, center: make([]float64, 3)}
				pts, err := newPoints(t.Context(), k, x, n, func(i int) int { return i })
				if err != nil {
					t.Fatal(err)
				}
				s := newSolver(k, pts, rows*4*roundUp64(n), tol, 1_000_000, shrink, 1)
				s.patience = 0
				found, err := s.solve(context.Background(), p, nil)
				if err != nil || !found.converged {
					t.Fatalf("%s: %v after %d steps", what, err, found.steps)
				}
				if gap := gapOf(s); gap > tol+1e-5 {
					t.Errorf("%s, shrink %v, %d rows: the optimality conditions are missed by %v", what, shrink, rows, gap)
				}
				objective := 0.0
				for i, b := range found.b {
					objective += p.kink*math.Abs(b) - b*(p.target[i]+found.value[i])/2
				}
				for g, x := range s.groups {
					sum := 0.0
					for q, a := range x.a {
						sum += a
						if a < x.low[q] || a > x.high[q] {
							t.Errorf("%s: variable %v outside %v and %v", what, a, x.low[q], x.high[q])
						}
					}
					for _, a := range p.groups[g].start {
						sum -= a
					}
					if math.Abs(sum) > 1e-9 {
						t.Errorf("%s: the sum of group %d moved by %v", what, g, sum)
					}
				}
				values[fmt.Sprint(shrink, rows)] = []float64{objective}
				near(t, []float64{objective}, values["false 4"], 1e-3)
			}
		}
	}
}

func roundUp64(n int) int64 { return int64(roundUp(n, group)) }

// TestLoopsInGoGiveTheSameModel fits and predicts by the loops in Go and by vector instructions.
func TestLoopsInGoGiveTheSameModel(t *testing.T) {
	if !available {
		t.Skip("this processor has no vector instructions that we use")
	}
	for _, f := range forms {
		for _, kernel := range []string{"rbf", "poly", "sigmoid"} {
			t.Run(f.name+" "+kernel, func(t *testing.T) {
				settings := with(f.settings, "kernel", kernel, "max_iter", "500")
				env := learners.Env{Task: taskOf(f.examples), Seed: 1, Workers: 2}
				n, _ := f.examples.Dims()
				var models [2][]byte
				var predictions [2]*mat.Dense
				for k := range models {
					portable(k == 1)
					m, err := tryFit(context.Background(), f.examples, settings, env)
					if err != nil {
						t.Fatal(err)
					}
					models[k], predictions[k] = bytesOf(t, m), mat.NewDense(n, max(1, len(f.examples.Classes)), nil)
					err = m.Predict(f.examples.X, predictions[k])
					portable(false)
					if err != nil {
						t.Fatal(err)
					}
				}
				if !bytes.Equal(models[0], models[1]) || !mat.Equal(predictions[0], predictions[1]) {
					t.Error("the models or their predictions differ")
				}
			})
		}
	}
}

// TestPredictionIsTheSumOverSupportVectors compares predictions in blocks with the definition of f.
func TestPredictionIsTheSumOverSupportVectors(t *testing.T) {
	for _, e := range []*data.Examples{rings(700, 5, 7), waves(700, 5, 8)} {
		for _, kernel := range kernelNames {
			m := machineOf(fitTo(t, e, map[string]string{"kernel": kernel, "calibration_folds": "0", "degree": "2", "coef0": "0.5", "tol": "0.01"}))
			for i, got := range decisions(m, e.X) {
				want := m.intercepts[0]
				for s := range m.b {
					want += m.b[s] * plainKernel(m.kernel, e.X.RawRowView(i), m.vectors[s*m.p:][:m.p])
				}
				near(t, got, []float64{want}, 1e-9)
			}
		}
	}
}

func TestNuBoundsTheSupportVectors(t *testing.T) {
	e := rings(600, 2, 9)
	for _, nu := range []float64{0.3, 0.5, 0.8} {
		m := machineOf(fitTo(t, e, map[string]string{"form": "nu", "nu": fmt.Sprint(nu), "calibration_folds": "0", "tol": "1e-6"}))
		if share := float64(len(m.b)) / 600; share < nu {
			t.Errorf("nu %v: a share of %v are support vectors", nu, share)
		}
		inside := 0
		for i, d := range decisions(m, e.X) {
			if (2*e.Y[i]-1)*d[0] < 1-0.01 {
				inside++
			}
		}
		if share := float64(inside) / 600; share > nu {
			t.Errorf("nu %v: a share of %v are inside the margin", nu, share)
		}
	}
}

func TestFoldsFollowContent(t *testing.T) {
	x := []float64{1, 0, -2}
	if foldOf(x, 1, 5, 7) != foldOf([]float64{1, math.Copysign(0, -1), -2}, 1, 5, 7) {
		t.Error("0 and -0 are in different folds")
	}
	counts := make([]int, 5)
	for i := range 5000 {
		counts[foldOf([]float64{float64(i)}, 0, 5, 7)]++
	}
	for _, c := range counts {
		if c < 850 || c > 1150 {
			t.Errorf("5000 rows in folds of %v", counts)
		}
	}
}

// TestCalibrationStandsBesideTheModel: decision values of rows not seen change the probabilities and nothing else.
func TestCalibrationStandsBesideTheModel(t *testing.T) {
	e := rings(500, 6, 10)
	own := machineOf(fitTo(t, e, map[string]string{"calibration_folds": "0", "c": "10"}))
	unseen := machineOf(fitTo(t, e, map[string]string{"calibration_folds": "5", "c": "10"}))
	near(t, unseen.b, own.b, 0)
	near(t, unseen.intercepts, own.intercepts, 0)
	if !(unseen.platt[0].a < 0.9*own.platt[0].a && unseen.platt[0].a > 0) {
		t.Errorf("scaling by rows not seen %v is no milder than by the training rows %v", unseen.platt[0], own.platt[0])
	}
}

func TestWhatIsRefused(t *testing.T) {
	e := rings(200, 2, 11)
	few := rings(200, 2, 12)
	for i := range few.Y {
		few.Y[i] = 0
		if i < 20 {
			few.Y[i] = 1
		}
	}
	far := rings(50, 2, 13)
	far.X.Set(3, 0, 1e20)
	for _, c := range []struct {
		e        *data.Examples
		settings map[string]string
		want     string
	}{
		{e, map[string]string{"gamma": "large"}, `svm: hyper-parameter "gamma" must be scale, auto or a number >= 0, got 'large'`},
		{e, map[string]string{"gamma": "-1"}, `svm: hyper-parameter "gamma" must be scale, auto or a number >= 0, got '-1'`},
		{few, map[string]string{"form": "nu"}, `svm: hyper-parameter "nu" must be at most 0.2 for the weights of the classes 'in' and 'out', got 0.5`},
		{far, map[string]string{"kernel": "poly", "gamma": "1"}, "svm: row 4 is too far from zero for kernel 'poly'"},
	} {
		if _, err := tryFit(context.Background(), c.e, c.settings, learners.Env{Task: learners.Binary, Workers: 1}); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("error %v, want %s", err, c.want)
		}
	}
}

func TestSaysWhenItStopsEarly(t *testing.T) {
	var said []string
	env := learners.Env{Task: learners.Binary, Workers: 1, Warn: func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) }}
	if _, err := tryFit(context.Background(), rings(300, 2, 14), map[string]string{"max_iter": "20"}, env); err != nil {
		t.Fatal(err)
	}
	if len(said) != 1 || !strings.Contains(said[0], "was not reached within 20 steps") {
		t.Errorf("warnings %q", said)
	}
}

func TestTrainingCurveFalls(t *testing.T) {
	for _, f := range forms {
		var curve []learners.Iteration
		env := learners.Env{Task: taskOf(f.examples), Seed: 1, Workers: 1, Record: func(it learners.Iteration) { curve = append(curve, it) }}
		if _, err := tryFit(context.Background(), f.examples, with(f.settings, "calibration_folds", "0"), env); err != nil {
			t.Fatal(err)
		}
		for k, it := range curve {
			if it.Number != k+1 || !(it.Loss >= 0) || !math.IsNaN(it.ValidationLoss) {
				t.Errorf("%s: point %d is %+v", f.name, k+1, it)
			}
		}
		if len(curve) < 2 || strings.HasPrefix(f.name, "c") && !(curve[len(curve)-1].Loss < curve[0].Loss) {
			t.Errorf("%s: the curve is %+v", f.name, curve)
		}
	}
}

// TestCurveOfPairs: of three classes the curve tells of one pair after the other, as each is when it is fitted by itself.
func TestCurveOfPairs(t *testing.T) {
	three, validate := rings(900, 3, 21), rings(300, 3, 22)
	for _, e := range []*data.Examples{three, validate} {
		e.Classes = []string{"a", "b", "c"}
		for i := range e.Y {
			if e.X.At(i, 2) > 0.5 {
				e.Y[i] = 2
			}
		}
	}
	only := func(e *data.Examples, first, second int) *data.Examples {
		out := &data.Examples{Features: e.Features, Classes: []string{e.Classes[first], e.Classes[second]}}
		var x []float64
		for i, y := range e.Y {
			if int(y) == first || int(y) == second {
				code := 0.0
				if int(y) == second {
					code = 1
				}
				x, out.Y = append(x, e.X.RawRowView(i)...), append(out.Y, code)
			}
		}
		out.X = mat.NewDense(len(out.Y), 3, x)
		return out
	}
	curve := func(e, validate *data.Examples, workers int) (points []learners.Iteration) {
		env := learners.Env{Task: taskOf(e), Seed: 1, Workers: workers, Record: func(it learners.Iteration) { points = append(points, it) }}
		l := new(svm)
		var set params.Set
		l.Declare(&set)
		if err := set.Assign(name, []params.Setting{{Name: "kernel", Value: "linear"}, {Name: "calibration_folds", Value: "0"}}); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Fit(t.Context(), e, validate, env); err != nil {
			t.Fatal(err)
		}
		return points
	}
	for _, judged := range []bool{false, true} {
		rows := func(e *data.Examples) *data.Examples {
			if judged {
				return e
			}
			return nil
		}
		var want []learners.Iteration
		for _, pair := range [][2]int{{0, 1}, {0, 2}, {1, 2}} {
			alone := curve(only(three, pair[0], pair[1]), rows(only(validate, pair[0], pair[1])), 1)
			if len(alone) == 0 {
				t.Fatal("two classes have no curve")
			}
			want = append(want, alone...)
		}
		for _, workers := range []int{1, 2, 3} {
			got := curve(three, rows(validate), workers)
			if len(got) != len(want) {
				t.Fatalf("%d points of three classes, %d of their pairs", len(got), len(want))
			}
			for i, it := range got {
				if it.Number != i+1 || it.Loss != want[i].Loss || math.Float64bits(it.ValidationLoss) != math.Float64bits(want[i].ValidationLoss) {
					t.Fatalf("with validation rows: %v, %d workers: point %d is %+v, of the pair by itself %+v", judged, workers, i+1, it, want[i])
				}
			}
		}
	}
}

// endsAt is a context that has ended when it is asked for the given time.
type endsAt struct {
	context.Context
	left int
}

func (c *endsAt) Err() error {
	if c.left--; c.left <= 0 {
		return context.Canceled
	}
	return nil
}

// TestPairsAreGatheredWhenTheirTurnComes: a fit of many classes is at its first problem, where it looks whether it was stopped, before it has gone through the rows of all pairs, which are as many as classes times rows.
func TestPairsAreGatheredWhenTheirTurnComes(t *testing.T) {
	const n, k = 20000, 100
	e := &data.Examples{X: mat.NewDense(n, 1, nil), Features: []string{"x"}}
	for c := range k {
		e.Classes = append(e.Classes, fmt.Sprint(c))
	}
	for i := range n {
		e.X.Set(i, 0, float64(i%211))
		e.Y = append(e.Y, float64(i%k))
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := tryFit(&endsAt{Context: context.Background(), left: 2}, e, nil, learners.Env{Task: learners.Multiclass, Workers: 1})
	runtime.ReadMemStats(&after)
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 8*n*k {
		t.Errorf("%d bytes were taken before the first problem, the row numbers of all pairs are %d", took, 8*n*(k-1))
	}
}

// TestRowsArePreparedUnderTheContext: many rows take a while before there is a problem to solve, and Fit looks at its context in that time too.
func TestRowsArePreparedUnderTheContext(t *testing.T) {
	const n = 3 * looksAfter
	e := rings(n, 2, 31)
	asks := 0
	for asks = 1; asks < 100; asks++ {
		_, err := tryFit(&endsAt{Context: context.Background(), left: asks}, e, map[string]string{"max_iter": "1", "calibration_folds": "0"}, learners.Env{Task: learners.Binary, Workers: 1})
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("when the context had ended at question %d: %v", asks, err)
		}
	}
	if asks < 10 { // three passes over the rows, three times in each
		t.Errorf("a fit of %d rows asks %d times", n, asks-1)
	}
}
