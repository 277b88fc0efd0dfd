// Package rows turns the rows of SQL queries into datasets, under the privileges of the session that asks. The rules for NULL, DECIMAL, dates,
// booleans and text live here and nowhere else.
package rows

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"

	"aibms/learners/data"
	"aibms/learners/feature"
)

// ClassOf is the class of an SQL type: what the automatic feature rules go by.
func ClassOf(t sql.Type) feature.Class {
	switch {
	case types.IsBoolean(t):
		return feature.Boolean
	case types.IsYear(t):
		return feature.Year
	case types.IsBit(t):
		if b, ok := t.(types.BitType); ok && b.NumberOfBits() == 1 {
			return feature.Boolean
		}
		return feature.Number
	case types.IsNumber(t):
		return feature.Number
	case types.IsEnum(t), types.IsSet(t):
		return feature.Text
	case types.IsJSON(t):
		return feature.JSON
	case types.IsTimespan(t):
		return feature.Time
	case types.IsDateType(t):
		return feature.Date
	case types.IsTime(t):
		return feature.DateTime
	case types.IsTextOnly(t):
		return feature.Text
	}
	return feature.Binary
}

// KindOf is how values of a class are held in a dataset.
func KindOf(c feature.Class) (kind data.Kind, ok bool) {
	switch c {
	case feature.Number, feature.Boolean, feature.Year:
		return data.Numeric, true
	case feature.Text, feature.Date, feature.DateTime, feature.Time:
		return data.Categorical, true
	}
	return 0, false
}
