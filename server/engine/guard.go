package engine

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/vitess/go/mysql"

	"github.com/dolthub/dolt/go/libraries/doltcore/sqle/kvexec"
)

const (
	// CatalogDatabase is the database that only the server's own sessions write.
	CatalogDatabase = "aibms"
	// ArtifactTable is the table of it that only superusers read.
	ArtifactTable = "model_artifacts"
)

// guard sees every node of every plan just before it runs, whichever way the plan came about: a statement, a prepared one, the body of a procedure,
// trigger or event, a view. It is the last of the gates for what the engine itself lets anybody do:
//
//   - reading and writing files of the server: needs the FILE privilege, and stays in one folder
//   - setting global and persisted variables: needs SUPER
//   - making an event, trigger or view in another's name: needs SUPER, since an event runs with the privileges of its definer
//   - writing the catalog database: for internal sessions alone (authGuard refuses most of it earlier, by name)
type guard struct {
	inner kvexec.Builder
	e     *Engine
}

var _ sql.NodeExecBuilder = guard{}

// Build implements sql.NodeExecBuilder.
func (g guard) Build(ctx *sql.Context, n sql.Node, row sql.Row) (sql.RowIter, error) {
	if err := g.check(ctx, n); err != nil {
		return nil, err
	}
	for _, replace := range g.e.seams.Replace {
		if other, ok, err := replace(ctx, n, row); err != nil {
			return nil, err
		} else if ok {
			return g.e.gms.Analyzer.ExecBuilder.Build(ctx, other, row)
		}
	}
	return g.inner.Build(ctx, n, row)
}

func (g guard) check(ctx *sql.Context, n sql.Node) error {
	switch n := n.(type) {
	case *plan.Project, *plan.Filter, *plan.ResolvedTable, *plan.IndexedTableAccess, *plan.TableAlias, *plan.SubqueryAlias, *plan.JoinNode,
		*plan.Limit, *plan.TopN, *plan.Sort, *plan.GroupBy, *plan.Values,
		*plan.BeginEndBlock, *plan.TriggerBeginEndBlock, *plan.IfElseBlock, *plan.TriggerExecutor, *plan.Procedure:
		return nil // what they hold is seen by itself
	case *plan.Into:
		return g.file(ctx, n.Outfile, n.Dumpfile)
	case *plan.LoadData:
		if n.Local {
			return nil
		}
		return g.file(ctx, n.File)
	case *plan.Set:
		return g.set(ctx, n)
	case *plan.DropDB:
		if err := g.dropDatabase(ctx, n.DbName); err != nil {
			return err
		}
	case *plan.DropSchema: // the same by its other name
		if err := g.dropDatabase(ctx, n.DbName); err != nil {
			return err
		}
	case *plan.CreateTable:
		if err := tooManyColumns(len(n.Schema())); err != nil {
			return err
		}
	case *plan.AddColumn:
		if err := tooManyColumns(len(n.TargetSchema()) + 1); err != nil {
			return err
		}
	case *plan.CreateEvent:
		if err := g.definer(ctx, n.Definer); err != nil {
			return err
		}
	case *plan.AlterEvent:
		if err := g.definer(ctx, n.Definer); err != nil {
			return err
		}
	case *plan.CreateTrigger:
		if err := g.definer(ctx, n.Definer); err != nil {
			return err
		}
	case *plan.CreateView:
		if err := g.definer(ctx, n.Definer); err != nil {
			return err
		}
	case *plan.Call:
		if n.Procedure != nil && n.Procedure.ExternalProc != nil && strings.HasPrefix(strings.ToLower(n.Name), "dolt_") &&
			n.Database() != nil && isCatalog(ctx, n.Database().Name()) && !catalogSafe[strings.ToLower(n.Name)] && !g.e.isInternal(ctx) {
			return catalogDenied(ctx, "CALL "+n.Name)
		}
		return nil
	}
	if n.IsReadOnly() || g.e.isInternal(ctx) {
		return nil
	}
	for _, db := range targets(n) {
		if isCatalog(ctx, db) {
			return catalogDenied(ctx, fmt.Sprintf("%T", n)[len("*plan."):])
		}
	}
	return nil
}

func (g guard) dropDatabase(ctx *sql.Context, name string) error {
	if may := g.e.seams.DropDatabase; may != nil {
		return may(ctx, name)
	}
	return nil
}

// maxColumns is how many columns a table may have: storage keeps a row in tuples of 4,096 fields, one of which may be its own, and panics beyond.
const maxColumns = 4095

func tooManyColumns(n int) error {
	if n <= maxColumns {
		return nil
	}
	return mysql.NewSQLError(1117, "HY000", "too many columns: a table has at most %d, this one would have %d", maxColumns, n)
}

// file refuses a path on the server to users without FILE, and one outside the folder for files to all.
func (g guard) file(ctx *sql.Context, paths ...string) error {
	for _, p := range paths {
		if p == "" {
			continue
		}
		if !g.e.hasGlobal(ctx, sql.PrivilegeType_File) {
			return fileDenied()
		}
		if dir := filepath.Dir(filepath.Clean(p)); dir != g.e.dir.files && !strings.HasPrefix(dir, g.e.dir.files+string(filepath.Separator)) {
			return mysql.NewSQLError(mysql.EROptionPreventsStatement, "HY000",
				"the file %s is outside %s, the only folder that SQL may read and write (@@secure_file_priv)", p, g.e.dir.files)
		}
	}
	return nil
}

func fileDenied() error {
	return mysql.NewSQLError(mysql.ERSpecifiedAccessDenied, "42000", "access denied; you need the FILE privilege for this operation (GRANT FILE ON *.* TO ...)")
}

// definer refuses to make something in another account's name to users without SUPER.
func (g guard) definer(ctx *sql.Context, definer string) error {
	c := ctx.Session.Client()
	if definer == "" || strings.EqualFold(definer, "`"+c.User+"`@`"+c.Address+"`") || g.e.isSuper(ctx) {
		return nil
	}
	return mysql.NewSQLError(mysql.ERSpecifiedAccessDenied, "42000", "access denied; you need the SUPER privilege to name another account (%s) as the definer", definer)
}

// set refuses global and persisted variables to users without SUPER.
func (g guard) set(ctx *sql.Context, n *plan.Set) error {
	for _, e := range n.Exprs {
		f, ok := e.(*expression.SetField)
		if !ok {
			continue
		}
		v, ok := f.LeftChild.(*expression.SystemVar)
		if !ok {
			continue
		}
		if s, ok := v.Scope.(*sql.MysqlScope); ok && s.Type == sql.SystemVariableScope_Session {
			continue
		}
		if !g.e.isSuper(ctx) {
			return mysql.NewSQLError(mysql.ERSpecifiedAccessDenied, "42000",
				"access denied; you need the SUPER privilege to set the global variable '%s' (SET SESSION needs none)", v.Name)
		}
	}
	return nil
}

// targets are the databases that a node writes to by itself, not by the nodes in it.
func targets(n sql.Node) []string {
	var dbs []string
	add := func(db sql.Database) {
		if db != nil {
			dbs = append(dbs, db.Name())
		}
	}
	table := func(n sql.Node) {
		if t, ok := n.(*plan.ResolvedTable); ok {
			add(t.SqlDatabase)
		}
	}
	switch n := n.(type) {
	case *plan.InsertInto:
		add(n.Database())
		table(n.Destination)
		return dbs
	case *plan.DeleteFrom:
		for _, t := range n.GetDeleteTargets() {
			table(unalias(t))
		}
		return append(dbs, n.Database())
	case *plan.Update:
		return append(dbs, n.Database())
	case *plan.CreateDB:
		return append(dbs, n.DbName)
	case *plan.DropDB:
		return append(dbs, n.DbName)
	}
	switch d := n.(type) {
	case sql.Databaser:
		add(d.Database())
	case sql.Databaseable:
		dbs = append(dbs, d.Database())
	}
	for _, c := range n.Children() {
		table(c)
	}
	return dbs
}

// unalias finds the table under aliases and index accesses.
func unalias(n sql.Node) sql.Node {
	for {
		switch t := n.(type) {
		case *plan.TableAlias:
			n = t.Child
		case *plan.IndexedTableAccess:
			return t.TableNode.(sql.Node)
		default:
			return n
		}
	}
}

// isCatalog tells whether a database, possibly at a branch or commit ("aibms/main"), is the catalog. An empty name is the session's database.
func isCatalog(ctx *sql.Context, db string) bool {
	if db == "" {
		db = ctx.GetCurrentDatabase()
	}
	base, _, _ := strings.Cut(db, "/")
	return strings.EqualFold(base, CatalogDatabase)
}

// catalogDenied is the error for a write to the catalog; what names the statement or object.
func catalogDenied(ctx *sql.Context, what string) error {
	c := ctx.Session.Client()
	return mysql.NewSQLError(1142, "42000", "%s command denied to user '%s'@'%s': the database %s is written by the server alone, through statements such as TRAIN MODEL and DEPLOY MODEL",
		strings.ToUpper(what), c.User, c.Address, CatalogDatabase)
}

// isInternal tells whether a session is one of the server's own.
func (e *Engine) isInternal(ctx *sql.Context) bool {
	_, ok := e.internal.Load(ctx.Session.ID())
	return ok
}

// isSuper tells whether the session's user holds SUPER.
func (e *Engine) isSuper(ctx *sql.Context) bool { return e.hasGlobal(ctx, sql.PrivilegeType_Super) }

// hasGlobal tells whether the session's user holds a global privilege.
func (e *Engine) hasGlobal(ctx *sql.Context, p sql.PrivilegeType) bool {
	set := e.Catalog().MySQLDb.UserActivePrivilegeSet(ctx)
	return set.Has(sql.PrivilegeType_Super) || set.Has(p)
}
