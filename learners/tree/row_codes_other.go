//go:build !amd64 || purego

package tree

const vectors = false

const noVectors = "tree: there are no vector instructions"

func spreadAVX(codes *uint8, stride, width int, ids *int32, n int, low, high *uint8) {
	panic(noVectors)
}
func tallyAVX(codes *uint8, stride, width int, ids *int32, moments *moment, n int, cut, bit *uint8, even, odd *tallied) {
	panic(noVectors)
}
func partitionAVX(codes *uint8, cut, missing int, ids, spareIDs *int32, moments, spareMoments *moment, n int) int {
	panic(noVectors)
}
