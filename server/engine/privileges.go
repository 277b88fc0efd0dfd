package engine

import "github.com/dolthub/go-mysql-server/sql"

// Can tells whether the session's user holds all of the privileges: on the database (or globally), or, when routine is given, on the procedure of
// that name in it (GRANT EXECUTE ON PROCEDURE db.routine). With database "" only global privileges count.
func (e *Engine) Can(ctx *sql.Context, database, routine string, privileges ...sql.PrivilegeType) bool {
	db := e.Catalog().MySQLDb
	if database == "" {
		for _, p := range privileges {
			if !e.hasGlobal(ctx, p) {
				return false
			}
		}
		return true
	}
	if db.UserHasPrivileges(ctx, sql.NewPrivilegedOperation(sql.PrivilegeCheckSubject{Database: database}, privileges...)) {
		return true
	}
	if routine == "" {
		return false
	}
	return db.RoutineAdminCheck(ctx, sql.NewPrivilegedOperation(
		sql.PrivilegeCheckSubject{Database: database, Routine: routine, IsProcedure: true}, privileges...))
}

// CanTable tells whether the session's user holds a privilege on a table: on it, on its database or globally.
func (e *Engine) CanTable(ctx *sql.Context, database, table string, privilege sql.PrivilegeType) bool {
	return e.Catalog().MySQLDb.UserHasPrivileges(ctx, sql.NewPrivilegedOperation(sql.PrivilegeCheckSubject{Database: database, Table: table}, privilege))
}
