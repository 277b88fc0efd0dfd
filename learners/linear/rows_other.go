//go:build !amd64 || purego

package linear

const vectors = false

const noVectors = "linear: there are no vector instructions"

func marginsFMA(x *float64, stride, rows int, w *float64, p int, intercept float64, out *float64) {
	panic(noVectors)
}
func addRowsFMA(x *float64, stride, rows int, r, sum *float64, p int) { panic(noVectors) }
