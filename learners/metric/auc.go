package metric

// aucOf is the area under the ROC curve: the probability that a row of the class has a higher score than one of another, ties counting half
// (Mann & Whitney 1947). Its variance is DeLong's (DeLong, DeLong, Clarke-Pearson 1988, Biometrics 44) found from the sorted rows in O(n) as in
// Sun & Xu 2014 (IEEE Signal Processing Letters 21), here with row weights: a row of the class deviates by the share of the others that it
// beats, less the area, and the reverse. The number of rows at 0 and 1 is that of the rarer side, after the bound
// var <= area (1 - area) / min(n1, n2) of Birnbaum & Klose 1957 (Annals of Mathematical Statistics 28).
var aucOf = &curveMetric{defined: (*ranking).both, value: (*ranking).auc, moves: aucMoves, rows: (*ranking).smaller}

// rocAUC is aucOf, for several classes the mean of each against the rest.
func rocAUC(r *rows) (float64, func() (low, high float64)) { return overClasses(r, aucOf) }

// gini is 2 AUC - 1.
func gini(r *rows) (float64, func() (low, high float64)) {
	auc, interval := overClasses(r, aucOf)
	return 2*auc - 1, func() (low, high float64) {
		low, high = interval()
		return 2*low - 1, 2*high - 1
	}
}

func (g *ranking) auc() float64 {
	var area, above sum // above: the class's weight in the higher steps
	for s := range g.score {
		area.add(g.neg[s] * (above.value() + g.pos[s]/2))
		above.add(g.pos[s])
	}
	return area.value() / (g.positives.w.value() * g.negatives.w.value())
}

func aucMoves(g *ranking, auc float64) func(j int) float64 {
	positives, negatives := g.positives.w.value(), g.negatives.w.value()
	beats := make([]float64, len(g.score))  // share of the others below a step, its own counting half
	beaten := make([]float64, len(g.score)) // share of the class above a step, its own counting half
	var pos, neg sum
	for s := range g.score {
		beats[s] = 1 - (neg.value()+g.neg[s]/2)/negatives
		beaten[s] = (pos.value() + g.pos[s]/2) / positives
		pos.add(g.pos[s])
		neg.add(g.neg[s])
	}
	forPos, forNeg := unbiased(g.positives.rows)/positives, unbiased(g.negatives.rows)/negatives
	return func(j int) float64 {
		s := g.step[j]
		if g.in[j] {
			return g.weight(j) * forPos * (beats[s] - auc)
		}
		return g.weight(j) * forNeg * (beaten[s] - auc)
	}
}
