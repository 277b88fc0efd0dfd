package engine

import (
	"fmt"
	"time"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/shopspring/decimal"
)

// literal makes a Go value an expression, for a ? placeholder.
func literal(v any) (sql.Expression, error) {
	switch x := v.(type) {
	case nil:
		return expression.NewLiteral(nil, types.Null), nil
	case bool:
		return expression.NewLiteral(x, types.Boolean), nil
	case int:
		return expression.NewLiteral(int64(x), types.Int64), nil
	case int8:
		return expression.NewLiteral(int64(x), types.Int64), nil
	case int16:
		return expression.NewLiteral(int64(x), types.Int64), nil
	case int32:
		return expression.NewLiteral(int64(x), types.Int64), nil
	case int64:
		return expression.NewLiteral(x, types.Int64), nil
	case uint:
		return expression.NewLiteral(uint64(x), types.Uint64), nil
	case uint8:
		return expression.NewLiteral(uint64(x), types.Uint64), nil
	case uint16:
		return expression.NewLiteral(uint64(x), types.Uint64), nil
	case uint32:
		return expression.NewLiteral(uint64(x), types.Uint64), nil
	case uint64:
		return expression.NewLiteral(x, types.Uint64), nil
	case float32:
		return expression.NewLiteral(float64(x), types.Float64), nil
	case float64:
		return expression.NewLiteral(x, types.Float64), nil
	case string:
		return expression.NewLiteral(x, types.LongText), nil
	case []byte:
		return expression.NewLiteral(x, types.LongBlob), nil
	case time.Time:
		return expression.NewLiteral(x.UTC(), types.DatetimeMaxPrecision), nil
	case decimal.Decimal:
		return expression.NewLiteral(x, types.InternalDecimalType), nil
	}
	return nil, fmt.Errorf("a %T cannot be bound to a placeholder", v)
}
