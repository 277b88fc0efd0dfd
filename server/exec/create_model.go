package exec

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"aibms/catalog"
	"aibms/server/engine"
	"aibms/server/mlsql"
	"aibms/server/sqlerr"
)

// createModel declares a model: everything is checked, nothing is trained. It needs CREATE on the database and SELECT on the sources.
func (e *Env) createModel(s *mlsql.CreateModel) *plan {
	return &plan{commits: true, run: func(ctx *sql.Context) ([]sql.Row, error) {
		database := s.Name.Database
		if database == "" {
			database = currentDatabase(ctx)
		}
		if database == "" {
			return nil, noDatabase(s.Name)
		}
		if err := e.mayCreate(ctx, database); err != nil {
			return nil, err
		}
		if !e.Engine.Catalog().HasDatabase(ctx, database) {
			return nil, sql.ErrDatabaseNotFound.New(database)
		}
		if systemDatabase(database) {
			return nil, sqlerr.Errorf(sqlerr.DatabaseDenied, "CREATE MODEL %s.%s: database %s is the server's own; choose one of your own", database, s.Name.Name, database)
		}
		if err := catalog.CheckName(s.Name.Name); err != nil {
			return nil, err
		}
		if m, ok := e.Catalog.Snapshot().Model(database, s.Name.Name); ok {
			if s.IfNotExists {
				ctx.Warn(sqlerr.ModelExists.Number, "model %s.%s exists already", m.Database, m.Name)
				return nil, nil
			}
			if s.OrReplace {
				if err := e.mayChange(ctx, m.Database, m.Name); err != nil {
					return nil, err
				}
			}
		}
		d, err := e.Service.Resolve(e.work(ctx), s, database, nil)
		if err != nil {
			return nil, err
		}
		warn(ctx, d.Notes)
		// the definition says what the session that declared it was given, and can be executed again in any database that has such tables
		stored := *s
		stored.OrReplace, stored.IfNotExists = false, false
		stored.Name = mlsql.Name{Name: s.Name.Name}
		if stored.Using == nil {
			stored.Using = &mlsql.Using{Learner: d.Learner.Name}
		}
		declaration := catalog.Declaration{Database: database, Name: s.Name.Name, Definition: stored.String(), Comment: s.Comment.Text, SQLMode: e.Reader.SQLMode(ctx)}
		if s.OrReplace {
			if _, ok := e.Catalog.Snapshot().Model(database, s.Name.Name); ok {
				_, err = e.Catalog.ReplaceDefinition(ctx, account(ctx), declaration)
				return nil, err
			}
		}
		_, err = e.Catalog.CreateModel(ctx, account(ctx), declaration)
		return nil, err
	}}
}

// systemDatabase tells the databases that hold no models.
func systemDatabase(name string) bool {
	for _, system := range []string{engine.CatalogDatabase, "mysql", "information_schema", "performance_schema", "sys"} {
		if strings.EqualFold(name, system) {
			return true
		}
	}
	return false
}
