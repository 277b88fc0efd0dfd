package feature

// STANDARD_SCALE(x) = (x - mean) / standard deviation, both of the training rows that are not NULL; the standard deviation is the population's
// (divided by n). A constant column becomes 0.
func fitStandardScale(f *fitting, _ []literal, col []float64) (step, error) {
	m, err := f.measure(col)
	if err != nil {
		return nil, err
	}
	if flat(f, m) {
		return centerScale{unit: 1}, nil
	}
	return centerScale{m.mean, m.stdDev, 1}, nil
}
