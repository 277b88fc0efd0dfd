package engine

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	"aibms/internal/safego"
)

// listener accepts from a TCP port and, when asked, a unix socket. It hands out plain connections: the engine notices a lost client only on those.
type listener struct {
	tcp, unix net.Listener
	conns     chan net.Conn
	closed    chan struct{}
	once      sync.Once
}

// listen binds the addresses; nothing is accepted before run.
func listen(host string, port int, socket string) (*listener, error) {
	l := &listener{conns: make(chan net.Conn), closed: make(chan struct{})}
	var err error
	l.tcp, err = net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("port %d on %s is already in use; stop the server that uses it or choose another port with --port", port, host)
	} else if err != nil {
		return nil, fmt.Errorf("cannot listen on %s port %d: %w", host, port, err)
	}
	if socket == "" {
		return l, nil
	}
	l.unix, err = listenUnix(socket)
	if err != nil {
		l.tcp.Close()
		return nil, err
	}
	return l, nil
}

// listenUnix binds the socket, removing one that a killed server left behind.
func listenUnix(path string) (net.Listener, error) {
	if info, err := os.Lstat(path); err == nil {
		if info.Mode()&os.ModeSocket == 0 {
			return nil, fmt.Errorf("cannot create the unix socket %s: a file that is no socket stands there; remove it or choose another path with --socket", path)
		}
		if c, err := net.DialTimeout("unix", path, time.Second); err == nil {
			c.Close()
			return nil, fmt.Errorf("the unix socket %s is in use by another server; choose another path with --socket", path)
		}
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("cannot remove the stale unix socket %s: %w", path, err)
		}
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("cannot create the unix socket %s: %w", path, err)
	}
	return l, nil
}

// run starts accepting.
func (l *listener) run() {
	for _, from := range []net.Listener{l.tcp, l.unix} {
		if from != nil {
			safego.Go(func() error { return l.accept(from) }, nil)
		}
	}
}

// accept passes connections on until the listener closes. An error that is not the end (out of file descriptors, a client gone during the
// handshake) must not end the server's life: it is tried again after a pause.
func (l *listener) accept(from net.Listener) error {
	pause := 5 * time.Millisecond
	for {
		c, err := from.Accept()
		if err == nil {
			pause = 5 * time.Millisecond
			select {
			case l.conns <- c:
			case <-l.closed:
				c.Close()
				return nil
			}
			continue
		}
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		select {
		case <-time.After(pause):
			pause = min(2*pause, time.Second)
		case <-l.closed:
			return nil
		}
	}
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (l *listener) Close() error {
	l.once.Do(func() {
		close(l.closed)
		l.tcp.Close()
		if l.unix != nil {
			l.unix.Close()
		}
	})
	return nil
}

// Addr implements net.Listener: the TCP address.
func (l *listener) Addr() net.Addr { return l.tcp.Addr() }
