package exec

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"aibms/catalog"
	"aibms/server/sqlerr"
)

// currentDatabase is the session's database without a branch: models are the same on every branch.
func currentDatabase(ctx *sql.Context) string {
	base, _, _ := strings.Cut(ctx.GetCurrentDatabase(), "/")
	return base
}

// account is who runs the statement, as the catalog records it.
func account(ctx *sql.Context) string {
	c := ctx.Session.Client()
	return c.User + "@" + c.Address
}

// mayCreate asks for CREATE on the database.
func (e *Env) mayCreate(ctx *sql.Context, database string) error {
	if e.Engine.Can(ctx, database, "", sql.PrivilegeType_Create) {
		return nil
	}
	return sqlerr.Errorf(sqlerr.DatabaseDenied, "Access denied for user '%s' to database '%s': creating a model needs CREATE on it (GRANT CREATE ON %s.* TO ...)", account(ctx), database, database)
}

// mayChange asks for ALTER ROUTINE on the model: to train, deploy, roll back, alter and drop.
func (e *Env) mayChange(ctx *sql.Context, database, model string) error {
	if e.Engine.Can(ctx, database, model, sql.PrivilegeType_AlterRoutine) {
		return nil
	}
	return sqlerr.Errorf(sqlerr.ModelDenied, "alter routine command denied to user '%s' for model '%s.%s' (GRANT ALTER ROUTINE ON %s.* or ON PROCEDURE %s.%s TO ...)",
		account(ctx), database, model, database, database, model)
}

// MayUse asks for EXECUTE on the model: to predict, evaluate and show.
func (e *Env) MayUse(ctx *sql.Context, m *catalog.Model) error {
	return e.mayUse(ctx, m.Database, m.Name)
}

func (e *Env) mayUse(ctx *sql.Context, database, model string) error {
	if e.canUse(ctx, database, model) {
		return nil
	}
	return sqlerr.Errorf(sqlerr.ModelDenied, "execute command denied to user '%s' for model '%s.%s' (GRANT EXECUTE ON %s.* or ON PROCEDURE %s.%s TO ...)",
		account(ctx), database, model, database, database, model)
}

func (e *Env) canUse(ctx *sql.Context, database, model string) bool {
	return e.Engine.Can(ctx, database, model, sql.PrivilegeType_Execute)
}
