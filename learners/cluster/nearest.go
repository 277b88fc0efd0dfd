package cluster

import (
	"math"

	"aibms/learners/matmul"
)

const (
	panelWidth = 8   // centres that the kernel holds rows against at once
	tileRows   = 6   // rows that it takes at once
	fastWidth  = 128 // features up to which it gives the sums of package matmul, which cuts longer ones
)

// room makes s n long; what is in it is of no use.
func room[T any](s *[]T, n int) []T {
	if cap(*s) < n {
		*s = make([]T, n)
	}
	*s = (*s)[:n]
	return *s
}

// compare finds for each row of x the centre with the least |c|^2 - 2 x.c, the first of equal ones: s.near is the centre and s.first the number. With second s.second is the second
// least number, infinite when there is one centre. What a row gets depends on it and the centres alone, to the last bit.
func (c *centres) compare(s *scratch, x matmul.Matrix[float64], second bool) {
	if c.fast() {
		c.compareFast(s, x, second)
		return
	}
	c.compareSlowly(s, x)
}

// fast reports whether rows can be held against the centres by the vector instructions.
func (c *centres) fast() bool { return matmul.Accelerated() && c.p <= fastWidth }

// compareSlowly is the twin of compareFast: the same bits from a product of matrices and a loop. It always finds the second, and leaves the -2 x.c in s.scores.
func (c *centres) compareSlowly(s *scratch, x matmul.Matrix[float64]) {
	room(&s.near, x.Rows)
	room(&s.first, x.Rows)
	room(&s.second, x.Rows)
	scores := c.scores(s, x)
	for i := range s.near {
		best, one, two := 0, math.Inf(1), math.Inf(1)
		for j, v := range scores[i*c.k : (i+1)*c.k] {
			if v += c.square[j]; v < two {
				if v < one {
					best, one, two = j, v, one
				} else {
					two = v
				}
			}
		}
		s.near[i], s.first[i], s.second[i] = int32(best), one, two
	}
}

// compareFast is compareSlowly by the vector instructions. Rows that do not fill a tile are copied to one.
func (c *centres) compareFast(s *scratch, x matmul.Matrix[float64], second bool) {
	room(&s.near, x.Rows)
	room(&s.first, x.Rows)
	if second {
		room(&s.second, x.Rows)
	}
	for i := range s.near {
		s.near[i], s.first[i] = 0, math.Inf(1)
		if second {
			s.second[i] = math.Inf(1)
		}
	}
	whole := x.Rows / tileRows * tileRows
	if whole > 0 {
		c.tiles(x.Data[:(whole-1)*x.RowStride+c.p], x.RowStride, s.near[:whole], s.first[:whole], s.second, second)
	}
	left := x.Rows - whole
	if left == 0 {
		return
	}
	tile := room(&s.tile, tileRows*c.p)
	clear(tile)
	for i := range left {
		copy(tile[i*c.p:(i+1)*c.p], x.Data[(whole+i)*x.RowStride:])
	}
	var near [tileRows]int32
	var first, after [tileRows]float64
	for i := range first {
		first[i], after[i] = math.Inf(1), math.Inf(1)
	}
	c.tiles(tile, c.p, near[:], first[:], after[:], second)
	copy(s.near[whole:], near[:left])
	copy(s.first[whole:], first[:left])
	if second {
		copy(s.second[whole:], after[:left])
	}
}

// tiles calls the kernel for all panels. The number of rows is that of near, a multiple of a tile's.
func (c *centres) tiles(x []float64, stride int, near []int32, first, second []float64, both bool) {
	_ = x[(len(near)-1)*stride+c.p-1]
	_ = first[len(near)-1]
	var after *float64
	if both {
		after = &second[:len(near)][0]
	}
	for from := 0; from < c.k; from += panelWidth {
		nearestFMA(len(near)/tileRows, c.p, &x[0], 8*stride, &c.panels[from*c.p], &c.padded[from], from, &first[0], &near[0], after)
	}
}

// pack lays the centres out for the kernel: panel after panel, each a line of 8 numbers -2 c for each feature. Centres that fill up the last panel are infinitely far.
func (c *centres) pack() {
	if c.p > fastWidth {
		return
	}
	width := (c.k + panelWidth - 1) / panelWidth * panelWidth
	clear(room(&c.panels, width*c.p))
	for j := range room(&c.padded, width) {
		if c.padded[j] = math.Inf(1); j < c.k {
			c.padded[j] = c.square[j]
			panel := c.panels[j/panelWidth*panelWidth*c.p+j%panelWidth:]
			for t, v := range c.row(j) {
				panel[t*panelWidth] = -2 * v
			}
		}
	}
}
