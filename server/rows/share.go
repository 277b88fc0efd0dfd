package rows

import (
	"context"
	"math"
	"runtime"
	"slices"

	"github.com/dolthub/dolt/go/store/val"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"

	"aibms/learners/data"
)

// share is what one goroutine reads of a table: some columns of consecutive leaves.
type share struct {
	*filler
	leafs       []leaf
	first, rows int // its first row, and how many

	typed []*reader // columns of numbers of fixed width
	rest  []*reader // others, with levels of their own
	keyed bool      // the identities as well
	ids   identities

	keys, values tuples // of the rows of the current leaf
	integers     []int64
	grown        int64 // bytes of the levels so far
	reports      int   // how many rows of the table stand for each that this share has read; 0: it does not report
}

// share returns the leaves lo to hi, without columns.
func (f *filler) share(lo, hi int) *share {
	s := &share{filler: f, leafs: f.leafs[lo:hi], first: f.rows, keys: f.scan.noKeys, values: f.scan.noValues}
	end := f.rows
	if lo < len(f.leafs) {
		s.first = f.leafs[lo].first
	}
	if hi < len(f.leafs) {
		end = f.leafs[hi].first
	}
	s.rows = end - s.first
	return s
}

// leastShare is how many leaves are worth a goroutine.
const leastShare = 4

// shares shares out all leaves evenly. When the session is needed, which belongs to one goroutine, there is one share, and with more than one worker the typed columns are left
// to others. What is read does not depend on their number.
func (f *filler) shares(workers int, keep bool) []*share {
	n, typed := min(workers, max(1, len(f.leafs)/leastShare)), f.typed
	if n > 1 && f.needsSession() {
		n, typed = 1, nil
	}
	all := make([]*share, n)
	for i := range all {
		s := f.share(i*len(f.leafs)/n, (i+1)*len(f.leafs)/n)
		s.typed, s.keyed, s.ids.keep = typed, true, keep
		for _, r := range f.rest {
			own := &reader{b: r.b, field: r.field}
			if r.b.kind == data.Categorical {
				own.known = map[string]int32{}
				if i > 0 {
					own.b = r.b.twin()
				}
			}
			s.rest = append(s.rest, own)
		}
		all[i] = s
	}
	all[0].reports = n
	return all
}

// needsSession tells whether reading a row asks the session for anything: the engine evaluates expressions in it, and some types are written by its settings.
func (f *filler) needsSession() bool {
	if f.rowwise() {
		return true
	}
	plain := func(r *field) bool {
		return r != nil && (fixedNumber(r.enc) || r.enc == val.Float32Enc || r.enc == val.StringEnc)
	}
	for _, r := range f.rest {
		if !plain(r.field) {
			return true
		}
	}
	for _, k := range f.keyed {
		if !plain(k.field) && (k.field == nil || k.field.enc != val.DateEnc && k.field.enc != val.DatetimeEnc) {
			return true
		}
	}
	return false
}

// read reads the share.
func (s *share) read(ctx *sql.Context) error {
	told := 0
	for i := range s.leafs {
		l := &s.leafs[i]
		if l.none {
			continue
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		runtime.Gosched() // statements that wait for a processor go first
		n, err := s.node(ctx, l)
		if err != nil {
			return err
		}
		s.keys.take(n.GetKey, 0, n.Count(), l.kept)
		s.values.take(n.GetValue, 0, n.Count(), l.kept)
		for _, r := range s.typed {
			s.side(r.field).numbers(r.b.num[l.first:], r.field, 0) // -0 is 0
		}
		if !s.keyed {
			continue
		}
		if s.rowwise() {
			err = s.readRows(ctx, l.first)
		} else {
			err = s.readColumns(ctx, l.first)
		}
		if err != nil {
			return err
		}
		if s.want.MaxBytes > 0 && s.fixedBytes()+s.ids.bytes+s.grown > s.want.MaxBytes {
			return errFallBack
		}
		if done := l.first + s.keys.n; s.reports > 0 && s.want.OnProgress != nil && done-told >= 16384 {
			s.want.OnProgress(int64(min(done*s.reports, s.filler.rows)))
			told = done
		}
	}
	return nil
}

// side is where a field stands.
func (s *share) side(f *field) *tuples {
	if f.key {
		return &s.keys
	}
	return &s.values
}

// readRows reads what of the rows of a leaf is not typed, where the SQL engine evaluates something for each. A value that cannot be used is left to the engine's path, which says
// where it stands.
func (s *share) readRows(ctx *sql.Context, first int) error {
	for i := range s.keys.n {
		if err := s.readTableRow(ctx, s.keys.tuple(i), s.values.tuple(i)); err != nil {
			return err
		}
		for _, c := range s.computed {
			v, err := c.expr.Eval(ctx, s.tableRow)
			if err != nil {
				return errFallBack
			}
			s.queryRow[c.at] = v
		}
		for _, q := range s.queried {
			s.queryRow[q] = s.tableRow[s.query.columns[q].(*expression.GetField).Index()]
		}
		if err := s.readKeys(ctx, i); err != nil {
			return err
		}
		for _, r := range s.rest {
			if err := s.readField(ctx, r, first+i, i); err != nil {
				return err
			}
		}
	}
	return nil
}

// readColumns is readRows where the SQL engine evaluates nothing: a column at a time.
func (s *share) readColumns(ctx *sql.Context, first int) error {
	if err := s.readAllKeys(ctx); err != nil {
		return err
	}
	for _, r := range s.rest {
		for i := range s.keys.n {
			if err := s.readField(ctx, r, first+i, i); err != nil {
				return err
			}
		}
	}
	return nil
}

// readAllKeys reads the identities of the rows of the leaf.
func (s *share) readAllKeys(ctx *sql.Context) error {
	if len(s.filler.keyed) == 1 && !s.ids.keep && s.keys.n > 0 {
		k := &s.filler.keyed[0]
		s.integers = slices.Grow(s.integers[:0], s.keys.n)[:s.keys.n]
		if s.side(k.field).integers(s.integers, k.field) {
			if err := s.readKeys(ctx, 0); err != nil {
				return err
			}
			return s.ids.integers(s.integers[0], s.integers[1:])
		}
	}
	for i := range s.keys.n {
		if err := s.readKeys(ctx, i); err != nil {
			return err
		}
	}
	return nil
}

// readKeys reads the identity of row i of the leaf.
func (s *share) readKeys(ctx *sql.Context, i int) error {
	for k := range s.filler.keyed {
		if err := s.readKey(ctx, &s.filler.keyed[k], i); err != nil {
			return err
		}
	}
	return s.ids.end()
}

func (s *share) readKey(ctx *sql.Context, k *keyReader, i int) (err error) {
	v := any(nil)
	if k.field == nil {
		v = s.queryRow[k.at]
	} else {
		if raw := s.side(k.field).raw(k.field, i); raw != nil {
			if data, ok := wholeKey(s.ids.data, k.field.enc, raw); ok {
				s.ids.data = data
				return nil
			}
		}
		if v, err = s.scan.value(ctx, k.field, s.keys.tuple(i), s.values.tuple(i)); err != nil {
			return err
		}
	}
	return s.ids.append(ctx, v, k.typ)
}

// readField reads one column of row i of the leaf, the table's row at.
func (s *share) readField(ctx *sql.Context, r *reader, at, i int) (err error) {
	b := r.b
	var v any
	var raw []byte
	switch {
	case r.field == nil:
		if v, err = b.source.Eval(ctx, s.queryRow); err != nil {
			return errFallBack
		}
	default:
		if raw = s.side(r.field).raw(r.field, i); raw == nil {
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
		if v, err = s.scan.value(ctx, r.field, s.keys.tuple(i), s.values.tuple(i)); err != nil {
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
	s.grown += grown
	r.learn(raw, code)
	return nil
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

// maxKnown bounds the number of stored values that a reader remembers.
const maxKnown = 1 << 16

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
