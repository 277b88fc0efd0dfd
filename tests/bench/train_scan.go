package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/dolthub/go-mysql-server/sql"

	"aibms/server"
	"aibms/server/lifecycle"
)

func trainScan() Figure {
	size := Size{Rows: 500_000, Columns: 10}
	return Figure{
		Name: "train_scan", Unit: "s", Least: 2.5, Aim: 5, Size: size, Grow: larger(size),
		Ours:    "reading nine columns of a table for TRAIN, its key and its hash of the data included (server/rows, Reader.Read)",
		Peer:    "the storage's own row iterator on one goroutine (sql.Table.PartitionRows), the same columns, rows thrown away",
		Why:     "how much faster columns are filled than rows are walked through",
		Prepare: prepareTrainScan,
	}
}

func prepareTrainScan(b *Bench, s Size) (*Sides, error) {
	d, err := b.points(s)
	if err != nil {
		return nil, err
	}
	server, err := b.embed(d.dir)
	if err != nil {
		return nil, err
	}
	columns := strings.Split(features(s.Columns-1, "%s"), ", ")
	source := lifecycle.Source{Query: "SELECT * FROM bench.points"}
	want := lifecycle.Want{Inputs: columns, Keys: []string{"id"}, WithHash: true}
	plain := want
	plain.WithHash = false
	read := func(w lifecycle.Want) (float64, error) {
		ctx, end, err := session(b.ctx, server)
		if err != nil {
			return 0, err
		}
		defer end()
		begin := time.Now()
		table, err := server.Reader().Read(ctx, source, w)
		if err != nil {
			return 0, err
		}
		took := time.Since(begin).Seconds()
		if table.Data.Rows != s.Rows || len(table.Data.Columns) != len(columns) {
			return 0, fmt.Errorf("%d rows of %d columns were read", table.Data.Rows, len(table.Data.Columns))
		}
		return took, nil
	}
	return &Sides{
		Ours: func() (float64, error) {
			unhashed, err := read(plain)
			if err != nil {
				return 0, err
			}
			b.say("train_scan: without the hash of the data it takes %.3f s", unhashed)
			return read(want)
		},
		Peer: func() (float64, error) {
			ctx, end, err := session(b.ctx, server)
			if err != nil {
				return 0, err
			}
			defer end()
			begin := time.Now()
			n, err := walk(ctx, server, columns)
			if err != nil {
				return 0, err
			}
			if n != s.Rows {
				return 0, fmt.Errorf("the iterator gave %d rows", n)
			}
			return time.Since(begin).Seconds(), nil
		},
		Close: func() error { return server.Stop(context.Background()) },
	}, nil
}

// session opens an internal session in the database of the benchmark.
func session(ctx context.Context, s *server.Server) (*sql.Context, func(), error) {
	return s.Session(ctx, "", "", "bench", "benchmark")
}

// walk reads columns of bench.points by the storage's row iterator and returns the number of rows.
func walk(ctx *sql.Context, s *server.Server, columns []string) (rows int, err error) {
	if err := s.Run(ctx, "SELECT 1"); err != nil { // begins the transaction
		return 0, err
	}
	table, _, err := s.Catalog().Table(ctx, "bench", "points")
	if err != nil {
		return 0, err
	}
	projected, ok := table.(sql.ProjectedTable)
	if !ok {
		return 0, fmt.Errorf("a table is a %T, which cannot be asked for some columns", table)
	}
	table = projected.WithProjections(columns)
	partitions, err := table.Partitions(ctx)
	if err != nil {
		return 0, err
	}
	defer partitions.Close(ctx)
	for {
		part, err := partitions.Next(ctx)
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return 0, err
		}
		iter, err := table.PartitionRows(ctx, part)
		if err != nil {
			return 0, err
		}
		n, err := drain(ctx, iter)
		if err != nil {
			return 0, err
		}
		rows += n
	}
}

// drain reads an iterator to its end, closes it and returns the number of rows.
func drain(ctx *sql.Context, iter sql.RowIter) (rows int, err error) {
	for {
		_, err := iter.Next(ctx)
		if errors.Is(err, io.EOF) {
			return rows, iter.Close(ctx)
		}
		if err != nil {
			return 0, errors.Join(err, iter.Close(ctx))
		}
		rows++
	}
}
