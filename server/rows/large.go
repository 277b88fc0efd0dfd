package rows

import (
	"errors"
	"io"
	"sync/atomic"

	"github.com/dolthub/dolt/go/libraries/doltcore/doltdb/durable"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/plan"

	"aibms/internal/thrift"
)

// LargeScans reads large tables past the storage's cache of nodes, where a statement reads all of one: a table larger than the cache would fill it, 256 MB, and push out what other
// statements use, and is not found in it when it is read again. It is safe for concurrent use.
type LargeScans struct {
	Off  atomic.Bool  // read every table through the cache, by the engine's iterators: the reference
	All  atomic.Bool  // take every table for a large one, for tests
	Read atomic.Int64 // tables that were read past it since the start
}

// Replace is called when a node is about to run, and returns one that reads the same table past the cache; ok is false when nothing changes. Below a row, as the inner side of a
// join is, a table may be read many times, and is left to the cache.
func (l *LargeScans) Replace(ctx *sql.Context, n sql.Node, row sql.Row) (_ sql.Node, ok bool, err error) {
	resolved, ok := n.(*plan.ResolvedTable)
	if !ok || len(row) > 0 || l.Off.Load() || !l.All.Load() && !mayBeLarge(ctx, resolved) {
		return nil, false, nil
	}
	tuples, err := openTuples(ctx, resolved, resolved.Schema(), streamedThroughCache)
	if err != nil || tuples == nil || tuples.scan.chunks == nil {
		return nil, false, err
	}
	if l.All.Load() {
		tuples.scan.pastCache = true
	}
	if !tuples.scan.pastCache {
		return nil, false, nil
	}
	l.Read.Add(1)
	return &largeScan{UnaryNode: plan.UnaryNode{Child: resolved}, tuples: tuples}, true, nil
}

// mayBeLarge is a first look that costs little: a tree whose root is above leaves has some hundred of them.
func mayBeLarge(ctx *sql.Context, resolved *plan.ResolvedTable) bool {
	table, err := storedTable(ctx, resolved)
	if err != nil || table == nil {
		return false
	}
	index, err := table.GetRowData(ctx)
	if err != nil {
		return false
	}
	m, err := durable.ProllyMapFromIndex(index)
	return err == nil && m.Node().Level() > 1
}

// largeScan gives the rows of a table, once.
type largeScan struct {
	plan.UnaryNode
	tuples *Tuples
}

var (
	_ sql.ExecBuilderNode    = (*largeScan)(nil)
	_ sql.CollationCoercible = (*largeScan)(nil)
)

func (s *largeScan) String() string     { return s.Child.String() }
func (s *largeScan) IsReadOnly() bool   { return s.Child.IsReadOnly() }
func (s *largeScan) Schema() sql.Schema { return s.Child.Schema() }

// WithChildren implements sql.Node. A node that is running has no other children.
func (s *largeScan) WithChildren(...sql.Node) (sql.Node, error) {
	return nil, errors.New("the scan of a large table cannot change")
}

func (s *largeScan) CollationCoercibility(ctx *sql.Context) (sql.CollationID, byte) {
	return sql.GetCoercibility(ctx, s.Child)
}

// BuildRowIter implements sql.ExecBuilderNode.
func (s *largeScan) BuildRowIter(*sql.Context, sql.NodeExecBuilder, sql.Row) (sql.RowIter, error) {
	return &largeRows{tuples: s.tuples, width: len(s.Schema()), end: thrift.Begin(thrift.Streaming)}, nil
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
