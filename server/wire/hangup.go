package wire

import (
	"context"
	"errors"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/dolthub/vitess/go/netutil"
)

// hangupInterval is how often a running command looks whether its client is still there.
const hangupInterval = time.Second

var errHungUp = errors.New("the client has gone")

// untilHangup returns a context that ends when the client of a running command hangs up, be it over TCP, TLS or a unix socket. stop must be called when the command has
// run.
func untilHangup(ctx context.Context, raw net.Conn) (_ context.Context, stop func()) {
	if t, ok := raw.(netutil.ConnWithTimeouts); ok {
		raw = t.Conn
	}
	s, ok := raw.(syscall.Conn)
	if !ok {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	var mu sync.Mutex // orders the first assignment of timer before its use
	var timer *time.Timer
	mu.Lock()
	timer = time.AfterFunc(hangupInterval, func() {
		if ctx.Err() != nil {
			return
		}
		if hungUp(s) {
			cancel(errHungUp)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		timer.Reset(hangupInterval)
	})
	mu.Unlock()
	return ctx, func() {
		cancel(nil)
		timer.Stop()
	}
}
