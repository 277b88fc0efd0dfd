package boosting

import (
	"container/heap"
	"context"
	"math"

	"aibms/internal/safego"
	"aibms/learners/bin"
)

// node is one place of a tree: a split, whose children stand next to each other after it, or a leaf.
type node struct {
	feature     int32 // of the split; -1: a leaf
	child       int32 // the left child; the right one is the next
	cut         float64
	value       float64 // of the leaf
	gain        float64 // of the split
	weight      float64 // of the training rows that came here
	bin         uint8   // the last code that goes left, in training
	missingLeft bool
	set         *binSet  // of a split by categories: the codes that go left, in training
	left        []uint64 // of a split by categories: a bit for each category, whether it goes left; nil: cut decides
}

// tree holds its nodes, the root first.
type tree []node

// leaf is a leaf of the tree that is grown.
type leaf struct {
	node      int32
	depth     int
	lo, hi    int // its rows are rows[lo:hi]
	sum       pair
	weight    float64
	histogram []table // of each feature; nil: it was not kept
	best      split
	bounds    bounds  // of its value, before the learning rate
	found     []split // the best split of each feature of the tree
	exact     []bool  // of each feature: whether it was found by the weights of the rows themselves; nil: none was
	chosen    int     // which of found is the best
}

// leafHeap gives the leaf to split next: the one with the largest gain, or the largest of the highest level; of equals the older one.
type leafHeap struct {
	leaves []*leaf
	levels bool
}

func (h *leafHeap) Len() int      { return len(h.leaves) }
func (h *leafHeap) Swap(i, j int) { h.leaves[i], h.leaves[j] = h.leaves[j], h.leaves[i] }
func (h *leafHeap) Push(x any)    { h.leaves = append(h.leaves, x.(*leaf)) }
func (h *leafHeap) Pop() any {
	last := h.leaves[len(h.leaves)-1]
	h.leaves = h.leaves[:len(h.leaves)-1]
	return last
}
func (h *leafHeap) Less(i, j int) bool {
	a, b := h.leaves[i], h.leaves[j]
	if h.levels && a.depth != b.depth {
		return a.depth < b.depth
	}
	if a.best.gain != b.best.gain {
		return a.best.gain > b.best.gain
	}
	return a.node < b.node
}

// keptHistograms is how many bytes of histograms are kept for leaves that wait; beyond it, a histogram is added up anew in place of being subtracted.
const keptHistograms = 256 << 20

// grower grows trees one after the other, leaf by leaf: the leaf whose split gains most is split next (Ke et al., NeurIPS 2017; Shi 2007), or
// that of the highest level whose split gains most. A split costs one pass over the rows of the
// smaller child for each feature; the larger child's histogram is what is left of the parent's. It is used by one goroutine.
type grower struct {
	matrix     *bin.Matrix
	usable     []int // features with something to split
	rules      splitRules
	maxLeaves  int
	maxDepth   int       // 0: no limit
	levels     bool      // grow level by level
	weight     []float64 // of rows; nil: 1 each
	categories []int     // of each feature: how many categories; nil: none
	workers    int
	budget     int // bytes of histograms that are kept
	rate       float64

	rows     []uint32 // of the tree, each leaf's together
	all      bool     // rows are those of the matrix, in their order
	gathered []pair   // of the leaf that is added up
	divider  partitioner
	free     [][]table
	one      table
	kept     int // histograms that leaves hold

	q        *gradients
	features []int      // of this tree
	found    [2][]split // of each feature, in the two children
	nodes    tree
	leaves   []*leaf // finished
}

func newGrower(m *bin.Matrix, rules splitRules, weight []float64, workers int) *grower {
	g := &grower{matrix: m, rules: rules, weight: weight, workers: workers, budget: keptHistograms, rows: make([]uint32, m.Rows), gathered: make([]pair, m.Rows)}
	g.divider = partitioner{scratch: make([]uint32, m.Rows), workers: workers}
	for j := range m.Features {
		if f := &m.Features[j]; f.Bins() > 1 || f.Bins() == 1 && f.Missing {
			g.usable = append(g.usable, j)
		}
	}
	return g
}

// grow grows a tree on the rows of g.rows[:n], of the features, to the rounded gradients. Afterwards g.nodes is the tree, with the learning rate in its values, and g.leaves its leaves with
// their rows.
func (g *grower) grow(ctx context.Context, n int, q *gradients, features []int) error {
	g.q, g.features = q, features
	g.all = n == g.matrix.Rows
	g.nodes, g.leaves = make(tree, 1, 2*min(g.maxLeaves, n)), nil
	root := &leaf{hi: n, bounds: unbounded}
	for _, r := range g.rows[:n] {
		root.sum += q.pairs[r]
	}
	root.weight = g.weightOf(0, n)
	for side := range g.found {
		g.found[side] = make([]split, len(features))
	}
	if g.splittable(root) && g.maxLeaves > 1 {
		if err := g.search(ctx, root); err != nil {
			return err
		}
	}
	g.all = false
	waiting := &leafHeap{levels: g.levels}
	g.wait(waiting, root)
	for waiting.Len() > 0 && waiting.Len()+len(g.leaves) < g.maxLeaves {
		if err := g.divide(ctx, heap.Pop(waiting).(*leaf), waiting); err != nil {
			return err
		}
	}
	for _, l := range waiting.leaves {
		g.finish(l)
	}
	for _, l := range g.leaves {
		g.nodes[l.node] = node{feature: -1, value: g.rate * g.value(l.sum, l.bounds), weight: l.weight}
	}
	return nil
}

// value is the best value of a leaf within bounds.
func (g *grower) value(sum pair, b bounds) float64 {
	f := splitFinder{l1: g.rules.l1 / g.q.gradientUnit}
	t := f.shrink(sum.gradient()) * g.q.gradientUnit
	if t == 0 {
		return b.nearest(0)
	}
	return b.nearest(-t / (sum.hessian()*g.q.hessianUnit + g.rules.l2))
}

// weightOf is the weight of the rows from lo to hi.
func (g *grower) weightOf(lo, hi int) float64 {
	if g.weight == nil {
		return float64(hi - lo)
	}
	sum := 0.0
	for _, r := range g.rows[lo:hi] {
		sum += g.weight[r]
	}
	return sum
}

// splittable reports whether the leaf may have a split at all.
func (g *grower) splittable(l *leaf) bool {
	return len(g.features) > 0 && (g.maxDepth == 0 || l.depth < g.maxDepth) && l.weight >= 2*g.rules.minSamples && l.sum.hessian()*g.q.hessianUnit >= 2*g.rules.minChildWeight &&
		l.hi-l.lo > 1
}

// wait puts the leaf with its best split among those to be split, or among the finished ones.
func (g *grower) wait(waiting *leafHeap, l *leaf) {
	if l.best.gain > 0 {
		heap.Push(waiting, l)
	} else {
		g.finish(l)
	}
}

func (g *grower) finish(l *leaf) {
	g.drop(l)
	g.leaves = append(g.leaves, l)
}

// divide splits a leaf. When a side has too little weight, the leaf goes back with the best split after the feature's own best was found among those whose sides have enough.
func (g *grower) divide(ctx context.Context, l *leaf, waiting *leafHeap) error {
	best := l.best
	inexact := l.exact == nil || !l.exact[l.chosen]
	if inexact && g.doubtful(l) {
		return g.searchExactly(ctx, l, waiting)
	}
	left, err := g.divider.divide(ctx, g.rows[l.lo:l.hi], g.matrix.Codes[best.feature], best.sides())
	if err != nil {
		return err
	}
	a := &leaf{depth: l.depth + 1, lo: l.lo, hi: l.lo + left, sum: best.left, bounds: l.bounds}
	b := &leaf{depth: l.depth + 1, lo: l.lo + left, hi: l.hi, sum: l.sum - best.left, bounds: l.bounds}
	a.weight = g.weightOf(a.lo, a.hi)
	if b.weight = l.weight - a.weight; g.weight != nil {
		b.weight = g.weightOf(b.lo, b.hi)
	}
	if least := g.rules.minSamples * (1 - 1e-9); (a.weight < least || b.weight < least) && inexact {
		return g.searchExactly(ctx, l, waiting)
	}
	if d := g.direction(best.feature); d != 0 { // the values on either side stay on their side of the middle
		middle := g.value(a.sum, a.bounds)/2 + g.value(b.sum, b.bounds)/2
		if d > 0 {
			a.bounds.high, b.bounds.low = middle, middle
		} else {
			a.bounds.low, b.bounds.high = middle, middle
		}
	}
	a.node = int32(len(g.nodes))
	b.node = a.node + 1
	g.nodes = append(g.nodes, node{}, node{})
	g.nodes[l.node] = node{feature: int32(best.feature), child: a.node, cut: g.cut(best), gain: best.gain, weight: l.weight, bin: best.bin, missingLeft: best.missingLeft}
	if best.set != nil {
		g.nodes[l.node].set, g.nodes[l.node].left = best.set, leftCodes(best.set, &g.matrix.Features[best.feature], g.categories[best.feature])
	}
	if waiting.Len()+len(g.leaves)+2 >= g.maxLeaves { // neither is split any more
		g.drop(l)
		g.finish(a)
		g.finish(b)
		return nil
	}
	if err := g.searchBoth(ctx, l, a, b); err != nil {
		return err
	}
	g.wait(waiting, a)
	g.wait(waiting, b)
	return nil
}

// cut is the threshold of a split: values up to it go left. It is the largest number when every number goes left, and only missing values right.
func (g *grower) cut(s split) float64 {
	f := &g.matrix.Features[s.feature]
	if s.set != nil {
		return 0
	}
	if int(s.bin) == f.Bins()-1 {
		return math.MaxFloat64
	}
	return f.Cut(int(s.bin), int(s.bin)+1)
}

// sides are the ways of the codes.
func (s split) sides() *sides {
	var table sides
	if s.set != nil {
		for c := range table {
			if s.set.has(uint8(c)) {
				table[c] = 1
			}
		}
		return &table
	}
	for c := range int(s.bin) + 1 {
		table[c] = 1
	}
	if s.missingLeft {
		table[bin.Missing] = 1
	}
	return &table
}

// searchBoth finds the best splits of the two children of a leaf and gives its histogram to the larger one.
func (g *grower) searchBoth(ctx context.Context, parent, a, b *leaf) error {
	small, large := a, b
	if a.hi-a.lo > b.hi-b.lo {
		small, large = b, a
	}
	switch {
	case !g.splittable(large):
		g.drop(parent)
		if g.splittable(small) {
			return g.search(ctx, small)
		}
		return nil
	case parent.histogram == nil:
		for _, l := range []*leaf{small, large} {
			if g.splittable(l) {
				if err := g.search(ctx, l); err != nil {
					return err
				}
			}
		}
		return nil
	}
	large.histogram, parent.histogram = parent.histogram, nil
	small.histogram = g.take()
	var inSmall *splitFinder
	if g.splittable(small) {
		inSmall = g.finder(small)
	}
	inLarge := g.finder(large)
	err := g.each(ctx, small, func(k, j int) {
		bins := g.matrix.Features[j].Bins()
		t := &small.histogram[k]
		g.fill(t, bins, j, small)
		if inSmall != nil {
			g.found[0][k] = g.find(inSmall, t, j, nil)
		}
		rest := &large.histogram[k]
		rest.subtract(t, bins)
		g.found[1][k] = g.find(inLarge, rest, j, nil)
	})
	if err != nil {
		return err
	}
	if inSmall != nil {
		g.choose(small, g.found[0])
	}
	g.choose(large, g.found[1])
	g.limit(small)
	g.limit(large)
	return nil
}

// search adds up the histogram of a leaf and finds its best split.
func (g *grower) search(ctx context.Context, l *leaf) error {
	l.histogram = g.take()
	finder := g.finder(l)
	err := g.each(ctx, l, func(k, j int) {
		bins := g.matrix.Features[j].Bins()
		g.fill(&l.histogram[k], bins, j, l)
		g.found[0][k] = g.find(finder, &l.histogram[k], j, nil)
	})
	if err != nil {
		return err
	}
	g.choose(l, g.found[0])
	g.limit(l)
	return nil
}

// allExactly is the weight up to which a leaf whose best split has a side with too little weight is searched by the weights of the rows in all features. The share of the hessian also hides good
// splits, which matters most where rows are few; where they are many, only the feature is searched again.
const allExactly = 2048

// doubtful reports whether a side of the best split of a large leaf has so little of the hessian that it may well have too little weight.
func (g *grower) doubtful(l *leaf) bool {
	const margin = 3
	left, all := l.best.left.hessian(), l.sum.hessian()
	return l.weight > allExactly && g.rules.minSamples > 1 && min(left, all-left)*l.weight < margin*g.rules.minSamples*all
}

// searchExactly finds the best split of a leaf whose sides have enough weight by the weights of the rows themselves, of the chosen feature or of all, and puts the leaf back with the best.
func (g *grower) searchExactly(ctx context.Context, l *leaf, waiting *leafHeap) error {
	if l.histogram == nil {
		if err := g.gather(ctx, l); err != nil {
			return err
		}
	}
	if l.exact == nil {
		l.exact = make([]bool, len(g.features))
	}
	finder := g.finder(l)
	finder.minHessian = max(1, g.rules.minChildWeight/g.q.hessianUnit)
	if l.weight > allExactly {
		g.findExactly(l, finder, l.chosen)
	} else {
		for k := range l.exact {
			g.findExactly(l, finder, k)
		}
	}
	g.chooseAgain(l)
	g.wait(waiting, l)
	return ctx.Err()
}

// findExactly finds the best split of a leaf in the k-th feature of the tree by the weights of the rows, which are gathered unless the leaf has its histogram.
func (g *grower) findExactly(l *leaf, finder *splitFinder, k int) {
	j := g.features[k]
	bins, codes, t := g.matrix.Features[j].Bins(), g.matrix.Codes[j], &g.one
	if l.histogram != nil {
		t = &l.histogram[k]
	} else {
		g.fill(t, bins, j, l)
	}
	var weights [slots]float64
	if g.weight == nil {
		count(&weights, codes, g.rows[l.lo:l.hi])
	} else {
		for _, r := range g.rows[l.lo:l.hi] {
			weights[codes[r]] += g.weight[r]
		}
	}
	l.exact[k] = true
	l.found[k] = g.find(finder, t, j, &weights)
}

// count counts the rows of each code: in four tables, so that equal codes need not wait for each other.
func count(into *[slots]float64, codes []uint8, rows []uint32) {
	var counts [4][slots]uint32
	i := 0
	for ; i+4 <= len(rows); i += 4 {
		counts[0][codes[rows[i]]]++
		counts[1][codes[rows[i+1]]]++
		counts[2][codes[rows[i+2]]]++
		counts[3][codes[rows[i+3]]]++
	}
	for ; i < len(rows); i++ {
		counts[0][codes[rows[i]]]++
	}
	for c := range into {
		into[c] = float64(counts[0][c] + counts[1][c] + counts[2][c] + counts[3][c])
	}
}

func (g *grower) finder(l *leaf) *splitFinder {
	return newSplitFinder(g.rules, g.q, l.sum, l.weight, l.bounds)
}

// find is the best split of a leaf by a feature, of numbers or of categories.
func (g *grower) find(f *splitFinder, t *table, feature int, weights *[slots]float64) split {
	bins := g.matrix.Features[feature].Bins()
	if g.matrix.Features[feature].Categorical {
		return f.findCategories(t, bins, weights, &g.rules.categories, g.q.hessianUnit)
	}
	return f.find(t, bins, weights, g.direction(feature))
}

// direction is that of a feature.
func (g *grower) direction(feature int) int8 {
	if g.rules.directions == nil {
		return 0
	}
	return g.rules.directions[feature]
}

// choose keeps what was found and takes the split that gains most; of equals that of the first feature.
func (g *grower) choose(l *leaf, found []split) {
	l.found = append(l.found[:0], found...)
	g.chooseAgain(l)
}

func (g *grower) chooseAgain(l *leaf) {
	l.best = split{}
	for k, s := range l.found {
		if s.gain > l.best.gain {
			l.best, l.chosen = s, k
			l.best.feature = g.features[k]
		}
	}
}

// parallelWork is how many additions at least are shared among workers.
const parallelWork = 1 << 17

// each calls f with the place and the number of each feature, after gathering the pairs of the leaf's rows. Calls for different features may run at once.
func (g *grower) each(ctx context.Context, l *leaf, f func(k, j int)) error {
	if err := g.gather(ctx, l); err != nil {
		return err
	}
	workers, step := 1, len(g.features)
	if (l.hi-l.lo)*len(g.features) >= parallelWork {
		workers, step = g.workers, 1
	}
	return safego.Chunks(ctx, len(g.features), step, workers, func(_, lo, hi int) error {
		for k := lo; k < hi; k++ {
			f(k, g.features[k])
		}
		return nil
	})
}

// gather copies the pairs of the leaf's rows to g.gathered, unless they lie in their order anyway.
func (g *grower) gather(ctx context.Context, l *leaf) error {
	if g.all {
		return nil
	}
	rows, to := g.rows[l.lo:l.hi], g.gathered[:l.hi-l.lo]
	return safego.Chunks(ctx, len(rows), parallelPart, g.workers, func(_, lo, hi int) error {
		part := to[lo:hi]
		for i, r := range rows[lo:hi] {
			part[i] = g.q.pairs[r]
		}
		return nil
	})
}

// fill adds up the rows of a leaf, gathered by gather.
func (g *grower) fill(t *table, bins, j int, l *leaf) {
	clear(t[:bins])
	t[bin.Missing] = 0
	codes, rows := g.matrix.Codes[j], g.rows[l.lo:l.hi]
	switch apart := bins < fewBins && len(rows) >= 256; {
	case apart && g.all:
		var f few
		f.addAll(codes, g.q.pairs)
		f.addTo(t, bins)
	case apart:
		var f few
		f.addRows(codes, rows, g.gathered[:len(rows)])
		f.addTo(t, bins)
	case g.all:
		t.addAll(codes, g.q.pairs)
	default:
		t.addRows(codes, rows, g.gathered[:len(rows)])
	}
}

// take returns a histogram with anything in it.
func (g *grower) take() []table {
	g.kept++
	if k := len(g.free); k > 0 {
		h := g.free[k-1]
		g.free = g.free[:k-1]
		return h
	}
	return make([]table, len(g.usable))
}

// drop gives a leaf's histogram back.
func (g *grower) drop(l *leaf) {
	if l.histogram != nil {
		g.free = append(g.free, l.histogram)
		l.histogram = nil
		g.kept--
	}
}

// limit drops a leaf's histogram when it will not be divided, or too many are kept.
func (g *grower) limit(l *leaf) {
	if l.best.gain == 0 || g.kept > max(2, g.budget/(1+len(g.usable)*slots*8)) {
		g.drop(l)
	}
}
