package wire

import (
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// writeChunk is how many bytes are written at a time: a client that takes so much within the write limit is slow, not gone.
	writeChunk = 64 << 10
	// lastWrite is how long a client may take what is being written when its statement has been killed or its time is over.
	lastWrite = 5 * time.Second
)

// limits are how long a client may let its connection wait.
type limits struct {
	idle  time.Duration // for the next command: @@wait_timeout
	read  time.Duration // for the rest of what it sends: @@net_read_timeout
	write time.Duration // with taking what is sent to it: @@net_write_timeout
}

// beforeLogin are the limits of a client that has no session yet. The login timeout ends it sooner.
var beforeLogin = limits{idle: 8 * time.Hour, read: 30 * time.Second, write: 60 * time.Second}

// link is a connection as it was accepted, below TLS, with limits of time. As of any net.Conn one goroutine at a time reads and one writes; everything else may be called
// from any goroutine.
type link struct {
	net.Conn
	limits atomic.Pointer[limits] // nil before login

	waiting atomic.Bool // the next read is for a new command
	loading atomic.Bool // a text command runs: what is read is a file that it asked for
	cursor  atomic.Bool // the last prepared statement was executed to open a cursor

	mu    sync.Mutex
	turn  uint64    // counts statements
	until time.Time // when not zero, nothing may be written after it; it holds for the present turn
}

func (l *link) now() limits {
	if m := l.limits.Load(); m != nil {
		return *m
	}
	return beforeLogin
}

// set changes the limits from the next read and write on.
func (l *link) set(m limits) {
	if l.limits.Load() == nil || l.now() != m {
		l.limits.Store(&m)
	}
}

// idle tells whether nothing is expected but a new command.
func (l *link) idle() bool { return l.waiting.Load() && !l.loading.Load() }

// Read implements net.Conn.
func (l *link) Read(p []byte) (int, error) {
	if m := l.limits.Load(); m != nil {
		limit := m.read
		if l.idle() {
			limit = m.idle
		}
		if err := l.Conn.SetReadDeadline(time.Now().Add(limit)); err != nil {
			return 0, err
		}
	}
	return l.Conn.Read(p)
}

// Write implements net.Conn. It fails when the client takes nothing at all for the write limit.
func (l *link) Write(p []byte) (n int, err error) {
	for {
		if err := l.allow(); err != nil {
			return n, err
		}
		m, err := l.Conn.Write(p[n:min(n+writeChunk, len(p))])
		n += m
		switch {
		case err == nil && n == len(p):
			return n, nil
		case err != nil && (m == 0 || !errors.Is(err, os.ErrDeadlineExceeded)):
			return n, err
		}
	}
}

// allow sets the deadline of the next write.
func (l *link) allow() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.until.IsZero() {
		return l.Conn.SetWriteDeadline(l.until)
	}
	return l.Conn.SetWriteDeadline(time.Now().Add(l.now().write))
}

// begin starts the turn of a statement.
func (l *link) begin() (turn uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turn++
	l.until = time.Time{}
	return l.turn
}

// hurry gives the client lastWrite to take what is being written in a turn, and what still comes in it.
func (l *link) hurry(turn uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.turn != turn {
		return
	}
	l.until = time.Now().Add(min(lastWrite, l.now().write))
	_ = l.Conn.SetWriteDeadline(l.until) // it fails on a closed connection, which is what is wanted
}
