package metric

import "math"

// accuracy is the share of the rows whose class was predicted.
func accuracy(r *rows) (float64, func() (low, high float64)) {
	s := r.accuracy()
	return s.p, s.interval
}

func (r *rows) accuracy() proportion {
	t := r.tallies()
	var hit, all tally
	for k := range t.actual {
		hit.merge(&t.hit[k])
		all.merge(&t.actual[k])
	}
	return share(&hit, &all)
}

// merge adds the rows of other.
func (t *tally) merge(other *tally) {
	t.w.add(other.w.value())
	t.w2.add(other.w2.value())
	t.rows += other.rows
}

// balancedAccuracy is the mean recall of the classes that occur.
func balancedAccuracy(r *rows) (float64, func() (low, high float64)) {
	t := r.tallies()
	var recalls []proportion
	for k := range t.actual {
		if t.actual[k].rows > 0 {
			recalls = append(recalls, share(&t.hit[k], &t.actual[k]))
		}
	}
	s := mover(recalls)
	return s.p, s.interval
}

// precision is the share of the rows predicted as a class that belong to it.
func precision(r *rows) (float64, func() (low, high float64)) {
	t := r.tallies()
	return r.ofClasses(t, func(k int) proportion { return share(&t.hit[k], &t.predicted[k]) })
}

// recall is the share of the rows of a class that were predicted as it.
func recall(r *rows) (float64, func() (low, high float64)) {
	t := r.tallies()
	return r.ofClasses(t, func(k int) proportion { return share(&t.hit[k], &t.actual[k]) })
}

// ofClasses is of(positive) for a binary input; for a multiclass one the mean over the classes that occur or are predicted, where an undefined
// share (a class that is never predicted has no precision) counts as 0, so that to ignore a class never pays.
func (r *rows) ofClasses(t *tallies, of func(k int) proportion) (float64, func() (low, high float64)) {
	if r.kind == Binary {
		s := of(r.positive)
		return s.p, s.interval
	}
	var parts []proportion
	for k := range t.actual {
		if !t.seen(k) {
			continue
		}
		s := of(k)
		if math.IsNaN(s.p) {
			s = proportion{}
		}
		parts = append(parts, s)
	}
	s := mover(parts)
	return s.p, s.interval
}

// seen reports whether class k occurs or is predicted.
func (t *tallies) seen(k int) bool { return t.actual[k].rows > 0 || t.predicted[k].rows > 0 }
