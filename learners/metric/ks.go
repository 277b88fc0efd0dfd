package metric

import "math"

// ks is the Kolmogorov-Smirnov distance between the scores of the positive rows and the others: the largest distance between true and false
// positive rate over all thresholds. Its interval is MOVER's for the difference of the two rates at that threshold: the choice of the
// threshold matters less than the rates once the classes are apart (Raghavachari 1973, Annals of Statistics 1). Still, the
// largest distance of a sample is too large on average, by about half a standard error at 500 rows: the upper limit is cautious, the lower one a little high.
func ks(r *rows) (float64, func() (low, high float64)) {
	if !r.hasProba() {
		return nothing()
	}
	g := r.ranking(r.positive)
	if r.err != nil || !g.both() {
		return nothing()
	}
	positives, negatives := g.positives.w.value(), g.negatives.w.value()
	var pos, neg sum
	value, at := 0.0, -1
	for s := range g.score[:len(g.score)-1] { // at the last step both rates are 1
		pos.add(g.pos[s])
		neg.add(g.neg[s])
		if d := math.Abs(pos.value()/positives - neg.value()/negatives); d > value {
			value, at = d, s
		}
	}
	return value, func() (low, high float64) {
		var hits, alarms tally
		r.each(func(j int) {
			if int(g.step[j]) <= at {
				if g.in[j] {
					hits.add(g.weight(j))
				} else {
					alarms.add(g.weight(j))
				}
			}
		})
		a, b := share(&hits, &g.positives), share(&alarms, &g.negatives)
		if a.p < b.p {
			a, b = b, a
		}
		return value - math.Hypot(a.p-a.low, b.high-b.p), value + math.Hypot(a.high-a.p, b.p-b.low)
	}
}
