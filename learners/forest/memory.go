package forest

import (
	"math"
	"runtime"

	"aibms/learners"
	"aibms/learners/tree"
)

// inBagShare is the share of distinct rows in a bootstrap sample of as many rows as there are, and a little more.
const inBagShare = 0.64

// MemoryNeeded implements learners.MemoryEstimator. Trees that are not bounded may have a leaf for each row that they learn from.
func (f *forest) MemoryNeeded(n, p, classes int) int64 {
	rows := n
	if f.bootstrap {
		rows = int(math.Ceil(float64(n) * min(inBagShare, f.maxSamples)))
	}
	nodes, workers := f.MostNodes(rows), max(1, min(runtime.GOMAXPROCS(0), f.trees))
	sum := tree.Memory(n, p, classes, nodes, true, workers) + tree.KeptMemory(nodes*int64(f.trees), classes)
	sum += int64(2*workers+1) * (2*int64(n) + 48*nodes) // samples, and trees that wait for their turn
	if f.random {
		sum += tree.ByRowMemory(n, p)
	}
	if f.oobScore {
		sum += int64(n) * (4 + 8*int64(max(1, classes)))
	}
	return sum
}

var (
	_ learners.MemoryEstimator = (*randomForest)(nil)
	_ learners.MemoryEstimator = (*extraTrees)(nil)
)
