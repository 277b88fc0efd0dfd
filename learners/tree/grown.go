package tree

// Grown is a tree that was just grown. Its nodes are in the order of depth first, the left side first, and children are neighbours.
type Grown struct {
	nodes  []node
	values []float64 // width of each node: what it predicts when it is a leaf
	sets   []uint64  // of splits by categories
	width  int
	total  float64 // weight of all rows, as given
}

// Importances adds to each feature the decrease of impurity by the splits at it, as a share of all decrease in the tree.
func (g *Grown) Importances(sum []float64) {
	total := 0.0
	for _, n := range g.nodes {
		total += n.gain
	}
	if !(total > 0) {
		return
	}
	for _, n := range g.nodes {
		if n.feature >= 0 {
			sum[n.feature] += n.gain / total
		}
	}
}

// prune cuts the tree to the smallest subtree that minimises R + alpha |leaves|, where R is the sum over the leaves of impurity times share of the weight.
//
// Seen from the leaves, a split is worth d = gain - alpha + the worth of its children, and is cut when that is not positive (Breiman et al. 1984, section 3.3).
func (g *Grown) prune(alpha float64) {
	worth := make([]float64, len(g.nodes))
	for i := len(g.nodes) - 1; i >= 0; i-- {
		n := &g.nodes[i]
		if n.feature < 0 {
			continue
		}
		if worth[i] = n.gain/g.total - alpha + worth[n.left] + worth[n.left+1]; !(worth[i] > 0) {
			n.feature, worth[i], n.gain = -1, 0, 0
		}
	}
	old := *g
	g.nodes, g.values = nil, nil
	keep := func(i int32) {
		g.nodes = append(g.nodes, old.nodes[i])
		g.values = append(g.values, old.values[int(i)*g.width:int(i+1)*g.width]...)
	}
	keep(0)
	stack := []int32{0} // of new places whose left child is still an old one
	for len(stack) > 0 {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if g.nodes[at].feature < 0 {
			continue
		}
		left, place := g.nodes[at].left, int32(len(g.nodes))
		keep(left)
		keep(left + 1)
		g.nodes[at].left = place
		stack = append(stack, place+1, place)
	}
}
