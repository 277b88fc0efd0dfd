package sqlfuncs

import (
	"github.com/dolthub/go-mysql-server/sql"

	"aibms/server/lifecycle"
	"aibms/server/rows"
	"aibms/server/sqlerr"
)

// mlFeatureInfo is ml_feature_info('m'): what the training rows looked like, a row a feature. What tells values of the rows is NULL for who may not read them.
var mlFeatureInfo = &tableFunction{
	name: "ml_feature_info", usage: "a model: ('model')", most: 1,
	schema: schemaOf("ml_feature_info", integer("position"), text("feature"), longText("input"), longText("transform"), text("kind"), integer("columns"), integer("row_count"),
		real("null_share"), real("mean"), real("stddev"), real("min"), real("max"), integer("categories"), longText("top_category"), integer("top_count")),
	run: func(ctx *sql.Context, s *lifecycle.Service, c *tableCall) ([]sql.Row, error) {
		p, err := s.Predictors.Get(ctx, c.model, c.version)
		if err != nil {
			return nil, err
		}
		values := s.MayRead(rows.WithSession(ctx), c.model, c.version)
		if !values {
			ctx.Warn(sqlerr.Note.Number, "the values of the training rows are NULL: they need SELECT on the source of version %d of model %s", c.version.Number, c.model.Name)
		}
		var out []sql.Row
		for _, i := range p.Pipeline.Info() {
			if !values {
				out = append(out, sql.NewRow(int64(i.Position), i.Name, i.Input, i.Expression, i.Kind.String(), int64(i.Columns), int64(i.Rows), number(i.NullShare),
					nil, nil, nil, nil, nil, nil, nil))
				continue
			}
			var categories, top, count any
			if i.Categories > 0 {
				categories, top, count = int64(i.Categories), i.TopCategory, int64(i.TopCount)
			}
			out = append(out, sql.NewRow(int64(i.Position), i.Name, i.Input, i.Expression, i.Kind.String(), int64(i.Columns), int64(i.Rows), number(i.NullShare),
				number(i.Mean), number(i.StdDev), number(i.Min), number(i.Max), categories, top, count))
		}
		return out, nil
	},
}
