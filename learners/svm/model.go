package svm

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/artifact"
)

// machine is what a fit found. The support vectors stand by class, and in the order of their rows within one. One of class a has outputs coefficients, for the pairs of a with each other class in order;
// numbers have one class and one output.
type machine struct {
	kernel     *kernel
	p          int
	classes    int   // 0: numbers
	present    []int // class codes that have rows
	outputs    int
	counts     []int     // support vectors of each present class
	vectors    []float64 // p numbers each
	b          []float64 // outputs numbers each
	intercepts []float64 // of each pair (a, b), a < b, in order: f > 0 says b
	platt      []platt   // of each pair: the probability of b

	chunks []chunk
	width  int // outputs, rounded up to lane
}

// chunk is some support vectors of a class, ready to be multiplied with.
type chunk struct {
	class   int
	columns int // a multiple of lane; what is more than the support vectors repeats the last one and has no weight
	z       []float64
	start   []float64
	b       []float64 // panels of lane outputs, columns rows each
}

// chunkVectors is how many support vectors a chunk has at most: its values for four rows stay near the processor.
const chunkVectors = 256

// keep takes over what was found: solutions of problems on rows at (places in f.rows) for the pairs which; class is that of each of f.rows.
func (m *machine) keep(f *fit, found []*solution, at [][]int, which [][2]int, class []float64) {
	b := make([][]float64, len(f.rows)) // nil: no support vector
	for k, s := range found {
		for i, v := range s.b {
			if v == 0 {
				continue
			}
			r := at[k][i]
			if b[r] == nil {
				b[r] = make([]float64, m.outputs)
			}
			b[r][m.column(int(class[r]), which[k])] = v
		}
	}
	m.counts = make([]int, max(1, len(m.present)))
	for a := range m.counts {
		for r, v := range b {
			if v != nil && int(class[r]) == a {
				m.counts[a]++
				m.vectors = append(m.vectors, f.x.RawRowView(f.rows[r])...)
				m.b = append(m.b, v...)
			}
		}
	}
}

// column is the output of class a for a pair that it belongs to.
func (m *machine) column(a int, pair [2]int) int {
	other := pair[0]
	if other == a {
		other = pair[1]
	}
	if other > a {
		other--
	}
	return max(0, other)
}

// prepare lays the support vectors out for prediction.
func (m *machine) prepare() {
	m.width = roundUp(m.outputs, lane)
	u := make([]float64, m.p)
	first := 0
	for class, count := range m.counts {
		for lo := 0; lo < count; lo += chunkVectors {
			n := min(chunkVectors, count-lo)
			c := chunk{class: class, columns: roundUp(n, lane)}
			c.z, c.start, c.b = make([]float64, c.columns*m.p), make([]float64, c.columns), make([]float64, c.columns*m.width)
			for i := range c.columns {
				from := first + lo + min(i, n-1)
				m.kernel.scaleRow(u, m.vectors[from*m.p:][:m.p])
				for j, v := range u {
					c.z[i/lane*lane*m.p+lane*j+i%lane] = v
				}
				c.start[i] = m.kernel.start(u)
				if i < n {
					for k, v := range m.b[from*m.outputs:][:m.outputs] {
						c.b[k/lane*lane*c.columns+lane*i+k%lane] = v
					}
				}
			}
			m.chunks = append(m.chunks, c)
		}
		first += count
	}
}

// predictRows is how many rows are predicted at once.
const predictRows = 64

// each calls f with every row of x and its sums: those of present class a start at a*stride.
func (m *machine) each(x *mat.Dense, f func(i int, sums []float64, stride int)) {
	n, p := x.Dims()
	rows := min(predictRows, roundUp(n, 4))
	u, self := make([]float64, rows*p), make([]float64, rows)
	values := make([]float64, 4*chunkVectors)
	sums := make([]float64, len(m.counts)*rows*m.width)
	for low := 0; low < n; low += rows {
		count := min(rows, n-low)
		for i := range count {
			m.kernel.scaleRow(u[i*p:][:p], x.RawRowView(low+i))
			self[i] = m.kernel.start(u[i*p:][:p]) + m.kernel.constant()
		}
		clear(sums)
		for k := range m.chunks {
			c := &m.chunks[k]
			for i := 0; i < count; i += 4 {
				dotsFour(values, c.columns, c.columns, u[i*p:], p, c.z, c.start, 0, (*[4]float64)(self[i:]))
				for r := range min(4, count-i) {
					m.kernel.values(values[r*c.columns:][:c.columns])
				}
				to := sums[(c.class*rows+i)*m.width:]
				dotsFour(to, m.width, m.width, values, c.columns, c.b, to, m.width, new([4]float64))
			}
		}
		for i := range count {
			f(low+i, sums[i*m.width:], rows*m.width)
		}
	}
}

// decision is f of the pair k = (a, b) of present classes; it is finite.
func (m *machine) decision(sums []float64, stride, k, a, b int) float64 {
	return finite(sums[a*stride+b-1] + sums[b*stride+a] + m.intercepts[k])
}

// classifier is a machine for classes.
type classifier struct{ *machine }

// Predict fills out with the probabilities of the classes. A class that did not occur in training has probability zero.
func (m classifier) Predict(x, out *mat.Dense) error {
	if err := m.check(x, out, m.classes); err != nil {
		return err
	}
	k := len(m.present)
	p, r, q, qp := make([]float64, k), make([]float64, k*k), make([]float64, k*k), make([]float64, k)
	m.each(x, func(i int, sums []float64, stride int) {
		row := out.RawRowView(i)
		clear(row)
		if k == 2 {
			v := m.platt[0].probability(m.decision(sums, stride, 0, 0, 1))
			row[m.present[0]], row[m.present[1]] = 1-v, v
			return
		}
		at := 0
		for a := range k {
			for b := a + 1; b < k; b++ {
				v := max(leastPair, min(m.platt[at].probability(m.decision(sums, stride, at, a, b)), 1-leastPair))
				r[a*k+b], r[b*k+a] = 1-v, v
				at++
			}
		}
		couple(p, r, q, qp)
		for a, v := range p {
			row[m.present[a]] = v
		}
	})
	return nil
}

// Classify decides by the sign of f, or by the votes of all pairs; of equal votes the first class wins.
func (m classifier) Classify(x *mat.Dense, classes []int32) error {
	if err := m.checkInput(x); err != nil {
		return err
	}
	if n, _ := x.Dims(); len(classes) != n {
		return fmt.Errorf("%s: %d rows need as many places for their classes, got %d", name, n, len(classes))
	}
	k := len(m.present)
	votes := make([]int, k)
	m.each(x, func(i int, sums []float64, stride int) {
		clear(votes)
		at := 0
		for a := range k {
			for b := a + 1; b < k; b++ {
				if m.decision(sums, stride, at, a, b) > 0 {
					votes[b]++
				} else {
					votes[a]++
				}
				at++
			}
		}
		classes[i] = int32(m.present[slices.Index(votes, slices.Max(votes))])
	})
	return nil
}

// regressor is a machine for numbers.
type regressor struct{ *machine }

// Predict fills out with f.
func (m regressor) Predict(x, out *mat.Dense) error {
	if err := m.check(x, out, 1); err != nil {
		return err
	}
	m.each(x, func(i int, sums []float64, stride int) { out.Set(i, 0, finite(sums[0]+m.intercepts[0])) })
	return nil
}

// finite keeps sums for rows that are beyond all reason in the range of numbers.
func finite(v float64) float64 {
	if v != v {
		return 0
	}
	return max(-math.MaxFloat64, min(v, math.MaxFloat64))
}

// check demands that out has a row of the given number of columns for each of x.
func (m *machine) check(x, out *mat.Dense, columns int) error {
	if err := m.checkInput(x); err != nil {
		return err
	}
	if out == nil {
		return fmt.Errorf("%s: no place for predictions", name)
	}
	n, _ := x.Dims()
	if r, c := out.Dims(); r != n || c != columns {
		return fmt.Errorf("%s: predictions of %d rows need a matrix of %d x %d, got %d x %d", name, n, n, columns, r, c)
	}
	return nil
}

func (m *machine) checkInput(x *mat.Dense) error {
	if x == nil || x.IsEmpty() {
		return fmt.Errorf("%s: no rows to predict", name)
	}
	if _, p := x.Dims(); p != m.p {
		return fmt.Errorf("%s: the model has %d features, got %d", name, m.p, p)
	}
	return nil
}

// Save writes kernel, shape, support vectors and coefficients.
func (m *machine) Save(w *artifact.Writer) error {
	w.Strings("kernel", []string{m.kernel.name})
	w.Float64s("kernel_parameters", []float64{m.kernel.gamma, m.kernel.coef0, float64(m.kernel.degree)})
	w.Float64s("center", m.kernel.center)
	w.Int64s("shape", []int64{int64(m.p), int64(m.classes)})
	w.Int32s("present", int32s(m.present))
	w.Int32s("counts", int32s(m.counts))
	w.Float64s("vectors", m.vectors)
	w.Float64s("coefficients", m.b)
	w.Float64s("intercepts", m.intercepts)
	var v []float64
	for _, p := range m.platt {
		v = append(v, p.a, p.b)
	}
	w.Float64s("platt", v)
	return nil
}

func int32s(v []int) []int32 {
	out := make([]int32, len(v))
	for i, x := range v {
		out[i] = int32(x)
	}
	return out
}

func ints(v []int32) []int {
	out := make([]int, len(v))
	for i, x := range v {
		out[i] = int(x)
	}
	return out
}

func load(version int, r *artifact.Reader) (learners.Model, error) {
	if version != 1 {
		return nil, fmt.Errorf("%s: state version %d is not known, this server reads 1", name, version)
	}
	var err error
	floats := func(section string) (v []float64) {
		if err == nil {
			v, err = r.Float64s(section)
		}
		if err == nil && slices.ContainsFunc(v, func(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) }) {
			err = fmt.Errorf("%w: section %q has a number that is not finite", artifact.ErrCorrupt, section)
		}
		return v
	}
	whole := func(section string) (v []int32) {
		if err == nil {
			v, err = r.Int32s(section)
		}
		return v
	}
	corrupt := func(format string, args ...any) (learners.Model, error) {
		return nil, fmt.Errorf("%w: "+format, append([]any{artifact.ErrCorrupt}, args...)...)
	}
	names, err := r.Strings("kernel")
	if err != nil {
		return nil, err
	}
	shape, err := r.Int64s("shape")
	if err != nil {
		return nil, err
	}
	numbers, center := floats("kernel_parameters"), floats("center")
	m := &machine{present: ints(whole("present")), counts: ints(whole("counts")), vectors: floats("vectors"), b: floats("coefficients"), intercepts: floats("intercepts")}
	scaling := floats("platt")
	if err != nil {
		return nil, err
	}
	if len(names) != 1 || !slices.Contains(kernelNames, names[0]) || len(numbers) != 3 || len(shape) != 2 {
		return corrupt("kernel %q with %d parameters, %d numbers of a shape", names, len(numbers), len(shape))
	}
	if d := numbers[2]; !(numbers[0] >= 0) || d != math.Trunc(d) || d < 0 || d > 100 {
		return corrupt("kernel parameters %v", numbers)
	}
	if shape[0] < 1 || shape[0] > math.MaxInt32 || shape[1] < 0 || shape[1] == 1 || shape[1] > math.MaxInt32 {
		return corrupt("%d features, %d classes", shape[0], shape[1])
	}
	m.p, m.classes = int(shape[0]), int(shape[1])
	m.kernel = &kernel{name: names[0], gamma: numbers[0], coef0: numbers[1], degree: int(numbers[2])}
	if m.kernel.name == "rbf" {
		m.kernel.center = center
	}
	if len(center) != len(m.kernel.center) || m.kernel.name == "rbf" && len(center) != m.p {
		return corrupt("%d means of features for %d features", len(center), m.p)
	}
	pairs := 1
	switch k := len(m.present); {
	case m.classes == 0 && k == 0 && len(m.counts) == 1:
		m.outputs = 1
	case m.classes > 0 && k >= 2 && k <= m.classes && len(m.counts) == k:
		m.outputs, pairs = k-1, k*(k-1)/2
	default:
		return corrupt("%d of %d classes, %d counts", k, m.classes, len(m.counts))
	}
	for a, k := range m.present {
		if k < 0 || k >= m.classes || a > 0 && k <= m.present[a-1] {
			return corrupt("present classes %v of %d", m.present, m.classes)
		}
	}
	vectors := 0
	for _, n := range m.counts {
		if n < 0 {
			return corrupt("%d support vectors", n)
		}
		vectors += n
	}
	if vectors > len(m.vectors) || len(m.vectors) != vectors*m.p || len(m.b) != vectors*m.outputs || len(m.intercepts) != pairs || len(scaling) != 2*pairs*min(m.classes, 1) {
		return corrupt("%d support vectors of %d features have %d numbers, %d coefficients, %d intercepts and %d numbers of Platt scaling",
			vectors, m.p, len(m.vectors), len(m.b), len(m.intercepts), len(scaling))
	}
	for k := 0; k < len(scaling); k += 2 {
		m.platt = append(m.platt, platt{scaling[k], scaling[k+1]})
	}
	m.prepare()
	if m.classes == 0 {
		return regressor{m}, nil
	}
	return classifier{m}, nil
}

var (
	_ learners.Model      = regressor{}
	_ learners.Model      = classifier{}
	_ learners.Classifier = classifier{}
)
