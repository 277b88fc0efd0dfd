package sqlfuncs

import (
	"math"

	"github.com/dolthub/go-mysql-server/sql"

	"aibms/learners"
	"aibms/server/lifecycle"
	"aibms/server/sqlerr"
)

// mlWeights is ml_weights('m'): the coefficients of a linear model, on the scale of its features; the feature of an intercept is NULL. Of two classes they are those of
// the one that sorts last, of a number the class is NULL; of several numbers the target stands there.
var mlWeights = &tableFunction{
	name: "ml_weights", usage: "a model: ('model')", most: 1,
	schema: schemaOf("ml_weights", text("class"), longText("feature"), real("weight")),
	run: func(ctx *sql.Context, s *lifecycle.Service, c *tableCall) ([]sql.Row, error) {
		p, err := s.Predictors.Get(ctx, c.model, c.version)
		if err != nil {
			return nil, err
		}
		linear, ok := learners.As[learners.Coefficients](p.Model)
		if !ok {
			return nil, sqlerr.Errorf(sqlerr.WrongArguments, "ml_weights: learner %s of model %s has no coefficients", c.version.Learner, c.model.SQLName())
		}
		w, intercepts := linear.Coefficients()
		names := p.Pipeline.Features()
		if spread, ok := learners.As[learners.Columns](p.Model); ok {
			names = coefficientNames(spread.Columns(), names, p.Pipeline.CategoryNames)
		}
		var out []sql.Row
		for k, b := range intercepts {
			var class any
			switch {
			case len(p.Classes) == 2:
				class = p.Classes[1]
			case len(p.Classes) > 2:
				class = p.Classes[k]
			case p.More != nil:
				class = p.Targets()[k].Name
			}
			for j, name := range names {
				out = append(out, sql.NewRow(class, name, w.At(k, j)))
			}
			out = append(out, sql.NewRow(class, nil, finite(b)))
		}
		return out, nil
	},
}

// coefficientNames name what coefficients are of as ONE_HOT names its columns.
func coefficientNames(columns []learners.Column, features []string, categoryNames func(feature int) []string) []string {
	out := make([]string, len(columns))
	known := map[int][]string{}
	for k, of := range columns {
		out[k] = features[of.Feature]
		if of.Category < 0 {
			continue
		}
		all, ok := known[of.Feature]
		if !ok {
			all = categoryNames(of.Feature)
			known[of.Feature] = all
		}
		if of.Category < len(all) {
			out[k] += "=" + all[of.Category]
		}
	}
	return out
}

// finite is a DOUBLE value; NULL stands for an infinite one: the intercept of a class that no training row had.
func finite(v float64) any {
	if math.IsInf(v, 0) {
		return nil
	}
	return v
}
