package decomposition

import (
	"fmt"
	"math"
	"sync"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/artifact"
	"aibms/learners/matmul"
)

// model is a fitted pca.
type model struct {
	p, d       int
	mean       []float64 // p
	components []float64 // d x p
	variance   []float64 // d
	total      float64   // variance of all features
	whiten     bool

	scale   []float64               // d: what a projection is multiplied by
	forth   *matmul.Packed[float64] // p x d: components, scaled
	back    *matmul.Packed[float64] // d x p: components over the scale
	scratch sync.Pool
}

// scratch is what one call of Predict needs.
type scratch struct {
	work       matmul.Workspace[float64]
	block, out []float64
}

// ready makes what is not saved.
func (m *model) ready() {
	m.scale = make([]float64, m.d)
	forth, back := make([]float64, len(m.components)), make([]float64, len(m.components))
	for a, v := range m.variance {
		m.scale[a] = 1
		if m.whiten {
			if m.scale[a] = 0; v > 0 {
				m.scale[a] = 1 / math.Sqrt(v)
			}
		}
		for j := a * m.p; j < (a+1)*m.p; j++ {
			forth[j] = m.components[j] * m.scale[a]
			if m.scale[a] > 0 {
				back[j] = m.components[j] / m.scale[a]
			}
		}
	}
	m.forth = matmul.Pack(matmul.Of(m.d, m.p, m.p, forth).T())
	m.back = matmul.Pack(matmul.Of(m.d, m.p, m.p, back))
	m.scratch.New = func() any { return new(scratch) }
}

// Outputs is the number of components.
func (m *model) Outputs() int { return m.d }

// Components returns the components, d x p, and the variance that each explains, with its share of all; copies.
func (m *model) Components() (components *mat.Dense, variance, ratio []float64) {
	for _, v := range m.variance {
		share := 0.0
		if m.total > 0 {
			share = v / m.total
		}
		ratio = append(ratio, share)
	}
	return mat.NewDense(m.d, m.p, append([]float64(nil), m.components...)), append([]float64(nil), m.variance...), ratio
}

// blockRows is how many rows are multiplied at a time.
const blockRows = 512

// Predict projects the rows of x.
func (m *model) Predict(x, out *mat.Dense) error {
	return m.blocks(x, out, m.p, m.d, m.mean, func(s *scratch, from, to []float64, rows int) {
		s.work.MulPacked(matmul.Of(rows, m.d, m.d, to), matmul.Of(rows, m.p, m.p, from), m.forth)
	})
}

// Restore turns projections back into features.
func (m *model) Restore(z, x *mat.Dense) error {
	return m.blocks(z, x, m.d, m.p, nil, func(s *scratch, from, to []float64, rows int) {
		s.work.MulPacked(matmul.Of(rows, m.p, m.p, to), matmul.Of(rows, m.d, m.d, from), m.back)
		for i := range rows {
			for j, v := range m.mean {
				to[i*m.p+j] += v
			}
		}
	})
}

// blocks copies blocks of the rows of x less the numbers of less, unless that is nil, lets f make the rows of out, and copies these, all finite.
func (m *model) blocks(x, out *mat.Dense, width, made int, less []float64, f func(s *scratch, from, to []float64, rows int)) error {
	if x == nil || out == nil {
		return fmt.Errorf("%s: there are no rows to project, or there is no place for projections", name)
	}
	n, p := x.Dims()
	rows, columns := out.Dims()
	if p != width || rows != n || columns != made {
		return fmt.Errorf("%s: %d x %d numbers and %d x %d results do not fit a model of %d features and %d components", name, n, p, rows, columns, m.p, m.d)
	}
	s := m.scratch.Get().(*scratch)
	defer m.scratch.Put(s)
	for lo := 0; lo < n; lo += blockRows {
		count := min(blockRows, n-lo)
		if cap(s.block) < count*max(m.p, m.d) {
			s.block, s.out = make([]float64, count*max(m.p, m.d)), make([]float64, count*max(m.p, m.d))
		}
		from, to := s.block[:count*width], s.out[:count*made]
		for i := range count {
			row, line := x.RawRowView(lo+i), from[i*width:(i+1)*width]
			if less == nil {
				copy(line, row)
				continue
			}
			row = row[:len(line)]
			for j, v := range less[:len(line)] {
				line[j] = row[j] - v
			}
		}
		f(s, from, to, count)
		for i := range count {
			row, line := out.RawRowView(lo+i), to[i*made:(i+1)*made]
			sum := 0.0
			for _, v := range line {
				sum += v - v // 0 unless a number is not finite
			}
			if sum == 0 {
				copy(row, line)
				continue
			}
			for j, v := range line {
				if math.IsNaN(v) {
					v = 0
				}
				row[j] = min(max(v, -math.MaxFloat64), math.MaxFloat64)
			}
		}
	}
	return nil
}

// Save writes the mean, the components and their variances.
func (m *model) Save(w *artifact.Writer) error {
	whiten := int64(0)
	if m.whiten {
		whiten = 1
	}
	w.Int64s("shape", []int64{int64(m.d), int64(m.p), whiten})
	w.Float64s("mean", m.mean)
	w.Float64s("components", m.components)
	w.Float64s("variance", m.variance)
	w.Float64s("total_variance", []float64{m.total})
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
	if len(shape) != 3 || shape[0] < 1 || shape[1] < 1 || shape[0] > shape[1] || shape[1] > 1<<24 || shape[2] < 0 || shape[2] > 1 {
		return nil, fmt.Errorf("%w: %s: shape %v", artifact.ErrCorrupt, name, shape)
	}
	m := &model{d: int(shape[0]), p: int(shape[1]), whiten: shape[2] == 1}
	total := []float64{}
	for _, section := range []struct {
		name  string
		to    *[]float64
		count int
		least float64
	}{{"mean", &m.mean, m.p, -math.MaxFloat64}, {"components", &m.components, m.d * m.p, -2}, {"variance", &m.variance, m.d, 0}, {"total_variance", &total, 1, 0}} {
		v, err := r.Float64s(section.name)
		if err != nil {
			return nil, err
		}
		if len(v) != section.count {
			return nil, fmt.Errorf("%w: %s: section %q has %d numbers, not %d", artifact.ErrCorrupt, name, section.name, len(v), section.count)
		}
		for _, x := range v {
			if !(x >= section.least && x <= math.MaxFloat64) {
				return nil, fmt.Errorf("%w: %s: section %q has the number %v", artifact.ErrCorrupt, name, section.name, x)
			}
		}
		*section.to = v
	}
	m.total = total[0]
	m.ready()
	return m, nil
}

var (
	_ learners.Model      = (*model)(nil)
	_ learners.Sized      = (*model)(nil)
	_ learners.Restorer   = (*model)(nil)
	_ learners.Components = (*model)(nil)
)
