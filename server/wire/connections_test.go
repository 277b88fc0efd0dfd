package wire_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/dolthub/go-mysql-server/server"
	gms "github.com/dolthub/go-mysql-server/sql"
	wiremysql "github.com/dolthub/vitess/go/mysql"
	"github.com/go-sql-driver/mysql"

	"aibms/server/engine"
	"aibms/server/wire"
)

// counted runs an engine whose handler keeps count of connections and knows administrators.
func counted(t *testing.T, l wire.Limits) (e *engine.Engine, h *wire.Handler, socket string) {
	t.Helper()
	socket = filepath.Join(t.TempDir(), "s")
	o := wire.Options{Limits: l, Account: func(user, host string) (string, bool) { return e.Account(user, host) }}
	s := engine.Seams{
		Handler: func(inner *server.Handler) wiremysql.Handler { h = wire.New(inner, o); return h },
		Ready:   func(_ context.Context, running *engine.Engine) error { e = running; return nil },
	}
	started, err := engine.Start(t.Context(), engine.Config{DataDir: t.TempDir(), Socket: socket}, s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { started.Stop(context.Background()) })
	return started, h, socket
}

// session logs in with a connection of its own, which ends with the test.
func session(t *testing.T, network, address, user string) (*sql.Conn, error) {
	t.Helper()
	db, err := sql.Open("mysql", fmt.Sprintf("%s@%s(%s)/?timeout=20s&readTimeout=20s", user, network, address))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db.Conn(t.Context())
}

// setGlobal sets a global variable by SQL, and back at the end of the test: variables belong to the process.
func setGlobal(t *testing.T, e *engine.Engine, name string, value int64) {
	t.Helper()
	_, before, _ := gms.SystemVariables.GetGlobal(name)
	t.Cleanup(func() {
		if err := gms.SystemVariables.AssignValues(map[string]any{name: before}); err != nil {
			t.Error(err)
		}
	})
	db := connect(t, e, "root", "")
	must(t, db, "SET GLOBAL "+name+" = "+strconv.FormatInt(value, 10))
	db.Close()
}

// eventually waits until something that the server does by itself has happened.
func eventually(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !happened(); {
		if time.Now().After(deadline) {
			t.Fatalf("it never happened that %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

func sessions(h *wire.Handler, n int) func() bool {
	return func() bool { return h.Connections().Sessions == n }
}

// TestSilentSocketsKeepNobodyOut is F5: sockets that said nothing held all places.
func TestSilentSocketsKeepNobodyOut(t *testing.T) {
	e, h, _ := counted(t, wire.Limits{Waiting: 50})
	setGlobal(t, e, "max_connections", 10)
	eventually(t, "the first session ended", sessions(h, 0))
	before := h.Connections()
	ended := make(chan error, 200)
	for range 200 {
		c, err := net.Dial("tcp", e.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		c.SetReadDeadline(time.Now().Add(20 * time.Second))
		go func() {
			_, err := io.Copy(io.Discard, c) // the greeting, then the end or the deadline
			ended <- err
		}()
	}
	for i := range 150 {
		var timeout net.Error
		if err := <-ended; errors.As(err, &timeout) && timeout.Timeout() {
			t.Fatalf("only %d made room", i)
		}
	}
	for i := range 10 {
		if _, err := session(t, "tcp", e.Addr().String(), "root"); err != nil {
			t.Fatalf("login %d: %v", i, err)
		}
	}
	now := h.Connections()
	if now.Sessions != 10 || now.Waiting != 49 {
		t.Errorf("%+v", now)
	}
	if n := now.Refused[wire.RefusedDisplaced] - before.Refused[wire.RefusedDisplaced]; n != 151 {
		t.Errorf("%d made room, want 150 for the silent ones and one for the first session, whose place the others then had", n)
	}
}

// TestMaxConnections: the limit is the one that is shown, one place more is an administrator's, and a further one at the unix socket.
func TestMaxConnections(t *testing.T) {
	e, h, socket := counted(t, wire.Limits{})
	root, err := session(t, "tcp", e.Addr().String(), "root")
	if err != nil {
		t.Fatal(err)
	}
	exec := func(s string) {
		t.Helper()
		if _, err := root.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	exec("CREATE USER bob@localhost IDENTIFIED BY 'b'")
	exec("CREATE USER ann@localhost IDENTIFIED BY 'a'")
	exec("CREATE ROLE operator")
	exec("GRANT SUPER ON *.* TO operator")
	exec("GRANT operator TO ann@localhost")
	setGlobal(t, e, "max_connections", 3)
	eventually(t, "the session that set the variable ended", sessions(h, 1))
	tcp := e.Addr().String()
	in := func(network, address, user string) *sql.Conn {
		t.Helper()
		c, err := session(t, network, address, user)
		if err != nil {
			t.Fatalf("%s by %s: %v", user, network, err)
		}
		return c
	}
	full := func(network, address, user string) {
		t.Helper()
		_, err := session(t, network, address, user)
		var e *mysql.MySQLError
		if !errors.As(err, &e) || e.Number != 1040 || string(e.SQLState[:]) != "08004" {
			t.Errorf("%s by %s, beyond the limit: %v", user, network, err)
		}
	}
	in("tcp", tcp, "bob:b")
	first := in("tcp", tcp, "bob:b")
	full("tcp", tcp, "bob:b")
	full("unix", socket, "bob:b")
	ann := in("tcp", tcp, "ann:a") // an administrator by a role
	full("tcp", tcp, "root")
	full("tcp", tcp, "bob:b")
	local := in("unix", socket, "root")
	full("unix", socket, "root")
	if _, err := session(t, "tcp", tcp, "bob:wrong"); number(err) != 1045 {
		t.Errorf("a wrong password is told more: %v", err)
	}
	ann.Raw(func(c any) error { return c.(io.Closer).Close() })
	first.Raw(func(c any) error { return c.(io.Closer).Close() })
	local.Raw(func(c any) error { return c.(io.Closer).Close() })
	eventually(t, "three sessions ended", sessions(h, 2))
	in("tcp", tcp, "bob:b")
	full("tcp", tcp, "bob:b")
	exec("SET GLOBAL max_connections = 4") // at once
	in("tcp", tcp, "bob:b")
	full("tcp", tcp, "bob:b")
	exec("SET GLOBAL max_connections = 1") // whoever is in stays in
	full("tcp", tcp, "root")
	exec("SELECT 1")
	if n := h.Connections(); n.Sessions != 4 || n.Most != 5 || n.Refused[wire.RefusedFull] < 8 {
		t.Errorf("%+v", n)
	}
}

// TestMaxUserConnections: an account has so many sessions; an administrator's any number.
func TestMaxUserConnections(t *testing.T) {
	e, _, _ := counted(t, wire.Limits{})
	root := connect(t, e, "root", "")
	must(t, root, "CREATE USER bob@localhost IDENTIFIED BY 'b'", "CREATE USER ann@localhost IDENTIFIED BY 'a'")
	setGlobal(t, e, "max_user_connections", 2)
	for i, want := range []uint16{0, 0, 1203, 1203} {
		if _, err := session(t, "tcp", e.Addr().String(), "bob:b"); number(err) != want || want == 0 && err != nil {
			t.Errorf("session %d of bob: %v", i, err)
		}
	}
	for _, user := range []string{"ann:a", "root", "root", "root"} {
		if _, err := session(t, "tcp", e.Addr().String(), user); err != nil {
			t.Errorf("%s: %v", user, err)
		}
	}
}

// TestPreparedAreCountedInAll: max_prepared_stmt_count is for all sessions together, as in MySQL, and Prepared_stmt_count says how many there are.
func TestPreparedAreCountedInAll(t *testing.T) {
	e, h, _ := counted(t, wire.Limits{})
	root := connect(t, e, "root", "")
	status := func() string { return statusVariable(t, root, "Prepared_stmt_count") }
	begin, _ := strconv.Atoi(status())
	setGlobal(t, e, "max_prepared_stmt_count", 5)
	open := func(c *raw, q string) (id []byte, code uint16) {
		t.Helper()
		answer, err := c.command(append([]byte{0x16}, q...))
		if err != nil {
			t.Fatal(err)
		}
		if answer[0] == 0xff {
			return nil, binary.LittleEndian.Uint16(answer[1:])
		}
		for range 2 { // the column and the end of the columns
			if _, err := c.read(); err != nil {
				t.Fatal(err)
			}
		}
		return answer[1:5], 0
	}
	a, b := rawLogin(t, e), rawLogin(t, e)
	var ids [][]byte
	for i := range 3 {
		id, code := open(a, fmt.Sprintf("SELECT %d", i))
		if code != 0 {
			t.Fatal(code)
		}
		ids = append(ids, id)
	}
	for range 2 {
		if _, code := open(b, "SELECT 1"); code != 0 {
			t.Fatal(code)
		}
	}
	for _, c := range []*raw{a, b, a} {
		if _, code := open(c, "SELECT 1"); code != 1461 {
			t.Errorf("a sixth statement: %d", code)
		}
	}
	if got := status(); got != strconv.Itoa(begin+5) {
		t.Errorf("Prepared_stmt_count is %s", got)
	}
	// a statement that is closed frees its place, although its connection says nothing more
	if err := a.write(0, append([]byte{0x19}, ids[0]...)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a place got free", func() bool { return h.Connections().Prepared == 4 })
	if _, code := open(b, "SELECT 1"); code != 0 {
		t.Errorf("after one was closed: %d", code)
	}
	for range 3 { // one that cannot be prepared holds no place
		if _, code := open(a, "SELECT * FROM nowhere.nothing"); code == 0 || code == 1461 && h.Connections().Prepared != 5 {
			t.Errorf("%d", code)
		}
	}
	// COM_RESET_CONNECTION closes them all, and so does the end of the connection
	if answer, err := a.command([]byte{0x1f}); err != nil || answer[0] != 0 {
		t.Fatalf("%x, %v", answer, err)
	}
	eventually(t, "a reset freed its places", func() bool { return h.Connections().Prepared == 3 })
	b.Close()
	eventually(t, "the end of a connection freed its places", func() bool { return h.Connections().Prepared == 0 })
	if got := status(); got != strconv.Itoa(begin) {
		t.Errorf("Prepared_stmt_count is %s at the end", got)
	}
	setGlobal(t, e, "max_prepared_stmt_count", 0)
	if _, code := open(a, "SELECT 1"); code != 1461 {
		t.Errorf("none is allowed: %d", code)
	}
}

func statusVariable(t *testing.T, db *sql.DB, name string) (value string) {
	t.Helper()
	if err := db.QueryRow("SHOW GLOBAL STATUS LIKE '"+name+"'").Scan(&name, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

// TestStatusOfConnections: what SHOW STATUS says of connections is so.
func TestStatusOfConnections(t *testing.T) {
	e, h, _ := counted(t, wire.Limits{})
	root := connect(t, e, "root", "")
	root.SetMaxOpenConns(1)
	must(t, root, "SET @x = 1")
	before := map[string]int{}
	after := func(name string, by int) {
		t.Helper()
		var now int
		eventually(t, fmt.Sprintf("%s grew by %d", name, by), func() bool {
			now, _ = strconv.Atoi(statusVariable(t, root, name))
			return now-before[name] == by
		})
	}
	for _, name := range []string{"Connections", "Aborted_connects", "Threads_connected"} {
		before[name], _ = strconv.Atoi(statusVariable(t, root, name))
	}
	for range 3 {
		if _, err := session(t, "tcp", e.Addr().String(), "root"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := session(t, "tcp", e.Addr().String(), "root:wrong"); number(err) != 1045 {
		t.Error(err)
	}
	silent, err := net.Dial("tcp", e.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	after("Connections", 5)
	after("Aborted_connects", 1)
	silent.Close()
	after("Aborted_connects", 2)
	after("Threads_connected", 3)
	if got := statusVariable(t, root, "Max_used_connections"); got != "4" {
		t.Errorf("Max_used_connections is %s", got)
	}
	if n := h.Connections(); n.Sessions != 4 || n.Waiting != 0 || n.Refused[wire.RefusedLogin] != 2 {
		t.Errorf("%+v", n)
	}
}

// TestClearTextEndsThere is F4: a client that ignored the error went on in clear text, although TLS was demanded.
func TestClearTextEndsThere(t *testing.T) {
	e, h, _ := counted(t, wire.Limits{})
	root := connect(t, e, "root", "")
	must(t, root, "CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY)")
	setGlobal(t, e, "require_secure_transport", 1)
	n, err := net.Dial("tcp", e.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	n.SetDeadline(time.Now().Add(20 * time.Second))
	c := &raw{n, bufio.NewReader(n)}
	if _, err := c.read(); err != nil {
		t.Fatal(err)
	}
	if err := c.write(1, loginPacket("root")); err != nil {
		t.Fatal(err)
	}
	answer, err := c.read()
	if err == nil && answer[0] == 0xfe {
		if err = c.write(3, nil); err == nil {
			answer, err = c.read()
		}
	}
	if err != nil || answer[0] != 0xff || binary.LittleEndian.Uint16(answer[1:]) != 3159 {
		t.Fatalf("the client was not told why: %q, %v", answer, err)
	}
	if answer, err := c.command(append([]byte{3}, "INSERT INTO d.t VALUES (1)"...)); err == nil {
		t.Errorf("the client ignored the error, and was answered %q", answer)
	}
	eventually(t, "the connection ended", func() bool { return h.Connections().Waiting == 0 })
	var rows int
	if err := root.QueryRow("SELECT COUNT(*) FROM d.t").Scan(&rows); err != nil || rows != 0 {
		t.Errorf("%d rows, %v", rows, err)
	}
	if _, err := session(t, "tcp", e.Addr().String(), "root"); number(err) != 3159 {
		t.Errorf("an ordinary client in clear text: %v", err)
	}
	db, err := sql.Open("mysql", fmt.Sprintf("root@tcp(%s)/?tls=skip-verify", e.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Ping(); err != nil {
		t.Errorf("with TLS: %v", err)
	}
	if h.Connections().Refused[wire.RefusedClearText] != 2 {
		t.Errorf("%+v", h.Connections())
	}
}

// startTLS connects and goes over to TLS of a version.
func startTLS(t *testing.T, e *engine.Engine, version uint16) *tls.Conn {
	t.Helper()
	n, err := net.Dial("tcp", e.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	n.SetDeadline(time.Now().Add(20 * time.Second))
	c := &raw{n, bufio.NewReader(n)}
	if _, err := c.read(); err != nil {
		t.Fatal(err)
	}
	const ssl = 1 << 11
	p := loginPacket("root")[:32]
	binary.LittleEndian.PutUint32(p, binary.LittleEndian.Uint32(p)|ssl)
	if err := c.write(1, p); err != nil {
		t.Fatal(err)
	}
	s := tls.Client(n, &tls.Config{InsecureSkipVerify: true, MinVersion: version, MaxVersion: version})
	if err := s.Handshake(); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestAnnouncedUnderTLS: the same under TLS, where nobody can see what four bytes say. Only a few clients may leave a packet unfinished.
func TestAnnouncedUnderTLS(t *testing.T) {
	e, h, _ := counted(t, wire.Limits{})
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} { // who has sent nothing yet has left nothing unfinished
		for range 20 {
			startTLS(t, e, version)
		}
	}
	ended := make(chan error, 30)
	for i := range 30 {
		c := startTLS(t, e, []uint16{tls.VersionTLS12, tls.VersionTLS13}[i%2])
		if _, err := c.Write([]byte{0xfe, 0xff, 0xff, 2}); err != nil {
			t.Fatal(err)
		}
		go func() {
			_, err := c.Read(make([]byte, 1))
			ended <- err
		}()
	}
	for i := range 30 - 16 {
		var timeout net.Error
		if err := <-ended; errors.As(err, &timeout) && timeout.Timeout() {
			t.Fatalf("only %d were closed", i)
		}
	}
	if n := h.Connections(); n.Refused[wire.RefusedDisplaced] != 14 || n.Waiting != 40+16 {
		t.Errorf("%+v", n)
	}
	// whoever logs in gets in, also in two records when there is not much ado
	c := startTLS(t, e, tls.VersionTLS13)
	p := loginPacket("root")
	const ssl = 1 << 11
	binary.LittleEndian.PutUint32(p, binary.LittleEndian.Uint32(p)|ssl)
	if _, err := c.Write([]byte{byte(len(p)), 0, 0, 2}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the half login displaced another", func() bool { return h.Connections().Refused[wire.RefusedDisplaced] == 15 })
	if _, err := c.Write(p); err != nil {
		t.Fatal(err)
	}
	r := &raw{c, bufio.NewReader(c)}
	answer, err := r.read()
	if err == nil && answer[0] == 0xfe {
		if err = r.write(4, nil); err == nil {
			answer, err = r.read()
		}
	}
	if err != nil || answer[0] != 0 {
		t.Errorf("a login in two records: %x, %v", answer, err)
	}
	db, err := sql.Open("mysql", fmt.Sprintf("root@tcp(%s)/?tls=skip-verify", e.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for range 5 {
		if err := db.Ping(); err != nil {
			t.Error(err)
		}
	}
}

// TestAnnouncedPacket: the library made room for 16 MB when four bytes of a client that had not logged in said so.
func TestAnnouncedPacket(t *testing.T) {
	e, _, _ := counted(t, wire.Limits{})
	for _, size := range []int{65 << 10, 1<<24 - 2} {
		n, err := net.Dial("tcp", e.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		n.SetDeadline(time.Now().Add(20 * time.Second))
		c := &raw{n, bufio.NewReader(n)}
		if _, err := c.read(); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write([]byte{byte(size), byte(size >> 8), byte(size >> 16), 1}); err != nil {
			t.Fatal(err)
		}
		var timeout net.Error
		if _, err := c.read(); err == nil || errors.As(err, &timeout) && timeout.Timeout() {
			t.Errorf("%d bytes were announced, and the server waits for them: %v", size, err)
		}
	}
}

// TestWrongPasswordsAreAnsweredLater: from the third in a row of the same user on, until one is right.
func TestWrongPasswordsAreAnsweredLater(t *testing.T) {
	pauses := wire.Pauses(t)
	e, _, _ := counted(t, wire.Limits{})
	must(t, connect(t, e, "root", ""), "CREATE USER bob@localhost IDENTIFIED BY 'b'")
	try := func(user string, want uint16) {
		t.Helper()
		if _, err := session(t, "tcp", e.Addr().String(), user); number(err) != want || want == 0 && err != nil {
			t.Errorf("%s: %v", user, err)
		}
	}
	for range 4 {
		try("bob:x", 1045)
	}
	try("nobody:x", 1045)
	if got := pauses(); !slices.Equal(got, []time.Duration{time.Second, 2 * time.Second}) {
		t.Errorf("pauses %v", got)
	}
	try("bob:b", 0)
	try("bob:x", 1045)
	if got := pauses(); len(got) != 2 {
		t.Errorf("after a right one: pauses %v", got)
	}
}
