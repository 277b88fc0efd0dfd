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
