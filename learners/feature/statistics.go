package feature

import (
	"context"
	"math"
)

// pollRows is how many rows of one column are worked on between two looks at the context: well under a millisecond.
const pollRows = 1 << 15

// moments describes the numbers of a column that are not NULL. Without any, all but count are NaN.
type moments struct {
	count    int
	mean     float64
	stdDev   float64 // of the population; 0 exactly when min == max
	min, max float64
}

// measure takes the moments of col in two passes, by weights above 0 and at most 1 (nil: 1 each). The mean is correctly rounded and the standard deviation is made of exact sums, so neither
// depends on the order of the rows; values up to the largest float64 do not overflow. (The products with weights are rounded before they are added.)
func measure(ctx context.Context, col, weights []float64) (moments, error) {
	m := moments{min: math.Inf(1), max: math.Inf(-1)}
	var sum, weight exactSum
	low := 0
	err := eachChunk(ctx, col, func(chunk []float64) {
		for i, x := range chunk {
			if x != x {
				continue
			}
			m.count++
			m.min, m.max = min(m.min, x), max(m.max, x)
			if weights != nil {
				w := weights[low+i]
				weight.add(w)
				x *= w
			}
			sum.add(x)
		}
		low += len(chunk)
	})
	if err != nil {
		return m, err
	}
	if m.count == 0 {
		nan := math.NaN()
		return moments{mean: nan, stdDev: nan, min: nan, max: nan}, nil
	}
	total := float64(m.count)
	if weights != nil {
		total = weight.mean(1)
	}
	m.mean = sum.mean(total)
	if m.min == m.max {
		return m, nil
	}
	// deviations are taken of values scaled by a power of two to about 1, so that their squares neither overflow nor vanish
	_, exponent := math.Frexp(max(math.Abs(m.min), math.Abs(m.max)))
	exponent = max(-1000, min(exponent, 1000))
	scale := math.Ldexp(1, -exponent)
	center := m.mean * scale
	var first, second exactSum
	low = 0
	err = eachChunk(ctx, col, func(chunk []float64) {
		for i, x := range chunk {
			if x != x {
				continue
			}
			d := float64(x*scale) - center
			if weights != nil {
				w := weights[low+i]
				first.add(w * d)
				second.add(w * (d * d))
				continue
			}
			first.add(d)
			second.add(d * d)
		}
		low += len(chunk)
	})
	if err != nil {
		return m, err
	}
	// the mean of d is not 0 when the mean of x was rounded: Var(x) = E[d^2] - E[d]^2
	rest := first.mean(total)
	m.stdDev = math.Ldexp(math.Sqrt(max(0, second.mean(total)-float64(rest*rest))), exponent)
	return m, nil
}

// eachChunk calls f with the consecutive chunks of all, and stops when the context ends.
func eachChunk[T any](ctx context.Context, all []T, f func(chunk []T)) error {
	for len(all) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(len(all), pollRows)
		f(all[:n])
		all = all[n:]
	}
	return ctx.Err()
}
