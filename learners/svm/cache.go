package svm

// rowCache keeps rows of the kernel matrix, those asked for last, within a number of places. A row is kept by the position of its variable, with as many leading columns as were computed.
//
// The memory is in blocks of n numbers, made when they are first needed. A block holds one row; or, when only the first columns matter since the other variables are
// set aside, split rows of n/split numbers each.
type rowCache struct {
	n      int // numbers of a block, a multiple of group
	most   int // blocks at most
	blocks [][]float32
	split  int
	width  int // numbers of a place
	places []place
	empty  []int32 // places without a row
	at     []int32 // the place of each position, -1: none
	first  int32   // the place used last, -1: none
	last   int32   // the place used least recently
}

// place holds one row. Places in use are a list in the order of their use.
type place struct {
	data           []float32
	position       int32 // -1: empty
	columns        int   // that are there
	before, behind int32 // in the list; -1: none
}

// fewestRows is how many rows the cache holds at least, so that the rows of a step are there together.
const fewestRows = 4

func newRowCache(n int, bytes int64) *rowCache {
	c := &rowCache{n: roundUp(n, group), first: -1, last: -1, split: 1, at: make([]int32, n)}
	c.most = int(min(max(bytes/int64(4*c.n), fewestRows), int64(max(n, fewestRows))))
	c.width = c.n
	for i := range c.at {
		c.at[i] = -1
	}
	return c
}

// columnsOf is how many columns of the row of a position are there.
func (c *rowCache) columnsOf(position int) int {
	if k := c.at[position]; k >= 0 {
		return c.places[k].columns
	}
	return 0
}

// peek returns the row of a position as far as it is there, and does not count as a use.
func (c *rowCache) peek(position int) []float32 { return c.places[c.at[position]].data }

// use returns the place of a position's row, the one used least recently when it has none, and makes it the one used last. The caller computes what is missing.
func (c *rowCache) use(position int) *place {
	k := c.at[position]
	switch {
	case k >= 0:
		c.unlink(k)
	default:
		k = c.free()
		c.at[position] = k
		c.places[k].position, c.places[k].columns = int32(position), 0
	}
	c.link(k)
	return &c.places[k]
}

// free returns a place without a row.
func (c *rowCache) free() int32 {
	if len(c.empty) == 0 && len(c.blocks) < c.most {
		c.blocks = append(c.blocks, make([]float32, c.n))
		for range c.split {
			k := int32(len(c.places))
			c.places = append(c.places, c.newPlace(int(k)))
			c.empty = append(c.empty, k)
		}
	}
	if n := len(c.empty); n > 0 {
		k := c.empty[n-1]
		c.empty = c.empty[:n-1]
		return k
	}
	k := c.last
	c.unlink(k)
	c.at[c.places[k].position] = -1
	c.places[k].position = -1
	return k
}

// newPlace is place k, empty.
func (c *rowCache) newPlace(k int) place {
	from := k % c.split * c.width
	return place{data: c.blocks[k/c.split][from : from+c.width : from+c.width], position: -1, before: -1, behind: -1}
}

func (c *rowCache) unlink(k int32) {
	p := &c.places[k]
	if p.before >= 0 {
		c.places[p.before].behind = p.behind
	} else {
		c.first = p.behind
	}
	if p.behind >= 0 {
		c.places[p.behind].before = p.before
	} else {
		c.last = p.before
	}
	p.before, p.behind = -1, -1
}

func (c *rowCache) link(k int32) {
	p := &c.places[k]
	p.before, p.behind = -1, c.first
	if c.first >= 0 {
		c.places[c.first].before = k
	}
	if c.first = k; c.last < 0 {
		c.last = k
	}
}

// full reports whether a new row would cost an old one.
func (c *rowCache) full() bool { return len(c.blocks) == c.most && len(c.empty) == 0 }

// swaps exchanges positions, pair by pair: below[k] with above[k], below ascending and everything in it less than everything in above. A row that has not all columns of a pair keeps those before it.
func (c *rowCache) swaps(below, above []int) {
	for i := range c.places {
		p := &c.places[i]
		if p.position < 0 {
			continue
		}
		for k, a := range below {
			if b := above[k]; b < p.columns {
				p.data[a], p.data[b] = p.data[b], p.data[a]
			} else if a < p.columns {
				p.columns = a
				break
			}
		}
	}
	for k, a := range below {
		b := above[k]
		c.at[a], c.at[b] = c.at[b], c.at[a]
		for _, q := range []int{a, b} {
			if c.at[q] >= 0 {
				c.places[c.at[q]].position = int32(q)
			}
		}
	}
}

// resize makes places as narrow as columns allow, by halves, once there are no more blocks to be had; or wide enough for columns again. Rows that no longer fit go, those used
// least recently first.
func (c *rowCache) resize(columns int) {
	columns = max(roundUp(columns, group), group)
	split := c.split
	for c.full() && c.most*split < columns && columns <= c.n/(2*split)&^(group-1) {
		split *= 2
	}
	for split > 1 && columns > c.n/split&^(group-1) {
		split /= 2
	}
	if split == c.split {
		return
	}
	order := make([]int32, 0, len(c.places)) // by last use
	for k := c.first; k >= 0; k = c.places[k].behind {
		order = append(order, k)
	}
	rank := make([]int, len(c.places))
	for i, k := range order {
		rank[k] = i
	}
	old, was := c.places, c.split
	c.split, c.width = split, c.n/split&^(group-1)
	c.places = make([]place, len(c.blocks)*split)
	for k := range c.places {
		c.places[k] = c.newPlace(k)
	}
	to := make([]int32, len(old)) // where each went
	for b := range c.blocks {
		var rows []int32 // of the block
		for k := b * was; k < min((b+1)*was, len(old)); k++ {
			if old[k].position >= 0 {
				rows = append(rows, int32(k))
			}
			to[k] = -1
		}
		if split < was { // the parts of a new place are was/split old ones: the one used last stays
			keep := make([]int32, split)
			for i := range keep {
				keep[i] = -1
			}
			for _, k := range rows {
				i := int(k) % was / (was / split)
				if keep[i] < 0 || rank[k] < rank[keep[i]] {
					keep[i] = k
				}
			}
			rows = rows[:0]
			for i, k := range keep {
				if k >= 0 {
					to[k] = int32(b*split + i)
					rows = append(rows, k)
				}
			}
		} else {
			for _, k := range rows {
				to[k] = int32(b*split + int(k)%was*(split/was))
			}
		}
		for i := range rows { // from the last when places get wider, from the first when narrower: no row is overwritten before it moved
			k := rows[i]
			if split < was {
				k = rows[len(rows)-1-i]
			}
			p := &c.places[to[k]]
			p.position, p.columns = old[k].position, min(old[k].columns, c.width)
			copy(p.data[:p.columns], old[k].data)
		}
	}
	for k := range c.at {
		c.at[k] = -1
	}
	c.first, c.last = -1, -1
	for i := len(order) - 1; i >= 0; i-- {
		if k := to[order[i]]; k >= 0 {
			c.at[c.places[k].position] = k
			c.link(k)
		}
	}
	c.empty = c.empty[:0]
	for k := range c.places {
		if c.places[k].position < 0 {
			c.empty = append(c.empty, int32(k))
		}
	}
}
