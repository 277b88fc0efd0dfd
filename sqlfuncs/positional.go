package sqlfuncs

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/types"

	"aibms/server/sqlerr"
)

// positional binds what the parser has left as it was written: the columns of the model in their declared order, or one JSON object with them by name. PREDICT_PROBA may
// have a class before them.
//
//	PREDICT('m', e1, e2, ...)    PREDICT_PROBA('m', 'class', e1, e2, ...)
//	PREDICT('m', json)           PREDICT_PROBA('m', 'class', json)
func positional(o output) builder {
	return func(f *Functions, ctx *sql.Context, args []sql.Expression) (sql.Expression, error) {
		if len(args) == 0 {
			return nil, sqlerr.Errorf(sqlerr.WrongArguments, "%s needs the name of a model: %s('model')", o, o)
		}
		literal, ok := args[0].(*expression.Literal)
		if !ok {
			return &deferred{functions: f, output: o, args: args, calls: newCalls()}, nil
		}
		name, err := modelName(ctx, o.String(), literal)
		if err != nil {
			return nil, err
		}
		d, err := f.resolve(ctx, o, name)
		if err != nil {
			return nil, err
		}
		return f.bindPositional(ctx, o, d, args[1:])
	}
}

// modelName is the name of a model that a literal gives.
func modelName(ctx *sql.Context, function string, e sql.Expression) (string, error) {
	v, err := e.Eval(ctx, nil)
	if err != nil {
		return "", err
	}
	switch x := v.(type) {
	case string:
		return x, nil
	case []byte:
		return string(x), nil
	}
	return "", sqlerr.Errorf(sqlerr.WrongArguments, "%s: the name of a model is wanted, in quotes, got %s", function, e)
}

func (f *Functions) bindPositional(ctx *sql.Context, o output, d *deployed, rest []sql.Expression) (sql.Expression, error) {
	b := binding{text: callText(o, d.name, texts(rest))}
	columns := len(d.predictor.Columns)
	if o == probability && len(rest) > 0 && (len(rest) == columns+1 || len(rest) == 2 && isDocument(rest[1], columns, 2)) {
		b.class, rest = rest[0], rest[1:]
	}
	switch {
	case len(rest) == 1 && isDocument(rest[0], columns, 1):
		b.json = true
	case len(rest) != columns:
		return nil, sqlerr.Errorf(sqlerr.FeatureMismatch, "%s('%s'): the model reads %d columns, the call gives %d; in order they are: %s", o, d.name, columns, len(rest), columnNames(d.predictor))
	}
	b.args = rest
	return f.newCall(ctx, o, d, b)
}

// isDocument tells whether an argument, where the call has given of them, is an object with the features and no feature. JSON always is, since it is never a feature.
// Text (and a placeholder, which may become text) is where the number of arguments leaves no other meaning.
func isDocument(e sql.Expression, columns, given int) bool {
	if types.IsJSON(e.Type()) {
		return true
	}
	if columns == 1 || columns == given {
		return false
	}
	_, placeholder := e.(*expression.BindVar)
	return placeholder || types.IsText(e.Type())
}
