package metric

import (
	"math"
	"slices"
)

// r2 is the share of the target's variance that the predictions explain, 1 - sum w (actual - predicted)^2 / sum w (actual - mean)^2. It is negative for
// predictions worse than the mean of the measured rows, and undefined when all actual values are equal.
func r2(r *rows) (float64, func() (low, high float64)) { return explained(r, 0) }

// explainedVariance is r2 without the penalty of a constant bias: 1 - variance of (actual - predicted) / variance of actual.
func explainedVariance(r *rows) (float64, func() (low, high float64)) {
	var total sum
	r.each(func(i int) { total.add(r.weight(i) * r.residual(i)) })
	return explained(r, total.value()/r.total)
}

// explained is 1 - E / V, with E the mean of (residual - bias)^2 and V that of (actual - mean)^2. The interval is of the ratio E / V on the scale of its
// logarithm, which keeps the value below 1; a row of weight w (of sum 1) moves the ratio by w ((residual - bias)^2 - E/V (actual - mean)^2) / V.
func explained(r *rows, bias float64) (float64, func() (low, high float64)) {
	if slices.Min(r.actual) == slices.Max(r.actual) {
		return nothing()
	}
	var total, errors, spread sum
	r.each(func(i int) { total.add(r.weight(i) * r.actual[i]) })
	centre := total.value() / r.total
	r.each(func(i int) {
		errors.add(r.weight(i) * square(r.residual(i)-bias))
		spread.add(r.weight(i) * square(r.actual[i]-centre))
	})
	ratio := errors.value() / spread.value()
	return 1 - ratio, func() (low, high float64) {
		if ratio == 0 {
			return 1, 1
		}
		v := spread.value() / r.total
		half := r.halfWidth(func(i int) float64 {
			return (square(r.residual(i)-bias) - ratio*square(r.actual[i]-centre)) / v
		}) / ratio
		return 1 - ratio*math.Exp(half), 1 - ratio*math.Exp(-half)
	}
}
