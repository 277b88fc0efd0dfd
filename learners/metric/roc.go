package metric

import (
	"context"
	"math"
)

// ROCPoint is one threshold: a row counts as predicted positive when its probability of the positive class is at least Threshold.
type ROCPoint struct {
	Threshold float64 // NaN at the first point, where no row is predicted positive
	FPR, TPR  float64 // share of the negative, and of the positive rows that are predicted positive

	TruePositives, FalsePositives, TrueNegatives, FalseNegatives float64 // sums of weights
}

// ROCCurve returns the receiver operating characteristic from (0, 0) to (1, 1), by falling threshold. Rows of equal probability make one step, and a
// point on the line between its neighbours is left out, so that the area under the lines is the roc_auc of all rows. It needs a binary input with
// probabilities and rows of both classes. Of Predicted nothing is used, but it is checked.
func ROCCurve(in Input) ([]ROCPoint, error) {
	if in.Kind != Binary {
		return nil, wrong("a ROC curve is of a binary classification, not of a %s", in.Kind)
	}
	r, err := newRows(context.Background(), in)
	if err != nil {
		return nil, err
	}
	if r.proba == nil {
		return nil, wrong("a ROC curve needs probabilities, and this model gives none")
	}
	g := r.ranking(r.positive)
	if !g.both() {
		return nil, wrong("a ROC curve needs rows of both classes: all %d rows are of one", r.n)
	}
	positives, negatives := g.positives.w.value(), g.negatives.w.value()
	points := []ROCPoint{{Threshold: math.NaN(), TrueNegatives: negatives, FalseNegatives: positives}}
	var tp, fp sum
	for s := range g.score {
		tp.add(g.pos[s])
		fp.add(g.neg[s])
		p := ROCPoint{Threshold: g.score[s], TruePositives: tp.value(), FalsePositives: fp.value()}
		p.TrueNegatives, p.FalseNegatives = max(0, negatives-p.FalsePositives), max(0, positives-p.TruePositives)
		p.FPR, p.TPR = p.FalsePositives/negatives, p.TruePositives/positives
		if k := len(points); k > 1 && inLine(points[k-2], points[k-1], p) {
			points[k-1] = p
		} else {
			points = append(points, p)
		}
	}
	return points, nil
}

// inLine reports whether b lies on the line from a to c, up to rounding.
func inLine(a, b, c ROCPoint) bool {
	across := (b.TruePositives - a.TruePositives) * (c.FalsePositives - a.FalsePositives)
	along := (c.TruePositives - a.TruePositives) * (b.FalsePositives - a.FalsePositives)
	return math.Abs(across-along) <= edge*max(math.Abs(across), math.Abs(along))
}
