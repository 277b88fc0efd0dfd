package server

import (
	"strings"

	ast "github.com/dolthub/vitess/go/vt/sqlparser"

	"aibms/catalog"
	"aibms/sqlfuncs"
)

// rewriter puts explicit columns into calls that find their features by name, so that MySQL's own rules for names hold: a missing column is error 1054,
// an ambiguous one 1052, and privileges on columns and tables are checked as for any other reference.
//
//	PREDICT('m')                    -> the columns of m, unqualified; in a trigger, outside of any FROM, those of NEW (of OLD when a row is deleted)
//	PREDICT('m', t)                 -> the columns of m in t, where t is a table or alias of an enclosing FROM, or NEW or OLD
//	PREDICT('m', t.*)               -> the same
//	PREDICT_PROBA('m', 'class')     -> as PREDICT('m'); without a FROM, and for a model of one column, the literal is the column's value
//	PREDICT_PROBA('m', class, t)    -> as PREDICT('m', t)
//
// All others are positional and stay as they are. The rewriter never fails: a call that it can make nothing of is left to the function, which says what is wrong. (A stored
// trigger whose text fails to parse would be passed over by the engine.)
type rewriter struct {
	snapshot *catalog.Snapshot
	database string // of unqualified model names
	mayUse   func(*catalog.Model) bool
}

// rewrite changes the calls under node in place; s is the scope around it.
func (r *rewriter) rewrite(node any, s scope) {
	walk(node, func(n any) (below bool) {
		if n == node {
			s = s.inside(n)
			return true
		}
		switch x := n.(type) {
		case *ast.Select, *ast.Update, *ast.Delete, *ast.Insert, *ast.DDL:
			r.rewrite(x, s)
			return false
		case *ast.FuncExpr:
			r.call(x, s)
		}
		return true
	})
}

// inside is the scope of what stands in a statement.
func (s scope) inside(statement any) scope {
	switch x := statement.(type) {
	case *ast.Select:
		return s.with(x.From)
	case *ast.Update:
		return s.with(x.TableExprs)
	case *ast.Delete:
		return s.with(x.TableExprs)
	case *ast.Insert: // ON DUPLICATE KEY UPDATE sees the table; VALUES in a trigger see the row
		return scope{append(s.tables[:len(s.tables):len(s.tables)], strings.ToLower(x.Table.Name.String())), s.row}
	case *ast.DDL:
		if x.TriggerSpec != nil {
			if strings.EqualFold(x.TriggerSpec.Event, ast.DeleteStr) {
				return scope{row: "old"}
			}
			return scope{row: "new"}
		}
	}
	return s
}

// call rewrites one call, if it finds its features by name.
func (r *rewriter) call(f *ast.FuncExpr, s scope) {
	function := f.Name.Lowered()
	if !strings.HasPrefix(function, "predict") || !sqlfuncs.TakesModel(function) {
		return
	}
	model, ok := modelOf(f.Exprs)
	if !ok {
		return // a model that is not known yet: positional
	}
	columns, ok := r.columns(model)
	if !ok {
		f.Exprs = f.Exprs[:1] // the function says what is wrong with the model, before any column or table is named
		return
	}
	class, table, ok := s.split(function == "predict_proba", f.Exprs[1:], columns)
	if !ok {
		return
	}
	f.Exprs = byName(function, f.Exprs[0], table, class, columns, s.row)
	f.Name = ast.NewColIdent(sqlfuncs.ByName)
}

// columns lists the columns that a model reads, in order; ok is false when it does not answer, or not to this user.
func (r *rewriter) columns(model string) (names []string, ok bool) {
	ref, err := catalog.ParseRef(model)
	if err != nil {
		return nil, false
	}
	m, v, err := r.snapshot.Resolve(ref, r.database)
	if err != nil || !r.mayUse(m) {
		return nil, false
	}
	for _, c := range v.Inputs {
		names = append(names, c.Name)
	}
	return names, true
}

// split takes the arguments after the model apart; ok is false for a call that is positional.
func (s scope) split(proba bool, rest ast.SelectExprs, columns []string) (class ast.SelectExpr, table string, ok bool) {
	if len(rest) == 0 {
		return nil, "", true
	}
	if table, ok := s.tableArgument(rest[len(rest)-1], columns); ok {
		switch {
		case len(rest) == 1:
			return nil, table, true
		case proba && len(rest) == 2:
			return rest[0], table, true
		}
		return nil, "", false
	}
	if proba && len(rest) == 1 && s.isClass(rest[0], len(columns)) {
		return rest[0], "", true
	}
	return nil, "", false
}

// tableArgument tells whether an argument is a row: t.*, or the name of a table in sight that is no column of the model.
func (s scope) tableArgument(e ast.SelectExpr, columns []string) (string, bool) {
	switch x := e.(type) {
	case *ast.StarExpr:
		name := x.TableName.Name.String()
		return name, name != ""
	case *ast.AliasedExpr:
		c, ok := x.Expr.(*ast.ColName)
		if !ok || !c.Qualifier.IsEmpty() {
			return "", false
		}
		name := c.Name.String()
		if len(columns) == 1 && strings.EqualFold(columns[0], name) {
			return "", false
		}
		return name, s.has(name)
	}
	return "", false
}

// isClass tells whether the only argument after the model is a class: a literal that is no JSON object, or a placeholder, where there are columns to find by name.
func (s scope) isClass(e ast.SelectExpr, columns int) bool {
	a, ok := e.(*ast.AliasedExpr)
	if !ok {
		return false
	}
	inRow := len(s.tables) > 0 || s.row != ""
	x := a.Expr
	if u, ok := x.(*ast.UnaryExpr); ok { // -1
		x = u.Expr
	}
	switch x := x.(type) {
	case ast.BoolVal:
		return inRow || columns != 1
	case *ast.SQLVal:
		if x.Type == ast.ValArg {
			return inRow
		}
		return (inRow || columns != 1) && !strings.HasPrefix(strings.TrimSpace(string(x.Val)), "{")
	}
	return false
}

// byName is what the arguments of sqlfuncs.ByName are. row qualifies the columns where the call names no table.
func byName(function string, model ast.SelectExpr, table string, class ast.SelectExpr, columns []string, row string) ast.SelectExprs {
	shown := ast.SelectExpr(&ast.AliasedExpr{Expr: &ast.NullVal{}})
	if table != "" {
		shown, row = literal(table), table
	}
	if class == nil {
		class = &ast.AliasedExpr{Expr: &ast.NullVal{}}
	}
	exprs := ast.SelectExprs{literal(function), model, shown, literal(strings.Join(columns, sqlfuncs.Separator)), class}
	for _, c := range columns {
		name := &ast.ColName{Name: ast.NewColIdent(c)}
		if row != "" {
			name.Qualifier = ast.TableName{Name: ast.NewTableIdent(row)}
		}
		exprs = append(exprs, &ast.AliasedExpr{Expr: name})
	}
	return exprs
}

// modelOf is the literal that a call has for its first argument.
func modelOf(args ast.SelectExprs) (name string, ok bool) {
	if len(args) == 0 {
		return "", false
	}
	a, ok := args[0].(*ast.AliasedExpr)
	if !ok {
		return "", false
	}
	v, ok := a.Expr.(*ast.SQLVal)
	if !ok || v.Type != ast.StrVal {
		return "", false
	}
	return string(v.Val), true
}

func literal(s string) ast.SelectExpr { return &ast.AliasedExpr{Expr: ast.NewStrVal([]byte(s))} }
