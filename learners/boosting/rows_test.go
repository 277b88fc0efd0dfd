package boosting

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestSigmoidsHaveTheBitsOfSigmoid(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for n := range 70 {
		z, p := make([]float64, n), make([]float64, n)
		for i := range z {
			z[i] = rng.NormFloat64() * math.Exp(6*rng.NormFloat64())
			switch rng.IntN(40) {
			case 0:
				z[i] = 0
			case 1:
				z[i] = math.Copysign(0, -1)
			}
			z[i] = max(-699, min(699, z[i]))
		}
		if n%7 == 3 {
			z[rng.IntN(n)] = []float64{800, -800, math.Inf(1), 700, -700}[rng.IntN(5)] // beyond what exp does by itself
		}
		sigmoids(p, z)
		for i, v := range z {
			if want := sigmoid(v); math.Float64bits(p[i]) != math.Float64bits(want) {
				t.Fatalf("%d numbers: sigmoid of %v is %v, want %v", n, v, p[i], want)
			}
		}
	}
}

func TestStableDoesAsByBytes(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	codes := make([]uint8, 1000)
	for i := range codes {
		codes[i] = uint8(rng.IntN(256))
	}
	var s sides
	for c := range s {
		s[c] = uint8(rng.IntN(2))
	}
	for _, n := range []int{0, 1, 2, 5, 64, 1000} {
		rows := make([]uint32, n)
		for i := range rows {
			rows[i] = uint32(rng.IntN(len(codes)))
		}
		a, right := slices.Clone(rows), make([]uint32, n)
		left := stable(a, right, a, codes, &s) // the left rows lie where the rows did
		b, rest := make([]uint32, n), make([]uint32, n)
		want := stableByBytes(b, rest, rows, codes, &s)
		if left != want || !slices.Equal(a[:left], b[:want]) || !slices.Equal(right[:n-left], rest[:n-want]) {
			t.Fatalf("%d rows: %d go left, byte by byte %d", n, left, want)
		}
	}
}
