package boosting

import (
	"fmt"
	"math"
	"testing"
)

// objectives are all losses with a target that each can take.
func objectives() map[string]struct {
	objective objective
	y         []float64
} {
	type c = struct {
		objective objective
		y         []float64
	}
	return map[string]c{
		"squared_error":  {squaredError{}, []float64{-3, 0.5, 2, 40}},
		"logistic":       {logistic{}, []float64{0, 1, 1, 0}},
		"absolute_error": {pinball{0.5, 2}, []float64{-3, 0.5, 2, 40, 7}},
		"quantile":       {pinball{0.3, 1}, []float64{-3, 0.5, 2, 40, 7}},
		"huber":          {huber{3}, []float64{-4, 0.5, 2, 40, -7}},
		"poisson":        {poisson{}, []float64{0, 3, 1, 40}},
		"gamma":          {gamma{}, []float64{0.1, 3, 1, 40}},
		"softmax":        {softmax{3}, []float64{0, 2, 1, 2}},
	}
}

func TestDerivativesAreThoseOfTheLoss(t *testing.T) {
	for name, c := range objectives() {
		for _, weight := range [][]float64{nil, {0.5, 2, 1, 3, 0.25}} {
			t.Run(fmt.Sprintf("%s weighted=%v", name, weight != nil), func(t *testing.T) {
				n, k := len(c.y), c.objective.outputs()
				target := &target{y: c.y}
				if weight != nil {
					target.weight = weight[:n]
				}
				margins, g, h := constantMargins(n, make([]float64, k)), constantMargins(n, make([]float64, k)), constantMargins(n, make([]float64, k))
				for j := range k {
					for i := range n {
						margins[j][i] = math.Sin(float64(5*i+3*j)) * 1.5
					}
				}
				sum := c.objective.derive(target, 0, n, margins, g, h)
				if other := c.objective.loss(target, 0, n, margins); math.Abs(sum-other) > 1e-12*math.Abs(sum) {
					t.Errorf("derive says the loss is %v, loss %v", sum, other)
				}
				for i := range n {
					for j := range k {
						const d = 1e-4
						z := margins[j][i]
						at := func(z float64) float64 {
							margins[j][i] = z
							return c.objective.loss(target, i, i+1, margins)
						}
						low, middle, high := at(z-d), at(z), at(z+d)
						margins[j][i] = z
						if want := (high - low) / (2 * d); math.Abs(g[j][i]-want) > 1e-6*(1+math.Abs(want)) {
							t.Errorf("gradient of row %d, output %d: %v, differences say %v", i, j, g[j][i], want)
						}
						want := (high - 2*middle + low) / (d * d)
						switch name {
						case "softmax":
							want *= 1.5 // K/(K-1)
						case "absolute_error", "quantile", "huber":
							want = target.weightOf(i)
						case "gamma":
							want = max(want, target.weightOf(i)/2)
						}
						if math.Abs(h[j][i]-want) > 1e-4*(1+math.Abs(want)) {
							t.Errorf("hessian of row %d, output %d: %v, differences say %v", i, j, h[j][i], want)
						}
					}
				}
			})
		}
	}
}

func TestStartIsTheBestConstant(t *testing.T) {
	for name, c := range objectives() {
		for _, weight := range [][]float64{nil, {0.5, 2, 1, 3, 0.25}} {
			target := &target{y: c.y}
			if weight != nil {
				target.weight = weight[:len(c.y)]
			}
			start := c.objective.start(target)
			loss := func() float64 { return c.objective.loss(target, 0, len(c.y), constantMargins(len(c.y), start)) }
			best := loss()
			for k := range start {
				for _, d := range []float64{-1e-3, 1e-3} {
					start[k] += d
					if moved := loss(); moved < best {
						t.Errorf("%s weighted=%v: moving start %d by %v lowers the loss from %v to %v", name, weight != nil, k, d, best, moved)
					}
					start[k] -= d
				}
			}
		}
	}
}

func TestLossesFarOut(t *testing.T) {
	margins := constantMargins(2, []float64{0})
	for _, z := range []float64{30, 50, 800, -50, -800} {
		for _, y := range []float64{0, 1} {
			margins[0][0] = z
			want := 0.0
			if m := z * (1 - 2*y); m > 0 {
				want = m
			}
			if got := (logistic{}).loss(&target{y: []float64{y, 0}}, 0, 1, margins); math.Abs(got-want) > 1e-9*(1+want) {
				t.Errorf("loss of margin %v for class %v: %v, want %v", z, y, got, want)
			}
		}
	}
}

func TestExp(t *testing.T) {
	for i := range 200_000 {
		x := (uniform(i, 1) - 0.5) * 1500
		if i%2 == 0 {
			x = (uniform(i, 2) - 0.5) * 20
		}
		got, want := exp(x), math.Exp(x)
		if got != want && !(math.Abs(got-want) <= 4e-16*want) {
			t.Fatalf("exp(%v) = %v, want %v", x, got, want)
		}
	}
	for _, x := range []float64{0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), 710, -746, 1e-300} {
		if exp(x) != math.Exp(x) {
			t.Errorf("exp(%v) = %v, want %v", x, exp(x), math.Exp(x))
		}
	}
	if v := exp(math.NaN()); v == v {
		t.Errorf("exp(NaN) = %v", v)
	}
}
