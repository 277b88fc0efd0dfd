//go:build !amd64 || purego

package exponential

const available = false

const unreachable = "exponential: there are no vector instructions here"

func expFMA(x *float64, n int, top float64, constants *float64) { panic(unreachable) }

func expTo32FMA(dst *float32, x *float64, n int, top float64, constants *float64) { panic(unreachable) }
