package metric

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"
)

// MeanSquaredDistance is the weighted mean of the squared distance of the rows from the centre of their group: what k-means minimises, a row. centres are
// Groups x p; nil takes the means of the measured rows of each group. The baseline is the same with all rows in one group around their mean. The interval is
// that of a mean of row losses (log-t). O(n p) time.
func MeanSquaredDistance(ctx context.Context, g Grouping, centres *mat.Dense) (Value, error) {
	v := Value{Value: math.NaN(), Low: math.NaN(), High: math.NaN(), Baseline: math.NaN()}
	m, err := newMembers(ctx, g, 0)
	if err != nil {
		return v, err
	}
	v.Rows = m.n
	of, _, err := m.centres()
	if err != nil {
		return v, err
	}
	if centres != nil {
		if k, p := centres.Dims(); k != g.Groups || p != m.p {
			return v, wrong("the centres are %d x %d, but there are %d groups and %d features", k, p, g.Groups, m.p)
		}
		of = m.given(g, centres)
	}
	value, interval := mean(m.rows, func(i int) float64 { return squaredDistance(m.row(i), of[m.group[i]]) })
	if v.Value = finite(value); !math.IsNaN(v.Value) {
		v.Low, v.High = interval()
	}
	m.start = []int{0, m.n}
	one, _, err := m.centres()
	if err != nil {
		return v, err
	}
	base, _ := mean(m.rows, func(i int) float64 { return squaredDistance(m.row(i), one[0]) })
	v.Baseline = finite(base)
	return v, m.err
}

// given are the centres of the groups that have rows.
func (m *members) given(g Grouping, centres *mat.Dense) [][]float64 {
	seen := make([]bool, g.Groups)
	for i, k := range g.Group {
		if g.Weights == nil || g.Weights[i] > 0 {
			seen[k] = true
		}
	}
	var of [][]float64
	for k, has := range seen {
		if has {
			of = append(of, centres.RawRowView(k))
		}
	}
	return of
}
