package point

import (
	"math"
	"strconv"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/sqltypes"
	querypb "github.com/dolthub/vitess/go/vt/proto/query"
)

// param is a placeholder: an expression that has the value and type of the execution that runs. The engine makes literals of the values, and no expression of ours tells the
// difference.
type param struct {
	name  string
	value any
	typ   sql.Type
}

var _ sql.Expression = (*param)(nil)

func (p *param) Eval(*sql.Context, sql.Row) (any, error) { return p.value, nil }
func (p *param) Type() sql.Type                          { return p.typ }
func (p *param) IsNullable() bool                        { return p.value == nil }
func (p *param) Resolved() bool                          { return true }
func (p *param) String() string                          { return ":" + p.name }
func (p *param) Children() []sql.Expression              { return nil }

func (p *param) WithChildren(children ...sql.Expression) (sql.Expression, error) {
	if len(children) != 0 {
		return nil, sql.ErrInvalidChildrenNumber.New(p, len(children), 0)
	}
	return p, nil
}

// textType is the type of text from the client, which the session's collation decides.
type textType struct {
	collation sql.CollationID
	typ       sql.Type
}

func (t *textType) of(ctx *sql.Context) sql.Type {
	if c := ctx.GetCollation(); t.typ == nil || t.collation != c {
		t.collation, t.typ = c, types.CreateLongText(c)
	}
	return t.typ
}

// bind gives the parameters the values of an execution, as the engine would make literals of them, and finds its signature; false when one is of a kind that is left to the
// engine.
func (s *statement) bind(ctx *sql.Context, values map[string]*querypb.BindVariable) bool {
	if len(values) != len(s.params) {
		return false
	}
	s.signature = s.signature[:0]
	for i, p := range s.params {
		v := values[p.name]
		if v == nil {
			return false
		}
		class, ok := p.set(ctx, v, &s.text)
		if !ok {
			return false
		}
		switch s.shape.matters[i] {
		case byNothing:
			class = 0
		case byClass:
			class &= classes
		}
		s.signature = append(s.signature, class)
	}
	return true
}

// The signature of a value: its class, and in the other bits its type.
const (
	null    = 0x10
	number  = 0x20
	text    = 0x30
	classes = 0xf0
)

// set gives a parameter its value. What a client sends is an integer, a double, NULL, or text; dates travel as text too.
func (p *param) set(ctx *sql.Context, v *querypb.BindVariable, t *textType) (class byte, ok bool) {
	switch v.Type {
	case sqltypes.Null:
		p.value, p.typ = nil, types.Null
		return null, true
	case sqltypes.Int64:
		n, err := strconv.ParseInt(string(v.Value), 10, 64)
		if err != nil {
			return 0, false
		}
		return number | p.setInt(n), true
	case sqltypes.Uint64:
		n, err := strconv.ParseUint(string(v.Value), 10, 64)
		if err != nil {
			return 0, false
		}
		return number | p.setUint(n), true
	case sqltypes.Float64:
		x, err := strconv.ParseFloat(string(v.Value), 64)
		if err != nil || math.IsInf(x, 0) || math.IsNaN(x) {
			return 0, false
		}
		p.value, p.typ = x, types.Float64
		return number | 9, true
	case sqltypes.VarBinary, sqltypes.VarChar:
		p.value, p.typ = string(v.Value), t.of(ctx)
		return text, true
	}
	return 0, false
}

// setInt gives an integer the smallest type that holds it, as the engine does.
func (p *param) setInt(n int64) byte {
	if n >= 0 {
		return p.setUint(uint64(n))
	}
	switch {
	case n >= math.MinInt8:
		p.value, p.typ = int8(n), types.Int8
		return 1
	case n >= math.MinInt16:
		p.value, p.typ = int16(n), types.Int16
		return 2
	case n >= math.MinInt32:
		p.value, p.typ = int32(n), types.Int32
		return 3
	}
	p.value, p.typ = n, types.Int64
	return 4
}

// setUint is setInt for what is not negative: signed types go before unsigned ones of the same size.
func (p *param) setUint(n uint64) byte {
	switch {
	case n <= math.MaxInt8:
		p.value, p.typ = int8(n), types.Int8
		return 1
	case n <= math.MaxUint8:
		p.value, p.typ = uint8(n), types.Uint8
		return 5
	case n <= math.MaxInt16:
		p.value, p.typ = int16(n), types.Int16
		return 2
	case n <= math.MaxUint16:
		p.value, p.typ = uint16(n), types.Uint16
		return 6
	case n <= math.MaxInt32:
		p.value, p.typ = int32(n), types.Int32
		return 3
	case n <= math.MaxUint32:
		p.value, p.typ = uint32(n), types.Uint32
		return 7
	case n <= math.MaxInt64:
		p.value, p.typ = int64(n), types.Int64
		return 4
	}
	p.value, p.typ = n, types.Uint64
	return 8
}
