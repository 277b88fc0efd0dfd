package rows

import (
	"io"
	"time"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/expression/function"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/vt/proto/query"
	"github.com/shopspring/decimal"
)

// plainInsert is an INSERT ... SELECT whose rows come as the table holds them: each of the table's columns is one of the SELECT's of the same type, or a constant.
type plainInsert struct {
	schema  sql.Schema // of the table
	source  sql.Node
	columns []plainColumn // in the order of their evaluation
	row     sql.Row       // of the table; the constants stand in it
}

// plainColumn is a column of the table that is not constant, and what it is in a row of the source.
type plainColumn struct {
	at   int
	expr sql.Expression
}

// InsertPlain runs an INSERT ... SELECT whose rows need no conversion, without the engine's own iterator, which converts and wraps every value; each is called for every
// row that is written. done is false, and nothing happened, when the statement is not of this kind: the engine has to run it then, with the same result.
func InsertPlain(ctx *sql.Context, builder sql.NodeExecBuilder, insert *plan.InsertInto, each func(row sql.Row)) (done bool, err error) {
	table, _, _ := bulkTarget(insert)
	if table == nil || len(insert.Checks()) > 0 {
		return false, nil
	}
	p := newPlainInsert(ctx, insert)
	if p == nil {
		return false, nil
	}
	writer, err := newBulkInserter(ctx, table)
	if err != nil || writer == nil {
		return false, nil // whatever went wrong, the engine meets it again, and reports
	}
	iter, err := builder.Build(ctx, p.source, nil)
	if err != nil {
		return true, err
	}
	err = p.run(ctx, iter, writer, each)
	if closed := iter.Close(ctx); err == nil {
		err = closed
	}
	if err != nil {
		return true, err
	}
	return true, writer.StatementComplete(ctx)
}

// newPlainInsert returns nil when a row of the SELECT is not one of the table.
func newPlainInsert(ctx *sql.Context, insert *plan.InsertInto) *plainInsert {
	wrapped, ok := insert.Source.(*plan.Project)
	schema := insert.Destination.Schema()
	if !ok || len(wrapped.Projections) != len(schema) {
		return nil
	}
	selected, ok := wrapped.Child.(*plan.Project)
	if !ok || selected.IncludesNestedIters || len(selected.Projections) != len(schema) {
		return nil
	}
	p := &plainInsert{schema: schema, source: selected.Child, columns: make([]plainColumn, 0, len(schema)), row: make(sql.Row, len(schema))}
	to := make([]int, len(schema)) // for each column of the SELECT: that of the table
	for i := range to {
		to[i] = -1
	}
	for i := range schema {
		f, ok := wrapped.Projections[i].(*expression.GetField)
		if !ok || f.Index() >= len(to) || to[f.Index()] >= 0 {
			return nil
		}
		to[f.Index()] = i
	}
	for i, e := range selected.Projections {
		if a, ok := e.(*expression.Alias); ok {
			e = a.Child
		}
		c := schema[to[i]]
		switch e.(type) {
		case *expression.Literal, *function.UTCTimestamp: // the same in all rows
			if p.row[to[i]], ok = constantOf(ctx, e, c); !ok {
				return nil
			}
			continue
		}
		if !storedAlike(e.Type(), c.Type) {
			return nil
		}
		p.columns = append(p.columns, plainColumn{to[i], e})
	}
	return p
}

// constantOf is the value of a constant as a column holds it; ok is false when it does not fit.
func constantOf(ctx *sql.Context, e sql.Expression, c *sql.Column) (_ any, ok bool) {
	v, err := e.Eval(ctx, nil)
	if err != nil {
		return nil, false
	}
	if v == nil {
		return nil, c.Nullable
	}
	v, inRange, err := c.Type.Convert(ctx, v)
	return v, err == nil && inRange == sql.InRange
}

// storedAlike tells whether every value of one type is a value of the other as it is.
func storedAlike(from, to sql.Type) bool {
	return from.Equals(to) && (types.IsInteger(to) || types.IsFloat(to) || types.IsDecimal(to) || types.IsDatetimeType(to) || types.IsDateType(to) || types.IsTextOnly(to))
}

func (p *plainInsert) run(ctx *sql.Context, iter sql.RowIter, writer *bulkInserter, each func(row sql.Row)) error {
	for {
		given, err := iter.Next(ctx)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		for _, x := range p.columns {
			if p.row[x.at], err = x.expr.Eval(ctx, given); err != nil {
				return sql.NewWrappedInsertError(given, err)
			}
		}
		for _, x := range p.columns {
			v, c := p.row[x.at], p.schema[x.at]
			if v == nil && !c.Nullable {
				return sql.NewWrappedInsertError(p.row, sql.ErrInsertIntoNonNullableProvidedNull.New(c.Name))
			}
			if !canonical(v, c.Type.Type()) {
				converted, inRange, err := c.Type.Convert(ctx, v)
				if err == nil && inRange != sql.InRange {
					err = sql.ErrValueOutOfRange.New(v, c.Type)
				}
				if err != nil {
					return sql.NewWrappedInsertError(p.row, err)
				}
				p.row[x.at] = converted
			}
		}
		if err := writer.Insert(ctx, p.row); err != nil {
			return sql.NewWrappedInsertError(p.row, err)
		}
		each(p.row)
	}
}

// canonical tells whether a value of a column of that type stands in the form in which storage takes it.
func canonical(v any, t query.Type) bool {
	switch v.(type) {
	case nil:
		return true
	case float64:
		return t == query.Type_FLOAT64
	case int64:
		return t == query.Type_INT64
	case int32:
		return t == query.Type_INT32
	case int8:
		return t == query.Type_INT8
	case int16:
		return t == query.Type_INT16
	case uint64:
		return t == query.Type_UINT64
	case uint32:
		return t == query.Type_UINT32
	case string:
		return t == query.Type_VARCHAR
	case time.Time:
		return t == query.Type_DATETIME || t == query.Type_DATE
	case decimal.Decimal:
		return t == query.Type_DECIMAL
	}
	return false
}
