package forest

import (
	"context"
	"math"

	"aibms/internal/safego"
	"aibms/learners"
	"aibms/learners/data"
	"aibms/learners/tree"
)

// judgeRows is how many rows are judged between two looks at the context.
const judgeRows = 512

// judge finds the out-of-bag score: each row is predicted by the mean of the trees that did not learn from it, and the predictions are compared with the target,
// by weighted accuracy for classes and R^2 for numbers, of several targets its mean. A row that every tree learned from is left out. (Breiman 2001, section 3.1.) It takes one tree after the other, so that the
// training curve can tell the error after each. It is used by one goroutine.
type judge struct {
	trees  *tree.Trees
	e      *data.Examples
	env    learners.Env
	width  int
	sums   []float64 // width of each row: of the trees that did not learn from it
	counts []int32   // of each row: how many these are
	units  []float64 // of several targets: the variance of each, in which its squared errors count, as in the trees
}

func newJudge(trees *tree.Trees, e *data.Examples, env learners.Env) *judge {
	n, _ := e.Dims()
	j := &judge{trees: trees, e: e, env: env, width: trees.Width(), sums: make([]float64, n*trees.Width()), counts: make([]int32, n)}
	if t := e.Outputs(); t > 1 {
		for k := range t {
			j.units = append(j.units, variance(e, k, func(i int) bool { return e.Weight(i) > 0 }))
		}
	}
	return j
}

// variance of target k over the rows that count, weighted.
func variance(e *data.Examples, k int, counts func(i int) bool) float64 {
	total, mean, sum := 0.0, 0.0, 0.0
	y := e.Target(k)
	for i := range y {
		if counts(i) {
			total += e.Weight(i)
		}
	}
	for i, v := range y {
		if counts(i) {
			mean += e.Weight(i) / total * v
		}
	}
	for i, v := range y {
		if counts(i) {
			sum += e.Weight(i) / total * (mean - v) * (mean - v)
		}
	}
	return sum
}

// add takes tree k, which has learned from the rows whose bit is set, and adds to the training curve the error of the first k + 1 trees: the share of the rows whose class is
// wrong, or the mean squared error, of several targets the mean over them in units of the variance of each.
func (j *judge) add(ctx context.Context, k int, inBag []uint64) error {
	n := len(j.counts)
	chunks := (n + judgeRows - 1) / judgeRows
	wrong, total := make([]float64, chunks), make([]float64, chunks)
	err := safego.Chunks(ctx, n, judgeRows, j.env.Workers, func(c, lo, hi int) error {
		for i := lo; i < hi; i++ {
			if inBag[i/64]>>(i%64)&1 == 0 {
				j.trees.Add(k, j.e.X.RawRowView(i), j.sums[i*j.width:(i+1)*j.width])
				j.counts[i]++
			}
			if j.judged(i) {
				wrong[c] += j.e.Weight(i) * j.loss(i)
				total[c] += j.e.Weight(i)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	sum, weight := 0.0, 0.0
	for c := range wrong {
		sum += wrong[c]
		weight += total[c]
	}
	if weight > 0 {
		j.env.Keep(learners.Iteration{Number: k + 1, Loss: sum / weight, ValidationLoss: math.NaN()})
	}
	return nil
}

// judged tells whether a row counts.
func (j *judge) judged(i int) bool { return j.counts[i] > 0 && j.e.Weight(i) > 0 }

// prediction of a row, judged: the code of its class, or its number, of one target.
func (j *judge) prediction(i int) float64 {
	sums, trees := j.sums[i*j.width:(i+1)*j.width], float64(j.counts[i])
	switch {
	case j.e.Classes == nil:
		return sums[0] / trees
	case len(sums) == 1: // the probability of the second of two classes
		if sums[0] > trees/2 {
			return 1
		}
		return 0
	}
	best := 0
	for k := range sums {
		if sums[k] > sums[best] {
			best = k
		}
	}
	return float64(best)
}

// loss of a row, judged.
func (j *judge) loss(i int) float64 {
	if j.units != nil {
		sum := 0.0
		for k, unit := range j.units {
			if unit > 0 { // else every tree predicts the constant
				sum += j.square(i, k) / unit
			}
		}
		return sum / float64(len(j.units))
	}
	off := j.prediction(i) - j.e.Y[i]
	switch {
	case j.e.Classes == nil:
		return off * off
	case off != 0:
		return 1
	}
	return 0
}

// square is the squared error of a row, judged, for target k of several.
func (j *judge) square(i, k int) float64 {
	off := j.sums[i*j.width+k]/float64(j.counts[i]) - j.e.Targets[k][i]
	return off * off
}

// finish sets the score of the model, after the last tree.
func (j *judge) finish(m *model) {
	total := 0.0
	for i := range j.counts {
		if j.judged(i) {
			m.judged++
			total += j.e.Weight(i)
		}
	}
	if m.judged == 0 {
		j.env.Warnf("%s: every tree learned from every row, so there is no out-of-bag score; use more trees", m.name)
		return
	}
	part := func(loss func(i int) float64) (sum float64) {
		for i := range j.counts {
			if j.judged(i) {
				sum += j.e.Weight(i) / total * loss(i)
			}
		}
		return sum
	}
	switch {
	case j.e.Classes != nil:
		m.oob = max(0, 1-part(j.loss))
	case j.units != nil:
		for k := range j.units {
			if all := variance(j.e, k, j.judged); all > 0 {
				m.oob += (1 - part(func(i int) float64 { return j.square(i, k) })/all) / float64(len(j.units))
			}
		}
	default:
		if all := variance(j.e, 0, j.judged); all > 0 {
			m.oob = 1 - part(j.loss)/all
		}
	}
}

// OutOfBag returns the score and over how many rows it is; 0 rows when oob_score was not set.
func (m *model) OutOfBag() (metric string, score float64, rows int) {
	if m.trees.Classes() > 0 {
		return "accuracy", m.oob, m.judged
	}
	return "r2", m.oob, m.judged
}
