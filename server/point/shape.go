package point

import (
	"strings"

	ast "github.com/dolthub/vitess/go/vt/sqlparser"

	"aibms/sqlfuncs"
)

// shape is what the text of a statement says of how it can be answered.
type shape struct {
	parsed *ast.Select // as the engine has cached it: calls that find their features by name have them as arguments
	// matters says of each parameter what of its value the plan depends on.
	matters []dependence
}

// dependence is what a plan depends on of a parameter's value.
type dependence uint8

const (
	byNothing dependence = iota
	byClass              // whether it is NULL, a number or text
	byType               // its SQL type
)

// shapeOf tells whether a statement may be one of ours: SELECT of calls that take a model, columns, placeholders and literals, without FROM or FROM one table WHERE columns are
// equal to values.
func shapeOf(st ast.Statement, params int) (shape, bool) {
	sel, ok := st.(*ast.Select)
	if !ok || sel.Into != nil || sel.With != nil || sel.Having != nil || sel.Lock != nil && sel.Lock.Type != "" || len(sel.GroupBy) > 0 || len(sel.Comments) > 0 || len(sel.Window) > 0 ||
		len(sel.OrderBy) > 0 || sel.QueryOpts.Distinct || sel.QueryOpts.SQLCalcFoundRows || sel.QueryOpts.StraightJoinHint || len(sel.From) > 1 {
		return shape{}, false
	}
	s := shape{parsed: sel, matters: make([]dependence, params)}
	calls := 0
	for _, e := range sel.SelectExprs {
		a, ok := e.(*ast.AliasedExpr)
		if !ok || !s.column(a.Expr, &calls) {
			return shape{}, false
		}
	}
	if calls == 0 || !s.limit(sel.Limit) || !s.where(sel) {
		return shape{}, false
	}
	return s, true
}

// column looks at an expression of the select list and counts the calls.
func (s *shape) column(e ast.Expr, calls *int) bool {
	f, ok := e.(*ast.FuncExpr)
	if !ok {
		return s.plain(e, byType)
	}
	name := f.Name.Lowered()
	if f.Over != nil || f.Distinct || !f.Qualifier.IsEmpty() || name != sqlfuncs.ByName && (!sqlfuncs.TakesModel(name) || strings.HasPrefix(name, "ml_")) || len(f.Exprs) == 0 {
		return false
	}
	*calls++
	// A call with one or two values may have one that is an object with all of them: whether it is depends on what the value is.
	matters := byNothing
	if len(f.Exprs) <= 3 && name != sqlfuncs.ByName {
		matters = byClass
	}
	for i, x := range f.Exprs {
		a, ok := x.(*ast.AliasedExpr)
		if !ok || !s.plain(a.Expr, matters) {
			return false
		}
		if model, ok := a.Expr.(*ast.SQLVal); i == 0 && (!ok || model.Type != ast.StrVal) {
			return false
		}
	}
	return true
}

// plain accepts literals, placeholders and columns.
func (s *shape) plain(e ast.Expr, matters dependence) bool {
	switch x := e.(type) {
	case *ast.NullVal:
		return true
	case *ast.ColName:
		return x.StoredProcVal == nil
	case *ast.SQLVal:
		switch x.Type {
		case ast.StrVal, ast.IntVal, ast.FloatVal:
			return true
		case ast.ValArg:
			i, ok := argument(x, len(s.matters))
			if ok {
				s.matters[i] = max(s.matters[i], matters)
			}
			return ok
		}
	}
	return false
}

// argument is the position of a placeholder.
func argument(x *ast.SQLVal, params int) (int, bool) {
	n := 0
	digits, ok := strings.CutPrefix(string(x.Val), ":v")
	for _, d := range digits {
		if d < '0' || d > '9' || n > params {
			return 0, false
		}
		n = 10*n + int(d-'0')
	}
	return n - 1, ok && n >= 1 && n <= params
}

// limit accepts LIMIT n with n of at least 1: there is one row at most.
func (s *shape) limit(l *ast.Limit) bool {
	if l == nil {
		return true
	}
	n, ok := l.Rowcount.(*ast.SQLVal)
	return ok && l.Offset == nil && n.Type == ast.IntVal && strings.Trim(string(n.Val), "0") != ""
}

// where accepts FROM one table WHERE a = value AND b = value ...; without FROM there is no WHERE.
func (s *shape) where(sel *ast.Select) bool {
	if len(sel.From) == 0 {
		return sel.Where == nil
	}
	t, ok := sel.From[0].(*ast.AliasedTableExpr)
	if !ok || t.AsOf != nil || t.Hints != nil || len(t.Partitions) > 0 || t.Lateral {
		return false
	}
	name, ok := t.Expr.(ast.TableName)
	if !ok {
		return false
	}
	if sel.Where == nil {
		return name.DbQualifier.IsEmpty() && strings.EqualFold(name.Name.String(), "dual")
	}
	return s.equalities(sel.Where.Expr)
}

func (s *shape) equalities(e ast.Expr) bool {
	switch x := e.(type) {
	case *ast.ParenExpr:
		return s.equalities(x.Expr)
	case *ast.AndExpr:
		return s.equalities(x.Left) && s.equalities(x.Right)
	case *ast.ComparisonExpr:
		return x.Operator == ast.EqualStr && x.Escape == nil && s.plain(x.Left, byNothing) && s.plain(x.Right, byNothing)
	}
	return false
}
