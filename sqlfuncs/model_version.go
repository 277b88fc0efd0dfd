package sqlfuncs

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/types"

	"aibms/server/sqlerr"
)

// modelVersion is MODEL_VERSION('m'): the number of the version that PREDICT answers with, NULL when none is deployed.
type modelVersion struct {
	functions *Functions
	name      sql.Expression
}

var _ sql.FunctionExpression = (*modelVersion)(nil)

func newModelVersion(f *Functions, ctx *sql.Context, args []sql.Expression) (sql.Expression, error) {
	if len(args) != 1 {
		return nil, sqlerr.Errorf(sqlerr.WrongArguments, "MODEL_VERSION takes one argument, the model: MODEL_VERSION('model')")
	}
	v := &modelVersion{f, args[0]}
	if literal, ok := args[0].(*expression.Literal); ok && literal.Value() != nil {
		if _, err := v.Eval(ctx, nil); err != nil { // while planning, before a row is read
			return nil, err
		}
	}
	return v, nil
}

func (v *modelVersion) Eval(ctx *sql.Context, row sql.Row) (any, error) {
	given, err := v.name.Eval(ctx, row)
	if err != nil || given == nil {
		return nil, err
	}
	name, ok := given.(string)
	if !ok {
		return nil, sqlerr.Errorf(sqlerr.WrongArguments, "MODEL_VERSION: the name of a model is wanted, got %v", given)
	}
	ref, m, err := v.functions.lookup(ctx, "MODEL_VERSION", name)
	if err != nil {
		return nil, err
	}
	if ref.Version == 0 && ref.Alias == "" && m.Deployed() == 0 {
		return nil, nil
	}
	_, version, err := v.functions.Snapshot(ctx).Resolve(ref, m.Database)
	if err != nil {
		return nil, sqlerr.Map(err)
	}
	return version.Number, nil
}

func (v *modelVersion) Resolved() bool             { return v.name.Resolved() }
func (v *modelVersion) String() string             { return "MODEL_VERSION(" + v.name.String() + ")" }
func (v *modelVersion) FunctionName() string       { return "model_version" }
func (v *modelVersion) Description() string        { return "returns the deployed version of a model" }
func (v *modelVersion) Type() sql.Type             { return types.Int64 }
func (v *modelVersion) IsNullable() bool           { return true }
func (v *modelVersion) Children() []sql.Expression { return []sql.Expression{v.name} }

func (v *modelVersion) WithChildren(args ...sql.Expression) (sql.Expression, error) {
	if len(args) != 1 {
		return nil, sql.ErrInvalidChildrenNumber.New(v, len(args), 1)
	}
	return &modelVersion{v.functions, args[0]}, nil
}
