package main

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"aibms/internal/safego"
)

// clients are connections that each hold the same prepared statement.
type clients struct {
	conns []*sql.Conn
	stmts []*sql.Stmt
}

// dial opens n connections and prepares the query on each.
func dial(ctx context.Context, db *sql.DB, n int, query string) (*clients, error) {
	db.SetMaxOpenConns(0)
	c := &clients{}
	for range n {
		conn, err := db.Conn(ctx)
		if err != nil {
			return nil, errors.Join(err, c.close())
		}
		c.conns = append(c.conns, conn)
		stmt, err := conn.PrepareContext(ctx, query)
		if err != nil {
			return nil, errors.Join(err, c.close())
		}
		c.stmts = append(c.stmts, stmt)
	}
	return c, nil
}

func (c *clients) close() error {
	var errs []error
	for _, s := range c.stmts {
		errs = append(errs, s.Close())
	}
	for _, k := range c.conns {
		errs = append(errs, k.Close())
	}
	return errors.Join(errs...)
}

// p50 sends requests, which are split over all connections, each of which waits for its answer before it asks again. It returns the median time of an answer, a
// number, in microseconds. args gives the values of request i; it must be safe for concurrent use.
func (c *clients) p50(ctx context.Context, requests int, args func(i int) []any) (float64, error) {
	each := max(1, requests/len(c.stmts))
	times := make([]float64, each*len(c.stmts))
	var g safego.Group
	for k, stmt := range c.stmts {
		g.Go(func() error {
			for i := k * each; i < (k+1)*each; i++ {
				values := args(i)
				var answer float64
				begin := time.Now()
				if err := stmt.QueryRowContext(ctx, values...).Scan(&answer); err != nil {
					return err
				}
				times[i] = float64(time.Since(begin).Nanoseconds()) / 1000
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return 0, err
	}
	return median(times), nil
}
