// Package exponential takes exponentials of many numbers at once: the kernel rows of svm and the losses of the linear learners stand on it.
//
// They go by vector instructions where the processor has AVX2 and FMA, else by their twin in Go: the same operations on each number in the same order, rounded alike, so both give the same bits.
package exponential

import (
	"math"
	"sync/atomic"
)

// Lane is how many numbers are taken at once; lengths are multiples of it.
const Lane = 8

var forced atomic.Bool

func vectors() bool { return available && !forced.Load() }

// constants are those of Exp: lower bound, 1/ln 2, the number that rounds, ln 2 in two parts, and a polynomial, highest power first. They are from an interpolation of (exp r - 1 - r) / r^2 at
// the Chebyshev points of |r| <= ln 2 / 2, good to 0.15 units of the last place of exp r.
var constants = [...]float64{
	Least, 1 / math.Ln2, 6755399441055744, 0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56,
	0x1.af38d53857513p-26, 0x1.2891a8c1d838dp-22, 0x1.71de0d9c145d0p-19, 0x1.a019b8ef67c6cp-16, 0x1.a01a01a7c8d47p-13,
	0x1.6c16c17893833p-10, 0x1.11111111109adp-7, 0x1.5555555553d4fp-5, 0x1.5555555555556p-3, 0x1.0000000000001p-1, 1,
}

// Below Least Exp gives 0; math.Exp would give less than 3.4e-308. Above Most it gives Exp(Most).
const (
	Least = -708.0
	Most  = 709.0
)

// Exp is math.Exp for numbers of up to top, and exp(top) above, to 1 unit in the last place: exp x = 2^k exp(x - k ln 2) with the power put into the exponent. NaN becomes 0.
func Exp(x, top float64) float64 {
	if !(x >= Least) {
		return 0
	}
	c := &constants
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

// All replaces each number of x by its Exp; len(x) is a multiple of Lane, and at least that.
func All(x []float64, top float64) {
	if vectors() {
		expFMA(&x[0], len(x), top, &constants[0])
		return
	}
	for i, v := range x {
		x[i] = Exp(v, top)
	}
}

// To32 puts the Exp of each number of x into dst; len(x) is a multiple of Lane, and at least that.
func To32(dst []float32, x []float64, top float64) {
	_ = dst[len(x)-1]
	if vectors() {
		expTo32FMA(&dst[0], &x[0], len(x), top, &constants[0])
		return
	}
	for i, v := range x {
		dst[i] = float32(Exp(v, top))
	}
}
