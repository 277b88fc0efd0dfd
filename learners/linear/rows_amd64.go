//go:build !purego

package linear

import "golang.org/x/sys/cpu"

// vectors tells whether this processor has the instructions of rows_amd64.s and the system keeps their registers.
var vectors = cpu.X86.HasAVX2 && cpu.X86.HasFMA

// Strides are in numbers; rows is at least 1, p may be 0.

//go:noescape
func marginsFMA(x *float64, stride, rows int, w *float64, p int, intercept float64, out *float64)

//go:noescape
func addRowsFMA(x *float64, stride, rows int, r, sum *float64, p int)
