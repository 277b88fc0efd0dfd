package metric

import "math"

// residual is actual minus predicted.
func (r *rows) residual(i int) float64 { return r.actual[i] - r.predicted[i] }

// meanAbsoluteError is the mean of |actual - predicted|, in the unit of the target.
func meanAbsoluteError(r *rows) (float64, func() (low, high float64)) {
	return mean(r, func(i int) float64 { return math.Abs(r.residual(i)) })
}

// meanSquaredError is the mean of (actual - predicted)^2, in the square of the target's unit.
func meanSquaredError(r *rows) (float64, func() (low, high float64)) {
	return mean(r, func(i int) float64 { return square(r.residual(i)) })
}

// rootMeanSquaredError is the root of meanSquaredError, and so are its limits.
func rootMeanSquaredError(r *rows) (float64, func() (low, high float64)) {
	mse, interval := meanSquaredError(r)
	return math.Sqrt(mse), func() (low, high float64) {
		low, high = interval()
		return math.Sqrt(max(0, low)), math.Sqrt(high)
	}
}

// meanSquaredLogError is the mean of (log(1 + actual) - log(1 + predicted))^2; undefined when one of them is -1 or less.
func meanSquaredLogError(r *rows) (float64, func() (low, high float64)) {
	return mean(r, func(i int) float64 {
		if r.actual[i] <= -1 || r.predicted[i] <= -1 {
			return math.NaN()
		}
		return square(math.Log1p(r.actual[i]) - math.Log1p(r.predicted[i]))
	})
}

// meanAbsolutePercentageError is the mean of |actual - predicted| / |actual|, as a ratio (0.1 is ten percent); undefined when an actual value is 0.
func meanAbsolutePercentageError(r *rows) (float64, func() (low, high float64)) {
	return mean(r, func(i int) float64 {
		if r.actual[i] == 0 {
			return math.NaN()
		}
		return math.Abs(r.residual(i) / r.actual[i])
	})
}
