package sqlfuncs

import (
	"slices"
	"sync/atomic"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"

	"aibms/server/rows"
)

// Blocks switches prediction in blocks, and counts it. It is safe for concurrent use.
type Blocks struct {
	Off     atomic.Bool  // evaluate every call row by row: the reference that blocks are compared with
	Rows    atomic.Int64 // rows that were read in blocks since the start
	Scanned atomic.Int64 // of them: straight from the storage
}

// blocksRule is the number of the rule: none of the engine's own.
const blocksRule analyzer.RuleId = 1 << 20

// Rule is the analyzer rule that refuses sums of predictions that are no numbers, and lets calls of the PREDICT family be answered for blocks of rows: it puts a node under each Project and GroupBy, which answers the calls in
// their expressions, and slots in the place of the calls.
func (f *Functions) Rule() analyzer.Rule {
	return analyzer.Rule{Id: blocksRule, Apply: func(_ *sql.Context, _ *analyzer.Analyzer, n sql.Node, _ *plan.Scope, sel analyzer.RuleSelector, _ *sql.QueryFlags) (sql.Node, transform.TreeIdentity, error) {
		if err := refuseSums(n); err != nil {
			return nil, transform.SameTree, err
		}
		if f.Blocks.Off.Load() || !indexed(sel) {
			return n, transform.SameTree, nil
		}
		return transform.NodeWithOpaque(n, f.block)
	}}
}

// indexed tells whether the plan under analysis has its final references to rows: a part of a plan that is analysed by itself gets them later, with the whole.
func indexed(sel analyzer.RuleSelector) bool {
	for _, r := range analyzer.OnceAfterAll {
		if r.Id.String() == "assignExecIndexes" {
			return sel(r.Id)
		}
	}
	return false
}

// block lets the calls in the expressions of one node be answered for blocks of rows, where that changes nothing but the time.
func (f *Functions) block(n sql.Node) (sql.Node, transform.TreeIdentity, error) {
	switch p := n.(type) {
	case *plan.Project:
		if p.IncludesNestedIters {
			return n, transform.SameTree, nil
		}
	case *plan.GroupBy:
	default: // the rows of any other node have the columns of its child, or are evaluated in another order
		return n, transform.SameTree, nil
	}
	child, before := n.Children()[0], n.(sql.Expressioner).Expressions()
	if !slices.ContainsFunc(before, holdsCall) || slices.ContainsFunc(before, ordered) || writesVariables(child) {
		return n, transform.SameTree, nil
	}
	m := &mover{}
	after := make([]sql.Expression, len(before))
	for i, e := range before {
		var err error
		if after[i], err = m.move(e); err != nil {
			return nil, transform.SameTree, err
		}
	}
	if len(m.slots) == 0 {
		return n, transform.SameTree, nil
	}
	for _, s := range m.slots {
		s.fromEnd = len(m.slots) - s.at
	}
	b := &predictBlock{UnaryNode: plan.UnaryNode{Child: child}, functions: f, slots: m.slots}
	b.scan = b.plainScan(after)
	above, err := n.WithChildren(b)
	if err == nil {
		above, err = above.(sql.Expressioner).WithExpressions(after...)
	}
	return above, transform.NewTree, err
}

func holdsCall(e sql.Expression) bool {
	found := false
	sql.Inspect(e, func(e sql.Expression) bool {
		_, is := e.(*call)
		found = found || is
		return !found
	})
	return found
}

// ordered tells whether an expression may notice in which order rows are read and expressions evaluated, or what stands in a row beside the columns that it names.
func ordered(e sql.Expression) bool {
	found := false
	sql.Inspect(e, func(e sql.Expression) bool {
		switch e.(type) {
		case *expression.UserVar, *expression.SetField, *expression.ProcedureParam:
			found = true
		case sql.ExpressionWithNodes, *plan.Subquery: // its own columns stand behind those of the row
			found = true
		}
		return !found
	})
	return found
}

// writesVariables tells whether the rows of a node come with changes of variables.
func writesVariables(n sql.Node) bool {
	found := false
	transform.InspectExpressions(n, func(e sql.Expression) bool {
		switch e.(type) {
		case *expression.UserVar, *expression.SetField:
			found = true
		}
		return !found
	})
	return found
}

// mover takes the calls out of expressions.
type mover struct {
	slots []*slot // in the order of their evaluation: a call stands behind those in its arguments
}

// move returns e with slots in the place of the calls that can be answered ahead.
func (m *mover) move(e sql.Expression) (sql.Expression, error) {
	out, _, err := transform.Expr(e, func(e sql.Expression) (sql.Expression, transform.TreeIdentity, error) { // arguments first
		c, ok := e.(*call)
		if !ok || len(c.predictor.Pipeline.Features()) == 0 || slices.ContainsFunc(c.Children(), func(e sql.Expression) bool { return !movable(e) }) {
			return e, transform.SameTree, nil
		}
		for _, s := range m.slots {
			if s.call.text == c.text && s.call.output == c.output && sameCall(s.call, c) && same(s.call.class, c.class) {
				return s, transform.NewTree, nil
			}
		}
		s := &slot{call: c, at: len(m.slots)}
		m.slots = append(m.slots, s)
		return s, transform.NewTree, nil
	})
	return out, err
}

// movable tells whether an expression gives the same wherever and how often it is evaluated on a row.
func movable(e sql.Expression) bool {
	all := true
	sql.Inspect(e, func(e sql.Expression) bool {
		if e == nil {
			return true
		}
		if _, answered := e.(*slot); !answered && !rows.Stateless(e) {
			all = false
		}
		return all
	})
	return all
}

// sameCall tells whether two calls apply the same version to the same arguments.
func sameCall(a, b *call) bool {
	return a.predictor == b.predictor && a.model == b.model && a.json == b.json && slices.EqualFunc(a.args, b.args, same)
}

// same tells whether two expressions are equal; it may miss that they are.
func same(a, b sql.Expression) bool {
	switch x := a.(type) {
	case nil:
		return b == nil
	case *expression.GetField:
		y, ok := b.(*expression.GetField)
		return ok && x.Index() == y.Index() && x.Name() == y.Name() && x.Type().Equals(y.Type())
	case *expression.Literal:
		y, ok := b.(*expression.Literal)
		return ok && x.Type().Equals(y.Type()) && sameValue(x.Value(), y.Value())
	case *slot:
		return a == b
	}
	return false
}

// sameValue compares the values of two literals, those of types that compare with ==.
func sameValue(a, b any) bool {
	switch a.(type) {
	case nil, string, int8, int16, int32, int64, uint8, uint16, uint32, uint64, float32, float64, bool:
		return a == b
	}
	return false
}
