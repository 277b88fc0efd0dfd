package main

import (
	"context"
	"fmt"
	"time"
)

func tablePredict() Figure {
	size := Size{Rows: 500_000, Columns: 10}
	return Figure{
		Name: "table_predict", Unit: "s", Least: 1.5, Aim: 2, Size: size, Grow: larger(size),
		Ours:    "SELECT AVG(PREDICT('m', x1, ..., x8)) over a plain table, a linear model, in process",
		Peer:    "SELECT x1, ..., x8 of the same table by the same engine, rows thrown away",
		Why:     "whether predicting a table costs more than reading it",
		Prepare: prepareTablePredict,
	}
}

func prepareTablePredict(b *Bench, s Size) (*Sides, error) {
	d, err := b.deployed(s)
	if err != nil {
		return nil, err
	}
	server, err := b.embed(d.dir)
	if err != nil {
		return nil, err
	}
	run := func(query string, rows int) (float64, error) {
		ctx, end, err := session(b.ctx, server)
		if err != nil {
			return 0, err
		}
		defer end()
		begin := time.Now()
		_, iter, err := server.Query(ctx, query)
		if err != nil {
			return 0, err
		}
		n, err := drain(ctx, iter)
		if err != nil {
			return 0, err
		}
		if n != rows {
			return 0, fmt.Errorf("%s gave %d rows", query, n)
		}
		return time.Since(begin).Seconds(), nil
	}
	inputs := features(d.inputs(), "%s")
	return &Sides{
		Ours: func() (float64, error) {
			return run(fmt.Sprintf("SELECT AVG(PREDICT('m', %s)) FROM points", inputs), 1)
		},
		Peer:  func() (float64, error) { return run(fmt.Sprintf("SELECT %s FROM points", inputs), s.Rows) },
		Close: func() error { return server.Stop(context.Background()) },
	}, nil
}
