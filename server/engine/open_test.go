package engine_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"golang.org/x/sys/unix"

	"aibms/server/engine"
)

// refused starts an engine that must refuse to, for a reason that holds all the words.
func refused(t *testing.T, c engine.Config, s engine.Seams, words ...string) {
	t.Helper()
	e, err := engine.Start(context.Background(), c, s)
	if err == nil {
		stop(t, e)
		t.Fatal("it started")
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("the error %q does not mention %q", err, w)
		}
	}
}

func TestDataDirectoryIsPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "data")
	stop(t, start(t, engine.Config{DataDir: dir}, engine.Seams{}))
	info, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o700 {
		t.Errorf("mode %o", info.Mode().Perm())
	}
	key, err := os.Stat(filepath.Join(dir, "server", "tls", "key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	if key.Mode().Perm() != 0o600 {
		t.Errorf("mode of the key %o", key.Mode().Perm())
	}
	files, err := os.ReadDir(filepath.Join(dir, "files"))
	if err != nil || len(files) != 0 {
		t.Errorf("@@secure_file_priv holds %v, %v", files, err)
	}
}

func TestOneEnginePerProcess(t *testing.T) {
	start(t, engine.Config{}, engine.Seams{})
	refused(t, engine.Config{DataDir: t.TempDir()}, engine.Seams{}, "already running")
}

func TestReadyErrorStopsTheStart(t *testing.T) {
	dir := t.TempDir()
	s := engine.Seams{Ready: func(context.Context, *engine.Engine) error { return fmt.Errorf("not today") }}
	refused(t, engine.Config{DataDir: dir}, s, "not today")
	start(t, engine.Config{DataDir: dir}, engine.Seams{}) // nothing is left open
}

func TestReadyComesBeforeClients(t *testing.T) {
	var refusedInReady error
	s := engine.Seams{Ready: func(ctx context.Context, e *engine.Engine) error {
		c, err := sql.Open("mysql", fmt.Sprintf("root@tcp(%s)/?timeout=200ms&readTimeout=200ms", e.Addr()))
		if err != nil {
			return err
		}
		defer c.Close()
		refusedInReady = c.Ping()
		return e.Write(ctx, "", "create", []engine.Statement{{Query: "CREATE DATABASE ready"}})
	}}
	e := start(t, engine.Config{}, s)
	if refusedInReady == nil {
		t.Error("a client was served before Ready had returned")
	}
	if got := one(t, connect(t, e, "root", "ready"), "SELECT DATABASE()"); got != "ready" {
		t.Error(got)
	}
}

func TestPortInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	refused(t, engine.Config{DataDir: t.TempDir(), Port: port}, engine.Seams{}, fmt.Sprint(port), "--port")
}

// TestUnknownUserIsRefused is F13: without the table of accounts anybody is let in.
func TestUnknownUserIsRefused(t *testing.T) {
	dir := t.TempDir()
	for range 2 { // the first start and a later one
		e := start(t, engine.Config{DataDir: dir}, engine.Seams{})
		for _, u := range []string{"anyone:wrong", "anyone", "root:wrong", "aibms.session", "event_scheduler", ""} {
			if err := connect(t, e, u, "").Ping(); err == nil || !strings.Contains(err.Error(), "1045") {
				t.Errorf("user %q: %v", u, err)
			}
		}
		if got := one(t, connect(t, e, "root", ""), "SELECT CURRENT_USER()"); got != "root@localhost" {
			t.Error(got)
		}
		stop(t, e)
	}
}

func TestOpenAccountsStayOnLoopback(t *testing.T) {
	dir := t.TempDir()
	refused(t, engine.Config{DataDir: dir, Host: "0.0.0.0"}, engine.Seams{}, "root", "no password", "ALTER USER", "--host 127.0.0.1")
	e := start(t, engine.Config{DataDir: dir}, engine.Seams{})
	root := connect(t, e, "root", "")
	must(t, root, "ALTER USER root@localhost IDENTIFIED BY 'secret'", "CREATE USER app@'%' IDENTIFIED BY 'a'", "CREATE USER open@'%'")
	stop(t, e)
	refused(t, engine.Config{DataDir: dir, Host: "0.0.0.0"}, engine.Seams{}, "'open'@'%'", "no password")
	e = start(t, engine.Config{DataDir: dir}, engine.Seams{})
	must(t, connect(t, e, "root:secret", ""), "DROP USER open@'%'")
	stop(t, e)

	e = start(t, engine.Config{DataDir: dir, Host: "0.0.0.0"}, engine.Seams{})
	must(t, connect(t, e, "root:secret", ""), "CREATE USER late@'%'")
	own := ownAddress(t)
	dial := func(user string) error {
		c, err := sql.Open("mysql", fmt.Sprintf("%s@tcp(%s:%d)/", user, own, e.Addr().Port))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return c.Ping()
	}
	if err := dial("app:a"); err != nil {
		t.Errorf("an account with a password from another address: %v", err)
	}
	if err := dial("late"); err == nil || !strings.Contains(err.Error(), "password") {
		t.Errorf("an account without a password from another address: %v", err)
	}
}

// ownAddress is an address of this machine that is not loopback.
func ownAddress(t *testing.T) string {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && !n.IP.IsLoopback() && n.IP.To4() != nil {
			return n.IP.String()
		}
	}
	t.Log("this machine has no address but loopback: trying another of that range")
	return "127.0.0.2"
}

func TestTLSIsOffered(t *testing.T) {
	dir := t.TempDir()
	e := start(t, engine.Config{DataDir: dir}, engine.Seams{})
	pem, err := os.ReadFile(filepath.Join(dir, "server", "tls", "certificate.pem"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatal("no certificate")
	}
	for _, name := range []string{"localhost", "127.0.0.1", "::1"} {
		if err := mysql.RegisterTLSConfig("own", &tls.Config{RootCAs: pool, ServerName: name}); err != nil {
			t.Fatal(err)
		}
		c, err := sql.Open("mysql", fmt.Sprintf("root@tcp(%s)/?tls=own", e.Addr()))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Ping(); err != nil {
			t.Errorf("verified as %s: %v", name, err)
		}
		c.Close()
	}
	must(t, connect(t, e, "root", ""), "CREATE USER sha@localhost IDENTIFIED WITH caching_sha2_password BY 'p'")
	c, err := sql.Open("mysql", fmt.Sprintf("sha:p@tcp(%s)/?tls=skip-verify", e.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Ping(); err != nil {
		t.Errorf("caching_sha2_password over TLS: %v", err)
	}
	stop(t, e)
	start(t, engine.Config{DataDir: dir}, engine.Seams{})
	again, err := os.ReadFile(filepath.Join(dir, "server", "tls", "certificate.pem"))
	if err != nil || string(again) != string(pem) {
		t.Error("the certificate changed at a restart")
	}
}

// TestRequireTLS is F4: the library tells a client in clear text that it is refused, and goes on to serve it.
func TestRequireTLS(t *testing.T) {
	e := start(t, engine.Config{RequireTLS: true, Socket: filepath.Join(t.TempDir(), "s")}, engine.Seams{})
	err := connect(t, e, "root", "").Ping()
	if err == nil || !strings.Contains(err.Error(), "3159") {
		t.Errorf("in clear text: %v", err)
	}
	for _, dsn := range []string{fmt.Sprintf("root@tcp(%s)/?tls=skip-verify", e.Addr()), fmt.Sprintf("root@unix(%s)/", e.Socket())} {
		c, err := sql.Open("mysql", dsn)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Ping(); err != nil {
			t.Errorf("%s: %v", dsn, err)
		}
		c.Close()
	}
}

func TestStaleSocketIsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mysql.sock")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	l.Close() // as after a kill: the file stays
	e := start(t, engine.Config{Socket: path}, engine.Seams{})
	c, err := sql.Open("mysql", "root@unix("+path+")/")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got := one(t, c, "SELECT CURRENT_USER()"); got != "root@localhost" {
		t.Error(got)
	}
	stop(t, e)
	if _, err := os.Stat(path); err == nil {
		t.Error("the socket stays after the end")
	}
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, engine.Config{DataDir: t.TempDir(), Socket: path}, engine.Seams{}, path, "--socket")
}

func TestLiveSocketIsKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mysql.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	refused(t, engine.Config{DataDir: t.TempDir(), Socket: path}, engine.Seams{}, path, "in use")
	if c, err := net.DialTimeout("unix", path, time.Second); err != nil {
		t.Errorf("the other server's socket is gone: %v", err)
	} else {
		c.Close()
	}
}

// stored makes a data directory with three rows in d.t, stored by a garbage collection when gc is set, and returns it with the storage folder of d.
func stored(t *testing.T, gc bool) (dir, noms string) {
	dir = t.TempDir()
	e := start(t, engine.Config{DataDir: dir}, engine.Seams{})
	db := connect(t, e, "root", "")
	must(t, db, "CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY)", "INSERT INTO d.t VALUES (1), (2), (3)")
	if gc {
		must(t, connect(t, e, "root", "d"), "CALL dolt_gc()")
	}
	stop(t, e)
	return dir, filepath.Join(dir, "databases", "d", ".dolt", "noms")
}

const journalName = "vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv"

func threeRows(t *testing.T, dir string) {
	t.Helper()
	e := start(t, engine.Config{DataDir: dir}, engine.Seams{})
	db := connect(t, e, "root", "d")
	if got := one(t, db, "SELECT COUNT(*) FROM t"); got != "3" {
		t.Errorf("%s rows, want 3", got)
	}
	must(t, db, "INSERT INTO t VALUES (4)", "DELETE FROM t WHERE id = 4")
	stop(t, e)
}

// TestEmptyJournalAfterCollection is F6: a crash just after a garbage collection leaves an empty journal, which made the library forget the database.
func TestEmptyJournalAfterCollection(t *testing.T) {
	for name, content := range map[string][]byte{"empty": nil, "zeros": make([]byte, 100_000), "cut off": {0, 0, 0, 42, 1, 1, 4}} {
		t.Run(name, func(t *testing.T) {
			dir, noms := stored(t, true)
			if err := os.WriteFile(filepath.Join(noms, journalName), content, 0o600); err != nil {
				t.Fatal(err)
			}
			threeRows(t, dir)
			threeRows(t, dir)
			aside, err := os.ReadDir(filepath.Join(dir, "server", "aside"))
			if err != nil || len(aside) != 1 {
				t.Errorf("moved aside: %v, %v", aside, err)
			}
			if _, err := os.Stat(filepath.Join(dir, "server", "manifests", "d")); err != nil {
				t.Errorf("no copy of the manifest: %v", err)
			}
		})
	}
}

func TestHealthyJournalIsKept(t *testing.T) {
	for _, gc := range []bool{false, true} {
		dir, _ := stored(t, gc)
		threeRows(t, dir)
		if _, err := os.Stat(filepath.Join(dir, "server", "aside")); err == nil {
			t.Errorf("a healthy journal was moved aside (gc %v)", gc)
		}
	}
}

// TestLostJournalIsReported: rows are in the journal and it has gone empty. The server must say so instead of coming up without them.
func TestLostJournalIsReported(t *testing.T) {
	dir, noms := stored(t, false)
	manifest, err := os.ReadFile(filepath.Join(noms, "manifest"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(noms, journalName), 0); err != nil {
		t.Fatal(err)
	}
	refused(t, engine.Config{DataDir: dir}, engine.Seams{}, "database d", "backup")
	after, err := os.ReadFile(filepath.Join(noms, "manifest"))
	if err != nil || string(after) != string(manifest) {
		t.Error("the manifest was changed")
	}
}

// TestDamagedIndexIsRebuilt: the library repairs a malformed journal index but reports it as an error once.
func TestDamagedIndexIsRebuilt(t *testing.T) {
	dir, noms := stored(t, false)
	if err := os.WriteFile(filepath.Join(noms, "journal.idx"), []byte(strings.Repeat("garbage", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	threeRows(t, dir)
}

// TestUnreadableDatabaseStopsTheStart: the library would leave it out with a line in the log.
func TestUnreadableDatabaseStopsTheStart(t *testing.T) {
	dir, noms := stored(t, true)
	if err := os.WriteFile(filepath.Join(noms, "manifest"), []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, engine.Config{DataDir: dir}, engine.Seams{}, "database d")
}

// TestUnfinishedCreationIsMovedAside: a kill within CREATE DATABASE leaves a folder in which nothing was ever committed.
func TestUnfinishedCreationIsMovedAside(t *testing.T) {
	dir, _ := stored(t, false)
	if err := os.MkdirAll(filepath.Join(dir, "databases", "half", ".dolt", "noms"), 0o700); err != nil {
		t.Fatal(err)
	}
	threeRows(t, dir)
	e := start(t, engine.Config{DataDir: dir}, engine.Seams{})
	must(t, connect(t, e, "root", ""), "CREATE DATABASE half")
}

func TestNothingOutsideTheDataDirectory(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	cwd := t.TempDir()
	t.Chdir(cwd)
	e := start(t, engine.Config{DataDir: filepath.Join(t.TempDir(), "data")}, engine.Seams{})
	must(t, connect(t, e, "root", ""), "CREATE DATABASE d", "SET PERSIST max_connections = 500", "CREATE USER u@localhost")
	stop(t, e)
	for _, dir := range []string{home, cwd} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		names := slices.Collect(func(yield func(string) bool) {
			for _, e := range entries {
				if !yield(e.Name()) {
					return
				}
			}
		})
		if len(names) != 0 {
			t.Errorf("left behind: %v", names)
		}
	}
}

// hold locks a file as another process would.
func hold(t *testing.T, path string) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
}

func TestDataDirectoryInUse(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "lock"), []byte("4711\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	hold(t, filepath.Join(dir, "lock"))
	refused(t, engine.Config{DataDir: dir}, engine.Seams{}, dir, "4711", "--data-dir")
}

func TestDatabaseOpenInAnotherProcess(t *testing.T) {
	dir, noms := stored(t, false)
	hold(t, filepath.Join(noms, "LOCK"))
	refused(t, engine.Config{DataDir: dir}, engine.Seams{}, "database d", "another process")
}
