package rows

import (
	"fmt"
	"strings"

	gms "github.com/dolthub/go-mysql-server"
	"github.com/dolthub/go-mysql-server/sql"
	ast "github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/dolthub/dolt/go/libraries/doltcore/doltdb"
	"github.com/dolthub/dolt/go/libraries/doltcore/sqle/dsess"

	"aibms/server/lifecycle"
)

// past makes the tables of a SELECT that say no revision themselves read the source's: the pinned commit of their database, or AS OF. A view becomes the SELECT that it
// stood for in that state, so that neither what was changed in the view since nor another database that it reads can come through. Whoever reads the view needs what he
// needs to read it in the present: SELECT on it, and on the tables under it.
type past struct {
	ctx    *sql.Context
	engine *gms.Engine
	asOf   string
	pins   map[string]string // database, in lower case, without a branch -> commit

	views    map[string]bool // databases of the views that are read; one on a branch as db/branch
	changing map[string]bool // see lifecycle.Shape.Changing
}

func newPast(ctx *sql.Context, engine *gms.Engine, s lifecycle.Source) *past {
	p := &past{ctx: ctx, engine: engine, asOf: s.AsOf, pins: map[string]string{}, views: map[string]bool{}, changing: map[string]bool{}}
	for _, pin := range s.Pins {
		p.pins[strings.ToLower(baseDatabase(pin.Database))] = pin.Commit
	}
	return p
}

// revision is what the tables of a database are read at; "" is the present.
func (p *past) revision(database string) string {
	if len(p.pins) > 0 {
		return p.pins[strings.ToLower(baseDatabase(database))]
	}
	return p.asOf
}

// maxViews is how deep views may stand inside each other: a view of the past could read itself under another name.
const maxViews = 64

// rewrite changes sel in place, and notes the views and the changing parts of sel and of its views. Unqualified tables belong to database. What sel reads in the present
// stays as it is. asOf, when not nil, is the AS OF of the view that sel defines.
func (p *past) rewrite(sel ast.SQLNode, database string, depth int, asOf *ast.AsOf) error {
	if depth > maxViews {
		return fmt.Errorf("more than %d views inside each other", maxViews)
	}
	ctes := map[string]bool{}
	err := ast.Walk(func(node ast.SQLNode) (bool, error) {
		if c, ok := node.(*ast.CommonTableExpr); ok {
			ctes[strings.ToLower(c.AliasedTableExpr.As.String())] = true
		}
		return true, nil
	}, sel)
	if err != nil {
		return err
	}
	return ast.Walk(func(node ast.SQLNode) (bool, error) {
		if name := changing(node); name != "" {
			p.changing[name] = true
		}
		t, ok := node.(*ast.AliasedTableExpr)
		if !ok {
			return true, nil
		}
		name, ok := t.Expr.(ast.TableName)
		if !ok || name.DbQualifier.IsEmpty() && (ctes[strings.ToLower(name.Name.String())] || strings.EqualFold(name.Name.String(), "dual")) {
			return true, nil
		}
		from := database
		if !name.DbQualifier.IsEmpty() {
			from = name.DbQualifier.String()
		} else if depth > 0 {
			name = belonging(t, name, database)
		}
		if t.AsOf == nil {
			t.AsOf = asOf
		}
		revision := p.revision(from)
		if revision != "" && len(p.pins) == 0 {
			if revision, err = p.commit(from, revision); err != nil {
				return false, err
			}
		}
		view, err := p.view(from, revision, name.Name.String())
		if err != nil {
			return false, err
		}
		if view == nil {
			if t.AsOf == nil && revision != "" {
				t.AsOf = &ast.AsOf{Time: ast.NewStrVal([]byte(revision))}
			}
			return true, nil
		}
		inner := from
		if revision != "" {
			inner = baseDatabase(from)
		}
		if err := p.rewrite(view.ViewExpr, inner, depth+1, t.AsOf); err != nil {
			return false, err
		}
		if revision == "" {
			return true, nil // the engine reads it
		}
		t.AsOf = nil
		if t.As.IsEmpty() {
			t.As = ast.NewTableIdent(name.Name.String())
		}
		t.Expr = &ast.Subquery{Select: view.ViewExpr, Columns: view.Columns}
		return false, nil
	}, sel)
}

// commit is the commit of a database that a branch, tag or commit in AS OF means.
func (p *past) commit(database, revision string) (string, error) {
	wrong := lifecycle.Errorf(lifecycle.ErrDefinition, "AS OF '%s': database %s has no branch, tag or commit of that name; SELECT * FROM dolt_log lists the commits", revision, database)
	session := dsess.DSessFromSess(p.ctx.Session)
	db, ok := session.GetDoltDB(p.ctx, database)
	if !ok {
		return "", sql.ErrDatabaseNotFound.New(database)
	}
	spec, err := doltdb.NewCommitSpec(revision)
	if err != nil {
		return "", wrong
	}
	head, err := session.CWBHeadRef(p.ctx, database)
	if err != nil {
		return "", err
	}
	optional, err := db.Resolve(p.ctx, spec, head)
	if err != nil {
		return "", wrong
	}
	commit, ok := optional.ToCommit()
	if !ok {
		return "", wrong
	}
	h, err := commit.HashOf()
	return h.String(), err
}

// view is the definition of a view as it was at a commit, or as it is when commit is ""; nil when the name is no view.
func (p *past) view(database, commit, name string) (*ast.ViewSpec, error) {
	if database == "" {
		return nil, nil
	}
	if commit != "" {
		database = baseDatabase(database)
	}
	db, err := p.engine.Analyzer.Catalog.Database(p.ctx, database)
	if err != nil {
		return nil, err
	}
	base := db.Name()
	if commit != "" {
		if db, err = p.engine.Analyzer.Catalog.Database(p.ctx, database+"/"+commit); err != nil {
			return nil, err
		}
	}
	views, ok := db.(sql.ViewDatabase)
	if !ok {
		return nil, nil
	}
	definition, ok, err := views.GetViewDefinition(p.ctx, name)
	if err != nil || !ok {
		return nil, err
	}
	st, _, err := p.engine.Parser.ParseOneWithOptions(p.ctx, definition.CreateViewStatement, sql.NewSqlModeFromString(definition.SqlMode).ParserOptions())
	if err != nil {
		return nil, fmt.Errorf("view %s: %w", name, err)
	}
	ddl, ok := st.(*ast.DDL)
	if !ok || ddl.ViewSpec == nil {
		return nil, fmt.Errorf("view %s has no definition", name)
	}
	p.views[base] = true
	spec := *ddl.ViewSpec
	if paren, ok := spec.ViewExpr.(*ast.ParenSelect); ok {
		spec.ViewExpr = paren.Select
	}
	return &spec, nil
}

// belonging names the database of a table of a view, for the reading and for the check of privileges alike: the view's SELECT stands in a statement of another database now.
func belonging(t *ast.AliasedTableExpr, name ast.TableName, database string) ast.TableName {
	name.DbQualifier = ast.NewTableIdent(database)
	t.Expr = name
	if names := t.GetAuthInformation().TargetNames; len(names) >= 2 && names[0] == "" {
		t.SetAuthTargetNames(append([]string{database}, names[1:]...))
	}
	return name
}
