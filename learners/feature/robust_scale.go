package feature

// ROBUST_SCALE(x) = (x - median) / (75 % quantile - 25 % quantile) of the training rows, so that outliers do not set the scale. Where the middle
// half of the rows is one value, x is only centered; a constant column becomes 0.
func fitRobustScale(f *fitting, _ []literal, col []float64) (step, error) {
	values, err := sorted(f.ctx, col)
	if err != nil {
		return nil, err
	}
	n := len(values)
	if n == 0 {
		flat(f, moments{})
		return centerScale{unit: 1}, nil
	}
	if flat(f, moments{count: n, min: values[0], max: values[n-1]}) {
		return centerScale{unit: 1}, nil
	}
	median, low, high := quantile(values, 0.5), quantile(values, 0.25), quantile(values, 0.75)
	if low == high {
		f.warn("the middle half of %s is %s, so ROBUST_SCALE only subtracts its median; STANDARD_SCALE would scale it", f.item.Input, label(median))
		return centerScale{median, 1, 1}, nil
	}
	return between(median, low, high), nil
}
