//go:build !amd64 || purego

package matmul

const available = false

func tilesFast[T Float](tiles, k int, a tilesOf[T], b []T, bRow int, c []T, cRow int, add bool) {
	tilesPortable(tiles, k, a, b, bRow, c, cRow, add)
}

func shiftAndSum[T Float](to, from []T, fromRow int, shift, sums []T, rows int) int { return 0 }
