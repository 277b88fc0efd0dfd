package metric

import "math"

// ranking is the rows in the order of falling probability of one class, "positive" here, cut into steps of equal probability.
type ranking struct {
	class     int
	row       []int32   // by rank
	step      []int32   // by rank
	in        []bool    // by rank: whether the row is of the class
	weights   []float64 // by rank; nil: 1 each
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
	g := &ranking{class: k, step: make([]int32, r.n), in: make([]bool, r.n)}
	if r.weights != nil {
		g.weights = make([]float64, r.n)
	}
	var pos, neg sum
	flush := func() {
		g.pos, g.neg = append(g.pos, pos.value()), append(g.neg, neg.value())
		pos, neg = sum{}, sum{}
	}
	place := func(j, i int) {
		w := r.weight(i)
		if g.weights != nil {
			g.weights[j] = w
		}
		g.step[j], g.in[j] = int32(len(g.score)-1), int(r.class[i]) == k
		if g.in[j] {
			pos.add(w)
			g.positives.add(w)
		} else {
			neg.add(w)
			g.negatives.add(w)
		}
	}
	if r.shares != nil {
		g.score, g.row = []float64{r.shares[k]}, make([]int32, r.n)
		r.each(func(i int) {
			g.row[i] = int32(i)
			place(i, i)
		})
		flush()
		return g
	}
	keys := make([]float64, r.n)
	r.each(func(i int) { keys[i] = -r.prob(i, k) })
	g.row = order(keys, r.ended)
	r.each(func(j int) {
		i := int(g.row[j])
		if j == 0 || keys[i] != keys[g.row[j-1]] {
			if j > 0 {
				flush()
			}
			g.score = append(g.score, -keys[i])
		}
		place(j, i)
	})
	if r.err == nil {
		flush()
	}
	return g
}

// both reports whether there are rows of the class and others.
func (g *ranking) both() bool { return g.positives.rows > 0 && g.negatives.rows > 0 }

// weight is the weight of the row at a rank.
func (g *ranking) weight(j int) float64 {
	if g.weights == nil {
		return 1
	}
	return g.weights[j]
}

// smaller is the effective number of rows of the rarer side.
func (g *ranking) smaller() float64 { return min(g.positives.effective(), g.negatives.effective()) }

// curveMetric is a metric in [0, 1] of one ranking whose estimate moves with each row.
type curveMetric struct {
	defined func(g *ranking) bool
	value   func(g *ranking) float64
	moves   func(g *ranking, value float64) (move func(j int) float64) // linearised share of the row at rank j in the error of the value
	rows    func(g *ranking) float64                                   // effective number at 0 and 1, where no row moves it
}

// curve is what was measured of a curveMetric, for the metrics that are functions of it.
type curve struct {
	value    float64
	interval func() (low, high float64) // measured at its first call
}

// overClasses measures m for the positive class or, of a multiclass input, as the mean over the classes that are defined. The variance of the mean
// counts that the classes' values rest on the same rows: each row's moves are added before they are squared.
func overClasses(r *rows, m *curveMetric) (float64, func() (low, high float64)) {
	if !r.hasProba() {
		return nothing()
	}
	c, known := r.curves[m]
	if !known {
		c = newCurve(r, m)
		if r.curves == nil {
			r.curves = map[*curveMetric]curve{}
		}
		r.curves[m] = c
	}
	return c.value, c.interval
}

func newCurve(r *rows, m *curveMetric) curve {
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
			return curve{math.NaN(), undefined}
		}
		if m.defined(g) {
			v := m.value(g)
			defined, values = append(defined, k), append(values, v)
			total.add(v)
		}
	}
	if len(defined) == 0 {
		return curve{math.NaN(), undefined}
	}
	value := min(1, max(0, total.value()/float64(len(defined))))
	measured, low, high := false, 0.0, 0.0
	return curve{value, func() (float64, float64) {
		if !measured {
			measured = true
			variance, rows := m.variance(r, defined, values)
			low, high = score(value, variance, rows)
		}
		return low, high
	}}
}

// variance is that of the mean of the values of the classes, with the effective number of rows that the mean rests on.
func (m *curveMetric) variance(r *rows, classes []int, values []float64) (variance, effective float64) {
	var squares, spread sum
	for _, k := range classes {
		spread.add(1 / m.rows(r.ranking(k)))
	}
	count := float64(len(classes))
	effective = count * count / spread.value()
	if len(classes) == 1 {
		move := m.moves(r.ranking(classes[0]), values[0])
		r.each(func(j int) { squares.add(square(move(j))) })
		return squares.value(), effective
	}
	moves := make([]float64, r.n)
	for c, k := range classes {
		g := r.ranking(k)
		move := m.moves(g, values[c])
		r.each(func(j int) { moves[g.row[j]] += move(j) })
	}
	r.each(func(i int) { squares.add(square(moves[i] / count)) })
	return squares.value(), effective
}

// unbiased is sqrt(n / (n-1)), which turns a mean square into a sample variance.
func unbiased(n int) float64 {
	if n < 2 {
		return 1
	}
	return math.Sqrt(float64(n) / float64(n-1))
}
