package main

import (
	"errors"
	"fmt"
	"strings"
)

const pointRequests = 4000 // of a measured run, over all connections; more with many of them, so that each asks a few hundred times

func pointPredict(connections int) Figure {
	f := Figure{
		Name: fmt.Sprintf("point_predict_%d", connections), Unit: "us", Least: 1, Aim: 2.5,
		Size: Size{Rows: 500_000, Columns: 10, Connections: connections},
		Ours: fmt.Sprintf("median answer time of a prepared SELECT PREDICT('m', ?, ...) over TCP, connections: %d", connections),
		Peer: "the same of a prepared SELECT 1, the least that the SQL engine can be asked, by the engine's own handler in the same server",
		Why:  "what one prediction costs an application, and how that bears many connections",
	}
	if connections == 1 {
		f.Grow = []Size{{Connections: 4}, {Connections: 16}, {Connections: 64}}
	}
	f.Prepare = preparePointPredict
	return f
}

func preparePointPredict(b *Bench, s Size) (*Sides, error) {
	d, err := b.deployed(s)
	if err != nil {
		return nil, err
	}
	server, err := b.serveChild(d.dir)
	if err != nil {
		return nil, err
	}
	fail := func(err error) (*Sides, error) { return nil, errors.Join(err, server.stop()) }
	if err := server.use("bench"); err != nil {
		return fail(err)
	}
	predict, err := dial(b.ctx, server.db, s.Connections, predictStatement(d))
	if err != nil {
		return fail(err)
	}
	one, err := dial(b.ctx, server.db, s.Connections, "SELECT 1")
	if err != nil {
		return fail(err)
	}
	requests := max(pointRequests, 250*s.Connections)
	return &Sides{
		Ours: func() (float64, error) { return predict.p50(b.ctx, requests, predictArguments(d)) },
		Peer: func() (p50 float64, err error) {
			reply, err := server.stock(true)
			if err != nil {
				return 0, err
			}
			b.say("peer: %s", reply)
			defer func() {
				_, off := server.stock(false)
				err = errors.Join(err, off)
			}()
			return one.p50(b.ctx, requests, func(int) []any { return nil })
		},
		Close: func() error { return errors.Join(predict.close(), one.close(), server.stop()) },
	}, nil
}

// predictStatement asks for a prediction of the model m by the values of its features.
func predictStatement(d *dataset) string {
	return fmt.Sprintf("SELECT PREDICT('m'%s)", strings.Repeat(", ?", d.inputs()))
}

// predictArguments gives the features of a row for each request, always the same rows.
func predictArguments(d *dataset) func(i int) []any {
	rows := make([][]any, 1024)
	z := make([]float64, d.Columns)
	for i := range rows {
		for _, v := range d.point(i, z) {
			rows[i] = append(rows[i], v)
		}
	}
	return func(i int) []any { return rows[i%len(rows)] }
}
