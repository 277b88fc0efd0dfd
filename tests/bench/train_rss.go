package main

import "errors"

func trainRSS() Figure {
	return Figure{
		Name: "train_rss", Unit: "n p 8 bytes", Bound: 3, Least: 1, Aim: 1.5, Size: Size{Rows: 1_000_000, Columns: 28},
		Ours:    "the most resident memory during TRAIN of logistic_regression over that of the idle server, in sizes of the matrix of doubles",
		Peer:    "at most 3 such matrices",
		Why:     "how large a table can be trained on in a given memory",
		Grow:    []Size{{Rows: 2_000_000}, {Columns: 56}},
		Prepare: prepareTrainRSS,
	}
}

func prepareTrainRSS(b *Bench, s Size) (*Sides, error) {
	d, err := b.points(s)
	if err != nil {
		return nil, err
	}
	return &Sides{Ours: func() (float64, error) { return trainMemory(b, d) }}, nil
}

// trainMemory measures on a fresh server, whose caches are empty.
func trainMemory(b *Bench, d *dataset) (matrices float64, err error) {
	server, err := b.serve(d.dir)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	if err := server.db.PingContext(b.ctx); err != nil {
		return 0, err
	}
	before, err := server.idle()
	if err != nil {
		return 0, err
	}
	if err := server.exec(b.ctx, "USE bench", "TRAIN MODEL outcome"); err != nil {
		return 0, err
	}
	peak, err := server.memory("VmHWM")
	if err != nil {
		return 0, err
	}
	return max(peak-before, 1) / float64(d.Rows*d.Columns*8), nil
}
