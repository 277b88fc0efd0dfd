package wire

import (
	"context"
	"errors"
	"sync"
	"syscall"
	"time"
)

// hangupInterval is how often a running command looks whether its client is still there.
const hangupInterval = time.Second

var errHungUp = errors.New("the client has gone")

// watch is the context of a running command. It ends when the client hangs up, be it over TCP, TLS or a unix socket, or by cancel. stop must be called when the command
// has run.
type watch struct {
	context.Context
	cancel context.CancelCauseFunc
	link   *link
	turn   uint64 // of link
	timer  *time.Timer
}

// watched begins a command on a connection.
func watched(ctx context.Context, l *link) *watch {
	w := &watch{link: l, turn: l.begin()}
	w.Context, w.cancel = context.WithCancelCause(ctx)
	s, ok := l.Conn.(syscall.Conn)
	if !ok {
		return w
	}
	var mu sync.Mutex // orders the first assignment of timer before its use
	mu.Lock()
	w.timer = time.AfterFunc(hangupInterval, func() {
		if w.Err() != nil {
			return
		}
		if hungUp(s) {
			w.cancel(errHungUp)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		w.timer.Reset(hangupInterval)
	})
	mu.Unlock()
	return w
}

func (w *watch) stop() {
	w.cancel(nil)
	if w.timer != nil {
		w.timer.Stop()
	}
}
