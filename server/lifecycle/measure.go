package lifecycle

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"aibms/learners/data"
	"aibms/learners/metric"
	"aibms/learners/predictor"
)

// measured is one metric of some rows.
type measured struct {
	value  metric.Value
	target string // of several: the one that is measured; "" for all of them, and for the only one
}

// measure computes metrics of predictions and of what really happened, the targets of e; x are the features where metrics of the task look at them. Of several targets
// it gives first the mean of each metric over them (metric.Mean), then the metrics of each target.
func measure(ctx context.Context, metrics []*metric.Metric, pr *predictor.Predictor, s *predictor.Scores, x *mat.Dense, e *data.Examples, weights []float64) ([]measured, error) {
	var out []measured
	if pr.More == nil {
		values, err := metric.Compute(ctx, metrics, input(pr, s, x, e.Y, weights))
		for _, v := range values {
			out = append(out, measured{value: v})
		}
		return out, err
	}
	of := make([][]metric.Value, len(metrics)) // by metric, then by target
	baselines := pr.Baselines()
	var each []measured
	for k, target := range pr.Targets() {
		in := metric.Input{Kind: metric.Regression, Actual: e.Target(k), Predicted: mat.Col(nil, k, s.Values), Weights: weights, Baseline: baselines[k]}
		values, err := metric.Compute(ctx, metrics, in)
		if err != nil {
			return nil, err
		}
		for i, v := range values {
			of[i] = append(of[i], v)
			each = append(each, measured{v, target.Name})
		}
	}
	for _, values := range of {
		out = append(out, measured{value: metric.Mean(values)})
	}
	return append(out, each...), nil
}

// targetSlice is how the rows of one target are named among slices: target=price.
const targetSlice = "target"
