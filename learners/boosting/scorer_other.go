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
