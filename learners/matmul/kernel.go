package matmul

import (
	"sync/atomic"
	"unsafe"
)

// tileRows is how many rows of A a tile has. A panel of B is panelBytes wide: 8 float64 or 16 float32.
const (
	tileRows   = 6
	panelBytes = 64
)

// panelColumns is how many columns of B a panel has.
func panelColumns[T Float]() int {
	var zero T
	return panelBytes / int(unsafe.Sizeof(zero))
}

var forced atomic.Bool

// Portable makes all products go by the portable kernel from now on, or (false) by the fastest that the processor has. It is for tests and comparisons;
// it must not change while products are computed whose bits are to agree.
func Portable(on bool) { forced.Store(on) }

// Accelerated reports whether products go by the vector instructions of the processor, which round the sum with a product once and not twice.
func Accelerated() bool { return available && !forced.Load() }

// tilesOf is a row of tiles of A: number t of row i of tile m is data[m*tile + i*row + t*column].
type tilesOf[T Float] struct {
	data              []T
	tile, row, column int
}

// from is the tiles from the m-th on.
func (a tilesOf[T]) from(m int) tilesOf[T] {
	a.data = a.data[m*a.tile:]
	return a
}

// multiplyTiles multiplies tiles of 6 rows and k columns with a panel b of k rows, which begin bRow numbers apart: c = or (add) += a b. The tiles of c lie below each other.
// Each c[i][j] is the sum over t = 0, 1 ... k-1, from zero, of a[i][t] b[t][j], to which the old c[i][j] is added at the end. So its bits do not depend on what is around it.
func multiplyTiles[T Float](tiles, k int, a tilesOf[T], b []T, bRow int, c []T, cRow int, add bool) {
	_ = a.data[(tiles-1)*a.tile+(tileRows-1)*a.row+(k-1)*a.column]
	_ = b[(k-1)*bRow+panelColumns[T]()-1]
	_ = c[(tileRows*tiles-1)*cRow+panelColumns[T]()-1]
	if Accelerated() {
		tilesFast(tiles, k, a, b, bRow, c, cRow, add)
	} else {
		tilesPortable(tiles, k, a, b, bRow, c, cRow, add)
	}
}

// tilesPortable is the twin of the kernels in assembly: the same sums in the same order, each product rounded before it is added. The conversions T(...) forbid
// the compiler to fuse, so that it gives the same bits on every processor.
func tilesPortable[T Float](tiles, k int, a tilesOf[T], b []T, bRow int, c []T, cRow int, add bool) {
	width := panelColumns[T]()
	for i := 0; i < tileRows*tiles; i += 2 {
		from := a.data[i/tileRows*a.tile+i%tileRows*a.row:]
		for j := 0; j < width; j += 4 {
			var s00, s01, s02, s03, s10, s11, s12, s13 T
			p, q, r := 0, a.row, j
			for range k {
				row := b[r : r+4 : r+4]
				x, y := from[p], from[q]
				s00 += T(x * row[0])
				s01 += T(x * row[1])
				s02 += T(x * row[2])
				s03 += T(x * row[3])
				s10 += T(y * row[0])
				s11 += T(y * row[1])
				s12 += T(y * row[2])
				s13 += T(y * row[3])
				p, q, r = p+a.column, q+a.column, r+bRow
			}
			first, second := c[i*cRow+j:][:4], c[(i+1)*cRow+j:][:4]
			if add {
				s00, s01, s02, s03 = first[0]+s00, first[1]+s01, first[2]+s02, first[3]+s03
				s10, s11, s12, s13 = second[0]+s10, second[1]+s11, second[2]+s12, second[3]+s13
			}
			first[0], first[1], first[2], first[3] = s00, s01, s02, s03
			second[0], second[1], second[2], second[3] = s10, s11, s12, s13
		}
	}
}
