package metric

import (
	"math"
	"slices"
)

// Baseline is the constant prediction that every model has to beat, learned from the training rows. It is a plain value, safe to store.
type Baseline struct {
	Shares       []float64 // K class shares, summing to one; nil for regression, or when there is no baseline
	Mean, Median float64   // of the target; NaN when there is no baseline; not read for classification
}

// FitBaseline learns the baseline from the training rows: y holds class codes 0..classes-1 or values, weights may be nil (1 each). For
// classification it is the shares of the classes: the class with the largest one (of equals, the lowest code) is predicted, with the shares as
// probabilities. For regression it is the weighted mean, used where squared errors count, and the weighted median, where absolute errors do.
// Rows that are NaN, out of range or without a positive weight are passed over; when none is left the baseline is undefined (nil, NaN), as it is without
// a target.
func FitBaseline(kind Kind, classes int, y, weights []float64) Baseline {
	weight := func(i int) float64 {
		switch {
		case weights == nil:
			return 1
		case i >= len(weights) || !(weights[i] > 0) || math.IsInf(weights[i], 1):
			return 0
		}
		return weights[i]
	}
	if kind == Regression {
		return fitCentre(y, weight)
	}
	if kind.alone() {
		return Baseline{Mean: math.NaN(), Median: math.NaN()}
	}
	shares := make([]sum, max(classes, 0))
	var total sum
	for i, v := range y {
		if code := int(v); v == float64(code) && code >= 0 && code < classes {
			shares[code].add(weight(i))
			total.add(weight(i))
		}
	}
	b := Baseline{Mean: math.NaN(), Median: math.NaN()}
	if !(total.value() > 0) {
		return b
	}
	b.Shares = make([]float64, classes)
	for k := range shares {
		b.Shares[k] = shares[k].value() / total.value()
	}
	return b
}

func fitCentre(y []float64, weight func(int) float64) Baseline {
	var values, weights []float64
	var mean, total sum
	for i, v := range y {
		if w := weight(i); w > 0 && !math.IsNaN(v) && !math.IsInf(v, 0) {
			values, weights = append(values, v), append(weights, w)
			mean.add(w * v)
			total.add(w)
		}
	}
	if len(values) == 0 {
		return Baseline{Mean: math.NaN(), Median: math.NaN()}
	}
	return Baseline{Mean: mean.value() / total.value(), Median: newSteps(values, weights, func() bool { return false }).quantile(0.5)}
}

// statistic is which constant of the training rows a regression metric's baseline predicts: the one that minimises the metric's loss.
type statistic uint8

const (
	byMean statistic = iota
	byMedian
)

// majority is the class with the largest share; of equals, the lowest code.
func (b Baseline) majority() int {
	best := 0
	for k, s := range b.Shares {
		if s > b.Shares[best] {
			best = k
		}
	}
	return best
}

// constant is the rows with the baseline's prediction in place of the model's, or nil when there is no baseline for them.
func (r *rows) constant(b Baseline, by statistic) *rows {
	c := &rows{ctx: r.ctx, kind: r.kind, n: r.n, actual: r.actual, class: r.class, weights: r.weights, total: r.total, total2: r.total2,
		classes: r.classes, positive: r.positive, top: r.top}
	if r.kind == Regression {
		v := b.Mean
		if by == byMedian {
			v = b.Median
		}
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
		c.predicted = slices.Repeat([]float64{v}, r.n)
		return c
	}
	if len(b.Shares) != r.classes {
		return nil
	}
	c.guess = slices.Repeat([]int32{int32(b.majority())}, r.n)
	c.shares = b.Shares
	return c
}
