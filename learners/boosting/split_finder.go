package boosting

import "math"

// split divides the rows of a leaf by one feature.
type split struct {
	gain        float64 // by how much twice the loss falls, at the second order, less what regularisation costs; 0: there is no split
	feature     int     // of the matrix
	bin         uint8   // the last code that goes left
	missingLeft bool
	left        pair    // of the rows that go left
	set         *binSet // the codes that go left, of a feature of categories; nil: bin decides
}

// splitRules are what a split has to keep, in the units of the objective.
type splitRules struct {
	l1, l2, minChildWeight, minGain, minSamples float64

	categories categoryRules
	directions []int8 // of each feature: 1 when predictions must not fall with it, -1 when they must not rise; nil: all are free
}

// splitFinder looks for the best split of a leaf in one feature. With G and H the sums of gradients and hessians of the rows on a side, the best value for them is -T(G) / (H + l2), where
// T(G) = sign(G) max(0, |G| - l1), and twice the loss falls by T(G)^2 / (H + l2) (Chen, Guestrin, KDD 2016, equations 5 and 6, with L1). The gain of a split is what that is more on both
// sides than for the leaf.
//
// Where features are monotone, a leaf's value is held within bounds, and the scores are those of the values that are allowed.
//
// Everything here is in steps of the whole numbers. A splitFinder is for one leaf and safe for concurrent use.
type splitFinder struct {
	l1, l2     float64
	total      pair
	minHessian float64 // of a side
	own        float64 // T(G)^2 / (H + l2) of the leaf
	bounds     bounds  // of the leaf's value
	bounded    bool
	minSamples float64
	gainUnit   float64
	minGain    float64 // in the units of the objective
	weight     float64 // of the leaf's rows
}

// newSplitFinder prepares for a leaf whose rows have the given pairs and weights in sum. The hessian of a side stands for its weight: a side must have the share of the hessian that
// min_samples_leaf is of the leaf's weight, which is exact when all hessians are the weights. The grower checks the rest when it divides the rows.
func newSplitFinder(r splitRules, q *gradients, total pair, weight float64, b bounds) *splitFinder {
	f := &splitFinder{l1: r.l1 / q.gradientUnit, l2: r.l2 / q.hessianUnit, total: total, weight: weight, minSamples: r.minSamples, gainUnit: q.gradientUnit * q.gradientUnit / q.hessianUnit, minGain: r.minGain}
	f.minHessian = max(1, r.minChildWeight/q.hessianUnit, r.minSamples*total.hessian()/weight*(1-1e-9))
	unit := q.gradientUnit / q.hessianUnit
	f.bounds = bounds{b.low / unit, b.high / unit}
	f.bounded = b != unbounded
	f.own = f.score(total)
	return f
}

// shrink is T(G).
func (f *splitFinder) shrink(g float64) float64 {
	switch {
	case g > f.l1:
		return g - f.l1
	case g < -f.l1:
		return g + f.l1
	}
	return 0
}

// score is T(G)^2 / (H + l2), or what twice the loss falls by with the value nearest to the best that is within the bounds.
func (f *splitFinder) score(p pair) float64 {
	g, h := f.shrink(p.gradient()), p.hessian()+f.l2
	if g == 0 && !f.bounded {
		return 0
	}
	if best := -g / h; f.bounded && !f.bounds.hold(best) {
		v := f.bounds.nearest(best)
		return -(2*p.gradient()+h*v)*v - 2*f.l1*math.Abs(v)
	}
	return g * g / h
}

// value is the value that score is about.
func (f *splitFinder) value(p pair) float64 {
	return f.bounds.nearest(-f.shrink(p.gradient()) / (p.hessian() + f.l2))
}

// bounds are what a value must lie within.
type bounds struct{ low, high float64 }

var unbounded = bounds{math.Inf(-1), math.Inf(1)}

func (b bounds) hold(v float64) bool       { return v >= b.low && v <= b.high }
func (b bounds) nearest(v float64) float64 { return max(b.low, min(b.high, v)) }

// candidate is the best split of one scan.
type candidate struct {
	top, bottom float64 // the scores of both sides in sum are top / bottom
	bin         int
	left        pair
	missingLeft bool
}

// find returns the best split of the feature with the given histogram and number of bins. weights, when not nil, holds the weight of the leaf's rows by code: then both sides have at least
// min_samples_leaf of it. direction is that of the feature.
func (f *splitFinder) find(t *table, bins int, weights *[slots]float64, direction int8) split {
	missing := t[slots-1]
	best := candidate{top: f.own, bottom: 1}
	hasMissing := missing != 0 || weights != nil && weights[slots-1] > 0
	if f.l1 != 0 || weights != nil || f.bounded || direction != 0 {
		f.scanAll(t, bins, weights, direction, missing, false, &best)
		if hasMissing {
			f.scanAll(t, bins, weights, direction, missing, true, &best)
		}
	} else {
		f.scan(t, bins, missing, false, &best)
		if hasMissing {
			f.scan(t, bins, missing, true, &best)
		}
	}
	gain := f.gainUnit * (best.top/best.bottom - f.own)
	if best.left == 0 || !(best.top/best.bottom > f.own+1e-12*math.Abs(f.own)) || !(gain > f.minGain) || math.IsInf(gain, 0) {
		return split{}
	}
	if !hasMissing { // nothing was learned about missing values: they follow the larger part
		best.missingLeft = 2*best.left.hessian() >= f.total.hessian()
	}
	return split{gain: gain, bin: uint8(best.bin), missingLeft: best.missingLeft, left: best.left}
}

// scan goes over the bins in their order with the sum of what is left of the boundary, and over the boundary behind them when missing values are on the right.
func (f *splitFinder) scan(t *table, bins int, missing pair, missingLeft bool, best *candidate) {
	var left pair
	if missingLeft {
		left = missing
	}
	top, bottom := best.top, best.bottom
	before := -1
	for b := 0; b <= bins; b++ {
		var p pair
		if b < bins {
			if p = t[b&(slots-1)]; p == 0 {
				continue
			}
		} else if missing == 0 || missingLeft {
			break
		}
		if before >= 0 {
			right := f.total - left
			hl, hr := left.hessian(), right.hessian()
			if hr < f.minHessian {
				break
			}
			if hl >= f.minHessian {
				gl, gr := left.gradient(), right.gradient()
				hl, hr := hl+f.l2, hr+f.l2
				// x/y is gl^2/hl + gr^2/hr; comparing without dividing
				x, y := float64(gl*gl*hr)+float64(gr*gr*hl), hl*hr
				if x*bottom > top*y {
					top, bottom = x, y
					*best = candidate{top: x, bottom: y, bin: boundary(before, b, bins), left: left, missingLeft: missingLeft}
				}
			}
		}
		left += p
		before = b
	}
}

// boundary is the last code on the left when the rows of the leaf have none between before and b: the middle. When b is the number of bins, every code is on the left.
func boundary(before, b, bins int) int {
	if b == bins {
		return bins - 1
	}
	return (before + b - 1) / 2
}

// scanAll is scan with L1, weights, bounds and a direction.
func (f *splitFinder) scanAll(t *table, bins int, weights *[slots]float64, direction int8, missing pair, missingLeft bool, best *candidate) {
	var left pair
	weight, all := 0.0, 0.0
	if weights != nil {
		for _, w := range weights {
			all += w
		}
	}
	if missingLeft {
		left = missing
		if weights != nil {
			weight = weights[slots-1]
		}
	}
	before := -1
	for b := 0; b <= bins; b++ {
		if b < bins {
			if t[b] == 0 && (weights == nil || weights[b] == 0) {
				continue
			}
		} else if missingLeft {
			break
		}
		if before >= 0 {
			right := f.total - left
			enough := weights == nil || weight >= f.minSamples && all-weight >= f.minSamples
			if enough && left.hessian() >= f.minHessian && right.hessian() >= f.minHessian &&
				(direction == 0 || float64(direction)*(f.value(right)-f.value(left)) >= 0) {
				if s := f.score(left) + f.score(right); s*best.bottom > best.top {
					*best = candidate{top: s, bottom: 1, bin: boundary(before, b, bins), left: left, missingLeft: missingLeft}
				}
			}
		}
		if b < bins {
			left += t[b]
			if weights != nil {
				weight += weights[b]
			}
		}
		before = b
	}
}
