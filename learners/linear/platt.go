package linear

import (
	"context"
	"math"
	"math/bits"
)

// platt turns decision values f into probabilities of the second class: p = 1 / (1 + exp(-(a f + b))).
type platt struct{ a, b float64 }

func (p platt) probability(f float64) float64 { return sigmoid(p.a*f + p.b) }

// fitPlatt minimises the cross-entropy between p and soft targets,
//
//   - sum_i s_i ( t_i log p_i + (1 - t_i) log(1 - p_i) ),   t_i = (N1 + 1) / (N1 + 2) for y_i = 1,  1 / (N0 + 2) for y_i = -1
//
// where N1 and N0 are the weights of the two classes. The soft targets keep a finite even when f separates the classes. weight is the row weight, without c.
//
// J. Platt: Probabilistic outputs for support vector machines (1999); H.-T. Lin, C.-J. Lin, R. C. Weng: A note on Platt's probabilistic outputs for support vector
// machines, Machine Learning 68 (2007). Solved as a logistic regression of one feature by trust-region Newton. O(n) an iteration.
func fitPlatt(ctx context.Context, f, y, weight []float64, workers int) (platt, error) {
	n1, n0 := 0.0, 0.0
	for i, s := range weight {
		if y[i] > 0 {
			n1 += s
		} else {
			n0 += s
		}
	}
	target := make([]float64, len(y))
	for i := range target {
		if target[i] = 1 / (n0 + 2); y[i] > 0 {
			target[i] = (n1 + 1) / (n1 + 2)
		}
	}
	x := &design{n: len(f), p: 1, workers: workers, dense: f, stride: 1}
	w := []float64{0, math.Log((n1 + 1) / (n0 + 1))}
	o := newMarginObjective(x, target, weight, softLogisticLoss{}, ridge{}, true)
	s := trustRegionNewton{tol: 1e-10, maxIter: 100, report: func(int, float64, []float64) {}}
	_, _, err := s.minimise(ctx, o, w)
	return platt{w[0], w[1]}, err
}

// softLogisticLoss is l(t, z) = log(1 + exp z) - t z for a target t between 0 and 1.
type softLogisticLoss struct{}

func (softLogisticLoss) derive(z, y, weight, first, second []float64) float64 {
	sum := 0.0
	var logs logSum
	for i, v := range z {
		e := math.Exp(-math.Abs(v))
		q := 1 / (1 + e)
		p := q
		if v < 0 {
			p = e * q
		}
		s := weight[i]
		logs.add(s, e)
		sum += s * (max(v, 0) - y[i]*v)
		first[i] = s * (p - y[i])
		second[i] = s * e * q * q
	}
	return sum + logs.total()
}

// contentFolds assigns each row to one of k folds by a hash of its content: the order of the rows does not matter, and equal rows share a fold, so that a row of
// weight two counts like two rows.
func (d *design) contentFolds(ctx context.Context, y []float64, k int, seed uint64) ([]int, error) {
	fold := make([]int, d.n)
	err := d.eachChunk(ctx, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			h := mixHash(seed, math.Float64bits(y[i]))
			if d.dense != nil {
				for _, v := range d.denseRow(i) {
					h = mixHash(h, math.Float64bits(v+0)) // -0 and 0 are equal
				}
			} else {
				columns, values := d.sparseRow(i)
				for c, j := range columns {
					h = mixHash(mixHash(h, uint64(j)), math.Float64bits(values[c]))
				}
			}
			high, _ := bits.Mul64(h, uint64(k))
			fold[i] = int(high)
		}
	})
	return fold, err
}

// mixHash adds v to the hash h (multiply and fold, splitmix64 constants).
func mixHash(h, v uint64) uint64 {
	z := (h ^ v) + 0x9E3779B97F4A7C15
	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9
	z = (z ^ (z >> 27)) * 0x94D049BB133111EB
	return z ^ (z >> 31)
}
