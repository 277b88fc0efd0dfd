package tree

import (
	"math"
	"math/rand/v2"
	"slices"

	"aibms/learners/bin"
)

// drawn is the scratch of splits at random thresholds.
type drawn struct {
	codes   []uint16
	left    []float64 // K sums of weights, or T of w z, of the rows on the left, missing ones excepted
	missing []float64 // of those that miss the value
}

// random scores the one split at a threshold drawn uniformly between the smallest and the largest value of the node, missing values on the better side. Values that share
// a code stay together: a threshold drawn inside a bin moves to the nearer edge of it. It costs two passes over the rows.
//
//	P. Geurts, D. Ernst, L. Wehenkel: Extremely randomized trees. Machine Learning 63 (2006)
func (s *scanner) random(d *drawn, c *column, rows rows, rng *rand.Rand) result {
	d.codes = slices.Grow(d.codes[:0], rows.len())[:rows.len()]
	var lowest, highest, known int
	if c.c8 != nil {
		lowest, highest, known = spread(c.c8, uint8(c.missing), rows, d.codes)
	} else {
		lowest, highest, known = spread(c.c16, uint16(c.missing), rows, d.codes)
	}
	if known == 0 || lowest == highest && known == rows.len() {
		return result{constant: true}
	}
	out := split{code: lowest, threshold: c.threshold(lowest, c.missing), hasMissing: known < rows.len()}
	if lowest < highest {
		out.code, out.threshold = c.draw(lowest, highest, rng)
	}
	left, missing, leftRows := s.sides(d, uint16(out.code), uint16(c.missing), out.hasMissing, rows)
	before := left
	out.score = s.score(left, d.left)
	out.ok = s.enough(leftRows)
	if out.hasMissing && lowest < highest && s.enough(leftRows+int32(rows.len()-known)) {
		left.add(missing)
		for k, w := range d.missing {
			d.left[k] += w
		}
		if score := s.score(left, d.left); !out.ok || score > out.score {
			out.ok, out.score, out.missingLeft = true, score, true
		}
	}
	if s.classes == nil {
		if out.left = left; !out.missingLeft {
			out.left = before
		}
	}
	return result{split: out}
}

// enough reports whether both sides have rows enough when the left one has that many.
func (s *scanner) enough(left int32) bool { return left >= s.minRows && s.rows-left >= s.minRows }

// spread copies the codes of the rows and returns the smallest and the largest that is not missing, and how many are not. It is kept out of its caller, where the loop would lack registers.
//
//go:noinline
func spread[C uint8 | uint16](codes []C, missing C, rows rows, into []uint16) (lowest, highest, known int) {
	lowest, highest = math.MaxInt, -1
	into = into[:len(rows.ids)]
	for i, id := range rows.ids {
		code := int(codes[id])
		into[i] = uint16(code)
		if code < lowest {
			lowest = code
		}
		if code > highest {
			highest = code
		}
	}
	if highest < int(missing) {
		return lowest, highest, rows.len()
	}
	highest = -1
	for _, code := range into {
		if code != uint16(missing) {
			highest = max(highest, int(code))
			known++
		}
	}
	return lowest, highest, known
}

// draw draws a threshold between the codes lowest < highest, and returns the largest code on its left.
func (c *column) draw(lowest, highest int, rng *rand.Rand) (code int, threshold float64) {
	low, high := c.low[lowest], c.high[highest]
	threshold = low + rng.Float64()*(high-low)
	if !(threshold >= low && threshold <= high) { // the range overflows
		threshold = low/2 + high/2
	}
	code = lowest // the last code whose values begin at or before the threshold
	for n := highest + 1 - lowest; n > 1; {
		half, step := n/2, 0 // no jump: the compiler makes a number of the comparison
		if c.low[code+half] <= threshold {
			step = 1
		}
		code += half & -step
		n -= half
	}
	if threshold < c.high[code] && threshold < bin.Middle(c.low[code], c.high[code]) {
		code--
	}
	code = max(lowest, min(code, highest-1))
	if a, b := c.high[code], c.low[code+1]; !(threshold >= a && threshold < b) {
		threshold = bin.Middle(a, b)
	}
	return code, threshold
}

// sides adds up the rows with codes <= code, and those that miss the value, if there are some; d.left and d.missing get their classes where there are more than two.
func (s *scanner) sides(d *drawn, code, missing uint16, some bool, rows rows) (left, gone moment, leftRows int32) {
	codes, moments := d.codes[:rows.len()], rows.moments[:rows.len()]
	if s.classes != nil {
		if d.missing == nil { // a split by a drawn set has only made d.left
			d.left, d.missing = make([]float64, len(s.classes)), make([]float64, len(s.classes))
		}
		clear(d.left)
		clear(d.missing)
		if s.factors != nil {
			return s.sidesOfSeveral(d, code, missing, rows)
		}
		for i, r := range moments {
			switch {
			case codes[i] <= code:
				d.left[int(r.s)] += r.w
				left.w += r.w
				leftRows++
			case codes[i] == missing:
				d.missing[int(r.s)] += r.w
				gone.w += r.w
			}
		}
		return left, gone, leftRows
	}
	left, leftRows = sumUpTo(code, codes, moments)
	if some {
		for i, c := range codes {
			if c == missing {
				gone.add(moments[i])
			}
		}
	}
	return left, gone, leftRows
}

// sidesOfSeveral is sides for several targets.
func (s *scanner) sidesOfSeveral(d *drawn, code, missing uint16, rows rows) (left, gone moment, leftRows int32) {
	width := len(s.factors)
	for i, c := range d.codes[:rows.len()] {
		row := rows.sums[i*(width+1):][:width+1]
		switch {
		case c <= code:
			for k := range d.left {
				d.left[k] += row[k]
			}
			left.w += row[width]
			leftRows++
		case c == missing:
			for k := range d.missing {
				d.missing[k] += row[k]
			}
			gone.w += row[width]
		}
	}
	return left, gone, leftRows
}

// sumUpTo adds up the rows with codes <= code and counts them: two sums side by side, so that an addition need not wait for the one before. Sums are exact in any order.
func sumUpTo(code uint16, codes []uint16, moments []moment) (sum moment, count int32) {
	moments = moments[:len(codes)]
	var other moment
	i := 0
	for ; i+1 < len(codes); i += 2 {
		a, b := uint64(0), uint64(0) // no jump: the compiler makes a number of the comparison
		if codes[i] <= code {
			a = 1
		}
		if codes[i+1] <= code {
			b = 1
		}
		count += int32(a + b)
		sum.w += masked(moments[i].w, a)
		sum.s += masked(moments[i].s, a)
		other.w += masked(moments[i+1].w, b)
		other.s += masked(moments[i+1].s, b)
	}
	sum.add(other)
	if i < len(codes) && codes[i] <= code {
		count++
		sum.add(moments[i])
	}
	return sum, count
}

// masked is v when take is 1, 0 when it is 0.
func masked(v float64, take uint64) float64 { return math.Float64frombits(math.Float64bits(v) & -take) }

// score is that of a split, of whose left side the sums are given.
func (s *scanner) score(l moment, classes []float64) float64 {
	r := moment{s.total.w - l.w, s.total.s - l.s}
	switch {
	case s.factors != nil:
		return s.scoreSeveral(l.w, classes)
	case s.classes != nil:
		lp, rp := 0.0, 0.0
		for k, w := range classes {
			lp += s.part(w)
			rp += s.part(s.classes[k] - w)
		}
		return s.side(lp, l.w) + s.side(rp, r.w)
	case s.entropy:
		return xlogx(l.s) + xlogx(l.w-l.s) - xlogx(l.w) + (xlogx(r.s) + xlogx(r.w-r.s) - xlogx(r.w))
	}
	return (l.s*l.s*r.w + r.s*r.s*l.w) / (l.w * r.w)
}
