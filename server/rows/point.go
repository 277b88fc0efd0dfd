package rows

import (
	"context"
	"math"
	"unicode/utf8"

	"github.com/dolthub/dolt/go/libraries/doltcore/doltdb"
	"github.com/dolthub/dolt/go/libraries/doltcore/sqle"
	"github.com/dolthub/dolt/go/store/val"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/sqltypes"
)

// Plain is the storage's table of a plan; nil when it is no plain table.
func Plain(resolved *plan.ResolvedTable) *sqle.DoltTable {
	switch t := resolved.UnderlyingTable().(type) {
	case *sqle.AlterableDoltTable:
		return t.WritableDoltTable.DoltTable
	case *sqle.WritableDoltTable:
		return t.DoltTable
	case *sqle.DoltTable:
		return t
	}
	return nil
}

// Point reads single rows of a plain table by their primary key, straight from the storage's tree. It is for one caller at a time.
type Point struct {
	scan   *scan
	key    []field
	tuples *val.TupleBuilder
}

// NewPoint returns a reader of these columns, of which the first are the whole primary key, in any order. It is nil for a table that it cannot read.
func NewPoint(ctx context.Context, table *doltdb.Table, columns sql.Schema, key int) (*Point, error) {
	s, err := newScan(ctx, table, columns)
	if err != nil || s == nil || s.keys.Count() != key || key > len(s.fields) {
		return nil, err
	}
	p := &Point{scan: s, key: s.fields[:key], tuples: val.NewTupleBuilder(s.keys, s.rows.NodeStore())}
	for i := range p.key {
		if !p.key[i].key || !p.key[i].exact() {
			return nil, nil
		}
	}
	return p, nil
}

// exact tells whether two keys are equal in SQL exactly when their bytes are.
func (f *field) exact() bool {
	switch f.enc {
	case val.Int8Enc, val.Int16Enc, val.Int32Enc, val.Int64Enc, val.Uint8Enc, val.Uint16Enc, val.Uint32Enc, val.Uint64Enc:
		return types.IsInteger(f.typ)
	case val.StringEnc:
		s, ok := f.typ.(sql.StringType)
		return ok && s.Type() == sqltypes.VarChar && s.Collation() == sql.Collation_utf8mb4_0900_bin
	}
	return false
}

// Get fills row with the columns of the row that has this key, given in the order of the columns. ok is false when a value is none of the key's type, so that only the engine
// knows what it is equal to.
func (p *Point) Get(ctx context.Context, key []any, row sql.Row) (found, ok bool, err error) {
	for i := range p.key {
		if ok, err := p.put(&p.key[i], key[i]); err != nil || !ok {
			p.tuples.Recycle()
			return false, false, err
		}
	}
	wanted, err := p.tuples.Build(p.scan.rows.NodeStore().Pool())
	if err != nil {
		return false, false, err
	}
	err = p.scan.rows.Get(ctx, wanted, func(key, value val.Tuple) error {
		if key == nil {
			return nil
		}
		found = true
		for i := range p.scan.fields {
			v, err := p.scan.value(ctx, &p.scan.fields[i], key, value)
			if err != nil {
				return err
			}
			row[i] = v
		}
		return nil
	})
	return found, err == nil, err
}

// put adds a value to the key.
func (p *Point) put(f *field, v any) (ok bool, err error) {
	if text, isText := v.(string); isText || f.enc == val.StringEnc {
		if !isText || f.enc != val.StringEnc || !utf8.ValidString(text) || int64(utf8.RuneCountInString(text)) > f.typ.(sql.StringType).MaxCharacterLength() {
			return false, nil
		}
		return true, p.tuples.PutString(f.at, text)
	}
	n, ok := whole(v)
	if !ok {
		return false, nil
	}
	switch f.enc {
	case val.Int8Enc:
		if ok = n.within(math.MinInt8, math.MaxInt8); ok {
			p.tuples.PutInt8(f.at, int8(n.bits))
		}
	case val.Int16Enc:
		if ok = n.within(math.MinInt16, math.MaxInt16); ok {
			p.tuples.PutInt16(f.at, int16(n.bits))
		}
	case val.Int32Enc:
		if ok = n.within(math.MinInt32, math.MaxInt32); ok {
			p.tuples.PutInt32(f.at, int32(n.bits))
		}
	case val.Int64Enc:
		if ok = n.within(math.MinInt64, math.MaxInt64); ok {
			p.tuples.PutInt64(f.at, int64(n.bits))
		}
	case val.Uint8Enc:
		if ok = n.within(0, math.MaxUint8); ok {
			p.tuples.PutUint8(f.at, uint8(n.bits))
		}
	case val.Uint16Enc:
		if ok = n.within(0, math.MaxUint16); ok {
			p.tuples.PutUint16(f.at, uint16(n.bits))
		}
	case val.Uint32Enc:
		if ok = n.within(0, math.MaxUint32); ok {
			p.tuples.PutUint32(f.at, uint32(n.bits))
		}
	case val.Uint64Enc:
		if ok = n.within(0, math.MaxUint64); ok {
			p.tuples.PutUint64(f.at, n.bits)
		}
	default:
		ok = false
	}
	return ok, nil
}

// integer is a whole number of 64 bits with a sign.
type integer struct {
	bits     uint64 // two's complement when it is negative
	negative bool
}

// whole reads a value of an integer type.
func whole(v any) (integer, bool) {
	signed := func(n int64) (integer, bool) { return integer{uint64(n), n < 0}, true }
	switch n := v.(type) {
	case int8:
		return signed(int64(n))
	case int16:
		return signed(int64(n))
	case int32:
		return signed(int64(n))
	case int64:
		return signed(n)
	case uint8:
		return integer{uint64(n), false}, true
	case uint16:
		return integer{uint64(n), false}, true
	case uint32:
		return integer{uint64(n), false}, true
	case uint64:
		return integer{n, false}, true
	}
	return integer{}, false
}

func (n integer) within(least int64, most uint64) bool {
	if n.negative {
		return int64(n.bits) >= least
	}
	return n.bits <= most
}
