package exec

import (
	"github.com/dolthub/go-mysql-server/sql"

	"aibms/server/lifecycle"
	"aibms/server/mlsql"
	"aibms/server/sqlerr"
)

// EvaluationSchema is the schema of EVALUATE MODEL and of ml_evaluate.
func EvaluationSchema() sql.Schema {
	return sql.Schema{text("model"), integer("version"), longText("dataset"), text("slice"), text("metric"), real("value"), real("ci_low"), real("ci_high"),
		real("baseline"), integer("row_count"), boolean("higher_is_better")}
}

// evaluateModel measures a version. It needs EXECUTE on the model, and SELECT on the source of ON or, with BY, on the version's own.
func (e *Env) evaluateModel(s *mlsql.EvaluateModel, args []mlsql.Value) *plan {
	return &plan{schema: EvaluationSchema(), readOnly: true, run: func(ctx *sql.Context) ([]sql.Row, error) {
		m, err := e.usable(ctx, s.Name)
		if err != nil {
			return nil, err
		}
		v, err := e.versionOrNewest(m, s.Version)
		if err != nil {
			return nil, err
		}
		var threshold *float64
		if s.Threshold.IsSet() {
			x, err := s.Threshold.Float()
			if err != nil {
				return nil, sqlerr.Errorf(sqlerr.WrongArguments, "THRESHOLD %s: a probability between 0 and 1 is wanted", s.Threshold)
			}
			threshold = &x
		}
		on := lifecycle.Rows{Part: s.Part, Source: s.On, Database: currentDatabase(ctx), Args: args}
		ctx, release := e.untilStop(ctx)
		defer release()
		ev, err := e.Service.Evaluate(e.work(ctx), m, v, on, threshold, s.By, s.Metrics)
		if err != nil {
			return nil, err
		}
		return EvaluationRows(ctx, m.Name, v.Number, ev), nil
	}}
}

// EvaluationRows are the rows of an evaluation; its warnings go to the session.
func EvaluationRows(ctx *sql.Context, model string, version int64, ev *lifecycle.Evaluation) []sql.Row {
	warn(ctx, ev.Warnings)
	var out []sql.Row
	for _, x := range ev.Metrics {
		out = append(out, sql.NewRow(model, version, ev.Dataset, orNull(x.Slice), x.Metric, number(x.Value), number(x.CILow), number(x.CIHigh), number(x.Baseline),
			x.RowCount, truth(x.HigherIsBetter)))
	}
	return out
}
