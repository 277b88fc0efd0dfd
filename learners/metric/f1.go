package metric

// f1 is the harmonic mean of precision and recall, 2 TP / (2 TP + FP + FN).
func f1(r *rows) (float64, func() (low, high float64)) {
	if r.kind == Binary {
		return binaryF1(r)
	}
	return macroF1(r)
}

// f1OfClass is the F1 score of class k, which must be seen.
func (t *tallies) f1OfClass(k int) float64 {
	return 2 * t.hit[k].w.value() / (t.actual[k].w.value() + t.predicted[k].w.value())
}

// binaryF1. With J = TP / (TP + FP + FN), the share of the hits among the rows that are or are predicted positive (Jaccard's index),
// F1 = 2 J / (1 + J) is a rising function of a proportion, so the limits of J give those of F1, exact at 0 and 1 too.
func binaryF1(r *rows) (float64, func() (low, high float64)) {
	t, k := r.tallies(), r.positive
	if !t.seen(k) {
		return nothing()
	}
	return t.f1OfClass(k), func() (low, high float64) {
		var either tally // actual + predicted - hit
		r.each(func(i int) {
			if int(r.class[i]) == k || int(r.guess[i]) == k {
				either.add(r.weight(i))
			}
		})
		j := share(&t.hit[k], &either)
		return 2 * j.low / (1 + j.low), 2 * j.high / (1 + j.high)
	}
}

// macroF1 is the mean over the classes that occur or are predicted. Its variance is linearised (Takahashi et al. 2022, Applied Intelligence 52):
// with D_k the weight of actual plus predicted rows of class k, a row of weight w moves F_k by w (2 [hit] - F_k ([actual k] + [predicted k])) / D_k.
// At 0 and 1 the effective number of rows is that of a mean over classes, K^2 / sum of 1 / rows of the class.
func macroF1(r *rows) (float64, func() (low, high float64)) {
	t := r.tallies()
	scores, weights := make([]float64, r.classes), make([]float64, r.classes)
	seen := 0.0
	var total, spread sum
	for k := range scores {
		if !t.seen(k) {
			continue
		}
		seen++
		scores[k] = t.f1OfClass(k)
		weights[k] = t.actual[k].w.value() + t.predicted[k].w.value()
		total.add(scores[k])
		spread.add(1 / max(t.actual[k].effective(), 1))
	}
	value := total.value() / seen
	return value, func() (low, high float64) {
		var variance sum
		r.each(func(i int) {
			a, p := r.class[i], r.guess[i]
			move := -scores[a]/weights[a] - scores[p]/weights[p]
			if a == p {
				move += 2 / weights[a]
			}
			variance.add(square(r.weight(i) * move / seen))
		})
		return score(value, variance.value(), seen*seen/spread.value())
	}
}
