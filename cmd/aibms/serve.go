package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/alecthomas/kong"

	"aibms/server"
	"aibms/server/engine"
)

type serveCommand struct {
	Config               kong.ConfigFlag `placeholder:"FILE" help:"Read settings from this TOML file: these flags' names, such as data_dir = \"/srv/shop\"."`
	DataDir              string          `default:"./aibms-data" help:"Where all data lives; created when missing."`
	Host                 string          `default:"127.0.0.1" help:"Address to listen on. Another one than this machine's own needs a password on every account first."`
	Port                 int             `default:"3306" help:"TCP port; 0 takes a free one."`
	Socket               string          `placeholder:"PATH" help:"Unix socket (default aibms.sock in the data directory); none for no socket."`
	RequireTLS           bool            `name:"require-tls" help:"Refuse clients that do not encrypt. TLS is offered in any case."`
	MaxConnections       int             `default:"1000" help:"Clients at one time: what max_connections begins with."`
	MaxPerAddress        int             `name:"max-connections-per-address" default:"0" help:"Of these from one client address; 0 for nine tenths. This machine's own clients are not limited by it."`
	MaxWaiting           int             `default:"1024" help:"Connections that have not logged in, at one time. Beyond it the oldest ones make room."`
	MaxWaitingPerAddress int             `default:"256" help:"Of these from one client address. This machine's own clients are not limited by it."`
	MetricsPort          int             `default:"0" help:"Port of this machine alone for Prometheus, at /metrics; 0 for none."`
	DatasetCacheMB       int             `name:"dataset-cache-mb" default:"512" help:"Memory, in megabytes, for what trainings have read: to train again on unchanged data then reads nothing. 0 keeps none."`
	TrainingMemoryMB     int             `name:"training-memory-mb" default:"0" help:"Memory, in megabytes, that one training may take unless WITH (max_memory) says otherwise: beyond it, TRAIN MODEL is an error before it begins. 0 for half of the machine's."`
	DrainTime            time.Duration   `default:"10s" help:"How long running statements may go on when the server is told to stop."`
	LogLevel             string          `enum:"debug,info,warning,error" default:"info" help:"Least level of what is logged: ${enum}."`
	LogFormat            string          `enum:"text,json" default:"text" help:"How log lines are written: ${enum}."`
}

// Help implements kong.HelpProvider.
func (serveCommand) Help() string {
	return `The first start creates the data directory with one account, root without a password, which can be used on this machine only. The server
stops on SIGTERM or Ctrl+C: running statements may finish within --drain-time, trainings end at once and are marked INTERRUPTED.

Examples:

    aibms serve
    aibms serve --data-dir /srv/shop --port 3307
    AIBMS_DATA_DIR=/srv/shop aibms serve --socket /run/aibms.sock
    aibms serve --config /etc/aibms.toml     # with lines such as: data_dir = "/srv/shop"

To listen to other machines, give every account a password first:

    ALTER USER root@localhost IDENTIFIED BY '...';
    aibms serve --host 0.0.0.0 --require-tls`
}

// Run serves until ctx ends.
func (c serveCommand) Run(ctx context.Context) error {
	logTo(os.Stderr, c.LogLevel, c.LogFormat)
	s, err := start(ctx, engine.Config{
		DataDir: c.DataDir, Host: c.Host, Port: c.Port, Socket: c.Socket, RequireTLS: c.RequireTLS, LogLevel: storageLevel(c.LogLevel),
		MaxConnections: c.MaxConnections, MaxPerAddress: c.MaxPerAddress, MaxWaiting: c.MaxWaiting, MaxWaitingPerAddress: c.MaxWaitingPerAddress, MetricsPort: c.MetricsPort,
		DatasetCacheMB: c.datasetCache(), TrainingMemoryMB: max(0, c.TrainingMemoryMB),
	})
	if err != nil {
		return err
	}
	slog.Info("listening", "host", s.Addr().IP, "port", s.Addr().Port, "socket", s.Socket(), "data_dir", s.DataDir())
	if c.MetricsPort != 0 {
		slog.Info("metrics", "url", fmt.Sprintf("http://127.0.0.1:%d/metrics", c.MetricsPort))
	}
	slog.Info("connect with", "command", connectByPort(s))
	slog.Info("ready", "version", server.Version, "pid", os.Getpid())
	return serve(ctx, s, c.DrainTime)
}

// datasetCache is the setting as engine.Config means it.
func (c serveCommand) datasetCache() int {
	if c.DatasetCacheMB <= 0 {
		return -1
	}
	return c.DatasetCacheMB
}

// start starts a server with the socket that the configuration means.
func start(ctx context.Context, c engine.Config) (*server.Server, error) {
	c.Version = server.Version
	switch c.Socket {
	case "none":
		c.Socket = ""
	case "":
		dir, err := filepath.Abs(c.DataDir)
		if err != nil {
			return nil, err
		}
		c.Socket = filepath.Join(dir, "aibms.sock")
		if len(c.Socket) > maxSocketPath {
			slog.Warn("no unix socket: the path would be too long for one; give a shorter one with --socket", "path", c.Socket)
			c.Socket = ""
		}
	}
	return server.Start(ctx, c)
}

// maxSocketPath is the length in bytes that every Unix allows for the path of a socket.
const maxSocketPath = 103

// serve waits until ctx or the server ends and stops the server.
func serve(ctx context.Context, s *server.Server, drain time.Duration) error {
	select {
	case <-ctx.Done():
	case <-s.Done():
	}
	slog.Info("shutting down", "drain_time", drain)
	if err := stop(ctx, s, drain); err != nil {
		return err
	}
	slog.Info("stopped")
	return nil
}

// stop stops the server; what still runs after drain is killed.
func stop(ctx context.Context, s *server.Server, drain time.Duration) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	return s.Stop(ctx)
}
