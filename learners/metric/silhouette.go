package metric

import (
	"context"
	"math"
	"math/rand/v2"
)

// SilhouetteRows is over how many rows Silhouette is computed at most: of more it draws as many.
const SilhouetteRows = 5_000

// Silhouette says how much nearer rows are to their own group than to the next one: the weighted mean over rows of
//
//	s_i = (b_i - a_i) / max(a_i, b_i)   a_i the mean distance to the other rows of its group, b_i the least mean distance to the rows of another group
//
// from -1 to 1, the larger the better; s_i is 0 for a row that is alone in its group, or at no distance from any. P. J. Rousseeuw: Silhouettes, J. Comput. Appl. Math. 20 (1987).
// A row of weight w counts as w equal rows, in the mean and in the means of distances. With less than two groups it is NaN. The interval takes the grouping
// as given; its variance is linearised, since a row moves the scores of the others too.
//
// O(m^2 p) time for m = min(n, SilhouetteRows) rows, m p numbers of work space: beyond the limit it is the silhouette of a simple random sample, always
// the same one of as many rows. Value.Rows says over how many rows it is.
func Silhouette(ctx context.Context, g Grouping) (Value, error) {
	return silhouette(ctx, g, SilhouetteRows)
}

// newSampler returns the generator that draws the rows: always the same.
func newSampler() *rand.Rand { return rand.New(rand.NewPCG(0x5110e77e, 1)) }

func silhouette(ctx context.Context, g Grouping, limit int) (Value, error) {
	v := Value{Value: math.NaN(), Low: math.NaN(), High: math.NaN(), Baseline: math.NaN()}
	m, err := newMembers(ctx, g, limit)
	if err != nil {
		return v, err
	}
	v.Rows = m.n
	if m.groups() < 2 {
		return v, nil
	}
	s := &silhouettes{members: m}
	if _, s.total, err = m.centres(); err != nil {
		return v, err
	}
	if err := s.score(); err != nil {
		return v, err
	}
	var total sum
	for i, c := range s.scores {
		total.add(m.weight(i) * c)
	}
	v.Value = total.value() / m.rows.total
	influence, err := s.influence()
	if err != nil {
		return v, err
	}
	half := m.halfWidth(func(i int) float64 { return s.scores[i] - v.Value + influence[i] })
	v.Low, v.High = max(-1, v.Value-half), min(1, v.Value+half)
	return v, m.err
}

// silhouettes are the scores of rows and what they are made of.
type silhouettes struct {
	*members
	total  []float64 // of the weights of each group
	scores []float64 // s_i of each row
	a, b   []float64 // of each row
	next   []int32   // the group of b
}

// distances is the weighted sum of the distances of the rows of group k from row.
func (s *silhouettes) distances(row []float64, k int) float64 {
	sum := 0.0
	for j := s.start[k]; j < s.start[k+1]; j++ {
		sum += s.weight(j) * math.Sqrt(squaredDistance(row, s.row(j)))
	}
	return sum
}

func (s *silhouettes) score() error {
	s.scores, s.a, s.b, s.next = make([]float64, s.n), make([]float64, s.n), make([]float64, s.n), make([]int32, s.n)
	for i := range s.scores {
		if s.ended() {
			return s.err
		}
		own, row := int(s.group[i]), s.row(i)
		if s.total[own] <= 1 {
			continue
		}
		a, b, next := s.distances(row, own)/(s.total[own]-1), math.Inf(1), 0
		for k, total := range s.total {
			if k == own {
				continue
			}
			if d := s.distances(row, k) / total; !(d >= b) {
				b, next = d, k
			}
		}
		s.a[i], s.b[i], s.next[i] = a, b, int32(next)
		if further := max(a, b); further != 0 {
			s.scores[i] = (b - a) / further
		}
	}
	return nil
}

// influence returns, for each row, by how much the weighted sum of the other scores grows with the row's weight, the scores' own weights unchanged:
//
//	sum over i in its group of w_i ds_i/da_i (d_ij - a_i) / (W - 1)  +  sum over i whose next group it is in of w_i ds_i/db_i (d_ij - b_i) / W
func (s *silhouettes) influence() ([]float64, error) {
	out := make([]float64, s.n)
	for i, a := range s.a {
		if s.ended() {
			return nil, s.err
		}
		b, own := s.b[i], int(s.group[i])
		if max(a, b) == 0 {
			continue
		}
		byA, byB := -1/b, a/(b*b)
		if a > b {
			byA, byB = -b/(a*a), 1/a
		}
		s.move(out, i, own, a, s.weight(i)*byA/(s.total[own]-1))
		next := int(s.next[i])
		s.move(out, i, next, b, s.weight(i)*byB/s.total[next])
	}
	return out, nil
}

// move adds f (d_ij - mean) to each row j of group k.
func (s *silhouettes) move(out []float64, i, k int, mean, f float64) {
	row := s.row(i)
	for j := s.start[k]; j < s.start[k+1]; j++ {
		out[j] += f * (math.Sqrt(squaredDistance(row, s.row(j))) - mean)
	}
}
