package sqlfuncs

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"

	"aibms/catalog"
)

// Fixed makes an expression that was bound in ctx independent of its statement: evaluated in others it answers with the versions that ctx sees, as long as the caller finds the
// catalog's epoch unchanged. It lists the models that have to be asked EXECUTE for each time. ok is false when a model is not known before the execution.
func (f *Functions) Fixed(ctx *sql.Context, e sql.Expression) (fixed sql.Expression, models []*catalog.Model, ok bool, err error) {
	switch x := e.(type) {
	case *call:
		return x, []*catalog.Model{x.model}, true, nil
	case *modelVersion:
		literal, ok := x.name.(*expression.Literal)
		if !ok || literal.Value() == nil {
			return nil, nil, false, nil
		}
		name, err := modelName(ctx, "MODEL_VERSION", literal)
		if err != nil {
			return nil, nil, false, err
		}
		_, m, err := f.lookup(ctx, "MODEL_VERSION", name)
		if err != nil {
			return nil, nil, false, err
		}
		number, err := x.Eval(ctx, nil)
		return expression.NewLiteral(number, x.Type()), []*catalog.Model{m}, true, err
	case *deferred:
		return nil, nil, false, nil
	}
	return e, nil, true, nil
}
