package exponential

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// bothWays runs f with vector instructions and without, and returns what it gave: the same bits.
func bothWays(t *testing.T, f func() []float64) []float64 {
	t.Helper()
	fast := f()
	forced.Store(true)
	defer forced.Store(false)
	slow := f()
	if !slices.EqualFunc(fast, slow, func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }) {
		t.Fatal("vector instructions and their twin differ")
	}
	return fast
}

func TestExp(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	x := []float64{0, math.Copysign(0, -1), 1, -1, Least, Most, math.Nextafter(Least, -1000), -1000, math.Inf(-1), 800, math.Inf(1), math.NaN(), 1e-300, math.Ln2 / 2, -math.Ln2 / 2, 0.5}
	for len(x) < 200_000 {
		x = append(x, -rng.ExpFloat64(), 700*(2*rng.Float64()-1), rng.NormFloat64()*1e-3, math.Ln2*(rng.Float64()-0.5), 10*rng.NormFloat64())
	}
	x = x[:len(x)&^(Lane-1)]
	got := bothWays(t, func() []float64 {
		y := append([]float64(nil), x...)
		All(y, Most)
		return y
	})
	worst := 0.0
	for i, v := range x {
		want := math.Exp(min(v, Most))
		if !(v >= Least) {
			want = 0
		}
		if math.Abs(got[i]-want) > 2*(math.Nextafter(want, math.Inf(1))-want) {
			t.Fatalf("exp(%v) is %v, want %v", v, got[i], want)
		}
		if want > 0 {
			worst = max(worst, math.Abs(got[i]-want)/(math.Nextafter(want, math.Inf(1))-want))
		}
	}
	t.Logf("at most %g units in the last place from math.Exp", worst)
	bothWays(t, func() []float64 {
		y := make([]float32, len(x))
		To32(y, x, 0)
		out := make([]float64, len(x))
		for i, v := range y {
			out[i] = float64(v)
			if want := float32(Exp(x[i], 0)); v != want {
				t.Fatalf("exp(%v) in single precision is %v, want %v", x[i], v, want)
			}
		}
		return out
	})
}
