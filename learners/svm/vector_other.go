//go:build !amd64 || purego

package svm

const available = false

func dotsRowFMA(dst, x, z *float64, p, groups int, start *float64, self float64) { panic(unreachable) }

func dotsFourFMA(dst *float64, dstStride int, x *float64, xStride int, z *float64, p, panels int, start *float64, startStride int, self *float64) {
	panic(unreachable)
}

func stepAVX2(v, up *float64, ki, kj *float32, delta float64, n int, best *float64, at *int64) {
	panic(unreachable)
}

func gainAVX2(v, down, diagonal *float64, ki *float32, u, kii, least float64, n int, best *float64, at *int64, low *float64) {
	panic(unreachable)
}

func addScaledAVX2(v *float64, k *float32, factor float64, n int) { panic(unreachable) }

const unreachable = "svm: there are no vector instructions here"
