package metric

import "math"

// ranking is the rows in the order of falling probability of one class, "positive" here, cut into steps of equal probability.
type ranking struct {
	class     int
	step      []int32   // of each row
	score     []float64 // of each step: the probability of its rows, falling
	pos, neg  []float64 // of each step: weight of the rows of the class, and of the others
	positives tally
	negatives tally
}

// ranking sorts the rows by the probability of class k, once. It needs probabilities.
func (r *rows) ranking(k int) *ranking {
	if r.ranked == nil {
		r.ranked = make([]*ranking, r.classes)
	}
	if r.ranked[k] == nil {
		r.ranked[k] = newRanking(r, k)
	}
	return r.ranked[k]
}

func newRanking(r *rows, k int) *ranking {
	g := &ranking{class: k, step: make([]int32, r.n)}
	var pos, neg sum
	flush := func() {
		g.pos, g.neg = append(g.pos, pos.value()), append(g.neg, neg.value())
		pos, neg = sum{}, sum{}
	}
	place := func(i int) {
		w := r.weight(i)
		if int(r.class[i]) == k {
			pos.add(w)
			g.positives.add(w)
		} else {
			neg.add(w)
			g.negatives.add(w)
		}
		g.step[i] = int32(len(g.score) - 1)
	}
	if r.shares != nil {
		g.score = []float64{r.shares[k]}
		r.each(place)
		flush()
		return g
	}
	keys := make([]float64, r.n)
	r.each(func(i int) { keys[i] = -r.prob(i, k) })
	at := order(keys, r.ended)
	r.each(func(j int) {
		i := int(at[j])
		if j == 0 || keys[i] != keys[at[j-1]] {
			if j > 0 {
				flush()
			}
			g.score = append(g.score, -keys[i])
		}
		place(i)
	})
	if r.err == nil {
		flush()
	}
	return g
}

// both reports whether there are rows of the class and others.
func (g *ranking) both() bool { return g.positives.rows > 0 && g.negatives.rows > 0 }

// is reports whether row i is of the class.
func (g *ranking) is(r *rows, i int) bool { return int(r.class[i]) == g.class }

// smaller is the effective number of rows of the rarer side.
func (g *ranking) smaller() float64 { return min(g.positives.effective(), g.negatives.effective()) }

// curveMetric is a metric in [0, 1] of one ranking whose estimate moves with each row.
type curveMetric struct {
	defined func(g *ranking) bool
	value   func(g *ranking) float64
	moves   func(r *rows, g *ranking, value float64) (move func(i int) float64) // linearised share of row i in the error of the value
	rows    func(g *ranking) float64                                            // effective number at 0 and 1, where no row moves it
}

// overClasses measures m for the positive class or, of a multiclass input, as the mean over the classes that are defined. The variance of the mean
// counts that the classes' values rest on the same rows: each row's moves are added before they are squared.
func overClasses(r *rows, m curveMetric) (float64, func() (low, high float64)) {
	if !r.hasProba() {
		return nothing()
	}
	classes := []int{r.positive}
	if r.kind == Multiclass {
		classes = nil
		for k, t := range r.tallies().actual {
			if t.rows > 0 {
				classes = append(classes, k)
			}
		}
	}
	var defined []int
	var values []float64
	var total sum
	for _, k := range classes {
		g := r.ranking(k)
		if r.err != nil {
			return nothing()
		}
		if m.defined(g) {
			v := m.value(g)
			defined, values = append(defined, k), append(values, v)
			total.add(v)
		}
	}
	if len(defined) == 0 {
		return nothing()
	}
	count := float64(len(defined))
	value := min(1, max(0, total.value()/count))
	return value, func() (low, high float64) {
		moves := make([]float64, r.n)
		var spread, variance sum
		for j, k := range defined {
			g := r.ranking(k)
			move := m.moves(r, g, values[j])
			r.each(func(i int) { moves[i] += move(i) })
			spread.add(1 / m.rows(g))
		}
		r.each(func(i int) { variance.add(square(moves[i] / count)) })
		return score(value, variance.value(), count*count/spread.value())
	}
}

// unbiased is sqrt(n / (n-1)), which turns a mean square into a sample variance.
func unbiased(n int) float64 {
	if n < 2 {
		return 1
	}
	return math.Sqrt(float64(n) / float64(n-1))
}
