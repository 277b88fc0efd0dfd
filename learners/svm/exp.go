package svm

import "math"

// expConstants are those of exp: lower bound, 1/ln 2, the number that rounds, ln 2 in two parts, and a polynomial, highest power first. They are from an interpolation of (exp r - 1 - r) / r^2 at
// the Chebyshev points of |r| <= ln 2 / 2, good to 0.15 units of the last place of exp r.
var expConstants = [...]float64{
	expLeast, 1 / math.Ln2, 6755399441055744, 0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56,
	0x1.af38d53857513p-26, 0x1.2891a8c1d838dp-22, 0x1.71de0d9c145d0p-19, 0x1.a019b8ef67c6cp-16, 0x1.a01a01a7c8d47p-13,
	0x1.6c16c17893833p-10, 0x1.11111111109adp-7, 0x1.5555555553d4fp-5, 0x1.5555555555556p-3, 0x1.0000000000001p-1, 1,
}

// Below expLeast exp gives 0; math.Exp would give less than 3.4e-308. Above expMost it gives exp(expMost).
const (
	expLeast = -708.0
	expMost  = 709.0
)

// exp is math.Exp for numbers of up to top, and exp(top) above, to 1 unit in the last place: exp x = 2^k exp(x - k ln 2) with the power put into the exponent. NaN becomes 0.
func exp(x, top float64) float64 {
	if !(x >= expLeast) {
		return 0
	}
	c := &expConstants
	x = min(x, top)
	t := math.FMA(x, c[1], c[2])
	n := t - c[2]
	r := math.FMA(-n, c[4], math.FMA(-n, c[3], x))
	s := c[5]
	for _, term := range c[6:] {
		s = math.FMA(s, r, term)
	}
	s = math.FMA(s, r, 1)
	return math.Float64frombits(math.Float64bits(s) + math.Float64bits(t)<<52)
}

// expAll replaces each number of x by its exp; len(x) is a multiple of lane.
func expAll(x []float64, top float64) {
	if vectors() {
		expFMA(&x[0], len(x), top, &expConstants[0])
		return
	}
	for i, v := range x {
		x[i] = exp(v, top)
	}
}

// expTo32 puts the exp of each number of x into dst; len(x) is a multiple of lane.
func expTo32(dst []float32, x []float64, top float64) {
	_ = dst[len(x)-1]
	if vectors() {
		expTo32FMA(&dst[0], &x[0], len(x), top, &expConstants[0])
		return
	}
	for i, v := range x {
		dst[i] = float32(exp(v, top))
	}
}
