package boosting

import (
	"math"
	"slices"

	"aibms/learners"
)

// sampler draws the rows of a round and the features of a tree (Friedman, Stochastic Gradient Boosting, 2002). What is drawn depends on the seed and the number of the round or tree alone.
type sampler struct {
	env            learners.Env
	rows, features float64 // shares
	top, other     float64 // shares of gradient-based sampling; 0: there is none
	from           int     // the first round of it

	sizes   []float64 // of the gradients of rows
	factors []float64 // after drawByGradient: what each row that was drawn counts for, in sizes' memory
	in, out []uint32  // of the last draw
}

// all reports whether nothing is left to chance.
func (s *sampler) all() bool { return s.rows == 1 && s.features == 1 && s.top == 0 }

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

// goss reports whether the rows of a round are drawn by their gradients.
func (s *sampler) goss(round int) bool { return s.top > 0 && round >= s.from }

// drawByGradient is gradient-based one-side sampling (Ke et al. 2017, algorithm 2): the share top of the rows with the largest gradients is taken, and of the others each with the probability that
// makes the share other of all. Their derivatives are multiplied by what makes up for those that are left out. With several outputs the sizes of the gradients are added. Of rows with equal gradients, as all are
// with loss absolute_error, those that are among the largest are drawn too: the first ones would be the same in every round.
func (s *sampler) drawByGradient(round int, gradients, hessians [][]float64) []uint32 {
	n := len(gradients[0])
	s.sizes = s.sizes[:0]
	for i := range n {
		size := 0.0
		for _, g := range gradients {
			size += math.Abs(g[i])
		}
		s.sizes = append(s.sizes, size)
	}
	top := max(1, int(s.top*float64(n)))
	sorted := slices.Clone(s.sizes)
	slices.Sort(sorted)
	least := sorted[n-top]
	equal, tied := 0, 0 // of the rows with exactly the least size, which are tied, so many are taken
	for i, v := range sorted {
		if v == least {
			tied++
			if i >= n-top {
				equal++
			}
		}
	}
	rng := s.env.RNG(2 * uint64(round))
	limit := uint64(s.other / (1 - s.top) * (1 << 53))
	factor := (1 - s.top) / s.other
	s.in, s.out, s.factors = s.in[:0], s.out[:0], s.sizes
	for i, v := range s.sizes {
		draw := rng.Uint64()>>11 < limit
		top := v > least
		if v == least {
			if top = tied == equal || equal > 0 && rng.IntN(tied) < equal; top { // Knuth, algorithm S
				equal--
			}
			tied--
		}
		if s.factors[i] = 1; top {
			s.in = append(s.in, uint32(i))
			continue
		}
		if !draw {
			s.out = append(s.out, uint32(i))
			continue
		}
		s.in = append(s.in, uint32(i))
		s.factors[i] = factor
		for k := range gradients {
			gradients[k][i] *= factor
			hessians[k][i] *= factor
		}
	}
	return s.in
}
