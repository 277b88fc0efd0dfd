package neighbors

import (
	"context"
	"math"
)

// tree parts the rows by their images: every node is a range of rows, its two halves are its children, and a range of at most leafSize rows is a leaf. A node is
// bounded by a box (kd_tree: the least and largest number of its images in each place) or by a ball (ball_tree: a centre and a radius). A search goes to the
// nearer child first and passes over a node whose bound is farther than the neighbours found so far.
//
// The arrangement halves a range at the median of the place in which its images spread most, to the next multiple of 16 so that leaves are made of whole panels. It is saved as the order of the rows; the nodes follow from the
// number of rows and leafSize, so loading computes the bounds alone. O(n log n) time for the arrangement, O(n) for boxes, O(n log n) for balls.
type tree struct {
	width  int
	norm   norm
	nodes  []treeNode
	bounds []float32 // a node: width least and width largest numbers, or width numbers of the centre and the radius
	size   int       // of a bound
}

// treeNode is rows lo to hi.
type treeNode struct {
	lo, hi int32
	first  int32 // of its two children, which stand together; 0: a leaf
}

// middle is where a range of n rows is parted; 0: nowhere.
func middle(n, leafSize int) int {
	if n <= leafSize || n <= lanes {
		return 0
	}
	return (n/2 + lanes - 1) / lanes * lanes
}

// arrange orders the rows, given by the numbers in order, so that ranges of them are near each other.
func arrange(ctx context.Context, images []float32, width, leafSize int, order []int32) error {
	half := middle(len(order), leafSize)
	if err := ctx.Err(); err != nil {
		return err
	}
	if half == 0 {
		return nil
	}
	place, widest := 0, float32(-1)
	var low, high [maxWidth]float32
	copy(low[:], images[int(order[0])*width:][:width])
	high = low
	for _, i := range order {
		for j, v := range images[int(i)*width : (int(i)+1)*width] {
			if v < low[j] {
				low[j] = v
			}
			if v > high[j] {
				high[j] = v
			}
		}
	}
	for j := range width {
		if s := high[j] - low[j]; s > widest {
			place, widest = j, s
		}
	}
	halve(images, width, place, order, half)
	if err := arrange(ctx, images, width, leafSize, order[:half]); err != nil {
		return err
	}
	return arrange(ctx, images, width, leafSize, order[half:])
}

// halve moves the middle smallest rows, by the number in the given place and then by their own, before the others (Hoare's selection, the pivot the median of three).
func halve(images []float32, width, place int, order []int32, middle int) {
	less := func(a, b int32) bool {
		x, y := images[int(a)*width+place], images[int(b)*width+place]
		return x < y || !(x > y) && a < b
	}
	lo, hi := 0, len(order)-1
	for lo < hi {
		a, b, c := order[lo], order[(lo+hi)/2], order[hi]
		if less(b, a) {
			a, b = b, a
		}
		if less(c, b) {
			if b = c; less(b, a) {
				b = a
			}
		}
		i, j := lo, hi
		for i <= j {
			for less(order[i], b) {
				i++
			}
			for less(b, order[j]) {
				j--
			}
			if i <= j {
				order[i], order[j] = order[j], order[i]
				i++
				j--
			}
		}
		switch {
		case middle <= j:
			hi = j
		case middle >= i:
			lo = i
		default:
			return
		}
	}
}

// newTree computes the nodes and bounds of rows that are arranged.
func newTree(ctx context.Context, m *model, images []float32) (*tree, error) {
	t := &tree{width: m.space.width, norm: m.norm, size: 2 * m.space.width}
	if m.algorithm == "ball_tree" {
		t.size = m.space.width + 1
	}
	t.nodes = append(t.nodes, treeNode{hi: int32(len(m.order))})
	for at := 0; at < len(t.nodes); at++ {
		if at%256 == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
		n := &t.nodes[at]
		if half := int32(middle(int(n.hi-n.lo), m.leafSize)); half > 0 {
			lo, hi := n.lo, n.hi
			n.first = int32(len(t.nodes))
			t.nodes = append(t.nodes, treeNode{lo: lo, hi: lo + half}, treeNode{lo: lo + half, hi: hi})
		}
	}
	t.bounds = make([]float32, len(t.nodes)*t.size)
	for at := len(t.nodes) - 1; at >= 0; at-- {
		if t.nodes[at].first != 0 || at%256 == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
		if m.algorithm == "ball_tree" {
			t.ball(images, at)
		} else {
			t.box(images, at)
		}
	}
	return t, nil
}

func (t *tree) bound(node int) []float32 { return t.bounds[node*t.size : (node+1)*t.size] }

func (t *tree) box(images []float32, node int) {
	b, n := t.bound(node), t.nodes[node]
	low, high := b[:t.width], b[t.width:]
	if n.first != 0 {
		left, right := t.bound(int(n.first)), t.bound(int(n.first)+1)
		for j := range low {
			low[j], high[j] = min(left[j], right[j]), max(left[t.width+j], right[t.width+j])
		}
		return
	}
	copy(low, images[int(n.lo)*t.width:])
	copy(high, low)
	for i := int(n.lo); i < int(n.hi); i++ {
		for j, v := range images[i*t.width : (i+1)*t.width] {
			low[j], high[j] = min(low[j], v), max(high[j], v)
		}
	}
}

func (t *tree) ball(images []float32, node int) {
	b, n := t.bound(node), t.nodes[node]
	var centre [maxWidth]float64
	for i := int(n.lo); i < int(n.hi); i++ {
		for j, v := range images[i*t.width : (i+1)*t.width] {
			centre[j] += float64(v)
		}
	}
	for j := range t.width {
		b[j] = float32(centre[j] / float64(n.hi-n.lo))
	}
	radius := 0.0
	for i := int(n.lo); i < int(n.hi); i++ {
		radius = max(radius, t.fromCentre(images[i*t.width:(i+1)*t.width], b))
	}
	b[t.width] = float32(radius * (1 + 1e-6))
}

// fromCentre is the distance of an image from the centre of a ball.
func (t *tree) fromCentre(z, ball []float32) float64 {
	sum := 0.0
	for j, v := range z {
		d := math.Abs(float64(v) - float64(ball[j]))
		switch t.norm.power {
		case 2:
			sum += d * d
		case 1:
			sum += d
		default:
			sum += math.Pow(d, t.norm.power)
		}
	}
	return t.norm.root(sum)
}

// distance is a lower bound of the reduced distance of the image z from the images of a node, as exact as those of screenRows.
func (t *tree) distance(z []float32, node int) float32 {
	b := t.bound(node)
	if t.size == 2*t.width {
		return t.norm.boxDistance(b, z)
	}
	d := t.fromCentre(z, b)
	return float32(t.norm.raise(max(0, d-float64(b[t.width])-1e-6*d)))
}
