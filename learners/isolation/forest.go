package isolation

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

const (
	missingRight = 1 << 31 // bit of node.feature
	maxNodes     = math.MaxInt32
)

// forest is the trees in the layout that prediction wants. It is immutable once built and safe for concurrent use.
//
// Memory: 28 bytes a node, and 20 for each feature of a split over several.
type forest struct {
	features, samples int     // p, psi
	terms             int     // features of a split
	limit             float64 // rows with a score above it are called unusual

	roots  []int32 // first node of each tree
	depths []int32 // of each tree: its levels of splits
	nodes  []node
	length []float64 // of each node: the path length of a row that ends there; 0 where it is no leaf
	rows   []int32   // of each leaf: how many of the rows drawn ended there
	planes []term    // of splits over several features
}

// node is one place of a tree, 16 bytes. The right side is next to the left one. A leaf is its own left side, and nothing is above its threshold: so a row that has arrived stays where it is
// while the rows beside it go on.
type node struct {
	threshold float64
	left      int32
	feature   uint32 // and missingRight, when a missing value goes to the right; of a split over several features the number of the split
}

// append adds a tree.
func (f *forest) append(t *grown) error {
	base := len(f.nodes)
	if base+len(t.nodes) > maxNodes {
		return fmt.Errorf("the trees have more than %d nodes; lower n_trees or max_samples", maxNodes)
	}
	f.roots = append(f.roots, int32(base))
	f.depths = append(f.depths, int32(t.depth))
	splits := uint32(len(f.planes) / max(1, f.terms))
	for i := range t.nodes {
		s := &t.nodes[i]
		n := node{threshold: math.Inf(1), left: int32(base + i)}
		length, rows := 0.0, int32(0)
		if s.left == 0 {
			length, rows = float64(s.depth)+averagePath(int(s.rows)), s.rows
		} else {
			n = node{threshold: s.threshold, left: int32(base) + s.left, feature: uint32(s.feature)}
			if f.terms > 1 {
				n.feature = splits + uint32(int(s.feature)/f.terms)
			}
			if !s.missingLeft {
				n.feature |= missingRight
			}
		}
		f.nodes, f.length, f.rows = append(f.nodes, n), append(f.length, length), append(f.rows, rows)
	}
	f.planes = append(f.planes, t.terms...)
	return nil
}

// end is the number of the node after the last one of tree k.
func (f *forest) end(k int) int32 {
	if k+1 < len(f.roots) {
		return f.roots[k+1]
	}
	return int32(len(f.nodes))
}

// Predict fills out with the scores.
func (f *forest) Predict(x, out *mat.Dense) error {
	if x == nil {
		return fmt.Errorf("there are no rows to predict")
	}
	n, p := x.Dims()
	if p != f.features {
		return fmt.Errorf("the model has %d features, got %d columns", f.features, p)
	}
	if out == nil {
		return fmt.Errorf("there is no matrix for the predictions")
	}
	if r, k := out.Dims(); r != n || k != 1 {
		return fmt.Errorf("predictions need a %d x 1 matrix, got %d x %d", n, r, k)
	}
	// as many rows go through one tree after the other as stay in the first cache beside it: a multiple of eight, which go side by side
	rows := max(16, min(256, 3072/p)&^7)
	raw, o := x.RawMatrix(), out.RawMatrix()
	lengths := make([]float64, min(n, rows))
	scale := -1 / (float64(len(f.roots)) * averagePath(f.samples))
	for lo := 0; lo < n; lo += rows {
		lengths := lengths[:min(rows, n-lo)]
		clear(lengths)
		f.addLengths(raw.Data[lo*raw.Stride:], raw.Stride, lengths)
		for i, sum := range lengths {
			o.Data[(lo+i)*o.Stride] = min(1, math.Exp2(sum*scale))
		}
	}
	return nil
}

// addLengths adds the path lengths of as many rows as there are sums, tree after tree. A row's sum depends on nothing but the row.
func (f *forest) addLengths(x []float64, stride int, sums []float64) {
	eight := 0 // rows that go eight side by side: those of blocks without a missing value
	if f.terms == 1 && !missing(x, stride, f.features, len(sums)) {
		eight = len(sums) &^ 7
	}
	for k, root := range f.roots {
		depth := f.depths[k]
		for i := 0; i < eight; i += 8 {
			f.eight(x[i*stride:], stride, root, depth, sums[i:i+8])
		}
		for i := eight; i < len(sums); i++ {
			row := x[i*stride : i*stride+f.features]
			if f.terms == 1 {
				sums[i] += f.length[f.leaf(row, root)]
			} else {
				sums[i] += f.length[f.leafOfPlanes(row, root)]
			}
		}
	}
}

func missing(x []float64, stride, p, n int) bool {
	for i := range n {
		for _, v := range x[i*stride : i*stride+p] {
			if v != v {
				return true
			}
		}
	}
	return false
}

// eight takes eight rows without missing values down a tree, a level at a time, so that their waits for memory overlap: written out, so that the compiler can keep the places apart.
func (f *forest) eight(x []float64, stride int, root, depth int32, sums []float64) {
	nodes, p := f.nodes, f.features
	x0, x1, x2, x3, x4, x5, x6, x7 := x[:p], x[stride:stride+p], x[2*stride:2*stride+p], x[3*stride:3*stride+p], x[4*stride:4*stride+p], x[5*stride:5*stride+p], x[6*stride:6*stride+p], x[7*stride:7*stride+p]
	first, feature := nodes[root], int(nodes[root].feature&^missingRight) // the same for all rows
	a, b, c, d := first.left+above(x0[feature], first.threshold), first.left+above(x1[feature], first.threshold), first.left+above(x2[feature], first.threshold), first.left+above(x3[feature], first.threshold)
	e, g, h, i := first.left+above(x4[feature], first.threshold), first.left+above(x5[feature], first.threshold), first.left+above(x6[feature], first.threshold), first.left+above(x7[feature], first.threshold)
	for range depth - 1 {
		n0 := &nodes[a]
		a = n0.left + above(x0[n0.feature&^missingRight], n0.threshold)
		n1 := &nodes[b]
		b = n1.left + above(x1[n1.feature&^missingRight], n1.threshold)
		n2 := &nodes[c]
		c = n2.left + above(x2[n2.feature&^missingRight], n2.threshold)
		n3 := &nodes[d]
		d = n3.left + above(x3[n3.feature&^missingRight], n3.threshold)
		n4 := &nodes[e]
		e = n4.left + above(x4[n4.feature&^missingRight], n4.threshold)
		n5 := &nodes[g]
		g = n5.left + above(x5[n5.feature&^missingRight], n5.threshold)
		n6 := &nodes[h]
		h = n6.left + above(x6[n6.feature&^missingRight], n6.threshold)
		n7 := &nodes[i]
		i = n7.left + above(x7[n7.feature&^missingRight], n7.threshold)
	}
	length := f.length
	sums = sums[:8]
	sums[0] += length[a]
	sums[1] += length[b]
	sums[2] += length[c]
	sums[3] += length[d]
	sums[4] += length[e]
	sums[5] += length[g]
	sums[6] += length[h]
	sums[7] += length[i]
}

// above is 1 when v > threshold, else 0, without a jump: the compiler makes a number of the comparison.
func above(v, threshold float64) int32 {
	n := int32(0)
	if v > threshold {
		n = 1
	}
	return n
}

// leaf takes one row down a tree of splits at one feature.
func (f *forest) leaf(row []float64, root int32) int32 {
	at := root
	for {
		n := &f.nodes[at]
		if n.left == at {
			return at
		}
		v := row[n.feature&^missingRight]
		at = n.left
		if v > n.threshold || v != v && n.feature&missingRight != 0 {
			at++
		}
	}
}

// leafOfPlanes takes one row down a tree of splits over several features.
func (f *forest) leafOfPlanes(row []float64, root int32) int32 {
	at := root
	for {
		n := &f.nodes[at]
		if n.left == at {
			return at
		}
		first := int(n.feature&^missingRight) * f.terms
		sum, any := 0.0, false
		for _, t := range f.planes[first : first+f.terms] {
			if v := row[t.feature]; v == v {
				sum += t.weight * (v - t.at)
				any = true
			}
		}
		at = n.left
		if sum > 0 || !any && n.feature&missingRight != 0 {
			at++
		}
	}
}
