package tree

import "slices"

// row is a training row in the tree that grows.
type row struct {
	w, s  float64 // weight; moments: weight times target
	id    int32   // of the row
	class int32
}

// moment is the sum of w and of s over rows.
type moment struct{ w, s float64 }

func (m *moment) add(o moment) { m.w += o.w; m.s += o.s }

// cells are the rows of a node by one feature: a cell for each code that occurs, in ascending order, with the sums of its rows. The cell of missing values is apart.
type cells struct {
	codes   []uint16
	moments []moment  // of each cell: moments
	classes []float64 // of each cell: K sums of weights, otherwise
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
	k         int  // classes; 0: moments
	countRows bool // whether to fill rows
	hist      []moment
	histK     []float64
	histRows  []int32
	keys      []uint32
}

// newSorter makes a sorter for features of at most codes codes.
func newSorter(t *Target, codes int, countRows bool) *sorter {
	s := &sorter{countRows: countRows}
	size := max(256, codes+1)
	if t.moments() {
		s.hist = make([]moment, size)
	} else {
		s.k = t.classes
		s.histK = make([]float64, size*s.k)
		s.missingClasses = make([]float64, s.k)
	}
	if countRows {
		s.histRows = make([]int32, size)
	}
	return s
}

// fill makes the cells of the rows by a column: by a histogram when it is not much longer than there are rows, else by sorting.
func (s *sorter) fill(c *column, rows []row) {
	s.codes, s.moments, s.classes, s.rows = s.codes[:0], s.moments[:0], s.classes[:0], s.rows[:0]
	s.missing, s.missingMoment, s.missingRows = false, moment{}, 0
	clear(s.missingClasses)
	size := c.missing + 1
	switch {
	case size <= 3*len(rows):
		if c.c8 != nil {
			histogram(s, c.c8, rows)
		} else {
			histogram(s, c.c16, rows)
		}
		s.collect(len(c.low), c.missing)
	case c.c8 != nil:
		s.sorted(gather(s, c.c8, rows), c.missing, rows)
	default:
		s.sorted(gather(s, c.c16, rows), c.missing, rows)
	}
}

// histogram adds up the rows by their codes.
func histogram[C uint8 | uint16](s *sorter, codes []C, rows []row) {
	switch {
	case s.k == 0:
		h := s.hist
		for i := range rows {
			r := &rows[i]
			m := &h[codes[r.id]]
			m.w += r.w
			m.s += r.s
		}
	default:
		for i := range rows {
			r := &rows[i]
			s.histK[int(codes[r.id])*s.k+int(r.class)] += r.w
		}
	}
	if s.countRows {
		for i := range rows {
			s.histRows[codes[rows[i].id]]++
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
func gather[C uint8 | uint16](s *sorter, codes []C, rows []row) []uint32 {
	s.keys = slices.Grow(s.keys[:0], len(rows))[:len(rows)]
	for i := range rows {
		s.keys[i] = uint32(codes[rows[i].id])<<16 | uint32(i)
	}
	return s.keys
}

// sorted makes cells by sorting the keys.
func (s *sorter) sorted(keys []uint32, missing int, rows []row) {
	sortKeys(keys)
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
func (s *sorter) cell(code, missing int, keys []uint32, rows []row) {
	var m moment
	var sums []float64
	if s.k == 0 {
		for _, key := range keys {
			r := &rows[key&0xffff]
			m.w += r.w
			m.s += r.s
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
			r := &rows[key&0xffff]
			sums[r.class] += r.w
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

// sortKeys sorts: short lists by insertion, which is what most nodes of a tree have.
func sortKeys(keys []uint32) {
	if len(keys) > 24 {
		slices.Sort(keys)
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
