package rows

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
)

// Stateless tells whether the value of a bound expression follows from the values of its children alone, and evaluating it does nothing else: of the expression itself,
// not of its children. What is not known is not stateless.
func Stateless(e sql.Expression) bool {
	switch x := e.(type) {
	case *expression.GetField, *expression.Literal, *expression.Alias, *expression.Arithmetic, *expression.UnaryMinus, *expression.Div, *expression.IntDiv, *expression.Mod,
		*expression.Case, *expression.Convert, *expression.CollatedExpression, *expression.Binary, *expression.Between, *expression.IsNull, *expression.IsTrue,
		*expression.Not, *expression.And, *expression.Or, *expression.Xor, *expression.InTuple, *expression.HashInTuple, expression.Tuple, *expression.Like, *expression.Interval,
		*expression.Equals, *expression.NullSafeEquals, *expression.LessThan, *expression.LessThanOrEqual, *expression.GreaterThan, *expression.GreaterThanOrEqual,
		*expression.BitOp:
		return true
	case sql.Aggregation, sql.WindowAggregation, sql.WindowAdaptableExpression:
		return false
	case sql.FunctionExpression:
		if n, ok := e.(sql.NonDeterministicExpression); ok && n.IsNonDeterministic() {
			return false
		}
		if r, ok := e.(sql.RowIterExpression); ok && r.ReturnsRowIter() {
			return false
		}
		name := strings.ToLower(x.FunctionName())
		return !notStateless[name] && name != "values" && name != "unix_timestamp" && !strings.HasPrefix(name, "dolt_")
	}
	return false
}
