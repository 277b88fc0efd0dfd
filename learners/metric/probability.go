package metric

import "math"

// tiny is the least distance of a probability from 0 and 1 in the log loss, so that one sure and wrong row does not make the mean infinite: the
// spacing of float64 at 1, the same as scikit-learn's, for comparable numbers.
const tiny = 0x1p-52

// logLoss is the mean of -log of the probability that was given to the actual class.
func logLoss(r *rows) (float64, func() (low, high float64)) {
	if !r.hasProba() {
		return nothing()
	}
	return mean(r, func(i int) float64 {
		return -math.Log(min(1-tiny, max(tiny, r.prob(i, int(r.class[i])))))
	})
}

// brier is the mean squared distance of the probabilities from what happened (Brier 1950): for a binary input (p - [positive])^2, in [0, 1]; for a
// multiclass one the sum of that over all classes, Brier's own form, in [0, 2].
func brier(r *rows) (float64, func() (low, high float64)) {
	if !r.hasProba() {
		return nothing()
	}
	if r.kind == Binary {
		value, interval := mean(r, func(i int) float64 {
			p := r.prob(i, r.positive)
			if int(r.class[i]) == r.positive {
				p--
			}
			return p * p
		})
		return value, func() (low, high float64) {
			low, high = interval()
			return low, min(1, high) // Max is that of several classes
		}
	}
	return mean(r, func(i int) float64 {
		loss := 0.0
		for k := 0; k < r.classes; k++ {
			p := r.prob(i, k)
			if int(r.class[i]) == k {
				p--
			}
			loss += p * p
		}
		return loss
	})
}
