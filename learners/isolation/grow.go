package isolation

import (
	"context"
	"math"
	"math/bits"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// grown is a tree that was just grown. Its nodes come level by level, the two sides of a split next to each other.
type grown struct {
	nodes []split
	terms []term // of splits over several features
	depth int    // of the deepest leaf
}

// split is a node: a leaf when left is 0.
type split struct {
	left        int32 // place of the left side
	feature     int32 // of a split at one feature; of one over several the place of its first term
	threshold   float64
	missingLeft bool
	depth, rows int32
}

// term is g (x_feature - at), g being the weight.
type term struct {
	feature    int32
	weight, at float64
}

// grower grows trees one after the other; it holds the rows of one.
type grower struct {
	x      *mat.Dense
	urn    *urn
	width  int // features of a split
	levels int // of splits at most

	taken   []int32   // of the urn
	drawn   []int32   // rows of x
	columns []float64 // their features, one feature after the other
	places  []int32   // the rows of a node are neighbours here: numbers of drawn
	order   []int32   // features in the order of drawing
	ranges  []float64 // of each feature in the tree; only for splits over several
	work    int       // values looked at since the context was asked
}

func newGrower(x *mat.Dense, u *urn, width, psi int) *grower {
	n, p := x.Dims()
	g := &grower{x: x, urn: u, width: width, levels: bits.Len(uint(psi - 1)), taken: make([]int32, n), drawn: make([]int32, psi), columns: make([]float64, psi*p), places: make([]int32, psi),
		order: make([]int32, p)}
	for j := range g.order {
		g.order[j] = int32(j)
	}
	if width > 1 {
		g.ranges = make([]float64, p)
	}
	return g
}

func (g *grower) grow(ctx context.Context, rng *rand.Rand) (*grown, error) {
	psi, p := len(g.drawn), len(g.order)
	g.urn.draw(rng, g.drawn, g.taken)
	for i, row := range g.drawn {
		for j, v := range g.x.RawRowView(int(row)) {
			g.columns[j*psi+i] = v
		}
		g.places[i] = int32(i)
	}
	for j := range p {
		g.order[j] = int32(j)
		if g.width > 1 {
			low, high, _ := g.span(j, g.places)
			g.ranges[j] = high - low
		}
	}
	t := &grown{nodes: []split{{rows: int32(psi)}}}
	ends := []int32{0} // of each node, where its rows begin in places
	for i := 0; i < len(t.nodes); i++ {
		if g.work > 1<<16 {
			g.work = 0
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
		node := &t.nodes[i]
		rows := g.places[ends[i] : ends[i]+node.rows]
		t.depth = int(node.depth)
		if len(rows) < 2 || int(node.depth) == g.levels {
			continue
		}
		var left int32
		var ok bool
		if g.width == 1 {
			left, ok = g.splitOne(node, rows, rng)
		} else {
			left, ok = g.splitSeveral(t, node, rows, rng)
		}
		if !ok {
			continue
		}
		node.left = int32(len(t.nodes))
		begin, depth, right := ends[i], node.depth+1, node.rows-left
		t.nodes = append(t.nodes, split{depth: depth, rows: left}, split{depth: depth, rows: right})
		ends = append(ends, begin, begin+left)
	}
	return t, ctx.Err()
}

// span is the least and the greatest value of feature j in the rows, and how many miss it; low > high when all do.
func (g *grower) span(j int, rows []int32) (low, high float64, missing int) {
	column := g.columns[j*len(g.drawn) : (j+1)*len(g.drawn)]
	low, high = math.Inf(1), math.Inf(-1)
	for _, i := range rows {
		v := column[i]
		if v < low {
			low = v
		}
		if v > high {
			high = v
		}
		if v != v {
			missing++
		}
	}
	g.work += len(rows)
	return low, high, missing
}

// between draws a number from low to below high.
func between(rng *rand.Rand, low, high float64) float64 {
	u := rng.Float64()
	v := low*(1-u) + high*u
	if !(v < high) || v < low {
		return low
	}
	return v
}

// next draws one of the features that were not drawn for this node: those before k in order.
func (g *grower) next(rng *rand.Rand, k int) int {
	i := rng.IntN(k)
	g.order[i], g.order[k-1] = g.order[k-1], g.order[i]
	return int(g.order[k-1])
}

// splitOne splits the rows at one feature and returns how many go to the left.
func (g *grower) splitOne(node *split, rows []int32, rng *rand.Rand) (left int32, ok bool) {
	for k := len(g.order); k > 0; k-- {
		j := g.next(rng, k)
		low, high, missing := g.span(j, rows)
		switch {
		case low < high:
			node.threshold = between(rng, low, high)
		case missing > 0 && missing < len(rows): // those that have a value against those that have none
			node.threshold = math.MaxFloat64
		default:
			continue
		}
		node.feature = int32(j)
		column := g.columns[j*len(g.drawn) : (j+1)*len(g.drawn)]
		left = g.part(rows, func(i int32) bool { return column[i] <= node.threshold })
		if missing > 0 && low < high && rng.IntN(len(rows)-missing) < int(left) {
			node.missingLeft = true
			left = g.part(rows, func(i int32) bool { return !(column[i] > node.threshold) })
		}
		return left, true
	}
	return 0, false
}

// splitSeveral splits the rows at a sum over g.width features that differ in them, or as many as there are.
func (g *grower) splitSeveral(t *grown, node *split, rows []int32, rng *rand.Rand) (left int32, ok bool) {
	first := len(t.terms)
	for k := len(g.order); k > 0 && len(t.terms) < first+g.width; k-- {
		j := g.next(rng, k)
		low, high, _ := g.span(j, rows)
		if !(low < high) {
			continue
		}
		t.terms = append(t.terms, term{int32(j), rng.NormFloat64() / g.ranges[j], between(rng, low, high)})
	}
	if len(t.terms) == first {
		return 0, false
	}
	for len(t.terms) < first+g.width {
		t.terms = append(t.terms, term{})
	}
	node.feature = int32(first)
	node.missingLeft = rng.IntN(2) == 0
	terms, psi := t.terms[first:], len(g.drawn)
	g.work += len(rows) * len(terms)
	return g.part(rows, func(i int32) bool {
		sum, any := 0.0, false
		for _, term := range terms {
			if v := g.columns[int(term.feature)*psi+int(i)]; v == v {
				sum += term.weight * (v - term.at)
				any = true
			}
		}
		if !any {
			return node.missingLeft
		}
		return !(sum > 0)
	}), true
}

// part puts the rows that go to the left before the others and returns how many they are.
func (g *grower) part(rows []int32, goesLeft func(i int32) bool) int32 {
	left, right := 0, len(rows)
	for left < right {
		if goesLeft(rows[left]) {
			left++
			continue
		}
		right--
		rows[left], rows[right] = rows[right], rows[left]
	}
	return int32(left)
}
