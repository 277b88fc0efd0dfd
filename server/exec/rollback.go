package exec

import (
	"errors"

	"github.com/dolthub/go-mysql-server/sql"

	"aibms/catalog"
	"aibms/learners/artifact"
	"aibms/server/mlsql"
)

// rollbackModel deploys the version before the deployed one, or a named earlier one. As with DEPLOY the version is loaded before it goes live; one that turns out to be
// damaged is passed over, unless it was asked for by its number.
func (e *Env) rollbackModel(s *mlsql.RollbackModel) *plan {
	return &plan{schema: deploymentSchema(), commits: true, run: func(ctx *sql.Context) ([]sql.Row, error) {
		m, err := e.changeable(ctx, s.Name)
		if err != nil {
			return nil, err
		}
		to := s.To.Number
		for {
			if to, err = m.RollbackTarget(s.To.Number); err != nil {
				return nil, err
			}
			v, _ := m.Version(to)
			_, err := e.predictor(ctx, m, v)
			if err == nil {
				break
			}
			damaged := errors.Is(err, catalog.ErrCorrupt) || errors.Is(err, artifact.ErrCorrupt)
			now, exists := e.Catalog.Snapshot().ModelByID(m.ID)
			if !damaged || s.To.IsSet() || !exists || now == m {
				return nil, err
			}
			m = now // the version is marked CORRUPT there
		}
		d, err := e.Catalog.Rollback(ctx, account(ctx), m.Database, m.Name, to, s.Reason.Text)
		if err != nil {
			return nil, err
		}
		return deploymentRows(m, d), nil
	}}
}
