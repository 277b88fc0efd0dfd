package boosting

import (
	"context"
	"math"

	"aibms/internal/safego"
)

// chunk is how many rows are worked on at a time: the sums of chunks are combined in their order, so that they do not depend on the number of workers.
const chunk = 8192

// pair holds whole numbers in place of a gradient and a hessian: the sum of gradients times 2^32 plus the sum of hessians. Adding pairs adds both at once, exactly and in any order;
// so histograms have the same bits whoever adds them up, and the histogram of a child is that of its parent less that of its sibling.
//
// The gradients of a tree are rounded to multiples of 2^-k, with k the largest for which the sum of their sizes stays below 2^30; the hessians likewise, below 2^31. With a million rows
// that leaves a gradient of usual size about 1000 steps, with a thousand rows a million. (Shi et al., Quantized Training of Gradient Boosting Decision Trees, NeurIPS 2022, show that a
// few steps are enough when rounding is at random; with these many, rounding to nearest is, and it does not depend on the order of the rows.)
type pair int64

func (p pair) gradient() float64 { return float64(int64(p) >> 32) }
func (p pair) hessian() float64  { return float64(uint32(p)) }

// gradients are the derivatives of one output of one round.
type gradients struct {
	g, h  []float64 // as the objective gives them
	pairs []pair    // rounded
	// what one step of the whole numbers is worth
	gradientUnit, hessianUnit float64
}

func newGradients(n int) *gradients {
	return &gradients{g: make([]float64, n), h: make([]float64, n), pairs: make([]pair, n)}
}

// round fills the pairs of the rows; nil means all. The other rows' are left as they are.
func (q *gradients) round(ctx context.Context, rows []uint32, workers int) error {
	n := len(q.g)
	if rows != nil {
		n = len(rows)
	}
	chunks := (n + chunk - 1) / chunk
	sizes := make([][2]float64, chunks)
	err := safego.Chunks(ctx, n, chunk, workers, func(c, lo, hi int) error {
		g, h := 0.0, 0.0
		if rows == nil {
			for i, v := range q.g[lo:hi] {
				g += math.Abs(v)
				h += q.h[lo+i]
			}
		} else {
			for _, i := range rows[lo:hi] {
				g += math.Abs(q.g[i])
				h += q.h[i]
			}
		}
		sizes[c] = [2]float64{g, h}
		return nil
	})
	if err != nil {
		return err
	}
	g, h := 0.0, 0.0
	for _, s := range sizes {
		g += s[0]
		h += s[1]
	}
	gs, hs := steps(g, 1<<30-float64(n)), steps(h, 1<<31-float64(n))
	q.gradientUnit, q.hessianUnit = 1/gs, 1/hs
	return safego.Chunks(ctx, n, chunk, workers, func(_, lo, hi int) error {
		if rows == nil {
			g, h, pairs := q.g[lo:hi], q.h[lo:hi], q.pairs[lo:hi]
			for i := range pairs {
				pairs[i] = roundPair(g[i]*gs, h[i]*hs)
			}
			return nil
		}
		for _, i := range rows[lo:hi] {
			q.pairs[i] = roundPair(q.g[i]*gs, q.h[i]*hs)
		}
		return nil
	})
}

// steps is the largest power of two that, times sum, is at most limit; of a sum that is 0 or not finite, 1.
func steps(sum, limit float64) float64 {
	if !(sum > 0) || math.IsInf(sum, 0) {
		return 1
	}
	_, e := math.Frexp(limit / sum)
	return math.Ldexp(1, max(-1000, min(1000, e-1)))
}

// roundPair rounds to nearest; |g| < 2^31, 0 <= h < 2^31.
func roundPair(g, h float64) pair {
	const shift = 6755399441055744 // 1.5 * 2^52: adding it rounds to a whole number, in the low bits
	return pair(int64(int32(math.Float64bits(float64(g)+shift)))<<32 + int64(int32(math.Float64bits(float64(h)+shift))))
}
