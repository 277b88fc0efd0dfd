package wire_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dolthub/go-mysql-server/server"
	gms "github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"
	wiremysql "github.com/dolthub/vitess/go/mysql"
	"github.com/go-sql-driver/mysql"

	"aibms/server/engine"
	"aibms/server/wire"
)

// serve runs an engine behind the handler for the length of the test.
func serve(t *testing.T, o wire.Options, s engine.Seams) *engine.Engine {
	t.Helper()
	s.Handler = func(h *server.Handler) wiremysql.Handler { return wire.New(h, o) }
	e, err := engine.Start(context.Background(), engine.Config{DataDir: t.TempDir()}, s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := e.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return e
}

func connect(t *testing.T, e *engine.Engine, user, db string) *sql.DB {
	t.Helper()
	c, err := sql.Open("mysql", fmt.Sprintf("%s@tcp(%s)/%s", user, e.Addr(), db))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func must(t *testing.T, db *sql.DB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// functions are SQL functions of the tests.
func functions(fns ...gms.Function) engine.Seams {
	return engine.Seams{Function: func(_ *gms.Context, name string) (gms.Function, bool) {
		for _, f := range fns {
			if strings.EqualFold(f.FunctionName(), name) {
				return f, true
			}
		}
		return nil, false
	}}
}

// boom is a SQL function of one argument that panics when it is asked for a row.
func boom(value any) gms.Function {
	return gms.Function1{Name: "boom", Fn: func(e gms.Expression) gms.Expression { return &call{e, func(*gms.Context) any { panic(value) }} }}
}

// call is an expression that calls a Go function.
type call struct {
	gms.Expression
	f func(*gms.Context) any
}

func (c *call) Eval(ctx *gms.Context, _ gms.Row) (any, error) { return c.f(ctx), nil }
func (c *call) Type() gms.Type                                { return types.Int64 }
func (c *call) Children() []gms.Expression                    { return nil }
func (c *call) WithChildren(...gms.Expression) (gms.Expression, error) {
	return c, nil
}
func (c *call) String() string { return "call()" }

// number is the error number of an error; 0 when it has none.
func number(err error) uint16 {
	var e *mysql.MySQLError
	if errors.As(err, &e) {
		return e.Number
	}
	return 0
}

// TestPanicIsAnError is F8: a panic in a statement that answers OK dropped its client.
func TestPanicIsAnError(t *testing.T) {
	e := serve(t, wire.Options{}, functions(boom("spilt milk")))
	pool := connect(t, e, "root", "")
	must(t, pool, "CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY)", "INSERT INTO d.t VALUES (1), (2)", "CREATE TABLE d.u (id INT PRIMARY KEY)",
		"CREATE PROCEDURE d.p() SELECT 1")
	db, err := pool.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	id := func() (v string) {
		t.Helper()
		if err := db.QueryRowContext(t.Context(), "SELECT CONNECTION_ID()").Scan(&v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	before := id()
	for _, s := range []string{
		"SELECT boom(1)",
		"SELECT boom(id) FROM d.t",
		"SELECT * FROM d.t WHERE boom(id) = 1",
		"SELECT SUM(boom(id)) FROM d.t GROUP BY id",
		"SELECT id FROM d.t ORDER BY boom(id), id",
		"INSERT INTO d.u SELECT boom(id) FROM d.t",
		"INSERT INTO d.u VALUES (boom(1))",
		"UPDATE d.t SET id = boom(id)",
		"DELETE FROM d.t WHERE boom(id) = 1",
		"SET @x = boom(1)",
		"CALL d.p(boom(1))",
	} {
		_, err := db.ExecContext(t.Context(), s)
		if number(err) == 0 {
			t.Errorf("%s: %v", s, err)
		}
		if s != "CALL d.p(boom(1))" {
			if number(err) != 1105 || !strings.Contains(err.Error(), "spilt milk") || strings.Contains(err.Error(), "goroutine") {
				t.Errorf("%s: %v", s, err)
			}
		}
		st, err := db.PrepareContext(t.Context(), s)
		if err == nil {
			_, err = st.Exec()
			st.Close()
		}
		if number(err) == 0 {
			t.Errorf("prepared %s: %v", s, err)
		}
	}
	if after := id(); after != before {
		t.Error("the connection did not survive")
	}
	var n string
	if err := db.QueryRowContext(t.Context(), "SELECT CONCAT((SELECT COUNT(*) FROM d.t), (SELECT COUNT(*) FROM d.u))").Scan(&n); err != nil || n != "20" {
		t.Errorf("rows of t and u: %s, %v", n, err)
	}
	// a panic in a transaction ends it, and later statements are not in its ruins
	for _, s := range []string{"BEGIN", "INSERT INTO d.u VALUES (1)"} {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.ExecContext(t.Context(), "INSERT INTO d.u VALUES (2), (boom(3))"); !strings.Contains(err.Error(), "rolled back") {
		t.Errorf("%v", err)
	}
	if _, err := db.ExecContext(t.Context(), "INSERT INTO d.u VALUES (4)"); err != nil {
		t.Error(err)
	}
	if err := pool.QueryRow("SELECT GROUP_CONCAT(id) FROM d.u").Scan(&n); err != nil || n != "4" {
		t.Errorf("rows after a panic in a transaction: %s, %v", n, err)
	}
}

// TestPrepareAnew: a statement whose meaning has changed since it was prepared is prepared again before it runs.
func TestPrepareAnew(t *testing.T) {
	var epoch, meaning atomic.Uint64
	var asked atomic.Int64
	s := engine.Seams{}
	s.Parser = rewriting{gms.NewMysqlParser(), func(q string) string {
		return strings.ReplaceAll(q, "MEANING()", fmt.Sprint(meaning.Load()))
	}}
	var forgotten atomic.Int64
	e := serve(t, wire.Options{Hooks: wire.Hooks{
		Epoch:    epoch.Load,
		Mentions: func(q string) bool { asked.Add(1); return strings.Contains(q, "MEANING()") },
		Forget:   func(uint32, string) { forgotten.Add(1) },
	}}, s)
	pool := connect(t, e, "root", "")
	pool.SetMaxOpenConns(1)
	st, err := pool.Prepare("SELECT MEANING() + ?")
	if err != nil {
		t.Fatal(err)
	}
	get := func() (v int) {
		t.Helper()
		if err := st.QueryRow(1).Scan(&v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	if got := get(); got != 1 {
		t.Errorf("got %d, want 1", got)
	}
	meaning.Store(10)
	if got := get(); got != 1 {
		t.Errorf("got %d: the statement was prepared again without need", got)
	}
	epoch.Add(1)
	if got := get(); got != 11 {
		t.Errorf("got %d, want 11", got)
	}
	meaning.Store(20)
	if got := get(); got != 11 {
		t.Errorf("got %d: the statement was prepared again without need", got)
	}
	if asked.Load() == 0 {
		t.Error("Mentions was not asked")
	}
	for i := range 200 { // closed statements are forgotten
		s, err := pool.Prepare(fmt.Sprintf("SELECT MEANING() + %d", i))
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
	}
	if forgotten.Load() < 100 {
		t.Errorf("%d closed statements were forgotten", forgotten.Load())
	}
	epoch.Add(1)
	if got := get(); got != 21 {
		t.Errorf("got %d, want 21: a statement still open was forgotten", got)
	}
}

// TestSilentClientIsDropped is F5: a connection that never logs in held its place for eight hours.
func TestSilentClientIsDropped(t *testing.T) {
	e, h, _ := counted(t, wire.Limits{})
	setGlobal(t, e, "connect_timeout", 2)
	c, err := net.Dial("tcp", e.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.ReadAll(c); err != nil { // the greeting, then the end
		t.Errorf("not dropped: %v", err)
	}
	if n := h.Connections().Refused[wire.RefusedLate]; n != 1 {
		t.Errorf("%d were late", n)
	}
	pool := connect(t, e, "root", "")
	pool.SetMaxOpenConns(1)
	must(t, pool, "SET @x = 1")
	late, err := net.Dial("tcp", e.Addr().String()) // is dropped after the login timeout of the other would have been over
	if err != nil {
		t.Fatal(err)
	}
	defer late.Close()
	late.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.ReadAll(late); err != nil {
		t.Errorf("not dropped: %v", err)
	}
	var x int
	if err := pool.QueryRow("SELECT @x").Scan(&x); err != nil || x != 1 {
		t.Errorf("a client that has logged in was dropped: %d, %v", x, err)
	}
}

// TestReplicationCommandsAreRefused: they would hand out all data without asking for a privilege.
func TestReplicationCommandsAreRefused(t *testing.T) {
	e := serve(t, wire.Options{}, engine.Seams{})
	const registerReplica, binlogDumpGTID = 0x15, 0x1e
	for _, command := range []byte{registerReplica, binlogDumpGTID} {
		c := rawLogin(t, e)
		answer, err := c.command(append([]byte{command}, make([]byte, 40)...))
		if err == nil && (len(answer) == 0 || answer[0] != 0xff) {
			t.Errorf("command %x was answered with %x", command, answer)
		}
	}
}

// raw is a MySQL connection at the level of packets.
type raw struct {
	net.Conn
	r *bufio.Reader
}

// rawLogin logs in as root without a password.
func rawLogin(t *testing.T, e *engine.Engine) *raw { return rawLoginAs(t, e, 0) }

// rawLoginAs is rawLogin for a client that can more than the least.
func rawLoginAs(t *testing.T, e *engine.Engine, capabilities uint32) *raw {
	t.Helper()
	n, err := net.Dial("tcp", e.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return rawLoginOver(t, n, false, capabilities)
}

// rawLoginOver is rawLoginAs over a connection, in clear text or under TLS.
func rawLoginOver(t *testing.T, n net.Conn, encrypt bool, capabilities uint32) *raw {
	t.Helper()
	t.Cleanup(func() { n.Close() })
	n.SetDeadline(time.Now().Add(2 * time.Minute))
	c := &raw{n, bufio.NewReader(n)}
	if _, err := c.read(); err != nil {
		t.Fatal(err)
	}
	const ssl = 1 << 11
	sequence := byte(1)
	if encrypt {
		capabilities |= ssl
	}
	p := loginPacket("root")
	binary.LittleEndian.PutUint32(p, binary.LittleEndian.Uint32(p)|capabilities)
	if encrypt {
		if err := c.write(sequence, p[:32]); err != nil {
			t.Fatal(err)
		}
		secured := tls.Client(n, &tls.Config{InsecureSkipVerify: true})
		c, sequence = &raw{secured, bufio.NewReader(secured)}, 2
	}
	if err := c.write(sequence, p); err != nil {
		t.Fatal(err)
	}
	answer, err := c.read()
	if err == nil && answer[0] == 0xfe { // asked for the password once more
		if err = c.write(sequence+2, nil); err == nil {
			answer, err = c.read()
		}
	}
	if err != nil || answer[0] != 0 {
		t.Fatalf("login: %x, %v", answer, err)
	}
	return c
}

// loginPacket is what a client without a password says first.
func loginPacket(user string) []byte {
	const longPassword, protocol41, transactions, secure, pluginAuth = 1, 1 << 9, 1 << 13, 1 << 15, 1 << 19
	p := binary.LittleEndian.AppendUint32(nil, longPassword|protocol41|transactions|secure|pluginAuth)
	p = binary.LittleEndian.AppendUint32(p, 1<<24-1)
	p = append(p, 255)
	p = append(p, make([]byte, 23)...)
	return append(p, user+"\x00\x00mysql_native_password\x00"...)
}

func (c *raw) write(sequence byte, payload []byte) error {
	n := len(payload)
	_, err := c.Write(append([]byte{byte(n), byte(n >> 8), byte(n >> 16), sequence}, payload...))
	return err
}

func (c *raw) read() ([]byte, error) {
	head := make([]byte, 4)
	if _, err := io.ReadFull(c.r, head); err != nil {
		return nil, err
	}
	p := make([]byte, int(head[0])|int(head[1])<<8|int(head[2])<<16)
	_, err := io.ReadFull(c.r, p)
	return p, err
}

// command sends a command and returns the first packet of the answer.
func (c *raw) command(payload []byte) ([]byte, error) {
	if err := c.write(0, payload); err != nil {
		return nil, err
	}
	return c.read()
}

// TestOKPacketIsWellFormed: the text of an OK packet has the length that is announced for it.
func TestOKPacketIsWellFormed(t *testing.T) {
	e := serve(t, wire.Options{}, engine.Seams{})
	c := rawLogin(t, e)
	const query = 3
	for _, s := range []string{
		"CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY, x INT)", "INSERT INTO d.t VALUES (1, 1), (2, 2)", "UPDATE d.t SET x = 3", "USE d", "DELETE FROM t",
		"PREPARE s FROM 'SELECT 1'", "SET @x = 1", "BEGIN", "COMMIT", "DEALLOCATE PREPARE s",
	} {
		p, err := c.command(append([]byte{query}, s...))
		if err != nil {
			t.Fatalf("%s: %v", s, err)
		}
		if p[0] != 0 {
			t.Fatalf("%s: %q", s, p)
		}
		// affected rows and insert id are one byte each here; then status and warnings of two bytes each, then the text
		text := p[7:]
		if len(text) > 0 && int(text[0]) != len(text)-1 {
			t.Errorf("%s: %d bytes of text are announced as %d: %q", s, len(text)-1, text[0], text)
		}
	}
}

// TestDrain: a stopping server answers what runs and takes nothing more.
func TestDrain(t *testing.T) {
	var handler *wire.Handler
	running, goOn := make(chan struct{}), make(chan struct{})
	wait := gms.Function1{Name: "wait", Fn: func(a gms.Expression) gms.Expression {
		return &call{a, func(*gms.Context) any { close(running); <-goOn; return int64(7) }}
	}}
	s := functions(wait)
	s.Handler = func(h *server.Handler) wiremysql.Handler { handler = wire.New(h, wire.Options{}); return handler }
	e, err := engine.Start(context.Background(), engine.Config{DataDir: t.TempDir()}, s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Stop(context.Background()) })
	idle := rawLogin(t, e)
	busy := connect(t, e, "root", "")
	answer := make(chan error, 1)
	go func() {
		var v int
		err := busy.QueryRow("SELECT wait(1)").Scan(&v)
		if err == nil && v != 7 {
			err = fmt.Errorf("got %d", v)
		}
		answer <- err
	}()
	<-running
	short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := handler.Drain(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("drained while a statement runs: %v", err)
	}
	if _, err := idle.read(); err != io.EOF {
		t.Errorf("an idle connection: %v", err)
	}
	close(goOn)
	if err := handler.Drain(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-answer; err != nil {
		t.Errorf("the running statement: %v", err)
	}
	if err := handler.Drain(t.Context()); err != nil {
		t.Error(err)
	}
}

// registerReader names a reader for LOAD DATA LOCAL INFILE 'Reader::name'; it may be read more than once.
func registerReader(t *testing.T, name string, data *bytes.Buffer) {
	mysql.RegisterReaderHandler(name, func() io.Reader { return bytes.NewReader(data.Bytes()) })
	t.Cleanup(func() { mysql.DeregisterReaderHandler(name) })
}
