package rows

import (
	"io"
	"sync/atomic"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"

	"aibms/internal/thrift"
)

// LargeScans lets queries of one large table read it past the storage's cache of nodes: a table larger than the cache would fill it, 256 MB, and push out what other statements
// use, and is not found in it when it is read again. It is safe for concurrent use.
type LargeScans struct {
	Off  atomic.Bool  // read every table through the cache, by the engine's iterators: the reference
	All  atomic.Bool  // take every table for a large one, for tests
	Read atomic.Int64 // tables that were read past it since the start
}

// largeScansRule is the number of the rule: none of the engine's own.
const largeScansRule analyzer.RuleId = 1<<20 + 1

// Rule is the analyzer rule. It changes queries that are one table and what is done to its rows, one node above the other; joins, changes of data and all else stay as they are.
func (l *LargeScans) Rule() analyzer.Rule {
	return analyzer.Rule{Id: largeScansRule, Apply: func(_ *sql.Context, _ *analyzer.Analyzer, n sql.Node, scope *plan.Scope, _ analyzer.RuleSelector, _ *sql.QueryFlags) (sql.Node, transform.TreeIdentity, error) {
		if l.Off.Load() || !scope.IsEmpty() {
			return n, transform.SameTree, nil
		}
		return l.replace(n)
	}}
}

// replace puts a largeScan above the table of a query.
func (l *LargeScans) replace(n sql.Node) (sql.Node, transform.TreeIdentity, error) {
	switch n := n.(type) {
	case *plan.ResolvedTable:
		return &largeScan{UnaryNode: plan.UnaryNode{Child: n}, scans: l}, transform.NewTree, nil
	case *plan.Project, *plan.Filter, *plan.Having, *plan.GroupBy, *plan.Distinct, *plan.Sort, *plan.TopN, *plan.Limit, *plan.Offset, *plan.TableAlias:
		child, same, err := l.replace(n.Children()[0])
		if err != nil || same {
			return n, transform.SameTree, err
		}
		above, err := n.WithChildren(child)
		return above, transform.NewTree, err
	}
	return n, transform.SameTree, nil
}

// largeScan gives the rows of a table: past the cache when it is large. It looks when it is executed, since tables grow.
type largeScan struct {
	plan.UnaryNode
	scans *LargeScans
}

var (
	_ sql.ExecBuilderNode    = (*largeScan)(nil)
	_ sql.CollationCoercible = (*largeScan)(nil)
)

func (s *largeScan) String() string     { return s.Child.String() }
func (s *largeScan) IsReadOnly() bool   { return s.Child.IsReadOnly() }
func (s *largeScan) Schema() sql.Schema { return s.Child.Schema() }

func (s *largeScan) WithChildren(children ...sql.Node) (sql.Node, error) {
	if len(children) != 1 {
		return nil, sql.ErrInvalidChildrenNumber.New(s, len(children), 1)
	}
	return &largeScan{UnaryNode: plan.UnaryNode{Child: children[0]}, scans: s.scans}, nil
}

func (s *largeScan) CollationCoercibility(ctx *sql.Context) (sql.CollationID, byte) {
	return sql.GetCoercibility(ctx, s.Child)
}

// BuildRowIter implements sql.ExecBuilderNode.
func (s *largeScan) BuildRowIter(ctx *sql.Context, builder sql.NodeExecBuilder, row sql.Row) (sql.RowIter, error) {
	if resolved, ok := s.Child.(*plan.ResolvedTable); ok && len(row) == 0 && !s.scans.Off.Load() {
		tuples, err := openTuples(ctx, resolved, resolved.Schema())
		if err != nil {
			return nil, err
		}
		if tuples != nil && s.scans.All.Load() {
			tuples.scan.pastCache = tuples.scan.chunks != nil
		}
		if tuples != nil && tuples.scan.pastCache {
			s.scans.Read.Add(1)
			return &largeRows{tuples: tuples, width: len(resolved.Schema()), end: thrift.Begin(thrift.Streaming)}, nil
		}
	}
	return builder.Build(ctx, s.Child, row)
}

// largeRows gives the rows of a table, a block at a time.
type largeRows struct {
	tuples *Tuples
	width  int
	at, n  int // of the block
	end    func()
}

// rowsAtOnce is how many rows are taken from the tree's leaves at once.
const rowsAtOnce = 256

// Next implements sql.RowIter.
func (r *largeRows) Next(ctx *sql.Context) (sql.Row, error) {
	if r.at == r.n {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n, err := r.tuples.Read(ctx, rowsAtOnce)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			return nil, io.EOF
		}
		r.at, r.n = 0, n
	}
	row := make(sql.Row, r.width)
	for i := range row {
		var err error
		if row[i], err = r.tuples.Value(ctx, i, r.at); err != nil {
			return nil, err
		}
	}
	r.at++
	return row, nil
}

// Close implements sql.RowIter.
func (r *largeRows) Close(*sql.Context) error {
	r.end()
	return nil
}
