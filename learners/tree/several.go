package tree

import (
	"fmt"
	"math"
	"slices"

	"aibms/learners/data"
)

// several are two numbers or more that one tree learns: T targets, which share every split.
//
// The impurity of a node is the mean over the targets of the mean squared error of each, measured in units of the target's own variance over the training rows: target k counts by
// the weighted mean of (y_k - mean_k)^2 / v_k. So every target counts the same whatever its unit is, a constant one not at all, all rows together have the impurity 1, and a split's decrease
// of it is the mean of what it explains of the variance of each target. On targets that are divided by their standard deviations, these are the trees of scikit-learn, which adds up
// squared errors as they are: there, a target in cents counts 10,000 times as much as in euros.
//
//	score = sum_k f_k S_k^2 / W_L + the same of R,   S_k the sum of w z_k
//
// where z_k is the target scaled to [-1, 1], as a single one is, and f_k = 1 / (variance of z_k). The sums are exact in any order. f_k is not: the last bits are cut off, so
// that the order of the rows is not seen in it either.
//
//	G. De'ath: Multivariate regression trees. Ecology 83 (2002)
type several struct {
	y       [][]float64 // T
	sums    []float64   // of each row T numbers w z_k, in turn
	factors []float64   // f_k; 0 of a constant target
}

// prepareSeveral fills t.several.
func (t *Target) prepareSeveral(learner string, e *data.Examples, grain float64) error {
	s := &several{y: e.Targets}
	for k, y := range s.y {
		name := fmt.Sprintf("target %d", k+1)
		for i, v := range y {
			if err := checkNumber(learner, name, v, i); err != nil {
				return err
			}
		}
	}
	width := len(s.y)
	s.sums, s.factors = make([]float64, len(t.y)*width), make([]float64, width)
	for k, y := range s.y {
		if t.sumUp(y, s.sums[k:], width, grain) == 0 {
			continue
		}
		sum, squares := 0.0, 0.0
		for _, i := range t.rows {
			v := s.sums[int(i)*width+k]
			sum += v
			squares += v * v / t.weight[i]
		}
		if variance := (squares - sum*sum/t.total) / t.total; variance > 0 {
			s.factors[k] = 1 / rounded(variance)
		}
	}
	t.several = s
	return nil
}

// rounded cuts a number to 40 bits.
func rounded(v float64) float64 {
	fraction, exponent := math.Frexp(v)
	return math.Ldexp(math.RoundToEven(math.Ldexp(fraction, 40)), exponent-40)
}

// fill gives each row the T + 1 numbers that it adds to a cell: w z_k, and w. It is done once for all features of a node. The room is used again.
func (s *several) fill(rows *rows, room []float64) []float64 {
	width := len(s.y)
	room = slices.Grow(room[:0], rows.len()*(width+1))[:rows.len()*(width+1)]
	for i, id := range rows.ids {
		m, into := rows.moments[i], room[i*(width+1):(i+1)*(width+1)]
		for k, v := range s.sums[int(id)*width : int(id+1)*width] {
			into[k] = v * m.s // exact: m.s is how often the row was taken
		}
		into[width] = m.w
	}
	rows.sums = room
	return room
}

// several fills the scanner's sums with those of the node.
func (s *scanner) several(t *several, rows rows) {
	width := len(t.y)
	if s.classes == nil {
		s.classes, s.left, s.factors = make([]float64, width), make([]float64, width), t.factors
	}
	clear(s.classes)
	s.total = moment{}
	for i, id := range rows.ids {
		m := rows.moments[i]
		s.total.w += m.w
		for k, v := range t.sums[int(id)*width : int(id+1)*width] {
			s.classes[k] += v * m.s
		}
	}
}

// scoreSeveral is the score of a split, of whose left side the weight and the sums are given.
func (s *scanner) scoreSeveral(weight float64, left []float64) float64 {
	l, r, rest := 0.0, 0.0, s.total.w-weight
	classes, factors := s.classes[:len(left)], s.factors[:len(left)]
	for k, a := range left {
		b := classes[k] - a
		l += factors[k] * a * a
		r += factors[k] * b * b
	}
	return (l*rest + r*weight) / (weight * rest)
}

// scanSeveral is scanMoments for several targets.
func (s *scanner) scanSeveral(c *cells, missingLeft bool, lowest, highest int) (at int, best float64) {
	width := len(s.factors)
	weight := 0.0
	clear(s.left)
	if missingLeft {
		copy(s.left, c.missingClasses)
		weight = c.missingClasses[width]
	}
	at, best = -1, math.Inf(-1)
	for i := range min(highest, len(c.codes)) {
		cell := c.classes[i*(width+1) : (i+1)*(width+1)]
		for k := range s.left {
			s.left[k] += cell[k]
		}
		weight += cell[width]
		if i < lowest {
			continue
		}
		if score := s.scoreSeveral(weight, s.left); score > best {
			at, best = i, score
		}
	}
	return at, best
}

// severalOfKeys is bestOfKeys for several targets.
func (s *scanner) severalOfKeys(keys []uint32, rows rows) (out split) {
	width := len(s.factors)
	weight, best, at := 0.0, math.Inf(-1), 0
	clear(s.left)
	for i, key := range keys[:len(keys)-1] {
		row := rows.sums[int(key&0xffff)*(width+1):][:width+1]
		for k := range s.left {
			s.left[k] += row[k]
		}
		weight += row[width]
		if keys[i+1]>>16 == key>>16 {
			continue
		}
		if score := s.scoreSeveral(weight, s.left); score > best {
			at, best = i, score
		}
	}
	out.ok, out.score, out.code, out.next = true, best, int(keys[at]>>16), int(keys[at+1]>>16)
	return out
}
