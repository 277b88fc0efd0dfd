package neural

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners/matmul"
)

// problem is a small network with rows to be fitted, in any precision.
type problem struct {
	a          *architecture
	c          criterion
	x          *mat.Dense
	rows       []int32
	targets    []float64 // of each row the code of its class, or a number for each output
	weights    []float64
	rate       float64 // of dropout
	parameters []float64
}

func newProblem(t *testing.T, act activation, norm normalization, l loss, outputs int, rate float64, hidden []int) *problem {
	t.Helper()
	rng := rand.New(rand.NewPCG(uint64(act)*100+uint64(norm)*10+uint64(l), 3))
	categories := []int{0, 3, 0, 2}
	a, err := layOut(4, categories, func(j int) int { return j }, hidden, outputs, act, norm)
	if err != nil {
		t.Fatal(err)
	}
	p := &problem{a: a, c: criterion{loss: l, delta: 0.7}, x: mat.NewDense(11, 4, nil), rate: rate}
	for i := range 11 {
		for j, k := range categories {
			v := rng.NormFloat64()
			if k > 0 {
				v = float64(rng.IntN(k))
				if rng.IntN(5) == 0 {
					v = math.NaN()
				}
			}
			p.x.Set(i, j, v)
		}
		p.rows = append(p.rows, int32((i*7)%11))
		p.weights = append(p.weights, 0.2+rng.Float64())
		switch l {
		case logistic:
			p.targets = append(p.targets, float64(rng.IntN(2)))
		case softmax:
			p.targets = append(p.targets, float64(rng.IntN(3)))
		default:
			for range outputs {
				p.targets = append(p.targets, 2*rng.NormFloat64())
			}
		}
	}
	start, err := a.initialise(t.Context(), rng.Float64)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range start {
		p.parameters = append(p.parameters, float64(v)+0.1*rng.NormFloat64())
	}
	return p
}

// run goes forward and, when asked to, backward, and returns the mean loss.
func run[T matmul.Float](t *testing.T, p *problem, s *scratch[T], parameters []T, back bool) float64 {
	t.Helper()
	to := scaling{offset: make([]float64, len(p.a.numeric)), factor: make([]float64, len(p.a.numeric))}
	for k := range to.factor {
		to.factor[k] = 1
	}
	n := len(p.rows)
	s.gather(p.x.RawMatrix(), p.rows, 0, n, to, parameters)
	var drop *dropout
	if p.rate > 0 {
		drop = &dropout{state: 99, rate: p.rate}
	}
	if err := s.forward(t.Context(), parameters, n, drop); err != nil {
		t.Fatal(err)
	}
	k := n * p.a.outputs()
	sum := lossOf(p.c, s.values[len(s.values)-1][:k], p.a.outputs(), p.targets, p.weights, 1/float64(n), s.delta[:k])
	if back {
		if err := s.backward(t.Context(), parameters, n, drop != nil, false); err != nil {
			t.Fatal(err)
		}
	}
	return sum / float64(n)
}

// TestGradients holds the derivatives of the loss by every parameter, of one number and of several, against differences, in double precision, and those in single precision against them.
func TestGradients(t *testing.T) {
	for act := relu; act <= gelu; act++ {
		for norm := noNormalization; norm <= layerNormalization; norm++ {
			for l := logistic; l <= huber; l++ {
				for _, outputs := range map[loss][]int{logistic: {1}, softmax: {3}, squared: {1, 3}, huber: {1, 3}}[l] {
					for _, rate := range []float64{0, 0.3} {
						for _, hidden := range [][]int{nil, {5}, {6, 4}} {
							name := fmt.Sprintf("%s/%s/%s/outputs %d/dropout %v/layers %v", activations[act], normalizations[norm], losses[l], outputs, rate, hidden)
							t.Run(name, func(t *testing.T) { checkGradient(t, newProblem(t, act, norm, l, outputs, rate, hidden)) })
						}
					}
				}
			}
		}
	}
}

func checkGradient(t *testing.T, p *problem) {
	s := newScratch[float64](p.a, len(p.rows), true, p.rate > 0)
	run(t, p, s, p.parameters, true)
	gradient := append([]float64(nil), s.gradient...)
	size := 0.0
	for _, g := range gradient {
		size = max(size, math.Abs(g))
	}
	const step = 1e-6
	for i := range p.parameters {
		v := p.parameters[i]
		p.parameters[i] = v + step
		above := run(t, p, s, p.parameters, false)
		p.parameters[i] = v - step
		below := run(t, p, s, p.parameters, false)
		p.parameters[i] = v
		if d := (above - below) / (2 * step); !(math.Abs(d-gradient[i]) <= 1e-7*size+1e-6*math.Abs(d)) {
			t.Errorf("the derivative by parameter %d is %g, differences say %g", i, gradient[i], d)
		}
	}
	single := newScratch[float32](p.a, len(p.rows), true, p.rate > 0)
	parameters := make([]float32, len(p.parameters))
	for i, v := range p.parameters {
		parameters[i] = float32(v)
	}
	run(t, p, single, parameters, true)
	for i, g := range single.gradient {
		if !(math.Abs(float64(g)-gradient[i]) <= 1e-4*size) {
			t.Errorf("in single precision the derivative by parameter %d is %g, in double %g", i, g, gradient[i])
		}
	}
}

// TestBlocksAdd: a part that takes its rows block by block finds the same gradient as all at once.
func TestBlocksAdd(t *testing.T) {
	p := newProblem(t, gelu, layerNormalization, softmax, 3, 0, []int{6, 4})
	s := newScratch[float64](p.a, len(p.rows), true, false)
	run(t, p, s, p.parameters, true)
	want := append([]float64(nil), s.gradient...)
	to := scaling{offset: make([]float64, 2), factor: []float64{1, 1}}
	for lo := 0; lo < len(p.rows); lo += 4 {
		hi := min(len(p.rows), lo+4)
		s.gather(p.x.RawMatrix(), p.rows[lo:hi], 0, hi-lo, to, p.parameters)
		if err := s.forward(t.Context(), p.parameters, hi-lo, nil); err != nil {
			t.Fatal(err)
		}
		k := (hi - lo) * p.a.outputs()
		lossOf(p.c, s.values[len(s.values)-1][:k], p.a.outputs(), p.targets[lo:hi], p.weights[lo:hi], 1/float64(len(p.rows)), s.delta[:k])
		if err := s.backward(t.Context(), p.parameters, hi-lo, false, lo > 0); err != nil {
			t.Fatal(err)
		}
	}
	for i, g := range s.gradient {
		if !(math.Abs(g-want[i]) <= 1e-12) {
			t.Errorf("derivative %d is %g in blocks, %g at once", i, g, want[i])
		}
	}
}

// TestFunctions holds the functions of single precision against those of the library.
func TestFunctions(t *testing.T) {
	for i := -900000; i <= 900000; i++ {
		x := float32(i) / 10000
		if x > -80 && x < 80 {
			if want := math.Exp(float64(x)); math.Abs(float64(exp32(x))-want) > 3e-7*want {
				t.Fatalf("exp32(%v) = %v, want %v", x, exp32(x), want)
			}
		}
		if want := math.Tanh(float64(x)); math.Abs(float64(tanh32(x))-want) > 4e-7*math.Abs(want) {
			t.Fatalf("tanh32(%v) = %v, want %v", x, tanh32(x), want)
		}
	}
	for _, x := range []float32{1e-30, -1e-30, 1e30, -1e30, float32(math.Inf(1)), float32(math.Inf(-1))} {
		if want := float32(math.Tanh(float64(x))); tanh32(x) != want {
			t.Errorf("tanh32(%v) = %v, want %v", x, tanh32(x), want)
		}
	}
	if v := tanh32(float32(math.NaN())); v == v {
		t.Errorf("tanh32(NaN) = %v", v)
	}
	z := []float32{-1, 2, 0, float32(math.Copysign(0, -1)), -1e-30, 1e30}
	d := []float32{1, 2, 3, 4, 5, 6}
	apply(relu, z, nil)
	derive(relu, d, z, nil)
	for i, want := range []float32{0, 2, 0, 0, 0, 1e30} {
		if z[i] != want || d[i] != []float32{0, 2, 0, 0, 0, 6}[i] {
			t.Errorf("relu gives %v and derivatives %v", z, d)
		}
	}
}
