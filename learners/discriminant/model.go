package discriminant

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/artifact"
	"aibms/learners/matmul"
)

// model is a fitted discriminant_analysis. It is immutable and safe for concurrent use.
type model struct {
	features, classes int // p, K
	linear            bool
	prior             []float64   // K logarithms; -Inf for a class without rows
	mean              []float64   // K x p
	used              []int32     // the q features that take part, ascending
	whitenings        []whitening // one when linear, else of each class

	// linear: the discriminant of class k is x.weights_k + intercepts_k
	weights    []float64 // K x p
	intercepts []float64
	packed     *matmul.Packed[float64] // p x K
	packs      []*matmul.Packed[float64]
}

// prepare makes what prediction wants of what is saved.
func (m *model) prepare() {
	q := len(m.used)
	if !m.linear {
		for _, w := range m.whitenings {
			m.packs = append(m.packs, matmul.Pack(matmul.Of(q, q, q, w.inverse).T()))
		}
		return
	}
	m.weights, m.intercepts = make([]float64, m.classes*m.features), make([]float64, m.classes)
	inverse := m.whitenings[0].inverse
	centre := m.centre() // what all classes have in common would be lost in rounding where features depend on each other, and says nothing
	for k := range m.classes {
		mean := slices.Clone(m.mean[k*m.features : (k+1)*m.features])
		for j, v := range centre {
			mean[j] -= v
		}
		distance, offset := 0.0, 0.0
		row := m.weights[k*m.features : (k+1)*m.features]
		for i := range q { // C^-1 m = L^-T (L^-1 m)
			sum := 0.0
			for j, v := range inverse[i*q : i*q+i+1] {
				sum += v * mean[m.used[j]]
			}
			distance += sum * sum
			for j, v := range inverse[i*q : i*q+i+1] {
				row[m.used[j]] += v * sum
			}
		}
		for j, v := range centre {
			offset += row[j] * v
		}
		if m.intercepts[k] = m.prior[k] - distance/2 - offset; math.IsInf(m.prior[k], -1) {
			clear(row)
		}
	}
	m.packed = matmul.Pack(matmul.Of(m.classes, m.features, m.features, m.weights).T())
}

// centre is the mean of the means of the classes that have rows.
func (m *model) centre() []float64 {
	centre, count := make([]float64, m.features), 0.0
	for k, v := range m.prior {
		if !math.IsInf(v, -1) {
			count++
			for j := range centre {
				centre[j] += m.mean[k*m.features+j]
			}
		}
	}
	for j := range centre {
		centre[j] /= count
	}
	return centre
}

// predictedRows is how many rows are predicted at once: few enough to stay in the cache.
const predictedRows = 256

func (m *model) Predict(x, out *mat.Dense) error {
	if x == nil {
		return fmt.Errorf("there are no rows to predict")
	}
	n, p := x.Dims()
	if p != m.features {
		return fmt.Errorf("the model has %d features, got %d columns", m.features, p)
	}
	if out == nil {
		return fmt.Errorf("there is no matrix for the predictions")
	}
	if r, k := out.Dims(); r != n || k != m.classes {
		return fmt.Errorf("predictions need a %d x %d matrix, got %d x %d", n, m.classes, r, k)
	}
	var w matmul.Workspace[float64]
	raw, o := x.RawMatrix(), out.RawMatrix()
	q := len(m.used)
	rows := min(n, predictedRows)
	var from, to []float64
	if !m.linear {
		from, to = make([]float64, rows*q), make([]float64, rows*q)
	}
	for lo := 0; lo < n; lo += rows {
		count := min(rows, n-lo)
		block := matmul.Of(count, m.classes, o.Stride, o.Data[lo*o.Stride:])
		if m.linear {
			w.MulPacked(block, matmul.Of(count, p, raw.Stride, raw.Data[lo*raw.Stride:]), m.packed)
		}
		for k := range m.classes {
			if m.linear || math.IsInf(m.prior[k], -1) {
				continue
			}
			mean := m.mean[k*p : (k+1)*p]
			for i := range count {
				row, differences := raw.Data[(lo+i)*raw.Stride:], from[i*q:(i+1)*q]
				for at, j := range m.used {
					differences[at] = row[j] - mean[j]
				}
			}
			w.MulPacked(matmul.Of(count, q, q, to), matmul.Of(count, q, q, from), m.packs[k])
			for i := range count {
				sum := 0.0
				for _, v := range to[i*q : (i+1)*q] {
					sum += v * v
				}
				o.Data[(lo+i)*o.Stride+k] = -sum / 2
			}
		}
		for i := range count {
			m.share(o.Data[(lo+i)*o.Stride:][:m.classes])
		}
	}
	return nil
}

// share makes probabilities of what the classes' discriminants are without their constants.
func (m *model) share(row []float64) {
	top := math.Inf(-1)
	for k := range row {
		switch {
		case math.IsInf(m.prior[k], -1):
			row[k] = math.Inf(-1)
		case m.linear:
			row[k] += m.intercepts[k]
		default:
			row[k] += m.prior[k] - m.whitenings[k].determinant/2
		}
		if math.IsNaN(row[k]) {
			row[k] = math.Inf(-1) // infinitely far from the class
		}
		top = max(top, row[k])
	}
	if math.IsInf(top, 0) { // infinitely far from all
		for k := range row {
			row[k] = math.Exp(m.prior[k])
		}
		top = math.Inf(1)
	}
	sum := 0.0
	for k, v := range row {
		if !math.IsInf(top, 0) {
			row[k] = math.Exp(v - top)
		}
		sum += row[k]
	}
	for k := range row {
		row[k] /= sum
	}
}

// coefficients are those of the linear form: for two classes one row, the difference of both; else one for each class, where a class without rows has zeros and the intercept -Inf. What all
// classes would have in common is left out.
func (m *model) coefficients() (*mat.Dense, []float64) {
	p := m.features
	if m.classes > 2 {
		return mat.NewDense(m.classes, p, append([]float64(nil), m.weights...)), append([]float64(nil), m.intercepts...)
	}
	w := mat.NewDense(1, p, nil)
	for j := range p {
		w.Set(0, j, m.weights[p+j]-m.weights[j])
	}
	return w, []float64{m.intercepts[1] - m.intercepts[0]}
}

// linearModel is a model whose classes are parted by planes, and so has coefficients.
type linearModel struct{ *model }

func (m linearModel) Coefficients() (*mat.Dense, []float64) { return m.coefficients() }

// Save writes, in sections: shape (features, classes, 1 when linear), prior, mean, used, inverse (a lower triangle row by row for the one or each of the covariances), determinant.
func (m *model) Save(w *artifact.Writer) error {
	linear := int64(0)
	if m.linear {
		linear = 1
	}
	w.Int64s("shape", []int64{int64(m.features), int64(m.classes), linear})
	w.Float64s("prior", m.prior)
	w.Float64s("mean", m.mean)
	w.Int32s("used", m.used)
	q := len(m.used)
	var inverse, determinant []float64
	for _, x := range m.whitenings {
		for i := range q {
			inverse = append(inverse, x.inverse[i*q:i*q+i+1]...)
		}
		determinant = append(determinant, x.determinant)
	}
	w.Float64s("inverse", inverse)
	w.Float64s("determinant", determinant)
	return nil
}

// maxShape bounds what a state may say of itself before anything is made of it.
const maxShape = 1 << 20

func load(version int, r *artifact.Reader) (learners.Model, error) {
	if version != 1 {
		return nil, fmt.Errorf("%s: state version %d is not known; this program reads 1", name, version)
	}
	shape, err := r.Int64s("shape")
	if err != nil {
		return nil, err
	}
	if len(shape) != 3 || shape[0] < 1 || shape[0] > maxShape || shape[1] < 2 || shape[1] > maxShape || shape[2] < 0 || shape[2] > 1 {
		return nil, fmt.Errorf("%w: the shape is %v", artifact.ErrCorrupt, shape)
	}
	m := &model{features: int(shape[0]), classes: int(shape[1]), linear: shape[2] == 1}
	var inverse, determinant []float64
	for section, into := range map[string]*[]float64{"prior": &m.prior, "mean": &m.mean, "inverse": &inverse, "determinant": &determinant} {
		if *into, err = r.Float64s(section); err != nil {
			return nil, err
		}
		for _, v := range *into {
			if math.IsNaN(v) || math.IsInf(v, 1) || math.IsInf(v, -1) && section != "prior" {
				return nil, fmt.Errorf("%w: section %s holds %v", artifact.ErrCorrupt, section, v)
			}
		}
	}
	if m.used, err = r.Int32s("used"); err != nil {
		return nil, err
	}
	for i, j := range m.used {
		if j < 0 || int(j) >= m.features || i > 0 && j <= m.used[i-1] {
			return nil, fmt.Errorf("%w: feature %d takes part", artifact.ErrCorrupt, j)
		}
	}
	count, q := m.classes, len(m.used)
	if m.linear {
		count = 1
	}
	if len(m.prior) != m.classes || len(m.mean) != m.classes*m.features || len(determinant) != count || len(inverse) != count*(q*(q+1)/2) {
		return nil, fmt.Errorf("%w: %d priors, %d means, %d determinants and %d numbers of their factors do not fit the shape %v", artifact.ErrCorrupt,
			len(m.prior), len(m.mean), len(determinant), len(inverse), shape)
	}
	some := false
	for _, v := range m.prior {
		some = some || !math.IsInf(v, -1)
	}
	if !some {
		return nil, fmt.Errorf("%w: no class has a probability", artifact.ErrCorrupt)
	}
	for k := range count {
		x := whitening{inverse: make([]float64, q*q), determinant: determinant[k]}
		for i := range q {
			copy(x.inverse[i*q:], inverse[:i+1])
			inverse = inverse[i+1:]
		}
		m.whitenings = append(m.whitenings, x)
	}
	m.prepare()
	return m.asModel(), nil
}

// asModel is the model with the abilities that it has.
func (m *model) asModel() learners.Model {
	if m.linear {
		return linearModel{m}
	}
	return m
}

var (
	_ learners.Model        = (*model)(nil)
	_ learners.Coefficients = linearModel{}
)
