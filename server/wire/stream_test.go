package wire_test

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dolthub/go-mysql-server/server"
	gms "github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"
	wiremysql "github.com/dolthub/vitess/go/mysql"

	"aibms/server/engine"
	"aibms/server/wire"
)

// rowCall is a SQL function of one argument that calls a Go function for each row.
type rowCall struct {
	of gms.Expression
	f  func(ctx *gms.Context, v int64) any
}

func (c *rowCall) Eval(ctx *gms.Context, row gms.Row) (any, error) {
	v, err := c.of.Eval(ctx, row)
	if err != nil {
		return nil, err
	}
	n, _, err := types.Int64.Convert(ctx, v)
	if err != nil {
		return nil, err
	}
	return c.f(ctx, n.(int64)), nil
}
func (c *rowCall) Resolved() bool             { return c.of.Resolved() }
func (c *rowCall) IsNullable() bool           { return false }
func (c *rowCall) Type() gms.Type             { return types.Int64 }
func (c *rowCall) Children() []gms.Expression { return []gms.Expression{c.of} }
func (c *rowCall) String() string             { return fmt.Sprintf("call(%s)", c.of) }
func (c *rowCall) WithChildren(of ...gms.Expression) (gms.Expression, error) {
	return &rowCall{of[0], c.f}, nil
}

func perRow(name string, f func(ctx *gms.Context, v int64) any) gms.Function {
	return gms.Function1{Name: name, Fn: func(e gms.Expression) gms.Expression { return &rowCall{e, f} }}
}

// served is an engine behind the handler that can be reached in three ways.
type served struct {
	*engine.Engine
	stock atomic.Bool
	root  *sql.DB
}

// many is a query of 3,375,000 rows, some 300 MB, which are produced as they are asked for.
const many = "SELECT a.id, REPEAT('x', 80) FROM d.t a, d.t b, d.t c"

// serveAll serves a database d with the table t of 150 rows, numbered from 1.
func serveAll(t *testing.T, fns ...gms.Function) *served {
	t.Helper()
	s := &served{}
	seams := functions(fns...)
	seams.Handler = func(h *server.Handler) wiremysql.Handler { return wire.New(h, wire.Options{Stock: s.stock.Load}) }
	var err error
	s.Engine, err = engine.Start(t.Context(), engine.Config{DataDir: t.TempDir(), Socket: filepath.Join(t.TempDir(), "s")}, seams)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := s.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	s.root = connect(t, s.Engine, "root", "")
	must(t, s.root, "CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY)",
		"INSERT INTO d.t WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 150) SELECT i FROM n")
	return s
}

// way is a way to the server.
type way struct{ name, dsn, network string }

func (s *served) ways() []way {
	return []way{
		{"TCP", fmt.Sprintf("root@tcp(%s)/", s.Addr()), "tcp"},
		{"TLS", fmt.Sprintf("root@tcp(%s)/?tls=skip-verify", s.Addr()), "tcp"},
		{"socket", fmt.Sprintf("root@unix(%s)/", s.Socket()), "unix"},
	}
}

// client opens one connection and returns it with its number.
func client(t *testing.T, dsn string, statements ...string) (*sql.Conn, uint32) {
	t.Helper()
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	c, err := db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range statements {
		if _, err := c.ExecContext(context.Background(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	var id uint32
	if err := c.QueryRowContext(context.Background(), "SELECT CONNECTION_ID()").Scan(&id); err != nil {
		t.Fatal(err)
	}
	return c, id
}

// ask sends a query and reads n rows of the answer.
func ask(t *testing.T, c *sql.Conn, query string, n int, args ...any) *sql.Rows {
	t.Helper()
	rows, err := c.QueryContext(context.Background(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		if !rows.Next() {
			t.Fatalf("%s: %v", query, rows.Err())
		}
	}
	return rows
}

// rest reads all further rows and returns the error that ends them.
func rest(rows *sql.Rows) error {
	defer rows.Close()
	for rows.Next() {
	}
	return rows.Err()
}

// waitFor waits until a condition holds.
func waitFor(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 30 s", what)
		}
	}
}

// connected tells whether a connection stands in the process list.
func (s *served) connected(id uint32) bool {
	for _, p := range s.GMS().ProcessList.Processes() {
		if p.Connection == id {
			return true
		}
	}
	return false
}

// running tells whether a statement runs in a connection.
func (s *served) running(id uint32) bool {
	for _, p := range s.GMS().ProcessList.Processes() {
		if p.Connection == id {
			return p.Command == gms.ProcessCommandQuery
		}
	}
	return false
}

// TestMemoryOfALargeResult: what the server holds of a result does not grow with it. The bound is one that the engine's own handler exceeds.
func TestMemoryOfALargeResult(t *testing.T) {
	s := serveAll(t)
	const bound = 16 << 20
	live := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC() // pools let go what they keep in two steps
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	// held is what the process holds more when a reader has stopped after n rows.
	held := func(dsn, query string, n int, args ...any) int64 {
		c, id := client(t, dsn)
		before := live()
		rows := ask(t, c, query, n, args...)
		during := live()
		if !s.running(id) {
			t.Error("the statement has ended")
		}
		if _, err := s.root.Exec(fmt.Sprintf("KILL %d", id)); err != nil {
			t.Error(err)
		}
		rows.Close()
		waitFor(t, "the end of a connection", func() bool { return !s.connected(id) })
		return during - before
	}
	const rows = 400_000 // 34 MB
	for _, w := range s.ways() {
		for _, args := range [][]any{nil, {1000}} { // as text, and prepared
			query := many
			if args != nil {
				query += " WHERE a.id < ?"
			}
			got := held(w.dsn, query, rows, args...)
			t.Logf("%s, prepared %v: %d KB", w.name, args != nil, got>>10)
			if got > bound {
				t.Errorf("%s, prepared %v: %d MB are held after %d rows", w.name, args != nil, got>>20, rows)
			}
		}
	}
	s.stock.Store(true)
	if got := held(s.ways()[0].dsn, many, rows); got <= bound {
		t.Errorf("the engine's own handler holds %d MB: this test shows nothing", got>>20)
	}
}

// TestBackpressure: no more rows are produced than fit between the server and a client that does not read.
func TestBackpressure(t *testing.T) {
	var produced atomic.Int64
	s := serveAll(t, perRow("counted", func(_ *gms.Context, v int64) any { produced.Add(1); return v }))
	const width = 1000
	const bound = 32 << 20 / width // the buffers of the network on both sides are at most some megabytes
	for _, w := range s.ways() {
		produced.Store(0)
		c, id := client(t, w.dsn)
		rows := ask(t, c, fmt.Sprintf("SELECT counted(a.id), REPEAT('x', %d) FROM d.t a, d.t b, d.t c", width), 1)
		for read := int64(1); read < 50_000; read++ {
			if ahead := produced.Load() - read; ahead > bound {
				t.Fatalf("%s: %d rows are ahead of the reader", w.name, ahead)
			}
			if !rows.Next() {
				t.Fatal(rows.Err())
			}
		}
		if _, err := s.root.Exec(fmt.Sprintf("KILL %d", id)); err != nil {
			t.Error(err)
		}
		rows.Close()
		waitFor(t, "the end of a connection", func() bool { return !s.connected(id) })
	}
}

// TestFirstRowComesAtOnce: a row does not wait for the rows behind it.
func TestFirstRowComesAtOnce(t *testing.T) {
	goOn := make(chan struct{})
	s := serveAll(t, perRow("held", func(ctx *gms.Context, v int64) any {
		if v == 2 {
			select {
			case <-goOn:
			case <-ctx.Done():
			}
		}
		return v
	}))
	for _, w := range s.ways() {
		for _, prepare := range []bool{false, true} {
			goOn = make(chan struct{})
			c, _ := client(t, w.dsn)
			var args []any
			query := "SELECT held(id) FROM d.t WHERE id < 4"
			if prepare {
				query, args = "SELECT held(id) FROM d.t WHERE id < ?", []any{4}
			}
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			rows, err := c.QueryContext(ctx, query, args...)
			if err != nil {
				t.Fatal(err)
			}
			if !rows.Next() {
				t.Fatalf("%s: the first row does not come: %v", w.name, rows.Err())
			}
			close(goOn)
			n := 1
			for rows.Next() {
				n++
			}
			if rows.Err() != nil || n != 3 {
				t.Errorf("%s: %d rows, %v", w.name, n, rows.Err())
			}
			cancel()
			c.Close()
		}
	}
}

// TestReaderThatDoesNotRead: a client that takes nothing for @@net_write_timeout loses its statement and its connection.
func TestReaderThatDoesNotRead(t *testing.T) {
	s := serveAll(t)
	for _, w := range s.ways() {
		c, id := client(t, w.dsn, "SET net_write_timeout = 1")
		rows := ask(t, c, many, 1)
		if !s.running(id) {
			t.Errorf("%s: the statement has ended", w.name)
		}
		waitFor(t, w.name+": the end of the connection", func() bool { return !s.connected(id) })
		if err := rest(rows); err == nil {
			t.Errorf("%s: the result came to its end", w.name)
		}
	}
	// a client that reads slowly, but reads, keeps its connection
	c, _ := client(t, s.ways()[2].dsn, "SET net_write_timeout = 1")
	rows := ask(t, c, "SELECT REPEAT('x', 1000) FROM d.t a, d.t b LIMIT 3000", 1)
	for i := range 6 {
		time.Sleep(300 * time.Millisecond) // 1.8 s, longer than the limit
		for range 400 {
			if !rows.Next() {
				t.Fatalf("after %d pauses: %v", i, rows.Err())
			}
		}
	}
	if err := rest(rows); err != nil {
		t.Errorf("a slow reader: %v", err)
	}
}

// TestKillWhileRowsAreSent: KILL QUERY is an error among the rows, and the connection lives on; KILL ends it.
func TestKillWhileRowsAreSent(t *testing.T) {
	s := serveAll(t)
	for _, w := range s.ways() {
		for _, prepare := range []string{"", "WHERE a.id < ?"} {
			for _, reads := range []bool{true, false} {
				name := fmt.Sprintf("%s, prepared %v, reads %v", w.name, prepare != "", reads)
				c, id := client(t, w.dsn)
				var args []any
				if prepare != "" {
					args = append(args, 1000)
				}
				rows, err := c.QueryContext(t.Context(), many+" "+prepare, args...)
				if err != nil || !rows.Next() {
					t.Fatalf("%s: %v", name, err)
				}
				ended := make(chan error, 1)
				if reads {
					go func() { ended <- rest(rows) }()
				}
				killed := time.Now()
				if _, err := s.root.Exec(fmt.Sprintf("KILL QUERY %d", id)); err != nil {
					t.Fatal(err)
				}
				if !reads { // it had stopped, and goes on now
					go func() { ended <- rest(rows) }()
				}
				if err := <-ended; number(err) != 1317 {
					t.Errorf("%s: %v", name, err)
				}
				t.Logf("%s: after %v", name, time.Since(killed).Round(time.Millisecond))
				var again uint32
				if err := c.QueryRowContext(t.Context(), "SELECT CONNECTION_ID()").Scan(&again); err != nil || again != id {
					t.Errorf("%s: the connection afterwards: %d for %d, %v", name, again, id, err)
				}
				rows = ask(t, c, many, 1)
				if _, err := s.root.Exec(fmt.Sprintf("KILL %d", id)); err != nil {
					t.Fatal(err)
				}
				waitFor(t, name+": the end of the connection", func() bool { return !s.connected(id) })
				if err := rest(rows); err == nil {
					t.Errorf("%s: KILL let the result come to its end", name)
				}
			}
		}
	}
}

// TestErrorAmongRows: an error, and a panic too, reaches the client that has had rows already, and the connection lives on.
func TestErrorAmongRows(t *testing.T) {
	s := serveAll(t, perRow("burst", func(_ *gms.Context, v int64) any {
		if v == 140 {
			panic("spilt milk")
		}
		return v
	}))
	for _, w := range s.ways() {
		c, id := client(t, w.dsn)
		for _, q := range []struct {
			query  string
			number uint16
		}{
			{"SELECT REPEAT('x', 10000), burst(id) FROM d.t", 1105},
			{"SELECT REPEAT('x', 10000), (SELECT b.id FROM d.t b WHERE b.id = a.id OR a.id > 140 ORDER BY b.id) FROM d.t a", 1242},
		} {
			for _, args := range [][]any{nil, {1}} {
				query := q.query
				if args != nil {
					query = strings.Replace(query, "10000", "10000 * ?", 1)
				}
				rows, err := c.QueryContext(t.Context(), query, args...)
				if err != nil {
					t.Fatalf("%s, %s: %v", w.name, query, err)
				}
				n := 0
				for rows.Next() {
					n++
				}
				if number(rows.Err()) != q.number || n == 0 || n > 140 {
					t.Errorf("%s, %s: %v after %d rows", w.name, query, rows.Err(), n)
				}
				var again uint32
				if err := c.QueryRowContext(t.Context(), "SELECT CONNECTION_ID()").Scan(&again); err != nil || again != id {
					t.Errorf("%s, %s: the connection afterwards: %v", w.name, query, err)
				}
			}
		}
	}
	// with further statements behind it
	c, _ := client(t, strings.Replace(s.ways()[0].dsn, "/", "/?multiStatements=true", 1))
	rows, err := c.QueryContext(t.Context(), "SELECT REPEAT('x', 10000), burst(id) FROM d.t; SET @after = 1")
	if err != nil {
		t.Fatal(err)
	}
	if err := rest(rows); number(err) != 1105 {
		t.Errorf("the first of two: %v", err)
	}
	var after sql.NullInt64
	if err := c.QueryRowContext(t.Context(), "SELECT @after").Scan(&after); err != nil || after.Valid {
		t.Errorf("the statement behind one that failed has run: %v, %v", after, err)
	}
}

// TestMaxExecutionTime: a SELECT ends with error 3024 when its time is over, before its first row and among its rows; nothing else does.
func TestMaxExecutionTime(t *testing.T) {
	s := serveAll(t, perRow("forever", func(ctx *gms.Context, v int64) any { <-ctx.Done(); return v }),
		perRow("stops", func(ctx *gms.Context, v int64) any {
			if v == 100 {
				<-ctx.Done()
			}
			return v
		}))
	const text = "Query execution was interrupted, maximum statement execution time exceeded"
	limited := func(c *sql.Conn, query string, args ...any) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		rows, err := c.QueryContext(ctx, query, args...)
		if err == nil {
			err = rest(rows)
		}
		if number(err) != 3024 || !strings.Contains(err.Error(), "(HY000)") || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v", query, err)
		}
		var one int
		if err := c.QueryRowContext(t.Context(), "SELECT 1").Scan(&one); err != nil {
			t.Errorf("%s: the connection afterwards: %v", query, err)
		}
	}
	slow := []string{
		"SELECT forever(1)", "SELECT forever(id) FROM d.t", "SELECT * FROM d.t WHERE forever(id) = 0", " /* a comment */ (SELECT forever(1)) UNION SELECT 2", "-- a comment\nselect forever(1)",
		"WITH q AS (SELECT forever(id) AS x FROM d.t) SELECT SUM(x) FROM q", "SELECT REPEAT('x', 10000), stops(id) FROM d.t",
	}
	c, _ := client(t, s.ways()[0].dsn, "SET max_execution_time = 100")
	for _, query := range slow {
		limited(c, query)
		limited(c, strings.Replace(query, "(1)", "(?)", 1), func() []any {
			if strings.Contains(query, "(1)") {
				return []any{1}
			}
			return nil
		}()...)
	}
	for _, statement := range []string{"CREATE TABLE d.u (id INT)", "INSERT INTO d.u SELECT SLEEP(0.3)", "UPDATE d.u SET id = SLEEP(0.3)", "SET @x = SLEEP(0.3)",
		"CREATE PROCEDURE d.p() SELECT SLEEP(0.3)", "CALL d.p()"} {
		if _, err := c.ExecContext(t.Context(), statement); err != nil {
			t.Errorf("%s: %v", statement, err)
		}
	}
	if _, err := c.ExecContext(t.Context(), "SET max_execution_time = 0"); err != nil {
		t.Fatal(err)
	}
	var v int
	if err := c.QueryRowContext(t.Context(), "SELECT /*+ max_execution_time(0) */ SLEEP(0.3)").Scan(&v); err != nil {
		t.Errorf("without a limit: %v", err)
	}
	limited(c, "SELECT /*+ MAX_EXECUTION_TIME(100) */ forever(1)")
	limited(c, "select /*+ JOIN_ORDER(a) max_execution_time( 100 ) */ forever(1)")
	must(t, s.root, "SET GLOBAL max_execution_time = 100")
	c, _ = client(t, s.ways()[1].dsn) // sessions that begin now have it
	limited(c, "SELECT forever(1)")
	if err := c.QueryRowContext(t.Context(), "SELECT /*+ MAX_EXECUTION_TIME(30000) */ SLEEP(0.3)").Scan(&v); err != nil {
		t.Errorf("a longer time in the hint: %v", err)
	}
	must(t, s.root, "SET GLOBAL max_execution_time = 0")
}

// TestIdleClient: a client that sends no command for @@wait_timeout is told so and loses its connection.
func TestIdleClient(t *testing.T) {
	s := serveAll(t)
	var shown int
	if err := s.root.QueryRow("SELECT @@wait_timeout").Scan(&shown); err != nil || shown != 28800 {
		t.Errorf("wait_timeout is %d, %v", shown, err)
	}
	must(t, s.root, "SET GLOBAL interactive_timeout = 2")
	t.Run("ways", func(t *testing.T) {
		for _, w := range s.ways() {
			t.Run(w.name, func(t *testing.T) {
				t.Parallel()
				address := s.Addr().String()
				if w.network == "unix" {
					address = s.Socket()
				}
				dial := func(capabilities uint32) *raw {
					n, err := net.Dial(w.network, address)
					if err != nil {
						t.Fatal(err)
					}
					return rawLoginOver(t, n, w.name == "TLS", capabilities)
				}
				dismissed := func(c *raw) {
					t.Helper()
					p, err := c.read()
					if err != nil || p[0] != 0xff || binary.LittleEndian.Uint16(p[1:]) != 4031 || string(p[3:9]) != "#HY000" {
						t.Errorf("%s: an idle client is told %q, %v", w.name, p, err)
					}
					if _, err := c.read(); err == nil {
						t.Errorf("%s: the connection goes on", w.name)
					}
				}
				c := dial(0)
				if a := c.say(t, []byte("\x03SET wait_timeout = 1"), 0); a[0][0] != 0 {
					t.Fatalf("%q", a)
				}
				if a := c.say(t, []byte("\x03SELECT SLEEP(1.5)"), 0); len(a) != 5 { // a command that runs is not idle
					t.Errorf("%s: a command that takes longer: %q", w.name, a)
				}
				dismissed(c)

				// an open cursor does not hold it
				c = dial(0)
				c.say(t, []byte("\x03SET wait_timeout = 1"), 0)
				if a := prepare(t, c, "SELECT a.id FROM d.t a, d.t b", 0, 0); a[0][0] != 0 {
					t.Fatalf("%q", a)
				}
				execute := executePacket(1, 0, parameter{})
				execute[5] = 1 // CURSOR_TYPE_READ_ONLY
				if err := c.write(0, execute); err != nil {
					t.Fatal(err)
				}
				for range 3 { // how many columns, the column, the end
					if p, err := c.read(); err != nil || p[0] == 0xff {
						t.Fatalf("%q, %v", p, err)
					}
				}
				dismissed(c)

				// a person's client has the other limit
				c = dial(isInteractive)
				if a := c.say(t, []byte("\x03SELECT @@wait_timeout"), 0); a[3] != "\x012" {
					t.Errorf("%s: wait_timeout of an interactive client: %q", w.name, a)
				}
				dismissed(c)
			})
		}
	})
	waitFor(t, "the end of all connections but this", func() bool { return len(s.GMS().ProcessList.Processes()) == 1 })
}

// TestUnfinishedPacket: a client that stops in the middle of what it sends loses its connection after @@net_read_timeout, whatever @@wait_timeout says.
func TestUnfinishedPacket(t *testing.T) {
	s := serveAll(t)
	for name, begin := range map[string]func(*raw) error{
		"a command": func(c *raw) error { _, err := c.Write([]byte{100, 0, 0, 0, 3, 'S'}); return err },
		"a file": func(c *raw) error {
			p, err := c.command([]byte("\x03LOAD DATA LOCAL INFILE 'x' INTO TABLE d.t"))
			if err == nil && p[0] != 0xfb {
				err = fmt.Errorf("%q", p)
			}
			return err
		},
	} {
		must(t, s.root, "SET GLOBAL local_infile = 1")
		c := rawLoginAs(t, s.Engine, canLocalFiles)
		c.say(t, []byte("\x03SET net_read_timeout = 1"), 0)
		if err := begin(c); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for { // whatever is said of it, the connection ends
			if _, err := c.read(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Errorf("%s: %v", name, err)
				break
			}
		}
	}
}

// TestCursor: rows that are fetched a few at a time are the rows of the result.
func TestCursor(t *testing.T) {
	s := serveAll(t)
	c := rawLogin(t, s.Engine)
	if a := prepare(t, c, "SELECT id, REPEAT(id, 300) FROM d.t ORDER BY id", 0, 0); a[0][0] != 0 {
		t.Fatalf("%q", a)
	}
	execute := executePacket(1, 0, parameter{})
	execute[5] = 1
	if err := c.write(0, execute); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		if p, err := c.read(); err != nil || p[0] == 0xff {
			t.Fatalf("%q, %v", p, err)
		}
	}
	var got []int
	for end := false; !end; {
		if err := c.write(0, []byte{0x1c, 1, 0, 0, 0, 7, 0, 0, 0}); err != nil {
			t.Fatal(err)
		}
		for {
			p, err := c.read()
			if err != nil || p[0] == 0xff {
				t.Fatalf("%q, %v", p, err)
			}
			if p[0] == 0xfe {
				end = binary.LittleEndian.Uint16(p[3:])&128 != 0
				break
			}
			id := int(binary.LittleEndian.Uint32(p[2:]))
			if !strings.HasSuffix(string(p), strings.Repeat(fmt.Sprint(id), 300)) {
				t.Errorf("row %d is %.100q", id, p)
			}
			got = append(got, id)
		}
	}
	for i, id := range got {
		if id != i+1 {
			t.Fatalf("row %d is %d", i, id)
		}
	}
	if len(got) != 150 {
		t.Errorf("%d rows", len(got))
	}
}
