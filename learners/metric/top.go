package metric

import "math"

// top is the head of a ranking that holds the share q of the weight of all rows. The rows of the step that the cut falls into count in part, as if
// they stood in random order; so does the last row when q n is not whole.
type top struct {
	g         *ranking
	q, weight float64   // the share, and q times the total weight
	include   []float64 // of each step: the part of it in the head
	hits      float64   // weight of the positive rows in the head
	margin    float64   // share of positives near the cut: what one more row would bring
}

// top is the head of the ranking of the positive class, or nil without probabilities.
func (r *rows) topOf() *top {
	if !r.hasProba() {
		return nil
	}
	g := r.ranking(r.positive)
	if r.err != nil {
		return nil
	}
	t := &top{g: g, q: r.top, weight: r.top * r.total, include: make([]float64, len(g.score))}
	var above, hits sum
	for s := range g.score {
		mass := g.pos[s] + g.neg[s]
		part := min(1, max(0, (t.weight-above.value())/mass))
		if 1-part < edge { // the cut meets the end of a step, but for rounding
			part = 1
		}
		t.include[s] = part
		hits.add(part * g.pos[s])
		above.add(mass)
		if part < 1 && mass >= t.weight { // one step holds the cut and all that is near it
			t.margin = g.pos[s] / mass
			t.hits = hits.value()
			return t
		}
		if part < 1 {
			break
		}
	}
	t.hits = hits.value()
	low, high := t.weight/2, min(r.total, t.weight*1.5)
	t.margin = (g.hitsWithin(high) - g.hitsWithin(low)) / (high - low)
	return t
}

// hitsWithin is the weight of the class's rows within the first rows of the given weight.
func (g *ranking) hitsWithin(weight float64) float64 {
	var above, hits sum
	for s := range g.score {
		mass := g.pos[s] + g.neg[s]
		part := min(1, max(0, (weight-above.value())/mass))
		if part == 0 {
			break
		}
		hits.add(part * g.pos[s])
		above.add(mass)
	}
	return hits.value()
}

// precisionAtK is the share of positives in the head, H / (q W).
//
// Its variance has two parts (linearised): the outcome of the rows in the head, a proportion; and the cut, which moves with the sample: a head that
// is a little longer in the population gains rows at the margin m rather than at the precision p, which adds (1-q) (p-m)^2 / (q n). The margin is
// estimated between the ranks q/2 and 3q/2. The two add as squares of distances, as in MOVER.
func precisionAtK(r *rows) (float64, func() (low, high float64)) {
	t := r.topOf()
	if t == nil {
		return nothing()
	}
	value := min(1, t.hits/t.weight)
	return value, func() (low, high float64) {
		var hit, all tally
		var cut sum
		r.each(func(j int) {
			w, part := t.g.weight(j), t.include[t.g.step[j]]
			if part > 0 {
				all.add(w * part)
				if t.g.in[j] {
					hit.add(w * part)
				}
			}
			cut.add(square(w * (part - t.q)))
		})
		s := share(&hit, &all)
		moved := z * math.Abs(value-t.margin) * math.Sqrt(cut.value()) / t.weight
		return value - math.Hypot(value-s.low, moved), value + math.Hypot(s.high-value, moved)
	}
}

// recallAtK is the share of all positives that the head holds, H / P. A row moves it by w/P (y (part - value) - m (part - q)), with the margin m
// as for precisionAtK.
func recallAtK(r *rows) (float64, func() (low, high float64)) {
	t := r.topOf()
	if t == nil || t.g.positives.rows == 0 {
		return nothing()
	}
	positives := t.g.positives.w.value()
	value := min(1, t.hits/positives)
	return value, func() (low, high float64) {
		var variance sum
		r.each(func(j int) {
			part := t.include[t.g.step[j]]
			move := -t.margin * (part - t.q)
			if t.g.in[j] {
				move += part - value
			}
			variance.add(square(t.g.weight(j) * move / positives))
		})
		return score(value, variance.value(), t.g.positives.effective())
	}
}

// liftAtK is how many times more positives the head holds than rows taken at random would: (H / P) / q, the recall at k over the share of the rows.
func liftAtK(r *rows) (float64, func() (low, high float64)) {
	value, interval := recallAtK(r)
	return value / r.top, func() (low, high float64) {
		low, high = interval()
		return low / r.top, high / r.top
	}
}
