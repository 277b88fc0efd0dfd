// Package servertest starts the aibms program for tests: the real process, to be connected to, killed and started again.
//
//	s := servertest.Start(t)
//	db := s.DB()
package servertest

import (
	"database/sql"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"
)

const (
	startTime = 2 * time.Minute // a machine that builds and tests at the same time is slow
	stopTime  = time.Minute
)

// Server is a server process. Its methods fail the test when they cannot do what they say; they are not safe for concurrent use, the server is.
type Server struct {
	t       testing.TB
	binary  string
	args    []string
	env     []string
	dataDir string
	port    int
	socket  string
	process *process // nil while no process runs
	log     *log
}

// Option changes how Start starts the server.
type Option func(*Server)

// DataDir makes the server use a directory that exists or is to be created; the default is a new one, removed after the test.
func DataDir(dir string) Option { return func(s *Server) { s.dataDir = dir } }

// Args are passed to aibms serve after the others, so that they win.
func Args(args ...string) Option { return func(s *Server) { s.args = append(s.args, args...) } }

// Env adds NAME=value pairs to the environment of the server.
func Env(pairs ...string) Option { return func(s *Server) { s.env = append(s.env, pairs...) } }

// Start starts a server on a free port and returns when it is ready. At the end of the test it is stopped, which must succeed, and its log is shown when the test failed.
func Start(t testing.TB, options ...Option) *Server {
	t.Helper()
	s := &Server{t: t, binary: Binary(t), log: &log{}}
	for _, o := range options {
		o(s)
	}
	if s.dataDir == "" {
		// not t.TempDir: the name of a test may be too long for the path of a socket
		dir, err := os.MkdirTemp("", "aibms-")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.RemoveAll(dir) })
		s.dataDir = dir
	}
	t.Cleanup(func() {
		if s.process != nil {
			s.Stop()
		}
		if t.Failed() {
			t.Logf("log of the server:\n%s", s.Log())
		}
	})
	s.start()
	return s
}

// Port is the TCP port on 127.0.0.1. It stays the same when the server is started again.
func (s *Server) Port() int { return s.port }

// Socket is the path of the unix socket.
func (s *Server) Socket() string { return s.socket }

// DataDir is the data directory.
func (s *Server) DataDir() string { return s.dataDir }

// PID is the id of the server's process, 0 while none runs.
func (s *Server) PID() int {
	if s.process == nil {
		return 0
	}
	return s.process.command.Process.Pid
}

// Log is what the server has written to its standard error so far, over all its starts.
func (s *Server) Log() string { return s.log.String() }

// DSN is a data source name for go-sql-driver. user is "name" or "name:password"; db may be empty; params are such as "parseTime=true".
func (s *Server) DSN(user, db string, params ...string) string {
	dsn := fmt.Sprintf("%s@tcp(127.0.0.1:%d)/%s", user, s.port, db)
	if len(params) > 0 {
		dsn += "?" + strings.Join(params, "&")
	}
	return dsn
}

// DB is a pool of connections as root, closed at the end of the test.
func (s *Server) DB(params ...string) *sql.DB {
	s.t.Helper()
	db, err := sql.Open("mysql", s.DSN("root", "", params...))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { db.Close() })
	return db
}

// Kill ends the process as a crash does, with SIGKILL, and returns when it is gone.
func (s *Server) Kill() {
	s.t.Helper()
	s.end(syscall.SIGKILL)
}

// Stop ends the server as an operator does, with SIGTERM, and fails the test when it does not exit with 0 in time.
func (s *Server) Stop() {
	s.t.Helper()
	if err := s.Signal(syscall.SIGTERM); err != nil {
		s.t.Errorf("the server did not stop as it should: %v", err)
	}
}

// Signal sends a signal that ends the server and returns how it ended: nil for exit code 0.
func (s *Server) Signal(signal os.Signal) error {
	s.t.Helper()
	return s.end(signal)
}

// Restart starts the server on the same data directory and port, after stopping it when it still runs.
func (s *Server) Restart() {
	s.t.Helper()
	if s.process != nil {
		s.Stop()
	}
	s.start()
}

func (s *Server) start() {
	s.t.Helper()
	args := append([]string{"serve", "--data-dir", s.dataDir, "--port", strconv.Itoa(s.port), "--log-format", "json"}, s.args...)
	p, err := launch(s.binary, args, s.env, s.log)
	if err != nil {
		s.t.Fatal(err)
	}
	select {
	case at := <-p.ready:
		s.process, s.port, s.socket = p, at.Port, at.Socket
	case <-p.ended:
		s.t.Fatalf("the server did not start: %v\n%s", p.err, s.Log())
	case <-time.After(startTime):
		_ = p.command.Process.Kill()
		<-p.ended
		s.t.Fatalf("the server was not ready after %v\n%s", startTime, s.Log())
	}
}

// end sends a signal and waits for the process; it is killed when it does not end in time.
func (s *Server) end(signal os.Signal) error {
	s.t.Helper()
	if s.process == nil {
		s.t.Fatal("no server runs")
	}
	p := s.process
	s.process = nil
	if err := p.command.Process.Signal(signal); err != nil {
		return err
	}
	select {
	case <-p.ended:
		return p.err
	case <-time.After(stopTime):
		_ = p.command.Process.Kill()
		<-p.ended
		return fmt.Errorf("it still ran %v after %v", stopTime, signal)
	}
}
