package isolation

import (
	"fmt"
	"math"
	"math/bits"

	"aibms/learners"
	"aibms/learners/artifact"
)

// Save writes the trees.
//
//	section       type      what
//	shape         int64     features p, rows drawn for a tree psi, features of a split
//	limit         float64   the score above which a row is called unusual
//	tree_nodes    int32     of each tree its nodes: they follow level by level, the root first, two sides next to each other
//	left          int32     of each node: the place of its left side in the tree, 0 for a leaf; + 2^30 when a missing value goes to the left
//	rows          int32     of each leaf: training rows that ended there
//	feature       int32     of each split: its features, 0 in places that are not used
//	at            float64   of each split: the threshold; of one over several features c_j of each
//	direction     float64   of each split over several features: g_j / r_j of each
func (f *forest) Save(w *artifact.Writer) error {
	w.Int64s("shape", []int64{int64(f.features), int64(f.samples), int64(f.terms)})
	w.Float64s("limit", []float64{f.limit})
	var counts, left, rows, feature []int32
	var at, direction []float64
	for k, root := range f.roots {
		end := f.end(k)
		counts = append(counts, end-root)
		for i := root; i < end; i++ {
			n := &f.nodes[i]
			if n.left == i {
				left, rows = append(left, 0), append(rows, f.rows[i])
				continue
			}
			l := n.left - root
			if n.feature&missingRight == 0 {
				l |= missingLeftBit
			}
			left = append(left, l)
			if f.terms == 1 {
				feature, at = append(feature, int32(n.feature&^missingRight)), append(at, n.threshold)
			}
		}
	}
	for _, t := range f.planes {
		feature, at, direction = append(feature, t.feature), append(at, t.at), append(direction, t.weight)
	}
	w.Int32s("tree_nodes", counts)
	w.Int32s("left", left)
	w.Int32s("rows", rows)
	w.Int32s("feature", feature)
	w.Float64s("at", at)
	w.Float64s("direction", direction)
	return nil
}

const missingLeftBit = 1 << 30

// load reads what Save wrote and trusts none of it.
func load(version int, r *artifact.Reader) (learners.Model, error) {
	if version < 1 {
		return nil, fmt.Errorf("%w: %s has no state version %d", artifact.ErrCorrupt, name, version)
	}
	if version > 1 {
		return nil, fmt.Errorf("%w: %s has state version %d, this server reads up to 1", artifact.ErrNewer, name, version)
	}
	var s saved
	if err := s.read(r); err != nil {
		return nil, err
	}
	bad := func(format string, args ...any) (learners.Model, error) {
		return nil, fmt.Errorf("%w: %s", artifact.ErrCorrupt, fmt.Sprintf(format, args...))
	}
	if len(s.shape) != 3 || s.shape[0] < 1 || s.shape[0] >= math.MaxInt32 || s.shape[1] < 2 || s.shape[1] > math.MaxInt32 || s.shape[2] < 1 || s.shape[2] > s.shape[0] ||
		len(s.limit) != 1 || !(s.limit[0] >= 0 && s.limit[0] <= 1) || len(s.counts) == 0 || len(s.left) > maxNodes {
		return bad("shape %v, limit %v, %d trees, %d nodes", s.shape, s.limit, len(s.counts), len(s.left))
	}
	f := &forest{features: int(s.shape[0]), samples: int(s.shape[1]), terms: int(s.shape[2]), limit: s.limit[0]}
	splits := len(s.left) - len(s.rows)
	directions := 0
	if f.terms > 1 {
		directions = len(s.feature)
	}
	if splits < 0 || len(s.feature)%f.terms != 0 || len(s.feature)/f.terms != splits || len(s.at) != len(s.feature) || len(s.direction) != directions {
		return bad("%d nodes, %d leaves, %d features, %d thresholds, %d directions", len(s.left), len(s.rows), len(s.feature), len(s.at), len(s.direction))
	}
	for i, j := range s.feature {
		if j < 0 || int(j) >= f.features || math.IsNaN(s.at[i]) || math.IsInf(s.at[i], 0) {
			return bad("split at feature %d, %v", j, s.at[i])
		}
	}
	for _, v := range s.direction {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return bad("a direction is %v", v)
		}
	}
	for _, count := range s.counts {
		if err := f.loadTree(&s, count); err != nil {
			return nil, err
		}
	}
	if len(s.left) != 0 || len(s.rows) != 0 || len(s.feature) != 0 {
		return bad("%d nodes belong to no tree", len(s.left))
	}
	return f.model(), nil
}

// saved is the sections that are not read yet.
type saved struct {
	shape                       []int64
	counts, left, rows, feature []int32
	limit, at, direction        []float64
}

func (s *saved) read(r *artifact.Reader) (err error) {
	if s.shape, err = r.Int64s("shape"); err != nil {
		return err
	}
	for section, into := range map[string]*[]int32{"tree_nodes": &s.counts, "left": &s.left, "rows": &s.rows, "feature": &s.feature} {
		if *into, err = r.Int32s(section); err != nil {
			return err
		}
	}
	for section, into := range map[string]*[]float64{"limit": &s.limit, "at": &s.at, "direction": &s.direction} {
		if *into, err = r.Float64s(section); err != nil {
			return err
		}
	}
	return nil
}

// loadTree reads the next tree, of count nodes.
func (f *forest) loadTree(s *saved, count int32) error {
	bad := func(what string) error {
		return fmt.Errorf("%w: tree %d: %s", artifact.ErrCorrupt, len(f.roots)+1, what)
	}
	if count < 1 || int(count) > len(s.left) {
		return bad("more nodes than there are")
	}
	t := &grown{nodes: make([]split, count)}
	next := int32(1) // the left side of the next split: level by level, nothing else is possible
	for i := range count {
		n, l := &t.nodes[i], s.left[i]
		t.depth = int(n.depth)
		if l == 0 {
			if len(s.rows) == 0 || s.rows[0] < 0 {
				return bad("no rows of a leaf")
			}
			n.rows, s.rows = s.rows[0], s.rows[1:]
			continue
		}
		n.missingLeft = l&missingLeftBit != 0
		n.left = l &^ missingLeftBit
		if n.left != next || next+1 >= count || len(s.feature) < f.terms || int(n.depth) >= bits.Len(uint(f.samples-1)) {
			return bad("its nodes do not follow level by level")
		}
		next += 2
		t.nodes[n.left].depth, t.nodes[n.left+1].depth = n.depth+1, n.depth+1
		if f.terms == 1 {
			n.feature, n.threshold = s.feature[0], s.at[0]
		} else {
			n.feature = int32(len(t.terms))
			for k := range f.terms {
				t.terms = append(t.terms, term{s.feature[k], s.direction[k], s.at[k]})
			}
			s.direction = s.direction[f.terms:]
		}
		s.feature, s.at = s.feature[f.terms:], s.at[f.terms:]
	}
	if next != count {
		return bad("its nodes do not follow level by level")
	}
	s.left = s.left[count:]
	return f.append(t)
}
