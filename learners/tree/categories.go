package tree

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// bitset is a set of small numbers.
type bitset []uint64

func newBitset(n int) bitset { return make(bitset, (n+63)/64) }

func (b bitset) add(i int)      { b[i>>6] |= 1 << (i & 63) }
func (b bitset) has(i int) bool { return b[i>>6]>>(i&63)&1 == 1 }

// codeSet parts a node by a feature of categories.
type codeSet struct {
	left    bitset // codes that go left
	present bitset // codes that the node's rows have
}

// setWords is how many words a node's set has: a bit for each category, and one for the missing values and all that is no category.
func setWords(categories int) int { return categories/64 + 1 }

// checkCodes demands codes of categories where the features are categories.
func checkCodes(x *mat.Dense, categories []int) error {
	raw := x.RawMatrix()
	for j, k := range categories {
		if k == 0 {
			continue
		}
		for i := range raw.Rows {
			if v := raw.Data[i*raw.Stride+j]; v == v && !(v >= 0 && v < float64(k) && v == math.Trunc(v)) {
				return fmt.Errorf("feature %d has %d categories, and %v is the code of none", j+1, k, v)
			}
		}
	}
	return nil
}

// tryCategories looks for the best way to part the rows by a set of categories. Missing values are one more category.
//
//   - Two classes, and squared error: the best of all sets is a beginning of the list of categories in the order of their mean target, so only these are tried (Fisher, JASA 53 (1958), for numbers; Breiman et al.
//     1984, section 4.2.2 and theorem 4.5, for every impurity of two classes that is concave).
//   - More classes: no order is sure to have the best set. They come in the order of the first principal component of their class shares, by weight, which is nearly as good as the best of all sets and the best
//     order of one number (Coppersmith, Hong, Hosking: Partitioning nominal attributes in decision trees. Data Mining and Knowledge Discovery 3 (1999)). With two classes it is that of the mean. Parting one class
//     from the rest would take a scan for each class.
//   - Several targets: in the order of the first principal component of their mean targets, each in its standard deviation, for the same reason: the best of all sets parts these means by a plane. With one target
//     it is that of the mean.
//   - Absolute error: in the order of their medians, which is not always the best of all.
//   - Random thresholds: one set, for which a coin is thrown for each category; again where all fall alike (Geurts, Ernst, Wehenkel 2006, section 2.1).
func (g *Grower) tryCategories(rng *rand.Rand, work *scratch, c *column, rows rows) (r result) {
	if work.absolute != nil {
		found, groups := work.absolute.bestSet(c, rows, max(1, g.settings.MinRowsLeaf))
		if len(groups) < 2 {
			return result{constant: true}
		}
		if r.split = found; r.ok {
			r.set = newCodeSet(c.missing)
			for at, code := range groups {
				r.set.put(int(code), at <= r.code)
			}
			r.finishSet(c)
		}
		return r
	}
	s := work.sorter
	s.fill(c, rows, s.sort(c, rows))
	if s.constant() {
		return result{constant: true}
	}
	if g.settings.RandomThresholds {
		r.split = work.scanner.randomSet(&work.drawn, s, c.missing, rng)
	} else {
		work.scanner.order(s, &work.named)
		s.arrange(&work.named.cells, work.named.order, c.missing)
		if r.split = work.scanner.scan(&work.named.cells, false); r.ok {
			r.set = newCodeSet(c.missing)
			for at, code := range work.named.codes {
				r.set.put(int(code), at <= r.code)
			}
		}
	}
	if r.ok {
		r.finishSet(c)
	}
	return r
}

func newCodeSet(missing int) *codeSet {
	words := newBitset(2 * 64 * ((missing + 64) / 64))
	return &codeSet{left: words[:len(words)/2], present: words[len(words)/2:]}
}

// put adds a code that is present.
func (s *codeSet) put(code int, left bool) {
	s.present.add(code)
	if left {
		s.left.add(code)
	}
}

// finishSet says where missing values go.
func (s *split) finishSet(c *column) {
	s.hasMissing, s.missingLeft = s.set.present.has(c.missing), s.set.left.has(c.missing)
}

// named is the scratch of splits by categories.
type named struct {
	cells             // in order
	order   []int32   // numbers of cells; that of the missing values is the last
	keys    []float64 // of each cell: what they are ordered by
	apart   []float64 // of each cell K numbers: its class shares less those of the node, or its mean targets in standard deviations
	weights []float64 // of each cell
	axis    []float64 // K
	next    []float64 // K
}

// order fills n.order.
func (s *scanner) order(c *sorter, n *named) {
	size := len(c.codes)
	if c.missing {
		size++
	}
	n.order, n.keys = n.order[:0], n.keys[:0]
	for at := range size {
		n.order = append(n.order, int32(at))
		m := c.missingMoment
		if at < len(c.moments) {
			m = c.moments[at]
		}
		n.keys = append(n.keys, m.s/m.w)
	}
	if s.classes != nil {
		s.project(c, n)
	}
	slices.SortStableFunc(n.order, func(a, b int32) int { return cmp.Compare(n.keys[a], n.keys[b]) })
}

// rounds of the power method at most: what is left of the second component hardly changes the order.
const rounds = 30

// project fills n.keys with the projections of the class shares, or mean targets, on their first principal component, found by the power method from the one that is farthest from the mean on. The steps are
// always the same, so that equal rows give equal bits.
func (s *scanner) project(c *sorter, n *named) {
	k := len(s.classes)
	n.axis, n.next = slices.Grow(n.axis[:0], k)[:k], slices.Grow(n.next[:0], k)[:k]
	clear(n.axis)
	n.apart, n.weights = n.apart[:0], n.weights[:0]
	for at := range n.keys {
		sums := c.missingClasses
		if at < len(c.codes) {
			sums = c.classes[at*c.k : (at+1)*c.k]
		}
		w := 0.0
		if s.factors != nil {
			w = sums[k]
		} else {
			for _, v := range sums {
				w += v
			}
		}
		n.weights = append(n.weights, w)
		for j, v := range sums[:k] {
			d := v/w - s.classes[j]/s.total.w
			if s.factors != nil {
				d *= math.Sqrt(s.factors[j])
			}
			n.apart = append(n.apart, d)
		}
	}
	farthest := 0.0
	for at, w := range n.weights {
		apart := n.apart[at*k : (at+1)*k]
		distance := 0.0
		for _, d := range apart {
			distance += w * d * d
		}
		if distance > farthest {
			farthest = distance
			copy(n.axis, apart)
		}
	}
	for range rounds {
		clear(n.next)
		for at, w := range n.weights {
			apart := n.apart[at*k : (at+1)*k]
			along := 0.0
			for j, d := range apart {
				along += d * n.axis[j]
			}
			n.keys[at] = along
			for j, d := range apart {
				n.next[j] += w * along * d
			}
		}
		length := 0.0
		for _, v := range n.next {
			length += v * v
		}
		if !(length > 0) || math.IsInf(length, 0) {
			return
		}
		length = math.Sqrt(length)
		change := 0.0
		for j, v := range n.next {
			change = max(change, math.Abs(v/length-n.axis[j]))
			n.axis[j] = v / length
		}
		if change < 1e-6 {
			return
		}
	}
}

// arrange fills into with the cells in an order; the missing values' cell becomes one like the others.
func (s *sorter) arrange(into *cells, order []int32, missing int) {
	into.codes, into.moments, into.classes, into.rows = into.codes[:0], into.moments[:0], into.classes[:0], into.rows[:0]
	for _, at := range order {
		code, m, sums, count := uint16(missing), s.missingMoment, s.missingClasses, s.missingRows
		if i := int(at); i < len(s.codes) {
			code = s.codes[i]
			if s.k == 0 {
				m = s.moments[i]
			} else {
				sums = s.classes[i*s.k : (i+1)*s.k]
			}
			if s.countRows {
				count = s.rows[i]
			}
		}
		into.codes = append(into.codes, code)
		if s.k == 0 {
			into.moments = append(into.moments, m)
		} else {
			into.classes = append(into.classes, sums...)
		}
		if s.countRows {
			into.rows = append(into.rows, count)
		}
	}
}

// randomSet scores the split by one set that is drawn.
func (s *scanner) randomSet(d *drawn, c *sorter, missing int, rng *rand.Rand) (out split) {
	out.set = newCodeSet(missing)
	size := len(c.codes)
	if c.missing {
		size++
	}
	code := func(at int) int {
		if at < len(c.codes) {
			return int(c.codes[at])
		}
		return missing
	}
	for moved := 0; moved == 0 || moved == size; {
		moved = 0
		clear(out.set.left)
		var coins uint64
		for at := range size {
			if at%64 == 0 {
				coins = rng.Uint64()
			}
			out.set.put(code(at), coins&1 == 1)
			moved += int(coins & 1)
			coins >>= 1
		}
	}
	var left moment
	leftRows := int32(0)
	if s.classes != nil {
		d.left = slices.Grow(d.left[:0], len(s.classes))[:len(s.classes)]
		clear(d.left)
	}
	for at := range size {
		if !out.set.left.has(code(at)) {
			continue
		}
		m, sums, count := c.missingMoment, c.missingClasses, c.missingRows
		if at < len(c.codes) {
			if c.k == 0 {
				m = c.moments[at]
			} else {
				sums = c.classes[at*c.k : (at+1)*c.k]
			}
			if c.countRows {
				count = c.rows[at]
			}
		}
		leftRows += count
		if c.k == 0 {
			left.add(m)
			continue
		}
		if s.factors != nil {
			for k := range d.left {
				d.left[k] += sums[k]
			}
			left.w += sums[len(d.left)]
			continue
		}
		for k, w := range sums {
			d.left[k] += w
			left.w += w
		}
	}
	if c.countRows && !s.enough(leftRows) {
		return split{}
	}
	if out.ok, out.score = true, s.score(left, d.left); s.classes == nil {
		out.left = left
	}
	return out
}

// bestSet finds the best beginning of the list of categories in the order of their medians, and that list, as codes. Its code is a place in the list.
func (a *absolute) bestSet(c *column, rows rows, low int) (out split, groups []uint16) {
	m := rows.len()
	a.keys = slices.Grow(a.keys[:0], m)[:m]
	for i, id := range rows.ids {
		a.keys[i] = uint64(c.code(id))<<32 | uint64(a.ranks[i])
	}
	slices.Sort(a.keys)
	type group struct {
		code   uint16
		median uint32 // rank, which no other row has
	}
	var list []group
	for lo := 0; lo < m; {
		code, total, hi := a.keys[lo]>>32, 0.0, lo
		for ; hi < m && a.keys[hi]>>32 == code; hi++ {
			total += rows.moments[a.order[uint32(a.keys[hi])]].w
		}
		sum, at := 0.0, lo
		for sum = rows.moments[a.order[uint32(a.keys[at])]].w; sum < total/2; sum += rows.moments[a.order[uint32(a.keys[at])]].w {
			at++
		}
		list = append(list, group{uint16(code), uint32(a.keys[at])})
		lo = hi
	}
	slices.SortFunc(list, func(a, b group) int { return cmp.Compare(a.median, b.median) })
	place := make([]uint32, c.missing+1)
	for at, g := range list {
		place[g.code] = uint32(at)
		groups = append(groups, g.code)
	}
	for i, id := range rows.ids {
		a.keys[i] = uint64(place[c.code(id)])<<32 | uint64(i)
	}
	slices.Sort(a.keys)
	out, _ = a.scan(rows, m, low)
	return out, groups
}

// partitionSet is partition by a set of codes.
func partitionSet[C uint8 | uint16](codes []C, set bitset, rows, spare rows) int {
	left, right := 0, 0
	for i, id := range rows.ids {
		m, code := rows.moments[i], codes[id]
		goes := int(set[code>>6] >> (code & 63) & 1)
		rows.ids[left], rows.moments[left] = id, m
		spare.ids[right], spare.moments[right] = id, m
		left += goes
		right += 1 - goes
	}
	copy(rows.ids[left:], spare.ids[:right])
	copy(rows.moments[left:], spare.moments[:right])
	return left
}

// addSet keeps the set of a split by categories and returns where it begins. Categories that no row of the node has go where missing values go.
func (w *growing) addSet(c *column, s *split) int32 {
	at := len(w.sets)
	w.sets = append(w.sets, make([]uint64, setWords(c.categories))...)
	set := bitset(w.sets[at:])
	if s.missingLeft {
		for k := range c.categories + 1 {
			set.add(k)
		}
	}
	for code, low := range c.low {
		if !s.set.present.has(code) {
			continue
		}
		for k := int(low); k <= int(c.high[code]); k++ {
			if set[k>>6] &^= 1 << (k & 63); s.set.left.has(code) {
				set.add(k)
			}
		}
	}
	return int32(at)
}

// leafNamed takes one row down a tree in which some splits are by categories.
func (t *Trees) leafNamed(x []float64, root int32) int32 {
	at := root
	for {
		n := &t.nodes[at]
		feature := n.feature & featureBits
		v := x[feature]
		next := n.left
		if n.feature&byCategory != 0 {
			k := t.categories[feature] // the bit of what is no category
			if v >= 0 && v < float64(k) {
				if c := int(v); float64(c) == v {
					k = c
				}
			}
			next += 1 - int32(t.sets[n.set()+k>>6]>>(k&63)&1)
		} else if v > n.threshold || v != v && n.feature&missingRight != 0 {
			next++
		}
		if next == at {
			return at
		}
		at = next
	}
}

// set is where the set of a split by categories begins.
func (n *flat) set() int { return int(math.Float64bits(n.threshold)) }

// categoriesLeft are the categories that go left.
func (t *Trees) categoriesLeft(n *flat) []int {
	out := []int{}
	set := bitset(t.sets[n.set():])
	for k := range t.categories[n.feature&featureBits] {
		if set.has(k) {
			out = append(out, k)
		}
	}
	return out
}
