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

// spool takes the rows of one statement and sends them to its client, a batch at a time. The goroutine of the connection produces the rows and fills one batch; as soon as there is
// something to send before the end, a second goroutine sends the other. There are no more batches than these two: a client that does not read stops the statement. A row that waits
// too long for its batch to fill is sent by a timer.
//
// A cursor's rows are sent by the goroutine that produces them, since its client asks for them. A cursor still reads from a batch when it has taken it, but no more when it takes the
// next: there too the two take turns.
type spool struct {
	fields []*querypb.Field
	send   func(*sqltypes.Result) error // hands rows to the connection
	flush  func() error                 // sends what the connection has buffered; nil with a cursor
	cancel func(error)                  // ends the statement
	begin  func()                       // called once, before rows are sent while the statement still runs

	mu      sync.Mutex // guards what follows
	batches [2]batch
	now     *batch // the one that is filled
	sent    bool   // something was given to the connection
	timer   *time.Timer
	armed   bool // the timer runs
	halted  bool
	err     error            // the connection has failed, or the statement was stopped
	ok      *sqltypes.Result // the statement gave an OK result in place of rows

	full   chan *batch   // to the sender; nil when there is none. It has room for both batches
	free   chan *batch   // from the sender
	done   chan struct{} // closed when the sender has ended
	failed error         // the sender's; to be read when it has ended
}

var errMixed = errors.New("the statement gave an OK result among its rows")

// fill takes all rows of iter, in the storage's own form of values when byValue allows it and they come in it.
func (s *spool) fill(ctx *sql.Context, schema sql.Schema, iter sql.RowIter, byValue bool) error {
	s.now = &s.batches[0]
	if values, ok := iter.(sql.ValueRowIter); byValue && ok && values.IsValueRowIter(ctx) {
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

// add takes a row. When the batch is full it waits for the other one.
func (s *spool) add(ctx *sql.Context, schema sql.Schema, row sql.Row, values sql.ValueRow) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	if s.ok != nil {
		return errMixed
	}
	if err := s.now.add(ctx, schema, row, values); err != nil {
		return err
	}
	switch {
	case !s.now.full():
		s.arm()
	case s.flush == nil:
		s.err = s.pass()
	default:
		s.start()
		s.full <- s.now
		select {
		case s.now = <-s.free:
			s.now.reset()
		case <-ctx.Done():
			s.err = ctx.Err()
		}
	}
	return s.err
}

// instead takes an OK result.
func (s *spool) instead(ok *sqltypes.Result) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sent || s.ok != nil || len(s.now.rows) > 0 {
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
		s.timer = time.AfterFunc(flushAfter, func() {
			if err := safego.Run(s.late); err != nil {
				s.cancel(err)
			}
		})
	default:
		s.timer.Reset(flushAfter)
	}
	s.armed = true
}

// late is called by the timer. It never waits for the client.
func (s *spool) late() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.armed = false
	if s.halted || s.err != nil || len(s.now.rows) == 0 {
		return nil
	}
	s.start()
	select {
	case other := <-s.free:
		s.full <- s.now
		other.reset()
		s.now = other
	default: // the sender is at work
		s.arm()
	}
	return nil
}

// start starts the sender when there is none. The caller holds mu.
func (s *spool) start() {
	if s.full != nil {
		return
	}
	s.begin()
	s.sent = true
	s.full, s.free, s.done = make(chan *batch, 2), make(chan *batch, 2), make(chan struct{})
	s.free <- &s.batches[1]
	safego.Go(s.deliver, func(err error) {
		if s.failed = err; err != nil {
			s.cancel(err)
		}
		close(s.done)
	})
}

// deliver is the sender: it sends batches until there are no more, and what the connection has buffered whenever there is none at the moment.
func (s *spool) deliver() error {
	for b := range s.full {
		if err := s.send(s.result(b)); err != nil {
			return err
		}
		s.free <- b
		if len(s.full) == 0 {
			if err := s.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *spool) result(b *batch) *sqltypes.Result {
	return &sqltypes.Result{Fields: s.fields, Rows: b.rows, RowsAffected: uint64(len(b.rows))}
}

// pass sends the batch that is filled, in place of a sender.
func (s *spool) pass() error {
	s.sent = true
	err := s.send(s.result(s.now))
	if s.now == &s.batches[0] {
		s.now = &s.batches[1]
	} else {
		s.now = &s.batches[0]
	}
	s.now.reset()
	return err
}

// halt ends the timer and waits for the sender: from now on nobody but the caller sends. It may be called more than once.
func (s *spool) halt() {
	s.mu.Lock()
	if !s.halted {
		s.halted = true
		if s.timer != nil {
			s.timer.Stop()
		}
		if s.full != nil {
			close(s.full)
		}
	}
	s.mu.Unlock()
	if s.done != nil {
		<-s.done
	}
}

// rest sends what has not been sent: the last rows, the OK result, or the columns of a result without rows. The spool has halted.
func (s *spool) rest() error {
	switch {
	case s.failed != nil:
		return s.failed
	case s.ok != nil:
		return s.send(s.ok)
	case !s.sent || len(s.now.rows) > 0:
		return s.pass()
	}
	return nil
}
