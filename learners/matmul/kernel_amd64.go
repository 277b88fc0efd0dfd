//go:build !purego

package matmul

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

// available tells whether this processor has the instructions of kernel_amd64.s and the system keeps their registers.
var available = cpu.X86.HasAVX2 && cpu.X86.HasFMA

// tilesFMA64 multiplies as kernel_amd64.s says. Strides are in bytes; tiles and k are at least 1.
//
//go:noescape
func tilesFMA64(tiles, k int, a *float64, aTile, aRow, aColumn int, b *float64, bRow int, c *float64, cRow, add int)

// tilesFMA32 is tilesFMA64 for single precision.
//
//go:noescape
func tilesFMA32(tiles, k int, a *float32, aTile, aRow, aColumn int, b *float32, bRow int, c *float32, cRow, add int)

// tilesFast is tilesPortable by the vector instructions.
func tilesFast[T Float](tiles, k int, a tilesOf[T], b []T, bRow int, c []T, cRow int, add bool) {
	again := 0
	if add {
		again = 1
	}
	pa, pb, pc := unsafe.Pointer(&a.data[0]), unsafe.Pointer(&b[0]), unsafe.Pointer(&c[0])
	if unsafe.Sizeof(b[0]) == 8 {
		tilesFMA64(tiles, k, (*float64)(pa), 8*a.tile, 8*a.row, 8*a.column, (*float64)(pb), 8*bRow, (*float64)(pc), 8*cRow, again)
	} else {
		tilesFMA32(tiles, k, (*float32)(pa), 4*a.tile, 4*a.row, 4*a.column, (*float32)(pb), 4*bRow, (*float32)(pc), 4*cRow, again)
	}
}

// shiftAndSumAVX sets to, rows of columns numbers, to the first 4 blocks numbers of each row of from less shift, and adds these to sums, row after row. Strides are in bytes.
//
//go:noescape
func shiftAndSumAVX(to *float64, toRow int, from *float64, fromRow int, shift, sums *float64, rows, blocks int)

// shiftAndSum does so for as many of the columns as the instructions take, and returns how many these are: of float64 all but the last up to three, of float32 none.
func shiftAndSum[T Float](to, from []T, fromRow int, shift, sums []T, rows int) int {
	columns := len(shift)
	if unsafe.Sizeof(shift[0]) != 8 || columns < 4 || rows == 0 {
		return 0
	}
	_, _, _ = to[rows*columns-1], from[(rows-1)*fromRow+columns-1], sums[columns-1]
	shiftAndSumAVX((*float64)(unsafe.Pointer(&to[0])), 8*columns, (*float64)(unsafe.Pointer(&from[0])), 8*fromRow, (*float64)(unsafe.Pointer(&shift[0])), (*float64)(unsafe.Pointer(&sums[0])), rows, columns/4)
	return columns / 4 * 4
}
