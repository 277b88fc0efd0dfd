//go:build !purego

package svm

import "golang.org/x/sys/cpu"

// available tells whether this processor has the instructions of vector_amd64.s.
var available = cpu.X86.HasAVX2 && cpu.X86.HasFMA

//go:noescape
func dotsRowFMA(dst, x, z *float64, p, groups int, start *float64, self float64)

//go:noescape
func dotsFourFMA(dst *float64, dstStride int, x *float64, xStride int, z *float64, p, panels int, start *float64, startStride int, self *float64)

//go:noescape
func stepAVX2(v, up *float64, ki, kj *float32, delta float64, n int, best *float64, at *int64)

//go:noescape
func gainAVX2(v, down, diagonal *float64, ki *float32, u, kii, least float64, n int, best *float64, at *int64, low *float64)

//go:noescape
func addScaledAVX2(v *float64, k *float32, factor float64, n int)
