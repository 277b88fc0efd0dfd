package metric

import "math"

// medianAbsoluteError is the weighted median of |actual - predicted|.
//
// Its limits are quantiles of the same errors, at the Wilson limits of one half (Woodruff 1952, JASA 47, with that change): no assumption on
// their distribution. Fewer than six effective rows cannot bound a median with 95 % confidence, even from end to end.
func medianAbsoluteError(r *rows) (float64, func() (low, high float64)) {
	errors := make([]float64, r.n)
	r.each(func(i int) { errors[i] = math.Abs(r.residual(i)) })
	s := newSteps(errors, r.weights, r.ended)
	if r.err != nil {
		return nothing()
	}
	return s.quantile(0.5), func() (low, high float64) {
		n := r.effective()
		if n < 6 {
			return undefined()
		}
		below, above := wilson(0.5, n)
		return s.quantile(below), s.quantile(above)
	}
}

// steps is the distribution function of weighted values.
type steps struct {
	values []float64 // rising
	below  []float64 // weight of the values up to and including each
}

// newSteps sorts the values; nil weights are 1 each. When ended reports true it stops early, with a void result.
func newSteps(values, weights []float64, ended func() bool) steps {
	s := steps{values: make([]float64, len(values)), below: make([]float64, len(values))}
	var total sum
	for j, i := range order(values, ended) {
		w := 1.0
		if weights != nil {
			w = weights[i]
		}
		total.add(w)
		s.values[j], s.below[j] = values[i], total.value()
	}
	return s
}

// quantile is the least value that holds, with the lesser ones, the share p of the weight; when it holds just that, the middle between it and the
// next, as the median of an even number of rows is.
func (s steps) quantile(p float64) float64 {
	last := len(s.values) - 1
	want := p * s.below[last]
	slack := edge * s.below[last]
	lo, hi := 0, last
	for lo < hi {
		if mid := (lo + hi) / 2; s.below[mid] < want-slack {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo < last && s.below[lo] <= want+slack {
		return s.values[lo] + (s.values[lo+1]-s.values[lo])/2
	}
	return s.values[lo]
}
