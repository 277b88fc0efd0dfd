package wire

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/sqltypes"
	querypb "github.com/dolthub/vitess/go/vt/proto/query"

	"aibms/internal/safego"
)

const (
	// A batch is handed to the connection when it has so many rows or bytes. No more rows than that are ahead of the client and the buffers of the network.
	batchRows  = 256
	batchBytes = 32 << 10
	// flushAfter is how long a row may wait for others before it goes to the client.
	flushAfter = 50 * time.Millisecond
)

// batch holds rows in the form that the connection takes. Its memory is used again after reset.
type batch struct {
	rows   [][]sqltypes.Value
	values []sqltypes.Value // where the rows are
	text   []byte           // where short values are
	size   int              // bytes of all values
}

// add appends a row: row, or values when row is nil.
func (b *batch) add(ctx *sql.Context, schema sql.Schema, row sql.Row, values sql.ValueRow) error {
	n := len(b.values)
	if cap(b.values)-n < len(schema) { // earlier rows stay where they are
		b.values, n = make([]sqltypes.Value, 0, max(len(schema), min(2*cap(b.values), batchRows*len(schema)))), 0
	}
	b.values = b.values[:n+len(schema)]
	out := b.values[n:len(b.values):len(b.values)]
	for i, column := range schema {
		if cap(b.text)-len(b.text) < 16 {
			b.text = make([]byte, 0, min(max(2*cap(b.text), 256), batchBytes))
		}
		var v sqltypes.Value
		var err error
		if row != nil {
			v, err = encode(ctx, column.Type, row[i], b.text[len(b.text):])
		} else {
			v, err = encodeValue(ctx, column.Type, values[i], b.text[len(b.text):])
		}
		if err != nil {
			return err
		}
		out[i] = v
		b.size += v.Len()
		if used := len(b.text) + v.Len(); used <= cap(b.text) { // a longer value has memory of its own
			b.text = b.text[:used]
		}
	}
	b.rows = append(b.rows, out)
	return nil
}

// encode writes a value behind room, or elsewhere when it does not fit.
func encode(ctx *sql.Context, t sql.Type, v any, room []byte) (sqltypes.Value, error) {
	if v == nil {
		return sqltypes.NULL, nil
	}
	return t.SQL(ctx, room, v)
}

// encodeValue is encode for the storage's own form of values.
func encodeValue(ctx *sql.Context, t sql.Type, v sql.Value, room []byte) (sqltypes.Value, error) {
	if t, ok := t.(sql.ValueType); ok {
		return t.SQLValue(ctx, v, room)
	}
	if v.IsNull() {
		return sqltypes.NULL, nil
	}
	return sqltypes.MakeTrusted(v.Typ, v.Val), nil
}

func (b *batch) full() bool { return len(b.rows) >= batchRows || b.size >= batchBytes }

func (b *batch) reset() {
	clear(b.rows)
	clear(b.values[:cap(b.values)]) // long values are let go
	b.rows, b.values, b.text, b.size = b.rows[:0], b.values[:0], b.text[:0], 0
}

// spool takes the rows of one statement and hands them to its connection, a batch at a time. The goroutine that produces the rows also sends them: a client that does not read
// stops it, and with it the statement. A row that waits too long for its batch to fill is sent by a timer.
//
// Two batches take turns, because a cursor still reads from one when it has taken it, but no more when it takes the next.
type spool struct {
	fields []*querypb.Field
	send   func(*sqltypes.Result) error // hands rows to the connection
	flush  func() error                 // sends what the connection has buffered; nil with a cursor: its client asks for rows
	cancel func(error)                  // ends the statement
	first  func()                       // called once, before the first batch is sent while the statement still runs

	mu      sync.Mutex // guards what follows, and the connection against the timer
	batches [2]batch
	at      int // the batch that is filled
	sent    bool
	timer   *time.Timer
	armed   bool // the timer runs
	halted  bool
	err     error            // of the connection
	ok      *sqltypes.Result // the statement gave an OK result in place of rows
}

var errMixed = errors.New("the statement gave an OK result among its rows")

// fill takes all rows of iter.
func (s *spool) fill(ctx *sql.Context, schema sql.Schema, iter sql.RowIter) error {
	if values, ok := iter.(sql.ValueRowIter); ok && values.IsValueRowIter(ctx) {
		return s.each(ctx, func() error {
			row, err := values.NextValueRow(ctx)
			if err != nil {
				return err
			}
			return s.add(ctx, schema, nil, row)
		})
	}
	return s.each(ctx, func() error {
		row, err := iter.Next(ctx)
		if err != nil {
			return err
		}
		if types.IsOkResult(row) {
			return s.instead(okResult(row))
		}
		return s.add(ctx, schema, row, nil)
	})
}

// each calls next until io.EOF or the end of ctx.
func (s *spool) each(ctx context.Context, next func() error) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := next(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// add takes a row.
func (s *spool) add(ctx *sql.Context, schema sql.Schema, row sql.Row, values sql.ValueRow) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	if s.ok != nil {
		return errMixed
	}
	b := &s.batches[s.at]
	if err := b.add(ctx, schema, row, values); err != nil {
		return err
	}
	s.arm()
	if b.full() {
		return s.hand()
	}
	return nil
}

// instead takes an OK result.
func (s *spool) instead(ok *sqltypes.Result) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sent || s.ok != nil || len(s.batches[s.at].rows) > 0 {
		return errMixed
	}
	s.ok = ok
	return nil
}

// arm sees to it that what is held now is sent in time. The caller holds mu.
func (s *spool) arm() {
	switch {
	case s.armed || s.flush == nil:
		return
	case s.timer == nil:
		s.timer = time.AfterFunc(flushAfter, s.late)
	default:
		s.timer.Reset(flushAfter)
	}
	s.armed = true
}

// late is called by the timer.
func (s *spool) late() {
	err := safego.Run(func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.armed = false
		if s.halted || s.err != nil {
			return nil
		}
		if len(s.batches[s.at].rows) > 0 {
			if err := s.hand(); err != nil {
				return err
			}
		}
		s.err = s.flush()
		return s.err
	})
	if err != nil {
		s.cancel(err)
	}
}

// hand gives the batch to the connection, which may wait for the client, and begins the other one. The caller holds mu.
func (s *spool) hand() error {
	if s.first != nil {
		s.first()
		s.first = nil
	}
	s.err = s.pass()
	return s.err
}

// pass sends the batch that is filled. The caller holds mu, or the spool has halted.
func (s *spool) pass() error {
	rows := s.batches[s.at].rows
	s.sent = true
	err := s.send(&sqltypes.Result{Fields: s.fields, Rows: rows, RowsAffected: uint64(len(rows))})
	s.at = 1 - s.at
	s.batches[s.at].reset()
	return err
}

// halt ends the timer: from now on nobody but the caller sends. It may be called more than once.
func (s *spool) halt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.halted = true
	if s.timer != nil {
		s.timer.Stop()
	}
}

// rest sends what has not been sent: the last rows, the OK result, or the columns of a result without rows. The spool has halted.
func (s *spool) rest() error {
	switch {
	case s.err != nil:
		return s.err
	case s.ok != nil:
		return s.send(s.ok)
	case !s.sent || len(s.batches[s.at].rows) > 0:
		return s.pass()
	}
	return nil
}
