package boosting

import (
	"math"
	"slices"
)

// huber is the squared error near the target and the absolute error far from it (Huber, Annals of Mathematical Statistics 35 (1964)):
//
//	1/2 (y - z)^2 when |y - z| <= width, else width (|y - z| - width/2);  gradient z - y, held within -width and width; 1 in place of the hessian, which is never more
//
// The width is the quantile huber_quantile of |y - median|, so that the loss follows the scale of the target; where that is 0, as of amounts that are mostly 0, the quantile of those above 0. It stays the same in
// all rounds, unlike in Friedman 2001, algorithm 4, so that the losses of rounds can be compared.
type huber struct{ width float64 }

// newHuber finds the width for the target.
func newHuber(t *target, q float64) huber {
	middle := pinball{0.5, 2}.start(t)[0]
	rows := make([]weighted, len(t.y))
	for i, y := range t.y {
		rows[i] = weighted{math.Abs(y - middle), t.weightOf(i)}
	}
	if width := quantile(rows, q); width > 0 {
		return huber{width}
	}
	apart := slices.DeleteFunc(rows, func(r weighted) bool { return r.value == 0 || r.weight == 0 })
	if len(apart) == 0 { // every target is the same
		return huber{1}
	}
	return huber{quantile(apart, q)}
}

func (huber) outputs() int { return 1 }

// start halves the interval that holds the zero of the derivative, which grows with z.
func (u huber) start(t *target) []float64 {
	low, high := math.Inf(1), math.Inf(-1)
	for i, y := range t.y {
		if t.weightOf(i) > 0 {
			low, high = min(low, y), max(high, y)
		}
	}
	for range 100 {
		z := low/2 + high/2
		if z <= low || z >= high {
			break
		}
		sum := 0.0
		for i, y := range t.y {
			sum += t.weightOf(i) * u.clip(z-y)
		}
		if sum > 0 {
			high = z
		} else {
			low = z
		}
	}
	return []float64{low}
}

func (u huber) clip(d float64) float64 { return max(-u.width, min(u.width, d)) }

func (u huber) derive(t *target, lo, hi int, margins, gradients, hessians [][]float64) float64 {
	sum := 0.0
	for i := lo; i < hi; i++ {
		w, d := t.weightOf(i), margins[0][i]-t.y[i]
		g := u.clip(d)
		gradients[0][i], hessians[0][i] = w*g, w
		sum += w * g * (d - g/2)
	}
	return sum
}

func (u huber) loss(t *target, lo, hi int, margins [][]float64) float64 {
	sum := 0.0
	for i := lo; i < hi; i++ {
		d := margins[0][i] - t.y[i]
		g := u.clip(d)
		sum += t.weightOf(i) * g * (d - g/2)
	}
	return sum
}

var _ objective = huber{}
