package server

import (
	ast "github.com/dolthub/vitess/go/vt/sqlparser"

	"aibms/sqlfuncs"
)

// wrapTableFunctions makes the columns of our table functions ones that may be NULL (see sqlfuncs.Nullable):
//
//	FROM ml_weights('m') AS w  ->  FROM (SELECT aibms_nullable(class) AS class, ... FROM ml_weights('m')) AS w
func wrapTableFunctions(st ast.Statement) {
	wrapped := map[*ast.TableFuncExpr]bool{}
	wrap := func(t *ast.TableExpr) {
		f, ok := (*t).(*ast.TableFuncExpr)
		if !ok || wrapped[f] {
			return
		}
		columns, ok := sqlfuncs.Columns(f.Name)
		if !ok {
			return
		}
		wrapped[f] = true
		inner := &ast.Select{From: ast.TableExprs{f}}
		for _, c := range columns {
			name := ast.NewColIdent(c)
			value := &ast.FuncExpr{Name: ast.NewColIdent(sqlfuncs.Nullable), Exprs: ast.SelectExprs{&ast.AliasedExpr{Expr: &ast.ColName{Name: name}}}}
			inner.SelectExprs = append(inner.SelectExprs, &ast.AliasedExpr{Expr: value, As: name})
		}
		alias := f.Alias
		if alias.IsEmpty() {
			alias = ast.NewTableIdent(f.Name)
		}
		*t = &ast.AliasedTableExpr{Expr: &ast.Subquery{Select: inner}, As: alias, Auth: ast.AuthInformation{AuthType: ast.AuthType_IGNORE, TargetType: ast.AuthTargetType_Ignore}}
	}
	wrapAll := func(list ast.TableExprs) {
		for i := range list {
			wrap(&list[i])
		}
	}
	walk(st, func(n any) bool {
		switch x := n.(type) {
		case *ast.Select:
			wrapAll(x.From)
		case *ast.Update:
			wrapAll(x.TableExprs)
		case *ast.Delete:
			wrapAll(x.TableExprs)
		case *ast.ParenTableExpr:
			wrapAll(x.Exprs)
		case *ast.JoinTableExpr:
			wrap(&x.LeftExpr)
			wrap(&x.RightExpr)
		}
		return true
	})
}
