package neighbors

import (
	"math"
	"slices"
)

// neighbor is a training row that was found.
type neighbor struct {
	distance float64 // reduced
	order    int32   // when it came in training: among equal distances the first is nearer
	at       int32   // where it is kept
}

// farther tells whether a comes after b.
func (a *neighbor) farther(b *neighbor) bool {
	return a.distance > b.distance || a.distance == b.distance && a.order > b.order
}

// nearest holds the nearest rows so far whose weights sum to k, as a heap whose root is the farthest.
type nearest struct {
	k      float64
	total  float64 // of the weights, each counted up to k
	heap   []neighbor
	weight func(at int32) float64
}

func (n *nearest) reset() { n.heap, n.total = n.heap[:0], 0 }

// limit is the reduced distance beyond which no row is wanted.
func (n *nearest) limit() float64 {
	if n.total < n.k {
		return math.Inf(1)
	}
	return n.heap[0].distance
}

func (n *nearest) counted(at int32) float64 { return min(n.k, n.weight(at)) }

// offer takes a row in unless there are enough nearer ones, and lets go of those that it makes superfluous.
func (n *nearest) offer(a neighbor) {
	if n.total >= n.k && a.farther(&n.heap[0]) {
		return
	}
	if n.weight == nil {
		if n.total < n.k {
			n.total++
			n.push(a)
		} else {
			n.heap[0] = a
			n.sink()
		}
		return
	}
	n.push(a)
	n.total += n.counted(a.at)
	for n.total-n.counted(n.heap[0].at) >= n.k {
		n.total -= n.counted(n.heap[0].at)
		last := len(n.heap) - 1
		n.heap[0] = n.heap[last]
		n.heap = n.heap[:last]
		n.sink()
	}
}

func (n *nearest) push(a neighbor) {
	n.heap = append(n.heap, a)
	i := len(n.heap) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if !n.heap[i].farther(&n.heap[parent]) {
			break
		}
		n.heap[i], n.heap[parent] = n.heap[parent], n.heap[i]
		i = parent
	}
}

// sink puts the root where it belongs.
func (n *nearest) sink() {
	h, i := n.heap, 0
	for {
		child := 2*i + 1
		if child >= len(h) {
			return
		}
		if child+1 < len(h) && h[child+1].farther(&h[child]) {
			child++
		}
		if !h[child].farther(&h[i]) {
			return
		}
		h[i], h[child] = h[child], h[i]
		i = child
	}
}

// sorted are the rows, nearest first. The heap is void afterwards.
func (n *nearest) sorted() []neighbor {
	slices.SortFunc(n.heap, func(a, b neighbor) int {
		switch {
		case b.farther(&a):
			return -1
		case a.farther(&b):
			return 1
		}
		return 0
	})
	return n.heap
}
