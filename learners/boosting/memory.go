package boosting

import (
	"runtime"

	"aibms/learners"
	"aibms/learners/bin"
)

// MemoryNeeded implements learners.MemoryEstimator. Histograms that wait are not counted but for a few: how many are kept depends on Env.Memory.
func (l *gradientBoosting) MemoryNeeded(n, p, classes int) int64 {
	outputs := int64(1)
	if classes > 2 || classes == 2 && l.loss == "softmax" {
		outputs = int64(classes)
	}
	rows, features := int64(n), int64(p)
	workers := int64(runtime.GOMAXPROCS(0))
	sum := int64(bin.Memory(n, p, int(workers))) + 32*rows*outputs + 24*rows // margins and derivatives; rows in their leaves
	if l.subsample < 1 || l.goss {
		sum += 24 * rows
	}
	sum += (4 + workers) * features * slots * 8
	// a tree, and its layout for prediction; lists grow by more than they need
	nodes := (2*min(int64(l.maxLeaves), rows) + 1) * int64(l.nTrees) * outputs
	return sum + 2*nodes*(80+16+8)
}

// histogramBudget is how many bytes of histograms may wait when memory bytes may be held; 0: no limit.
func (l *gradientBoosting) histogramBudget(memory int64, n, p, classes int) int {
	if memory == 0 {
		return keptHistograms
	}
	return int(max(0, min(keptHistograms, memory-l.MemoryNeeded(n, p, classes))))
}

var _ learners.MemoryEstimator = (*gradientBoosting)(nil)
