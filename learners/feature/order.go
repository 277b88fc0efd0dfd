package feature

import (
	"context"
	"math"
	"slices"
)

// sorted returns the numbers of col that are not NaN, ascending, -0 as 0. It takes O(n) time and 2n extra space.
//
// Few values are sorted by comparison; many by their bits, eight at a time from the lowest (least-significant-digit radix sort), after a map
// from float64 to uint64 that keeps the order. A digit that is the same in all values is skipped: whole numbers have many.
func sorted(ctx context.Context, col []float64) ([]float64, error) {
	out := make([]float64, 0, len(col))
	err := eachChunk(ctx, col, func(chunk []float64) {
		for _, x := range chunk {
			if x == x {
				out = append(out, x+0)
			}
		}
	})
	if err != nil || len(out) < 512 {
		slices.Sort(out)
		return out, err
	}
	keys, swap := make([]uint64, 0, len(out)), make([]uint64, len(out))
	counts := new([8][256]int)
	err = eachChunk(ctx, out, func(chunk []float64) {
		for _, x := range chunk {
			k := orderedBits(x)
			keys = append(keys, k)
			for d := range counts {
				counts[d][byte(k>>(8*d))]++
			}
		}
	})
	if err != nil {
		return nil, err
	}
	for d := range counts {
		next, shift := &counts[d], 8*d
		if next[byte(keys[0]>>shift)] == len(keys) {
			continue
		}
		at := 0
		for digit, n := range next {
			next[digit] = at
			at += n
		}
		err := eachChunk(ctx, keys, func(chunk []uint64) {
			for _, k := range chunk {
				digit := byte(k >> shift)
				swap[next[digit]] = k
				next[digit]++
			}
		})
		if err != nil {
			return nil, err
		}
		keys, swap = swap, keys
	}
	for i, k := range keys {
		out[i] = fromOrderedBits(k)
	}
	return out, nil
}

// orderedBits maps float64s that are not NaN to integers of the same order.
func orderedBits(x float64) uint64 {
	b := math.Float64bits(x)
	if b>>63 == 1 {
		return ^b
	}
	return b | 1<<63
}

func fromOrderedBits(k uint64) float64 {
	if k>>63 == 1 {
		return math.Float64frombits(k &^ (1 << 63))
	}
	return math.Float64frombits(^k)
}

// quantile is the q-quantile (0 <= q <= 1) of ascending values, at least one: linear between the two nearest ranks, type 7 of Hyndman and
// Fan, "Sample quantiles in statistical packages" (The American Statistician 50, 1996).
func quantile(ascending []float64, q float64) float64 {
	at := float64(len(ascending)-1) * q
	low := int(at)
	if low+1 >= len(ascending) {
		return ascending[len(ascending)-1]
	}
	a, b, t := ascending[low], ascending[low+1], at-float64(low)
	if a == b {
		return a
	}
	// a + (b - a) t could overflow where a and b are far apart; this form can only round past an end, hence the limits
	return min(max(float64(a*(1-t))+float64(b*t), a), b)
}

// fewNumbers are sorted to find their median.
const fewNumbers = 4096

// median is the 0.5-quantile of the numbers of col that are not NaN; known is false when there are none. It sorts only the values about the middle: those
// that share their 16 highest bits (sign, exponent and four binary digits) with it, found by counting; of few numbers all, which takes less than the counts. O(n) time.
func median(ctx context.Context, col []float64) (value float64, known bool, err error) {
	if len(col) < fewNumbers {
		ascending, err := sorted(ctx, col)
		if err != nil || len(ascending) == 0 {
			return 0, false, err
		}
		return quantile(ascending, 0.5), true, nil
	}
	const buckets = 1 << 16
	bucket := func(x float64) int { return int(orderedBits(x+0) >> 48) }
	counts, n := make([]int, buckets), 0
	err = eachChunk(ctx, col, func(chunk []float64) {
		for _, x := range chunk {
			if x == x {
				counts[bucket(x)]++
				n++
			}
		}
	})
	if err != nil || n == 0 {
		return 0, false, err
	}
	low, below := 0, 0 // the bucket of the value of rank (n-1)/2, and how many are in lower ones
	for below+counts[low] <= (n-1)/2 {
		below += counts[low]
		low++
	}
	high, upTo := low, below+counts[low]
	for upTo <= n/2 {
		high++
		upTo += counts[high]
	}
	middle := make([]float64, 0, upTo-below)
	err = eachChunk(ctx, col, func(chunk []float64) {
		for _, x := range chunk {
			if x == x {
				if b := bucket(x); b >= low && b <= high {
					middle = append(middle, x)
				}
			}
		}
	})
	if err != nil {
		return 0, false, err
	}
	if middle, err = sorted(ctx, middle); err != nil {
		return 0, false, err
	}
	at := (n-1)/2 - below
	return quantile(middle[at:at+1+(n+1)%2], 0.5), true, nil
}

// frequency is a number and how often it occurs.
type frequency struct {
	value float64
	count int
}

// frequencies counts the distinct numbers of ascending values, in their order.
func frequencies(ascending []float64) []frequency {
	var out []frequency
	for i, x := range ascending {
		if i == 0 || x != ascending[i-1] {
			out = append(out, frequency{value: x})
		}
		out[len(out)-1].count++
	}
	return out
}
