package exec

import (
	"github.com/dolthub/go-mysql-server/sql"

	"aibms/server/mlsql"
)

// verifyModel trains a version again from its recorded data, definition and seed, and compares the bytes. It trains, so it needs ALTER ROUTINE on the model; it
// reads what the version learned from, and shows nothing of it.
func (e *Env) verifyModel(s *mlsql.VerifyModel) *plan {
	schema := sql.Schema{text("model"), integer("version"), boolean("identical"), boolean("data_identical"), text("artifact_hash"), text("retrained_hash"), integer("duration_ms")}
	return &plan{schema: schema, readOnly: true, run: func(ctx *sql.Context) ([]sql.Row, error) {
		m, err := e.changeable(ctx, s.Name)
		if err != nil {
			return nil, err
		}
		v, err := e.version(m, s.Version)
		if err != nil {
			return nil, err
		}
		ctx, release := e.untilStop(ctx)
		defer release()
		progress, clear := e.progress(ctx, "verify "+m.Name)
		defer clear()
		r, err := e.Service.Verify(e.work(ctx), m, v, progress)
		if err != nil {
			return nil, err
		}
		return []sql.Row{sql.NewRow(m.Name, v.Number, truth(r.Identical), truth(r.DataSame), r.Recorded, r.Retrained, r.Duration.Milliseconds())}, nil
	}}
}
