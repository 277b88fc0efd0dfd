package metric

import "math"

// mcc is Matthews' correlation coefficient between actual and predicted class, in Gorodkin's form for K classes (2004, Computational Biology
// and Chemistry 28). With weights that sum to S, C of the rows hit, a_k of class k and p_k predicted as k:
//
//	mcc = (C S - sum p_k a_k) / sqrt((S^2 - sum p_k^2) (S^2 - sum a_k^2))
//
// It is 0 when all rows are of one class or are predicted as one (Chicco & Jurman 2020, BMC Genomics 21), and has no interval then.
func mcc(r *rows) (float64, func() (low, high float64)) {
	m := r.matthews()
	root := math.Sqrt(m.predicted * m.actual)
	if root == 0 {
		return 0, undefined
	}
	value := max(-1, min(1, m.joint/root))
	return value, func() (low, high float64) { return m.interval(r, value, root) }
}

// matthews holds the three terms of the coefficient, before the root.
type matthews struct {
	joint, predicted, actual float64 // S^2 times covariance, and the two variances, of the class indicators
	a, p                     []float64
}

func (r *rows) matthews() matthews {
	t := r.tallies()
	m := matthews{a: make([]float64, r.classes), p: make([]float64, r.classes)}
	var hits, cross, aa, pp sum
	for k := range t.actual {
		a, p := t.actual[k].w.value(), t.predicted[k].w.value()
		m.a[k], m.p[k] = a, p
		hits.add(t.hit[k].w.value())
		cross.add(a * p)
		aa.add(a * a)
		pp.add(p * p)
	}
	s2 := r.total * r.total
	m.joint, m.predicted, m.actual = hits.value()*r.total-cross.value(), s2-pp.value(), s2-aa.value()
	if t.one(t.actual) || t.one(t.predicted) { // exactly, whatever the rounding of the sums
		m.predicted = 0
	}
	return m
}

// one reports whether all rows are of one class.
func (t *tallies) one(of []tally) bool {
	seen := 0
	for k := range of {
		if of[k].rows > 0 {
			seen++
		}
	}
	return seen < 2
}

// interval is normal on the scale of Fisher's z, as for any correlation, with the linearised variance. At 1 (and -1) that variance vanishes: there
// the limit is the coefficient that errors (hits) would leave if they were as frequent as the upper Wilson limit of none seen, and fell
// on the classes by chance: v of the rows predicted at random keep the margins and turn mcc into 1 - v.
func (m matthews) interval(r *rows, value, root float64) (low, high float64) {
	s2 := r.total * r.total
	if 1-math.Abs(value) < edge {
		_, errors := wilson(0, r.effective())
		left := max(-1, 1-errors*s2/m.actual)
		if value > 0 {
			return left, 1
		}
		return -1, -left
	}
	// In shares of S: a row of actual class a and predicted class p moves joint by [hit] - hits - (a_p + p_a - 2 cross), predicted by
	// 2 (sum p_k^2 - p_p), actual by 2 (sum a_k^2 - a_a); constants are gathered into c.
	joint, predicted, actual := m.joint/s2, m.predicted/s2, m.actual/s2
	root /= s2
	var cross sum
	for k := range m.a {
		cross.add(m.a[k] / r.total * m.p[k] / r.total)
	}
	hits := joint + cross.value()
	var variance sum
	r.each(func(i int) {
		a, p := r.class[i], r.guess[i]
		moved := -hits - m.a[p]/r.total - m.p[a]/r.total + 2*cross.value()
		if a == p {
			moved++
		}
		spread := 2*(1-predicted-m.p[p]/r.total)/predicted + 2*(1-actual-m.a[a]/r.total)/actual
		variance.add(square(r.weight(i) / r.total * (moved - joint*spread/2) / root))
	})
	half := z * math.Sqrt(variance.value()) / (1 - value*value)
	return math.Tanh(math.Atanh(value) - half), math.Tanh(math.Atanh(value) + half)
}
