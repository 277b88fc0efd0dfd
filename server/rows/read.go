package rows

import (
	"context"
	"fmt"
	"io"
	"strings"

	gms "github.com/dolthub/go-mysql-server"
	"github.com/dolthub/go-mysql-server/sql"

	"aibms/learners/data"
	"aibms/server/lifecycle"
)

// Reader reads sources through the SQL engine. It implements lifecycle.Reader; the context of every call is the *sql.Context of the statement, or carries
// it (WithSession).
type Reader struct {
	engine *gms.Engine
	store  Store

	// SlowScan reads every source through the SQL engine's iterators: the reference that the direct scan is compared with.
	SlowScan bool

	// Workers is how many goroutines read one source; 0 is one.
	Workers int

	kept *datasets // nil: nothing is kept
}

// Keep keeps up to so many bytes of what is read with Want.WithHash, for when it is read again.
func (r *Reader) Keep(bytes int64) { r.kept = newDatasets(bytes) }

// Store keeps states of databases readable; the embedded storage supplies it.
type Store interface {
	// Pin makes a commit of the database as the transaction of ctx sees it, or of the revision when that is not "", and keeps it under a reference of our own.
	Pin(ctx *sql.Context, database, revision, label string) (commit, branch, ref string, err error)
	// Unpin removes the reference.
	Unpin(ctx context.Context, database, ref string) error
	// Privileged opens an internal session.
	Privileged(ctx context.Context, label string) (*sql.Context, func(), error)
}

var _ lifecycle.Reader = (*Reader)(nil)

// NewReader returns a Reader of the engine's databases.
func NewReader(engine *gms.Engine, store Store) *Reader { return &Reader{engine: engine, store: store} }

// Shape implements lifecycle.Reader.
func (r *Reader) Shape(ctx context.Context, s lifecycle.Source) (*lifecycle.Shape, error) {
	sc := sqlContext(ctx)
	defer inMode(sc, s)()
	node, past, err := r.bind(sc, s)
	if err != nil {
		return nil, err
	}
	return shapeOf(node, past, s), nil
}

// SQLMode implements lifecycle.Reader.
func (r *Reader) SQLMode(ctx context.Context) string {
	return sql.LoadSqlMode(sqlContext(ctx)).String()
}

// Columns implements lifecycle.Reader.
func (r *Reader) Columns(expressions []string) ([]string, error) { return Columns(expressions) }

// Check implements lifecycle.Reader.
func (r *Reader) Check(ctx context.Context, expressions []string, shape *lifecycle.Shape) (map[string]data.Kind, error) {
	sc := sqlContext(ctx)
	defer inMode(sc, shape.Source)()
	node, _, err := r.bind(sc, shape.Source)
	if err != nil {
		return nil, err
	}
	compiled, err := Compile(sc, r.engine.Analyzer.Catalog, expressions, bySchema(node.Schema()))
	if err != nil {
		return nil, err
	}
	kinds := make(map[string]data.Kind, len(compiled))
	for i, e := range compiled {
		if kinds[expressions[i]], err = kindOf(expressions[i], e); err != nil {
			return nil, err
		}
	}
	return kinds, nil
}

// bySchema finds a column of a schema by name and reads it from a row of that schema.
func bySchema(schema sql.Schema) func(string) (sql.Expression, bool) {
	return func(name string) (sql.Expression, bool) {
		for i, c := range schema {
			if strings.EqualFold(c.Name, name) {
				return Slot(i, c.Name, c.Type), true
			}
		}
		return nil, false
	}
}

// Pin implements lifecycle.Reader.
func (r *Reader) Pin(ctx context.Context, s lifecycle.Source, databases []string, label string) ([]lifecycle.DataPin, error) {
	var pins []lifecycle.DataPin
	seen := map[string]string{}
	for _, d := range databases {
		base := baseDatabase(d)
		if other, ok := seen[strings.ToLower(base)]; ok {
			_ = r.Unpin(ctx, pins)
			return nil, lifecycle.Errorf(lifecycle.ErrDefinition, "the source reads database %s in two states, as %s and as %s: choose one, or name the other with AS OF", base, other, d)
		}
		seen[strings.ToLower(base)] = d
		commit, branch, ref, err := r.store.Pin(sqlContext(ctx), d, s.AsOf, label)
		if err != nil {
			_ = r.Unpin(ctx, pins)
			return nil, fmt.Errorf("cannot pin the data of database %s: %w", d, err)
		}
		pins = append(pins, lifecycle.DataPin{Database: base, Branch: branch, Commit: commit, Ref: ref})
	}
	return pins, nil
}

// Unpin implements lifecycle.Reader.
func (r *Reader) Unpin(ctx context.Context, pins []lifecycle.DataPin) error {
	var first error
	for _, p := range pins {
		if err := r.store.Unpin(ctx, p.Database, p.Ref); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// Read implements lifecycle.Reader.
func (r *Reader) Read(ctx context.Context, s lifecycle.Source, w lifecycle.Want) (*lifecycle.Table, error) {
	sc := sqlContext(ctx)
	defer inMode(sc, s)()
	node, past, err := r.bind(sc, s)
	if err != nil {
		return nil, err
	}
	if r.kept == nil || r.SlowScan || !w.WithHash {
		t, _, err := r.read(sc, node, w)
		return t, err
	}
	key, ok, err := contentOf(sc, node, past, w)
	if err != nil {
		return nil, err
	}
	if ok {
		if t := r.kept.get(key, w); t != nil {
			return t, nil
		}
	}
	t, counted, err := r.read(sc, node, w)
	if err == nil && ok {
		r.kept.put(key, t, counted)
	}
	return t, err
}

// read reads the rows of a bound query; bytes is their memory as Want.MaxBytes counts it.
func (r *Reader) read(ctx *sql.Context, node sql.Node, w lifecycle.Want) (t *lifecycle.Table, bytes int64, err error) {
	c, err := newCollector(ctx, r.engine.Analyzer.Catalog, node.Schema(), w)
	if err != nil {
		return nil, 0, err
	}
	if !r.SlowScan {
		filler, err := newFiller(ctx, c, node)
		if err != nil {
			return nil, 0, err
		}
		if filler != nil {
			if err = filler.fill(ctx, r.Workers); err == nil {
				t, err := c.table(ctx, r.Workers)
				return t, c.bytes, err
			}
			if err != errFallBack {
				return nil, 0, err
			}
			if c, err = newCollector(ctx, r.engine.Analyzer.Catalog, node.Schema(), w); err != nil {
				return nil, 0, err
			}
		}
	}
	iter, err := r.engine.Analyzer.ExecBuilder.Build(ctx, node, nil)
	if err != nil {
		return nil, 0, err
	}
	defer iter.Close(ctx)
	for {
		row, err := iter.Next(ctx)
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, 0, err
		}
		if err := c.add(ctx, row); err != nil {
			return nil, 0, err
		}
	}
	t, err = c.table(ctx, r.Workers)
	return t, c.bytes, err
}
