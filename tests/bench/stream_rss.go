package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	streamBound = 64              // MB
	streamPause = 5 * time.Second // how long the reader stands still
	megabyte    = 1 << 20
)

func streamRSS() Figure {
	return Figure{
		Name: "stream_rss_mb", Unit: "MB", Bound: streamBound, Least: 1, Size: Size{Rows: 3_000_000, Columns: 4},
		Ours:    "growth of the server's resident memory while a client reads half of three million rows and then stands still for five seconds",
		Peer:    "at most 64 MB",
		Why:     "that a large result and a slow reader cost the server nothing",
		Grow:    []Size{{Rows: 6_000_000}},
		Prepare: prepareStreamRSS,
	}
}

func prepareStreamRSS(b *Bench, s Size) (*Sides, error) {
	d, err := b.points(s)
	if err != nil {
		return nil, err
	}
	return &Sides{Ours: func() (float64, error) { return stream(b, d) }}, nil
}

// stream measures on a fresh server, so that memory which an earlier run left is not taken for that of this one.
func stream(b *Bench, d *dataset) (grown float64, err error) {
	server, err := b.serve(d.dir)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	var one int
	if err := server.db.QueryRowContext(b.ctx, "SELECT y FROM bench.points WHERE id = 0").Scan(&one); err != nil {
		return 0, err
	}
	before, err := server.idle()
	if err != nil {
		return 0, err
	}
	ctx, leave := context.WithCancel(b.ctx)
	rows, err := server.db.QueryContext(ctx, "SELECT * FROM bench.points")
	if err != nil {
		leave()
		return 0, err
	}
	defer rows.Close()
	defer leave() // first, so that the connection is dropped and the rest is not read
	for range d.Rows / 2 {
		if !rows.Next() {
			return 0, errors.Join(rows.Err(), errors.New("the rows end before their middle"))
		}
	}
	select {
	case <-b.ctx.Done():
		return 0, b.ctx.Err()
	case <-server.ended:
		return 0, fmt.Errorf("the server ended: %w", server.err)
	case <-time.After(streamPause):
	}
	peak, err := server.memory("VmHWM")
	if err != nil {
		return 0, err
	}
	return max(peak-before, 1) / megabyte, nil
}
