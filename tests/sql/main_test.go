package sqltest

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"os"
	"testing"

	_ "github.com/go-sql-driver/mysql"

	"aibms/server"
	"aibms/server/engine"
)

// running is the server that all scripts and tests of the package talk to.
var running *server.Server

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(serve(m.Run))
}

// serve runs tests against a new server in a directory of its own.
func serve(tests func() int) int {
	dir, err := os.MkdirTemp("", "aibms-sql")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
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

// open returns connections of an account to a database; close them with db.Close.
func open(user, database string) (*sql.DB, error) {
	return sql.Open("mysql", fmt.Sprintf("%s@tcp(127.0.0.1:%d)/%s?multiStatements=true", user, running.Addr().Port, database))
}
