package metric

// apOf is the area under the precision-recall curve as average precision: the precision at the score of each row of the class, averaged over those
// rows. No line is drawn between the steps, which would flatter (Davis & Goadrich 2006).
//
// Its variance is linearised. With G(s) and H(s) the weight of all rows, and of the class's, that score at least s, and P the weight of the class, the
// value is sum over its rows of w H/G, over P. A row of weight w and score s, y = 1 if of the class, moves it by
//
//	w/P (y (H(s)/G(s) + B(s) - value) - C(s)),   B(s) = sum w'/G(s'),   C(s) = sum w' H(s')/G(s')^2
//
// both sums over the class's rows with s' <= s: as part of the average, as a hit that lifts the precision of all lower rows, and as a row that weighs
// on it. At 0 and 1 the value counts as a proportion of the rows of the class (Boyd, Eng, Page 2013, ECML PKDD).
//
// Each row of the class counts in its own precision, so the value of few rows is a little too high on average, and its interval covers the truth somewhat
// less often than it should (90 to 93 % with some tens of effective rows of the class; TestCoverage).
var apOf = &curveMetric{
	defined: func(g *ranking) bool { return g.positives.rows > 0 },
	value:   (*ranking).averagePrecision,
	moves:   apMoves,
	rows:    func(g *ranking) float64 { return g.positives.effective() },
}

// prAUC is apOf, for several classes the mean of each against the rest.
func prAUC(r *rows) (float64, func() (low, high float64)) { return overClasses(r, apOf) }

func (g *ranking) averagePrecision() float64 {
	var hits, others, total sum
	for s := range g.score {
		hits.add(g.pos[s])
		others.add(g.neg[s])
		total.add(g.pos[s] * (hits.value() / (hits.value() + others.value())))
	}
	return total.value() / g.positives.w.value()
}

func apMoves(g *ranking, ap float64) func(j int) float64 {
	n := len(g.score)
	precision, all := make([]float64, n), make([]float64, n)
	var hits, others sum
	for s := range g.score {
		hits.add(g.pos[s])
		others.add(g.neg[s])
		all[s] = hits.value() + others.value()
		precision[s] = hits.value() / all[s]
	}
	lifts, weighs := make([]float64, n), make([]float64, n) // B and C
	var b, c sum
	for s := n - 1; s >= 0; s-- {
		b.add(g.pos[s] / all[s])
		c.add(g.pos[s] * precision[s] / all[s])
		lifts[s], weighs[s] = b.value(), c.value()
	}
	positives := g.positives.w.value()
	return func(j int) float64 {
		s := g.step[j]
		move := -weighs[s]
		if g.in[j] {
			move += precision[s] + lifts[s] - ap
		}
		return g.weight(j) * move / positives
	}
}
