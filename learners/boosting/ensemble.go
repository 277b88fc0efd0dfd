package boosting

import (
	"context"
	"fmt"
	"math"
	"sync"

	"gonum.org/v1/gonum/mat"

	"aibms/internal/safego"
	"aibms/learners"
	"aibms/learners/data"
)

// ensemble is the fitted model: the margins of a row are start plus the values of the leaves that it falls into. Tree t belongs to output t % outputs.
//
// Many rows are predicted by its scorer, where there is one. Else they walk through the trees.
//
// For walking the trees are laid out flat: 16 bytes a node, in the order in which they were made, so that the first splits share a cache line; a leaf is its own child, below a cut that
// nothing exceeds. Rows go through a tree eight at a time, or a single row through several trees, and without a jump: the node is the left child's number plus whether the value exceeds the cut,
// as often as the tree is deep for nearly all rows. Rows are copied first, column by column in groups of eight, so that missing values become infinities: a column for those that go right, and one
// more where some split sends them left.
//
// An ensemble is immutable and safe for concurrent use.
type ensemble struct {
	loss     string
	features int
	classes  int // K; 0 for a regression
	outputs  int
	start    []float64
	trees    []tree
	// categories are, for each feature, of how many it is, 0 for a number; nil: all are numbers
	categories []int

	nodes   []flatNode
	values  []float64 // of the nodes
	begins  []uint32  // of trees in nodes
	depths  []int32   // of trees
	usual   []int32   // of trees: the depth below which nearly no training row is
	leftAs  []int32   // features that have a second column, in its order: missing values as the smallest number
	columns int
	named   bool // some split is by categories: then rows walk one by one

	scorer *scorer // nil: all rows walk
}

// flatNode is a node for prediction.
type flatNode struct {
	cut    float64
	column uint32 // times lanes
	child  uint32 // within the tree
}

// lanes is how many rows go through a tree together; abreast, how many trees a single row.
const (
	lanes   = 8
	abreast = 4
)

// rare is the share of the training rows that may be deeper in a tree than its usual depth.
const rare = 0.02

// small is the number of nodes of a tree, and of columns, up to which no index into them needs a check.
const small = 256

// group holds the values of as many rows as there are lanes, column by column. It is longer than that, so that an index within small columns is always in it.
type group [(small + 1) * lanes]float64

// newEnsemble lays out the trees.
func newEnsemble(loss string, features, classes, outputs int, start []float64, trees []tree, categories []int) *ensemble {
	e := &ensemble{loss: loss, features: features, classes: classes, outputs: outputs, start: start, trees: trees, categories: categories}
	second := map[int32]uint32{}
	for _, t := range trees {
		e.begins = append(e.begins, uint32(len(e.nodes)))
		depth := make([]int32, len(t))
		deepest := int32(0)
		below := make([]float64, len(t)+1) // weight of the leaves of each depth
		for i, n := range t {
			f := flatNode{cut: math.Inf(1), child: uint32(i)}
			if n.feature >= 0 {
				f = flatNode{cut: n.cut, column: lanes * uint32(n.feature), child: uint32(n.child)}
				depth[n.child], depth[n.child+1] = depth[i]+1, depth[i]+1
				deepest = max(deepest, depth[i]+1)
				if n.left != nil {
					e.named = true
				} else if n.missingLeft {
					c, ok := second[n.feature]
					if !ok {
						c = uint32(features + len(e.leftAs))
						second[n.feature] = c
						e.leftAs = append(e.leftAs, n.feature)
					}
					f.column = lanes * c
				}
			}
			if n.feature < 0 {
				below[depth[i]] += n.weight
			}
			e.nodes = append(e.nodes, f)
			e.values = append(e.values, n.value)
		}
		e.depths = append(e.depths, deepest)
		usual, weight := deepest, 0.0
		for usual > 0 && weight+below[usual] <= t[0].weight*rare {
			weight += below[usual]
			usual--
		}
		e.usual = append(e.usual, usual)
	}
	e.columns = features + len(e.leftAs)
	e.nodes = append(e.nodes, make([]flatNode, small)...) // so that there are small nodes from the beginning of every tree on
	if !e.named {
		e.scorer = newScorer(trees)
	}
	return e
}

// blockGroups is the number of groups of a block: as many as stay in the nearest cache.
func (e *ensemble) blockGroups() int { return min(16, max(1, (24<<10)/(8*lanes*e.columns))) }

// workspace is what a prediction needs besides the ensemble. One serves one prediction at a time, of any ensemble.
type workspace struct {
	block, margins, sums []float64
	codes                []uint8
	leaves               [scoredRows]uint8
}

var workspaces = sync.Pool{New: func() any { return new(workspace) }}

// grow makes *s at least n long and returns its first n elements, which hold anything.
func grow[T any](s *[]T, n int) []T {
	if len(*s) < n {
		*s = make([]T, n)
	}
	return (*s)[:n]
}

// Predict fills out with probabilities, or the one value of a regression.
func (e *ensemble) Predict(x, out *mat.Dense) error {
	width := max(1, e.classes)
	if err := checkShapes(x, out, e.features, width); err != nil {
		return err
	}
	raw, o := x.RawMatrix(), out.RawMatrix()
	w := workspaces.Get().(*workspace)
	defer workspaces.Put(w)
	for lo, n := 0, 0; lo < raw.Rows; lo += n {
		var margins []float64
		if n = raw.Rows - lo; e.scorer != nil && n >= fewRows {
			n = min(n, e.scorer.blockRows())
			margins = e.scorer.margins(x, lo, n, e.start, w)
		} else {
			n = min(n, e.blockGroups()*lanes)
			margins = e.walkBlock(x, lo, n, w)
		}
		for i := range n {
			e.link(margins[i*e.outputs:(i+1)*e.outputs], o.Data[(lo+i)*o.Stride:(lo+i)*o.Stride+width])
		}
	}
	return nil
}

// marginsOf are the sums of the trees for the rows of e, output by output.
func (e *ensemble) marginsOf(ctx context.Context, rows *data.Examples, workers int) ([][]float64, error) {
	n, p := rows.Dims()
	if p != e.features {
		return nil, fmt.Errorf("%s: the model has %d features, the rows have %d", learnerName, e.features, p)
	}
	all := constantMargins(n, e.start)
	return all, safego.Chunks(ctx, n, e.blockGroups()*lanes, workers, func(_, lo, hi int) error {
		w := workspaces.Get().(*workspace)
		defer workspaces.Put(w)
		for i, v := range e.walkBlock(rows.X, lo, hi-lo, w) {
			all[i%e.outputs][lo+i/e.outputs] = v
		}
		return nil
	})
}

// walkBlock sums up the trees for n rows of x from row lo on, at most a block, output by output within a row.
func (e *ensemble) walkBlock(x *mat.Dense, lo, n int, w *workspace) []float64 {
	raw, size := x.RawMatrix(), lanes*e.columns
	block, margins := grow(&w.block, (n+lanes-1)/lanes*size+len(group{})), grow(&w.margins, n*e.outputs)
	for i := range n {
		e.copyRow(block[i/lanes*size+i%lanes:], raw.Data[(lo+i)*raw.Stride:(lo+i)*raw.Stride+e.features])
	}
	e.margins(block, n, margins)
	return margins
}

func checkShapes(x, out *mat.Dense, features, width int) error {
	if x == nil || out == nil {
		return fmt.Errorf("%s predicts into a matrix of %d columns from one of %d, got none", learnerName, width, features)
	}
	n, p := x.Dims()
	if rows, k := out.Dims(); p != features || rows != n || k != width {
		return fmt.Errorf("%s predicts n x %d from n x %d, got %d x %d from %d x %d", learnerName, width, features, rows, k, n, p)
	}
	return nil
}

// copyRow copies the features of a row to its place in a group. Infinities become the largest numbers, as in training, and missing values infinities.
func (e *ensemble) copyRow(to, from []float64) {
	for j, v := range from {
		if v-v != 0 {
			switch {
			case v > 0:
				v = math.MaxFloat64
			case v < 0:
				v = -math.MaxFloat64
			default:
				v = math.Inf(1)
			}
		}
		to[j*lanes] = v
	}
	for k, j := range e.leftAs {
		v := to[int(j)*lanes]
		if math.IsInf(v, 1) {
			v = math.Inf(-1)
		}
		to[(e.features+k)*lanes] = v
	}
}

// margins sums up the trees for the first n rows of the block, output by output within a row. Each row's sum is made in the order of the trees, whatever rows are beside it.
func (e *ensemble) margins(block []float64, n int, margins []float64) {
	for i := range n {
		copy(margins[i*e.outputs:(i+1)*e.outputs], e.start)
	}
	size := lanes * e.columns
	if e.named {
		for i := range n {
			row := block[i/lanes*size+i%lanes:]
			for t, begin := range e.begins {
				margins[i*e.outputs+t%e.outputs] += e.values[int32(begin)+e.walkNamed(e.trees[t], row)]
			}
		}
		return
	}
	full := n / lanes * lanes
	for t := 0; t < len(e.begins) && full > 0; t++ {
		begin := e.begins[t]
		nodes, values := e.nodes[begin:int(begin)+len(e.trees[t])], e.values[begin:]
		k := t % e.outputs
		i := 0
		if len(nodes) <= small && e.columns <= small {
			usual, rest := int(e.usual[t]), int(e.depths[t]-e.usual[t])
			few := (*[small]flatNode)(e.nodes[begin:])
			for ; i < full; i += lanes {
				at := walkLanes(few, (*group)(block[i/lanes*size:]), usual, rest)
				m := margins[i*e.outputs+k:]
				for r, leaf := range at {
					m[r*e.outputs] += values[leaf]
				}
			}
		}
		for ; i < full; i++ {
			margins[i*e.outputs+k] += values[walk(nodes, block[i/lanes*size+i%lanes:])]
		}
	}
	for i := full; i < n; i++ {
		e.walkTrees(block[i/lanes*size+i%lanes:], margins[i*e.outputs:(i+1)*e.outputs])
	}
}

// walkTrees adds the leaves of one row of a group to its margins, several trees abreast.
func (e *ensemble) walkTrees(row, margins []float64) {
	t, k := 0, 0
	for t < len(e.begins) {
		var leaves [abreast]uint32
		trees := 1
		if t+abreast <= len(e.begins) {
			trees = abreast
			for _, walked := range e.trees[t : t+abreast] {
				if len(walked) > small {
					trees = 1
				}
			}
		}
		if trees > 1 && e.columns <= small {
			leaves = e.walkAbreast(t, (*group)(row))
		} else {
			trees = 1
			leaves[0] = walk(e.nodes[e.begins[t]:], row)
		}
		for r := range trees {
			margins[k] += e.values[e.begins[t+r]+leaves[r]]
			if k++; k == len(margins) {
				k = 0
			}
		}
		t += trees
	}
}

// walkAbreast follows the first row of g through as many trees from tree t on as go abreast, as walkLanes follows several rows through one.
func (e *ensemble) walkAbreast(t int, g *group) [abreast]uint32 {
	var a0, a1, a2, a3 uint8
	begins, usuals, depths := e.begins[t:t+abreast:t+abreast], e.usual[t:t+abreast:t+abreast], e.depths[t:t+abreast:t+abreast]
	n0, n1, n2, n3 := (*[small]flatNode)(e.nodes[begins[0]:]), (*[small]flatNode)(e.nodes[begins[1]:]), (*[small]flatNode)(e.nodes[begins[2]:]), (*[small]flatNode)(e.nodes[begins[3]:])
	usual := max(usuals[0], usuals[1], usuals[2], usuals[3])
	rest := max(depths[0], depths[1], depths[2], depths[3]) - usual
	for depth := usual; ; depth = rest {
		for range depth {
			a0, a1, a2, a3 = step(n0, g, a0, 0), step(n1, g, a1, 0), step(n2, g, a2, 0), step(n3, g, a3, 0)
		}
		if rest == 0 || uint8(n0[a0].child) == a0 && uint8(n1[a1].child) == a1 && uint8(n2[a2].child) == a2 && uint8(n3[a3].child) == a3 {
			return [abreast]uint32{uint32(a0), uint32(a1), uint32(a2), uint32(a3)}
		}
	}
}

// walk follows one row of a group to its leaf.
func walk(nodes []flatNode, row []float64) uint32 {
	at := uint32(0)
	for {
		n := &nodes[at]
		next := n.child
		if row[n.column] > n.cut {
			next++
		}
		if next == at {
			return at
		}
		at = next
	}
}

// walkLanes follows the rows of a group down the usual depth of a tree, and down the rest when one of them is not in a leaf by then. The steps of the lanes do not wait for each other, and none
// has a jump.
func walkLanes(nodes *[small]flatNode, g *group, usual, rest int) [lanes]uint8 {
	var a0, a1, a2, a3, a4, a5, a6, a7 uint8
	for depth := usual; ; depth = rest {
		for range depth {
			a0 = step(nodes, g, a0, 0)
			a1 = step(nodes, g, a1, 1)
			a2 = step(nodes, g, a2, 2)
			a3 = step(nodes, g, a3, 3)
			a4 = step(nodes, g, a4, 4)
			a5 = step(nodes, g, a5, 5)
			a6 = step(nodes, g, a6, 6)
			a7 = step(nodes, g, a7, 7)
		}
		if rest == 0 || uint8(nodes[a0].child) == a0 && uint8(nodes[a1].child) == a1 && uint8(nodes[a2].child) == a2 && uint8(nodes[a3].child) == a3 &&
			uint8(nodes[a4].child) == a4 && uint8(nodes[a5].child) == a5 && uint8(nodes[a6].child) == a6 && uint8(nodes[a7].child) == a7 {
			return [lanes]uint8{a0, a1, a2, a3, a4, a5, a6, a7}
		}
	}
}

// step takes one row of a group from a node to its child.
func step(nodes *[small]flatNode, g *group, at uint8, lane int) uint8 {
	n := &nodes[at]
	right := uint8(0)
	if g[int(n.column&(small*lanes-1))+lane] > n.cut {
		right = 1
	}
	return uint8(n.child) + right
}

// link turns the margins of a row into its prediction.
func (e *ensemble) link(margins, out []float64) {
	switch {
	case e.loss == "poisson" || e.loss == "gamma":
		out[0] = min(exp(margins[0]), math.MaxFloat64)
	case e.classes == 0:
		out[0] = margins[0]
	case e.outputs == 1:
		p := sigmoid(margins[0])
		out[0], out[1] = 1-p, p
	default:
		copy(out, margins)
		toProbabilities(out)
	}
}

// Importances are the shares of the features in what all splits gain.
func (e *ensemble) Importances() []float64 {
	gains := make([]float64, e.features)
	largest, total := 0.0, 0.0
	for _, t := range e.trees {
		for _, n := range t {
			if n.feature >= 0 {
				largest = max(largest, n.gain)
			}
		}
	}
	for _, t := range e.trees {
		for _, n := range t {
			if n.feature >= 0 && n.gain > 0 {
				gains[n.feature] += n.gain / largest // so that no sum overflows
				total += n.gain / largest
			}
		}
	}
	for j := range gains {
		if total > 0 {
			gains[j] /= total
		}
	}
	return gains
}

// EachNode calls f with the nodes of the trees, as learners.Trees wants them. The values of leaves are parts of margins: with one output for classes, of the second class's.
func (e *ensemble) EachNode(f func(learners.TreeNode) bool) {
	for k, t := range e.trees {
		output := k % e.outputs
		if e.outputs == 1 && e.classes > 0 {
			output = 1
		}
		parents := make([]int32, len(t))
		parents[0] = -1
		for i := range t {
			n := &t[i]
			x := learners.TreeNode{Tree: k, Node: i, Parent: int(parents[i]), Output: output, Feature: -1, Left: -1, Right: -1, Threshold: math.NaN(), Gain: math.NaN(), Rows: n.weight}
			if n.feature < 0 {
				x.Value = []float64{n.value}
			} else {
				x.Feature, x.Threshold, x.MissingLeft, x.Gain = int(n.feature), n.cut, n.missingLeft, n.gain
				x.Left, x.Right = int(n.child), int(n.child+1)
				if n.left != nil {
					x.Threshold, x.Categories = math.NaN(), codesOf(n.left)
				}
				parents[n.child], parents[n.child+1] = int32(i), int32(i)
			}
			if !f(x) {
				return
			}
		}
	}
}
