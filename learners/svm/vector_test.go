package svm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// bothWays runs f by the vector instructions, when there are any, and by the loops in Go, and demands the same bits of what it returns.
func bothWays(t *testing.T, f func() []float64) []float64 {
	t.Helper()
	if !available {
		t.Skip("this processor has no vector instructions that we use")
	}
	fast := f()
	portable(true)
	defer portable(false)
	slow := f()
	if len(fast) != len(slow) {
		t.Fatalf("%d numbers and %d", len(fast), len(slow))
	}
	for i := range fast {
		if math.Float64bits(fast[i]) != math.Float64bits(slow[i]) {
			t.Fatalf("number %d is %v by vectors and %v by the loop", i, fast[i], slow[i])
		}
	}
	return fast
}

func normals(rng *rand.Rand, n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = rng.NormFloat64()
	}
	return v
}

func TestVectorsAndLoopsHaveTheSameBits(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, p := range []int{1, 2, 7, 28, 65} {
		n := 96
		x, z, start := normals(rng, 4*p), normals(rng, n*p), normals(rng, 4*n)
		t.Run(fmt.Sprintf("products of %d numbers", p), func(t *testing.T) {
			one := bothWays(t, func() []float64 {
				dst := make([]float64, n)
				dotsRow(dst, x[:p], z, start[:n], -0.25)
				return dst
			})
			shared := bothWays(t, func() []float64 {
				dst := make([]float64, 4*n)
				dotsFour(dst, n, n, x, p, z, start, 0, &[4]float64{-0.25, 1, 2, 3})
				return dst
			})
			for c := range n {
				want := start[c] - 0.25
				for k := range p {
					want = math.FMA(x[k], z[c/8*8*p+8*k+c%8], want)
				}
				if math.Abs(one[c]-want) > 1e-12 || one[c] != shared[c] {
					t.Fatalf("product %d is %v alone, %v of four, want %v", c, one[c], shared[c], want)
				}
			}
			bothWays(t, func() []float64 {
				dst := make([]float64, 4*n)
				dotsFour(dst, n, 64, x, p, z, start, n, new([4]float64))
				return dst
			})
		})
	}
	for _, n := range []int{1, 7, 8, 9, 31, 64, 101} {
		t.Run(fmt.Sprintf("%d variables", n), func(t *testing.T) {
			v, offset, diagonal := normals(rng, n), make([]float64, n), make([]float64, n)
			ki, kj := make([]float32, n), make([]float32, n)
			for c := range n {
				v[c] = math.Round(v[c]*4) / 4 // so that some are equal
				diagonal[c] = 1
				ki[c], kj[c] = float32(rng.Float64()), float32(rng.IntN(2))
				if rng.IntN(3) == 0 {
					offset[c] = math.Inf(1)
				}
			}
			up := make([]float64, n)
			for c := range up {
				up[c] = -offset[n-1-c]
			}
			bothWays(t, func() []float64 {
				w := append([]float64(nil), v...)
				at, best := step(w, up, ki, kj, 0.3)
				same, again := step(w, up, kj, kj, 0)
				if at != same || best != again {
					t.Errorf("the largest is %v at %d, and without a step %v at %d", best, at, again, same)
				}
				for c := range w {
					if w[c]+up[c] > best || w[c]+up[c] == best && c < at {
						t.Errorf("%d is larger than %d, or before it", c, at)
					}
				}
				return append(w, best, float64(at))
			})
			bothWays(t, func() []float64 {
				at, best, low := gain(v, offset, diagonal, kj, 0.5, 1)
				none, _, _ := gain(v, offset, diagonal, kj, -1000, 1)
				if none != -1 {
					t.Errorf("something is below -1000, at %d", none)
				}
				return []float64{float64(at), best, low}
			})
			bothWays(t, func() []float64 {
				w := append([]float64(nil), v...)
				addScaled(w, ki, -1.7)
				return w
			})
		})
	}
}
