package linear

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestVectorsDoAsPlainLoopsDo also holds that a row's margin has the same bits by itself as among others, and that nothing beyond the p columns is read or written.
func TestVectorsDoAsPlainLoopsDo(t *testing.T) {
	if !vectors {
		t.Skip("this processor has no vector instructions")
	}
	rng := rand.New(rand.NewPCG(5, 6))
	for p := 1; p <= 41; p++ {
		for _, rows := range []int{1, 2, 3, 4, 5, 7, 8, 30} {
			for _, gap := range []int{0, 3} {
				stride := p + gap
				x := make([]float64, rows*stride)
				for i := range x {
					if x[i] = rng.NormFloat64(); i%stride >= p {
						x[i] = math.NaN()
					}
				}
				w, r := make([]float64, p), make([]float64, rows)
				for j := range w {
					w[j] = rng.NormFloat64()
				}
				for i := range r {
					r[i] = rng.NormFloat64()
				}
				out, want, one := make([]float64, rows+1), make([]float64, rows), make([]float64, 1)
				out[rows] = 7
				denseMargins(x, stride, rows, w, 0.25, out)
				plainMargins(x, stride, rows, w, 0.25, want)
				for i := range rows {
					if !near(out[i], want[i], 1e-13) {
						t.Fatalf("%d columns, row %d of %d: margin %v, want %v", p, i, rows, out[i], want[i])
					}
					if denseMargins(x[i*stride:], stride, 1, w, 0.25, one); one[0] != out[i] {
						t.Fatalf("%d columns, row %d of %d: margin %v, by itself %v", p, i, rows, out[i], one[0])
					}
				}
				if out[rows] != 7 {
					t.Fatalf("%d rows: wrote beyond them", rows)
				}
				d := &design{n: rows, p: p, dense: x, stride: stride}
				g, plain := make([]float64, p+1), make([]float64, p+1)
				for j := range g {
					g[j], plain[j] = float64(j), float64(j)
				}
				d.addRows(0, rows, r, g)
				d.plainAddRows(0, rows, r, plain)
				for j := range g {
					if !near(g[j], plain[j], 1e-12) || j == p && g[j] != float64(p) {
						t.Fatalf("%d rows, column %d of %d: sum %v, want %v", rows, j, p, g[j], plain[j])
					}
				}
			}
		}
	}
}
