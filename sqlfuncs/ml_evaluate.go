package sqlfuncs

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"

	"aibms/server/lifecycle"
	"aibms/server/sqlerr"
)

const (
	dataUsage      = "a model and the rows to measure: ('model' [, 'TEST' | 'VALIDATE' | 'TRAIN' | 'table' | (SELECT ...)])"
	thresholdUsage = "a model, the rows to measure and a threshold: ('model' [, 'TEST' | 'VALIDATE' | 'TRAIN' | 'table' | (SELECT ...) [, 0.5]])"
)

// mlEvaluate is ml_evaluate('m' [, data [, threshold]]): the rows of EVALUATE MODEL, for those who can only SELECT. It has no BY: data may be a SELECT with a WHERE; a slice is one of several targets.
var mlEvaluate = &tableFunction{
	name: "ml_evaluate", usage: thresholdUsage, most: 3,
	schema: schemaOf("ml_evaluate", text("model"), integer("version"), longText("dataset"), longText("slice"), text("metric"), real("value"), real("ci_low"), real("ci_high"), real("baseline"),
		integer("row_count"), typed("higher_is_better", types.Boolean)),
	run: func(ctx *sql.Context, s *lifecycle.Service, c *tableCall) ([]sql.Row, error) {
		e, err := s.Evaluate(ctx, c.model, c.version, c.on, c.threshold, nil, nil)
		if err != nil {
			return nil, err
		}
		for _, w := range e.Warnings {
			ctx.Warn(sqlerr.Note.Number, "%s", w)
		}
		var out []sql.Row
		for _, x := range e.Metrics {
			higher := int8(0)
			if x.HigherIsBetter {
				higher = 1
			}
			var slice any
			if x.Slice != "" {
				slice = x.Slice
			}
			out = append(out, sql.NewRow(c.model.Name, c.version.Number, e.Dataset, slice, x.Metric, number(x.Value), number(x.CILow), number(x.CIHigh), number(x.Baseline), x.RowCount, higher))
		}
		return out, nil
	},
}
