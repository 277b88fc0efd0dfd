package isolation

import (
	"math"
	"math/rand/v2"
	"sort"
)

// urn is what rows are drawn from, without putting them back: as many copies of each row as its weight says, the last one perhaps in part. It is only read.
type urn struct {
	rows  int
	below []float64 // of each row the weight of all before it and its own; nil: one each
	total float64
}

// newUrn makes an urn of n rows. Weights that sum to less than the number of rows with any are made larger by one factor, so that they sum to it.
func newUrn(n int, weights []float64) *urn {
	u := &urn{rows: n, total: float64(n)}
	alike, first, sum, positive := true, 0.0, 0.0, 0
	for _, w := range weights {
		if w > 0 {
			positive++
		}
		if first == 0 {
			first = w
		}
		alike = alike && w == first && w > 0
		sum += w
	}
	if weights == nil || alike {
		return u
	}
	factor := 1.0
	if sum < float64(positive) {
		factor = float64(positive) / sum
	}
	u.below, u.total = make([]float64, n), 0
	for i, w := range weights {
		u.total += w * factor
		u.below[i] = u.total
	}
	return u
}

// weight is how many copies of row i there are.
func (u *urn) weight(i int) float64 {
	switch {
	case u.below == nil:
		return 1
	case i == 0:
		return u.below[0]
	}
	return u.below[i] - u.below[i-1]
}

// size is how many whole rows can be drawn.
func (u *urn) size() int { return int(min(math.Floor(u.total+1e-6), math.MaxInt32)) }

// draw fills rows with row numbers. taken is n numbers that are zero, before and after.
func (u *urn) draw(rng *rand.Rand, rows []int32, taken []int32) {
	if u.below == nil && len(rows) == u.rows {
		for i := range rows {
			rows[i] = int32(i)
		}
		return
	}
	for k := range rows {
		for {
			var i int
			if u.below == nil {
				i = rng.IntN(u.rows)
				if taken[i] != 0 {
					continue
				}
			} else {
				i = min(sort.SearchFloat64s(u.below, rng.Float64()*u.total), u.rows-1)
				// the share of the row's copies that is still there
				if w := u.weight(i); !(rng.Float64()*w < w-float64(taken[i])) {
					continue
				}
			}
			rows[k] = int32(i)
			taken[i]++
			break
		}
	}
	for _, i := range rows {
		taken[i] = 0
	}
}
