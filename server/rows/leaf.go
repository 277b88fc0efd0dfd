package rows

import (
	"context"
	"encoding/binary"
	"math"

	"github.com/dolthub/dolt/go/store/prolly/tree"
	"github.com/dolthub/dolt/go/store/val"
)

// tuples are the keys, or the values, of some rows of a leaf.
type tuples struct {
	desc  *val.TupleDesc
	fixed *fixedTuples // nil: a field has no fixed width
	n     int
	flat  []byte // all of them one behind the other, none with a NULL, each fixed.length bytes; nil: they are in list
	list  []val.Tuple
}

// take makes them those of the rows lo <= row < hi of a leaf, or of kept when that is not nil, got by get. They are valid as long as the leaf.
func (t *tuples) take(get func(row int) tree.Item, lo, hi int, kept []uint16) {
	t.flat, t.list = nil, t.list[:0]
	if kept != nil {
		t.n = len(kept)
		for _, row := range kept {
			t.list = append(t.list, val.Tuple(get(int(row))))
		}
		return
	}
	if t.n = hi - lo; t.n == 0 {
		return
	}
	if t.fixed != nil {
		// Tuples stand one behind the other in the leaf's bytes. None is longer than fixed.length, so when the distance of the last to the first is that of tuples of this length, all are.
		first, last, length := get(lo), get(hi-1), t.fixed.length
		if len(first) == length && len(last) == length && cap(first)-cap(last) == (t.n-1)*length {
			t.flat = first[:t.n*length]
			return
		}
	}
	for row := lo; row < hi; row++ {
		t.list = append(t.list, val.Tuple(get(row)))
	}
}

// tuple is the one of row i.
func (t *tuples) tuple(i int) val.Tuple {
	if t.flat != nil {
		length := t.fixed.length
		return val.Tuple(t.flat[i*length:][:length])
	}
	return t.list[i]
}

// raw is the stored bytes of a field of row i; nil is NULL.
func (t *tuples) raw(f *field, i int) []byte {
	if t.flat != nil {
		return t.flat[i*t.fixed.length+t.fixed.places[f.at]:][:t.fixed.widths[f.at]]
	}
	return t.desc.GetField(f.at, t.list[i])
}

// asStored is what tuples.numbers adds to leave each number as it is; adding 0 makes 0 of -0.
var asStored = math.Copysign(0, -1)

// numbers reads a field of all rows, one that fixedNumber knows, and adds zero to each; NULL is NaN.
func (t *tuples) numbers(to []float64, f *field, zero float64) {
	to = to[:t.n]
	if t.flat == nil {
		for i, tuple := range t.list {
			to[i] = math.NaN()
			if b := t.desc.GetField(f.at, tuple); b != nil {
				v, _ := number(f.enc, b)
				to[i] = v + zero
			}
		}
		return
	}
	b, length := t.flat[t.fixed.places[f.at]:], t.fixed.length
	switch f.enc {
	case val.Float64Enc:
		for i := range to {
			to[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[i*length:])) + zero
		}
	case val.Int64Enc:
		for i := range to {
			to[i] = float64(int64(binary.LittleEndian.Uint64(b[i*length:])))
		}
	case val.Int32Enc:
		for i := range to {
			to[i] = float64(int32(binary.LittleEndian.Uint32(b[i*length:])))
		}
	case val.Int8Enc:
		for i := range to {
			to[i] = float64(int8(b[i*length]))
		}
	default:
		for i := range to {
			to[i], _ = number(f.enc, b[i*length:])
		}
	}
}

// integers reads a field of signed integers of all rows; it returns false when it is none, or may be NULL.
func (t *tuples) integers(to []int64, f *field) bool {
	if t.flat == nil {
		return false
	}
	b, length := t.flat[t.fixed.places[f.at]:], t.fixed.length
	switch f.enc {
	case val.Int64Enc:
		for i := range to {
			to[i] = int64(binary.LittleEndian.Uint64(b[i*length:]))
		}
	case val.Int32Enc:
		for i := range to {
			to[i] = int64(int32(binary.LittleEndian.Uint32(b[i*length:])))
		}
	default:
		return false
	}
	return true
}

// fixedTuples knows where the fields of a tuple without NULL stand, when all are numbers of fixed width: one behind the other, before the places of all but the first and
// their count, two bytes each. Since a NULL takes no bytes, a tuple of that length has none.
type fixedTuples struct {
	length         int
	places, widths []int
}

// newFixedTuples returns nil when a field has no fixed width.
func newFixedTuples(desc *val.TupleDesc) *fixedTuples {
	w := &fixedTuples{}
	for _, t := range desc.Types {
		width := 0
		switch t.Enc {
		case val.Float64Enc, val.Int64Enc, val.Uint64Enc:
			width = 8
		case val.Int32Enc, val.Uint32Enc:
			width = 4
		case val.Int16Enc, val.Uint16Enc:
			width = 2
		case val.Int8Enc, val.Uint8Enc:
			width = 1
		default:
			return nil
		}
		w.places, w.widths = append(w.places, w.length), append(w.widths, width)
		w.length += width
	}
	w.length += 2 * len(w.places)
	return w
}

// fixedNumber tells whether tuples.numbers reads an encoding.
func fixedNumber(enc val.Encoding) bool {
	switch enc {
	case val.Float64Enc, val.Int64Enc, val.Uint64Enc, val.Int32Enc, val.Uint32Enc, val.Int16Enc, val.Uint16Enc, val.Int8Enc, val.Uint8Enc:
		return true
	}
	return false
}

// leafCursor walks through the leaves of a tree. It belongs to one goroutine.
type leafCursor struct {
	scan *scan
	path []branch // from the root to the parent of the leaf
	leaf *tree.Node
	at   uint64 // how many rows are before the leaf
}

// branch is an inner node and which of its children was taken.
type branch struct {
	node  *tree.Node
	child int
}

// seek goes to the leaf that holds the row of that place, counted from 0: a step to the next leaf, or down from the root. The place is one of the tree's.
func (c *leafCursor) seek(ctx context.Context, place uint64) error {
	if c.leaf != nil && place >= c.at {
		if place < c.at+uint64(c.leaf.Count()) {
			return nil
		}
		if k := len(c.path) - 1; k >= 0 && place == c.at+uint64(c.leaf.Count()) && c.path[k].child+1 < c.path[k].node.Count() {
			c.at = place
			c.path[k].child++
			return c.read(ctx)
		}
	}
	c.path, c.at, c.leaf = c.path[:0], 0, nil
	n := c.scan.rows.Node()
	for !n.IsLeaf() {
		if err := c.scan.count(n); err != nil {
			return err
		}
		child := 0
		for ; place >= c.at+n.GetSubtreeCount(child); child++ {
			c.at += n.GetSubtreeCount(child)
		}
		c.path = append(c.path, branch{n, child})
		var err error
		if n, err = c.scan.child(ctx, n, child); err != nil {
			return err
		}
	}
	c.leaf = n
	return nil
}

// read reads the leaf that the path ends at.
func (c *leafCursor) read(ctx context.Context) (err error) {
	b := c.path[len(c.path)-1]
	c.leaf, err = c.scan.child(ctx, b.node, b.child)
	return err
}
