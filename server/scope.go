package server

import (
	"strings"

	ast "github.com/dolthub/vitess/go/vt/sqlparser"
)

// scope is where a call stands: the tables in sight, and the row that a trigger's body sees.
type scope struct {
	tables []string // lower case
	row    string   // "new" or "old" in a trigger outside of any FROM, else ""
}

// with is the scope inside a statement with that FROM.
func (s scope) with(from ast.TableExprs) scope {
	inner := scope{tables: append([]string(nil), s.tables...), row: s.row}
	for _, t := range from {
		inner.add(t)
	}
	return inner
}

func (s *scope) add(t ast.TableExpr) {
	name := ""
	switch x := t.(type) {
	case *ast.AliasedTableExpr:
		name = x.As.String()
		if table, ok := x.Expr.(ast.TableName); ok && name == "" {
			name = table.Name.String()
		}
	case *ast.TableFuncExpr:
		if name = x.Alias.String(); name == "" {
			name = x.Name
		}
	case *ast.JSONTableExpr:
		name = x.Alias.String()
	case *ast.JoinTableExpr:
		s.add(x.LeftExpr)
		s.add(x.RightExpr)
	case *ast.ParenTableExpr:
		for _, e := range x.Exprs {
			s.add(e)
		}
	}
	if name != "" && !strings.EqualFold(name, "dual") {
		s.tables = append(s.tables, strings.ToLower(name))
		s.row = ""
	}
}

// has tells whether name is a table in sight, or a row of a trigger.
func (s scope) has(name string) bool {
	name = strings.ToLower(name)
	for _, t := range s.tables {
		if t == name {
			return true
		}
	}
	return s.row != "" && (name == "new" || name == "old")
}
