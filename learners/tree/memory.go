package tree

import (
	"math"
	"runtime"

	"aibms/learners"
	"aibms/learners/bin"
)

// MostNodes bounds the nodes of a tree that grows on so many distinct rows.
func (g *GrowthParams) MostNodes(rows int) int64 {
	leaves := float64(max(1, rows/max(1, g.MinSamplesLeaf)))
	if g.MinSamplesSplit > 2 { // a node that is split has so many rows; its sides may be of one
		leaves = min(leaves, float64(rows))
	}
	if g.MaxDepth > 0 {
		leaves = min(leaves, math.Ldexp(1, min(g.MaxDepth, 62)))
	}
	if g.Max > 0 {
		leaves = min(leaves, float64(g.Max))
	}
	return 2*int64(leaves) - 1
}

// Memory is how many bytes the columns, the target and the growers hold at most, beside the trees that are kept: what an ensemble needs on workers goroutines that each grow a tree of at most nodes nodes. coarse is as
// for NewColumns.
func Memory(s learners.Shape, nodes int64, coarse bool, workers int) int64 {
	rows, features := int64(s.Rows), int64(s.Features)
	codes := min(rows, maxRanks)
	columns := 2*rows*features + 16*codes*features
	if coarse && s.Rows >= ExactRows {
		codes, columns = bin.MaxBins, int64(bin.Memory(s.Rows, s.Features, workers))
	}
	width := int64(s.Values())
	scratch := 16 * max(256, codes+1) // of a sorter
	prepared := int64(0)              // of several targets: the sums of all rows, and those of a node's
	if width > 1 {
		scratch = 16 * max(256, codes+1) * (width + 1) // the histogram, and its cells
	}
	if s.Targets > 1 {
		prepared = 8 * rows * width
		scratch += 8 * rows * (width + 1)
	}
	grower := 40*rows + 56*rows + scratch + 2*nodes*(80+16*width) + 2*SetBytes(nodes, s.Categories) // rows, sorting, histograms, and the nodes with the copy that is handed on
	return columns + prepared + 48*rows + int64(runtime.GOMAXPROCS(0))*40*rows + int64(workers)*grower
}

// ByRowMemory is how many bytes Columns.ByRow adds.
func ByRowMemory(n, p int) int64 {
	if n < ExactRows || p > maxRowCodes {
		return 0
	}
	return int64(n)*int64(p) + blockBytes
}

// KeptMemory is how many bytes kept nodes take, with room to grow.
func KeptMemory(nodes int64, s learners.Shape) int64 {
	return nodes*2*(16+8*int64(s.Values())) + SetBytes(nodes, s.Categories)
}

// SetBytes is how many bytes the sets of so many nodes take at most: half of the nodes split; lists that grow have twice the room.
func SetBytes(nodes int64, categories []int) int64 {
	words := 0
	for _, k := range categories {
		if k > 0 {
			words = max(words, setWords(k))
		}
	}
	return nodes * 8 * int64(words)
}

// Bytes is how many bytes a copy of the trees takes.
func (t *Trees) Bytes() int64 {
	return 4*int64(len(t.roots)) + 16*int64(len(t.nodes)) + 8*int64(len(t.values)+len(t.sets))
}

// MemoryNeeded implements learners.MemoryEstimator.
func (l *decisionTree) MemoryNeeded(s learners.Shape) int64 {
	nodes, n := l.MostNodes(s.Rows), int64(s.Rows)
	sum := Memory(s, nodes, false, 1) + KeptMemory(nodes, s) + 32*nodes // weights and gains
	if l.Criterion == "absolute_error" {
		sum += 64 * n
	}
	return sum + int64(runtime.GOMAXPROCS(0)-1)*8*2*max(256, min(n, maxRanks)+1)*int64(s.Values()+1) // features of large nodes are shared out
}

// FewerNodes says how trees need less memory.
const FewerNodes = "bound the nodes by max_depth, max_leaf_nodes or min_samples_leaf, and categories by CATEGORY(x, n)"

var _ learners.MemoryEstimator = (*decisionTree)(nil)
