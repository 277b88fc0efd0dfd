package lifecycle

import (
	"context"

	"aibms/catalog"
	"aibms/learners/data"
	"aibms/learners/predictor"
	"aibms/server/mlsql"
)

// DataPin is the state of a database that a version learned from.
type DataPin = catalog.DataPin

// Source is where rows come from: a SELECT, whose unqualified names belong to Database.
type Source struct {
	Query    string
	Database string
	Args     []mlsql.Value // of the placeholders in Query
	AsOf     string        // a revision for every table of Query that says none itself, unless it is pinned; "" is the present
	SQLMode  *string       // in which Query is read; nil: the session's own
	Pins     []DataPin     // read these commits instead of the present: how a version's own data is read again
}

// Column describes a column of a source.
type Column struct {
	predictor.Column
	Nullable   bool
	PrimaryKey bool // the source is a plain table and this is part of its primary key
}

// Shape is what is known of a source before its rows are read.
type Shape struct {
	Source    Source
	Columns   []Column
	Databases []string // every database that the source reads, in order of name; one on a branch as db/branch
	Changing  []string // functions and variables of the query, and of views in it, that can give other rows when it is read again: NOW, RAND, @x ...
}

// Want says what to read of a source. Column names are those of the source; "" asks for nothing.
type Want struct {
	Inputs        []string // columns or stateless SQL expressions: the columns of Table.Data, under these texts
	Keys          []string // row identity; none: the content of the whole row
	Targets       []string
	Kind          data.Kind // how to hold the targets
	Weight        string
	Split         string   // the column that assigns rows to splits
	Time          string   // event time
	Slices        []string // columns to report by, held as text
	MaxRows       int64    // 0: no limit; one row more is an error
	MaxBytes      int64    // 0: no limit on the memory of what is read
	MaxBytesWords string   // for the error: "than WITH (max_memory = '1G') allows; raise it"
	WithHash      bool     // compute Table.Hash
	OnProgress    func(rows int64)
}

// Table is what was read, its rows in the order of their identity, so that neither storage order nor the number of cores changes what is learned.
type Table struct {
	Data    *data.Dataset
	ID      []uint64      // hash of each row's identity
	Targets []data.Column // those that are wanted
	Weight  []float64     // nil when not wanted; NaN is NULL
	Split   []*string     // nil when not wanted; a nil entry is NULL
	Time    []float64     // nil when not wanted; NaN is NULL
	Slices  []data.Column
	Hash    string // SHA-256 of everything above but Slices, in hexadecimal

	SameKey int64 // rows that share their key with another row; 0 without Want.Keys
	NullKey int64 // rows with a NULL in their key
}

// Reader reads sources under the privileges of the session that ctx carries, and ends soon after ctx does. The server supplies it.
type Reader interface {
	// Shape binds the query without running it.
	Shape(ctx context.Context, s Source) (*Shape, error)
	// SQLMode is the session's sql_mode.
	SQLMode(ctx context.Context) string
	// Columns returns the source columns that SQL expressions read, and refuses expressions that could not be replayed.
	Columns(expressions []string) ([]string, error)
	// Check binds the expressions to the source's columns, reports the first that does not fit, and says how the values of each will be held.
	Check(ctx context.Context, expressions []string, shape *Shape) (map[string]data.Kind, error)
	// Read runs the query and collects its rows.
	Read(ctx context.Context, s Source, w Want) (*Table, error)
	// Pin keeps the present state of the databases, as the transaction in ctx sees it, readable for ever under the label.
	Pin(ctx context.Context, s Source, databases []string, label string) ([]DataPin, error)
	// Unpin lets go.
	Unpin(ctx context.Context, pins []DataPin) error
	// Privileged returns a context in which sources are read with all rights, for data whose use was granted with the model. release ends it.
	Privileged(ctx context.Context, label string) (_ context.Context, release func(), err error)
	// Aside runs work, which reads no source, and lets the storage be maintained meanwhile: garbage collection waits for statements that could hold on to data.
	Aside(ctx context.Context, work func() error) error
}
