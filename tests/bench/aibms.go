package main

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	_ "github.com/go-sql-driver/mysql"

	"aibms/internal/safego"
	"aibms/server"
	"aibms/server/engine"
)

// running is a server in a process of its own.
type running struct {
	*process
	port int
	db   *sql.DB // as root
}

// serve starts the program under test on a data directory.
func (b *Bench) serve(dir string) (*running, error) {
	return b.listen(exec.Command(b.aibms, "serve", "--data-dir", dir, "--port", "0", "--socket", "none", "--log-format", "json", "--dataset-cache-mb", "0"))
}

// child is a server that this program runs in another process of its own, see serveHere.
type child struct {
	*running
	in  io.Writer
	out *bufio.Reader
}

func (b *Bench) serveChild(dir string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	command := exec.Command(self, serveWord, dir)
	c := &child{}
	if c.in, err = command.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.out = bufio.NewReader(out)
	c.running, err = b.listen(command)
	return c, err
}

// stock decides whether the SQL engine's own handler answers clients, in place of ours. It returns what the server says to it.
func (c *child) stock(on bool) (string, error) {
	if _, err := fmt.Fprintln(c.in, on); err != nil {
		return "", err
	}
	reply, err := c.out.ReadString('\n')
	return strings.TrimSpace(reply), err
}

// listen starts a server that logs lines of JSON and returns when it says that it is ready.
func (b *Bench) listen(command *exec.Cmd) (*running, error) {
	ready := make(chan int, 1)
	port := 0
	p, err := start(command, func(line []byte) {
		var said struct {
			Msg  string
			Port int
		}
		if json.Unmarshal(line, &said) != nil {
			return
		}
		switch said.Msg {
		case "listening":
			port = said.Port
		case "ready":
			ready <- port
		}
	})
	if err != nil {
		return nil, err
	}
	r := &running{process: p}
	err = p.wait(b.ctx, func() error {
		select {
		case r.port = <-ready:
			return nil
		default:
			return errors.New("it has not said that it is ready")
		}
	})
	if err == nil {
		r.db, err = sql.Open("mysql", fmt.Sprintf("root@tcp(127.0.0.1:%d)/?allowAllFiles=true", r.port))
	}
	if err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return r, nil
}

// stop ends the server.
func (r *running) stop() error { return errors.Join(r.db.Close(), r.process.stop()) }

// exec runs statements on one connection.
func (r *running) exec(ctx context.Context, statements ...string) error {
	return execAll(ctx, r.db, statements...)
}

func execAll(ctx context.Context, db *sql.DB, statements ...string) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	for _, s := range statements {
		if _, err := conn.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("%.100s: %w", s, err)
		}
	}
	return nil
}

// serveWord as first argument makes this program a server instead of a benchmark.
const serveWord = "serve"

// serveHere is the server of point_predict: the same as the program under test, but with a way to switch to the engine's own handler. Each line of the standard input,
// true or false, does so and is answered with a line. The end of the input ends the server, as SIGTERM does.
func serveHere(dir string) error {
	ctx, end := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer end()
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	s, err := server.Start(ctx, engine.Config{DataDir: dir, DatasetCacheMB: -1})
	if err != nil {
		return err
	}
	safego.Go(func() error {
		for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
			on, err := strconv.ParseBool(lines.Text())
			if err != nil {
				return err
			}
			s.StockQueries.Store(on)
			fmt.Printf("the engine's own handler answers: %v\n", on)
		}
		return nil
	}, func(error) { end() })
	log.Info("listening", "port", s.Addr().Port)
	log.Info("ready")
	<-ctx.Done()
	return s.Stop(context.Background())
}

// embed starts the server in this process, for figures that measure below the network. There can be one at a time.
func (b *Bench) embed(dir string) (*server.Server, error) {
	return server.Start(b.ctx, engine.Config{DataDir: dir, DatasetCacheMB: -1})
}

// use makes db the database of all connections to come.
func (r *running) use(database string) (err error) {
	if err = r.db.Close(); err != nil {
		return err
	}
	r.db, err = sql.Open("mysql", fmt.Sprintf("root@tcp(127.0.0.1:%d)/%s", r.port, database))
	return err
}
