package metric

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// This file measures what was found without a target: clusters, unusual rows, projections.

// grouping is the input as rows in groups.
func (in Input) grouping() (Grouping, error) {
	group, err := codes("predicted", in.Predicted, in.Classes, nil)
	return Grouping{X: in.X, Group: group, Groups: in.Classes, Weights: in.Weights}, err
}

func silhouetteOf(ctx context.Context, in Input) (Value, error) {
	g, err := in.grouping()
	if err != nil {
		return Value{}, err
	}
	return Silhouette(ctx, g)
}

func daviesBouldinOf(ctx context.Context, in Input) (Value, error) {
	g, err := in.grouping()
	if err != nil {
		return Value{}, err
	}
	return DaviesBouldin(ctx, g)
}

func meanSquaredDistanceOf(ctx context.Context, in Input) (Value, error) {
	g, err := in.grouping()
	if err != nil {
		return Value{}, err
	}
	return MeanSquaredDistance(ctx, g, in.Centres)
}

// newAlone checks the number of rows and their weights. keep are the rows of a positive weight, nil when all are.
func newAlone(ctx context.Context, n int, weights []float64) (r *rows, keep []int, err error) {
	switch {
	case n == 0:
		return nil, nil, wrong("there are no rows to measure: the evaluated part or query is empty")
	case weights != nil && len(weights) != n:
		return nil, nil, wrong("%d rows but %d row weights: there must be one weight for each row, or none at all", n, len(weights))
	}
	r = &rows{ctx: ctx}
	keep, err = r.weigh(n, weights)
	return r, keep, err
}

// anomalyRate is the share of the rows that are called unusual.
func anomalyRate(ctx context.Context, in Input) (Value, error) {
	r, keep, err := newAlone(ctx, len(in.Predicted), in.Weights)
	if err != nil {
		return Value{}, err
	}
	flags, err := codes("predicted", in.Predicted, 2, keep)
	if err != nil {
		return Value{}, err
	}
	var unusual, all tally
	r.each(func(i int) {
		all.add(r.weight(i))
		if flags[i] == 1 {
			unusual.add(r.weight(i))
		}
	})
	s := share(&unusual, &all)
	return Value{Value: s.p, Low: s.low, High: s.high, Baseline: math.NaN(), Rows: r.n}, r.err
}

// explainedVarianceRatio is the share of the variance of the rows' features that the projection keeps, 1 - E / V: V is the sum over features of the variance of x, E that
// of x - y with y the features which the projection gives back. Both variances are around the means of the measured rows, so for an orthogonal projection this
// is the variance of the projected rows over that of the rows, whatever the training rows' mean was; on these it is the sum of the components' explained variance ratios.
// The baseline is d / p: the mean of the share over all subspaces of d of the p dimensions, whatever the covariance is.
//
// A row of weight w (of sum 1) moves E / V by w (e - E/V v) / V, with e and v the squared distances of its x - y and its x from their means. O(n p) time beside that of
// restoring each row twice, O(n) space.
func explainedVarianceRatio(ctx context.Context, in Input) (Value, error) {
	none := Value{Value: math.NaN(), Low: math.NaN(), High: math.NaN(), Baseline: math.NaN()}
	if in.X == nil {
		return none, wrong("there are no rows to measure: the evaluated part or query is empty")
	}
	n, p := in.X.Dims()
	r, keep, err := newAlone(ctx, n, in.Weights)
	if err != nil {
		return none, err
	}
	none.Rows = r.n
	none.Baseline = min(1, float64(in.Outputs)/float64(p))
	if in.Restore == nil {
		return none, nil
	}
	weight := func(i int) float64 {
		if in.Weights == nil {
			return 1
		}
		return in.Weights[i]
	}
	mean, bias := make([]float64, p), make([]float64, p)
	means, biases := make([]sum, p), make([]sum, p)
	first, vary := in.X.RawRowView(0), false
	err = r.eachRestored(in, func(i int, x, y []float64) {
		w := weight(i)
		vary = vary || !slices.Equal(x, first)
		for j, v := range x {
			means[j].add(w * v)
			biases[j].add(w * (v - y[j]))
		}
	})
	if err != nil {
		return none, err
	}
	for j := range mean {
		mean[j], bias[j] = means[j].value()/r.total, biases[j].value()/r.total
	}
	lost, spread := make([]float64, n), make([]float64, n) // of each row
	var e, v sum
	err = r.eachRestored(in, func(i int, x, y []float64) {
		for j, value := range x {
			lost[i] += square(value - y[j] - bias[j])
			spread[i] += square(value - mean[j])
		}
		e.add(weight(i) * lost[i])
		v.add(weight(i) * spread[i])
	})
	if err != nil {
		return none, err
	}
	ratio := e.value() / v.value()
	if !vary || math.IsNaN(ratio) || math.IsInf(ratio, 0) {
		return none, nil
	}
	out := none
	out.Value = 1 - ratio
	if ratio == 0 {
		out.Low, out.High = 1, 1
		return out, nil
	}
	if keep != nil {
		lost, spread = gather(lost, keep), gather(spread, keep)
	}
	unit := v.value() / r.total
	half := r.halfWidth(func(i int) float64 { return (lost[i] - ratio*spread[i]) / unit }) / ratio
	out.Low, out.High = 1-ratio*math.Exp(half), 1-ratio*math.Exp(-half)
	return out, r.err
}

// restored is how many rows are restored at once.
const restored = 1 << 9

// eachRestored calls f with the features of each row and those that its projection gives back, in order. It fails soon after the context has ended.
func (r *rows) eachRestored(in Input, f func(i int, x, y []float64)) error {
	n, p := in.X.Dims()
	y := mat.NewDense(min(n, restored), p, nil)
	for from := 0; from < n; from += restored {
		if r.ended() {
			return r.err
		}
		m := min(restored, n-from)
		block := y.Slice(0, m, 0, p).(*mat.Dense)
		if err := in.Restore(from, block); err != nil {
			return err
		}
		for i := range m {
			f(from+i, in.X.RawRowView(from+i), block.RawRowView(i))
		}
	}
	return nil
}
