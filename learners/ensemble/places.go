package ensemble

import (
	"context"
	"math"
	"slices"

	"aibms/learners/data"
)

// place is where a row stands among those of its class (among all of a regression), as chance puts them: rank 0, 1 ... below of.
type place struct {
	class    int32 // -1: the row has no weight, and no place
	rank, of int32
}

// newPlaces puts the rows of each class in an order that the seed draws: that of a hash of what they hold. So it does not depend on the order of the rows, and copies of a row share a
// place, as a row of weight two stands where the row twice does. Only where a class has fewer than least different rows each row has a place of its own. O(n p) and the sort.
func newPlaces(ctx context.Context, e *data.Examples, seed uint64, least int) ([]place, error) {
	n, _ := e.Dims()
	places := make([]place, n)
	hashes := make([]uint64, n)
	order := make([]int32, 0, n)
	for i := range n {
		if i%rowsBetweenChecks == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
		places[i].class = -1
		if e.Weight(i) > 0 {
			if e.Classes != nil {
				places[i].class = int32(e.Y[i])
			} else {
				places[i].class = 0
			}
			y := 0.0
			if e.Y != nil {
				y = e.Y[i]
			}
			hashes[i] = hashRow(e.X.RawRowView(i), y, seed)
			order = append(order, int32(i))
		}
	}
	if err := sortByHash(ctx, order, hashes); err != nil {
		return nil, err
	}
	type count struct {
		rows, different int32
		last            uint64
	}
	classes := make([]count, max(1, len(e.Classes)))
	ranks := make([]int32, n) // among different rows
	for _, i := range order {
		c := &classes[places[i].class]
		if c.rows == 0 || c.last != hashes[i] {
			c.different++
			c.last = hashes[i]
		}
		ranks[i] = c.different - 1
		places[i].rank = c.rows
		c.rows++
	}
	for _, i := range order {
		c := &classes[places[i].class]
		places[i].of = c.rows
		if int(c.different) >= least {
			places[i].rank, places[i].of = ranks[i], c.different
		}
	}
	return places, ctx.Err()
}

// hashRow is a number of 64 bits that tells rows apart by their features, their target and the seed. NaN is one value, and so are 0 and -0.
func hashRow(x []float64, y float64, seed uint64) uint64 {
	h := mix(seed ^ 0x517cc1b727220a95)
	for _, v := range x {
		h = mix(h ^ bitsOf(v))
	}
	return mix(h ^ bitsOf(y))
}

func bitsOf(v float64) uint64 {
	switch {
	case v == 0:
		return 0
	case math.IsNaN(v):
		return 0x7ff8000000000001
	}
	return math.Float64bits(v)
}

// mix is the finaliser of SplitMix64: one to one, and each bit of what comes out depends on every bit of what goes in.
func mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// sortByHash sorts rows by their hashes, equal ones by their numbers: first into heaps by the first bits of the hash, so that no sort is long and the context is heard between two.
func sortByHash(ctx context.Context, order []int32, hashes []uint64) error {
	const bits = 10
	var ends [1 << bits]int
	for _, i := range order {
		ends[hashes[i]>>(64-bits)]++
	}
	sum := 0
	for h := range ends {
		sum, ends[h] = sum+ends[h], sum
	}
	heaps := make([]int32, len(order))
	for _, i := range order {
		h := hashes[i] >> (64 - bits)
		heaps[ends[h]] = i
		ends[h]++
	}
	copy(order, heaps)
	low := 0
	for _, end := range ends {
		if err := ctx.Err(); err != nil {
			return err
		}
		slices.SortFunc(order[low:end], func(a, b int32) int {
			switch {
			case hashes[a] < hashes[b]:
				return -1
			case hashes[a] > hashes[b]:
				return 1
			}
			return int(a - b)
		})
		low = end
	}
	return nil
}
