package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"
)

// How the user of the peer writes predictions back.
const (
	typical = "typical" // executemany of PyMySQL
	careful = "careful" // LOAD DATA LOCAL INFILE
)

// maxAUCGap is how far our AUC on the test rows may be from scikit-learn's.
const maxAUCGap = 0.002

func e2eLogistic(way string) Figure {
	size := Size{Rows: 500_000, Columns: 10}
	f := Figure{
		Name: "e2e_logistic", Unit: "s", Least: 5, Aim: 8, Size: size, Grow: larger(size),
		Ours: "TRAIN MODEL (logistic_regression) and PREDICT MODEL of all rows into a table, by one connection",
		Peer: "one Python program: MariaDB, pandas.read_sql, scikit-learn's LogisticRegression, predictions back into MariaDB by executemany",
		Why:  "what leaving the data where they are saves a user of today's tools",
	}
	if way == careful {
		f.Name, f.Least, f.Aim = "e2e_logistic_careful", 0, 0
		f.Peer = "the same with LOAD DATA LOCAL INFILE in place of executemany"
		f.Why = "the same beside somebody who knows the fastest way back"
	}
	f.Prepare = func(b *Bench, s Size) (*Sides, error) { return prepareE2E(b, s, way) }
	return f
}

func prepareE2E(b *Bench, s Size, way string) (*Sides, error) {
	d, err := b.points(s)
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
	if _, err := b.pythonWorker(); err != nil { // tells on which kernels the peers run
		return nil, err
	}
	server, err := b.serve(d.dir)
	if err != nil {
		return nil, err
	}
	const drop = "DROP TABLE IF EXISTS bench.scored"
	return &Sides{
		Ours: func() (float64, error) {
			if err := server.exec(b.ctx, drop); err != nil {
				return 0, err
			}
			begin := time.Now()
			trained, err := trainAndPredict(b.ctx, server.port)
			if err != nil {
				return 0, err
			}
			end := time.Now()
			b.say("ours: TRAIN %.2f s, PREDICT %.2f", trained.Sub(begin).Seconds(), end.Sub(trained).Seconds())
			return end.Sub(begin).Seconds(), nil
		},
		Peer: func() (float64, error) {
			if err := execAll(b.ctx, m.db, drop); err != nil {
				return 0, err
			}
			begin := time.Now()
			stages, err := b.script("e2e_logistic.py", fmt.Sprint(m.port), table, fmt.Sprint(s.Columns), way)
			if err != nil {
				return 0, err
			}
			took := time.Since(begin).Seconds()
			b.say("peer: %s", stages)
			return took, nil
		},
		Guard: func() error { return sameQuality(b, d, server.db, m.db) },
		Close: func() error { return errors.Join(server.exec(b.ctx, drop), server.stop()) },
	}, nil
}

// trainAndPredict makes a connection and does the whole work by it. It returns when the training was over.
func trainAndPredict(ctx context.Context, port int) (trained time.Time, err error) {
	db, err := sql.Open("mysql", fmt.Sprintf("root@tcp(127.0.0.1:%d)/bench", port))
	if err != nil {
		return trained, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	rows, err := db.QueryContext(ctx, "TRAIN MODEL outcome")
	if err != nil {
		return trained, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return trained, err
	}
	answer := make([]sql.NullString, len(columns))
	into := make([]any, len(columns))
	for i := range into {
		into[i] = &answer[i]
	}
	if !rows.Next() {
		return trained, errors.Join(rows.Err(), errors.New("TRAIN MODEL answers no row"))
	}
	if err := rows.Scan(into...); err != nil {
		return trained, err
	}
	if err := rows.Close(); err != nil {
		return trained, err
	}
	trained = time.Now()
	_, err = db.ExecContext(ctx, fmt.Sprintf("PREDICT MODEL outcome VERSION %s FROM points INTO scored", answer[1].String))
	return trained, err
}

// sameQuality holds what both sides wrote against each other: the number of rows, and the AUC on the same test rows.
func sameQuality(b *Bench, d *dataset, ours, peer *sql.DB) error {
	var aucs [2]float64
	var counts [2]int
	for i, db := range []*sql.DB{ours, peer} {
		rows, err := db.QueryContext(b.ctx, "SELECT id, prediction, probability FROM bench.scored")
		if err != nil {
			return err
		}
		var scores []float64
		var ones []bool
		for rows.Next() {
			var id int
			var prediction, probability float64
			if err := rows.Scan(&id, &prediction, &probability); err != nil {
				return errors.Join(err, rows.Close())
			}
			if counts[i]++; isTest(id) {
				scores, ones = append(scores, probability), append(ones, d.ones[id])
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return err
		}
		aucs[i] = auc(scores, ones)
	}
	b.say("on the test rows our AUC is %.5f, scikit-learn's %.5f; predictions written: %d and %d", aucs[0], aucs[1], counts[0], counts[1])
	if counts[0] != d.Rows || counts[1] != d.Rows {
		return fmt.Errorf("of %d rows we wrote predictions of %d, the peer of %d", d.Rows, counts[0], counts[1])
	}
	if !(math.Abs(aucs[0]-aucs[1]) <= maxAUCGap) {
		return fmt.Errorf("our AUC is %.5f, the peer's %.5f: more than %g apart", aucs[0], aucs[1], maxAUCGap)
	}
	return nil
}
