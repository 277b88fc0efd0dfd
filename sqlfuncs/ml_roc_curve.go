package sqlfuncs

import (
	"github.com/dolthub/go-mysql-server/sql"

	"aibms/server/lifecycle"
)

// mlROCCurve is ml_roc_curve('m' [, data]): the points of the curve, from the highest threshold down. The threshold of the first, which calls no row positive, is NULL.
var mlROCCurve = &tableFunction{
	name: "ml_roc_curve", usage: dataUsage, most: 2,
	schema: schemaOf("ml_roc_curve", real("threshold"), real("false_positive_rate"), real("true_positive_rate")),
	run: func(ctx *sql.Context, s *lifecycle.Service, c *tableCall) ([]sql.Row, error) {
		points, err := s.ROC(ctx, c.model, c.version, c.on)
		if err != nil {
			return nil, err
		}
		var out []sql.Row
		for _, p := range points {
			out = append(out, sql.NewRow(number(p.Threshold), number(p.FPR), number(p.TPR)))
		}
		return out, nil
	},
}
