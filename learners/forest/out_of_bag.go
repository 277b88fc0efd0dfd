package forest

import (
	"context"

	"aibms/internal/safego"
	"aibms/learners"
	"aibms/learners/data"
)

// judgeRows is how many rows are judged between two looks at the context.
const judgeRows = 512

// judge sets the out-of-bag score: each row is predicted by the mean of the trees that did not learn from it, and the predictions are compared with the target,
// by weighted accuracy for classes and R^2 for numbers. A row that every tree learned from is left out. (Breiman 2001, section 3.1.)
func (m *model) judge(ctx context.Context, e *data.Examples, env learners.Env, inBag [][]uint64) error {
	n, _ := e.Dims()
	predictions, judged := make([]float64, n), make([]bool, n)
	err := safego.Chunks(ctx, n, judgeRows, env.Workers, func(_, lo, hi int) error {
		sums := make([]float64, m.trees.Width())
		for i := lo; i < hi; i++ {
			clear(sums)
			trees := 0
			for k, bits := range inBag {
				if bits[i/64]>>(i%64)&1 == 0 {
					m.trees.Add(k, e.X.RawRowView(i), sums)
					trees++
				}
			}
			if judged[i] = trees > 0 && e.Weight(i) > 0; !judged[i] {
				continue
			}
			switch {
			case e.Classes == nil:
				predictions[i] = sums[0] / float64(trees)
			case len(sums) == 1: // the probability of the second of two classes
				if sums[0] > float64(trees)/2 {
					predictions[i] = 1
				}
			default:
				best := 0
				for k := range sums {
					if sums[k] > sums[best] {
						best = k
					}
				}
				predictions[i] = float64(best)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	total, mean := 0.0, 0.0
	for i, ok := range judged {
		if ok {
			m.judged++
			total += e.Weight(i)
		}
	}
	if m.judged == 0 {
		env.Warnf("%s: every tree learned from every row, so there is no out-of-bag score; use more trees", m.name)
		return nil
	}
	for i, ok := range judged {
		if ok {
			mean += e.Weight(i) / total * e.Y[i]
		}
	}
	right, left, all := 0.0, 0.0, 0.0
	for i, ok := range judged {
		if !ok {
			continue
		}
		w := e.Weight(i) / total
		if predictions[i] == e.Y[i] {
			right += w
		}
		left += w * (predictions[i] - e.Y[i]) * (predictions[i] - e.Y[i])
		all += w * (mean - e.Y[i]) * (mean - e.Y[i])
	}
	switch {
	case e.Classes != nil:
		m.oob = min(1, right)
	case all > 0:
		m.oob = 1 - left/all
	}
	return nil
}

// OutOfBag returns the score and over how many rows it is; 0 rows when oob_score was not set.
func (m *model) OutOfBag() (metric string, score float64, rows int) {
	if m.trees.Classes() > 0 {
		return "accuracy", m.oob, m.judged
	}
	return "r2", m.oob, m.judged
}
