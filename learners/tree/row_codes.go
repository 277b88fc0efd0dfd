package tree

// rowCodes are the codes of binned features once more, row by row, so that one pass over the rows of a node serves all features at once. They are immutable and safe for concurrent use.
type rowCodes struct {
	stride  int     // bytes of a row: a code for each feature
	width   int     // the same, up to a multiple of blockBytes: what is read at once, into the next row
	codes   []uint8 // of all rows, and room to read beyond the last
	missing bool    // some code stands for a missing value
}

// blockBytes is how many codes are worked on by one instruction.
const blockBytes = 32

// maxRowCodes is the number of features from which a pass over all of them costs more than one for each of those that are drawn.
const maxRowCodes = 256

// blocked is the bytes that are read of a row of p features.
func blocked(p int) int { return (p + blockBytes - 1) / blockBytes * blockBytes }

// newRowCodes copies the codes of the columns, or is nil where they are too many or not binned.
func newRowCodes(c *Columns) *rowCodes {
	p := len(c.columns)
	if p > maxRowCodes {
		return nil
	}
	r := &rowCodes{stride: p, width: blocked(p)}
	r.codes = make([]uint8, c.n*p+r.width-p)
	for j := range c.columns {
		col := &c.columns[j]
		if col.c8 == nil {
			return nil
		}
		for i, code := range col.c8 {
			r.codes[i*r.stride+j] = code
			r.missing = r.missing || int(code) == col.missing
		}
	}
	return r
}

// spread lowers low and raises high, of width codes each, to the smallest and the largest code of each feature among the rows. What it leaves beyond the features means nothing.
func (r *rowCodes) spread(ids []int32, low, high []uint8) {
	if len(ids) == 0 {
		return
	}
	if vectors {
		spreadAVX(&r.codes[0], r.stride, r.width, &ids[0], len(ids), &low[0], &high[0])
		return
	}
	r.spreadByBytes(ids, low, high)
}

// spreadByBytes is spread without vector instructions.
func (r *rowCodes) spreadByBytes(ids []int32, low, high []uint8) {
	for _, id := range ids {
		for j, code := range r.codes[int(id)*r.stride : (int(id)+1)*r.stride] {
			low[j], high[j] = min(low[j], code), max(high[j], code)
		}
	}
}

// maxTallied is how many ways to part a node are tallied in one pass.
const maxTallied = 6

// tallied is the sum of the rows that go left in the same of the ways, and their number. The padding makes it the size of a register.
type tallied struct {
	moment
	rows float64
	_    float64
}

func (t *tallied) join(o tallied) {
	t.add(o.moment)
	t.rows += o.rows
}

// tally adds each row to one of the entries of even or odd, by turns so that an addition need not wait for the one before: bit c of the entry's number is set when the row goes left by
// way c. By a way, rows go left whose code of a feature is at most that of cut; bit has 1 << c at the way's feature and 0 elsewhere; both are of width codes. Two ways must not be of the same feature.
func (r *rowCodes) tally(rows rows, cut, bit []uint8, even, odd []tallied) {
	if rows.len() == 0 {
		return
	}
	if vectors {
		tallyAVX(&r.codes[0], r.stride, r.width, &rows.ids[0], &rows.moments[0], rows.len(), &cut[0], &bit[0], &even[0], &odd[0])
		return
	}
	r.tallyByBytes(rows, cut, bit, even, odd)
}

// tallyByBytes is tally without vector instructions.
func (r *rowCodes) tallyByBytes(rows rows, cut, bit []uint8, even, odd []tallied) {
	for i, id := range rows.ids {
		at := uint8(0)
		for j, code := range r.codes[int(id)*r.stride : (int(id)+1)*r.stride] {
			if code <= cut[j] {
				at |= bit[j]
			}
		}
		t := &even[at]
		t.add(rows.moments[i])
		t.rows++
		even, odd = odd, even
	}
}
