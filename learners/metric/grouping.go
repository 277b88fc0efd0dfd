package metric

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Grouping is n rows that were put into groups without a target: what Silhouette, DaviesBouldin and MeanSquaredDistance measure, by Euclidean distances.
// Nothing of it is changed. Groups without rows, and rows of weight 0, take no part.
type Grouping struct {
	X       *mat.Dense // n x p, finite
	Group   []int32    // n: the group of each row, 0..Groups-1
	Groups  int        // number of groups, at least 1
	Weights []float64  // n, all >= 0 with a positive sum; nil means 1 each
}

// members is a checked Grouping without its rows of weight 0, in the order of the groups, and in each in the order of the rows.
type members struct {
	*rows
	p     int
	x     []float64 // n x p
	group []int32   // n
	start []int     // number of groups that have rows, + 1: where each begins
}

// newMembers checks g and takes at most limit of its rows, each as likely as the other, always the same ones of as many rows; 0 takes all.
func newMembers(ctx context.Context, g Grouping, limit int) (*members, error) {
	n := len(g.Group)
	switch {
	case n == 0 || g.X == nil:
		return nil, wrong("there are no rows to measure: the evaluated part or query is empty")
	case g.X.RawMatrix().Rows != n:
		return nil, wrong("%d rows of features but %d group numbers: there must be one for each row", g.X.RawMatrix().Rows, n)
	case g.Weights != nil && len(g.Weights) != n:
		return nil, wrong("%d rows but %d row weights: there must be one weight for each row, or none at all", n, len(g.Weights))
	case g.Groups < 1:
		return nil, wrong("there must be at least one group, got %d", g.Groups)
	}
	m := &members{rows: &rows{ctx: ctx}, p: g.X.RawMatrix().Cols}
	for i, v := range g.Group {
		if v < 0 || int(v) >= g.Groups {
			return nil, wrong("row %d has the group %d: it must be a whole number from 0 to %d", i+1, v, g.Groups-1)
		}
	}
	keep, err := m.weigh(n, g.Weights)
	if err != nil {
		return nil, err
	}
	if keep == nil {
		keep = make([]int, n)
		for i := range keep {
			keep[i] = i
		}
	}
	if limit > 0 && len(keep) > limit {
		keep = draw(keep, limit)
		some := make([]float64, limit)
		for to, from := range keep {
			some[to] = 1
			if g.Weights != nil {
				some[to] = g.Weights[from]
			}
		}
		if _, err := m.weigh(limit, some); err != nil {
			return nil, err
		}
	}
	return m, m.take(g, keep)
}

// draw takes k of the numbers, which stay in their order, by a generator of a fixed seed (selection sampling, Knuth: The Art of Computer Programming 2, 3.4.2, algorithm S).
func draw(from []int, k int) []int {
	rng := newSampler()
	taken := make([]int, 0, k)
	for i, v := range from {
		if rng.IntN(len(from)-i) < k-len(taken) {
			taken = append(taken, v)
		}
	}
	return taken
}

// take copies the kept rows in the order of their groups.
func (m *members) take(g Grouping, keep []int) error {
	count := make([]int, g.Groups+1)
	for _, i := range keep {
		count[g.Group[i]+1]++
	}
	for k := range g.Groups {
		if count[k+1] > 0 {
			m.start = append(m.start, count[k])
		}
		count[k+1] += count[k]
	}
	m.start = append(m.start, len(keep))
	m.x, m.group = make([]float64, len(keep)*m.p), make([]int32, len(keep))
	weights := m.weights
	if weights != nil {
		m.weights = make([]float64, len(keep))
	}
	for k, i := range keep {
		if k%rowsBetween == 0 && m.ended() {
			return m.err
		}
		to := count[g.Group[i]]
		count[g.Group[i]]++
		row := g.X.RawRowView(i)
		for j, v := range row {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return wrong("row %d has the value %g in column %d: distances need finite values", i+1, v, j+1)
			}
		}
		copy(m.x[to*m.p:], row)
		if weights != nil {
			m.weights[to] = weights[k]
		}
	}
	for k := range m.groups() {
		for i := m.start[k]; i < m.start[k+1]; i++ {
			m.group[i] = int32(k)
		}
	}
	return nil
}

// rowsBetween is how many rows of many features are worked through between two looks at the context.
const rowsBetween = 1 << 10

// groups is the number of groups that have rows.
func (m *members) groups() int { return len(m.start) - 1 }

func (m *members) row(i int) []float64 { return m.x[i*m.p : (i+1)*m.p] }

// centres returns the weighted mean of each group, and the sum of its weights.
func (m *members) centres() (centres [][]float64, weight []float64, err error) {
	sums := make([]sum, m.p)
	for k := range m.groups() {
		clear(sums)
		var total sum
		for i := m.start[k]; i < m.start[k+1]; i++ {
			if i%rowsBetween == 0 && m.ended() {
				return nil, nil, m.err
			}
			w := m.weight(i)
			total.add(w)
			for j, v := range m.row(i) {
				sums[j].add(w * v)
			}
		}
		centre := make([]float64, m.p)
		for j := range centre {
			centre[j] = sums[j].value() / total.value()
		}
		centres, weight = append(centres, centre), append(weight, total.value())
	}
	return centres, weight, nil
}

// squaredDistance is the sum of (a_j - b_j)^2.
func squaredDistance(a, b []float64) float64 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float64
	j := 0
	for ; j+4 <= len(a); j += 4 {
		d0, d1, d2, d3 := a[j]-b[j], a[j+1]-b[j+1], a[j+2]-b[j+2], a[j+3]-b[j+3]
		s0 += d0 * d0
		s1 += d1 * d1
		s2 += d2 * d2
		s3 += d3 * d3
	}
	for ; j < len(a); j++ {
		s0 += (a[j] - b[j]) * (a[j] - b[j])
	}
	return (s0 + s1) + (s2 + s3)
}

// finite is x, or NaN where it has overflowed.
func finite(x float64) float64 {
	if math.IsInf(x, 0) {
		return math.NaN()
	}
	return x
}
