package main

import (
	"errors"
	"fmt"
)

func pointByKey() Figure {
	return Figure{
		Name: "point_vs_mariadb", Unit: "us", Least: 1, Aim: 2, Size: Size{Rows: 500_000, Columns: 10, Connections: 1},
		Ours:    "median answer time of a prepared SELECT PREDICT('m') FROM points WHERE id = ?",
		Peer:    "MariaDB's of a prepared SELECT of one column by primary key, the same Go client over TCP on the same machine",
		Why:     "whether asking for the prediction of a stored row costs more than asking an ordinary database for the row",
		Grow:    []Size{{Connections: 4}, {Connections: 16}, {Connections: 64}},
		Prepare: func(b *Bench, s Size) (*Sides, error) { return preparePointMariaDB(b, s, true) },
	}
}

func pointByArguments() Figure {
	return Figure{
		Name: "point_args_vs_mariadb", Unit: "us", Least: 1, Aim: 2, Size: Size{Rows: 500_000, Columns: 10, Connections: 1},
		Ours:    "median answer time of a prepared SELECT PREDICT('m', ?, ...)",
		Peer:    "as in point_vs_mariadb",
		Why:     "the same for an application that has the features at hand",
		Grow:    []Size{{Connections: 4}, {Connections: 16}, {Connections: 64}},
		Prepare: func(b *Bench, s Size) (*Sides, error) { return preparePointMariaDB(b, s, false) },
	}
}

func preparePointMariaDB(b *Bench, s Size, byKey bool) (*Sides, error) {
	d, err := b.deployed(s)
	if err != nil {
		return nil, err
	}
	m, err := b.mariaDB()
	if err != nil {
		return nil, err
	}
	table, err := m.load(b, d)
	if err != nil {
		return nil, err
	}
	server, err := b.serve(d.dir)
	if err != nil {
		return nil, err
	}
	fail := func(err error) (*Sides, error) { return nil, errors.Join(err, server.stop()) }
	if err := server.use("bench"); err != nil {
		return fail(err)
	}
	key := func(i int) []any { return []any{int64(mix(uint64(i)) % uint64(s.Rows))} }
	query, args := predictStatement(d), predictArguments(d)
	if byKey {
		query, args = "SELECT PREDICT('m') FROM points WHERE id = ?", key
	}
	predict, err := dial(b.ctx, server.db, s.Connections, query)
	if err != nil {
		return fail(err)
	}
	row, err := dial(b.ctx, m.db, s.Connections, fmt.Sprintf("SELECT x%d FROM %s WHERE id = ?", s.Columns-1, table))
	if err != nil {
		return fail(errors.Join(err, predict.close()))
	}
	requests := max(pointRequests, 250*s.Connections)
	return &Sides{
		Ours:  func() (float64, error) { return predict.p50(b.ctx, requests, args) },
		Peer:  func() (float64, error) { return row.p50(b.ctx, requests, key) },
		Close: func() error { return errors.Join(predict.close(), row.close(), server.stop()) },
	}, nil
}
