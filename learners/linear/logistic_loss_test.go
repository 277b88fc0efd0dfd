package linear

import (
	"math"
	"testing"
)

func TestLogSumKeepsAllDigits(t *testing.T) {
	for name, c := range map[string]struct {
		rows   int
		weight func(i int) float64
		e      func(i int) float64
	}{
		"many equal to one":    {5000, func(int) float64 { return 2.5 }, func(int) float64 { return 1 }},
		"weights change":       {999, func(i int) float64 { return float64(i % 3) }, func(i int) float64 { return float64(i%10) / 10 }},
		"all tiny":             {100, func(int) float64 { return 1 }, func(i int) float64 { return 1e-20 * float64(i+1) }},
		"around the border":    {100, func(int) float64 { return 1 }, func(i int) float64 { return 1e-3 + 1e-6*float64(i-50) }},
		"one row":              {1, func(int) float64 { return 3 }, func(int) float64 { return 0.25 }},
		"no weight":            {10, func(int) float64 { return 0 }, func(int) float64 { return 0.5 }},
		"no rows":              {0, nil, nil},
		"first without weight": {4, func(i int) float64 { return float64(i) }, func(int) float64 { return 0.5 }},
	} {
		var l logSum
		want := 0.0
		for i := range c.rows {
			l.add(c.weight(i), c.e(i))
			want += c.weight(i) * math.Log1p(c.e(i))
		}
		if got := l.total(); math.Abs(got-want) > 1e-13*want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestSigmoidsAreTwoSigmoids(t *testing.T) {
	for _, z := range []float64{0, math.Copysign(0, -1), 1e-300, 1e-9, 0.5, 1, 37.3, 700, 745.2, 1e5, math.MaxFloat64} {
		for _, z := range []float64{z, -z} {
			if n, p := sigmoids(z); n != sigmoid(-z) || p != sigmoid(z) {
				t.Errorf("%g: %v and %v, want %v and %v", z, n, p, sigmoid(-z), sigmoid(z))
			}
		}
	}
}
