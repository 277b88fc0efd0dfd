package exec

import (
	"errors"

	"github.com/dolthub/go-mysql-server/sql"

	"aibms/catalog"
	"aibms/server/mlsql"
	"aibms/server/sqlerr"
)

// dropModel drops a model with all its versions, or one version; what is deployed is refused. The data that the versions learned from is let go.
func (e *Env) dropModel(s *mlsql.DropModel) *plan {
	return &plan{commits: true, run: func(ctx *sql.Context) ([]sql.Row, error) {
		m, err := e.changeable(ctx, s.Name)
		if errors.Is(err, catalog.ErrNoModel) && s.IfExists {
			ctx.Warn(sqlerr.ModelMissing.Number, "%v", err)
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		var dropped []*catalog.Version
		if s.Version.IsSet() {
			if _, exists := m.Version(s.Version.Number); !exists && s.IfExists {
				ctx.Warn(sqlerr.VersionMissing.Number, "model %s has no version %d", m.Name, s.Version.Number)
				return nil, nil
			}
			v, err := e.Catalog.DropVersion(ctx, account(ctx), m.Database, m.Name, s.Version.Number)
			if err != nil {
				return nil, err
			}
			dropped = []*catalog.Version{v}
		} else if m, err = e.Catalog.DropModel(ctx, account(ctx), m.Database, m.Name, false); err != nil {
			return nil, err
		} else {
			dropped = m.Versions
		}
		for _, v := range dropped {
			if err := e.Reader.Unpin(ctx, v.Data); err != nil {
				ctx.Warn(sqlerr.InternalError.Number, "the data of version %d is still kept: %v", v.Number, err)
			}
		}
		return nil, nil
	}}
}
