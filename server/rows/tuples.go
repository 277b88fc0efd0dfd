package rows

import (
	"math"
	"strings"

	"github.com/dolthub/dolt/go/store/prolly"
	"github.com/dolthub/dolt/go/store/val"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/types"
)

// Plain is what a plan reads when it is nothing but some columns of one table.
type Plain struct {
	Table   *plan.ResolvedTable
	Columns []int // of the table, for each column of the plan; -1: an expression
}

// PlainTable looks through aliases, derived tables and projections for the one table whose rows a node gives, all and unchanged. It returns nil when there is none.
func PlainTable(node sql.Node) *Plain {
	switch n := node.(type) {
	case *plan.ResolvedTable:
		p := &Plain{Table: n, Columns: make([]int, len(n.Schema()))}
		for i := range p.Columns {
			p.Columns[i] = i
		}
		return p
	case *plan.TableAlias:
		return PlainTable(n.Child)
	case *plan.SubqueryAlias:
		if n.IsLateral || !n.Correlated.Empty() {
			return nil
		}
		return PlainTable(n.Child)
	case *plan.Project:
		below := PlainTable(n.Child)
		if below == nil || n.IncludesNestedIters {
			return nil
		}
		p := &Plain{Table: below.Table}
		for _, e := range n.Projections {
			if a, ok := e.(*expression.Alias); ok {
				e = a.Child
			}
			at := -1
			switch f := e.(type) {
			case *expression.GetField:
				if at = below.Column(f, n.Child.Schema()); at < 0 {
					return nil
				}
			case *expression.Literal:
			default:
				return nil // evaluated for every row, it may fail
			}
			p.Columns = append(p.Columns, at)
		}
		return p
	}
	return nil
}

// Column is the table's column that a reference to the plan's rows, of that schema, reads; -1 when it is none.
func (p *Plain) Column(f *expression.GetField, schema sql.Schema) int {
	i := f.Index()
	if i < 0 || i >= len(schema) || i >= len(p.Columns) || p.Columns[i] < 0 || !strings.EqualFold(schema[i].Name, f.Name()) {
		return -1
	}
	return p.Columns[i]
}

// Tuples reads some columns of a plain table, row by row in the order of its key, straight from the storage's tree. Privileges were checked when the statement was bound;
// the state of the table is the one that the statement's transaction sees. It belongs to one goroutine at a time.
type Tuples struct {
	scan       *scan
	iter       prolly.MapIter
	key, value val.Tuple
}

// Tuples opens the given columns of the plan's table; it returns nil when storage cannot be read directly.
func (p *Plain) Tuples(ctx *sql.Context, columns []int) (*Tuples, error) {
	if override, err := ctx.GetSessionVariable(ctx, "dolt_override_schema"); err == nil && override != nil && override != "" {
		return nil, nil // the stored columns are not those that the session sees
	}
	table, err := storedTable(ctx, p.Table)
	if err != nil || table == nil {
		return nil, err
	}
	all := p.Table.Schema()
	schema := make(sql.Schema, len(columns))
	for i, c := range columns {
		schema[i] = all[c]
	}
	s, err := newScan(ctx, table, schema)
	if err != nil || s == nil {
		return nil, err
	}
	t := &Tuples{scan: s}
	t.iter, err = s.rows.IterAll(ctx)
	return t, err
}

// Next steps to the next row; its error is io.EOF after the last.
func (t *Tuples) Next(ctx *sql.Context) (err error) {
	t.key, t.value, err = t.iter.Next(ctx)
	return err
}

// Numeric tells whether Number reads the i-th opened column.
func (t *Tuples) Numeric(i int) bool {
	f := &t.scan.fields[i]
	var zero [8]byte
	_, ok := number(f.enc, zero[:])
	return ok && types.IsNumber(f.typ)
}

// Number is the i-th opened column of the row as a float64, NaN when it is NULL; Numeric says whether it is a number that is stored as one.
func (t *Tuples) Number(i int) float64 {
	f := &t.scan.fields[i]
	raw := t.scan.raw(f, t.key, t.value)
	if raw == nil {
		return math.NaN()
	}
	v, _ := number(f.enc, raw)
	return v
}

// Value is the i-th opened column of the row as the engine would give it.
func (t *Tuples) Value(ctx *sql.Context, i int) (any, error) {
	return t.scan.value(ctx, &t.scan.fields[i], t.key, t.value)
}
