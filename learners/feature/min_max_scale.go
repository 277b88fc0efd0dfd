package feature

// MIN_MAX_SCALE(x) = (x - min) / (max - min) of the training rows: 0 to 1 there, below 0 or above 1 for values beyond them. A constant column
// becomes 0.
func fitMinMaxScale(f *fitting, _ []literal, col []float64) (step, error) {
	m, err := f.measure(col)
	if err != nil {
		return nil, err
	}
	if flat(f, m) {
		return centerScale{unit: 1}, nil
	}
	return between(m.min, m.min, m.max), nil
}
