package tree

// walkRows is how many rows go down a tree together: few enough for their features to stay in the cache.
const walkRows = 256

// walk takes rows down a tree. A row ends after as many levels as its leaf is deep, and some leaves are far deeper than most: so all rows go down four levels at a time,
// eight side by side so that their waits for memory overlap, and only those that have not arrived go on.
type walk struct {
	at, row [walkRows]int32 // of the rows that go on: where they are, and which they are
	leaf    [walkRows]int32 // of each row
}

// step is the place after one level. A row that has arrived stays.
func step(nodes []flat, x []float64, at int32, base int) int32 {
	n := &nodes[at]
	return n.left + above(x[base+int(n.feature&^missingRight)], n.threshold)
}

// stepOrMissing is step for rows that may miss values. A missing value is neither above a threshold nor up to it.
func stepOrMissing(nodes []flat, x []float64, at int32, base int) int32 {
	n := &nodes[at]
	v := x[base+int(n.feature&^missingRight)]
	notUpTo := uint32(1)
	if v <= n.threshold {
		notUpTo = 0
	}
	return n.left + (above(v, n.threshold) | int32(notUpTo&(n.feature>>31)))
}

// down fills w.leaf for the first rows rows of x, each from where w.at says. With a stride of 0 they are one row that goes down many trees. missing says whether they may miss values.
func (w *walk) down(nodes []flat, x []float64, stride, rows int, missing bool) {
	for i := range rows {
		w.row[i] = int32(i)
	}
	for left := rows; left > 0; {
		kept, i := 0, 0
		for ; i+8 <= left; i += 8 {
			at, row := w.at[i:i+8:i+8], w.row[i:i+8:i+8]
			a, b, c, d, e, f, g, h := at[0], at[1], at[2], at[3], at[4], at[5], at[6], at[7]
			ra, rb, rc, rd := int(row[0])*stride, int(row[1])*stride, int(row[2])*stride, int(row[3])*stride
			re, rf, rg, rh := int(row[4])*stride, int(row[5])*stride, int(row[6])*stride, int(row[7])*stride
			for range 4 {
				if missing {
					a, b, c, d = stepOrMissing(nodes, x, a, ra), stepOrMissing(nodes, x, b, rb), stepOrMissing(nodes, x, c, rc), stepOrMissing(nodes, x, d, rd)
					e, f, g, h = stepOrMissing(nodes, x, e, re), stepOrMissing(nodes, x, f, rf), stepOrMissing(nodes, x, g, rg), stepOrMissing(nodes, x, h, rh)
					continue
				}
				a, b, c, d = step(nodes, x, a, ra), step(nodes, x, b, rb), step(nodes, x, c, rc), step(nodes, x, d, rd)
				e, f, g, h = step(nodes, x, e, re), step(nodes, x, f, rf), step(nodes, x, g, rg), step(nodes, x, h, rh)
			}
			at[0], at[1], at[2], at[3], at[4], at[5], at[6], at[7] = a, b, c, d, e, f, g, h
			for k := i; k < i+8; k++ {
				kept = w.keep(nodes, k, kept)
			}
		}
		for ; i < left; i++ {
			base := int(w.row[i]) * stride
			for range 4 {
				w.at[i] = stepOrMissing(nodes, x, w.at[i], base)
			}
			kept = w.keep(nodes, i, kept)
		}
		left = kept
	}
}

// keep notes where the k-th row is, as its leaf should it be one, and moves it to place kept among those that go on, unless it is: without a jump, which would often be guessed wrong.
func (w *walk) keep(nodes []flat, k, kept int) int {
	at, row := w.at[k&(walkRows-1)], w.row[k&(walkRows-1)]
	w.leaf[row&(walkRows-1)] = at
	w.at[kept&(walkRows-1)], w.row[kept&(walkRows-1)] = at, row
	more := 0
	if nodes[at].left != at {
		more = 1
	}
	return kept + more
}
