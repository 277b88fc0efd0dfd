package tree

import "math"

// split is the best way found to part a node by one feature.
type split struct {
	ok          bool
	score       float64 // larger is better; comparable within a node
	feature     int
	code        int      // rows with codes <= code go left
	next        int      // the smallest code on the right; the column's missing when only missing values are there
	threshold   float64  // of a random split: values <= threshold go left; else it follows from code and next
	missingLeft bool     // rows that miss the value go left
	hasMissing  bool     // there are such rows in the node
	left        moment   // sum of the rows that go left; zero when it is not known
	set         *codeSet // the codes that go left, of a feature of categories; nil: code decides
}

// scanner scores the ways to part a node by cells. With L and R the two sides, W the sum of weights and p_k the shares of the classes,
//
//	criterion      score                                       it is maximal when this is minimal
//	gini           sum_k L_k^2 / W_L + sum_k R_k^2 / W_R       W_L (1 - sum p_k^2) + the same of R
//	entropy        sum_k L_k log(L_k / W_L) + the same of R    - W_L sum p_k log p_k + the same of R
//	squared_error  S_L^2 / W_L + S_R^2 / W_R                   W_L variance + the same of R, S the sum of w y; of several targets see several
//
// For two classes, coded 0 and 1, gini is twice squared_error but for a constant, so one loop serves both.
type scanner struct {
	entropy bool
	binary  bool  // two classes, by moments
	minRows int32 // of each side; 1: no bound
	total   moment
	classes []float64 // K sums of weights of the node, or T sums of w z
	factors []float64 // T, of several targets; else nil
	rows    int32
	left    []float64 // scratch: K or T
}

// node tells the scanner whose rows the cells are. Their sum is known unless it is zero.
func (s *scanner) node(t *Target, rows rows, known moment) {
	s.rows = int32(rows.len())
	s.total = known
	if t.moments() {
		if known.w == 0 {
			for _, m := range rows.moments {
				s.total.add(m)
			}
		}
		return
	}
	if t.several != nil {
		s.several(t.several, rows)
		return
	}
	if s.classes == nil {
		s.classes, s.left = make([]float64, t.classes), make([]float64, t.classes)
	}
	clear(s.classes)
	s.total.w = 0
	for _, m := range rows.moments {
		s.classes[int(m.s)] += m.w
		s.total.w += m.w
	}
}

// own is the score of the node that is not parted.
func (s *scanner) own() float64 {
	switch {
	case s.factors != nil:
		score := 0.0
		for k, v := range s.classes {
			score += s.factors[k] * v * v
		}
		return score / s.total.w
	case s.classes != nil:
		score := 0.0
		for _, c := range s.classes {
			score += s.part(c)
		}
		return s.side(score, s.total.w)
	case s.entropy:
		return xlogx(s.total.s) + xlogx(s.total.w-s.total.s) - xlogx(s.total.w)
	}
	return s.total.s * s.total.s / s.total.w
}

// part is what the weight of a class adds to the score of its side.
func (s *scanner) part(w float64) float64 {
	if s.entropy {
		return xlogx(w)
	}
	return w * w
}

// side makes a side's score of its parts.
func (s *scanner) side(parts, w float64) float64 {
	if s.entropy {
		return parts - xlogx(w)
	}
	return parts / w
}

func xlogx(v float64) float64 {
	if v <= 0 {
		return 0
	}
	return v * math.Log(v)
}

// best is the best split of the cells; of equal ones the lowest threshold, and missing values to the right.
func (s *scanner) best(c *cells) split {
	out := s.scan(c, false)
	if c.missing {
		out.hasMissing = true
		if with := s.scan(c, true); with.ok && (!out.ok || with.score > out.score) {
			with.hasMissing = true
			return with
		}
	}
	return out
}

// scan tries every place between two cells, with the missing values on the given side; on the right also the missing ones against all others.
func (s *scanner) scan(c *cells, missingLeft bool) split {
	last := len(c.codes) - 1 // cells on the left at most, but for this
	if c.missing && !missingLeft {
		last++
	}
	at, score := -1, math.Inf(-1)
	lowest, highest := 0, last // of the last cell on the left
	if s.minRows > 1 {
		lowest, highest = s.rowBounds(c, missingLeft)
		highest = min(highest+1, last)
	}
	switch {
	case s.factors != nil:
		at, score = s.scanSeveral(c, missingLeft, lowest, highest)
	case s.classes != nil:
		at, score = s.scanClasses(c, missingLeft, lowest, highest)
	case s.entropy:
		at, score = s.scanEntropy(c, missingLeft, lowest, highest)
	default:
		at, score = s.scanMoments(c, missingLeft, lowest, highest)
	}
	if at < 0 {
		return split{}
	}
	out := split{ok: true, score: score, code: at, missingLeft: missingLeft}
	if s.classes == nil {
		for _, m := range c.moments[:at+1] {
			out.left.add(m)
		}
		if missingLeft {
			out.left.add(c.missingMoment)
		}
	}
	return out
}

// rowBounds are the first and the last cell that may end the left side when both sides need minRows rows.
func (s *scanner) rowBounds(c *cells, missingLeft bool) (first, last int) {
	left := int32(0)
	if missingLeft {
		left = c.missingRows
	}
	first, last = len(c.codes), -1
	for i, n := range c.rows {
		left += n
		if left >= s.minRows && i < first {
			first = i
		}
		if s.rows-left >= s.minRows {
			last = i
		}
	}
	return first, last
}

func (s *scanner) scanMoments(c *cells, missingLeft bool, lowest, highest int) (at int, best float64) {
	var l moment
	if missingLeft {
		l = c.missingMoment
	}
	at, best = -1, math.Inf(-1)
	t := s.total
	for i, m := range c.moments[:min(highest, len(c.moments))] {
		l.w += m.w
		l.s += m.s
		rw, rs := t.w-l.w, t.s-l.s
		if score := (l.s*l.s*rw + rs*rs*l.w) / (l.w * rw); score > best && i >= lowest {
			at, best = i, score
		}
	}
	return at, best
}

// plain reports whether bestOfKeys, or severalOfKeys, can stand for best, which it does when no row misses the value.
func (s *scanner) plain() bool {
	return (s.classes == nil || s.factors != nil) && !s.entropy && s.minRows <= 1
}

// bestOfKeys is scanMoments straight from sorted keys, two codes at least: without cells, which cost more than the scan where most values occur once.
func (s *scanner) bestOfKeys(keys []uint32, rows []moment) (out split) {
	var l moment
	t, best, at := s.total, math.Inf(-1), 0
	for i, key := range keys[:len(keys)-1] {
		m := rows[key&0xffff]
		l.w += m.w
		l.s += m.s
		if keys[i+1]>>16 == key>>16 {
			continue
		}
		rw, rs := t.w-l.w, t.s-l.s
		if score := (l.s*l.s*rw + rs*rs*l.w) / (l.w * rw); score > best {
			at, best, out.left = i, score, l
		}
	}
	out.ok, out.score, out.code, out.next = true, best, int(keys[at]>>16), int(keys[at+1]>>16)
	return out
}

func (s *scanner) scanEntropy(c *cells, missingLeft bool, lowest, highest int) (at int, best float64) {
	var l moment
	if missingLeft {
		l = c.missingMoment
	}
	at, best = -1, math.Inf(-1)
	for i, m := range c.moments[:min(highest, len(c.moments))] {
		l.add(m)
		if i < lowest {
			continue
		}
		r := moment{s.total.w - l.w, s.total.s - l.s}
		score := xlogx(l.s) + xlogx(l.w-l.s) - xlogx(l.w) + (xlogx(r.s) + xlogx(r.w-r.s) - xlogx(r.w))
		if score > best {
			at, best = i, score
		}
	}
	return at, best
}

func (s *scanner) scanClasses(c *cells, missingLeft bool, lowest, highest int) (at int, best float64) {
	k := len(s.classes)
	clear(s.left)
	if missingLeft {
		copy(s.left, c.missingClasses)
	}
	at, best = -1, math.Inf(-1)
	for i := range min(highest, len(c.codes)) {
		lw, lp, rp := 0.0, 0.0, 0.0
		cell := c.classes[i*k : (i+1)*k]
		if s.entropy {
			for j, w := range cell {
				l := s.left[j] + w
				s.left[j] = l
				lw += l
				lp += xlogx(l)
				rp += xlogx(s.classes[j] - l)
			}
		} else {
			for j, w := range cell {
				l := s.left[j] + w
				s.left[j] = l
				r := s.classes[j] - l
				lw += l
				lp += l * l
				rp += r * r
			}
		}
		if i < lowest {
			continue
		}
		if score := s.side(lp, lw) + s.side(rp, s.total.w-lw); score > best {
			at, best = i, score
		}
	}
	return at, best
}
