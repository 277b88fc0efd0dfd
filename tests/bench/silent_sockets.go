package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"sync"
	"time"

	"github.com/go-sql-driver/mysql"

	"aibms/internal/safego"
)

const (
	silentHeld   = 200
	silentRate   = 500             // new connections a second
	silentBefore = 2 * time.Second // of them, before the administrator comes; they go on until he is in
	silentBound  = 1               // s
	silentLimit  = 60 * time.Second
)

func silentSockets() Figure {
	return Figure{
		Name: "silent_sockets_s", Unit: "s", Bound: silentBound, Least: 1,
		Ours: fmt.Sprintf("seconds until an administrator has logged in over TCP from the same address and has the answer to SELECT 1, while %d connections that say nothing are held open and %d new ones "+
			"a second come, and stay silent too", silentHeld, silentRate),
		Peer:    "at most one second",
		Why:     "whether clients that connect and say nothing lock out those who work",
		Prepare: prepareSilentSockets,
	}
}

func prepareSilentSockets(b *Bench, _ Size) (*Sides, error) {
	return &Sides{Ours: func() (float64, error) { return silence(b) }}, nil
}

// crowd is connections that say nothing.
type crowd struct {
	mu      sync.Mutex
	sockets []net.Conn
	refused int
}

func (c *crowd) come(address string) {
	conn, err := net.DialTimeout("tcp", address, time.Second)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.refused++
		return
	}
	c.sockets = append(c.sockets, conn)
}

func (c *crowd) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.sockets {
		s.Close()
	}
}

// silence measures on a fresh server.
func silence(b *Bench) (seconds float64, err error) {
	server, err := b.serve(filepath.Join(b.dir, "silent"))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	address := fmt.Sprintf("127.0.0.1:%d", server.port)
	ctx, end := context.WithTimeout(b.ctx, silentBefore+silentLimit)
	var c crowd
	var g safego.Group
	g.Go(func() error {
		for range silentHeld {
			c.come(address)
		}
		tick := time.NewTicker(time.Second / silentRate)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-tick.C:
				c.come(address)
			}
		}
	})
	defer func() {
		end()
		err = errors.Join(err, g.Wait())
		b.say("silent_sockets_s: %d silent connections were made, %d refused", len(c.sockets), c.refused)
		c.leave()
	}()
	select {
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	case <-time.After(silentBefore):
	}
	begin := time.Now()
	for {
		err := logIn(ctx, server.port)
		if err == nil {
			return time.Since(begin).Seconds(), nil
		}
		select {
		case <-ctx.Done(): // as bad as it is measured
			return time.Since(begin).Seconds(), nil
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// logIn is an administrator who connects, asks once and goes; he gives up after ten seconds.
func logIn(ctx context.Context, port int) error {
	c := mysql.NewConfig()
	c.User, c.Net, c.Addr = "root", "tcp", fmt.Sprintf("127.0.0.1:%d", port)
	c.Timeout, c.ReadTimeout = 10*time.Second, 10*time.Second
	c.Logger = &mysql.NopLogger{} // it would report each attempt
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	var one int
	return db.QueryRowContext(ctx, "SELECT 1").Scan(&one)
}
