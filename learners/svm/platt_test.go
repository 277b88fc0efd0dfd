package svm

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestCoupleMinimises compares the algorithm with the solution of the linear system that the minimum obeys: Q p + m e = 0, e'p = 1.
func TestCoupleMinimises(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, k := range []int{3, 4, 10} {
		r := make([]float64, k*k)
		for i := range k {
			for j := range i {
				v := 0.02 + 0.96*rng.Float64()
				r[i*k+j], r[j*k+i] = v, 1-v
			}
		}
		p, q := make([]float64, k), make([]float64, k*k)
		couple(p, r, q, make([]float64, k))
		value := func(p []float64) float64 {
			sum := 0.0
			for i := range k {
				for j := range k {
					if i != j {
						d := r[j*k+i]*p[i] - r[i*k+j]*p[j]
						sum += d * d
					}
				}
			}
			return sum
		}
		at, total := value(p), 0.0
		for i := range k {
			total += p[i]
			for j := range k { // no small exchange makes it better
				moved := append([]float64(nil), p...)
				moved[i] += 1e-3 * moved[j]
				moved[j] *= 1 - 1e-3
				if i != j && value(moved) < at-1e-7 {
					t.Errorf("%d classes: %v is better than %v", k, value(moved), at)
				}
			}
		}
		if math.Abs(total-1) > 1e-12 {
			t.Errorf("the probabilities sum to %v", total)
		}
	}
}

// TestPlattScalingIsStationary checks that the derivatives of the cross-entropy vanish, weights and separated classes included.
func TestPlattScalingIsStationary(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	for _, noise := range []float64{0, 0.5, 3} {
		f, y, weight := normals(rng, 400), make([]float64, 400), make([]float64, 400)
		n := [2]float64{}
		for i := range f {
			if y[i] = -1; f[i]+noise*rng.NormFloat64() > 0.3 {
				y[i] = 1
			}
			weight[i] = float64(1 + i%3)
			n[int(y[i]+1)/2] += weight[i]
		}
		p := fitPlatt(f, y, weight)
		ga, gb := 0.0, 0.0
		for i, v := range f {
			target := 1 / (n[0] + 2)
			if y[i] > 0 {
				target = (n[1] + 1) / (n[1] + 2)
			}
			d := weight[i] * (1/(1+math.Exp(-(p.a*v+p.b))) - target)
			ga, gb = ga+d*v, gb+d
		}
		if math.Abs(ga) > 1e-5 || math.Abs(gb) > 1e-5 || !(p.a > 0) {
			t.Errorf("noise %v: derivatives %v and %v at %v", noise, ga, gb, p)
		}
	}
}
