package vector

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// odd are numbers at which functions may go wrong.
var odd = []float32{0, float32(math.Copysign(0, -1)), 1, -1, math.MaxFloat32, -math.MaxFloat32, math.SmallestNonzeroFloat32, -math.SmallestNonzeroFloat32, 1e-30, -1e30,
	float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN())}

func numbers(rng *rand.Rand, n int) []float32 {
	s := make([]float32, n)
	for i := range s {
		s[i] = float32(rng.NormFloat64() * math.Exp(3*rng.NormFloat64()))
		if rng.IntN(12) == 0 {
			s[i] = odd[rng.IntN(len(odd))]
		}
	}
	return s
}

func doubles(rng *rand.Rand, n int) []float64 {
	s := make([]float64, n)
	for i, v := range numbers(rng, n) {
		s[i] = float64(v) * (1 + 0x1p-40*float64(rng.IntN(1000)))
		if rng.IntN(20) == 0 {
			s[i] = 1e300
		}
	}
	return s
}

// sameBits treats all NaN alike.
func sameBits(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) || x != x && y != y })
}

// TestTwins holds that every function gives the same bits with vector instructions and without, for numbers of all kinds and slices of all lengths, and touches nothing behind them.
func TestTwins(t *testing.T) {
	if !Accelerated() {
		t.Skip("this processor has no vector instructions")
	}
	type memory struct {
		a, b, c, d []float32
		x, y, z    []float64
	}
	for name, call := range map[string]func(m *memory, n int){
		"AddRow":     func(m *memory, n int) { AddRow(m.a[:3*n], m.b[:n]) },
		"AddRowRelu": func(m *memory, n int) { AddRowRelu(m.a[:3*n], m.b[:n]) },
		"Relu":       func(m *memory, n int) { Relu(m.a[:n]) },
		"DeriveRelu": func(m *memory, n int) { Relu(m.b); DeriveRelu(m.a[:n], m.b[:n]) },
		"Multiply":   func(m *memory, n int) { Multiply(m.a[:n], m.b[:n]) },
		"AddColumns": func(m *memory, n int) { AddColumns(m.b[:n], m.a[:3*n]) },
		"Narrow":     func(m *memory, n int) { Narrow(m.a[:n], m.x[:n], m.y[:n], m.z[:n], 1e6) },
		"Adam":       func(m *memory, n int) { AdamStep{0.9, 0.999, 0.01, 1e-8}.Do(m.a[:n], m.b[:n], m.c[:n], m.d[:n]) },
	} {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 2))
			for n := 1; n < 70; n++ {
				for range 5 {
					size := 3*n + 9
					fast := memory{numbers(rng, size), numbers(rng, size), numbers(rng, size), numbers(rng, size), doubles(rng, size), doubles(rng, size), doubles(rng, size)}
					slow := memory{slices.Clone(fast.a), slices.Clone(fast.b), slices.Clone(fast.c), slices.Clone(fast.d), fast.x, fast.y, fast.z}
					before := slices.Clone(fast.a)
					call(&fast, n)
					Portable(true)
					call(&slow, n)
					Portable(false)
					for i, both := range [][2][]float32{{fast.a, slow.a}, {fast.b, slow.b}, {fast.c, slow.c}, {fast.d, slow.d}} {
						if !sameBits(both[0], both[1]) {
							t.Fatalf("%d numbers: slice %d is\n%v with vector instructions,\n%v without", n, i, both[0], both[1])
						}
					}
					if !sameBits(fast.a[3*n:], before[3*n:]) {
						t.Fatalf("%d numbers: wrote behind them", n)
					}
				}
			}
		})
	}
}

// TestMeaning compares with what the comments say, on both ways.
func TestMeaning(t *testing.T) {
	for _, on := range []bool{false, true} {
		Portable(on)
		t.Cleanup(func() { Portable(false) })
		z := []float32{1, -2, 3, -4, 5, -6, 7, -8, 9, -10}
		AddRowRelu(z, []float32{1, 1, -5, 5, 0})
		if want := []float32{2, 0, 0, 1, 5, 0, 8, 0, 14, 0}; !slices.Equal(z, want) {
			t.Errorf("AddRowRelu gives %v, want %v", z, want)
		}
		d := []float32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
		DeriveRelu(d, z)
		if want := []float32{1, 0, 0, 4, 5, 0, 7, 0, 9, 0}; !slices.Equal(d, want) {
			t.Errorf("DeriveRelu gives %v, want %v", d, want)
		}
		sums := []float32{100, 200, 300, 400, 500}
		AddColumns(sums, d)
		if want := []float32{101, 207, 300, 413, 505}; !slices.Equal(sums, want) {
			t.Errorf("AddColumns gives %v, want %v", sums, want)
		}
		AddRow(d, []float32{1, 2, 3, 4, 5})
		Multiply(d, []float32{2, 2, 2, 2, 2, 3, 3, 3, 3, 3})
		if want := []float32{4, 4, 6, 16, 20, 3, 27, 9, 39, 15}; !slices.Equal(d, want) {
			t.Errorf("AddRow and Multiply give %v, want %v", d, want)
		}
		to := make([]float32, 9)
		Narrow(to, []float64{1, 2, 3, 4, 5, 6, 7, 1e300, -1e300}, make([]float64, 9), []float64{1, 1, 1, 1, 1, 1, 0.5, 1, 1}, 1e6)
		if want := []float32{1, 2, 3, 4, 5, 6, 3.5, 1e6, -1e6}; !slices.Equal(to, want) {
			t.Errorf("Narrow gives %v, want %v", to, want)
		}
		p, g, m, v := []float32{1}, []float32{2}, []float32{4}, []float32{8}
		AdamStep{Beta1: 0.5, Beta2: 0.5, Size: 0.5, Little: 1}.Do(p, g, m, v)
		if want := float32(1 - 0.5*3/(math.Sqrt(6)+1)); m[0] != 3 || v[0] != 6 || math.Abs(float64(p[0]-want)) > 1e-7 {
			t.Errorf("Adam gives %v, %v, %v", p, m, v)
		}
	}
}

// TestWrongLengths: what is too short must never come to the instructions.
func TestWrongLengths(t *testing.T) {
	short, long := make([]float32, 9), make([]float32, 20)
	doubles := make([]float64, 20)
	for name, call := range map[string]func(){
		"AddRow":     func() { AddRow(long, short) },
		"AddRowRelu": func() { AddRowRelu(long, short) },
		"no columns": func() { AddRow(long, nil) },
		"DeriveRelu": func() { DeriveRelu(long, short[:9:9]) },
		"Multiply":   func() { Multiply(long, short[:9:9]) },
		"AddColumns": func() { AddColumns(short, long) },
		"Narrow":     func() { Narrow(long, doubles, doubles[:9:9], doubles, 1) },
		"Adam":       func() { AdamStep{}.Do(long, long, short[:9:9], long) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			call()
		}()
	}
	Relu(nil)
	AddRow(nil, short)
}
