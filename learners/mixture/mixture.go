package mixture

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"

	"gonum.org/v1/gonum/mat"

	"aibms/learners/matmul"
)

// The forms of covariances.
const (
	full      = "full"
	tied      = "tied"
	diag      = "diag"
	spherical = "spherical"
)

var forms = []string{full, tied, diag, spherical}

// numbersOf is how many numbers are kept of the covariances.
func numbersOf(form string, k, p int) int64 {
	switch form {
	case full:
		return int64(k) * int64(p) * int64(p)
	case tied:
		return int64(p) * int64(p)
	case diag:
		return int64(k) * int64(p)
	}
	return int64(k)
}

// mixture is k normal distributions. It is immutable after ready.
type mixture struct {
	form    string
	k, p    int
	weights []float64 // k, their sum is one
	means   []float64 // k x p
	spread  []float64 // the covariances: k times p x p, p x p, k x p or k

	whitening []*matmul.Packed[float64] // p x p for each component, or one: U with U U' the inverse covariance
	precision []float64                 // k x p: of full and tied, the diagonals of the inverse covariances
	inverse   []float64                 // k x p: of diag and spherical, one over the standard deviation
	constant  []float64                 // k: log of the weight and of the density at the mean

	// Where components are not narrow and far from each other rows are held against all of them as they lie about one point. nil: each about its own mean.
	shift   []float64               // p: the mean of the mixture
	offset  []float64               // k x p, full and tied: (m_c - shift) U_c
	squared *matmul.Packed[float64] // 2p x k, diag and spherical: what the squares and the numbers of a row count for
	extra   []float64               // k, diag and spherical: what is added to that
	scratch sync.Pool
}

// scratch is what one goroutine needs.
type scratch struct {
	work        matmul.Workspace[float64]
	differences []float64 // k times rows x p: rows less the means; or rows x p: rows less the shift; or rows x 2p: their squares, and they
	product     []float64 // rows x p
	totals      []float64 // rows
	logs        []float64 // rows x k
}

// room makes s n long; what is in it is of no use.
func room(s *[]float64, n int) []float64 {
	if cap(*s) < n {
		*s = make([]float64, n)
	}
	*s = (*s)[:n]
	return *s
}

func newMixture(form string, k, p int) *mixture {
	m := &mixture{form: form, k: k, p: p, weights: make([]float64, k), means: make([]float64, k*p), spread: make([]float64, numbersOf(form, k, p))}
	m.scratch.New = func() any { return new(scratch) }
	return m
}

// keepSpread gives component c the covariance that it had, or the identity when it had none.
func (m *mixture) keepSpread(c int, before *mixture) {
	size := len(m.spread) / m.k
	to, from := m.spread[c*size:(c+1)*size], before.spread[c*size:(c+1)*size]
	if before.constant != nil {
		copy(to, from)
		return
	}
	for i := range to {
		if m.form != full || i%(m.p+1) == 0 {
			to[i] = 1
		}
	}
}

// empty is how many components have no rows.
func (m *mixture) empty() int {
	n := 0
	for _, w := range m.weights {
		if w == 0 {
			n++
		}
	}
	return n
}

var errOverflow = errors.New(name + ": the numbers overflow; scale the features")

// ready makes what follows from weights, means and covariances.
func (m *mixture) ready(ctx context.Context) error {
	for _, v := range [][]float64{m.weights, m.means, m.spread} {
		for _, x := range v {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return errOverflow
			}
		}
	}
	m.constant = make([]float64, m.k)
	logs := make([]float64, m.k) // of the root of the determinant of the inverse
	switch m.form {
	case full:
		for c := range m.k {
			packed, precision, log, err := whiten(ctx, m.spread[c*m.p*m.p:(c+1)*m.p*m.p], m.p)
			if err != nil {
				return m.collapsed(c, err)
			}
			m.whitening, m.precision, logs[c] = append(m.whitening, packed), append(m.precision, precision...), log
		}
	case tied:
		packed, precision, log, err := whiten(ctx, m.spread, m.p)
		if err != nil {
			return m.collapsed(-1, err)
		}
		for c := range m.k {
			m.whitening, m.precision, logs[c] = append(m.whitening, packed), append(m.precision, precision...), log
		}
	default:
		m.inverse = make([]float64, m.k*m.p)
		for i := range m.inverse {
			v := m.spread[i/m.p]
			if m.form == diag {
				v = m.spread[i]
			}
			if !(v > 0) {
				return m.collapsed(i/m.p, errSingular)
			}
			m.inverse[i] = 1 / math.Sqrt(v)
			logs[i/m.p] -= math.Log(v) / 2
		}
	}
	for c, w := range m.weights {
		m.constant[c] = math.Log(w) + logs[c] - float64(m.p)/2*math.Log(2*math.Pi)
	}
	m.aboutOnePoint()
	return nil
}

// farApart is how far a mean may be from the shift, squared and in spreads of its component, so that what is computed about the shift has lost no more than 1e-10 of itself.
const farApart = 1e6

// aboutOnePoint makes shift and what goes with it when no component with rows is too far away.
func (m *mixture) aboutOnePoint() {
	p := m.p
	shift := make([]float64, p)
	for c, w := range m.weights {
		for j, v := range m.means[c*p : (c+1)*p] {
			shift[j] += w * v
		}
	}
	for c, w := range m.weights {
		size := 0.0
		for j := range p {
			d := m.means[c*p+j] - shift[j]
			size += d * d * m.inverseAt(c, j)
		}
		if w > 0 && !(size <= farApart) {
			return
		}
	}
	m.shift = shift
	if m.inverse == nil {
		m.offset = make([]float64, m.k*p)
		for c := range m.k {
			d, to := make([]float64, p), m.offset[c*p:(c+1)*p]
			for j := range d {
				d[j] = m.means[c*p+j] - shift[j]
			}
			new(matmul.Workspace[float64]).MulPacked(matmul.Of(1, p, p, to), matmul.Of(1, p, p, d), m.whitening[c])
		}
		return
	}
	m.extra = make([]float64, m.k)
	squared := make([]float64, 2*p*m.k)
	for c := range m.k {
		m.extra[c] = m.constant[c]
		for j := range p {
			v, d := m.inverseAt(c, j), m.means[c*p+j]-shift[j]
			squared[j*m.k+c], squared[(p+j)*m.k+c] = -v/2, v*d
			m.extra[c] -= v * d * d / 2
		}
	}
	m.squared = matmul.Pack(matmul.Of(2*p, m.k, m.k, squared))
}

// inverseAt is number j of the diagonal of the inverse covariance of component c.
func (m *mixture) inverseAt(c, j int) float64 {
	if m.inverse != nil {
		return m.inverse[c*m.p+j] * m.inverse[c*m.p+j]
	}
	return m.precision[c*m.p+j]
}

var errSingular = errors.New("the covariance is singular")

// collapsed says what a covariance that cannot be inverted means to a user.
func (m *mixture) collapsed(c int, err error) error {
	if !errors.Is(err, errSingular) {
		return err
	}
	if c < 0 {
		return fmt.Errorf("%s: %w: features depend on each other; raise reg_covar, or leave some of them out", name, err)
	}
	return fmt.Errorf("%s: %w in component %d: it has too few different rows, or features depend on each other; raise reg_covar, use fewer components, or covariance_type = diag", name, err, c+1)
}

// whiten returns the transposed inverse of the Cholesky factor L of the p x p matrix s, ready for products, the diagonal of the inverse of s, and the log of the determinant of the former.
func whiten(ctx context.Context, s []float64, p int) (packed *matmul.Packed[float64], diagonal []float64, log float64, err error) {
	l := make([]float64, p*p)
	for i := range p {
		if err := ctx.Err(); err != nil {
			return nil, nil, 0, err
		}
		row := l[i*p : i*p+i+1]
		for j := range i {
			row[j] = (s[i*p+j] - dot(row[:j], l[j*p:j*p+j])) / l[j*p+j]
		}
		d := s[i*p+i] - dot(row[:i], row[:i])
		if !(d > 4*0x1p-52*s[i*p+i]) {
			return nil, nil, 0, errSingular
		}
		row[i] = math.Sqrt(d)
		log -= math.Log(row[i])
	}
	inverse := make([]float64, p*p) // U: row j of it is column j of the inverse of L
	for j := range p {
		if err := ctx.Err(); err != nil {
			return nil, nil, 0, err
		}
		row := inverse[j*p : (j+1)*p]
		row[j] = 1 / l[j*p+j]
		for i := j + 1; i < p; i++ {
			row[i] = -dot(l[i*p+j:i*p+i], row[j:i]) / l[i*p+i]
		}
		diagonal = append(diagonal, dot(row, row))
	}
	return matmul.Pack(matmul.Of(p, p, p, inverse)), diagonal, log, nil
}

// dot is the sum of a_i b_i, by four running sums.
func dot(a, b []float64) float64 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float64
	i := 0
	for ; i+4 <= len(a); i += 4 {
		s0 += a[i] * b[i]
		s1 += a[i+1] * b[i+1]
		s2 += a[i+2] * b[i+2]
		s3 += a[i+3] * b[i+3]
	}
	for ; i < len(a); i++ {
		s0 += a[i] * b[i]
	}
	return (s0 + s1) + (s2 + s3)
}

// differences sets s.differences to what the sums and densities of rows lo to hi of x are made of.
func (m *mixture) differences(s *scratch, x *mat.Dense, lo, hi int) {
	p, raw := m.p, x.RawMatrix()
	if m.squared != nil {
		to := room(&s.differences, (hi-lo)*2*p)
		for i := lo; i < hi; i++ {
			row, squares, line := raw.Data[i*raw.Stride:][:p], to[:p], to[p:2*p]
			for j, v := range m.shift[:len(row)] {
				v = row[j] - v
				squares[j], line[j] = v*v, v
			}
			to = to[2*p:]
		}
		return
	}
	if m.shift != nil {
		to := room(&s.differences, (hi-lo)*p)
		for i := lo; i < hi; i++ {
			row, line := raw.Data[i*raw.Stride:][:p], to[:p]
			for j, v := range m.shift[:len(row)] {
				line[j] = row[j] - v
			}
			to = to[p:]
		}
		return
	}
	to := room(&s.differences, m.k*(hi-lo)*p)
	for c := range m.k {
		mean := m.means[c*p : (c+1)*p]
		for i := lo; i < hi; i++ {
			row, line := raw.Data[i*raw.Stride:][:len(mean)], to[:len(mean)]
			for j, v := range mean {
				line[j] = row[j] - v
			}
			to = to[p:]
		}
	}
}

// densities sets s.logs, rows x k, to the logs of the weighted densities of rows lo to hi of x, and s.differences. What a row gets does not depend on the others, to the last bit.
func (m *mixture) densities(s *scratch, x *mat.Dense, lo, hi int) {
	m.differences(s, x, lo, hi)
	rows, p := hi-lo, m.p
	room(&s.logs, rows*m.k)
	if m.squared != nil {
		s.work.MulPacked(matmul.Of(rows, m.k, m.k, s.logs), matmul.Of(rows, 2*p, 2*p, s.differences), m.squared)
		for i := range rows {
			for c, v := range m.extra {
				s.logs[i*m.k+c] += v
			}
		}
		return
	}
	if m.shift != nil {
		y := room(&s.product, rows*p)
		for c := range m.k {
			if c == 0 || m.form == full {
				s.work.MulPacked(matmul.Of(rows, p, p, y), matmul.Of(rows, p, p, s.differences), m.whitening[c])
			}
			offset := m.offset[c*p : (c+1)*p]
			for i := range rows {
				s.logs[i*m.k+c] = m.constant[c] - apart(y[i*p:(i+1)*p], offset)/2
			}
		}
		return
	}
	for c := range m.k {
		d := s.differences[c*rows*p : (c+1)*rows*p]
		if m.inverse != nil {
			inverse := m.inverse[c*p : (c+1)*p]
			for i := range rows {
				s.logs[i*m.k+c] = m.constant[c] - scaledSquare(d[i*p:(i+1)*p], inverse)/2
			}
			continue
		}
		y := room(&s.product, rows*p)
		s.work.MulPacked(matmul.Of(rows, p, p, y), matmul.Of(rows, p, p, d), m.whitening[c])
		for i := range rows {
			line := y[i*p : (i+1)*p]
			s.logs[i*m.k+c] = m.constant[c] - dot(line, line)/2
		}
	}
}

// apart is the sum of (a_i - b_i)^2, by four running sums.
func apart(a, b []float64) float64 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float64
	i := 0
	for ; i+4 <= len(a); i += 4 {
		d0, d1, d2, d3 := a[i]-b[i], a[i+1]-b[i+1], a[i+2]-b[i+2], a[i+3]-b[i+3]
		s0 += d0 * d0
		s1 += d1 * d1
		s2 += d2 * d2
		s3 += d3 * d3
	}
	for ; i < len(a); i++ {
		s0 += (a[i] - b[i]) * (a[i] - b[i])
	}
	return (s0 + s1) + (s2 + s3)
}

// scaledSquare is the sum of (a_i b_i)^2.
func scaledSquare(a, b []float64) float64 {
	b = b[:len(a)]
	var s0, s1 float64
	i := 0
	for ; i+2 <= len(a); i += 2 {
		u, v := a[i]*b[i], a[i+1]*b[i+1]
		s0 += u * u
		s1 += v * v
	}
	if i < len(a) {
		u := a[i] * b[i]
		s0 += u * u
	}
	return s0 + s1
}

// shares turns the logs of weighted densities of a row into the shares of the components, and returns the log of their sum. A row too far away for any density gets the weights of the
// components, and minus infinity.
func (m *mixture) shares(logs []float64) float64 {
	most := math.Inf(-1)
	for _, v := range logs {
		if v > most {
			most = v
		}
	}
	sum := 0.0
	if !math.IsInf(most, 0) {
		for c, v := range logs {
			v = math.Exp(v - most)
			logs[c] = v
			sum += v
		}
	}
	if !(sum > 0) {
		copy(logs, m.weights)
		return math.Inf(-1)
	}
	for c := range logs {
		logs[c] /= sum
	}
	return most + math.Log(sum)
}
