// Command aibms is a MySQL server in which machine-learning models live: it reads its settings and runs package server.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

const description = `AIBMS: a MySQL server in which machine-learning models are created, trained, evaluated, deployed and asked by SQL.

Start with one of

    aibms demo                               load real data and watch a model's whole life, statement by statement
    aibms serve                              serve ./aibms-data on 127.0.0.1:3306
    aibms serve --data-dir /srv/shop --port 3307

and connect with any MySQL client:

    mysql --host 127.0.0.1 --port 3306 --user root

Each flag can be given in the environment too, as the name in its help says, and to serve in a file (--config). A flag wins over the
environment, the environment over the file.`

type commands struct {
	Serve   serveCommand   `cmd:"" help:"Start the server."`
	Demo    demoCommand    `cmd:"" help:"Show a model's whole life on real data, and keep serving it."`
	Version versionCommand `cmd:"" help:"Print the version of this program and of what it is built on."`
}

func main() { os.Exit(run(os.Args[1:])) }

// newParser returns the parser that fills c.
func newParser(c *commands) (*kong.Kong, error) {
	return kong.New(c,
		kong.Name("aibms"),
		kong.Description(description),
		kong.DefaultEnvars("AIBMS"),
		kong.Configuration(readConfig),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoAppDescFormat: true, WrapUpperBound: 120}),
	)
}

// run parses the arguments, does what they say and returns the exit code: 0, 1 when it failed, 2 when the arguments make no sense.
func run(args []string) int {
	parser, err := newParser(&commands{})
	if err != nil {
		return fail(err, 2)
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	chosen, err := parser.Parse(args)
	if err != nil {
		return fail(fmt.Errorf("%w; aibms --help shows what there is", err), 2)
	}
	ctx, release := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer release()
	context.AfterFunc(ctx, release) // a second signal ends the process at once
	chosen.BindTo(ctx, (*context.Context)(nil))
	if err := chosen.Run(); err != nil {
		if ctx.Err() != nil && errors.Is(err, context.Canceled) {
			return 0 // it was told to stop before it had started
		}
		return fail(err, 1)
	}
	return 0
}

func fail(err error, code int) int {
	fmt.Fprintf(os.Stderr, "aibms: %v\n", err)
	return code
}
