//go:build !amd64 || purego

package cluster

const missing = "cluster: there are no vector instructions"

func nearestFMA(tiles, p int, x *float64, xRow int, panel, square *float64, from int, first *float64, which *int32, second *float64) {
	panic(missing)
}

func candidatesFMA(tiles, p int, x *float64, xRow int, panel, square, size, closest, weight, to, potential *float64, rounding float64) {
	panic(missing)
}
