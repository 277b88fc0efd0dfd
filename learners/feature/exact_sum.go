package feature

import (
	"math"
	"math/big"
)

// exactSum adds finite float64s without any rounding, so the sum does not depend on the order of the rows and cannot overflow.
//
// It is the "small superaccumulator" of Neal, "Fast exact summation using small and large superaccumulators" (arXiv:1505.05571), section 3:
// one wide fixed-point number whose unit is 2^-1075, held as words of 32 bits in int64s that overlap, so that carries can wait. A float64 with
// biased exponent e is its 53-bit significand shifted left by e: word e/32 gets the low 32 bits, the next one the rest, which are below 2^52;
// 1024 of those and what a word held before stay below 2^63.
type exactSum struct {
	words   [68]int64 // value: sum of words[i] * 2^(32 i - 1075)
	waiting int       // additions since the last carry
}

const carryEvery = 1024

func (s *exactSum) add(x float64) {
	bits := math.Float64bits(x)
	e := uint(bits>>52) & 0x7ff
	significand := bits & (1<<52 - 1)
	if e == 0 {
		e = 1 // subnormal: the smallest exponent, no implicit bit
	} else {
		significand |= 1 << 52
	}
	shift := e & 31
	low := int64(significand << shift & math.MaxUint32)
	high := int64(significand >> (32 - shift))
	w := s.words[e>>5 : e>>5+2 : e>>5+2]
	if bits>>63 == 0 {
		w[0] += low
		w[1] += high
	} else {
		w[0] -= low
		w[1] -= high
	}
	if s.waiting++; s.waiting == carryEvery {
		s.carry()
	}
}

// carry leaves every word but the last in 0 .. 2^32-1.
func (s *exactSum) carry() {
	for i := 0; i < len(s.words)-1; i++ {
		c := s.words[i] >> 32
		s.words[i] -= c << 32
		s.words[i+1] += c
	}
	s.waiting = 0
}

// mean is the sum over n > 0, correctly rounded.
func (s *exactSum) mean(n float64) float64 {
	s.carry()
	total, word := new(big.Int), new(big.Int)
	for i := len(s.words) - 1; i >= 0; i-- {
		total.Lsh(total, 32).Add(total, word.SetInt64(s.words[i]))
	}
	sum := new(big.Float).SetInt(total)
	sum.SetMantExp(sum, -1075)
	mean, _ := new(big.Float).SetPrec(53).Quo(sum, new(big.Float).SetFloat64(n)).Float64()
	return mean
}
