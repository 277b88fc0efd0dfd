package tree

import (
	"math/rand/v2"
	"sort"

	"aibms/learners/bin"
)

// random scores the one split at a threshold drawn uniformly between the smallest and the largest value of the node, missing values on the better side. Values that share
// a code stay together: a threshold drawn inside a bin moves to the nearer edge of it.
//
//	P. Geurts, D. Ernst, L. Wehenkel: Extremely randomized trees. Machine Learning 63 (2006)
func (s *scanner) random(c *column, cells *cells, rng *rand.Rand) split {
	last := len(cells.codes) - 1
	low, high := c.low[cells.codes[0]], c.high[cells.codes[last]]
	threshold := low + rng.Float64()*(high-low)
	if threshold-threshold != 0 || !(threshold >= low) { // the range overflows
		threshold = low/2 + high/2
	}
	// the cell that ends the left side
	at := sort.Search(len(cells.codes), func(i int) bool { return c.low[cells.codes[i]] > threshold }) - 1
	if b := cells.codes[at]; threshold < c.high[b] && threshold < bin.Middle(c.low[b], c.high[b]) {
		at--
	}
	if at = max(0, at); last > 0 {
		at = min(at, last-1)
		if a, b := c.high[cells.codes[at]], c.low[cells.codes[at+1]]; !(threshold >= a && threshold < b) {
			threshold = bin.Middle(a, b)
		}
	}
	if last == 0 { // only to part missing values from the others
		threshold = c.threshold(int(cells.codes[0]), c.missing)
	}
	out := split{hasMissing: cells.missing}
	for _, missingLeft := range []bool{false, true} {
		if missingLeft && (!cells.missing || last == 0) {
			break
		}
		lowest, highest := at, at+1
		if s.minRows > 1 {
			first, final := s.rowBounds(cells, missingLeft)
			if at < first || at > final {
				continue
			}
		}
		score := 0.0
		place := -1
		switch {
		case s.classes != nil:
			place, score = s.scanClasses(cells, missingLeft, lowest, highest)
		case s.entropy:
			place, score = s.scanEntropy(cells, missingLeft, lowest, highest)
		default:
			place, score = s.scanMoments(cells, missingLeft, lowest, highest)
		}
		if place >= 0 && (!out.ok || score > out.score) {
			out.ok, out.score, out.code, out.missingLeft, out.threshold = true, score, at, missingLeft, threshold
		}
	}
	return out
}
