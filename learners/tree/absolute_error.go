package tree

import (
	"math"
	"slices"
)

// absolute scores splits by the criterion absolute_error: the sum over both sides of w |y - m|, m the side's weighted median.
//
// The rows are added one after the other, in the order of the feature, to a Fenwick tree over the ranks of their targets in the node. It holds the sums of w and of w y of every
// prefix of ranks, so the median and the error of what was added so far cost O(log m): a feature of a node of m rows costs O(m log m).
//
//	B. M. Fenwick, Software: Practice and Experience 24 (1994)
type absolute struct {
	order  []int32   // rows of the node by their target
	ranks  []int32   // of each row: its place in order
	values []float64 // scaled target of each rank
	sums   []moment  // the Fenwick tree: entry i covers the ranks i - (i & -i) to i - 1
	all    moment    // of what is in it
	keys   []uint64
	before []float64 // error of the rows before each place
}

// node ranks the targets of the rows and returns their error.
func (a *absolute) node(rows []moment) float64 {
	m := len(rows)
	a.order = slices.Grow(a.order[:0], m)[:m]
	order := a.order
	for i := range order {
		order[i] = int32(i)
	}
	scaled := func(m moment) float64 { return m.s / m.w }
	slices.SortFunc(order, func(i, j int32) int {
		u, v := scaled(rows[i]), scaled(rows[j])
		switch {
		case u < v:
			return -1
		case u > v:
			return 1
		}
		return int(i - j)
	})
	a.ranks, a.values = slices.Grow(a.ranks[:0], m)[:m], slices.Grow(a.values[:0], m)[:m]
	for rank, i := range order {
		a.ranks[i], a.values[rank] = int32(rank), scaled(rows[i])
	}
	a.clear(m)
	for i, r := range rows {
		a.add(a.ranks[i], r)
	}
	return a.error()
}

func (a *absolute) clear(m int) {
	a.sums = slices.Grow(a.sums[:0], m+1)[:m+1]
	clear(a.sums)
	a.all = moment{}
}

func (a *absolute) add(rank int32, m moment) {
	a.all.add(m)
	for i := int(rank) + 1; i < len(a.sums); i += i & -i {
		a.sums[i].add(m)
	}
}

// error is the sum of w |y - median| of what was added.
func (a *absolute) error() float64 {
	at, below, half := 0, moment{}, a.all.w/2
	step := 1
	for step*2 < len(a.sums) {
		step *= 2
	}
	for ; step > 0; step /= 2 {
		if next := at + step; next < len(a.sums) && below.w+a.sums[next].w < half {
			at = next
			below.add(a.sums[next])
		}
	}
	median := a.values[min(at, len(a.values)-1)] // the first rank at which half of the weight is reached
	above := moment{a.all.w - below.w, a.all.s - below.s}
	return max(0, median*below.w-below.s+above.s-median*above.w)
}

// best finds the best split of the rows by a column; low bounds the rows of both sides from below. Its code is a code, not a cell.
func (a *absolute) best(c *column, rows rows, low int) (out split, next int) {
	m := rows.len()
	a.keys = slices.Grow(a.keys[:0], m)[:m]
	known := 0
	for i, id := range rows.ids {
		code := c.code(id)
		if code != c.missing {
			known++
		}
		a.keys[i] = uint64(code)<<32 | uint64(i)
	}
	slices.Sort(a.keys)
	return a.scan(rows, known, low)
}

// scan finds the best place in the keys, place * 2^32 + row, whose first known ones are of values that are not missing.
func (a *absolute) scan(rows rows, known, low int) (out split, next int) {
	m := rows.len()
	out.hasMissing = known < m
	for _, missingLeft := range []bool{false, true} {
		if missingLeft && !out.hasMissing {
			break
		}
		keys := a.keys
		if missingLeft {
			keys = append(append(make([]uint64, 0, m), a.keys[known:]...), a.keys[:known]...)
		}
		a.before = slices.Grow(a.before[:0], m)[:m]
		a.clear(m)
		for i, key := range keys {
			if a.before[i] = 0; i > 0 {
				a.before[i] = a.error()
			}
			at := uint32(key)
			a.add(a.ranks[at], rows.moments[at])
		}
		a.clear(m)
		first := 1
		if missingLeft {
			first = m - known + 1
		}
		score, place := math.Inf(-1), -1
		for i := m - 1; i >= first; i-- { // the left side is keys[:i]
			at := uint32(keys[i])
			a.add(a.ranks[at], rows.moments[at])
			if keys[i]>>32 != keys[i-1]>>32 && i >= low && m-i >= low {
				if s := -a.before[i] - a.error(); s >= score {
					score, place = s, i
				}
			}
		}
		if place >= 0 && (!out.ok || score > out.score) {
			out.ok, out.score, out.missingLeft = true, score, missingLeft
			out.code, next = int(keys[place-1]>>32), int(keys[place]>>32)
		}
	}
	return out, next
}

// code is the code of a row.
func (c *column) code(id int32) int {
	if c.c8 != nil {
		return int(c.c8[id])
	}
	return int(c.c16[id])
}

// median is the weighted median of the target: half-way between two values when half of the weight lies on each side.
func (t *Target) median(rows rows) float64 {
	order := make([]moment, rows.len()) // s is the target
	total := 0.0
	for i, id := range rows.ids {
		order[i] = moment{rows.moments[i].w, t.y[id]}
		total += order[i].w
	}
	slices.SortStableFunc(order, func(a, b moment) int {
		switch {
		case a.s < b.s:
			return -1
		case a.s > b.s:
			return 1
		}
		return 0
	})
	sum := 0.0
	for i, r := range order {
		sum += r.w
		switch {
		case sum == total/2 && i+1 < len(order):
			return r.s/2 + order[i+1].s/2
		case sum >= total/2:
			return r.s
		}
	}
	return order[len(order)-1].s
}
