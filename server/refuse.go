package server

import (
	"strings"

	ast "github.com/dolthub/vitess/go/vt/sqlparser"

	"aibms/server/sqlerr"
	"aibms/sqlfuncs"
)

// refuseStored refuses functions of ours where the engine would store them as part of a table: the value of a column must follow from its row, and a prediction changes with
// each release. The engine itself would accept them, and then could neither open nor drop the table.
func refuseStored(statement ast.Statement) (err error) {
	refuse := func(part any, number int, where string) {
		if name := calls(part); name != "" && err == nil {
			err = sqlerr.Errorf(sqlerr.Code{Number: number, State: "HY000"},
				"%s cannot stand in %s: its answer changes with every DEPLOY; use a view, a trigger or PREDICT MODEL ... INTO", name, where)
		}
	}
	walk(statement, func(n any) bool {
		switch x := n.(type) {
		case *ast.ColumnDefinition:
			name := x.Name.String()
			refuse(x.Type.GeneratedExpr, 3102, "the expression of generated column "+name)
			refuse(x.Type.Default, 3770, "the default of column "+name)
			refuse(x.Type.OnUpdate, 3770, "ON UPDATE of column "+name)
			refuse(x.Type.Constraint, 3814, "a CHECK constraint of column "+name)
		case *ast.ConstraintDefinition:
			refuse(x, 3814, "a CHECK constraint")
		case *ast.DefaultSpec:
			refuse(x.Value, 3770, "the default of column "+x.Column.String())
		}
		return err == nil
	})
	return err
}

// calls names the function of ours that is called under a node; "" when none is.
func calls(node any) (function string) {
	walk(node, func(n any) bool {
		if f, ok := n.(*ast.FuncExpr); ok && sqlfuncs.TakesModel(f.Name.Lowered()) {
			function = strings.ToUpper(f.Name.Lowered())
		}
		return function == ""
	})
	return function
}
