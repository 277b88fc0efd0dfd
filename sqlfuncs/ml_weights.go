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
			for j, name := range p.Pipeline.Features() {
				out = append(out, sql.NewRow(class, name, w.At(k, j)))
			}
			out = append(out, sql.NewRow(class, nil, finite(b)))
		}
		return out, nil
	},
}

// finite is a DOUBLE value; NULL stands for an infinite one: the intercept of a class that no training row had.
func finite(v float64) any {
	if math.IsInf(v, 0) {
		return nil
	}
	return v
}
