package boosting

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// ensemble is the fitted model: the margins of a row are start plus the values of the leaves that it falls into. Tree t belongs to output t % outputs.
//
// For prediction the trees are laid out flat: 16 bytes a node, in the order in which they were made, so that the first splits share a cache line; a leaf is its own child, below a cut that
// nothing exceeds. Rows go through a tree eight at a time and without a branch: the node is the left child's number plus whether the value exceeds the cut, as often as the tree is deep.
// A block of rows is copied first, so that missing values become infinities: a column for those that go right, and one more where some split sends them left.
//
// An ensemble is immutable and safe for concurrent use.
type ensemble struct {
	loss     string
	features int
	classes  int // K; 0 for a regression
	outputs  int
	start    []float64
	trees    []tree

	nodes   []flatNode
	values  []float64 // of the nodes
	begins  []uint32  // of trees in nodes
	depths  []int32   // of trees
	leftAs  []int32   // features that have a second column, in its order: missing values as the smallest number
	columns int
}

// flatNode is a node for prediction.
type flatNode struct {
	cut    float64
	column uint32
	child  uint32 // within the tree
}

// newEnsemble lays out the trees.
func newEnsemble(loss string, features, classes, outputs int, start []float64, trees []tree) *ensemble {
	e := &ensemble{loss: loss, features: features, classes: classes, outputs: outputs, start: start, trees: trees}
	second := map[int32]uint32{}
	for _, t := range trees {
		e.begins = append(e.begins, uint32(len(e.nodes)))
		depth := make([]int32, len(t))
		deepest := int32(0)
		for i, n := range t {
			f := flatNode{cut: math.Inf(1), child: uint32(i)}
			if n.feature >= 0 {
				f = flatNode{cut: n.cut, column: uint32(n.feature), child: uint32(n.child)}
				depth[n.child], depth[n.child+1] = depth[i]+1, depth[i]+1
				deepest = max(deepest, depth[i]+1)
				if n.missingLeft {
					c, ok := second[n.feature]
					if !ok {
						c = uint32(features + len(e.leftAs))
						second[n.feature] = c
						e.leftAs = append(e.leftAs, n.feature)
					}
					f.column = c
				}
			}
			e.nodes = append(e.nodes, f)
			e.values = append(e.values, n.value)
		}
		e.depths = append(e.depths, deepest)
	}
	e.columns = features + len(e.leftAs)
	return e
}

// lanes is how many rows go through a tree together.
const lanes = 8

// blockRows is the number of rows of a block: as many as stay in the nearest cache.
func (e *ensemble) blockRows() int { return min(128, max(1, (24<<10)/(8*e.columns)/lanes)*lanes) }

// Predict fills out with probabilities, or the one value of a regression.
func (e *ensemble) Predict(x, out *mat.Dense) error {
	width := max(1, e.classes)
	if err := checkShapes(x, out, e.features, width); err != nil {
		return err
	}
	raw, o := x.RawMatrix(), out.RawMatrix()
	rows := min(e.blockRows(), (raw.Rows+lanes-1)/lanes*lanes)
	block, margins := make([]float64, rows*e.columns), make([]float64, rows*e.outputs)
	for lo := 0; lo < raw.Rows; lo += rows {
		n := min(rows, raw.Rows-lo)
		for i := range n {
			e.copyRow(block[i*e.columns:(i+1)*e.columns], raw.Data[(lo+i)*raw.Stride:(lo+i)*raw.Stride+e.features])
		}
		e.margins(block, n, margins)
		for i := range n {
			e.link(margins[i*e.outputs:(i+1)*e.outputs], o.Data[(lo+i)*o.Stride:(lo+i)*o.Stride+width])
		}
	}
	return nil
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

// copyRow copies the features of a row to its columns. Infinities become the largest numbers, as in training, and missing values infinities.
func (e *ensemble) copyRow(to, from []float64) {
	copy(to, from)
	for j, v := range from {
		if v-v != 0 {
			switch {
			case v > 0:
				to[j] = math.MaxFloat64
			case v < 0:
				to[j] = -math.MaxFloat64
			default:
				to[j] = math.Inf(1)
			}
		}
	}
	for k, j := range e.leftAs {
		v := to[j]
		if math.IsInf(v, 1) {
			v = math.Inf(-1)
		}
		to[e.features+k] = v
	}
}

// margins sums up the trees for the first n rows of the block, output by output within a row. Each row's sum is made in the order of the trees, whatever rows are beside it.
func (e *ensemble) margins(block []float64, n int, margins []float64) {
	for i := range n {
		copy(margins[i*e.outputs:(i+1)*e.outputs], e.start)
	}
	for t, begin := range e.begins {
		end := len(e.nodes)
		if t+1 < len(e.begins) {
			end = int(e.begins[t+1])
		}
		nodes, values, depth := e.nodes[begin:end], e.values[begin:end], int(e.depths[t])
		k := t % e.outputs
		i := 0
		if n >= lanes {
			for ; i+lanes <= n; i += lanes {
				at := walkLanes(nodes, block[i*e.columns:], e.columns, depth)
				for r, leaf := range at {
					margins[(i+r)*e.outputs+k] += values[leaf]
				}
			}
		}
		for ; i < n; i++ {
			margins[i*e.outputs+k] += values[walk(nodes, block[i*e.columns:(i+1)*e.columns])]
		}
	}
}

// walk follows one row to its leaf.
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

// walkLanes follows eight rows, width numbers apart, down depth levels.
func walkLanes(nodes []flatNode, rows []float64, width, depth int) [lanes]uint32 {
	r0, r1, r2, r3 := rows[:width], rows[width:2*width], rows[2*width:3*width], rows[3*width:4*width]
	r4, r5, r6, r7 := rows[4*width:5*width], rows[5*width:6*width], rows[6*width:7*width], rows[7*width:8*width]
	var a0, a1, a2, a3, a4, a5, a6, a7 uint32
	for range depth {
		a0 = step(nodes, r0, a0)
		a1 = step(nodes, r1, a1)
		a2 = step(nodes, r2, a2)
		a3 = step(nodes, r3, a3)
		a4 = step(nodes, r4, a4)
		a5 = step(nodes, r5, a5)
		a6 = step(nodes, r6, a6)
		a7 = step(nodes, r7, a7)
	}
	return [lanes]uint32{a0, a1, a2, a3, a4, a5, a6, a7}
}

// step goes from a node to its child.
func step(nodes []flatNode, row []float64, at uint32) uint32 {
	n := &nodes[at]
	right := uint32(0)
	if row[n.column] > n.cut {
		right = 1
	}
	return n.child + right
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
