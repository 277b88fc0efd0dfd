package server

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/shopspring/decimal"

	"aibms/catalog"
	"aibms/server/engine"
	"aibms/server/rows"
)

// catalogDB keeps the catalog in the database aibms. It implements catalog.DB.
type catalogDB struct{ engine *engine.Engine }

var _ catalog.DB = (*catalogDB)(nil)

// create makes the database on the first start.
func (d *catalogDB) create(ctx context.Context) error {
	sctx, end, err := d.engine.Session(ctx, "", "", "", "look for the catalog")
	if err != nil {
		return err
	}
	exists := d.engine.Catalog().HasDatabase(sctx, engine.CatalogDatabase)
	end()
	if exists {
		return nil
	}
	return d.engine.Write(ctx, "", "create the catalog", []engine.Statement{{Query: "CREATE DATABASE " + engine.CatalogDatabase}})
}

// Write implements catalog.DB.
func (d *catalogDB) Write(ctx context.Context, message string, statements []catalog.Statement) error {
	list := make([]engine.Statement, len(statements))
	for i, s := range statements {
		list[i] = engine.Statement{Query: s.Query, Args: s.Args}
	}
	return d.engine.Write(ctx, engine.CatalogDatabase, message, list)
}

// Read implements catalog.DB.
func (d *catalogDB) Read(ctx context.Context, query string, args ...any) ([][]any, error) {
	sctx, end, err := d.engine.Session(ctx, "", "", engine.CatalogDatabase, "read the catalog")
	if err != nil {
		return nil, err
	}
	defer end()
	schema, iter, err := d.engine.Query(sctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer iter.Close(sctx)
	var out [][]any
	for {
		row, err := iter.Next(sctx)
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		plain := make([]any, len(row))
		for i, v := range row {
			if plain[i], err = plainValue(sctx, v, schema[i].Type); err != nil {
				return nil, err
			}
		}
		out = append(out, plain)
	}
}

// plainValue gives a value as catalog.DB promises: nil, an integer, float64, string, []byte or time.Time.
func plainValue(ctx *sql.Context, v any, t sql.Type) (any, error) {
	switch x := v.(type) {
	case nil, int8, int16, int32, int64, int, uint8, uint16, uint32, uint64, uint, float64, string, []byte:
		return x, nil
	case float32:
		return float64(x), nil
	case time.Time:
		return x.UTC(), nil
	case decimal.Decimal:
		return x.String(), nil
	case sql.AnyWrapper:
		inner, err := x.UnwrapAny(ctx)
		if err != nil {
			return nil, err
		}
		return plainValue(ctx, inner, t)
	}
	s, null, err := rows.Text(ctx, v, t)
	if err != nil || null {
		return nil, err
	}
	return s, nil
}

// store keeps states of databases readable. It implements rows.Store.
type store struct{ engine *engine.Engine }

var _ rows.Store = (*store)(nil)

// Pin implements rows.Store.
func (s *store) Pin(ctx *sql.Context, database, revision, label string) (commit, branch, ref string, err error) {
	if revision != "" {
		commit, err = s.engine.PinRevision(ctx, database, revision, label)
	} else {
		commit, err = s.engine.Pin(ctx, database, label)
	}
	if err != nil {
		return "", "", "", err
	}
	if revision != "" {
		return commit, "", label, nil
	}
	if _, branch, _ = strings.Cut(database, "/"); branch == "" {
		branch, err = s.engine.Branch(ctx, database)
	}
	return commit, branch, label, err
}

// Unpin implements rows.Store.
func (s *store) Unpin(ctx context.Context, database, ref string) error {
	sctx, end, err := s.engine.Session(context.WithoutCancel(ctx), "", "", "", "unpin "+ref)
	if err != nil {
		return err
	}
	defer end()
	err = s.engine.Unpin(sctx, database, ref)
	if sql.ErrDatabaseNotFound.Is(err) {
		return nil // dropped, and its pins with it
	}
	return err
}

// Privileged implements rows.Store.
func (s *store) Privileged(ctx context.Context, label string) (*sql.Context, func(), error) {
	sctx, end, err := s.engine.Session(ctx, "", "", "", label)
	if err != nil {
		return nil, nil, err
	}
	ts, ok := sctx.Session.(sql.TransactionSession)
	if !ok {
		end()
		return nil, nil, fmt.Errorf("the session has no transactions")
	}
	tx, err := ts.StartTransaction(sctx, sql.ReadOnly)
	if err != nil {
		end()
		return nil, nil, err
	}
	sctx.SetTransaction(tx)
	return sctx, end, nil
}
