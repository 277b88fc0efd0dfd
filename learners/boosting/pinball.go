package boosting

import (
	"cmp"
	"slices"
)

// pinball is the loss whose minimum is a quantile; with quantile 1/2 and size 2 it is the absolute error:
//
//	size (q max(y - z, 0) + (1 - q) max(z - y, 0));  gradient size ([z > y] - q), 0 where z = y; 1 in place of the hessian, which is 0
//
// The trees are grown to the gradients; then every leaf gets the best value for its rows, the quantile of what is left of them (Friedman 2001, algorithm 3, LAD_TreeBoost). l1 and l2 guide
// the splits and do not change these values.
type pinball struct{ quantile, size float64 }

func (pinball) outputs() int { return 1 }

func (p pinball) start(t *target) []float64 {
	rows := make([]weighted, len(t.y))
	for i, y := range t.y {
		rows[i] = weighted{y, t.weightOf(i)}
	}
	return []float64{quantile(rows, p.quantile)}
}

func (p pinball) derive(t *target, lo, hi int, margins, gradients, hessians [][]float64) float64 {
	over, under := p.size*(1-p.quantile), p.size*p.quantile
	sum := 0.0
	for i := lo; i < hi; i++ {
		w, d := t.weightOf(i), margins[0][i]-t.y[i]
		g := 0.0
		switch {
		case d > 0:
			g = over
		case d < 0:
			g = -under
		}
		gradients[0][i], hessians[0][i] = w*g, w
		sum += w * g * d
	}
	return sum
}

func (p pinball) loss(t *target, lo, hi int, margins [][]float64) float64 {
	sum := 0.0
	for i := lo; i < hi; i++ {
		d := margins[0][i] - t.y[i]
		sum += p.size * t.weightOf(i) * max((1-p.quantile)*d, -p.quantile*d)
	}
	return sum
}

// leafValue is the quantile of y - z in the rows.
func (p pinball) leafValue(t *target, rows []uint32, margins []float64) float64 {
	left := make([]weighted, len(rows))
	for k, i := range rows {
		left[k] = weighted{t.y[i] - margins[i], t.weightOf(int(i))}
	}
	return quantile(left, p.quantile)
}

// weighted is a value and its weight.
type weighted struct{ value, weight float64 }

// quantile is the value below which the share q of the weight lies; the middle of two neighbours when it lies between them. It sorts the values.
func quantile(values []weighted, q float64) float64 {
	slices.SortFunc(values, func(a, b weighted) int {
		if c := cmp.Compare(a.value, b.value); c != 0 {
			return c
		}
		return cmp.Compare(a.weight, b.weight)
	})
	total := 0.0
	for _, v := range values {
		total += v.weight
	}
	below := 0.0
	for k, v := range values {
		below += v.weight
		if v.weight == 0 || below < q*total*(1-1e-12) {
			continue
		}
		if below <= q*total*(1+1e-12) { // between this one and the next
			for _, next := range values[k+1:] {
				if next.weight > 0 {
					return v.value/2 + next.value/2
				}
			}
		}
		return v.value
	}
	return values[len(values)-1].value
}

var (
	_ objective   = pinball{}
	_ leafSetting = pinball{}
)
