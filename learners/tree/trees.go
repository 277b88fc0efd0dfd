package tree

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/data"
)

// Trees are grown trees in the layout that prediction wants: what an ensemble of one or more trees predicts is their mean. They are immutable once built and safe for concurrent use.
//
// Memory: 24 bytes a node for one number a leaf, 8 more for each further class or target.
type Trees struct {
	features int
	classes  int     // K; 0 for a regression
	width    int     // numbers of a leaf
	expected int     // trees, while they grow
	first    int     // of these, how many were there from the beginning (Extend)
	roots    []int32 // first node of each tree
	nodes    []flat
	// categories are, for each feature, of how many categories it is, 0 for a number; nil: all are numbers
	categories []int
	sets       []uint64  // of splits by categories, setWords of the feature each: a bit for each category, then one for what is none, whether it goes left
	values     []float64 // width of each node, 0 where it is no leaf

	// Importance of each feature, summing to one when there is a split: the mean over the trees of its share in the decrease of impurity.
	importances []float64

	// What the training knew of the nodes, for reading; nil unless KeepNodes was called.
	weights []float64 // of each node: the weight of its training rows
	gains   []float64 // of each node: by how much its split lowers weight times impurity; 0 for a leaf
}

// flat is a node as prediction sees it, in 16 bytes. The right child is next to the left one. A leaf is its own left child, and nothing is above its threshold: so a row that has
// arrived stays where it is while the rows beside it go on.
type flat struct {
	threshold float64
	left      int32
	feature   uint32 // its number; with missingRight when a missing value goes to the right, with byCategory when the split is by categories: then the bits of threshold say where its set begins
}

const (
	missingRight = 1 << 31
	byCategory   = 1 << 30
	featureBits  = byCategory - 1
)

// NewTrees makes room for trees of the features of e; Append puts them in.
func NewTrees(t *Target, e *data.Examples) *Trees {
	return &Trees{features: len(e.Features), classes: t.classes, width: t.Width(), categories: e.Categories, importances: make([]float64, len(e.Features))}
}

// Extend makes room for more trees of a learner behind those of first, which stay as they are. first must be of the same features, categories, and classes or targets, and it must not know the weights of its nodes.
func (t *Trees) Extend(learner string, first *Trees) error {
	switch {
	case first.features != t.features:
		return learners.Differs(learner, "number of features", first.features, t.features)
	case first.classes != t.classes:
		return learners.Differs(learner, "number of classes", first.classes, t.classes)
	case first.width != t.width:
		return learners.Differs(learner, "number of targets", first.width, t.width)
	}
	if err := learners.SameCategories(learner, first.categories, t.categories); err != nil {
		return err
	}
	t.first = len(first.roots)
	t.roots, t.nodes, t.values, t.sets = slices.Clip(first.roots), slices.Clip(first.nodes), slices.Clip(first.values), slices.Clip(first.sets) // without room, so that Append copies them
	splitting := 0
	for _, root := range t.roots {
		if !t.isLeaf(root) {
			splitting++
		}
	}
	for j, v := range first.importances {
		t.importances[j] = v * float64(splitting) // as Append leaves them: each tree that has a split adds one
	}
	return nil
}

// Len is the number of trees.
func (t *Trees) Len() int { return len(t.roots) }

// Expect says how many trees Append will be called for, so that room is made for all when the first comes.
func (t *Trees) Expect(trees int) { t.expected = trees }

// KeepNodes makes Append keep the weight and the gain of each node: 16 bytes more a node.
func (t *Trees) KeepNodes() { t.weights, t.gains = []float64{}, []float64{} }

// EachNode calls f with the nodes of the trees, as learners.Trees wants them.
func (t *Trees) EachNode(f func(learners.TreeNode) bool) {
	output := 0
	switch {
	case t.classes == 2:
		output = 1
	case t.width > 1:
		output = -1
	}
	for k, root := range t.roots {
		end := t.end(k)
		parents := make([]int32, end-root)
		parents[0] = -1
		for i := root; i < end; i++ {
			n := &t.nodes[i]
			x := learners.TreeNode{Tree: k, Node: int(i - root), Parent: int(parents[i-root]), Output: output, Feature: -1, Left: -1, Right: -1,
				Threshold: math.NaN(), Gain: math.NaN(), Rows: math.NaN()}
			if t.weights != nil {
				x.Rows = t.weights[i]
			}
			if t.isLeaf(i) {
				x.Value = slices.Clone(t.values[int(i)*t.width : int(i+1)*t.width])
			} else {
				left := n.left - root
				x.Feature, x.Threshold, x.MissingLeft = int(n.feature&featureBits), n.threshold, n.feature&missingRight == 0
				if n.feature&byCategory != 0 {
					x.Threshold, x.Categories = math.NaN(), t.categoriesLeft(n)
				}
				x.Left, x.Right = int(left), int(left+1)
				parents[left], parents[left+1] = i-root, i-root
				if t.gains != nil {
					x.Gain = t.gains[i]
				}
			}
			if !f(x) {
				return
			}
		}
	}
}

// end is the first node after tree k.
func (t *Trees) end(k int) int32 {
	if k+1 < len(t.roots) {
		return t.roots[k+1]
	}
	return int32(len(t.nodes))
}

// Append adds a tree and returns its number of leaves.
func (t *Trees) Append(g *Grown) (leaves int, err error) {
	base := len(t.nodes)
	keep := t.weights != nil
	if base+len(g.nodes) > maxNodes {
		return 0, fmt.Errorf("the trees have more than %d nodes; bound them by max_depth, max_leaf_nodes or min_samples_leaf", maxNodes)
	}
	if need := base + len(g.nodes); need > cap(t.nodes) {
		kept := 0 // nodes of the first trees, which say nothing of how large the others become
		if t.first > 0 {
			kept = int(t.end(t.first - 1))
		}
		trees := len(t.roots) + 1 - t.first
		room := min(maxNodes, max(need, kept+int(float64(need-kept)/float64(trees)*float64(t.expected-t.first))))
		t.nodes = slices.Grow(t.nodes, room-base)
		t.values = slices.Grow(t.values, (room-base)*t.width)
	}
	t.roots = append(t.roots, int32(base))
	for i, n := range g.nodes {
		f := flat{threshold: math.Inf(1), left: int32(base + i)}
		if n.feature >= 0 {
			f = flat{threshold: n.threshold, left: int32(base) + n.left, feature: uint32(n.feature)}
			if !n.missingLeft {
				f.feature |= missingRight
			}
			if t.categories != nil && t.categories[n.feature] > 0 {
				f.feature |= byCategory
				f.threshold = math.Float64frombits(uint64(len(t.sets)))
				t.sets = append(t.sets, g.sets[n.set:int(n.set)+setWords(t.categories[n.feature])]...)
			}
			for range t.width {
				t.values = append(t.values, 0)
			}
		} else {
			leaves++
			t.values = append(t.values, g.values[i*t.width:(i+1)*t.width]...)
		}
		t.nodes = append(t.nodes, f)
		if keep {
			gain := 0.0 // where the square of the target's size overflows, the gain may be no number
			if n.gain > 0 {
				gain = min(n.gain, math.MaxFloat64)
			}
			t.weights, t.gains = append(t.weights, n.weight), append(t.gains, gain)
		}
	}
	g.Importances(t.importances)
	return leaves, nil
}

// Finish scales the importances after the last Append.
func (t *Trees) Finish() {
	sum := 0.0
	for _, v := range t.importances {
		sum += v
	}
	if sum > 0 {
		for j := range t.importances {
			t.importances[j] /= sum
		}
	}
}

// Importances returns the importance of each feature.
func (t *Trees) Importances() []float64 { return append([]float64(nil), t.importances...) }

// Classes is the number of classes, 0 for a regression.
func (t *Trees) Classes() int { return t.classes }

// Width is how many numbers Add adds: the probability of the second of two classes, one for each of more classes, or the number of each target.
func (t *Trees) Width() int { return t.width }

// Add adds to sums what tree k predicts for a row.
func (t *Trees) Add(k int, row, sums []float64) {
	if len(t.sets) > 0 {
		t.addLeaf(t.leafNamed(row, t.roots[k]), sums, 0)
		return
	}
	t.addLeaf(t.leaf(row, t.roots[k]), sums, 0)
}

func (t *Trees) isLeaf(i int32) bool { return t.nodes[i].left == i }

// outputs is the number of columns of a prediction: K, or how many targets there are.
func (t *Trees) outputs() int {
	if t.classes > 0 {
		return t.classes
	}
	return t.width
}

// Predict fills out: for classes the n x K probabilities, for a regression the means, a column for each target.
func (t *Trees) Predict(x, out *mat.Dense) error {
	if x == nil {
		return fmt.Errorf("there are no rows to predict")
	}
	n, p := x.Dims()
	if p != t.features {
		return fmt.Errorf("the model has %d features, got %d columns", t.features, p)
	}
	if out == nil {
		return fmt.Errorf("there is no matrix for the predictions")
	}
	if r, k := out.Dims(); r != n || k != t.outputs() {
		return fmt.Errorf("predictions need a %d x %d matrix, got %d x %d", n, t.outputs(), r, k)
	}
	raw, o := x.RawMatrix(), out.RawMatrix()
	rows := min(n, t.blockRows())
	sums := make([]float64, rows*t.width)
	for lo := 0; lo < n; lo += rows {
		count := min(rows, n-lo)
		b := block{x: raw.Data[lo*raw.Stride:], stride: raw.Stride, rows: count, p: p}
		b.look()
		sums := sums[:count*t.width]
		clear(sums)
		if count < 8 && len(t.sets) == 0 {
			for i := range count {
				t.descendAll(&b, i, sums)
			}
		} else {
			for _, root := range t.roots {
				t.descend(&b, root, sums)
			}
		}
		for i := range count {
			t.finishRow(sums[i*t.width:(i+1)*t.width], o.Data[(lo+i)*o.Stride:], float64(len(t.roots)))
		}
	}
	return nil
}

// finishRow makes a prediction of the sums over trees.
func (t *Trees) finishRow(sums, out []float64, trees float64) {
	if t.classes == 2 {
		p := min(1, sums[0]/trees)
		out[0], out[1] = 1-p, p
		return
	}
	for k, s := range sums {
		out[k] = s / trees
	}
}

// blockRows is how many rows go through one tree after the other. With many trees, or large ones, there are so many that bringing the next tree into the cache is paid for; with few small
// ones, no more than stay in the cache themselves. Eight of them go down side by side, so that their waits for memory overlap.
func (t *Trees) blockRows() int {
	trees := max(1, len(t.roots))
	return max(512, min(max(128*trees, len(t.nodes)/(8*trees)), 32768))
}

// block is a few rows.
type block struct {
	x       []float64
	stride  int
	rows, p int
	missing bool // whether a value is NaN
}

func (b *block) look() {
	for i := range b.rows {
		for _, v := range b.x[i*b.stride : i*b.stride+b.p] {
			if v != v {
				b.missing = true
				return
			}
		}
	}
}

// descend adds what the tree at root predicts for each row of b. A row's sums depend on nothing but the row.
func (t *Trees) descend(b *block, root int32, sums []float64) {
	if len(t.sets) > 0 {
		for i := range b.rows {
			t.addLeaf(t.leafNamed(b.x[i*b.stride:], root), sums, i)
		}
		return
	}
	var w walk
	for lo := 0; lo < b.rows; lo += walkRows {
		rows := min(walkRows, b.rows-lo)
		for i := range rows {
			w.at[i] = root
		}
		w.down(t.nodes, b.x[lo*b.stride:], b.stride, rows, b.missing)
		for k, leaf := range w.leaf[:rows] {
			t.addLeaf(leaf, sums, lo+k)
		}
	}
}

// descendAll adds what each tree predicts for the i-th row of b, in the order of the trees, as descend does: here the trees go side by side in place of rows.
func (t *Trees) descendAll(b *block, i int, sums []float64) {
	var w walk
	for lo := 0; lo < len(t.roots); lo += walkRows {
		trees := copy(w.at[:], t.roots[lo:])
		w.down(t.nodes, b.x[i*b.stride:], 0, trees, b.missing)
		for _, leaf := range w.leaf[:trees] {
			t.addLeaf(leaf, sums, i)
		}
	}
}

func (t *Trees) addLeaf(leaf int32, sums []float64, i int) {
	if t.width == 1 {
		sums[i] += t.values[leaf]
		return
	}
	into := sums[i*t.width : (i+1)*t.width]
	for k, v := range t.values[int(leaf)*t.width : int(leaf+1)*t.width] {
		into[k] += v
	}
}

// above is 1 when v > threshold, else 0, without a jump: the compiler makes a number of the comparison.
func above(v, threshold float64) int32 {
	n := int32(0)
	if v > threshold {
		n = 1
	}
	return n
}

// leaf takes one row down a tree.
func (t *Trees) leaf(x []float64, root int32) int32 {
	at := root
	for {
		n := &t.nodes[at]
		v := x[n.feature&^missingRight]
		next := n.left
		if v > n.threshold || v != v && n.feature&missingRight != 0 {
			next++
		}
		if next == at {
			return at
		}
		at = next
	}
}
