package sqlfuncs

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"

	"aibms/learners/feature"
	"aibms/learners/predictor"
	"aibms/server/rows"
)

// column is a column that a model reads.
type column struct {
	name     string
	class    feature.Class
	typ      sql.Type // in training
	computed bool     // an expression is computed from it
}

func newColumn(c predictor.Column) column {
	return column{name: c.Name, class: c.Class, typ: sqlType(c.SQLType)}
}

// convert gives a value the type that the column had in training, where that matters: an expression must compute as it did then, and a date must be written as it was.
// A number that is a feature by itself stays what it is, and so does text, however long: what no training row had is an unseen category and no error.
func (c *column) convert(ctx *sql.Context, v *any, t *sql.Type) error {
	if *v == nil {
		return nil
	}
	switch {
	case c.class == feature.Date || c.class == feature.DateTime || c.class == feature.Time:
		return c.convertTo(ctx, v, t)
	case types.IsEnum(c.typ) || types.IsSet(c.typ):
		return c.convertToMember(ctx, v, t)
	case !c.computed:
		return nil
	case types.IsTextOnly(c.typ):
		text, _, err := rows.Text(ctx, *v, *t)
		if err != nil {
			return fmt.Errorf("column %s: %w", c.name, err)
		}
		*v, *t = text, c.typ
		return nil
	}
	return c.convertToNumber(ctx, v, t)
}

// convertToNumber is convert for numbers: text must be one.
func (c *column) convertToNumber(ctx *sql.Context, v *any, t *sql.Type) error {
	x, err := rows.Number(ctx, *v, *t)
	if err != nil {
		return fmt.Errorf("column %s: %w", c.name, err)
	}
	if text, ok := (*v).(string); ok && types.IsInteger(c.typ) {
		*v = x
		if whole, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64); err == nil {
			*v = whole // beyond 2^53 a float64 is not exact
		}
	}
	return c.convertTo(ctx, v, t)
}

// convertToMember is convert for an ENUM or SET: as in MySQL, text is a member and a number its place. What is no member is an unseen category, and NULL in an expression.
func (c *column) convertToMember(ctx *sql.Context, v *any, t *sql.Type) error {
	given := *v
	if !types.IsNumber(*t) {
		text, _, err := rows.Text(ctx, *v, *t)
		if err != nil {
			return fmt.Errorf("column %s: %w", c.name, err)
		}
		given = text
	}
	if out, inRange, err := c.typ.Convert(ctx, given); err == nil && inRange == sql.InRange {
		*v, *t = out, c.typ
	} else if c.computed {
		*v, *t = nil, c.typ
	}
	return nil
}

func (c *column) convertTo(ctx *sql.Context, v *any, t *sql.Type) error {
	out, inRange, err := c.typ.Convert(ctx, *v)
	if err != nil || inRange != sql.InRange {
		text, _, terr := rows.Text(ctx, *v, *t)
		if terr != nil {
			return fmt.Errorf("column %s: %w", c.name, terr)
		}
		return fmt.Errorf("column %s: '%.64s' does not fit into its type, %s", c.name, text, c.typ)
	}
	*v, *t = out, c.typ
	return nil
}
