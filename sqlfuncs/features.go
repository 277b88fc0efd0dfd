package sqlfuncs

import (
	"fmt"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"

	"aibms/learners/data"
	"aibms/learners/feature"
	"aibms/learners/predictor"
	"aibms/server/rows"
	"aibms/server/sqlerr"
)

// features computes the inputs of a model's pipeline from its columns, as training did. It is immutable.
type features struct {
	columns []column
	at      map[string]int // of columns, by name in lower case
	list    []input
}

// input is one input of the pipeline: a bare column, or a stateless expression over the columns.
type input struct {
	kind   data.Kind
	column int            // of a bare column, else -1
	expr   sql.Expression // over the row of columns; nil for a bare column
}

func newFeatures(ctx *sql.Context, catalog sql.Catalog, p *predictor.Predictor) (*features, error) {
	f := &features{at: map[string]int{}}
	for i, c := range p.Columns {
		f.at[strings.ToLower(c.Name)] = i
		f.columns = append(f.columns, newColumn(c))
	}
	for _, in := range p.Pipeline.Inputs() {
		if i, ok := f.bare(in.Name); ok {
			f.list = append(f.list, input{kind: in.Kind, column: i})
			continue
		}
		compiled, err := rows.Compile(ctx, catalog, []string{in.Name}, func(name string) (sql.Expression, bool) {
			i, ok := f.at[strings.ToLower(name)]
			if !ok {
				return nil, false
			}
			f.columns[i].computed = true
			return rows.Slot(i, name, f.columns[i].typ), true
		})
		if err != nil {
			return nil, sqlerr.Map(err)
		}
		f.list = append(f.list, input{kind: in.Kind, column: -1, expr: compiled[0]})
	}
	return f, nil
}

// bare finds the column that an input is, if it is nothing but a column.
func (f *features) bare(name string) (int, bool) {
	if i, ok := f.at[strings.ToLower(name)]; ok {
		return i, true
	}
	for i, c := range f.columns {
		if name == feature.QuoteName(c.name) {
			return i, true
		}
	}
	return 0, false
}

// inputs fills s.values from s.columns.
func (f *features) inputs(ctx *sql.Context, s *scratch) error {
	for _, i := range s.read {
		if err := f.columns[i].convert(ctx, &s.columns[i], &s.types[i]); err != nil {
			return err
		}
	}
	for _, i := range s.compute {
		in := &f.list[i]
		v, t := any(nil), sql.Type(nil)
		if in.expr == nil {
			v, t = s.columns[in.column], s.types[in.column]
		} else {
			var err error
			if v, err = in.expr.Eval(ctx, s.columns); err != nil {
				return err
			}
			t = in.expr.Type()
		}
		if err := in.set(ctx, &s.values[i], v, t); err != nil {
			return fmt.Errorf("feature %s: %w", f.name(*in), err)
		}
	}
	return nil
}

// number tells whether an input is the number that stands in a column, as it is.
func (f *features) number(i int) (column int, ok bool) {
	in := f.list[i]
	if in.expr != nil || in.kind != data.Numeric {
		return 0, false
	}
	c := &f.columns[in.column]
	return in.column, !c.computed && c.class.Numeric() && !types.IsEnum(c.typ) && !types.IsSet(c.typ)
}

func (in *input) set(ctx *sql.Context, to *feature.Value, v any, t sql.Type) (err error) {
	*to = feature.Value{}
	if in.kind == data.Numeric {
		to.Null = v == nil
		to.Num, err = rows.Number(ctx, v, t)
		return err
	}
	to.Text, to.Null, err = rows.Text(ctx, v, t)
	return err
}

func (f *features) name(in input) string {
	if in.expr != nil {
		return in.expr.String()
	}
	return f.columns[in.column].name
}

// document fills s.columns from a JSON object by name: what the object lacks is NULL. known is false when it is the JSON value null.
func (f *features) document(ctx *sql.Context, v any, s *scratch) (known bool, err error) {
	object, err := jsonObject(ctx, v)
	if err != nil || object == nil {
		return false, err
	}
	for i := range s.columns {
		s.columns[i], s.types[i] = nil, types.LongText
	}
	given := make([]string, len(f.columns))
	for name, value := range object {
		i, ok := f.at[strings.ToLower(name)]
		switch {
		case !ok:
			return false, fmt.Errorf("the model has no column '%s'; it reads: %s", name, strings.Join(f.names(), ", "))
		case given[i] != "":
			return false, fmt.Errorf("the JSON object gives column %s twice", f.columns[i].name)
		}
		given[i], s.columns[i] = name, value
		if _, ok := value.(int64); ok {
			s.types[i] = types.Int64
		}
	}
	return true, nil
}

func (f *features) names() []string {
	names := make([]string, len(f.columns))
	for i, c := range f.columns {
		names[i] = c.name
	}
	return names
}
