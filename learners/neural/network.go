package neural

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/matmul"
	"aibms/learners/vector"
)

// network is a fitted neural_network: the model. It is immutable.
type network struct {
	a          *architecture
	scaling    scaling
	classes    int     // 0: a regression
	units      []units // of each target
	parameters []float32
	statistics []float32 // running means and variances of batch normalisation

	ready *ready
}

// ready is a network laid out for predictions: batch normalisation is part of the weights, which are packed for the kernel.
type ready struct {
	a          *architecture
	parameters []float32
	weights    []*matmul.Packed[float32]
	pool       sync.Pool
}

// predictRows is how many rows are predicted at once.
const predictRows = 128

func newNetwork(a *architecture, to scaling, classes int, units []units, parameters, statistics []float32) *network {
	return &network{a: a, scaling: to, classes: classes, units: units, parameters: parameters, statistics: statistics, ready: newReady(a, parameters, statistics)}
}

// newReady folds batch normalisation, gain (z - mean) / deviation + bias, into weights and biases, and packs the weights.
func newReady(a *architecture, parameters, statistics []float32) *ready {
	r := &ready{a: a, parameters: parameters}
	if a.norm == batchNormalization {
		folded := *a
		folded.norm = noNormalization
		folded.layers = slices.Clone(a.layers)
		r.a, r.parameters = &folded, slices.Clone(parameters)
		for k := range folded.layers[:len(a.layers)-1] {
			l := &folded.layers[k]
			for j := range l.out {
				mean, variance := statistics[l.statistic+j], statistics[a.statistics/2+l.statistic+j]
				factor := float32(float64(parameters[l.gain+j]) / math.Sqrt(float64(variance)+normEpsilon))
				for i := range l.in {
					r.parameters[l.weights+i*l.out+j] *= factor
				}
				r.parameters[l.bias+j] -= mean * factor
			}
			l.gain = -1
		}
	}
	for _, l := range r.a.layers {
		r.weights = append(r.weights, matmul.Pack(rowMajor(l.in, l.out, r.parameters[l.weights:l.bias])))
	}
	r.pool.New = func() any { return newScratch[float32](r.a, predictRows, false, false) }
	return r
}

// each calls f with the outputs of rows lo to hi of x, block by block. A row's outputs do not depend on its block.
func (m *network) each(ctx context.Context, x *mat.Dense, rows []int32, lo, hi int, f func(lo, hi int, outputs []float32)) error {
	raw, r := x.RawMatrix(), m.ready
	s := r.pool.Get().(*scratch[float32])
	defer r.pool.Put(s)
	for ; lo < hi; lo += predictRows {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(hi-lo, predictRows)
		if rows != nil {
			s.gather(raw, rows[lo:lo+n], 0, n, m.scaling, r.parameters)
		} else {
			s.gather(raw, nil, lo, n, m.scaling, r.parameters)
		}
		in := s.inputs[:n*r.a.inputs]
		for i, l := range r.a.layers {
			z := s.values[i][:n*l.out]
			s.workspace.MulPacked(rowMajor(n, l.out, z), rowMajor(n, l.in, in), r.weights[i])
			bias := r.parameters[l.bias:][:l.out]
			if i == len(r.a.layers)-1 {
				addRow(z, bias)
				break
			}
			if l.gain >= 0 {
				addRow(z, r.parameters[l.inner:][:l.out])
				normalizeRows(z, r.parameters[l.gain:][:l.out], bias, nil, nil)
				apply(r.a.activation, z, nil)
			} else if r.a.activation == relu {
				vector.AddRowRelu(z, bias)
			} else {
				addRow(z, bias)
				apply(r.a.activation, z, nil)
			}
			in = z
		}
		f(lo, lo+n, s.values[len(r.a.layers)-1][:n*r.a.outputs()])
	}
	return nil
}

// Predict fills out with probabilities or values.
func (m *network) Predict(x, out *mat.Dense) error {
	if x == nil || out == nil || x.IsEmpty() || out.IsEmpty() {
		return errors.New(learnerName + ": a prediction needs rows and a place for them")
	}
	n, p := x.Dims()
	rows, columns := out.Dims()
	if want := max(len(m.units), m.classes); p != m.a.features || rows != n || columns != want {
		return shapeError(n, p, rows, columns, m.a.features, want)
	}
	o := out.RawMatrix()
	return m.each(context.Background(), x, nil, 0, n, func(lo, hi int, z []float32) {
		k := len(z) / (hi - lo)
		for i := lo; i < hi; i++ {
			row, from := o.Data[i*o.Stride:][:columns], z[(i-lo)*k:][:k]
			switch {
			case m.classes == 0:
				for j, u := range m.units {
					row[j] = u.mean
					if u.deviation > 0 { // a target that was constant is predicted as it was
						row[j] += u.deviation * bounded(from[j])
					}
				}
			case k == 1:
				v := bounded(from[0])
				e := math.Exp(-math.Abs(v))
				row[0], row[1] = e/(1+e), 1/(1+e)
				if v < 0 {
					row[0], row[1] = row[1], row[0]
				}
			default:
				top, sum := math.Inf(-1), 0.0
				for _, v := range from {
					top = max(top, bounded(v))
				}
				for j, v := range from {
					row[j] = math.Exp(bounded(v) - top)
					sum += row[j]
				}
				for j := range row {
					row[j] /= sum
				}
			}
		}
	})
}

// bounded is v, or a finite number where rows far from all training rows made v overflow.
func bounded(v float32) float64 {
	switch {
	case v > 1e30:
		return 1e30
	case v < -1e30:
		return -1e30
	case v != v:
		return 0
	}
	return float64(v)
}

// meanLoss is the weighted mean loss of rows, over the targets too, in the units of the criterion.
func (m *network) meanLoss(ctx context.Context, c criterion, set *rowSet, workers int) (float64, error) {
	n := len(set.rows)
	total, sums := 0.0, make([]float64, (n+chunk-1)/chunk)
	err := chunks(ctx, n, workers, func(k, lo, hi int) error {
		targets := make([]float64, predictRows*len(m.units))
		return m.each(ctx, set.x, set.rows, lo, hi, func(lo, hi int, z []float32) {
			var w []float64
			if set.weights != nil {
				w = set.weights[lo:hi]
			}
			sums[k] += lossOf(c, z, m.a.outputs(), set.scaled(targets, set.rows[lo:hi], m.units), w, 0, nil)
		})
	})
	sum := 0.0
	for _, v := range sums {
		sum += v
	}
	for i := range set.rows {
		if set.weights == nil {
			total++
		} else {
			total += set.weights[i]
		}
	}
	return sum / (total * float64(len(m.units))), err
}

var _ learners.Model = (*network)(nil)
