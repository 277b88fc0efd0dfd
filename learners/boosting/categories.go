package boosting

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"slices"

	"aibms/learners/bin"
	"aibms/learners/data"
)

// binSet is a set of codes of bins.
type binSet [slots / 64]uint64

func (s *binSet) add(code int)          { s[code>>6] |= 1 << (code & 63) }
func (s *binSet) has(code uint8) bool   { return s[code>>6]>>(code&63)&1 == 1 }
func words(categories int) int          { return (categories + 63) / 64 }
func inSet(set []uint64, code int) bool { return set[code>>6]>>(code&63)&1 == 1 }

// categoryRules bound splits by categories. What they mean, and their defaults, are LightGBM's.
type categoryRules struct {
	smooth     float64 // added to the sum of second derivatives when categories are put in order; rarer ones are not moved to the left
	l2         float64 // added to l2 for splits by sets
	most       int     // categories that go left at most
	one        int     // up to so many categories, one is parted from the others
	minSamples float64 // rows that are added to the left side between two places of a split
}

// category is a category in a leaf, or the missing values there.
type category struct {
	code   uint8
	sum    pair
	weight float64
	order  float64
}

// findCategories returns the best split of a leaf by a set of categories. The best of all sets for a sum of convex functions parts the categories in the order of their mean (Fisher, JASA 53, 1958); the mean here is
// the best value of the category's rows, -G / (H + smooth), so that few rows do not come first by chance. Both ends of that order are tried (Ke et al. 2017). Missing values are a category like others; without any in
// the leaf they follow the larger part. So do categories that the leaf does not have. Rare ones stay on the right.
func (f *splitFinder) findCategories(t *table, bins int, weights *[slots]float64, rules *categoryRules, hessianUnit float64) split {
	var all []category
	hasMissing := false
	for b := 0; b <= bins; b++ {
		code := b
		if b == bins {
			code = int(bin.Missing)
		}
		if t[code] == 0 && (weights == nil || weights[code] == 0) {
			continue
		}
		hasMissing = hasMissing || code == int(bin.Missing)
		c := category{code: uint8(code), sum: t[code], weight: f.weight * t[code].hessian() / f.total.hessian()}
		if weights != nil {
			c.weight = weights[code]
		}
		c.order = c.sum.gradient() / (c.sum.hessian() + rules.smooth/hessianUnit)
		all = append(all, c)
	}
	var best split
	score := f.own + 1e-12*math.Abs(f.own)
	var set binSet
	try := func(finder *splitFinder, left pair, weight float64) {
		right := f.total - left
		if left.hessian() < f.minHessian || right.hessian() < f.minHessian || weights != nil && (weight < f.minSamples || f.weight-weight < f.minSamples) {
			return
		}
		if s := finder.score(left) + finder.score(right); s > score {
			score = s
			best = split{gain: f.gainUnit * (s - f.own), left: left, set: new(binSet)}
			*best.set = set
		}
	}
	if len(all) <= rules.one {
		for _, c := range all {
			set = binSet{}
			set.add(int(c.code))
			try(f, c.sum, c.weight)
		}
	} else {
		stronger := *f
		stronger.l2 += rules.l2 / hessianUnit
		used := slices.DeleteFunc(slices.Clone(all), func(c category) bool { return c.weight < rules.smooth })
		slices.SortStableFunc(used, func(a, b category) int { return cmp.Compare(a.order, b.order) })
		for range 2 { // from either end
			set = binSet{}
			var left pair
			weight, group := 0.0, 0.0
			for i := 0; i < len(used)-1 && i < rules.most && 2*i <= len(used); i++ {
				c := &used[i]
				set.add(int(c.code))
				left += c.sum
				weight += c.weight
				group += c.weight
				if f.weight-weight < rules.minSamples {
					break
				}
				if group >= rules.minSamples {
					group = 0
					try(&stronger, left, weight)
				}
			}
			slices.Reverse(used)
		}
	}
	if best.set == nil || !(best.gain > f.minGain) || math.IsInf(best.gain, 0) {
		return split{}
	}
	if best.missingLeft = best.set.has(bin.Missing); !hasMissing {
		best.missingLeft = 2*best.left.hessian() >= f.total.hessian()
	}
	if best.missingLeft {
		best.set.add(int(bin.Missing))
		for b := range bins {
			if t[b] == 0 && (weights == nil || weights[b] == 0) {
				best.set.add(b)
			}
		}
	}
	return best
}

// leftCodes are the codes of categories that go left by a set of bins, of so many categories. A category without a bin of its own goes with the missing values.
func leftCodes(set *binSet, f *bin.Feature, categories int) []uint64 {
	out := make([]uint64, words(categories))
	for c := range categories {
		if set.has(f.Code(float64(c))) {
			out[c>>6] |= 1 << (c & 63)
		}
	}
	return out
}

// codesOf lists the codes in a set.
func codesOf(set []uint64) []int {
	out := []int{}
	for w, v := range set {
		for ; v != 0; v &= v - 1 {
			out = append(out, 64*w+bits.TrailingZeros64(v))
		}
	}
	return out
}

// categorical tells which features bin as categories; nil: none.
func categorical(e *data.Examples) []bool {
	if e.Categories == nil {
		return nil
	}
	out := make([]bool, len(e.Categories))
	for j, k := range e.Categories {
		out[j] = k > 0
	}
	return out
}

// checkCategories refuses values that are no codes of categories.
func checkCategories(e *data.Examples, m *bin.Matrix) error {
	for j, k := range e.Categories {
		if k == 0 {
			continue
		}
		for _, v := range m.Features[j].Low {
			if !(v >= 0 && v < float64(k) && v == math.Trunc(v)) {
				return fmt.Errorf("%s: feature %d has %d categories, and %v is the code of none", learnerName, j+1, k, v)
			}
		}
	}
	return nil
}

// walkNamed follows one row of a group to its leaf in a tree that splits by categories.
func (e *ensemble) walkNamed(t tree, row []float64) int32 {
	at := int32(0)
	for {
		n := &t[at]
		if n.feature < 0 {
			return at
		}
		v, left := row[lanes*int(n.feature)], n.missingLeft
		switch {
		case n.left == nil && !math.IsInf(v, 1):
			left = v <= n.cut
		case n.left != nil && v >= 0 && v < float64(e.categories[n.feature]) && v == math.Trunc(v):
			left = inSet(n.left, int(v))
		}
		if at = n.child; !left {
			at++
		}
	}
}
