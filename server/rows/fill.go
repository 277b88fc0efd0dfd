package rows

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"runtime"

	"github.com/dolthub/dolt/go/store/hash"
	"github.com/dolthub/dolt/go/store/prolly/tree"
	"github.com/dolthub/dolt/go/store/val"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"

	"aibms/internal/safego"
	"aibms/learners/data"
)

// filler fills a collector from the leaves of a table's tree, a leaf and a column at a time: no SQL row is made of a table row. Numbers of fixed width go straight into their
// column, on several goroutines; what needs the SQL engine (a filter, an expression, a type with rules of its own) is evaluated by one of them, by the engine's own
// expressions. The result does not depend on their number.
type filler struct {
	*collector
	scan  *scan
	fixed *fixedTuples // of the values; nil: not known
	query *plain
	leafs []leaf
	rows  int // that count

	typed []*reader // columns of numbers of fixed width
	rest  []*reader
	keyed []keyReader

	computed []computedColumn // of the query's row, in their order
	tableRow sql.Row          // what filters and computed columns need of the current row
	needs    []int            // columns of the table that stand in tableRow
	queryRow sql.Row          // what the expressions of builders need of the current row
	queried  []int            // plain columns of the query that stand in queryRow
	grown    int64            // bytes of the levels so far
}

// leaf is a place of the tree that holds rows: the rows of a leaf of it that count go from position first on into the columns.
type leaf struct {
	parent *tree.Node // nil: the root is the leaf
	at     int        // in the parent
	first  int
	kept   []uint16 // positions of the rows that count; nil: all
	none   bool     // no row counts
}

// computedColumn is a column of the query that is an expression over the table's row.
type computedColumn struct {
	at   int
	expr sql.Expression
}

// reader reads one column.
type reader struct {
	b     *builder
	field *field           // in the table; nil: evaluated
	known map[string]int32 // of a categorical column: codes by stored bytes
	bytes [256]int32       // the same for values of one byte: the code and 1, or 0
}

// keyReader reads one column of the key.
type keyReader struct {
	field *field // in the table; nil: computed, at in the query's row
	at    int
	typ   sql.Type
}

// errFallBack is returned when the engine's own iterators must read the source, to say what is wrong with it or to keep to a limit row by row.
var errFallBack = errors.New("left to the engine")

// maxKnown bounds the number of stored values that a reader remembers.
const maxKnown = 1 << 16

// newFiller returns nil when the query's rows cannot be read from a tree.
func newFiller(ctx *sql.Context, c *collector, node sql.Node) (*filler, error) {
	if c.keys == nil {
		return nil, nil // the identity of a row is all of it
	}
	query := plainQuery(node)
	if query == nil {
		return nil, nil
	}
	s, err := openScan(ctx, query.table)
	if err != nil || s == nil {
		return nil, err
	}
	f := &filler{collector: c, scan: s, fixed: newFixedTuples(s.values), query: query, tableRow: make(sql.Row, len(s.fields)), queryRow: make(sql.Row, len(query.columns))}
	inTable, inQuery := map[int]bool{}, map[int]bool{}
	for i, e := range query.columns {
		if _, ok := e.(*expression.GetField); !ok {
			f.computed = append(f.computed, computedColumn{i, e})
			fieldsOf(e, inTable)
		}
	}
	for _, e := range query.filters {
		fieldsOf(e, inTable)
	}
	for _, b := range c.columns {
		r := &reader{b: b}
		if at, ok := b.source.(*slot); ok {
			if column, ok := query.columns[at.at].(*expression.GetField); ok {
				r.field = &s.fields[column.Index()]
			}
		} else {
			sql.Inspect(b.source, func(e sql.Expression) bool {
				if at, ok := e.(*slot); ok {
					inQuery[at.at] = true
				}
				return true
			})
		}
		if r.field != nil && b.kind == data.Numeric && fixedNumber(r.field.enc) {
			b.clean = true
			f.typed = append(f.typed, r)
			continue
		}
		if b.kind == data.Categorical {
			r.known = map[string]int32{}
		}
		f.rest = append(f.rest, r)
	}
	for _, at := range c.keys {
		k := keyReader{at: at, typ: c.schema[at].Type}
		if column, ok := query.columns[at].(*expression.GetField); ok {
			k.field = &s.fields[column.Index()]
		}
		f.keyed = append(f.keyed, k)
	}
	for i, e := range query.columns {
		if column, ok := e.(*expression.GetField); ok && inQuery[i] {
			f.queried = append(f.queried, i)
			inTable[column.Index()] = true
		}
	}
	for i := range s.fields {
		if inTable[i] {
			f.needs = append(f.needs, i)
		}
	}
	return f, nil
}

// fieldsOf adds the columns that an expression reads.
func fieldsOf(e sql.Expression, to map[int]bool) {
	sql.Inspect(e, func(x sql.Expression) bool {
		if f, ok := x.(*expression.GetField); ok {
			to[f.Index()] = true
		}
		return true
	})
}

// rowwise tells whether the SQL engine evaluates something for each row.
func (f *filler) rowwise() bool { return len(f.needs) > 0 || len(f.computed) > 0 }

// fill reads the rows, on up to workers goroutines. With errFallBack nothing was kept.
func (f *filler) fill(ctx *sql.Context, workers int) error {
	if err := f.findLeaves(ctx); err != nil {
		return err
	}
	if len(f.query.filters) > 0 {
		if err := f.filter(ctx); err != nil {
			return err
		}
	}
	if f.want.MaxRows > 0 && int64(f.rows) > f.want.MaxRows {
		return errFallBack
	}
	if err := f.reserve(); err != nil {
		return err
	}
	if err := f.read(ctx, workers); err != nil {
		return err
	}
	f.collector.rows = int64(f.rows)
	f.collector.bytes = f.fixedBytes() + int64(len(f.keyData)) + f.grown
	if f.want.MaxBytes > 0 && f.collector.bytes > f.want.MaxBytes {
		return errFallBack
	}
	return nil
}

// findLeaves lists the leaves in the order of their rows, by the counts that the tree's inner nodes hold.
func (f *filler) findLeaves(ctx context.Context) error {
	root := f.scan.rows.Node()
	var visit func(n *tree.Node) error
	visit = func(n *tree.Node) (err error) {
		if n.IsLeaf() {
			f.leafs = append(f.leafs, leaf{})
			f.rows += n.Count()
			return nil
		}
		if n, err = n.LoadSubtrees(); err != nil {
			return err
		}
		for i := range n.Count() {
			if n.Level() == 1 {
				f.leafs = append(f.leafs, leaf{parent: n, at: i, first: f.rows})
				f.rows += int(n.GetSubtreeCount(i))
				continue
			}
			child, err := f.scan.rows.NodeStore().Read(ctx, hash.New(n.GetValue(i)))
			if err != nil {
				return err
			}
			if err := visit(child); err != nil {
				return err
			}
		}
		return nil
	}
	return visit(root)
}

// maxCachedLeaves is how many leaves, of some 4 KB each, are read through the storage's cache of nodes. A larger table would push out of it all that other statements use, and
// itself, and the cache would grow to its 256 MB.
const maxCachedLeaves = 1 << 14

// node reads the tree's node of a leaf.
func (f *filler) node(ctx context.Context, l *leaf) (*tree.Node, error) {
	if l.parent == nil {
		return f.scan.rows.Node(), nil
	}
	address := hash.New(l.parent.GetValue(l.at))
	if f.scan.chunks != nil && len(f.leafs) > maxCachedLeaves {
		chunk, err := f.scan.chunks.Get(ctx, address)
		if err != nil {
			return nil, err
		}
		if !chunk.IsEmpty() {
			n, _, err := tree.NodeFromBytes(chunk.Data())
			return n, err
		}
	}
	return f.scan.rows.NodeStore().Read(ctx, address)
}

// filter finds the rows that count.
func (f *filler) filter(ctx *sql.Context) error {
	f.rows = 0
	for i := range f.leafs {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		l := &f.leafs[i]
		n, err := f.node(ctx, l)
		if err != nil {
			return err
		}
		l.first, l.kept = f.rows, make([]uint16, 0, n.Count())
		for row := range n.Count() {
			if err := f.readTableRow(ctx, val.Tuple(n.GetKey(row)), val.Tuple(n.GetValue(row))); err != nil {
				return err
			}
			counts := true
			for _, e := range f.query.filters {
				v, err := sql.EvaluateCondition(ctx, e, f.tableRow)
				if err != nil {
					return errFallBack
				}
				if counts = sql.IsTrue(v); !counts {
					break
				}
			}
			if counts {
				l.kept = append(l.kept, uint16(row))
			}
		}
		switch len(l.kept) {
		case n.Count():
			l.kept = nil
		case 0:
			l.none = true
		}
		f.rows += len(l.kept)
		if l.kept == nil {
			f.rows += n.Count()
		}
	}
	return nil
}

// readTableRow fills tableRow.
func (f *filler) readTableRow(ctx context.Context, key, value val.Tuple) (err error) {
	for _, at := range f.needs {
		if f.tableRow[at], err = f.scan.value(ctx, &f.scan.fields[at], key, value); err != nil {
			return err
		}
	}
	return nil
}

// fixedBytes is the memory of all that does not depend on the values, as collector.add counts it.
func (f *filler) fixedBytes() int64 {
	perRow := int64(8)
	for _, b := range f.columns {
		if b.kind == data.Numeric {
			perRow += 8
		} else {
			perRow += 4
		}
	}
	return perRow * int64(f.rows)
}

// reserve makes room for the rows.
func (f *filler) reserve() error {
	if f.want.MaxBytes > 0 && f.fixedBytes() > f.want.MaxBytes {
		return errFallBack
	}
	f.keyEnds = make([]int, 0, f.rows)
	f.keyData = make([]byte, 0, 9*len(f.keys)*f.rows)
	for _, b := range f.columns {
		if b.kind == data.Numeric {
			b.num = make([]float64, f.rows)
		} else {
			b.codes = make([]int32, f.rows)
		}
	}
	return nil
}

// leafsAtOnce is how many leaves one goroutine takes: some thousand rows.
const leafsAtOnce = 64

// read fills the columns.
func (f *filler) read(ctx *sql.Context, workers int) error {
	if workers <= 1 || len(f.typed) == 0 {
		return f.readLeaves(ctx, f.leafs, f.typed, true)
	}
	var g safego.Group
	g.Go(func() error { return f.readLeaves(ctx, f.leafs, nil, true) })
	g.Go(func() error {
		return safego.Chunks(ctx, len(f.leafs), leafsAtOnce, workers-1, func(_, lo, hi int) error { return f.readLeaves(ctx, f.leafs[lo:hi], f.typed, false) })
	})
	return g.Wait()
}

// readLeaves reads the typed columns of consecutive leaves and, with rest, all others and the keys.
func (f *filler) readLeaves(ctx *sql.Context, leafs []leaf, typed []*reader, rest bool) error {
	var keys, values []val.Tuple
	told := 0
	for i := range leafs {
		l := &leafs[i]
		if l.none {
			continue
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		runtime.Gosched() // statements that wait for a processor go first
		n, err := f.node(ctx, l)
		if err != nil {
			return err
		}
		keys, values = keys[:0], values[:0]
		if l.kept == nil {
			for row := range n.Count() {
				keys, values = append(keys, val.Tuple(n.GetKey(row))), append(values, val.Tuple(n.GetValue(row)))
			}
		}
		for _, row := range l.kept {
			keys, values = append(keys, val.Tuple(n.GetKey(int(row)))), append(values, val.Tuple(n.GetValue(int(row))))
		}
		for _, r := range typed {
			desc, tuples := f.scan.values, values
			if r.field.key {
				desc, tuples = f.scan.keys, keys
			}
			to := r.b.num[l.first : l.first+len(tuples)]
			if f.fixed != nil && !r.field.key && r.field.enc == val.Float64Enc {
				f.fixed.float64s(to, desc, r.field, tuples)
			} else {
				readNumbers(to, desc, r.field, tuples)
			}
			for i := range to {
				to[i] += 0 // -0 is 0
			}
		}
		if !rest {
			continue
		}
		if !f.rowwise() {
			err = f.readColumns(ctx, l.first, keys, values)
		}
		for row := 0; row < len(keys) && f.rowwise() && err == nil; row++ {
			err = f.readRow(ctx, l.first+row, keys[row], values[row])
		}
		if err != nil {
			return err
		}
		if f.want.MaxBytes > 0 && f.fixedBytes()+int64(len(f.keyData))+f.grown > f.want.MaxBytes {
			return errFallBack
		}
		if done := l.first + len(keys); f.want.OnProgress != nil && done-told >= 16384 {
			f.want.OnProgress(int64(done))
			told = done
		}
	}
	return nil
}

// readRow reads what of a row is not typed, where the SQL engine evaluates something for it. A value that cannot be used is left to the engine's path, which says where it stands.
func (f *filler) readRow(ctx *sql.Context, at int, key, value val.Tuple) error {
	if err := f.readTableRow(ctx, key, value); err != nil {
		return err
	}
	for _, c := range f.computed {
		v, err := c.expr.Eval(ctx, f.tableRow)
		if err != nil {
			return errFallBack
		}
		f.queryRow[c.at] = v
	}
	for _, i := range f.queried {
		f.queryRow[i] = f.tableRow[f.query.columns[i].(*expression.GetField).Index()]
	}
	if err := f.readKeys(ctx, at, key, value); err != nil {
		return err
	}
	for _, r := range f.rest {
		if err := f.readField(ctx, r, at, key, value); err != nil {
			return err
		}
	}
	return nil
}

// readColumns is readRow for the rows of a leaf, where the SQL engine evaluates nothing: a column at a time.
func (f *filler) readColumns(ctx *sql.Context, first int, keys, values []val.Tuple) error {
	for row := range keys {
		if err := f.readKeys(ctx, first+row, keys[row], values[row]); err != nil {
			return err
		}
	}
	for _, r := range f.rest {
		for row := range keys {
			if err := f.readField(ctx, r, first+row, keys[row], values[row]); err != nil {
				return err
			}
		}
	}
	return nil
}

// readKeys reads the key of a row.
func (f *filler) readKeys(ctx *sql.Context, at int, key, value val.Tuple) error {
	f.collector.rows = int64(at + 1)
	for i := range f.keyed {
		if err := f.readKey(ctx, &f.keyed[i], key, value); err != nil {
			return err
		}
	}
	f.keyEnds = append(f.keyEnds, len(f.keyData))
	return nil
}

func (f *filler) readKey(ctx *sql.Context, k *keyReader, key, value val.Tuple) (err error) {
	v := any(nil)
	if k.field == nil {
		v = f.queryRow[k.at]
	} else {
		if raw := f.scan.raw(k.field, key, value); raw != nil {
			if data, ok := wholeKey(f.keyData, k.field.enc, raw); ok {
				f.keyData = data
				return nil
			}
		}
		if v, err = f.scan.value(ctx, k.field, key, value); err != nil {
			return err
		}
	}
	f.keyData, err = f.appendKey(ctx, v, k.typ)
	return err
}

// readField reads one column of one row.
func (f *filler) readField(ctx *sql.Context, r *reader, at int, key, value val.Tuple) (err error) {
	b := r.b
	var v any
	var raw []byte
	switch {
	case r.field == nil:
		if v, err = b.source.Eval(ctx, f.queryRow); err != nil {
			return errFallBack
		}
	default:
		if raw = f.scan.raw(r.field, key, value); raw == nil {
			if b.kind == data.Numeric {
				b.num[at] = math.NaN()
			} else {
				b.codes[at] = data.NullCode
			}
			return nil
		}
		if code, ok := r.code(raw); ok {
			b.codes[at] = code
			return nil
		}
		if v, err = f.scan.value(ctx, r.field, key, value); err != nil {
			return err
		}
	}
	if b.kind == data.Numeric {
		if b.num[at], err = numberOrTime(ctx, v, b.source.Type()); err != nil {
			return errFallBack
		}
		return nil
	}
	code, grown, err := b.code(ctx, v)
	if err != nil {
		return errFallBack
	}
	b.codes[at] = code
	f.grown += grown
	r.learn(raw, code)
	return nil
}

// code is the code of stored bytes that the reader has met.
func (r *reader) code(raw []byte) (int32, bool) {
	if len(raw) == 1 {
		code := r.bytes[raw[0]]
		return code - 1, code > 0
	}
	code, ok := r.known[string(raw)]
	return code, ok
}

// learn remembers the code of stored bytes.
func (r *reader) learn(raw []byte, code int32) {
	switch {
	case len(raw) == 1 && code >= 0:
		r.bytes[raw[0]] = code + 1
	case len(raw) > 1 && len(r.known) < maxKnown:
		r.known[string(raw)] = code
	}
}

// fixedNumber tells whether readNumbers reads an encoding.
func fixedNumber(enc val.Encoding) bool {
	switch enc {
	case val.Float64Enc, val.Int64Enc, val.Uint64Enc, val.Int32Enc, val.Uint32Enc, val.Int16Enc, val.Uint16Enc, val.Int8Enc, val.Uint8Enc:
		return true
	}
	return false
}

// readNumbers reads one field of each tuple; NULL is NaN. The encoding is a fixedNumber.
func readNumbers(to []float64, desc *val.TupleDesc, f *field, tuples []val.Tuple) {
	switch f.enc {
	case val.Float64Enc:
		for i, t := range tuples {
			if b := desc.GetField(f.at, t); b != nil {
				to[i] = math.Float64frombits(binary.LittleEndian.Uint64(b))
			} else {
				to[i] = math.NaN()
			}
		}
	case val.Int32Enc:
		for i, t := range tuples {
			if b := desc.GetField(f.at, t); b != nil {
				to[i] = float64(int32(binary.LittleEndian.Uint32(b)))
			} else {
				to[i] = math.NaN()
			}
		}
	default:
		for i, t := range tuples {
			to[i] = math.NaN()
			if b := desc.GetField(f.at, t); b != nil {
				to[i], _ = number(f.enc, b)
			}
		}
	}
}
