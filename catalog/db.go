package catalog

import "context"

// Database is the name of the database that holds the tables.
const Database = "aibms"

// Statement is one SQL statement with the values of its ? placeholders in order. A value is nil, int64, uint64, float64, string, []byte or
// time.Time (UTC, whole microseconds). A []byte may be a part of a larger one: the implementation must neither change nor keep it.
type Statement struct {
	Query string
	Args  []any
}

// DB is the storage that a Catalog is kept in: the database Database, reached as the server itself, whatever the user at hand may do. The catalog never
// has two calls of Write under way at once; Read may run at any time, beside a Write too.
type DB interface {
	// Write runs the statements in one transaction and makes one storage commit with the message: all or nothing. When it returns nil the change
	// survives a crash of the process. When it returns an error the catalog reads its tables again, so that a commit which
	// took place although an error was reported does no harm. Statements that leave all data as it was are no error.
	Write(ctx context.Context, message string, statements []Statement) error
	// Read runs a query and returns its rows as plain values: nil, any Go integer, float64, string, []byte, time.Time (UTC).
	Read(ctx context.Context, query string, args ...any) ([][]any, error)
}
