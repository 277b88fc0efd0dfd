package feature

import (
	"context"
	"fmt"
	"math"
)

// Scale is what the automatic rules make of a column of numbers for a learner that needs them of comparable size and takes no missing ones: STANDARD_SCALE(IMPUTE(x, 'median')), to the same bits. Learners that are made of
// others prepare the features of each by it. It knows more than the transformers do: the weights of rows.
//
// A column whose numbers are 0 and 1 alone is taken for one of BOOLEAN, or of ONE_HOT: IMPUTE(x, 'most_frequent').
type Scale struct {
	Fill      float64 // stands for a missing value; 0 where every value is missing
	Mean      float64 // of the numbers after they were filled
	Deviation float64 // of the same; 0: they do not vary, and every number becomes 0
}

// Of is (x - mean) / deviation; what is too large becomes the largest number.
func (s Scale) Of(x float64) float64 {
	if s.Deviation == 0 && x == x {
		return 0
	}
	return max(-math.MaxFloat64, min(math.MaxFloat64, (x-s.Mean)/s.Deviation))
}

// FitScale learns from the numbers of rows of these weights, all above 0 (nil: 1 each); NaN is a missing one. It fills col. The order of the rows does not matter, and a row of weight 2 counts as the row twice does. It
// ends within 50 ms of ctx; otherwise it fails only for an infinite number. O(n) time.
func FitScale(ctx context.Context, col, weights []float64) (Scale, error) {
	var (
		flags    = true
		infinite = math.NaN()
		count    [2]float64 // of 0 and 1
		heaviest = 0.0
		low      = 0
	)
	if err := eachChunk(ctx, col, func(chunk []float64) {
		for i, x := range chunk {
			w := 1.0
			if weights != nil {
				w = weights[low+i]
			}
			heaviest = max(heaviest, w)
			switch {
			case math.IsInf(x, 0):
				infinite = x
			case x == 0:
				count[0] += w
			case x == 1:
				count[1] += w
			case x == x:
				flags = false
			}
		}
		low += len(chunk)
	}); err != nil {
		return Scale{}, err
	}
	if infinite == infinite {
		return Scale{}, fmt.Errorf("a value is %v, which is not a finite number", infinite)
	}
	if flags && count[0] > 0 && count[1] > 0 {
		s := Scale{Deviation: 1}
		if count[1] > count[0] {
			s.Fill = 1
		}
		return s, eachChunk(ctx, col, imputeNumber{s.Fill}.apply)
	}
	var s Scale
	var err error
	if weights == nil {
		s.Fill, _, err = median(ctx, col)
	} else if weights, err = scaledDown(ctx, weights, heaviest); err == nil {
		s.Fill, err = weightedMedian(ctx, col, weights)
	}
	if err != nil {
		return s, err
	}
	if err := eachChunk(ctx, col, imputeNumber{s.Fill}.apply); err != nil {
		return s, err
	}
	m, err := measure(ctx, col, weights)
	if err == nil && m.count > 0 && m.min < m.max {
		s.Mean, s.Deviation = m.mean, m.stdDev
	}
	return s, err
}

// scaledDown are weights of which the heaviest is between 1/2 and 1: scaled by a power of two, so that nothing is rounded. Those that become 0 are too small to count.
func scaledDown(ctx context.Context, weights []float64, heaviest float64) ([]float64, error) {
	_, exponent := math.Frexp(heaviest)
	out := make([]float64, 0, len(weights))
	return out, eachChunk(ctx, weights, func(chunk []float64) {
		for _, w := range chunk {
			out = append(out, math.Ldexp(w, -exponent))
		}
	})
}

// weighted is a number by its ordered bits, with a weight.
type weighted struct {
	bits   uint64
	weight float64
}

// weightedMedian is the median of a column in which each number stands as often as its weight says: the middle between the least number with half of the weight at or below it and the least with more than half. 0 without any.
func weightedMedian(ctx context.Context, col, weights []float64) (float64, error) {
	all, total, low := make([]weighted, 0, len(col)), 0.0, 0
	if err := eachChunk(ctx, col, func(chunk []float64) {
		for i, x := range chunk {
			if w := weights[low+i]; x == x && w > 0 {
				all = append(all, weighted{orderedBits(x + 0), w})
				total += w
			}
		}
		low += len(chunk)
	}); err != nil || len(all) == 0 {
		return 0, err
	}
	half, err := reaching(ctx, all, func(below float64) bool { return below >= total/2 })
	if err != nil {
		return 0, err
	}
	more, err := reaching(ctx, all, func(below float64) bool { return below > total/2 })
	if err != nil {
		return 0, err
	}
	return quantile([]float64{half, more}, 0.5), nil
}

// reaching is the least number for which enough holds of the weight at or below it, or else the largest: found digit by digit, the highest first, each among the numbers that have the ones before.
func reaching(ctx context.Context, all []weighted, enough func(below float64) bool) (float64, error) {
	below, bits := 0.0, uint64(0)
	for shift := 56; shift >= 0; shift -= 8 {
		var sums [256]float64
		if err := eachChunk(ctx, all, func(chunk []weighted) {
			for _, v := range chunk {
				sums[byte(v.bits>>shift)] += v.weight
			}
		}); err != nil {
			return 0, err
		}
		digit, before := 0, below
		for d, sum := range sums {
			if sum == 0 {
				continue
			}
			digit, before = d, below
			if below += sum; enough(below) {
				break
			}
		}
		below, bits = before, bits<<8|uint64(digit)
		var same []weighted
		if err := eachChunk(ctx, all, func(chunk []weighted) {
			for _, v := range chunk {
				if byte(v.bits>>shift) == byte(digit) {
					same = append(same, v)
				}
			}
		}); err != nil {
			return 0, err
		}
		all = same
	}
	return fromOrderedBits(bits), nil
}
