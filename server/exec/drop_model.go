package exec

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"aibms/catalog"
	"aibms/server/mlsql"
	"aibms/server/sqlerr"
)

// MayDropDatabase refuses to drop a database that has models: they, what is deployed and the data that they learned from would be gone, or belong to a later database of
// that name.
func (e *Env) MayDropDatabase(_ *sql.Context, name string) error {
	if e.Catalog == nil {
		return nil
	}
	models := e.Catalog.Snapshot().Models(name)
	if name == "" || len(models) == 0 {
		return nil
	}
	const most = 3
	var names []string
	for _, m := range models[:min(most, len(models))] {
		names = append(names, m.SQLName())
	}
	if more := len(models) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return sqlerr.Errorf(sqlerr.VersionInUse, "database %s has models (%s): DROP MODEL each first, after UNDEPLOY MODEL where a version is deployed", name, strings.Join(names, ", "))
}

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
