//go:build !purego

package exponential

import "golang.org/x/sys/cpu"

// available tells whether this processor has the instructions of exponential_amd64.s and the system keeps their registers.
var available = cpu.X86.HasAVX2 && cpu.X86.HasFMA

//go:noescape
func expFMA(x *float64, n int, top float64, constants *float64)

//go:noescape
func expTo32FMA(dst *float32, x *float64, n int, top float64, constants *float64)
