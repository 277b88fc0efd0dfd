package sqlfuncs

import (
	"github.com/dolthub/go-mysql-server/sql"

	"aibms/server/lifecycle"
)

// mlConfusionMatrix is ml_confusion_matrix('m' [, data [, threshold]]): how often each class was predicted as which, weighted where the model has row weights.
var mlConfusionMatrix = &tableFunction{
	name: "ml_confusion_matrix", usage: thresholdUsage, most: 3,
	schema: schemaOf("ml_confusion_matrix", text("actual"), text("predicted"), real("row_count")),
	run: func(ctx *sql.Context, s *lifecycle.Service, c *tableCall) ([]sql.Row, error) {
		m, err := s.Confusion(ctx, c.model, c.version, c.on, c.threshold)
		if err != nil {
			return nil, err
		}
		var out []sql.Row
		for i, actual := range m.Classes {
			for j, predicted := range m.Classes {
				out = append(out, sql.NewRow(actual, predicted, m.Counts[i][j]))
			}
		}
		return out, nil
	},
}
