package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Bench is one run of the program: its settings, and what several figures share. Everything that it makes is in one folder, which close removes.
type Bench struct {
	ctx    context.Context
	log    io.Writer
	pairs  int
	aibms  string // the program under test
	python string // of the virtual environment with the peers
	peers  string // the folder of the peers' scripts
	dir    string

	tables  map[Size]*dataset
	maria   *mariadb
	worker  *worker
	closers []func() error
}

// open makes the folder.
func (b *Bench) open() (err error) {
	b.tables = map[Size]*dataset{}
	b.dir, err = os.MkdirTemp("", "aibms-bench-")
	b.closers = append(b.closers, func() error { return os.RemoveAll(b.dir) })
	return err
}

// close ends what runs and removes what was written.
func (b *Bench) close() error {
	var errs []error
	for i := len(b.closers) - 1; i >= 0; i-- {
		errs = append(errs, b.closers[i]())
	}
	b.closers = nil
	return errors.Join(errs...)
}

// say tells the person at the terminal what is going on.
func (b *Bench) say(format string, args ...any) { fmt.Fprintf(b.log, format+"\n", args...) }

// measure prepares a figure, runs it and looks at its guard.
func (b *Bench) measure(f Figure) (_ *Result, err error) {
	b.say("%s: %s, against: %s", f.Name, f.Ours, f.Peer)
	sides, err := f.Prepare(b, f.Size)
	if err != nil {
		return nil, err
	}
	if sides.Close != nil {
		defer func() { err = errors.Join(err, sides.Close()) }()
	}
	r, err := alternate(f, sides, b.pairs, b.log)
	if err != nil {
		return nil, err
	}
	if sides.Guard != nil {
		if err := sides.Guard(); err != nil {
			return nil, fmt.Errorf("the quality guard fails, so that the ratio of %.3g does not count: %w", r.Ratio, err)
		}
	}
	return r, nil
}

// dataset is the table of points.go in a size: as a file, and as the table bench.points of a data directory of AIBMS, beside the models `outcome` (logistic regression of
// y on all columns) and `m` (linear regression of the last column but one on those before it). It was loaded by LOAD DATA, which takes rows five times as fast as INSERT
// of a thousand rows each.
type dataset struct {
	Size
	file string
	dir  string
	ones []bool // the target of each row

	deployed bool // m has a version that answers
}

// inputs is the number of features of the model m.
func (d *dataset) inputs() int { return d.Columns - 2 }

// point returns the features of the model m for row i, as the table has them.
func (d *dataset) point(i int, z []float64) []float64 {
	point(i, z)
	for k := range z {
		j := float64(k + 1)
		z[k] = j + (1+j/2)*z[k]
	}
	return z[:d.inputs()]
}

// points makes the dataset once.
func (b *Bench) points(s Size) (*dataset, error) {
	s.Connections = 0
	if d := b.tables[s]; d != nil {
		return d, nil
	}
	name := fmt.Sprintf("points_%d_%d", s.Rows, s.Columns)
	d := &dataset{Size: s, file: filepath.Join(b.dir, name+".csv"), dir: filepath.Join(b.dir, name)}
	begin := time.Now()
	var err error
	if d.ones, err = writePoints(d.file, s.Rows, s.Columns); err != nil {
		return nil, err
	}
	written := time.Now()
	server, err := b.serve(d.dir)
	if err != nil {
		return nil, err
	}
	err = server.exec(b.ctx,
		"SET GLOBAL local_infile = 1",
		"CREATE DATABASE bench",
		"USE bench",
		createPoints("points", s.Columns),
		load(d.file, "points"),
		fmt.Sprintf("CREATE MODEL outcome PREDICT y FROM points USING logistic_regression FEATURES (%s) KEY (id) SPLIT COLUMN (part)", features(s.Columns, "%s")),
		fmt.Sprintf("CREATE MODEL m PREDICT x%d FROM points USING linear_regression FEATURES (%s) KEY (id)", s.Columns-1, features(d.inputs(), "%s")),
	)
	if err := errors.Join(err, server.stop()); err != nil {
		return nil, fmt.Errorf("cannot load %d rows: %w", s.Rows, err)
	}
	b.say("%d rows of %d columns: written in %.1f s, loaded in %.1f s", s.Rows, s.Columns, written.Sub(begin).Seconds(), time.Since(written).Seconds())
	b.tables[s] = d
	return d, nil
}

// deployed is points with a version of the model m that answers.
func (b *Bench) deployed(s Size) (*dataset, error) {
	d, err := b.points(s)
	if err != nil || d.deployed {
		return d, err
	}
	server, err := b.serve(d.dir)
	if err != nil {
		return nil, err
	}
	err = server.exec(b.ctx, "USE bench", "TRAIN MODEL m", "DEPLOY MODEL m VERSION 1")
	d.deployed = err == nil
	return d, errors.Join(err, server.stop())
}

// load is the statement that loads a file, for AIBMS and MariaDB alike.
func load(file, table string) string {
	return fmt.Sprintf("LOAD DATA LOCAL INFILE '%s' INTO TABLE %s FIELDS TERMINATED BY ','", strings.ReplaceAll(file, "'", "''"), table)
}

// freePort is a port that nobody listens on, for programs that cannot choose one themselves.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
