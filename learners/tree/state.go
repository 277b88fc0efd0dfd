package tree

import (
	"fmt"
	"math"

	"aibms/learners/artifact"
)

const (
	// maxNodes bounds the nodes of all trees together, so that their numbers fit.
	maxNodes = math.MaxInt32
	// maxClasses bounds what a damaged artifact can make a prediction allocate, for classes and targets.
	maxClasses = 1 << 16
	// maxCategories bounds the same of a set.
	maxCategories = 1 << 24
)

// Save writes the trees.
//
//	section       type      what
//	shape         int64     features p, classes K (0: a regression), trees T; of several targets, as from state version 3 on there may be, how many
//	tree_nodes    int32     T numbers: nodes of each tree, one after the other; the root first, children next to each other and after their parent
//	left          int32     of each node: the left child within its tree, 0 for a leaf; + 2^30 when a missing value goes to the left
//	feature       int32     of each node that is no leaf
//	threshold     float64   of each node that is no leaf: values <= threshold go left
//	value         float64   of each leaf: the probability of the second of two classes, K probabilities, or the number of each target
//	importances   float64   p numbers
//	node_weight   float64   of each node: the weight of its training rows; none when they were not kept
//	gain          float64   of each node that is no leaf: by how much it lowers weight times impurity; none when they were not kept
//
// and where features are of categories, as from state version 2 on they may be,
//
//	categories    int64     p numbers: of how many categories the feature is, 0 for a number
//	sets          int64     of each split by categories, whose threshold is 0: a bit for each, from the lowest on, whether it goes left, in words of 64
func (t *Trees) Save(w *artifact.Writer) {
	shape := []int64{int64(t.features), int64(t.classes), int64(len(t.roots))}
	if t.classes == 0 && t.width > 1 {
		shape = append(shape, int64(t.width))
	}
	w.Int64s("shape", shape)
	var counts, left, feature []int32
	var threshold, value, gain []float64
	var sets []int64
	for k, root := range t.roots {
		end := t.end(k)
		counts = append(counts, end-root)
		for i := root; i < end; i++ {
			n := &t.nodes[i]
			if t.isLeaf(i) {
				left = append(left, 0)
				value = append(value, t.values[int(i)*t.width:int(i+1)*t.width]...)
				continue
			}
			l := n.left - root
			if n.feature&missingRight == 0 {
				l |= missingLeftBit
			}
			left = append(left, l)
			feature = append(feature, int32(n.feature&featureBits))
			if n.feature&byCategory != 0 {
				threshold = append(threshold, 0)
				sets = t.appendSet(sets, n)
			} else {
				threshold = append(threshold, n.threshold)
			}
			if t.gains != nil {
				gain = append(gain, t.gains[i])
			}
		}
	}
	w.Int32s("tree_nodes", counts)
	w.Int32s("left", left)
	w.Int32s("feature", feature)
	w.Float64s("threshold", threshold)
	w.Float64s("value", value)
	w.Float64s("importances", t.importances)
	w.Float64s("node_weight", t.weights)
	w.Float64s("gain", gain)
	if t.categories != nil {
		categories := make([]int64, len(t.categories))
		for j, k := range t.categories {
			categories[j] = int64(k)
		}
		w.Int64s("categories", categories)
		w.Int64s("sets", sets)
	}
}

// appendSet appends the words of a split by categories, without the bit of what is no category.
func (t *Trees) appendSet(to []int64, n *flat) []int64 {
	k := t.categories[n.feature&featureBits]
	for w, word := range t.sets[n.set() : n.set()+(k+63)/64] {
		if w == k/64 {
			word &= 1<<(k%64) - 1
		}
		to = append(to, int64(word))
	}
	return to
}

// loadCategories reads the sections of features of categories.
func (t *Trees) loadCategories(r *artifact.Reader) (sets []int64, err error) {
	if !r.Has("categories") {
		return nil, nil
	}
	categories, err := r.Int64s("categories")
	if err != nil {
		return nil, err
	}
	if len(categories) != t.features {
		return nil, fmt.Errorf("%w: categories of %d features of %d", artifact.ErrCorrupt, len(categories), t.features)
	}
	for _, k := range categories {
		if k < 0 || k > maxCategories {
			return nil, fmt.Errorf("%w: a feature of %d categories", artifact.ErrCorrupt, k)
		}
		t.categories = append(t.categories, int(k))
	}
	return r.Int64s("sets")
}

// takeSet takes the set of a split by k categories off a list.
func (t *Trees) takeSet(sets []int64, k int, missingLeft bool) (rest []int64, err error) {
	words := (k + 63) / 64
	if len(sets) < words {
		return nil, fmt.Errorf("%w: sets of categories end early", artifact.ErrCorrupt)
	}
	if k%64 != 0 && uint64(sets[words-1])>>(k%64) != 0 {
		return nil, fmt.Errorf("%w: a set of categories beyond the %d that there are", artifact.ErrCorrupt, k)
	}
	at := len(t.sets)
	for _, word := range sets[:words] {
		t.sets = append(t.sets, uint64(word))
	}
	if setWords(k) > words {
		t.sets = append(t.sets, 0)
	}
	if missingLeft {
		bitset(t.sets[at:]).add(k)
	}
	return sets[words:], nil
}

const missingLeftBit = 1 << 30

// LoadTrees reads what Save wrote and trusts none of it.
func LoadTrees(r *artifact.Reader) (*Trees, error) {
	shape, err := r.Int64s("shape")
	if err != nil {
		return nil, err
	}
	counts, err := r.Int32s("tree_nodes")
	if err != nil {
		return nil, err
	}
	left, err := r.Int32s("left")
	if err != nil {
		return nil, err
	}
	feature, err := r.Int32s("feature")
	if err != nil {
		return nil, err
	}
	threshold, err := r.Float64s("threshold")
	if err != nil {
		return nil, err
	}
	value, err := r.Float64s("value")
	if err != nil {
		return nil, err
	}
	importances, err := r.Float64s("importances")
	if err != nil {
		return nil, err
	}
	weights, err := r.Float64s("node_weight")
	if err != nil {
		return nil, err
	}
	gains, err := r.Float64s("gain")
	if err != nil {
		return nil, err
	}
	bad := func(format string, args ...any) (*Trees, error) {
		return nil, fmt.Errorf("%w: %s", artifact.ErrCorrupt, fmt.Sprintf(format, args...))
	}
	width := 1
	if len(shape) == 4 {
		if shape[1] != 0 || shape[3] < 2 || shape[3] > maxClasses {
			return bad("shape %v", shape)
		}
		width, shape = int(shape[3]), shape[:3]
	}
	if len(shape) != 3 || shape[0] < 1 || shape[0] > featureBits || shape[0] != int64(len(importances)) || shape[1] < 0 || shape[1] == 1 || shape[1] > maxClasses || shape[2] < 1 || shape[2] != int64(len(counts)) {
		return bad("shape %v with %d importances and %d trees", shape, len(importances), len(counts))
	}
	t := &Trees{features: int(shape[0]), classes: int(shape[1]), width: width, importances: importances}
	if t.classes > 2 {
		t.width = t.classes
	}
	sets, err := t.loadCategories(r)
	if err != nil {
		return nil, err
	}
	inner := len(feature)
	leaves := len(left) - inner
	if len(threshold) != inner || leaves < 1 || leaves > len(value) || len(value) != leaves*t.width || len(left) > maxNodes {
		return bad("%d nodes, %d features, %d thresholds and %d values", len(left), inner, len(threshold), len(value))
	}
	for _, v := range importances {
		if !(v >= 0) || v > 1 {
			return bad("an importance is %v", v)
		}
	}
	if err := checkValues(value, t.classes); err != nil {
		return nil, err
	}
	if (len(weights) != 0 || len(gains) != 0) && (len(weights) != len(left) || len(gains) != inner) {
		return bad("%d weights and %d gains of %d nodes, %d of them splits", len(weights), len(gains), len(left), inner)
	}
	for _, list := range [][]float64{weights, gains} {
		for _, v := range list {
			if !(v >= 0) || math.IsInf(v, 0) {
				return bad("the weight or gain of a node is %v", v)
			}
		}
	}
	if len(weights) > 0 {
		t.weights, t.gains = weights, make([]float64, len(left))
	}
	t.nodes = make([]flat, 0, len(left))
	t.values = make([]float64, len(left)*t.width)
	for k, count := range counts {
		root := len(t.nodes)
		if count < 1 || int(count) > len(left)-root {
			return bad("tree %d has %d nodes", k+1, count)
		}
		t.roots = append(t.roots, int32(root))
		for i := int32(0); i < count; i++ {
			l := left[root+int(i)]
			at := root + int(i)
			if l == 0 {
				if len(value) < t.width {
					return bad("more leaves than values")
				}
				t.nodes = append(t.nodes, flat{threshold: math.Inf(1), left: int32(at)})
				copy(t.values[at*t.width:(at+1)*t.width], value)
				value = value[t.width:]
				continue
			}
			toLeft := l&missingLeftBit != 0
			l &^= missingLeftBit
			if l <= i || l >= count-1 || len(feature) == 0 || feature[0] < 0 || int(feature[0]) >= t.features || math.IsNaN(threshold[0]) || math.IsInf(threshold[0], 0) {
				return bad("node %d of tree %d", i, k+1)
			}
			n := flat{threshold: threshold[0], left: int32(root) + l, feature: uint32(feature[0])}
			if !toLeft {
				n.feature |= missingRight
			}
			if t.categories != nil && t.categories[feature[0]] > 0 {
				n.feature |= byCategory
				n.threshold = math.Float64frombits(uint64(len(t.sets)))
				if sets, err = t.takeSet(sets, t.categories[feature[0]], toLeft); err != nil {
					return nil, err
				}
			}
			t.nodes = append(t.nodes, n)
			feature, threshold = feature[1:], threshold[1:]
			if t.gains != nil {
				t.gains[at], gains = gains[0], gains[1:]
			}
		}
	}
	if len(sets) > 0 {
		return bad("%d words too many in sets of categories", len(sets))
	}
	if len(t.nodes) != len(left) {
		return bad("%d nodes in trees of %d", len(left), len(t.nodes))
	}
	return t, nil
}

// checkValues demands probabilities, or finite numbers.
func checkValues(value []float64, classes int) error {
	for _, v := range value {
		if math.IsNaN(v) || math.IsInf(v, 0) || classes > 0 && (v < 0 || v > 1) {
			return fmt.Errorf("%w: a leaf has the value %v", artifact.ErrCorrupt, v)
		}
	}
	for ; classes > 2 && len(value) > 0; value = value[classes:] {
		sum := 0.0
		for _, v := range value[:classes] {
			sum += v
		}
		if !(math.Abs(sum-1) <= 1e-9) {
			return fmt.Errorf("%w: the probabilities of a leaf sum to %v", artifact.ErrCorrupt, sum)
		}
	}
	return nil
}
