package neighbors

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// maxWidth is how many numbers an image has at most.
const maxWidth = 16

// space maps rows of p features to images of at most maxWidth numbers that are never farther apart than the rows: what is too far by its image need not be looked at.
//
//	euclidean    z_a = v_a . (x - mean) along the directions v_a in which the rows vary most (orthonormal); when there are fewer directions than features, the last z is
//	             the length of what they leave of x - mean
//	else         the features less their means, those that vary most
//
// The most telling numbers come first, and zeros fill up to a multiple of eight. Images are rounded to single precision, which slack makes up for.
type space struct {
	norm    norm
	p       int
	width   int       // of an image: a multiple of 8
	mean    []float64 // p
	axes    []float64 // euclidean: directions x p
	columns []int32   // else: which features

	longest float64 // of x - mean over the training rows
	scale   float64 // of images: a power of two that makes the longest row about one long
}

// sampled is how many rows the directions are found from.
const sampled = 2048

// newSpace looks at a sample of the n rows.
func newSpace(ctx context.Context, m norm, n, p int, row func(i int) []float64) (*space, error) {
	s := &space{norm: m, p: p}
	count := min(n, sampled)
	mean := make([]float64, p)
	for i := range count {
		for j, v := range row(i * n / count) {
			mean[j] += v / float64(count)
		}
	}
	x := make([]float64, count*p)
	spread := make([]float64, p)
	for i := range count {
		if i%64 == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
		for j, v := range row(i * n / count) {
			d := v - mean[j]
			x[i*p+j] = d
			spread[j] += d * d
		}
	}
	s.mean = mean
	if m.power != 2 {
		order := make([]int32, p)
		for j := range order {
			order[j] = int32(j)
		}
		slices.SortStableFunc(order, func(a, b int32) int {
			switch {
			case spread[a] > spread[b]:
				return -1
			case spread[a] < spread[b]:
				return 1
			}
			return 0
		})
		s.columns = order[:min(p, maxWidth)]
		s.width = (len(s.columns) + 7) &^ 7
		return s, nil
	}
	var err error
	if s.axes, err = directions(ctx, x, count, p); err != nil {
		return nil, err
	}
	s.setWidth()
	return s, nil
}

// setWidth follows from the directions.
func (s *space) setWidth() {
	numbers := len(s.axes) / s.p
	if numbers < s.p {
		numbers++
	}
	s.width = (numbers + 7) &^ 7
}

// directions returns orthonormal directions along which the n centred rows x vary most, the largest variance first: all p of them when p <= maxWidth, else at most
// maxWidth - 1, found by subspace iteration (Golub, Van Loan: Matrix Computations, 4th ed., 8.2.4). They need not be exact. Numbers that are not finite give the axes of the features.
func directions(ctx context.Context, x []float64, n, p int) ([]float64, error) {
	a := p
	if p > maxWidth {
		a = maxWidth - 1
	}
	v := make([][]float64, a)
	rng := rand.New(rand.NewPCG(0x6b6e6e, 1))
	for k := range v {
		v[k] = make([]float64, p)
		if a == p {
			v[k][k] = 1
			continue
		}
		for j := range v[k] {
			v[k][j] = rng.NormFloat64()
		}
	}
	const rounds = 4
	var along []float64
	for round := 0; round <= rounds; round++ {
		if a < p {
			v = orthonormal(v)
		}
		if len(v) == 0 || a == p || round == rounds {
			break
		}
		next := make([][]float64, len(v))
		for k := range next {
			next[k] = make([]float64, p)
		}
		for i := range n {
			if i%64 == 0 {
				if err := ctx.Err(); err != nil {
					return nil, err
				}
			}
			row := x[i*p : (i+1)*p]
			for k, d := range v {
				f := dot(row, d)
				for j, u := range row {
					next[k][j] += f * u
				}
			}
		}
		v = next
	}
	if len(v) > 0 { // the directions of most variance within their span
		a = len(v)
		b := mat.NewSymDense(a, nil)
		along = make([]float64, a)
		for i := range n {
			if i%64 == 0 {
				if err := ctx.Err(); err != nil {
					return nil, err
				}
			}
			for k, d := range v {
				along[k] = dot(x[i*p:(i+1)*p], d)
			}
			for k := range a {
				for l := k; l < a; l++ {
					b.SetSym(k, l, b.At(k, l)+along[k]*along[l])
				}
			}
		}
		var eigen mat.EigenSym
		if finite(b.RawSymmetric().Data) && eigen.Factorize(b, true) {
			var u mat.Dense
			eigen.VectorsTo(&u)
			turned := make([][]float64, a)
			for k := range turned {
				turned[k] = make([]float64, p)
				for l, d := range v {
					f := u.At(l, a-1-k) // eigenvalues ascend
					for j, t := range d {
						turned[k][j] += f * t
					}
				}
			}
			v = turned
		}
	}
	var axes []float64
	for _, d := range orthonormal(v) {
		axes = append(axes, d...)
	}
	if len(axes) == 0 { // nothing varies, or nothing can be computed with
		for k := range min(p, maxWidth-1) {
			axes = append(axes, make([]float64, p)...)
			axes[k*p+k] = 1
		}
	}
	return axes, nil
}

// orthonormal makes the vectors so, one after the other, and leaves out those that depend on the ones before (Gram-Schmidt, twice).
func orthonormal(v [][]float64) [][]float64 {
	var out [][]float64
	for _, d := range v {
		before := math.Sqrt(dot(d, d))
		for range 2 {
			for _, o := range out {
				f := dot(d, o)
				for j := range d {
					d[j] -= f * o[j]
				}
			}
		}
		length := math.Sqrt(dot(d, d))
		if !(length > 1e-8*before) || math.IsInf(before, 1) {
			continue
		}
		for j := range d {
			d[j] /= length
		}
		if square := dot(d, d); math.Abs(square-1) < 1e-12 {
			out = append(out, d)
		}
	}
	return out
}

func dot(a, b []float64) float64 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float64
	j := 0
	for ; j+4 <= len(a); j += 4 {
		s0 += a[j] * b[j]
		s1 += a[j+1] * b[j+1]
		s2 += a[j+2] * b[j+2]
		s3 += a[j+3] * b[j+3]
	}
	for ; j < len(a); j++ {
		s0 += a[j] * b[j]
	}
	return (s0 + s1) + (s2 + s3)
}

func finite(v []float64) bool {
	for _, x := range v {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	return true
}

// image fills z with the image of x; work holds p numbers. It returns the length of x - mean, in the metric or more. A row so far off that single precision does not
// reach has the length +Inf, and z is zeros.
func (s *space) image(x []float64, z []float32, work []float64) float64 {
	clear(z)
	length := 0.0
	for j, m := range s.mean {
		work[j] = x[j] - m
		length += math.Abs(work[j])
	}
	if s.axes != nil {
		length = math.Sqrt(dot(work, work))
	}
	if !(length*s.scale < farthest) {
		return math.Inf(1)
	}
	for a, j := range s.columns {
		z[a] = float32(work[j] * s.scale)
	}
	a := len(s.axes) / s.p
	var along [maxWidth]float64
	for k := range a {
		along[k] = dot(work, s.axes[k*s.p:(k+1)*s.p])
		z[k] = float32(along[k] * s.scale)
	}
	if a > 0 && a < s.p {
		for k := range a {
			f := along[k]
			for j, v := range s.axes[k*s.p : (k+1)*s.p] {
				work[j] -= f * v
			}
		}
		z[a] = float32(math.Sqrt(dot(work, work)) * s.scale)
	}
	return length
}

// farthest is how long a row may be, in units of the longest training row, to be compared in single precision.
const farthest = 1 << 40

// measure sets scale and longest after the training rows.
func (s *space) measure(ctx context.Context, n int, row func(i int) []float64) error {
	s.longest, s.scale = 0, 1
	work := make([]float64, s.p)
	for i := range n {
		if i%256 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		length := 0.0
		for j, v := range row(i) {
			work[j] = v - s.mean[j]
			length += math.Abs(work[j])
		}
		if s.axes != nil {
			length = math.Sqrt(dot(work, work))
		}
		s.longest = max(s.longest, length)
	}
	if s.longest > 0 && s.longest <= math.MaxFloat64 {
		_, exponent := math.Frexp(s.longest)
		s.scale = math.Ldexp(1, -max(-1000, min(1000, exponent)))
	}
	return nil
}

// images are those of n rows, row by row.
func (s *space) images(ctx context.Context, n int, row func(i int) []float64) ([]float32, error) {
	if err := s.measure(ctx, n, row); err != nil {
		return nil, err
	}
	out, work := make([]float32, n*s.width), make([]float64, s.p)
	for i := range n {
		if i%256 == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
		s.image(row(i), out[i*s.width:(i+1)*s.width], work)
	}
	return out, nil
}

// panels arranges images for screenRows.
func (s *space) panels(images []float32) []float32 {
	n := len(images) / s.width
	out := make([]float32, (n+lanes-1)/lanes*lanes*s.width)
	for i := range n {
		panel := out[i/lanes*lanes*s.width:]
		for j, v := range images[i*s.width : (i+1)*s.width] {
			panel[j*lanes+i%lanes] = v
		}
	}
	return out
}

// slack bounds by how much rounding may make two images farther apart than their rows, given the length of one; the other is a training row. A number of an image is a
// sum of p products, wrong by about p epsilon times the length at most, as is the orthonormality of the directions; then it is rounded to single precision.
func (s *space) slack(length float64) float64 {
	const epsilon = 0x1p-52
	return (4*epsilon*float64(s.p+4)*float64(s.width+4) + 0x1p-22) * (length + s.longest)
}

// limit is the reduced distance of images, in their own units, that rows of the given reduced distance may have.
func (s *space) limit(reduced, slack float64) float32 {
	d := s.norm.root(reduced+float64(s.p)*0x1p-1070) + slack // below 1e-307 a sum is right to its last place alone
	return float32(s.norm.raise(d*s.scale)*(1+1e-5) + 1e-37)
}
