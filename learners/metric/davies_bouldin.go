package metric

import (
	"context"
	"math"
)

// DaviesBouldin says how much groups overlap: the mean over groups of how like a group is to the one most like it,
//
//	max over k' of (r_k + r_k') / |c_k - c_k'|   c_k the weighted mean of the rows of group k, r_k the weighted mean of their distances from it
//
// at least 0, the smaller the better. Groups with the same mean are not compared. D. L. Davies, D. W. Bouldin: A Cluster Separation Measure, IEEE PAMI 1 (1979).
// With less than two groups it is NaN. There is no interval. O(n p + K^2 p) time for K groups.
func DaviesBouldin(ctx context.Context, g Grouping) (Value, error) {
	v := Value{Value: math.NaN(), Low: math.NaN(), High: math.NaN(), Baseline: math.NaN()}
	m, err := newMembers(ctx, g, 0)
	if err != nil {
		return v, err
	}
	v.Rows = m.n
	k := m.groups()
	if k < 2 {
		return v, nil
	}
	centres, weight, err := m.centres()
	if err != nil {
		return v, err
	}
	radius := make([]float64, k)
	for a, c := range centres {
		var total sum
		for i := m.start[a]; i < m.start[a+1]; i++ {
			if i%rowsBetween == 0 && m.ended() {
				return v, m.err
			}
			total.add(m.weight(i) * math.Sqrt(squaredDistance(m.row(i), c)))
		}
		radius[a] = total.value() / weight[a]
	}
	var total sum
	for a := range centres {
		if m.ended() {
			return v, m.err
		}
		worst := 0.0
		for b := range centres {
			if d := math.Sqrt(squaredDistance(centres[a], centres[b])); d > 0 {
				worst = max(worst, (radius[a]+radius[b])/d)
			}
		}
		total.add(worst)
	}
	v.Value = finite(total.value() / float64(k))
	return v, nil
}
