package rows

import (
	"context"
	"encoding/binary"
	"math"
	"sync"

	"github.com/dolthub/dolt/go/libraries/doltcore/doltdb"
	"github.com/dolthub/dolt/go/libraries/doltcore/doltdb/durable"
	"github.com/dolthub/dolt/go/libraries/doltcore/schema"
	"github.com/dolthub/dolt/go/libraries/doltcore/sqle"
	"github.com/dolthub/dolt/go/store/chunks"
	"github.com/dolthub/dolt/go/store/hash"
	"github.com/dolthub/dolt/go/store/prolly"
	"github.com/dolthub/dolt/go/store/prolly/tree"
	"github.com/dolthub/dolt/go/store/val"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/plan"
)

// scan reads the rows of a table straight from the storage's tree, without making an SQL row of each. Privileges were checked when the
// query was bound; the table is the one that the query's transaction sees.
//
// The engine's iterator stays the reference: a test holds that both read the same.
type scan struct {
	rows         prolly.Map
	keys, values *val.TupleDesc
	fields       []field           // by position in the query's schema
	noKeys       tuples            // the keys of no row
	noValues     tuples            // and the values
	chunks       chunks.ChunkStore // where the nodes of the tree are stored; nil when that is not known
	pastCache    bool
	counting     sync.Mutex
}

// count makes an inner node know how many rows are below each child.
func (s *scan) count(n *tree.Node) error {
	s.counting.Lock()
	defer s.counting.Unlock()
	_, err := n.LoadSubtrees() // writes into the node, which others read as well
	return err
}

// child reads a child of an inner node.
func (s *scan) child(ctx context.Context, n *tree.Node, i int) (*tree.Node, error) {
	address := hash.New(n.GetValue(i))
	if s.pastCache && n.Level() == 1 {
		chunk, err := s.chunks.Get(ctx, address)
		if err != nil {
			return nil, err
		}
		if !chunk.IsEmpty() {
			leaf, _, err := tree.NodeFromBytes(chunk.Data())
			return leaf, err
		}
	}
	return s.rows.NodeStore().Read(ctx, address)
}

// How many leaves, of some 4 KB each, are read through the storage's cache of nodes, whose 256 MB hold 65,536. A table that is not small beside that would push out of it what
// other statements use. What is learned from is likely to be read again, and decoding its leaves anew takes several times as long as to find them; what is sent to a client is read
// once, and should cost the server no memory.
const (
	learnedThroughCache  = 1 << 15
	streamedThroughCache = 1 << 14
)

// expect tells how many leaves will be read: more than most are read past the cache.
func (s *scan) expect(leaves, most int) { s.pastCache = s.chunks != nil && leaves > most }

// field is where a column stands in the tuples of a row.
type field struct {
	key bool
	at  int
	enc val.Encoding
	typ sql.Type
}

// openScan returns the scan of a bound query, or nil when the query is more than a plain table.
func openScan(ctx *sql.Context, node sql.Node) (*scan, error) {
	resolved, ok := node.(*plan.ResolvedTable)
	if !ok {
		return nil, nil
	}
	if _, indexed := resolved.UnderlyingTable().(sql.IndexedTable); indexed {
		return nil, nil // some of its rows
	}
	table, err := storedTable(ctx, resolved)
	if table == nil || err != nil {
		return nil, err
	}
	return newScan(ctx, table, node.Schema())
}

// storedTable is a table as it is stored, in the state that the transaction of ctx sees; nil when it is no table of a database.
func storedTable(ctx *sql.Context, resolved *plan.ResolvedTable) (*doltdb.Table, error) {
	switch t := resolved.UnderlyingTable().(type) {
	case *sqle.AlterableDoltTable:
		return t.WritableDoltTable.DoltTable.DoltTable(ctx)
	case *sqle.WritableDoltTable:
		return t.DoltTable.DoltTable(ctx)
	case *sqle.WritableIndexedDoltTable:
		return t.WritableDoltTable.DoltTable.DoltTable(ctx)
	case *sqle.IndexedDoltTable:
		return t.DoltTable.DoltTable(ctx)
	case *sqle.DoltTable:
		return t.DoltTable(ctx)
	}
	return nil, nil
}

func newScan(ctx context.Context, table *doltdb.Table, columns sql.Schema) (*scan, error) {
	sch, err := table.GetSchema(ctx)
	if err != nil {
		return nil, err
	}
	if schema.IsKeyless(sch) {
		return nil, nil // a row stands for several equal ones: left to the engine
	}
	index, err := table.GetRowData(ctx)
	if err != nil {
		return nil, err
	}
	s := &scan{}
	if s.rows, err = durable.ProllyMapFromIndex(index); err != nil {
		return nil, err
	}
	s.keys, s.values = s.rows.Descriptors()
	s.noKeys = tuples{desc: s.keys, fixed: newFixedTuples(s.keys)}
	s.noValues = tuples{desc: s.values, fixed: newFixedTuples(s.values)}
	if store, ok := table.ValueReadWriter().(interface{ ChunkStore() chunks.ChunkStore }); ok {
		s.chunks = store.ChunkStore()
	}
	for _, c := range columns {
		column, ok := sch.GetAllCols().GetByNameCaseInsensitive(c.Name)
		if !ok || column.Virtual {
			return nil, nil
		}
		f := field{typ: c.Type}
		if at, ok := sch.GetPKCols().StoredIndexByTag(column.Tag); ok {
			f.key, f.at, f.enc = true, at, s.keys.Types[at].Enc
		} else if at, ok := sch.GetNonPKCols().StoredIndexByTag(column.Tag); ok {
			f.at, f.enc = at, s.values.Types[at].Enc
		} else {
			return nil, nil
		}
		s.fields = append(s.fields, f)
	}
	return s, nil
}

// raw is the stored bytes of a field; nil is NULL.
func (s *scan) raw(f *field, key, value val.Tuple) []byte {
	if f.key {
		return s.keys.GetField(f.at, key)
	}
	return s.values.GetField(f.at, value)
}

// value is a field as the engine would give it.
func (s *scan) value(ctx context.Context, f *field, key, value val.Tuple) (any, error) {
	if f.key {
		return tree.GetField(ctx, s.keys, f.at, key, s.rows.NodeStore())
	}
	return tree.GetField(ctx, s.values, f.at, value, s.rows.NodeStore())
}

// number reads a field of a fixed-width numeric encoding; ok is false for any other.
func number(enc val.Encoding, b []byte) (v float64, ok bool) {
	switch enc {
	case val.Float64Enc:
		return math.Float64frombits(binary.LittleEndian.Uint64(b)), true
	case val.Int64Enc:
		return float64(int64(binary.LittleEndian.Uint64(b))), true
	case val.Uint64Enc:
		return float64(binary.LittleEndian.Uint64(b)), true
	case val.Int32Enc:
		return float64(int32(binary.LittleEndian.Uint32(b))), true
	case val.Uint32Enc:
		return float64(binary.LittleEndian.Uint32(b)), true
	case val.Int16Enc:
		return float64(int16(binary.LittleEndian.Uint16(b))), true
	case val.Uint16Enc:
		return float64(binary.LittleEndian.Uint16(b)), true
	case val.Int8Enc:
		return float64(int8(b[0])), true
	case val.Uint8Enc:
		return float64(b[0]), true
	}
	return 0, false
}

// wholeKey appends the key of a field of an integer encoding, as appendKey would; ok is false for any other.
func wholeKey(to []byte, enc val.Encoding, b []byte) (_ []byte, ok bool) {
	switch enc {
	case val.Int64Enc:
		return appendSigned(to, int64(binary.LittleEndian.Uint64(b))), true
	case val.Int32Enc:
		return appendSigned(to, int64(int32(binary.LittleEndian.Uint32(b)))), true
	case val.Int16Enc:
		return appendSigned(to, int64(int16(binary.LittleEndian.Uint16(b)))), true
	case val.Int8Enc:
		return appendSigned(to, int64(int8(b[0]))), true
	case val.Uint64Enc:
		return appendUnsigned(to, binary.LittleEndian.Uint64(b)), true
	case val.Uint32Enc:
		return appendUnsigned(to, uint64(binary.LittleEndian.Uint32(b))), true
	case val.Uint16Enc:
		return appendUnsigned(to, uint64(binary.LittleEndian.Uint16(b))), true
	case val.Uint8Enc:
		return appendUnsigned(to, uint64(b[0])), true
	}
	return to, false
}
