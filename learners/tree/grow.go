package tree

import (
	"container/heap"
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"aibms/internal/safego"
)

// Settings say how a tree grows.
type Settings struct {
	Criterion        string  // gini, entropy, squared_error or absolute_error
	MaxDepth         int     // levels of splits at most; 0: no bound
	MinRowsSplit     int     // rows that a node needs to be parted
	MinRowsLeaf      int     // rows that each side of a split needs
	MaxLeaves        int     // leaves at most, those with the largest decrease first; 0: no bound
	MinDecrease      float64 // of the impurity by a split, times the node's share of the weight
	CCPAlpha         float64 // cost-complexity pruning; 0: none
	Features         int     // features drawn for each split; 0: all
	RandomThresholds bool    // one threshold drawn for each feature, instead of the best
	Workers          int     // goroutines for the features of large nodes; only when all are looked at
}

// Grower grows trees of one Target, one after the other, by one goroutine: its memory is used again.
//
// A node is parted at the split with the best score (scanner); of equal scores that of the feature that was looked at first, by number when all are, and of one feature the lowest
// threshold. Breiman, Friedman, Olshen, Stone: Classification and Regression Trees (1984), chapters 2, 3, 4 and 8. A tree of n rows, p features and depth d costs O(n p d) with binned
// features and a factor of log n more in small nodes and with exact thresholds.
type Grower struct {
	columns  *Columns
	target   *Target
	settings Settings
	unit     float64 // impurity of a score of one

	scratch []*scratch // of each worker; the first serves nodes that are not shared out
	rows    rows       // of the tree: those of a node are consecutive
	spare   rows
	nodes   []node // room for the next tree's
	values  []float64
	sets    []uint64
	drawn   []int32
	results []result
	open    open // the node that is decided
	visits  int
}

// scratch serves one goroutine.
type scratch struct {
	sorter   *sorter
	drawn    drawn
	parting  parting
	scanner  scanner
	absolute *absolute
	named    named
	sums     []float64 // of the rows of a node, with several targets
}

// result is what one feature offers to a node.
type result struct {
	split
	constant bool
}

// growing is a tree that grows.
type growing struct {
	nodes  []node
	values []float64 // width of each node
	sets   []uint64  // of splits by categories: setWords of the feature each
	stack  []open
	queue  queue
	leaves int
}

// node is one node of a grown tree. Children are neighbours and come after their parent.
type node struct {
	feature     int32 // -1: a leaf
	left        int32 // the left child; the right one is next to it
	missingLeft bool
	set         int32   // of a split by categories: where its words begin
	threshold   float64 // values <= threshold go left
	weight      float64 // as given
	gain        float64 // decrease of weight times impurity by the split
}

// open is a node that is not yet decided: its rows are rows[lo:hi] of the grower.
type open struct {
	id     int32
	lo, hi int
	depth  int
	active []int32 // features that are not known to be constant; shared, never changed
	total  moment  // sum of the rows; zero when it is not known
	split  split
	gain   float64
}

// NewGrower makes a grower.
func NewGrower(c *Columns, t *Target, s Settings) *Grower {
	room := func(n int) rows {
		return rows{ids: make([]int32, n, len(t.rows)), moments: make([]moment, n, len(t.rows))}
	}
	g := &Grower{columns: c, target: t, settings: s, rows: room(0), spare: room(len(t.rows)), results: make([]result, len(c.columns))}
	codes := 0
	for _, col := range c.columns {
		codes = max(codes, col.missing)
	}
	if s.Features >= len(c.columns) {
		g.settings.Features = 0
	}
	for range max(1, s.Workers) {
		w := &scratch{sorter: newSorter(t, codes, s.MinRowsLeaf > 1), scanner: scanner{entropy: s.Criterion == "entropy", binary: t.classes == 2, minRows: int32(min(s.MinRowsLeaf, math.MaxInt32))}}
		if s.Criterion == "absolute_error" {
			w.absolute = new(absolute)
		}
		if c.byRow != nil {
			w.parting = newParting(len(c.columns))
		}
		g.scratch = append(g.scratch, w)
	}
	switch s.Criterion {
	case "entropy":
		g.unit = 1 / math.Ln2
	case "squared_error":
		g.unit = t.scale * t.scale
	case "absolute_error":
		g.unit = t.scale
	default:
		if g.unit = 1; t.moments() {
			g.unit = 2
		}
	}
	if t.several != nil {
		g.unit = 1 / float64(t.Width())
	}
	return g
}

// Grow grows a tree. counts says how often each row is taken (a bootstrap); nil is once each. rng draws features and thresholds.
func (g *Grower) Grow(ctx context.Context, rng *rand.Rand, counts []uint16) (*Grown, error) {
	t := g.target
	g.scratch[0].parting.reset()
	ids, moments := g.rows.ids[:0], g.rows.moments[:0]
	var total moment
	for _, i := range t.rows {
		times := 1.0
		if counts != nil {
			if counts[i] == 0 {
				continue
			}
			times = float64(counts[i])
		}
		m := moment{w: t.weight[i] * times, s: t.y[i]}
		switch {
		case t.several != nil:
			m.s = times
		case t.moments():
			m.s = t.sum[i] * times
		}
		ids, moments = append(ids, i), append(moments, m)
		total.add(m)
	}
	g.rows = rows{ids: ids, moments: moments}
	all := make([]int32, len(g.columns.columns))
	for j := range all {
		all[j] = int32(j)
	}
	w := &growing{leaves: 1, nodes: g.nodes[:0], values: g.values[:0], sets: g.sets[:0]}
	w.add(t.Width())
	w.stack = append(w.stack, open{hi: len(ids), active: all, total: total})
	for len(w.stack) > 0 || len(w.queue) > 0 {
		if len(w.stack) == 0 {
			if w.leaves == g.settings.MaxLeaves {
				break
			}
			g.part(w, heap.Pop(&w.queue).(open))
			continue
		}
		o := &g.open
		*o = w.stack[len(w.stack)-1]
		w.stack = w.stack[:len(w.stack)-1]
		splits, err := g.decide(ctx, rng, w, o, total.w)
		switch {
		case err != nil:
			return nil, err
		case splits && g.settings.MaxLeaves > 0:
			heap.Push(&w.queue, *o)
		case splits:
			g.part(w, *o)
		}
	}
	g.nodes, g.values, g.sets = w.nodes, w.values, w.sets
	grown := &Grown{nodes: slices.Clone(w.nodes), values: slices.Clone(w.values), sets: slices.Clone(w.sets), width: t.Width(), total: total.w * t.size}
	if g.settings.CCPAlpha > 0 {
		grown.prune(g.settings.CCPAlpha)
	}
	return grown, nil
}

func (w *growing) add(width int) {
	w.nodes = append(w.nodes, node{feature: -1})
	for range width {
		w.values = append(w.values, 0)
	}
}

// decide looks for the best split of a node and reports whether it is to be parted. It sets the node's value when it may stay a leaf.
func (g *Grower) decide(ctx context.Context, rng *rand.Rand, w *growing, o *open, total float64) (splits bool, err error) {
	if g.visits++; g.visits%16 == 1 {
		if err := ctx.Err(); err != nil {
			return false, err
		}
	}
	s, rows, work := &g.settings, g.rows.part(o.lo, o.hi), g.scratch[0]
	scanner := &work.scanner
	scanner.node(g.target, rows, o.total)
	o.total = scanner.total
	w.nodes[o.id].weight = scanner.total.w * g.target.size
	leaf := o.depth == s.MaxDepth && s.MaxDepth > 0 || rows.len() < s.MinRowsSplit || rows.len()/2 < s.MinRowsLeaf || g.target.pure(rows, o.total)
	if leaf || s.MaxLeaves > 0 || s.CCPAlpha > 0 {
		g.value(w, o.id, rows, scanner)
	}
	if leaf {
		return false, nil
	}
	own := scanner.own()
	if work.absolute != nil {
		own = -work.absolute.node(rows.moments)
	}
	if g.target.several != nil {
		work.sums = g.target.several.fill(&rows, work.sums)
	}
	if err := g.search(ctx, rng, o, rows, work); err != nil {
		return false, err
	}
	gain := (o.split.score - own) * g.unit
	if !o.split.ok || s.MinDecrease > 0 && gain/total+1e-16 < s.MinDecrease {
		if s.MaxLeaves == 0 && s.CCPAlpha == 0 {
			g.value(w, o.id, rows, scanner)
		}
		return false, nil
	}
	o.gain = max(0, gain) * g.target.size
	return true, nil
}

// search looks for the best split of a node.
func (g *Grower) search(ctx context.Context, rng *rand.Rand, o *open, rows rows, work *scratch) error {
	if g.settings.RandomThresholds && g.columns.byRow != nil && g.target.moments() {
		if done, err := g.randomSplit(ctx, rng, o, rows, work); done || err != nil {
			return err
		}
	}
	if g.settings.Features > 0 {
		return g.someFeatures(ctx, rng, o, rows, work)
	}
	return g.allFeatures(ctx, rng, o, rows, work)
}

// value sets what a node predicts.
func (g *Grower) value(w *growing, id int32, rows rows, s *scanner) {
	t := g.target
	v := w.values[int(id)*t.Width() : int(id+1)*t.Width()]
	switch {
	case t.several != nil:
		for k, y := range t.several.y {
			v[k] = mean(y, rows)
		}
	case s.classes != nil:
		for k, c := range s.classes {
			v[k] = c / s.total.w
		}
	case t.classes == 2:
		v[0] = s.total.s / s.total.w
	case g.settings.Criterion == "absolute_error":
		v[0] = t.median(rows)
	default:
		v[0] = mean(t.y, rows)
	}
}

// try looks for the best split of the rows by one feature.
func (g *Grower) try(rng *rand.Rand, work *scratch, feature int32, rows rows) result {
	c := &g.columns.columns[feature]
	var r result
	switch {
	case c.categories > 0:
		r = g.tryCategories(rng, work, c, rows)
	case g.settings.RandomThresholds:
		r = work.scanner.random(&work.drawn, c, rows, rng)
	case work.absolute != nil:
		found, next := work.absolute.best(c, rows, max(1, g.settings.MinRowsLeaf))
		if !found.ok {
			return result{constant: g.settings.MinRowsLeaf <= 1}
		}
		r.split, r.next = found, next
	default:
		keys := work.sorter.sort(c, rows)
		if keys != nil && work.scanner.plain() && int(keys[len(keys)-1]>>16) != c.missing {
			if keys[0]>>16 == keys[len(keys)-1]>>16 {
				return result{constant: true}
			}
			if work.scanner.factors != nil {
				r.split = work.scanner.severalOfKeys(keys, rows)
			} else {
				r.split = work.scanner.bestOfKeys(keys, rows.moments)
			}
			break
		}
		cells := &work.sorter.cells
		work.sorter.fill(c, rows, keys)
		if cells.constant() {
			return result{constant: true}
		}
		if r.split = work.scanner.best(cells); !r.ok {
			return r
		}
		at := r.code
		if r.code, r.next = int(cells.codes[at]), c.missing; at+1 < len(cells.codes) {
			r.next = int(cells.codes[at+1])
		}
	}
	r.feature = int(feature)
	return r
}

// threshold is what parts the codes a and next, where next may be the missing values.
func (c *column) threshold(a, next int) float64 {
	if next == c.missing {
		return math.MaxFloat64
	}
	return c.cut(a, next)
}

// largeNode is the number of rows from which the context is looked at for each feature.
const largeNode = 4096

// allFeatures tries all features that are not known to be constant, and forgets those that turn out to be. Of splits that are equally good, as most are that part two rows, one is drawn where
// there is an rng: trees of an ensemble that all took the first would be alike. A tree by itself takes the first.
func (g *Grower) allFeatures(ctx context.Context, rng *rand.Rand, o *open, rows rows, work *scratch) error {
	if len(g.scratch) > 1 && rows.len() >= largeNode && work.absolute == nil && !g.settings.RandomThresholds {
		if err := g.shareOut(ctx, o, rows, work); err != nil {
			return err
		}
	} else {
		for k, j := range o.active {
			if rows.len() >= largeNode && ctx.Err() != nil {
				return ctx.Err()
			}
			g.results[k] = g.try(rng, work, j, rows)
		}
	}
	constants, equal := 0, 0
	for k := range o.active {
		r := &g.results[k]
		switch {
		case r.constant:
			constants++
		case !r.ok:
		case !o.split.ok || r.score > o.split.score:
			o.split, equal = r.split, 1
		case rng != nil && r.score == o.split.score:
			if equal++; rng.IntN(equal) == 0 {
				o.split = r.split
			}
		}
	}
	if constants > 0 {
		left := make([]int32, 0, len(o.active)-constants)
		for k, j := range o.active {
			if !g.results[k].constant {
				left = append(left, j)
			}
		}
		o.active = left
	}
	return nil
}

// shareOut tries features on several goroutines.
func (g *Grower) shareOut(ctx context.Context, o *open, rows rows, work *scratch) error {
	free := make(chan *scratch, len(g.scratch))
	total, classes := work.scanner.total, slices.Clone(work.scanner.classes)
	for _, w := range g.scratch {
		w.scanner.total, w.scanner.rows = total, int32(rows.len())
		if classes != nil {
			w.scanner.classes = append(w.scanner.classes[:0], classes...)
			w.scanner.left, w.scanner.factors = make([]float64, len(classes)), work.scanner.factors
		}
		free <- w
	}
	return safego.Chunks(ctx, len(o.active), 1, len(g.scratch), func(k, _, _ int) error {
		w := <-free
		defer func() { free <- w }()
		g.results[k] = g.try(nil, w, o.active[k], rows)
		return nil
	})
}

// someFeatures draws features without putting them back until enough were drawn and one of them could split the node. A feature that is constant in the node counts as
// drawn, as in scikit-learn.
func (g *Grower) someFeatures(ctx context.Context, rng *rand.Rand, o *open, rows rows, work *scratch) error {
	g.drawn = append(g.drawn[:0], o.active...)
	left := g.drawn
	constant := len(g.columns.columns) - len(left)
	found, varying := 0, 0
	for visited := 0; len(left) > 0 && (visited < g.settings.Features || varying == 0); visited++ {
		at := rng.IntN(constant + len(left))
		if at >= len(left) {
			constant--
			continue
		}
		j := left[at]
		left[at] = left[len(left)-1]
		left = left[:len(left)-1]
		if rows.len() >= largeNode && ctx.Err() != nil {
			return ctx.Err()
		}
		r := g.try(rng, work, j, rows)
		if r.constant {
			found++
			// keep the constants that were found at the end, where they are out of the way: g.drawn[len(left)] is free
			g.drawn[len(left)] = -1 - j
			continue
		}
		varying++
		if r.ok && (!o.split.ok || r.score > o.split.score) {
			o.split = r.split
		}
	}
	if found > 0 {
		active := make([]int32, 0, len(o.active)-found)
		for _, j := range o.active {
			if !slices.Contains(g.drawn[len(left):], -1-j) {
				active = append(active, j)
			}
		}
		o.active = active
	}
	return nil
}

// part makes the children of a node.
func (g *Grower) part(w *growing, o open) {
	rows := g.rows.part(o.lo, o.hi)
	c := &g.columns.columns[o.split.feature]
	var left int
	switch {
	case o.split.set != nil && c.c8 != nil:
		left = partitionSet(c.c8, o.split.set.left, rows, g.spare)
	case o.split.set != nil:
		left = partitionSet(c.c16, o.split.set.left, rows, g.spare)
	case c.c8 != nil:
		left = partitionBytes(c.c8, o.split, uint8(c.missing), rows, g.spare)
	default:
		left = partition(c.c16, o.split, uint16(c.missing), rows, g.spare)
	}
	if !o.split.hasMissing { // a value that is missing later follows most of the rows
		o.split.missingLeft = left > rows.len()-left
	}
	id := int32(len(w.nodes))
	n := &w.nodes[o.id]
	switch {
	case o.split.set != nil:
		o.split.threshold, n.set = 0, w.addSet(c, &o.split)
	case !g.settings.RandomThresholds:
		o.split.threshold = c.threshold(o.split.code, o.split.next)
	}
	n.feature, n.left, n.threshold, n.missingLeft, n.gain = int32(o.split.feature), id, o.split.threshold, o.split.missingLeft, o.gain
	w.add(g.target.Width())
	w.add(g.target.Width())
	w.leaves++
	l := open{id: id, lo: o.lo, hi: o.lo + left, depth: o.depth + 1, active: o.active, total: o.split.left}
	r := open{id: id + 1, lo: o.lo + left, hi: o.hi, depth: o.depth + 1, active: o.active}
	if l.total.w > 0 { // exact, as all sums are
		r.total = moment{o.total.w - l.total.w, o.total.s - l.total.s}
	}
	for _, child := range [2]*open{&r, &l} {
		if g.target.classes == 2 && child.total.w > 0 && (child.total.s == 0 || child.total.s == child.total.w) { // half of all nodes end here
			w.nodes[child.id].weight, w.values[child.id] = child.total.w*g.target.size, child.total.s/child.total.w
			continue
		}
		w.stack = append(w.stack, *child)
	}
}

// partitionBytes is partition with vector instructions where there are some.
func partitionBytes(codes []uint8, s split, missing uint8, rows, spare rows) int {
	if !vectors {
		return partition(codes, s, missing, rows, spare)
	}
	if !s.missingLeft {
		missing = 0
	}
	n := rows.len()
	left := partitionAVX(&codes[0], s.code, int(missing), &rows.ids[0], &spare.ids[:n][0], &rows.moments[0], &spare.moments[:n][0], n)
	copy(rows.ids[left:], spare.ids[:n-left])
	copy(rows.moments[left:], spare.moments[:n-left])
	return left
}

// partition moves the rows that go left to the front, keeps the order on both sides, and returns how many go left.
func partition[C uint8 | uint16](codes []C, s split, missing C, rows, spare rows) int {
	cut := C(s.code)
	if !s.missingLeft {
		missing = 0 // a code that goes left anyway
	}
	left, right := 0, 0
	ids, moments, spareIDs, spareMoments := rows.ids, rows.moments[:len(rows.ids)], spare.ids[:len(rows.ids)], spare.moments[:len(rows.ids)]
	for i, id := range ids {
		m, code := moments[i], codes[id]
		goes := 0 // no jump: the compiler makes a number of the comparison
		if code <= cut {
			goes = 1
		}
		if code == missing {
			goes = 1
		}
		ids[left], moments[left] = id, m
		spareIDs[right], spareMoments[right] = id, m
		left += goes
		right += 1 - goes
	}
	copy(ids[left:], spareIDs[:right])
	copy(moments[left:], spareMoments[:right])
	return left
}

// queue holds nodes that can be parted, the largest gain first, of equal ones the older.
type queue []open

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	if q[i].gain != q[j].gain {
		return q[i].gain > q[j].gain
	}
	return q[i].id < q[j].id
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(open)) }
func (q *queue) Pop() any {
	o := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return o
}
