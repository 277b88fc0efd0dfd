//go:build !purego

package vector

import "golang.org/x/sys/cpu"

// available tells whether this processor has the instructions of vector_amd64.s and the system keeps their registers.
var available = cpu.X86.HasAVX2

// Strides are in bytes; rows and blocks, of 8 float32 (narrowAVX: 4 float64), are at least 1.

//go:noescape
func addRowAVX(z, row *float32, rows, blocks, stride int)

//go:noescape
func addRowReluAVX(z, row *float32, rows, blocks, stride int)

//go:noescape
func reluAVX(z *float32, blocks int)

//go:noescape
func deriveReluAVX(delta, value *float32, blocks int)

//go:noescape
func multiplyAVX(z, by *float32, blocks int)

//go:noescape
func addColumnsAVX(sums, z *float32, rows, blocks, stride int)

//go:noescape
func narrowAVX(to *float32, from, offset, factor *float64, blocks int, bound float64)

//go:noescape
func adamAVX(p, gradient, m, v *float32, blocks int, c *[6]float32)
