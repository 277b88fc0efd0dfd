package lifecycle

import (
	"time"

	"aibms/catalog"
	"aibms/learners"
)

// trainingCurve keeps what a learner tells of its iterations, in bounded memory: when there are catalog.MaxCurve or more it keeps the multiples of 2, then of 4 and so on, beside the first and
// the last one. It is used by one goroutine. Times are for the catalog alone: the artifact holds none, so that equal trainings give equal bytes.
type trainingCurve struct {
	started time.Time
	kept    []catalog.Iteration
	last    catalog.Iteration // the newest, kept or not
	step    int64             // multiples of it are kept
}

func newTrainingCurve() *trainingCurve { return &trainingCurve{started: time.Now(), step: 1} }

// record is for learners.Env. A number that is not larger than the last one says that the learner began again from there: what it had told from that number on is forgotten.
func (c *trainingCurve) record(it learners.Iteration) {
	x := catalog.Iteration{Number: int64(it.Number), Loss: it.Loss, ValidationLoss: it.ValidationLoss, Elapsed: time.Since(c.started)}
	for len(c.kept) > 0 && c.kept[len(c.kept)-1].Number >= x.Number {
		c.kept = c.kept[:len(c.kept)-1]
	}
	c.last = x
	if len(c.kept) == catalog.MaxCurve-1 { // one place is for the last
		c.step *= 2
		thin := c.kept[:1]
		for _, k := range c.kept[1:] {
			if k.Number%c.step == 0 {
				thin = append(thin, k)
			}
		}
		c.kept = thin
	}
	if len(c.kept) == 0 || x.Number%c.step == 0 {
		c.kept = append(c.kept, x)
	}
}

// points are the curve, in the order of the iterations.
func (c *trainingCurve) points() []catalog.Iteration {
	if n := len(c.kept); n > 0 && c.kept[n-1].Number < c.last.Number {
		return append(c.kept[:n:n], c.last)
	}
	return c.kept
}
