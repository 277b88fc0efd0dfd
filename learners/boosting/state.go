package boosting

import (
	"fmt"
	"math"
	"slices"

	"aibms/learners"
	"aibms/learners/artifact"
)

// Save writes the trees node by node, in the order in which they were made:
//
//	loss      text      name of the loss
//	shape     int64     features, classes (0: a regression)
//	start     float64   the margins before the first tree, one an output
//	trees     int32     number of nodes of each tree; tree t belongs to output t % outputs
//	feature   int32     of every node: the feature that it splits by, -1 for a leaf
//	weight    float64   of every node: the weight of its training rows
//	child     int32     of every split: its left child within the tree; the right one is the next node
//	cut       float64   of every split: values up to it go left
//	missing   bytes     of every split: 1 when missing values go left, else 0
//	gain      float64   of every split: by how much twice the training loss fell
//	value     float64   of every leaf
//	categories int64    of every feature: of how many categories it is, 0 for a number; none when all are numbers
//	sets      int64     of every split by categories: a bit for each, from the lowest on, whether it goes left, in words of 64
func (e *ensemble) Save(w *artifact.Writer) error {
	w.Strings("loss", []string{e.loss})
	w.Int64s("shape", []int64{int64(e.features), int64(e.classes)})
	w.Float64s("start", e.start)
	var sizes, features, children []int32
	var weights, cuts, gains, values []float64
	var missing []byte
	var sets []int64
	for _, t := range e.trees {
		sizes = append(sizes, int32(len(t)))
		for _, n := range t {
			features, weights = append(features, n.feature), append(weights, n.weight)
			if n.feature < 0 {
				values = append(values, n.value)
				continue
			}
			children, cuts, gains = append(children, n.child), append(cuts, n.cut), append(gains, n.gain)
			left := byte(0)
			if n.missingLeft {
				left = 1
			}
			missing = append(missing, left)
			for _, word := range n.left {
				sets = append(sets, int64(word))
			}
		}
	}
	w.Int32s("trees", sizes)
	w.Int32s("feature", features)
	w.Float64s("weight", weights)
	w.Int32s("child", children)
	w.Float64s("cut", cuts)
	w.Bytes("missing", missing)
	w.Float64s("gain", gains)
	w.Float64s("value", values)
	categories := make([]int64, len(e.categories))
	for j, k := range e.categories {
		categories[j] = int64(k)
	}
	w.Int64s("categories", categories)
	w.Int64s("sets", sets)
	return nil
}

// loadEnsemble reads what Save wrote and trusts nothing: every child stands after its parent and has one parent, so that every walk ends.
func loadEnsemble(version int, r *artifact.Reader) (learners.Model, error) {
	if version != 1 {
		return nil, fmt.Errorf("%s: state version %d is unknown; this server reads 1", learnerName, version)
	}
	var s state
	if err := s.read(r); err != nil {
		return nil, err
	}
	trees, err := s.build()
	if err != nil {
		return nil, err
	}
	return newEnsemble(s.loss, s.features, s.classes, len(s.start), s.start, trees, s.categories), nil
}

// maxCategories bounds what a damaged artifact can make a load allocate.
const maxCategories = 1 << 24

// state are the sections of a saved model.
type state struct {
	loss              string
	features, classes int
	start             []float64
	sizes             []int32
	feature, child    []int32
	weight, cut, gain []float64
	value             []float64
	missing           []byte
	categories        []int
	sets              []int64
}

func corrupt(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{artifact.ErrCorrupt}, args...)...)
}

func (s *state) read(r *artifact.Reader) error {
	loss, err := r.Strings("loss")
	if err != nil {
		return err
	}
	shape, err := r.Int64s("shape")
	if err != nil {
		return err
	}
	if len(loss) != 1 || len(shape) != 2 || shape[0] < 1 || shape[0] > math.MaxInt32 || shape[1] < 0 || shape[1] == 1 || shape[1] > math.MaxInt32 {
		return corrupt("loss %q and shape %v of a %s", loss, shape, learnerName)
	}
	s.loss, s.features, s.classes = loss[0], int(shape[0]), int(shape[1])
	for name, to := range map[string]*[]float64{"start": &s.start, "weight": &s.weight, "cut": &s.cut, "gain": &s.gain, "value": &s.value} {
		if *to, err = r.Float64s(name); err != nil {
			return err
		}
		if slices.ContainsFunc(*to, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }) {
			return corrupt("a number of section %q is not finite", name)
		}
	}
	for name, to := range map[string]*[]int32{"trees": &s.sizes, "feature": &s.feature, "child": &s.child} {
		if *to, err = r.Int32s(name); err != nil {
			return err
		}
	}
	if s.missing, err = r.Bytes("missing"); err != nil {
		return err
	}
	categories, err := r.Int64s("categories")
	if err != nil {
		return err
	}
	if len(categories) != 0 && len(categories) != s.features {
		return corrupt("categories of %d features of %d", len(categories), s.features)
	}
	for _, k := range categories {
		if k < 0 || k > maxCategories {
			return corrupt("a feature of %d categories", k)
		}
		s.categories = append(s.categories, int(k))
	}
	if s.sets, err = r.Int64s("sets"); err != nil {
		return err
	}
	task := learners.Regression
	switch {
	case s.classes == 2:
		task = learners.Binary
	case s.classes > 2:
		task = learners.Multiclass
	}
	outputs := 1
	if s.loss == "softmax" {
		outputs = s.classes
	}
	if !slices.Contains(losses[task], s.loss) || len(s.start) != outputs || len(s.sizes)%outputs != 0 {
		return corrupt("loss %q with %d classes, %d outputs and %d trees", s.loss, s.classes, len(s.start), len(s.sizes))
	}
	return nil
}

// build makes the trees.
func (s *state) build() ([]tree, error) {
	nodes, splits := 0, 0
	for t, size := range s.sizes {
		if size < 1 || int(size) > len(s.feature)-nodes {
			return nil, corrupt("tree %d has %d nodes, %d are left", t, size, len(s.feature)-nodes)
		}
		nodes += int(size)
	}
	for _, j := range s.feature {
		if j >= 0 {
			splits++
		}
	}
	if nodes != len(s.feature) || nodes != len(s.weight) || splits != len(s.child) || splits != len(s.cut) || splits != len(s.gain) || splits != len(s.missing) || nodes-splits != len(s.value) {
		return nil, corrupt("%d nodes of trees and %d splits do not fit features of %d, weights of %d, children of %d, cuts of %d, gains of %d, missing values of %d and values of %d",
			nodes, splits, len(s.feature), len(s.weight), len(s.child), len(s.cut), len(s.gain), len(s.missing), len(s.value))
	}
	trees := make([]tree, len(s.sizes))
	at, split := 0, 0
	for k := range trees {
		t := make(tree, s.sizes[k])
		next := int32(1) // where the children of the next split in any order may begin
		born := make([]bool, len(t))
		for i := range t {
			n := &t[i]
			n.feature, n.weight = s.feature[at], s.weight[at]
			at++
			if n.feature < -1 || int(n.feature) >= s.features {
				return nil, corrupt("node %d of tree %d splits by feature %d of %d", i, k, n.feature, s.features)
			}
			if n.feature < 0 {
				n.value = s.value[at-1-split]
				continue
			}
			n.child, n.cut, n.gain, n.missingLeft = s.child[split], s.cut[split], s.gain[split], s.missing[split] == 1
			if s.missing[split] > 1 {
				return nil, corrupt("missing values of node %d of tree %d go to side %d", i, k, s.missing[split])
			}
			split++
			if err := s.takeSet(n); err != nil {
				return nil, err
			}
			if n.child <= int32(i) || int(n.child) >= len(t)-1 || born[n.child] || born[n.child+1] {
				return nil, corrupt("node %d of tree %d has the children %d and %d of %d", i, k, n.child, n.child+1, len(t))
			}
			born[n.child], born[n.child+1] = true, true
			next += 2
		}
		if int(next) != len(t) {
			return nil, corrupt("tree %d has %d nodes, %d of them reached", k, len(t), next)
		}
		trees[k] = t
	}
	if len(s.sets) > 0 {
		return nil, corrupt("%d words too many in sets of categories", len(s.sets))
	}
	return trees, nil
}

// takeSet takes the set of a split by categories.
func (s *state) takeSet(n *node) error {
	if s.categories == nil || s.categories[n.feature] == 0 {
		return nil
	}
	k := s.categories[n.feature]
	if len(s.sets) < words(k) {
		return corrupt("sets of categories end early")
	}
	n.left = make([]uint64, words(k))
	for i := range n.left {
		n.left[i] = uint64(s.sets[i])
	}
	s.sets = s.sets[len(n.left):]
	if k%64 != 0 && n.left[len(n.left)-1]>>(k%64) != 0 {
		return corrupt("a set of categories beyond the %d that there are", k)
	}
	return nil
}
