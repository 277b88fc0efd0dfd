package metric

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// The forms of interval. Symbols: p the value, n the number of rows it rests on, z the 97.5 % point of the normal distribution.
//
//	Wilson     limits p0 that solve |p - p0| = z sqrt(p0 (1-p0) / n). Wilson 1927, JASA 22; Brown, Cai, DasGupta 2001, Statistical Science 16.
//	score      Wilson's with the effective n = p (1-p) / var for a value in [0, 1] of any known variance: near the middle it is the normal
//	           interval, near 0 and 1 it stays inside. Korn & Graubard 1998, Survey Methodology 24 (proportions under unequal weights).
//	MOVER      of a sum or difference of independent proportions: each proportion's own Wilson distances add as squares.
//	           Newcombe 1998, Statistics in Medicine 17; Zou & Donner 2008, Statistics in Medicine 27.
//	log-t      a mean m > 0 of row losses, or a ratio of two, times exp(+- t se / m): never below 0, and as skewed as the losses are.
//	linearised variance of a smooth function of weighted means: the sum over rows of the squared derivative by the row's weight (the
//	           infinitesimal jackknife). Jaeckel 1972; Binder 1983, International Statistical Review 51.

// z is the 97.5 % point of the standard normal distribution.
const z = 1.959963984540054

// studentT is the 97.5 % point of Student's distribution; NaN without a degree of freedom.
func studentT(degrees float64) float64 {
	switch {
	case !(degrees > 0):
		return math.NaN()
	case degrees > 1e6:
		return z
	}
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: degrees}.Quantile((1 + Confidence) / 2)
}

func undefined() (low, high float64) { return math.NaN(), math.NaN() }

// nothing is the result of a metric that is undefined on the rows.
func nothing() (float64, func() (low, high float64)) { return math.NaN(), undefined }

// wilson is the interval of a proportion p of n rows; NaN without rows.
func wilson(p, n float64) (low, high float64) {
	if !(n > 0) {
		return undefined()
	}
	centre := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+square(z/(2*n)))
	return max(0, min(p, centre-half)), min(1, max(p, centre+half))
}

// edge is how near to 0 or 1 a value counts as being there: its variance is then no guide.
const edge = 1e-12

// score is the interval of a value in [0, 1] of known variance. At 0 and 1, where the variance vanishes, the value counts as a proportion of
// the given number of rows.
func score(p, variance, rows float64) (low, high float64) {
	switch {
	case p < edge || p > 1-edge:
		return wilson(p, rows)
	case variance == 0:
		return p, p
	}
	return wilson(p, p*(1-p)/variance)
}

// tally adds up rows.
type tally struct {
	w, w2 sum // weights, and their squares
	rows  int
}

func (t *tally) add(w float64) {
	t.w.add(w)
	t.w2.add(w * w)
	t.rows++
}

// effective is Kish's effective number of the rows, 0 of none.
func (t *tally) effective() float64 {
	if t.rows == 0 {
		return 0
	}
	return square(t.w.value()) / t.w2.value()
}

// proportion is a share of rows with its Wilson interval.
type proportion struct{ p, low, high float64 }

// share is the proportion of the rows in all that are also in hit; NaN of no rows.
//
// With weights, the effective number of rows is their number over the design effect: the linearised variance over that of as many rows of equal
// weight. Of few misses (or hits) that is no more than a guess at the weights of those to come, so two rows of average weight join either side
// before it is taken (the four of Agresti & Coull 1998, The American Statistician 52); of none at all it thus becomes Kish's.
func share(hit, all *tally) proportion {
	if all.rows == 0 {
		return proportion{math.NaN(), math.NaN(), math.NaN()}
	}
	n, total := float64(all.rows), all.w.value()
	p := min(1, max(0, hit.w.value()/total))
	weight, weight2 := total/n, all.w2.value()/n
	q := (hit.w.value() + 2*weight) / (total + 4*weight)
	hits2, misses2 := hit.w2.value()+2*weight2, all.w2.value()-hit.w2.value()+2*weight2
	variance := (hits2*square(1-q) + misses2*square(q)) / square(total+4*weight)
	effective := n / (variance / (q * (1 - q) / (n + 4)))
	low, high := wilson(p, effective)
	return proportion{p, low, high}
}

// interval is the proportion as a metric's result.
func (s proportion) interval() (low, high float64) { return s.low, s.high }

// mover is the mean of independent proportions, with its MOVER interval.
func mover(parts []proportion) proportion {
	k := float64(len(parts))
	var mean, below, above sum
	for _, s := range parts {
		mean.add(s.p)
		below.add(square(s.p - s.low))
		above.add(square(s.high - s.p))
	}
	p := mean.value() / k
	return proportion{p, p - math.Sqrt(below.value())/k, p + math.Sqrt(above.value())/k}
}

// mean is a metric that is the weighted mean of a loss >= 0 of each row, with a t interval on the scale of its logarithm: the losses are skewed, and so
// is their mean.
func mean(r *rows, loss func(i int) float64) (float64, func() (low, high float64)) {
	var total sum
	losses := make([]float64, r.n)
	r.each(func(i int) {
		losses[i] = loss(i)
		total.add(r.weight(i) * losses[i])
	})
	value := total.value() / r.total
	return value, func() (low, high float64) {
		if value == 0 {
			return 0, 0
		}
		half := r.halfWidth(func(i int) float64 { return losses[i]/value - 1 })
		return value * math.Exp(-half), value * math.Exp(half)
	}
}

// halfWidth is t se of a weighted mean, where deviation gives each row's distance from it; NaN for a single row.
func (r *rows) halfWidth(deviation func(i int) float64) float64 {
	if r.n < 2 {
		return math.NaN()
	}
	var squares sum
	r.each(func(i int) { squares.add(square(r.weight(i) * deviation(i))) })
	variance := squares.value() / square(r.total) * float64(r.n) / float64(r.n-1)
	return studentT(r.effective()-1) * math.Sqrt(variance)
}
