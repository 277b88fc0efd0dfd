package neighbors

import (
	"math"
	"math/bits"
)

// search finds the neighbours of one row after the other. One goroutine uses it.
type search struct {
	m       *model
	q       []float64 // the row
	z       []float32 // its image
	work    []float64
	slack   float64 // of the image, a distance
	found   nearest
	known   float64 // reduced distance of q that enough rows do not exceed; +Inf: unknown
	before  []int32 // the neighbours of the row before
	limit   float32 // rows whose images are farther, in reduced distance, are not wanted
	taken   int
	scanned int // rows whose images were looked at
}

func newSearch(m *model) *search {
	s := &search{m: m, z: make([]float32, m.space.width), work: make([]float64, m.p)}
	s.found = nearest{k: float64(m.k), heap: make([]neighbor, 0, min(m.k, len(m.order))+1)}
	if m.weights != nil {
		s.found.weight = func(at int32) float64 { return m.weights[at] }
	}
	return s
}

// find returns the neighbours of q, nearest first. They are void at the next call.
func (s *search) find(q []float64) []neighbor {
	s.begin(q)
	if s.m.tree != nil {
		s.visit(0, 0)
	} else {
		s.scan(0, len(s.m.order))
	}
	return s.found.sorted()
}

// begin makes ready to look for the neighbours of q.
func (s *search) begin(q []float64) {
	s.q, s.scanned = q, 0
	s.slack = s.m.space.slack(s.m.space.image(q, s.z, s.work))
	s.found.reset()
	s.known = math.Inf(1)
	if len(s.before) > 0 { // enough rows: those of the row before, which may be near
		s.known = 0
		for _, at := range s.before {
			s.known = max(s.known, s.m.norm.reduced(q, s.m.row(at)))
		}
	}
	s.narrow()
}

// remember keeps the neighbours that were found for the row to come.
func (s *search) remember(found []neighbor) {
	s.before = s.before[:0]
	for i := range found {
		s.before = append(s.before, found[i].at)
	}
}

// narrow sets the limit after what was found.
func (s *search) narrow() {
	s.limit = float32(math.Inf(1))
	if d := min(s.known, s.found.limit()); !math.IsInf(d, 1) && !math.IsInf(s.slack, 1) {
		s.limit = s.m.space.limit(d, s.slack)
	}
}

// visit looks through a node at the given distance.
func (s *search) visit(node int32, distance float32) {
	if distance > s.limit {
		return
	}
	n := &s.m.tree.nodes[node]
	if n.first == 0 {
		s.scan(int(n.lo), int(n.hi))
		return
	}
	a, b := n.first, n.first+1
	da, db := s.m.tree.distance(s.z, int(a)), s.m.tree.distance(s.z, int(b))
	if db < da {
		a, b, da, db = b, a, db, da
	}
	s.visit(a, da)
	s.visit(b, db)
}

// leaf is where the first of the leaf's rows stands whose bound is nearest on the way down.
func (s *search) leaf() int32 {
	t := s.m.tree
	node := int32(0)
	for t.nodes[node].first != 0 {
		node = t.nodes[node].first
		if t.distance(s.z, int(node+1)) < t.distance(s.z, int(node)) {
			node++
		}
	}
	return t.nodes[node].lo
}

// scanPanels is how many panels are screened by one limit at most.
const scanPanels = 16

// scan screens rows lo to hi and takes the distance of those that are not too far. lo is a multiple of lanes.
func (s *search) scan(lo, hi int) {
	size := s.m.space.width * lanes
	var masks [scanPanels]uint16
	for lo < hi {
		count := min(scanPanels, max(1, s.scanned/lanes), (hi-lo+lanes-1)/lanes)
		s.m.norm.screenRows(s.m.panels[lo/lanes*size:][:count*size], s.m.space.width, s.z, s.limit, masks[:count])
		if over := lo + count*lanes - hi; over > 0 {
			masks[count-1] &= 1<<(lanes-over) - 1
		}
		for k, mask := range masks[:count] {
			for ; mask != 0; mask &= mask - 1 {
				s.take(int32(lo + k*lanes + bits.TrailingZeros16(mask)))
			}
		}
		s.scanned += count * lanes
		lo += count * lanes
	}
}

// take offers a row.
func (s *search) take(at int32) {
	before := s.found.limit()
	s.found.offer(neighbor{s.m.norm.reduced(s.q, s.m.row(at)), s.m.order[at], at})
	if s.found.limit() != before {
		s.narrow()
	}
}
