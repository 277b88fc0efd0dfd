package metric

import "math"

// Mean is one metric over several targets of the same rows: the plain mean of its values, NaN when one of them is. The interval is from the mean of the lower ends to
// that of the upper ends: the targets' values rise and fall together in a way that nobody knows, and the standard error of a mean is at most the mean of the standard
// errors, whatever their correlation. So it is never too narrow where those of the targets are not. values has one or more, all of one metric.
func Mean(values []Value) Value {
	if len(values) == 1 {
		return values[0]
	}
	out := Value{Metric: values[0].Metric, Rows: values[0].Rows}
	share := 1 / float64(len(values)) // each is divided before it is added: a sum could be infinite where the mean is not
	for _, v := range values {
		out.Value += v.Value * share
		out.Low += v.Low * share
		out.High += v.High * share
		out.Baseline += v.Baseline * share
	}
	if math.IsNaN(out.Value) || math.IsNaN(out.Low) || math.IsNaN(out.High) {
		out.Low, out.High = math.NaN(), math.NaN()
	}
	out.Low, out.High = min(out.Low, out.Value), max(out.High, out.Value)
	return out
}
