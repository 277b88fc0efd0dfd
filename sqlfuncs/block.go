package sqlfuncs

import (
	"fmt"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"

	"aibms/server/rows"
)

// predictBlock reads the rows of its child in blocks, answers calls of the PREDICT family for all rows of a block at once, and appends the answers to each row, where
// slots in the expressions of its parent find them. Where the child is a plain table it reads the table's storage instead of the child's rows, and its rows hold
// only what the parent reads.
//
// What is an error or a warning of a row is kept in its answer, until the parent evaluates that.
type predictBlock struct {
	plan.UnaryNode
	functions *Functions
	slots     []*slot // in the order of evaluation: the answers at the end of a row
	scan      *plainScan
}

var (
	_ sql.ExecBuilderNode    = (*predictBlock)(nil)
	_ sql.Expressioner       = (*predictBlock)(nil)
	_ sql.CollationCoercible = (*predictBlock)(nil)
)

// String shows EXPLAIN how the rows are read.
func (b *predictBlock) String() string {
	calls := make([]string, len(b.slots))
	for i, s := range b.slots {
		calls[i] = s.String()
	}
	name := "PredictBlock"
	if b.scan != nil {
		name = "PredictScan"
	}
	p := sql.NewTreePrinter()
	_ = p.WriteNode("%s(%s)", name, strings.Join(calls, ", "))
	_ = p.WriteChildren(b.Child.String())
	return p.String()
}

func (b *predictBlock) IsReadOnly() bool { return b.Child.IsReadOnly() }

func (b *predictBlock) Schema() sql.Schema {
	schema := append(sql.Schema(nil), b.Child.Schema()...)
	for _, s := range b.slots {
		schema = append(schema, &sql.Column{Name: s.String(), Type: s.Type(), Nullable: true})
	}
	return schema
}

func (b *predictBlock) WithChildren(children ...sql.Node) (sql.Node, error) {
	if len(children) != 1 {
		return nil, sql.ErrInvalidChildrenNumber.New(b, len(children), 1)
	}
	out := *b
	out.Child = children[0]
	return &out, nil
}

// Expressions implements sql.Expressioner: the calls.
func (b *predictBlock) Expressions() []sql.Expression {
	out := make([]sql.Expression, len(b.slots))
	for i, s := range b.slots {
		out[i] = s.call
	}
	return out
}

// WithExpressions implements sql.Expressioner. The slots of the parent go by place, and need not know.
func (b *predictBlock) WithExpressions(list ...sql.Expression) (sql.Node, error) {
	if len(list) != len(b.slots) {
		return nil, sql.ErrInvalidChildrenNumber.New(b, len(list), len(b.slots))
	}
	out := *b
	out.slots = make([]*slot, len(list))
	for i, e := range list {
		c, ok := e.(*call)
		if !ok {
			return nil, fmt.Errorf("a block of predictions is given %s in the place of a call", e)
		}
		out.slots[i] = &slot{call: c, at: b.slots[i].at, fromEnd: b.slots[i].fromEnd}
	}
	return &out, nil
}

func (b *predictBlock) CollationCoercibility(ctx *sql.Context) (sql.CollationID, byte) {
	return sql.GetCoercibility(ctx, b.Child)
}

// slot stands where a call stood, and reads its answer from the end of a row: rows of subqueries begin with the columns of those around them.
type slot struct {
	call    *call
	at      int // in the order of evaluation
	fromEnd int
}

func (s *slot) Eval(ctx *sql.Context, row sql.Row) (any, error) {
	v := row[len(row)-s.fromEnd]
	if o, ok := v.(*outcome); ok {
		return o.replay(ctx)
	}
	return v, nil
}

func (s *slot) String() string             { return s.call.String() }
func (s *slot) Type() sql.Type             { return s.call.Type() }
func (s *slot) IsNullable() bool           { return s.call.IsNullable() }
func (s *slot) Resolved() bool             { return true }
func (s *slot) Children() []sql.Expression { return nil }

func (s *slot) WithChildren(children ...sql.Expression) (sql.Expression, error) {
	if len(children) != 0 {
		return nil, sql.ErrInvalidChildrenNumber.New(s, len(children), 0)
	}
	return s, nil
}

// outcome is the answer to a call that is more than a value: it is what evaluating the call would have done. It is immutable.
type outcome struct {
	value any
	err   error
	notes []note
}

// note is a warning: the engine's, or that a feature is missing.
type note struct {
	warning *sql.Warning
	missing *call
	lacking string // of a JSON object, for the warning that a feature is missing
}

// replay does what evaluating the call would have done.
func (o *outcome) replay(ctx *sql.Context) (any, error) {
	for _, n := range o.notes {
		switch r, recording := ctx.Session.(*recorder); {
		case n.missing == nil:
			ctx.Session.Warn(n.warning)
		case recording:
			r.notes = append(r.notes, n)
		default:
			n.missing.warnMissing(ctx, n.lacking)
		}
	}
	return o.value, o.err
}

// recorder is a session that keeps the warnings of what is evaluated ahead.
type recorder struct {
	sql.Session
	notes []note
}

func (r *recorder) Warn(w *sql.Warning) { r.notes = append(r.notes, note{warning: w}) }

// take returns the warnings since the last call.
func (r *recorder) take() []note {
	notes := r.notes
	r.notes = nil
	return notes
}

// recording returns a context whose warnings are kept.
func recording(ctx *sql.Context) (*sql.Context, *recorder) {
	r := &recorder{Session: ctx.Session}
	inner := *ctx
	inner.Session = r
	return &inner, r
}

// plainScan says how the rows of a plain table are read straight from storage.
type plainScan struct {
	table  *rows.Whole
	column map[int]int // by position in a row of the child: the table's column, of all that is read
	opened []int       // the table's columns that are opened
	place  map[int]int // by the table's column: its place in opened
	parent []int       // positions that the parent reads beside the answers
}

// plainScan returns nil when the child is more than a plain table, or something is read that is not a column of it.
func (b *predictBlock) plainScan(parent []sql.Expression) *plainScan {
	table := rows.WholeTable(b.Child)
	if table == nil {
		return nil
	}
	s := &plainScan{table: table, column: map[int]int{}, place: map[int]int{}}
	schema, plain := b.Child.Schema(), true
	for i, list := range [][]sql.Expression{parent, b.Expressions()} {
		for _, e := range list {
			sql.Inspect(e, func(e sql.Expression) bool {
				f, ok := e.(*expression.GetField)
				if !ok {
					return plain
				}
				at := table.Column(f, schema)
				plain = plain && at >= 0
				s.column[f.Index()] = at
				if _, known := s.place[at]; !known {
					s.place[at] = len(s.opened)
					s.opened = append(s.opened, at)
				}
				if i == 0 {
					s.parent = append(s.parent, f.Index())
				}
				return plain
			})
		}
	}
	if !plain {
		return nil
	}
	return s
}

// open opens the scan; it returns nil when storage cannot be read directly.
func (s *plainScan) open(ctx *sql.Context) (*rows.Tuples, error) {
	return s.table.Tuples(ctx, s.opened)
}
