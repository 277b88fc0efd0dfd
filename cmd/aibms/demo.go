package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/alecthomas/kong"

	"aibms/demo"
	"aibms/server/engine"
)

type demoCommand struct {
	DataDir string `default:"./aibms-demo" env:"AIBMS_DEMO_DATA_DIR" help:"Where the demo keeps its data; created when missing."`
	Port    int    `default:"3306" help:"TCP port on 127.0.0.1; 0 takes a free one."`
	Socket  string `placeholder:"PATH" help:"Unix socket (default aibms.sock in the data directory); none for no socket."`
	Once    bool   `env:"-" help:"End after the show instead of serving on."`
}

// Help implements kong.HelpProvider.
func (demoCommand) Help() string {
	return `It creates a table of real visits to an online shop, then creates, trains, evaluates, deploys, asks, rolls back and verifies a model, and
prints each statement with its answer. All of that goes over an ordinary MySQL connection. Then the server stays up for you to try.
Run again on the same data directory it makes new versions of the same model.

Examples:

    aibms demo
    aibms demo --port 3307 --data-dir /tmp/demo`
}

// demoDrainTime is how long statements of those who try it may run on when the demo is told to stop.
const demoDrainTime = 5 * time.Second

// Run shows the demo and serves until ctx ends.
func (c demoCommand) Run(ctx context.Context, k *kong.Kong) error {
	logTo(os.Stderr, "warning", "text")
	s, err := start(ctx, engine.Config{DataDir: c.DataDir, Port: c.Port, Socket: c.Socket})
	if err != nil {
		return err
	}
	if err := demo.Show(ctx, k.Stdout, s.Addr().String()); err != nil {
		return errors.Join(err, stop(ctx, s, demoDrainTime))
	}
	if c.Once {
		return stop(ctx, s, demoDrainTime)
	}
	fmt.Fprintf(k.Stdout, "The server keeps running, with all of this in %s. Ctrl+C ends it. Connect from another terminal:\n\n  %s\n", s.DataDir(), connectByPort(s))
	if command := connectBySocket(s); command != "" {
		fmt.Fprintf(k.Stdout, "  %s\n", command)
	}
	return serve(ctx, s, demoDrainTime)
}
