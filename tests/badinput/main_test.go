package badinput

import (
	"bytes"
	"context"
	"database/sql"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"

	_ "github.com/go-sql-driver/mysql"
	"github.com/sirupsen/logrus"

	"aibms/server"
	"aibms/server/engine"
)

// running is the server that everything in this package talks to.
var running *server.Server

// logged is what the server has written to its log.
var logged = &logbook{}

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(serve(m.Run))
}

// serve runs tests against a new server in a directory of its own.
func serve(tests func() int) int {
	dir, err := os.MkdirTemp("", "aibms-badinput")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	slog.SetDefault(slog.New(slog.NewTextHandler(logged, nil)))
	logrus.SetOutput(logged)
	if running, err = server.Start(context.Background(), engine.Config{DataDir: dir}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := tests()
	if err := running.Stop(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "stop:", err)
		code = 1
	}
	return code
}

// open returns connections of an account, as "name" or "name:password"; close them with db.Close.
func open(account string) (*sql.DB, error) {
	return sql.Open("mysql", fmt.Sprintf("%s@tcp(127.0.0.1:%d)/?multiStatements=true&maxAllowedPacket=0", account, running.Addr().Port))
}

// logbook collects what is logged.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logbook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

// panics returns the lines since the last call that tell of a panic.
func (l *logbook) panics() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var found []string
	for _, line := range strings.Split(l.text.String(), "\n") {
		if strings.Contains(line, "panic") {
			found = append(found, line)
		}
	}
	l.text.Reset()
	return found
}
