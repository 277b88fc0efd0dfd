package wire_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"database/sql"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/dolthub/go-mysql-server/server"
	gms "github.com/dolthub/go-mysql-server/sql"
	wiremysql "github.com/dolthub/vitess/go/mysql"

	"aibms/server/engine"
	"aibms/server/wire"
)

// TestDeepPreparedStatement: the library parses and walks what a client prepares before anything of ours sees it; four million signs ended the process.
func TestDeepPreparedStatement(t *testing.T) {
	e := serve(t, wire.Options{}, engine.Seams{})
	for _, params := range []string{"", "?tls=skip-verify"} {
		db, err := sql.Open("mysql", fmt.Sprintf("root@tcp(%s)/%s", e.Addr(), params))
		if err != nil {
			t.Fatal(err)
		}
		db.SetMaxOpenConns(1)
		for _, q := range []string{"SELECT " + strings.Repeat("NOT ", 2_000_000) + "1", "SELECT 1" + strings.Repeat("+1", 4_000_000)} {
			if _, err := db.Prepare(q); number(err) != 1436 {
				t.Errorf("%q: %v", params, err)
			}
		}
		var v int // the connection is in step
		if err := db.QueryRow("SELECT ? + LENGTH(?)", 1, strings.Repeat("x", 1_000_000)).Scan(&v); err != nil || v != 1_000_001 {
			t.Errorf("%q: %d, %v", params, v, err)
		}
		st, err := db.Prepare("SELECT 1 -- " + strings.Repeat("x", 1_000_000))
		if err != nil {
			t.Errorf("%q: a long statement: %v", params, err)
		} else if err := st.QueryRow().Scan(&v); err != nil || v != 1 {
			t.Errorf("%q: %d, %v", params, v, err)
		}
		db.Close()
	}
}

// TestPacketLimit is F3: a statement of any size was read into memory.
func TestPacketLimit(t *testing.T) {
	e := serve(t, wire.Options{}, engine.Seams{})
	root := connect(t, e, "root", "")
	open := func(params string) *sql.DB {
		db, err := sql.Open("mysql", fmt.Sprintf("root@tcp(%s)/?maxAllowedPacket=1073741824&%s", e.Addr(), params))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		return db
	}
	long := func(n int) string { return "SELECT LENGTH('" + strings.Repeat("x", n) + "')" }
	for _, params := range []string{"", "tls=skip-verify"} {
		db := open(params)
		var n int
		if err := db.QueryRow(long(15 << 20)).Scan(&n); err != nil || n != 15<<20 {
			t.Errorf("%q: below the limit: %d, %v", params, n, err)
		}
		_, err := db.Exec(long(40 << 20))
		if number(err) != 1153 && !broken(err) { // the client may see the end of the connection while it still writes
			t.Errorf("%q: beyond the limit: %v", params, err)
		}
	}
	c := rawLogin(t, e)
	answer, err := c.command(append([]byte{3}, long(1<<20)...))
	if err != nil || answer[0] == 0xff {
		t.Errorf("a packet of one MiB: %q, %v", answer, err)
	}
	must(t, root, "SET GLOBAL max_allowed_packet = 100000")
	c = rawLogin(t, e)
	if answer, err := c.command(append([]byte{3}, long(100_000)...)); err != nil || len(answer) < 3 || answer[0] != 0xff || binary.LittleEndian.Uint16(answer[1:]) != 1153 {
		t.Errorf("beyond the limit that was set: %q, %v", answer, err)
	}
	if _, err := c.read(); err == nil {
		t.Error("the connection goes on")
	}
	// long data adds up
	c = rawLogin(t, e)
	if answer, err := c.command(append([]byte{0x16}, "SELECT LENGTH(?)"...)); err != nil || answer[0] != 0 {
		t.Fatalf("%q, %v", answer, err)
	}
	for range 3 { // parameter, end, column (the column's definition and the end that follow are read below)
		if _, err := c.read(); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 {
		if err := c.write(0, append([]byte{0x18, 1, 0, 0, 0, 0, 0}, make([]byte, 10_000)...)); err != nil {
			break
		}
	}
	for {
		answer, err := c.read()
		if err != nil {
			t.Errorf("long data beyond the limit: %v", err)
			break
		}
		if answer[0] == 0xff && binary.LittleEndian.Uint16(answer[1:]) == 1153 {
			break
		}
	}
}

// broken tells whether an error says that the connection ended.
func broken(err error) bool {
	return err != nil && (strings.Contains(err.Error(), "bad connection") || strings.Contains(err.Error(), "invalid connection") || strings.Contains(err.Error(), "broken pipe") ||
		strings.Contains(err.Error(), "connection reset"))
}

// TestLoginLimit: what a client may send before it has logged in is limited, in clear text and under TLS.
func TestLoginLimit(t *testing.T) {
	e := serve(t, wire.Options{}, engine.Seams{})
	for _, secure := range []bool{false, true} {
		n, err := net.Dial("tcp", e.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		n.SetDeadline(time.Now().Add(30 * time.Second))
		greeting := make([]byte, 4)
		if _, err := io.ReadFull(n, greeting); err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyN(io.Discard, n, int64(greeting[0])); err != nil {
			t.Fatal(err)
		}
		var c net.Conn = n
		sequence := byte(1)
		if secure {
			const protocol41, ssl, secureConnection, pluginAuth = 1 << 9, 1 << 11, 1 << 15, 1 << 19
			p := binary.LittleEndian.AppendUint32(nil, protocol41|ssl|secureConnection|pluginAuth)
			p = append(p, make([]byte, 28)...)
			if _, err := n.Write(append([]byte{32, 0, 0, 1}, p...)); err != nil {
				t.Fatal(err)
			}
			s := tls.Client(n, &tls.Config{InsecureSkipVerify: true})
			if err := s.Handshake(); err != nil {
				t.Fatal(err)
			}
			c, sequence = s, 2
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		sent := 0
		for sent < 200<<20 { // packets that are continued for ever
			packet := append([]byte{0xff, 0xff, 0xff, sequence}, make([]byte, 1<<24-1)...)
			k, err := c.Write(packet)
			if sent += k; err != nil {
				break
			}
			sequence++
		}
		if sent > 64<<20 { // what fits in the buffers of both sides is sent without being read
			t.Errorf("TLS %v: %d bytes were taken from a client that has not logged in", secure, sent)
		}
		runtime.ReadMemStats(&after)
	}
}

// TestHangup is F9: a statement whose client has gone ran on to its end, and committed.
func TestHangup(t *testing.T) {
	ended := make(chan error, 10)
	running := make(chan struct{}, 10)
	slow := gms.Function1{Name: "slow", Fn: func(a gms.Expression) gms.Expression {
		return &call{a, func(ctx *gms.Context) any {
			running <- struct{}{}
			select {
			case <-ctx.Done():
				ended <- context.Cause(ctx)
			case <-time.After(20 * time.Second):
				ended <- nil
			}
			return int64(1)
		}}
	}}
	s := functions(slow)
	s.Handler = func(h *server.Handler) wiremysql.Handler { return wire.New(h, wire.Options{}) }
	socket := filepath.Join(t.TempDir(), "s")
	e, err := engine.Start(t.Context(), engine.Config{DataDir: t.TempDir(), Socket: socket}, s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Stop(context.Background()) })
	root := connect(t, e, "root", "")
	must(t, root, "CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY)")
	for _, dsn := range []string{
		fmt.Sprintf("root@tcp(%s)/", e.Addr()),
		fmt.Sprintf("root@tcp(%s)/?tls=skip-verify", e.Addr()),
		fmt.Sprintf("root@unix(%s)/", socket),
	} {
		for _, query := range []string{"INSERT INTO d.t VALUES (slow(1))", "SET @x = slow(1)", "SELECT slow(1)"} {
			db, err := sql.Open("mysql", dsn)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			go db.ExecContext(ctx, query) // the driver closes the connection when its context ends
			<-running
			cancel()
			began := time.Now()
			if err := <-ended; err == nil {
				t.Errorf("%s, %s: ran to its end", dsn, query)
			} else if took := time.Since(began); took > 6*time.Second {
				t.Errorf("%s, %s: noticed after %v", dsn, query, took)
			}
			db.Close()
		}
	}
	var n int
	if err := root.QueryRow("SELECT COUNT(*) FROM d.t").Scan(&n); err != nil || n != 0 {
		t.Errorf("%d rows were committed for clients that had gone, %v", n, err)
	}
}

// TestLocalFile: the filter lets the data of LOAD DATA LOCAL through.
func TestLocalFile(t *testing.T) {
	e := serve(t, wire.Options{}, engine.Seams{})
	root := connect(t, e, "root", "")
	must(t, root, "CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY, x DOUBLE)", "SET GLOBAL local_infile = 1")
	var data bytes.Buffer
	for i := range 20_000 {
		fmt.Fprintf(&data, "%d\t%g\n", i, float64(i)/2)
	}
	registerReader(t, "rows", &data)
	for _, params := range []string{"", "?tls=skip-verify"} {
		db, err := sql.Open("mysql", fmt.Sprintf("root@tcp(%s)/d%s", e.Addr(), params))
		if err != nil {
			t.Fatal(err)
		}
		db.SetMaxOpenConns(1)
		if _, err := db.Exec("LOAD DATA LOCAL INFILE 'Reader::rows' INTO TABLE t"); err != nil {
			t.Fatalf("%q: %v", params, err)
		}
		var n int
		if err := db.QueryRow("SELECT COUNT(*) FROM t").Scan(&n); err != nil || n != 20_000 {
			t.Errorf("%q: %d rows, %v", params, n, err)
		}
		if _, err := db.Exec("DELETE FROM t"); err != nil {
			t.Error(err)
		}
		db.Close()
	}
}
