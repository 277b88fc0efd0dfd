package rows

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/planbuilder"
	"github.com/dolthub/vitess/go/mysql"
	ast "github.com/dolthub/vitess/go/vt/sqlparser"

	"aibms/learners/data"
	"aibms/learners/feature"
	"aibms/server/lifecycle"
)

// notStateless are the functions whose value does not follow from their arguments alone: a feature made with them could not be replayed.
var notStateless = func() map[string]bool {
	out := map[string]bool{}
	for _, f := range strings.Fields(`rand uuid uuid_short now sysdate curdate curtime current_date current_time current_timestamp
		localtime localtimestamp utc_date utc_time utc_timestamp connection_id current_user user session_user system_user current_role
		database schema version last_insert_id last_insert_uuid row_count found_rows sleep benchmark get_lock release_lock is_free_lock is_used_lock
		release_all_locks load_file random_bytes active_branch hashof predict predict_proba predict_all model_version`) {
		out[f] = true
	}
	return out
}()

// unrepeatable names the function that node calls when it is one of those; "" for any other node.
func unrepeatable(node ast.SQLNode) string {
	f, ok := node.(*ast.FuncExpr)
	if !ok {
		return ""
	}
	name := f.Name.Lowered()
	if notStateless[name] || name == "unix_timestamp" && len(f.Exprs) == 0 || strings.HasPrefix(name, "dolt_") {
		return strings.ToUpper(name)
	}
	return ""
}

// parseExpression parses one SQL expression with MySQL's grammar.
func parseExpression(text string) (ast.Expr, error) {
	st, err := ast.Parse("SELECT " + text)
	if err != nil {
		return nil, lifecycle.Errorf(lifecycle.ErrDefinition, "%s is not an SQL expression: %v", quoted(text), err)
	}
	sel, ok := st.(*ast.Select)
	if !ok || len(sel.SelectExprs) != 1 || sel.Where != nil || len(sel.GroupBy) > 0 || sel.Limit != nil || sel.Having != nil {
		return nil, lifecycle.Errorf(lifecycle.ErrDefinition, "%s is not one SQL expression", quoted(text))
	}
	e, ok := sel.SelectExprs[0].(*ast.AliasedExpr)
	if !ok || !e.As.IsEmpty() {
		return nil, lifecycle.Errorf(lifecycle.ErrDefinition, "%s is not an SQL expression", quoted(text))
	}
	return e.Expr, nil
}

// checkStateless refuses what could not be computed again from one row: subqueries, aggregates, variables, placeholders, and functions of
// time, chance or session. It returns the names of the columns that the expression reads, in order of first use.
func checkStateless(text string, e ast.Expr) (columns []string, err error) {
	seen := map[string]bool{}
	refuse := func(what string) error {
		return lifecycle.Errorf(lifecycle.ErrDefinition, "TRANSFORM expression %s uses %s; it may use only the columns of its own row and functions of them", quoted(text), what)
	}
	walkErr := ast.Walk(func(node ast.SQLNode) (bool, error) {
		if name := unrepeatable(node); name != "" {
			return false, refuse("the function " + name)
		}
		switch x := node.(type) {
		case *ast.Subquery, *ast.ExistsExpr:
			return false, refuse("a subquery")
		case *ast.GroupConcatExpr:
			return false, refuse("the aggregate GROUP_CONCAT")
		case *ast.SQLVal:
			if x.Type == ast.ValArg {
				return false, refuse("a placeholder (?)")
			}
		case *ast.FuncExpr:
			name := x.Name.Lowered()
			if x.Over != nil {
				return false, refuse("the window function " + strings.ToUpper(name))
			}
			if x.IsAggregate() {
				return false, refuse("the aggregate " + strings.ToUpper(name))
			}
		case *ast.ColName:
			name := x.Name.String()
			if strings.HasPrefix(name, "@") {
				return false, refuse("the variable " + name)
			}
			if !x.Qualifier.IsEmpty() {
				return false, refuse("the qualified column " + ast.String(x) + " (write " + name + ")")
			}
			if key := strings.ToLower(name); !seen[key] {
				seen[key] = true
				columns = append(columns, name)
			}
		}
		return true, nil
	}, e)
	return columns, walkErr
}

// Columns returns the columns that the expressions read, each once, in order of first use.
func Columns(inputs []string) ([]string, error) {
	var out []string
	seen := map[string]bool{}
	for _, text := range inputs {
		e, err := parseExpression(text)
		if err != nil {
			return nil, err
		}
		columns, err := checkStateless(text, e)
		if err != nil {
			return nil, err
		}
		for _, c := range columns {
			if key := strings.ToLower(c); !seen[key] {
				seen[key] = true
				out = append(out, c)
			}
		}
	}
	return out, nil
}

// Compile binds SQL expressions so that they can be evaluated row by row: every column that they name is replaced by what column returns for it.
// Training compiles against the source's columns, PREDICT against its arguments: the same code computes a feature in both.
func Compile(ctx *sql.Context, catalog sql.Catalog, inputs []string, column func(name string) (sql.Expression, bool)) (_ []sql.Expression, err error) {
	bound := map[string]sql.Expression{}
	list := make(ast.SelectExprs, len(inputs))
	for i, text := range inputs {
		e, err := parseExpression(text)
		if err != nil {
			return nil, err
		}
		if _, err := checkStateless(text, e); err != nil {
			return nil, err
		}
		// a column reference that carries a value is bound to that value: the way in which procedures bind their variables
		err = ast.Walk(func(n ast.SQLNode) (bool, error) {
			c, ok := n.(*ast.ColName)
			if !ok {
				return true, nil
			}
			x, ok := column(c.Name.String())
			if !ok {
				return false, sql.ErrColumnNotFound.New(c.Name.String())
			}
			key := "c" + strconv.Itoa(len(bound))
			bound[key] = x
			c.StoredProcVal = ast.NewValArg([]byte(":" + key))
			return true, nil
		}, e)
		if err != nil {
			return nil, err
		}
		list[i] = &ast.AliasedExpr{Expr: e}
	}
	b := planbuilder.New(ctx, catalog, nil)
	b.DisableAuth()
	b.SetBindingsWithExpr(bound)
	node, _, err := b.BindOnly(&ast.Select{SelectExprs: list}, "", nil)
	if err != nil {
		return nil, misspelt(err, inputs)
	}
	project, ok := node.(*plan.Project)
	if !ok || len(project.Projections) != len(inputs) {
		return nil, fmt.Errorf("cannot compile the expressions %s", strings.Join(inputs, ", "))
	}
	out := make([]sql.Expression, len(inputs))
	for i, e := range project.Projections {
		if a, ok := e.(*expression.Alias); ok {
			e = a.Child
		}
		out[i] = e
	}
	return out, nil
}

// kindOf is how the values of a feature's expression are held.
func kindOf(text string, e sql.Expression) (data.Kind, error) {
	kind, ok := KindOf(ClassOf(e.Type()))
	if !ok {
		return 0, lifecycle.Errorf(lifecycle.ErrDefinition, "TRANSFORM expression %s is of type %s, which no learner takes; use an expression that gives a number or text", quoted(text), e.Type())
	}
	return kind, nil
}

// misspelt adds to the error for a function that does not exist the transformer that may have been meant.
func misspelt(err error, inputs []string) error {
	if !sql.ErrFunctionNotFound.Is(err) {
		return err
	}
	for _, text := range inputs {
		name, _, call := strings.Cut(text, "(")
		if hint := feature.Suggest(strings.TrimSpace(name)); call && hint != "" {
			return mysql.NewSQLError(1305, "42000", "function: '%s' not found%s", strings.ToLower(strings.TrimSpace(name)), hint)
		}
	}
	return err
}

func quoted(text string) string {
	if len(text) > 80 {
		text = text[:80] + "..."
	}
	return "'" + text + "'"
}
