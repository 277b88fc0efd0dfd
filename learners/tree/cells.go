package tree

import "slices"

// moment is a row in the tree that grows, or the sum of some: w is the weight; s is weight times target, or the class of a row when there are more than two, or with several targets
// how often the row was taken.
type moment struct{ w, s float64 }

func (m *moment) add(o moment) { m.w += o.w; m.s += o.s }

// rows are the rows of a node, in ascending order of their numbers.
type rows struct {
	ids     []int32
	moments []moment
	sums    []float64 // with several targets, while a split is looked for: of each row what it adds to a cell, T + 1 numbers
}

func (r rows) len() int { return len(r.ids) }

// part is the rows lo to hi-1.
func (r rows) part(lo, hi int) rows { return rows{ids: r.ids[lo:hi], moments: r.moments[lo:hi]} }

// cells are the rows of a node by one feature: a cell for each code that occurs, in ascending order, with the sums of its rows. The cell of missing values is apart.
type cells struct {
	codes   []uint16
	moments []moment  // of each cell: moments
	classes []float64 // of each cell, otherwise: K sums of weights, or of several targets T sums of w z and the sum of weights
	rows    []int32   // of each cell: how many rows; only when a leaf's rows are bounded

	missing        bool // whether a row of the node misses the value
	missingMoment  moment
	missingClasses []float64
	missingRows    int32
}

// constant reports whether the feature cannot split the node.
func (c *cells) constant() bool { return len(c.codes) == 0 || len(c.codes) == 1 && !c.missing }

// sorter makes cells. Its scratch memory serves one goroutine.
type sorter struct {
	cells
	k         int  // numbers of a cell that is no moment: K, or T + 1; 0: moments
	several   bool // targets
	countRows bool // whether to fill rows
	hist      []moment
	histK     []float64
	histRows  []int32
	keys      []uint32
	other     []uint32 // room to sort them
}

// newSorter makes a sorter for features of at most codes codes.
func newSorter(t *Target, codes int, countRows bool) *sorter {
	s := &sorter{countRows: countRows}
	size := max(256, codes+1)
	if t.moments() {
		s.hist = make([]moment, size)
	} else {
		if s.k = t.classes; t.several != nil {
			s.k, s.several = t.Width()+1, true
		}
		s.histK = make([]float64, size*s.k)
		s.missingClasses = make([]float64, s.k)
	}
	if countRows {
		s.histRows = make([]int32, size)
	}
	return s
}

// sort returns the rows' keys (gather) in the order of a column's codes; nil when there are so many rows that a histogram, which is not much longer, is faster.
func (s *sorter) sort(c *column, rows rows) []uint32 {
	if c.missing+1 <= 3*rows.len() {
		return nil
	}
	if c.c8 != nil {
		gather(s, c.c8, rows)
	} else {
		gather(s, c.c16, rows)
	}
	s.sortKeys(c.missing)
	return s.keys
}

// fill makes the cells of the rows by a column, from sorted keys or, without them, by a histogram.
func (s *sorter) fill(c *column, rows rows, keys []uint32) {
	s.codes, s.moments, s.classes, s.rows = s.codes[:0], s.moments[:0], s.classes[:0], s.rows[:0]
	s.missing, s.missingMoment, s.missingRows = false, moment{}, 0
	clear(s.missingClasses)
	switch {
	case keys != nil:
		s.group(keys, c.missing, rows)
		return
	case c.c8 != nil:
		histogram(s, c.c8, rows)
	default:
		histogram(s, c.c16, rows)
	}
	s.collect(len(c.low), c.missing)
}

// histogram adds up the rows by their codes.
func histogram[C uint8 | uint16](s *sorter, codes []C, rows rows) {
	moments := rows.moments[:len(rows.ids)]
	if s.k == 0 {
		h := s.hist
		for i, id := range rows.ids {
			m, r := &h[codes[id]], &moments[i]
			m.w += r.w
			m.s += r.s
		}
	} else if s.several {
		for i, id := range rows.ids {
			into := s.histK[int(codes[id])*s.k:][:s.k]
			for k, v := range rows.sums[i*s.k:][:s.k] {
				into[k] += v
			}
		}
	} else {
		for i, id := range rows.ids {
			s.histK[int(codes[id])*s.k+int(moments[i].s)] += moments[i].w
		}
	}
	if s.countRows {
		for _, id := range rows.ids {
			s.histRows[codes[id]]++
		}
	}
}

// collect makes cells of the histogram's entries that hold rows, and clears it.
func (s *sorter) collect(codes, missing int) {
	for code := 0; code <= missing; code++ {
		if code == codes {
			code = missing
		}
		weight := 0.0
		if s.k == 0 {
			weight = s.hist[code].w
		} else if s.several {
			weight = s.histK[(code+1)*s.k-1]
		} else {
			for _, w := range s.histK[code*s.k : (code+1)*s.k] {
				weight += w
			}
		}
		if weight == 0 {
			continue
		}
		switch {
		case code == missing:
			s.missing = true
			if s.k == 0 {
				s.missingMoment = s.hist[code]
			} else {
				copy(s.missingClasses, s.histK[code*s.k:(code+1)*s.k])
			}
			if s.countRows {
				s.missingRows = s.histRows[code]
			}
		default:
			s.codes = append(s.codes, uint16(code))
			if s.k == 0 {
				s.moments = append(s.moments, s.hist[code])
			} else {
				s.classes = append(s.classes, s.histK[code*s.k:(code+1)*s.k]...)
			}
			if s.countRows {
				s.rows = append(s.rows, s.histRows[code])
			}
		}
		if s.k == 0 {
			s.hist[code] = moment{}
		} else {
			clear(s.histK[code*s.k : (code+1)*s.k])
		}
		if s.countRows {
			s.histRows[code] = 0
		}
	}
}

// gather makes the keys code * 2^16 + place of the rows. There are fewer than 2^16 rows: more make a histogram.
func gather[C uint8 | uint16](s *sorter, codes []C, rows rows) {
	keys := slices.Grow(s.keys[:0], len(rows.ids))[:len(rows.ids)]
	for i, id := range rows.ids {
		keys[i] = uint32(codes[id])<<16 | uint32(i)
	}
	s.keys = keys
}

// group makes cells of sorted keys.
func (s *sorter) group(keys []uint32, missing int, rows rows) {
	for lo := 0; lo < len(keys); {
		code := keys[lo] >> 16
		hi := lo + 1
		for hi < len(keys) && keys[hi]>>16 == code {
			hi++
		}
		s.cell(int(code), missing, keys[lo:hi], rows)
		lo = hi
	}
}

// cell adds the cell of the rows that keys name.
func (s *sorter) cell(code, missing int, keys []uint32, rows rows) {
	var m moment
	var sums []float64
	if s.k == 0 {
		for _, key := range keys {
			m.add(rows.moments[key&0xffff])
		}
	} else {
		if code == missing {
			sums = s.missingClasses
		} else {
			at := len(s.classes)
			s.classes = slices.Grow(s.classes, s.k)[:at+s.k]
			sums = s.classes[at:]
			clear(sums)
		}
		for _, key := range keys {
			at := int(key & 0xffff)
			if s.several {
				for k, v := range rows.sums[at*s.k:][:s.k] {
					sums[k] += v
				}
				continue
			}
			r := &rows.moments[at]
			sums[int(r.s)] += r.w
		}
	}
	if code == missing {
		s.missing, s.missingMoment, s.missingRows = true, m, int32(len(keys))
		return
	}
	s.codes = append(s.codes, uint16(code))
	if s.k == 0 {
		s.moments = append(s.moments, m)
	}
	if s.countRows {
		s.rows = append(s.rows, int32(len(keys)))
	}
}

// sortKeys sorts the keys by their codes, of which missing is the largest: short lists by insertion, which is what most nodes of a tree have, long ones by counting, a byte at a time.
func (s *sorter) sortKeys(missing int) {
	keys := s.keys
	if len(keys) > 48 {
		s.other = slices.Grow(s.other[:0], len(keys))[:len(keys)]
		s.byByte(16)
		if missing > 255 {
			s.byByte(24)
		}
		return
	}
	for i := 1; i < len(keys); i++ {
		k := keys[i]
		j := i
		for ; j > 0 && keys[j-1] > k; j-- {
			keys[j] = keys[j-1]
		}
		keys[j] = k
	}
}

// byByte sorts the keys by the byte that begins at a bit, and keeps the order of equal ones.
func (s *sorter) byByte(bit uint) {
	var count [256]uint32
	for _, k := range s.keys {
		count[k>>bit&255]++
	}
	at := uint32(0)
	for b, c := range count {
		count[b] = at
		at += c
	}
	for _, k := range s.keys {
		b := k >> bit & 255
		s.other[count[b]] = k
		count[b]++
	}
	s.keys, s.other = s.other, s.keys
}
