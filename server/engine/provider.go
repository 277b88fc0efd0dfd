package engine

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/mysql"

	"github.com/dolthub/dolt/go/libraries/doltcore/sqle"
)

// provider is what the catalog sees in place of Dolt's database provider, so that functions and procedures are resolved with the session's context. Sessions
// keep Dolt's own.
type provider struct {
	*sqle.DoltDatabaseProvider
	e *Engine
}

var (
	_ sql.DatabaseProvider                = (*provider)(nil)
	_ sql.FunctionProvider                = (*provider)(nil)
	_ sql.TableFunctionProvider           = (*provider)(nil)
	_ sql.ExternalStoredProcedureProvider = (*provider)(nil)
	_ sql.CollatedDatabaseProvider        = (*provider)(nil)
)

// Function implements sql.FunctionProvider. LOAD_FILE, which the engine lets anybody call, needs FILE.
func (p *provider) Function(ctx *sql.Context, name string) (sql.Function, bool) {
	if f := p.e.seams.Function; f != nil {
		if fn, ok := f(ctx, name); ok {
			return fn, true
		}
	}
	if strings.EqualFold(name, "load_file") && !p.e.hasGlobal(ctx, sql.PrivilegeType_File) {
		return sql.FunctionN{Name: "load_file", Fn: func(...sql.Expression) (sql.Expression, error) { return nil, fileDenied() }}, true
	}
	return p.DoltDatabaseProvider.Function(ctx, name)
}

// TableFunction implements sql.TableFunctionProvider.
func (p *provider) TableFunction(ctx *sql.Context, name string) (sql.TableFunction, bool) {
	if f := p.e.seams.TableFunction; f != nil {
		if fn, ok := f(ctx, name); ok {
			return fn, true
		}
	}
	return p.DoltDatabaseProvider.TableFunction(ctx, name)
}

// WithTableFunctions implements sql.TableFunctionProvider.
func (p *provider) WithTableFunctions(fns ...sql.TableFunction) (sql.TableFunctionProvider, error) {
	n, err := p.DoltDatabaseProvider.WithTableFunctions(fns...)
	if err != nil {
		return nil, err
	}
	return &provider{DoltDatabaseProvider: n.(*sqle.DoltDatabaseProvider), e: p.e}, nil
}

// doltAccess says what Dolt's own procedures need beside EXECUTE. One that is not listed needs SUPER: it uses the network, rewrites or discards what others did, or
// changes tables without asking for the privileges on them.
var doltAccess = map[string]access{
	"dolt_add":                {write: true},
	"dolt_commit":             {write: true, refuse: []string{"--amend"}},
	"dolt_commit_hash_out":    {write: true, refuse: []string{"--amend"}},
	"dolt_tag":                {write: true, refuse: []string{"-d", "--delete", "-f", "--force"}},
	"dolt_count_commits":      {},
	"dolt_verify_constraints": {},
	"dolt_stats_info":         {},
}

// catalogSafe are the procedures that may be called with the catalog as the current database: they change none of its data.
var catalogSafe = map[string]bool{
	"dolt_count_commits": true, "dolt_stats_info": true, "dolt_gc": true, "dolt_backup": true, "dolt_thread_dump": true,
}

// access is what an ordinary user needs for a procedure.
type access struct {
	write  bool     // INSERT, UPDATE or DELETE on the database
	refuse []string // arguments that need SUPER
}

// ExternalStoredProcedure implements sql.ExternalStoredProcedureProvider.
func (p *provider) ExternalStoredProcedure(ctx *sql.Context, name string, params int) (*sql.ExternalStoredProcedureDetails, error) {
	d, err := p.DoltDatabaseProvider.ExternalStoredProcedure(ctx, name, params)
	name = strings.ToLower(name)
	if d == nil || err != nil || !strings.HasPrefix(name, "dolt_") || p.e.isInternal(ctx) {
		return d, err
	}
	if isCatalog(ctx, "") && !catalogSafe[name] {
		return nil, catalogDenied(ctx, "CALL "+name)
	}
	if p.e.isSuper(ctx) {
		return d, nil
	}
	a, ok := doltAccess[name]
	if !ok {
		return nil, procedureDenied(name, "SUPER")
	}
	if db := ctx.GetCurrentDatabase(); a.write && !p.e.canWrite(ctx, db) {
		return nil, procedureDenied(name, "INSERT, UPDATE or DELETE (on the database)")
	}
	if len(a.refuse) == 0 {
		return d, nil
	}
	return checked(d, a.refuse), nil
}

// canWrite tells whether the user may write any table of the database.
func (e *Engine) canWrite(ctx *sql.Context, db string) bool {
	db, _, _ = strings.Cut(db, "/")
	for _, p := range []sql.PrivilegeType{sql.PrivilegeType_Insert, sql.PrivilegeType_Update, sql.PrivilegeType_Delete} {
		if e.Can(ctx, db, "", p) {
			return true
		}
	}
	return false
}

func procedureDenied(name, privilege string) error {
	return mysql.NewSQLError(mysql.ERSpecifiedAccessDenied, "42000", "access denied; you need the %s privilege to call %s", privilege, name)
}

// checked is a procedure that refuses some arguments.
func checked(d *sql.ExternalStoredProcedureDetails, refuse []string) *sql.ExternalStoredProcedureDetails {
	check := func(args []string) error {
		for _, a := range args {
			flag, _, _ := strings.Cut(a, "=")
			for _, r := range refuse {
				if strings.EqualFold(flag, r) {
					return procedureDenied(d.Name+" with "+r, "SUPER")
				}
			}
		}
		return nil
	}
	c := *d
	switch f := d.Function.(type) {
	case func(*sql.Context, ...string) (sql.RowIter, error):
		c.Function = func(ctx *sql.Context, args ...string) (sql.RowIter, error) {
			if err := check(args); err != nil {
				return nil, err
			}
			return f(ctx, args...)
		}
	case func(*sql.Context, *string, ...string) (sql.RowIter, error):
		c.Function = func(ctx *sql.Context, out *string, args ...string) (sql.RowIter, error) {
			if err := check(args); err != nil {
				return nil, err
			}
			return f(ctx, out, args...)
		}
	}
	return &c
}
