package exec

import (
	"time"

	"github.com/dolthub/go-mysql-server/sql"

	"aibms/server/mlsql"
)

// predictModel predicts every row of a source and writes the results into a table: the row's key, prediction, probability (of the positive class, for two classes;
// of a clustering the degree of the cluster; of an anomaly its score), model_version, predicted_at. It needs EXECUTE on the model, SELECT on the source, and what the writing needs on the table: CREATE for a new one, INSERT, and
// DELETE for MODE REPLACE, UPDATE for UPSERT.
//
// It belongs to the session's transaction, as INSERT ... SELECT does; a failure leaves nothing behind.
func (e *Env) predictModel(s *mlsql.PredictModel, args []mlsql.Value) *plan {
	schema := sql.Schema{text("model"), integer("version"), text("into_table"), integer("row_count"), integer("null_predictions"), integer("duration_ms")}
	return &plan{schema: schema, run: func(ctx *sql.Context) ([]sql.Row, error) {
		m, err := e.usable(ctx, s.Name)
		if err != nil {
			return nil, err
		}
		v, err := e.version(m, s.Version)
		if err != nil {
			return nil, err
		}
		started := time.Now()
		ctx, release := e.untilStop(ctx)
		defer release()
		progress, clear := e.progress(ctx, "predict "+m.Name)
		defer clear()
		w, err := e.newPredictionWriter(ctx, s, args, m, v)
		if err != nil {
			return nil, err
		}
		w.progress = func(rows int64) { progress("writing", rows, 0) }
		w.progress(0)
		if err := w.run(ctx); err != nil {
			return nil, err
		}
		return []sql.Row{sql.NewRow(m.Name, v.Number, w.into.String(), w.rows, w.nulls, time.Since(started).Milliseconds())}, nil
	}}
}
