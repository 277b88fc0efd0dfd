// Package vector works on slices of float32 number by number, with the vector instructions of the processor where it has AVX2: what neural networks do between products of matrices.
//
// Every function gives the same bits with and without these instructions: each number is added, multiplied or compared by itself, rounded after every step, and sums go in the documented order.
// Slices of one call do not overlap unless they are the same. A function panics when slices are too short.
package vector

import (
	"math"
	"sync/atomic"
)

var forced atomic.Bool

// Portable makes all functions go without vector instructions from now on, or (false) with them where the processor has them. It is for tests.
func Portable(on bool) { forced.Store(on) }

// Accelerated reports whether functions go by the vector instructions of the processor.
func Accelerated() bool { return available && !forced.Load() }

// lanes is how many numbers the instructions work on at once.
const lanes = 8

// wide is how many of n numbers go by vector instructions.
func wide(n int) int {
	if !Accelerated() {
		return 0
	}
	return n / lanes * lanes
}

// AddRow adds row to each row of z, whose rows are as long and follow each other.
func AddRow(z, row []float32) {
	n := len(row)
	rows := rowsOf(z, n)
	w := wide(n)
	if w > 0 && rows > 0 {
		addRowAVX(&z[0], &row[0], rows, w/lanes, 4*n)
	}
	for i := 0; i < len(z) && w < n; i += n {
		to := z[i:][:n]
		for j := w; j < n; j++ {
			to[j] += row[j]
		}
	}
}

// AddRowRelu adds row to each row of z and makes what is negative then 0.
func AddRowRelu(z, row []float32) {
	n := len(row)
	rows := rowsOf(z, n)
	w := wide(n)
	if w > 0 && rows > 0 {
		addRowReluAVX(&z[0], &row[0], rows, w/lanes, 4*n)
	}
	for i := 0; i < len(z) && w < n; i += n {
		to := z[i:][:n]
		for j := w; j < n; j++ {
			to[j] = positive(to[j] + row[j])
		}
	}
}

// rowsOf is how many rows of n numbers z has.
func rowsOf(z []float32, n int) int {
	if n == 0 || len(z)%n != 0 {
		panic("vector: the rows of a matrix are not as long as the row that is added")
	}
	return len(z) / n
}

// positive is v, or 0 when its sign is negative. It has no branch, which the processor would guess wrong half of the time.
func positive(v float32) float32 {
	b := math.Float32bits(v)
	return math.Float32frombits(b &^ uint32(int32(b)>>31))
}

// Relu makes what is negative 0.
func Relu(z []float32) {
	w := wide(len(z))
	if w > 0 {
		reluAVX(&z[0], w/lanes)
	}
	for i := w; i < len(z); i++ {
		z[i] = positive(z[i])
	}
}

// DeriveRelu makes delta 0 where value, none of which is negative, is 0.
func DeriveRelu(delta, value []float32) {
	value = value[:len(delta)]
	w := wide(len(delta))
	if w > 0 {
		deriveReluAVX(&delta[0], &value[0], w/lanes)
	}
	for i := w; i < len(delta); i++ {
		delta[i] = math.Float32frombits(math.Float32bits(delta[i]) & uint32(-int32(math.Float32bits(value[i]))>>31))
	}
}

// Multiply multiplies z by by.
func Multiply(z, by []float32) {
	by = by[:len(z)]
	w := wide(len(z))
	if w > 0 {
		multiplyAVX(&z[0], &by[0], w/lanes)
	}
	for i := w; i < len(z); i++ {
		z[i] *= by[i]
	}
}

// AddColumns adds the rows of z, which are as long as sums, to sums: one after the other.
func AddColumns(sums, z []float32) {
	n := len(sums)
	rows := rowsOf(z, n)
	w := wide(n)
	if w > 0 && rows > 0 {
		addColumnsAVX(&sums[0], &z[0], rows, w/lanes, 4*n)
	}
	for i := 0; i < len(z) && w < n; i += n {
		from := z[i:][:n]
		for j := w; j < n; j++ {
			sums[j] += from[j]
		}
	}
}

// Narrow sets to to (from - offset) * factor, held within bound of 0, in single precision.
func Narrow(to []float32, from, offset, factor []float64, bound float64) {
	from, offset, factor = from[:len(to)], offset[:len(to)], factor[:len(to)]
	w := wide(len(to))
	if w > 0 {
		narrowAVX(&to[0], &from[0], &offset[0], &factor[0], w/4, bound)
	}
	for i := w; i < len(to); i++ {
		v := float64(from[i]-offset[i]) * factor[i]
		if v > bound {
			v = bound
		} else if v < -bound {
			v = -bound
		}
		to[i] = float32(v)
	}
}

// AdamStep is what a step of Adam does to each parameter p with the derivative g:
//
//	m = Beta1 m + (1 - Beta1) g      v = Beta2 v + (1 - Beta2) g g      p = p - Size m / (sqrt(v) + Little)
type AdamStep struct {
	Beta1, Beta2, Size, Little float32
}

// Do makes the step.
func (s AdamStep) Do(p, g, m, v []float32) {
	g, m, v = g[:len(p)], m[:len(p)], v[:len(p)]
	c := [6]float32{s.Beta1, 1 - s.Beta1, s.Beta2, 1 - s.Beta2, s.Size, s.Little}
	w := wide(len(p))
	if w > 0 {
		adamAVX(&p[0], &g[0], &m[0], &v[0], w/lanes, &c)
	}
	for i := w; i < len(p); i++ {
		d := g[i]
		m[i] = float32(c[0]*m[i]) + float32(c[1]*d)
		v[i] = float32(c[2]*v[i]) + float32(float32(c[3]*d)*d)
		p[i] -= float32(float32(c[4]*m[i]) / (float32(math.Sqrt(float64(v[i]))) + c[5]))
	}
}
