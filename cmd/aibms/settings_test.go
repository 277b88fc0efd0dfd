package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// parse parses arguments as the program does.
func parse(t *testing.T, args ...string) (*commands, error) {
	t.Helper()
	c := &commands{}
	parser, err := newParser(c)
	if err != nil {
		t.Fatal(err)
	}
	_, err = parser.Parse(args)
	return c, err
}

func file(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "aibms.toml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestDefaults says what a server is without any setting.
func TestDefaults(t *testing.T) {
	c, err := parse(t, "serve")
	if err != nil {
		t.Fatal(err)
	}
	want := serveCommand{DataDir: "./aibms-data", Host: "127.0.0.1", Port: 3306, MaxConnections: 1000, MaxWaiting: 1024, MaxWaitingPerAddress: 256, DatasetCacheMB: 512, DrainTime: 10 * time.Second, LogLevel: "info", LogFormat: "text"}
	if c.Serve != want {
		t.Errorf("got %+v, want %+v", c.Serve, want)
	}
}

// TestOrder says who wins: a flag over the environment, the environment over the file, the file over the default.
func TestOrder(t *testing.T) {
	path := file(t, "data_dir = \"/file\"\nport = 1\nhost = \"file\"\nrequire-tls = true\ndrain_time = \"3s\"\nmax_connections = 7\nmax_connections_per_address = 5\nmetrics_port = 9104\nlog_level = \"error\"\n")
	t.Setenv("AIBMS_PORT", "2")
	t.Setenv("AIBMS_HOST", "environment")
	c, err := parse(t, "serve", "--config", path, "--port", "3")
	if err != nil {
		t.Fatal(err)
	}
	c.Serve.Config = ""
	want := serveCommand{DataDir: "/file", Host: "environment", Port: 3, RequireTLS: true, MaxConnections: 7, MaxPerAddress: 5, MaxWaiting: 1024, MaxWaitingPerAddress: 256, MetricsPort: 9104, DatasetCacheMB: 512, DrainTime: 3 * time.Second, LogLevel: "error", LogFormat: "text"}
	if c.Serve != want {
		t.Errorf("got %+v, want %+v", c.Serve, want)
	}
	t.Setenv("AIBMS_CONFIG", path)
	if c, err = parse(t, "serve"); err != nil {
		t.Fatal(err)
	}
	if c.Serve.Port != 2 || c.Serve.DataDir != "/file" {
		t.Errorf("with the file named in the environment: got %+v", c.Serve)
	}
}

// TestDemoKeepsToItself says that the settings of a server do not lead the demo into its data.
func TestDemoKeepsToItself(t *testing.T) {
	t.Setenv("AIBMS_DATA_DIR", "/srv/shop")
	t.Setenv("AIBMS_CONFIG", file(t, "data_dir = \"/srv/shop\"\n"))
	c, err := parse(t, "demo")
	if err != nil {
		t.Fatal(err)
	}
	if c.Demo.DataDir != "./aibms-demo" {
		t.Errorf("the demo would use %s", c.Demo.DataDir)
	}
}

// TestBadSettings says how mistakes are answered.
func TestBadSettings(t *testing.T) {
	for _, c := range []struct {
		name, file, want string
		args             []string
	}{
		{name: "unknown flag", args: []string{"--prt", "1"}, want: `unknown flag --prt, did you mean "--port"?`},
		{name: "no number", args: []string{"--port", "x"}, want: `--port: expected a valid 64 bit int but got "x"`},
		{name: "no such level", args: []string{"--log-level", "loud"}, want: `--log-level must be one of "debug","info","warning","error" but got "loud"`},
		{name: "unknown setting", file: "prot = 1\n", want: `unknown setting "prot" in the configuration file; there are data-dir, dataset-cache-mb, drain-time, host,`},
		{name: "file in file", file: "config = \"b.toml\"\n", want: `unknown setting "config"`},
		{name: "setting of another kind", file: "port = \"x\"\n", want: `--port: expected a valid 64 bit int but got "x"`},
		{name: "no such level in the file", file: "log_level = \"loud\"\n", want: `--log-level must be one of`},
		{name: "no TOML", file: "port 1\n", want: "toml: line 1"},
		{name: "no file", args: []string{"--config", "/does/not/exist"}, want: "/does/not/exist: no such file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := append([]string{"serve"}, c.args...)
			if c.file != "" {
				args = append(args, "--config", file(t, c.file))
			}
			_, err := parse(t, args...)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

// TestClientCommand says that a shell reads the printed command as it is meant.
func TestClientCommand(t *testing.T) {
	t.Setenv("PATH", t.TempDir()) // no client is installed
	if got, want := clientCommand("--socket", "/srv/the shop's/aibms.sock", "--user", "root"), `mysql --socket '/srv/the shop'\''s/aibms.sock' --user root`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mariadb"), []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	if got, want := clientCommand("--port", "3306"), "mariadb --port 3306"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
