//go:build !amd64 || purego

package boosting

// vectors is false: newScorer makes none, and ensembles are walked.
const vectors = false

func exitLeaves(leaves *[scoredRows]uint8, codes *uint8, splits *entry, planes *uint16, count int) {
	panic("boosting: exitLeaves without vector instructions")
}

func encodeColumn(codes *uint8, x *float64, stride, rows int, cuts *float64, pivots int, missing float64) {
	panic("boosting: encodeColumn without vector instructions")
}

func sigmoidsAVX(p, z *float64, n int, powers *float64) bool {
	panic("boosting: sigmoidsAVX without vector instructions")
}

func stableAVX(left, right, part *uint32, n int, codes, sides *uint8) int {
	panic("boosting: stableAVX without vector instructions")
}
