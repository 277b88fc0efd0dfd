package cluster

import (
	"fmt"
	"math"
	"sync"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/artifact"
	"aibms/learners/matmul"
)

// model is a fitted k_means.
type model struct {
	k, p    int
	centers []float64 // k x p
	shift   []float64 // mean of the centres, taken off before rows and centres are multiplied, when it is far larger than they are apart; nil: zero
	ready   *centres  // less the shift
	scratch sync.Pool
}

func newModel(centers []float64, k, p int) *model {
	m := &model{k: k, p: p, centers: centers, ready: newCentres(k, p)}
	mean, spread := make([]float64, p), make([]float64, p)
	for i, v := range centers {
		mean[i%p] += v / float64(k)
	}
	for i, v := range centers {
		spread[i%p] = max(spread[i%p], math.Abs(v-mean[i%p]))
	}
	for j, v := range mean {
		if math.Abs(v) > 10*spread[j] {
			m.shift = mean
		}
	}
	copy(m.ready.at, centers)
	for i := range m.ready.at {
		if m.shift != nil {
			m.ready.at[i] -= m.shift[i%p]
		}
	}
	m.ready.ready()
	m.scratch.New = func() any { return new(scratch) }
	return m
}

// Outputs is the number of clusters.
func (m *model) Outputs() int { return m.k }

// Centers returns the centres, k x p, as copies.
func (m *model) Centers() *mat.Dense {
	return mat.NewDense(m.k, m.p, append([]float64(nil), m.centers...))
}

// Predict sets a one for the nearest centre of each row, the first of equally near ones, and zeros else. Distances are compared as |c|^2 - 2 x.c, in blocks of rows.
func (m *model) Predict(x, out *mat.Dense) error {
	if x == nil || out == nil {
		return fmt.Errorf("%s: there are no rows to predict, or there is no place for predictions", name)
	}
	n, p := x.Dims()
	rows, columns := out.Dims()
	if p != m.p || rows != n || columns != m.k {
		return fmt.Errorf("%s: %d x %d features and %d x %d predictions do not fit a model of %d features and %d clusters", name, n, p, rows, columns, m.p, m.k)
	}
	s := m.scratch.Get().(*scratch)
	defer m.scratch.Put(s)
	for lo := 0; lo < n; lo += blockRows {
		hi := min(n, lo+blockRows)
		raw := x.RawMatrix()
		block := matmul.Of(hi-lo, p, raw.Stride, raw.Data[lo*raw.Stride:])
		if m.shift != nil {
			if cap(s.block) < (hi-lo)*p {
				s.block = make([]float64, (hi-lo)*p)
			}
			block = matmul.Of(hi-lo, p, p, s.block[:(hi-lo)*p])
			for i := lo; i < hi; i++ {
				to := s.block[(i-lo)*p : (i-lo+1)*p]
				for j, v := range at(x, i)[:len(to)] {
					to[j] = v - m.shift[j]
				}
			}
		}
		m.ready.compare(s, block, false)
		for i, best := range s.near {
			row := at(out, lo+i)
			clear(row)
			row[best] = 1
		}
	}
	return nil
}

// Save writes the centres.
func (m *model) Save(w *artifact.Writer) error {
	w.Int64s("shape", []int64{int64(m.k), int64(m.p)})
	w.Float64s("centers", m.centers)
	return nil
}

func load(version int, r *artifact.Reader) (learners.Model, error) {
	if version != 1 {
		return nil, fmt.Errorf("%s: state version %d is not known", name, version)
	}
	shape, err := r.Int64s("shape")
	if err != nil {
		return nil, err
	}
	centers, err := r.Float64s("centers")
	if err != nil {
		return nil, err
	}
	if len(shape) != 2 || shape[0] < 1 || shape[1] < 1 || shape[0] > int64(len(centers)) || shape[1] > int64(len(centers)) || shape[0]*shape[1] != int64(len(centers)) {
		return nil, fmt.Errorf("%w: %s: %d numbers of centres for the shape %v", artifact.ErrCorrupt, name, len(centers), shape)
	}
	for _, v := range centers {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("%w: %s: a centre is not finite", artifact.ErrCorrupt, name)
		}
	}
	return newModel(centers, int(shape[0]), int(shape[1])), nil
}

var (
	_ learners.Model   = (*model)(nil)
	_ learners.Sized   = (*model)(nil)
	_ learners.Centers = (*model)(nil)
)
