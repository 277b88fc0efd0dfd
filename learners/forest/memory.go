package forest

import (
	"math"
	"runtime"

	"aibms/learners"
	"aibms/learners/tree"
)

// inBagShare is the share of distinct rows in a bootstrap sample of as many rows as there are, and a little more.
const inBagShare = 0.64

// MemoryNeeded implements learners.MemoryEstimator. Trees that are not bounded may have a leaf for each row that they learn from. Those of a first model are copied to where the others come
// behind them, and once more when these turn out to be larger than the first of them was.
func (f *forest) MemoryNeeded(s learners.Shape) int64 {
	rows, n := s.Rows, int64(s.Rows)
	if f.bootstrap {
		rows = int(math.Ceil(float64(n) * min(inBagShare, f.maxSamples)))
	}
	nodes, workers := f.MostNodes(rows), max(1, min(runtime.GOMAXPROCS(0), f.trees))
	sum := tree.Memory(s, nodes, true, workers) + tree.KeptMemory(nodes*int64(f.trees), s)
	sum += int64(2*workers+1) * (2*n + 48*nodes + tree.SetBytes(nodes, s.Categories)) // samples, and trees that wait for their turn
	if f.random {
		sum += tree.ByRowMemory(s.Rows, s.Features)
	}
	if f.oobScore {
		sum += n * (4 + 8*int64(s.Outputs()))
	}
	if m, ok := s.First.(*model); ok {
		sum += 2 * m.trees.Bytes()
	}
	return sum
}

var (
	_ learners.MemoryEstimator = (*randomForest)(nil)
	_ learners.MemoryEstimator = (*extraTrees)(nil)
)
