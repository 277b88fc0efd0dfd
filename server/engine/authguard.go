package engine

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"
)

// authGuard adds the catalog's own rules to the engine's authorization: nobody but the server writes it, and artifact bytes are for superusers. It judges by the
// names in a statement, when the statement is bound; what has no name there is caught by guard when it runs.
type authGuard struct {
	sql.AuthorizationHandler
	e *Engine
}

// reading are the kinds of authorization that change nothing in the database they name.
var reading = map[string]bool{
	sqlparser.AuthType_IGNORE:                true,
	sqlparser.AuthType_SELECT:                true,
	sqlparser.AuthType_SHOW:                  true,
	sqlparser.AuthType_SHOW_CREATE_PROCEDURE: true,
	sqlparser.AuthType_VISIBLE:               true,
	sqlparser.AuthType_LOCK:                  true,
	sqlparser.AuthType_PROCESS:               true,
	sqlparser.AuthType_CALL:                  true, // see provider.ExternalStoredProcedure; the catalog has no procedures of its own
}

// HandleAuth implements sql.AuthorizationHandler.
func (a *authGuard) HandleAuth(ctx *sql.Context, state sql.AuthorizationQueryState, auth sqlparser.AuthInformation) error {
	if !reading[auth.AuthType] && !a.e.isInternal(ctx) {
		for _, db := range named(auth) {
			if isCatalog(ctx, db) {
				return catalogDenied(ctx, auth.AuthType)
			}
		}
	}
	if auth.AuthType == sqlparser.AuthType_CALL && len(auth.TargetNames) > 1 && a.e.seams.Open[strings.ToLower(auth.TargetNames[1])] {
		return nil
	}
	return a.AuthorizationHandler.HandleAuth(ctx, state, auth)
}

// named are the databases that a statement names; an empty one is the session's.
func named(auth sqlparser.AuthInformation) []string {
	step := 0
	switch auth.TargetType {
	case sqlparser.AuthTargetType_DatabaseIdentifiers:
		step = 1
	case sqlparser.AuthTargetType_SingleTableIdentifier, sqlparser.AuthTargetType_MultipleTableIdentifiers:
		step = 2
	case sqlparser.AuthTargetType_TableColumn:
		step = 3
	default:
		if auth.AuthType != sqlparser.AuthType_RENAME {
			return nil
		}
		step = 2 // from database, from table, to database, to table, ...
	}
	var dbs []string
	for i := 0; i < len(auth.TargetNames); i += step {
		dbs = append(dbs, auth.TargetNames[i])
	}
	return dbs
}

// HandleAuthNode implements sql.AuthorizationHandler, for Dolt's table functions (dolt_diff(...) and its like).
func (a *authGuard) HandleAuthNode(ctx *sql.Context, state sql.AuthorizationQueryState, node sql.AuthorizationCheckerNode) error {
	if !a.e.isSuper(ctx) && !node.CheckAuth(ctx, artifactChecker{a.e.Catalog().MySQLDb}) {
		return sql.ErrPrivilegeCheckFailed.New(userHost(ctx))
	}
	return a.AuthorizationHandler.HandleAuthNode(ctx, state, node)
}

// artifactChecker grants what the accounts grant, less what would show artifact bytes.
type artifactChecker struct{ sql.PrivilegedOperationChecker }

// UserHasPrivileges implements sql.PrivilegedOperationChecker.
func (c artifactChecker) UserHasPrivileges(ctx *sql.Context, operations ...sql.PrivilegedOperation) bool {
	for _, o := range operations {
		if isCatalog(ctx, o.Database) && (o.Table == "" || isArtifacts(o.Table)) {
			return false
		}
	}
	return c.PrivilegedOperationChecker.UserHasPrivileges(ctx, operations...)
}

// CheckTable implements sql.AuthorizationHandler. It is asked for every table that a statement reaches through the catalog.
func (a *authGuard) CheckTable(ctx *sql.Context, state sql.AuthorizationQueryState, db, schema, table string) error {
	if isArtifacts(table) && isCatalog(ctx, db) && !a.e.isSuper(ctx) {
		return sql.ErrTableAccessDeniedForUser.New(userHost(ctx), table)
	}
	if a.hiddenByView(ctx, db, table) {
		return sql.ErrTableAccessDeniedForUser.New(userHost(ctx), table)
	}
	return a.AuthorizationHandler.CheckTable(ctx, state, db, schema, table)
}

// hiddenByView tells whether a table is reached through a view whose reader has no SELECT on it. While it binds a view the engine judges a table without a database by
// the session's current one, and lets the reader reach every table: it lends him a global CREATE VIEW, by which this knows that it is in a view. Who holds that privilege
// himself, globally, is not judged again.
func (a *authGuard) hiddenByView(ctx *sql.Context, db, table string) bool {
	accounts := a.e.Catalog().MySQLDb
	if now := accounts.UserActivePrivilegeSet(ctx); !now.Has(sql.PrivilegeType_CreateView) || now.Has(sql.PrivilegeType_Super) {
		return false
	}
	lent, counter := ctx.Session.GetPrivilegeSet()
	ctx.Session.SetPrivilegeSet(nil, 0)
	defer ctx.Session.SetPrivilegeSet(lent, counter)
	if accounts.UserActivePrivilegeSet(ctx).Has(sql.PrivilegeType_CreateView) {
		return false
	}
	db, _, _ = strings.Cut(db, "/")
	return !strings.EqualFold(db, "information_schema") && !a.e.CanTable(ctx, db, table, sql.PrivilegeType_Select)
}

// isArtifacts tells whether a table of the catalog holds artifact bytes: the table itself or one of Dolt's views of its history (dolt_diff_model_artifacts ...).
func isArtifacts(table string) bool { return strings.Contains(strings.ToLower(table), ArtifactTable) }

func userHost(ctx *sql.Context) string {
	c := ctx.Session.Client()
	return "'" + c.User + "'@'" + c.Address + "'"
}
