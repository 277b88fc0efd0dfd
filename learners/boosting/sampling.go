package boosting

import (
	"math"

	"aibms/learners"
)

// sampler draws the rows of a round and the features of a tree (Friedman, Stochastic Gradient Boosting, 2002). What is drawn depends on the seed and the number of the round or tree alone.
type sampler struct {
	env            learners.Env
	rows, features float64 // shares

	in, out []uint32 // of the last draw
}

// all reports whether nothing is left to chance.
func (s *sampler) all() bool { return s.rows == 1 && s.features == 1 }

// draw returns the rows of a round in their order, nil for all: each row is taken by itself, with the probability rows. At least one is taken.
func (s *sampler) draw(round, n int) []uint32 {
	if s.rows == 1 {
		return nil
	}
	rng := s.env.RNG(2 * uint64(round))
	limit := uint64(s.rows * (1 << 53))
	s.in, s.out = s.in[:0], s.out[:0]
	for i := range n {
		if rng.Uint64()>>11 < limit {
			s.in = append(s.in, uint32(i))
		} else {
			s.out = append(s.out, uint32(i))
		}
	}
	if len(s.in) == 0 {
		s.in, s.out = append(s.in, s.out[0]), s.out[1:]
	}
	return s.in
}

// outside returns the rows that were not drawn.
func (s *sampler) outside() []uint32 { return s.out }

// choose returns the features of a tree in their order: the share of usable, at least one.
func (s *sampler) choose(tree int, usable []int) []int {
	take := int(math.Ceil(s.features * float64(len(usable))))
	if take >= len(usable) {
		return usable
	}
	rng := s.env.RNG(2*uint64(tree) + 1)
	chosen := make([]int, 0, take)
	for i, j := range usable { // each is taken with the probability that keeps the number right (Knuth, algorithm S)
		if rng.IntN(len(usable)-i) < take-len(chosen) {
			chosen = append(chosen, j)
		}
	}
	return chosen
}
