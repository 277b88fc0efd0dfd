package sqlfuncs

import (
	"cmp"
	"slices"

	"github.com/dolthub/go-mysql-server/sql"

	"aibms/learners"
	"aibms/server/lifecycle"
	"aibms/server/sqlerr"
)

// mlFeatureImportance is ml_feature_importance('m'): how much each column that the learner sees matters to the model, the most important first. The shares sum to one.
var mlFeatureImportance = &tableFunction{
	name: "ml_feature_importance", usage: "a model: ('model')", most: 1,
	schema: schemaOf("ml_feature_importance", integer("position"), longText("feature"), longText("input"), real("importance")),
	run: func(ctx *sql.Context, s *lifecycle.Service, c *tableCall) ([]sql.Row, error) {
		p, err := s.Predictors.Get(ctx, c.model, c.version)
		if err != nil {
			return nil, err
		}
		able, ok := learners.As[learners.Importances](p.Model)
		if !ok {
			other := ""
			if _, ok := learners.As[learners.Coefficients](p.Model); ok {
				other = "; ml_weights has the coefficients of this one, each on the scale of its feature"
			}
			return nil, sqlerr.Errorf(sqlerr.WrongArguments, "ml_feature_importance: learner %s of model %s keeps no importances; learners of trees do, such as decision_tree, random_forest or gradient_boosting%s",
				c.version.Learner, c.model.SQLName(), other)
		}
		var inputs []string // of the columns
		for _, i := range p.Pipeline.Info() {
			inputs = append(inputs, slices.Repeat([]string{i.Input}, i.Columns)...)
		}
		names, shares := p.Pipeline.Features(), able.Importances()
		out := make([]sql.Row, len(names))
		order := make([]int, len(names))
		for j := range order {
			order[j] = j
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(shares[b], shares[a]) })
		for at, j := range order {
			out[at] = sql.NewRow(int64(j+1), names[j], inputs[j], number(shares[j]))
		}
		return out, nil
	},
}
