package metric

import "math"

// sum adds floats with a running correction (Neumaier 1974), so that its result hardly depends on the order of the terms: the error is about
// one rounding of the result, whatever the number of terms. Integers below 2^53 add exactly. The zero sum is 0.
type sum struct{ high, low float64 }

func (s *sum) add(x float64) {
	t := s.high + x
	if math.Abs(s.high) >= math.Abs(x) {
		s.low += (s.high - t) + x
	} else {
		s.low += (x - t) + s.high
	}
	s.high = t
}

func (s *sum) value() float64 { return s.high + s.low }

// square is x*x.
func square(x float64) float64 { return x * x }
