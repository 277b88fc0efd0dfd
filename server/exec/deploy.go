package exec

import (
	"errors"

	"github.com/dolthub/go-mysql-server/sql"

	"aibms/catalog"
	"aibms/server/mlsql"
)

func deploymentSchema() sql.Schema {
	return sql.Schema{text("model"), text("action"), integer("version"), integer("previous_version"), moment("deployed_at")}
}

func deploymentRows(m *catalog.Model, d *catalog.Deployment) []sql.Row {
	return []sql.Row{sql.NewRow(m.Name, string(d.Action), versionOrNull(d.Version), versionOrNull(d.Previous), instant(d.At))}
}

func versionOrNull(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

// deployModel makes a version the one that PREDICT answers with. The version is loaded, checked and warmed up before: a damaged artifact never goes live.
func (e *Env) deployModel(s *mlsql.DeployModel) *plan {
	return &plan{schema: deploymentSchema(), commits: true, run: func(ctx *sql.Context) ([]sql.Row, error) {
		m, err := e.changeable(ctx, s.Name)
		if err != nil {
			return nil, err
		}
		v, err := e.version(m, s.Version)
		if err != nil && !errors.Is(err, catalog.ErrNotReady) { // the catalog says what that means for a deployment
			return nil, err
		}
		if v.Status == catalog.Ready {
			if _, err := e.predictor(ctx, m, v); err != nil {
				return nil, err
			}
		}
		d, err := e.Catalog.Deploy(ctx, account(ctx), m.Database, m.Name, v.Number, s.Reason.Text)
		if err != nil {
			return nil, err
		}
		return deploymentRows(m, d), nil
	}}
}

// undeployModel takes the model out of use: PREDICT is an error until the next DEPLOY.
func (e *Env) undeployModel(s *mlsql.UndeployModel) *plan {
	return &plan{schema: deploymentSchema(), commits: true, run: func(ctx *sql.Context) ([]sql.Row, error) {
		m, err := e.changeable(ctx, s.Name)
		if err != nil {
			return nil, err
		}
		d, err := e.Catalog.Undeploy(ctx, account(ctx), m.Database, m.Name, "")
		if err != nil {
			return nil, err
		}
		return deploymentRows(m, d), nil
	}}
}
