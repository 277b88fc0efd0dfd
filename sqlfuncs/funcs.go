// Package sqlfuncs holds the functions that any SELECT can call: PREDICT and its kin, and the table functions ml_*.
//
// A call of the PREDICT family goes through three steps. Binding (positional.go, by_name.go) finds the model and says which expression gives which of its columns; it
// happens when the statement is planned, so that what is wrong is an error before a row is read. The features of a row are then computed from the columns
// (features.go, column.go), and the model's answer becomes an SQL value (answer.go).
package sqlfuncs

import (
	"maps"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"

	"aibms/catalog"
	"aibms/server/lifecycle"
	"aibms/server/sqlerr"
)

// Functions are the functions of one server. It is safe for concurrent use.
type Functions struct {
	Catalog    *catalog.Catalog
	Service    *lifecycle.Service
	SQLCatalog sql.Catalog // of the SQL engine: binds the stateless expressions of features
	MayUse     func(ctx *sql.Context, m *catalog.Model) error

	// Predictions counts the rows that were predicted since the start, by whichever path.
	Predictions atomic.Int64

	Blocks Blocks

	statements statements
}

// builder makes a call of a function from its bound arguments; ctx is that of the session that plans the statement.
type builder func(f *Functions, ctx *sql.Context, args []sql.Expression) (sql.Expression, error)

// scalars is THE LIST of scalar functions for users.
var scalars = map[string]builder{
	"predict":       positional(label),
	"predict_proba": positional(probability),
	"predict_all":   positional(everything),
	"model_version": newModelVersion,
}

// internals are the functions that the parser puts in the place of others.
var internals = map[string]builder{
	ByName:   byName,
	Nullable: newNullable,
}

// tables is THE LIST of table functions.
var tables = map[string]*tableFunction{
	"ml_evaluate":           mlEvaluate,
	"ml_confusion_matrix":   mlConfusionMatrix,
	"ml_roc_curve":          mlROCCurve,
	"ml_feature_info":       mlFeatureInfo,
	"ml_training_info":      mlTrainingInfo,
	"ml_leaderboard":        mlLeaderboard,
	"ml_feature_importance": mlFeatureImportance,
	"ml_tree":               mlTree,
	"ml_weights":            mlWeights,
}

// TakesModel tells whether a function, by its name in lower case, has the name of a model for its first argument.
func TakesModel(name string) bool {
	_, scalar := scalars[name]
	_, table := tables[name]
	return scalar || table
}

// Scalar finds a scalar function by its name; ctx is that of the session that plans the statement.
func (f *Functions) Scalar(ctx *sql.Context, name string) (sql.Function, bool) {
	name = strings.ToLower(name)
	build, ok := scalars[name]
	if !ok {
		if build, ok = internals[name]; !ok {
			return nil, false
		}
	}
	return sql.FunctionN{Name: name, Fn: func(args ...sql.Expression) (sql.Expression, error) {
		for _, a := range args {
			if _, ok := a.(*expression.Star); ok {
				return nil, sqlerr.Errorf(sqlerr.WrongArguments, "%s takes no '*': leave it out, or write t.* for the columns of a table", strings.ToUpper(name))
			}
		}
		return build(f, ctx, args)
	}}, true
}

// Table finds a table function by its name.
func (f *Functions) Table(_ *sql.Context, name string) (sql.TableFunction, bool) {
	t, ok := tables[strings.ToLower(name)]
	if !ok {
		return nil, false
	}
	return &tableFunctionOf{f, t}, true
}

// Declared lists all functions for where a text is only read: they can be bound, with any model, and not run.
func Declared() (scalar []sql.Function, table []sql.TableFunction) {
	none := &Functions{} // of no server
	for _, name := range slices.Sorted(maps.Keys(scalars)) {
		scalar = append(scalar, sql.FunctionN{Name: name, Fn: func(args ...sql.Expression) (sql.Expression, error) {
			if name == "model_version" {
				return (&modelVersion{functions: none}).WithChildren(args...)
			}
			o, _ := outputOf(name)
			return &deferred{functions: none, output: o, args: args, calls: newCalls()}, nil
		}})
	}
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		table = append(table, &tableFunctionOf{none, tables[name]})
	}
	return scalar, table
}
