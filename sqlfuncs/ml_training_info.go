package sqlfuncs

import (
	"time"

	"github.com/dolthub/go-mysql-server/sql"

	"aibms/server/lifecycle"
)

// mlTrainingInfo is ml_training_info('m' [, version]): the training curve of a version, a row for each iteration that was kept; none for a learner that does not iterate.
var mlTrainingInfo = &tableFunction{
	name: "ml_training_info", usage: "a model, and the number of a version: ('model' [, version])", most: 2, number: "version",
	schema: schemaOf("ml_training_info", integer("iteration"), real("loss"), real("validation_loss"), real("elapsed_ms")),
	run: func(ctx *sql.Context, s *lifecycle.Service, c *tableCall) ([]sql.Row, error) {
		curve, err := s.Catalog.Curve(ctx, c.model.ID, c.version.Number)
		if err != nil {
			return nil, err
		}
		out := make([]sql.Row, len(curve))
		for i, x := range curve {
			out[i] = sql.NewRow(x.Number, number(x.Loss), number(x.ValidationLoss), float64(x.Elapsed)/float64(time.Millisecond))
		}
		return out, nil
	},
}
