package feature

import "math"

// MAX_ABS_SCALE(x) = x / max |x| of the training rows: -1 to 1 there, 0 stays 0. A column of zeros stays 0.
func fitMaxAbsScale(f *fitting, _ []literal, col []float64) (step, error) {
	m, err := f.measure(col)
	if err != nil {
		return nil, err
	}
	if m.count == 0 || m.min == 0 && m.max == 0 {
		flat(f, m)
		return centerScale{unit: 1}, nil
	}
	return centerScale{0, max(math.Abs(m.min), math.Abs(m.max)), 1}, nil
}
