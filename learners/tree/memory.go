package tree

import (
	"fmt"
	"math"
	"runtime"

	"aibms/learners"
	"aibms/learners/bin"
	"aibms/learners/data"
)

// width is how many numbers a leaf of K classes or targets holds at most: two classes need one, two targets two.
func width(outputs int) int64 { return int64(max(1, outputs)) }

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

// Memory is how many bytes the columns, the target and the growers of n rows, p features and K classes or targets hold at most, beside the trees that are kept: what an ensemble needs on workers goroutines that each grow a
// tree of at most nodes nodes. coarse is as for NewColumns.
func Memory(n, p, classes int, nodes int64, coarse bool, workers int) int64 {
	rows, features := int64(n), int64(p)
	codes := min(rows, maxRanks)
	columns := 2*rows*features + 16*codes*features
	if coarse && n >= ExactRows {
		codes, columns = bin.MaxBins, int64(bin.Memory(n, p, workers))
	}
	scratch := 16 * max(256, codes+1) // of a sorter
	prepared := int64(0)              // of several targets: the sums of all rows, and those of a node's
	if classes > 1 {
		scratch = 8 * max(256, codes+1) * int64(classes+1)
		prepared = 8 * rows * int64(classes)
		scratch += 8 * rows * int64(classes+1)
	}
	grower := 40*rows + 56*rows + scratch + 2*nodes*(80+16*width(classes)) // rows, sorting, histograms, and the nodes with the copy that is handed on
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
func KeptMemory(nodes int64, classes int) int64 { return nodes * 2 * (16 + 8*width(classes)) }

// MemoryNeeded implements learners.MemoryEstimator.
func (l *decisionTree) MemoryNeeded(n, p, classes int) int64 {
	nodes := l.MostNodes(n)
	sum := Memory(n, p, classes, nodes, false, 1) + KeptMemory(nodes, classes) + 32*nodes // weights and gains
	if l.Criterion == "absolute_error" {
		sum += 64 * int64(n)
	}
	return sum + int64(runtime.GOMAXPROCS(0)-1)*8*2*max(256, min(int64(n), maxRanks)+1)*(width(classes)+1) // features of large nodes are shared out
}

// CheckMemory refuses a training on categories whose sets, of so many nodes at most, may need more memory than allowed beside what is needed without.
func CheckMemory(learner string, needed, nodes int64, train *data.Examples, env learners.Env) error {
	sets := SetMemory(nodes, train.Categories)
	if sets > 0 && env.Memory > 0 && needed+sets > env.Memory {
		return fmt.Errorf("%s: the categories of so many nodes may need %d bytes of memory, and %d are allowed; bound the nodes by max_depth, max_leaf_nodes or min_samples_leaf, or the categories by CATEGORY(x, n)",
			learner, needed+sets, env.Memory)
	}
	return nil
}

var _ learners.MemoryEstimator = (*decisionTree)(nil)
