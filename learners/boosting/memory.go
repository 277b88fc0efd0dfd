package boosting

import (
	"runtime"
	"slices"

	"aibms/learners"
	"aibms/learners/bin"
)

// laidNode and laidTree are how many bytes a node, and a tree beside its nodes, take in the layouts for prediction, while their lists grow.
const laidNode, laidTree = 80, 200

// MemoryNeeded implements learners.MemoryEstimator. Histograms that wait are not counted but for a few: how many are kept depends on Env.Memory. The trees of a first model stay where they are, but they are laid out for
// prediction anew, with the others.
func (l *gradientBoosting) MemoryNeeded(s learners.Shape) int64 {
	outputs := int64(s.Values())
	if s.Classes == 2 && l.loss == "softmax" {
		outputs = 2
	}
	rows, features := int64(s.Rows), int64(s.Features)
	workers := int64(runtime.GOMAXPROCS(0))
	sum := int64(bin.Memory(s.Rows, s.Features, int(workers))) + 32*rows*outputs + 24*rows // margins and derivatives; rows in their leaves
	if l.subsample < 1 || l.goss {
		sum += 24 * rows
	}
	sum += (4 + workers) * features * slots * 8
	// a tree, and its layout for prediction; lists grow by more than they need
	nodes := (2*min(int64(l.maxLeaves), rows) + 1) * int64(l.nTrees) * outputs
	sum += 2 * nodes * (80 + 16 + 8)
	if most := slices.Max(append([]int{0}, s.Categories...)); most > 0 {
		sum += nodes * (32 + 8*int64(most/64+1)) // the sets of splits
	}
	if m, ok := s.First.(*ensemble); ok {
		sum += laidNode*int64(len(m.nodes)) + laidTree*int64(len(m.trees))
	}
	return sum
}

// histogramBudget is how many bytes of histograms may wait when memory bytes may be held; 0: no limit.
func (l *gradientBoosting) histogramBudget(memory int64, s learners.Shape) int {
	if memory == 0 {
		return keptHistograms
	}
	return int(max(0, min(keptHistograms, memory-l.MemoryNeeded(s))))
}

var _ learners.MemoryEstimator = (*gradientBoosting)(nil)
