package wire_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"sync/atomic"
	"testing"

	"aibms/server/engine"
	"aibms/server/wire"
)

// What a client says that it can do.
const (
	canLocalFiles      = 1 << 7
	isInteractive      = 1 << 10
	canMultiStatements = 1 << 16
	canMultiResults    = 1 << 17
	canDeprecateEOF    = 1 << 24
)

// script is what TestStockHandlerAgrees sends, a command a line, as text. It begins in an empty database d.
var script = []string{
	// types of every kind, and NULL
	`CREATE TABLE kinds (id INT PRIMARY KEY AUTO_INCREMENT, b1 BOOL, i1 TINYINT, i2 SMALLINT, i3 MEDIUMINT, i4 INT NOT NULL, i8 BIGINT, u1 TINYINT UNSIGNED, u2 SMALLINT UNSIGNED,
		u3 MEDIUMINT UNSIGNED, u4 INT UNSIGNED, u8 BIGINT UNSIGNED, f FLOAT, d DOUBLE, n DECIMAL(20,5), bits BIT(12), c CHAR(5), v VARCHAR(50) COLLATE utf8mb4_bin, bin BINARY(4),
		vb VARBINARY(20), tt TINYTEXT, t TEXT, mt MEDIUMTEXT, lt LONGTEXT, tb TINYBLOB, bl BLOB, mb MEDIUMBLOB, lb LONGBLOB, e ENUM('one','two'), s SET('x','y','z'), j JSON,
		da DATE, ti TIME(6), dt DATETIME, dt6 DATETIME(6), ts TIMESTAMP, y YEAR, g GEOMETRY, l1 CHAR(3) CHARACTER SET latin1)`,
	`INSERT INTO kinds VALUES (1, true, -128, -32768, -8388608, -2147483648, -9223372036854775808, 255, 65535, 16777215, 4294967295, 18446744073709551615, 1.5, -2.25e300,
		123456789012345.12345, b'101010101010', 'abc', 'Zoë', 'ab', x'00ff10', 'tiny', 'text', 'medium', 'long', 'tb', x'0001', x'feff', '', 'two', 'x,z', '{"a": [1, null, "é"]}',
		'2024-02-29', '-12:34:56.000001', '1999-12-31 23:59:59', '2001-02-03 04:05:06.789012', '2020-01-01 00:00:00', 2024, POINT(1,2), 'é')`,
	`INSERT INTO kinds (i4) VALUES (0)`,
	`INSERT INTO kinds (i4, v, ti, n, f, d) VALUES (7, '', '00:00:00', 0, 0, 0), (8, 'long enough to be longer than others', '838:59:59', -0.00001, 1e-30, 0.1)`,
	`SELECT * FROM kinds ORDER BY id`,
	`SELECT * FROM kinds WHERE id = 1`,
	`SELECT b1, u8, n, e, s, j, ti, dt6, y FROM kinds ORDER BY id DESC`,
	`SELECT id + 1 AS more, CONCAT(v, '!') AS text, d * 2, NULL, 'constant', x'41', 1.50, TRUE, CAST(1 AS JSON), NOW() > '2000-01-01' FROM kinds`,
	`SELECT k.v, q.v FROM kinds k LEFT JOIN kinds q ON q.id = k.id + 1 ORDER BY k.id`,
	`SELECT COUNT(*), SUM(i4), AVG(d), MIN(v), MAX(dt), GROUP_CONCAT(id) FROM kinds`,
	`SELECT i4 > 0 AS positive, COUNT(*) FROM kinds GROUP BY positive ORDER BY positive`,
	`SELECT 1`, `SELECT 1 AS a, 1 AS a`, `SELECT NULL`, `SELECT ''`, `SELECT 'é', _latin1 'x', x'e9'`, `(SELECT 1) UNION ALL (SELECT 2) UNION SELECT 'x'`, `VALUES ROW(1,'a'), ROW(2,NULL)`, `TABLE kinds`,
	`WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT i, REPEAT('x', i) FROM n`, // more than a batch
	`WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 256) SELECT i FROM n`,                 // a batch to the row
	`WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 128) SELECT i FROM n`,
	`SELECT REPEAT('long', 20000), REPEAT('x', 250), REPEAT('x', 251), REPEAT('x', 65535), REPEAT('x', 65536)`,
	`SELECT LENGTH(REPEAT('x', 17000000))`, `SELECT REPEAT('y', 17000000)`, `SELECT REPEAT('z', 16777210)`,
	// none
	`SELECT * FROM kinds WHERE FALSE`, `SELECT * FROM kinds WHERE id = 99`, `SELECT id FROM kinds LIMIT 0`, `SELECT v FROM kinds WHERE v = 'nothing' ORDER BY id LIMIT 1`,
	// errors, while planning and while running
	`SELEC 1`, `SELECT nothing FROM kinds`, `SELECT * FROM nothing`, `SELECT nothing(1)`, `INSERT INTO kinds (id, i4) VALUES (1, 1)`, `INSERT INTO kinds (i4) VALUES (NULL)`, `INSERT INTO kinds (id, i4) VALUES (50, 1), (1, 1)`,
	`SELECT COUNT(*) FROM kinds`, `SELECT (SELECT id FROM kinds)`, `SELECT JSON_EXTRACT('{', '$')`, `CREATE TABLE kinds (i INT)`, `DROP TABLE nothing`, `USE nothing`, `SET nothing = 1`, `SET @@max_connections = 'x'`, ``, `;`, `-- nothing`,
	`KILL 999999`, `CALL nothing()`, `EXECUTE nothing`, `SELECT 1 INTO @a`, `SELECT @a`, `SELECT 1 FROM kinds WHERE id = (SELECT id FROM kinds)`, `INSERT INTO kinds (i4, u1) VALUES (1, 300)`, `SELECT CAST('x' AS SIGNED) / 0`,
	// what answers OK
	`CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, x INT, UNIQUE KEY (x))`, `INSERT INTO t (x) VALUES (1), (2), (3)`, `INSERT INTO t (x) VALUES (4)`, `INSERT IGNORE INTO t (x) VALUES (4), (5)`, `SHOW WARNINGS`, `SELECT @@warning_count`,
	`INSERT INTO t (x) VALUES (5) ON DUPLICATE KEY UPDATE x = 6`, `REPLACE INTO t (x) VALUES (6), (7)`, `UPDATE t SET x = x + 100 WHERE id < 3`, `UPDATE t SET x = x`, `DELETE FROM t WHERE id = 1`, `DELETE FROM t WHERE id = 1`,
	`SELECT LAST_INSERT_ID(), ROW_COUNT(), FOUND_ROWS()`, `SELECT * FROM t ORDER BY id`, `ALTER TABLE t ADD COLUMN y INT DEFAULT 5`, `CREATE INDEX y ON t (y)`, `ANALYZE TABLE t`, `TRUNCATE t`, `SET @x = 5, @y = 'a'`, `SELECT @x, @y`, `DO 1`,
	`SET NAMES latin1`, `SELECT 'é', v FROM kinds ORDER BY id`, `SET NAMES utf8mb4`, `SET SESSION sql_mode = ''`, `INSERT INTO kinds (i4, i1) VALUES ('12x', 1)`, `SHOW WARNINGS`, `SELECT 1/0`, `SHOW COUNT(*) WARNINGS`, `SET SESSION sql_mode = DEFAULT`,
	// transactions
	`BEGIN`, `INSERT INTO t (x) VALUES (1)`, `SELECT COUNT(*) FROM t`, `SAVEPOINT s`, `INSERT INTO t (x) VALUES (1)`, `ROLLBACK TO s`, `ROLLBACK`, `SELECT COUNT(*) FROM t`, `SET autocommit = 0`, `INSERT INTO t (x) VALUES (1)`, `SELECT x FROM t`,
	`COMMIT`, `SET autocommit = 1`, `START TRANSACTION READ ONLY`, `SELECT x FROM t`, `INSERT INTO t (x) VALUES (9)`, `COMMIT`,
	// procedures, triggers, prepared statements of SQL
	`CREATE PROCEDURE p(IN a INT, OUT b INT) BEGIN SET b = a * 2; SELECT a, b; END`, `CALL p(3, @b)`, `SELECT @b`, `CREATE PROCEDURE q() INSERT INTO t (x) VALUES (77)`, `CALL q()`, `CALL q()`,
	`CREATE PROCEDURE r() BEGIN IF FALSE THEN SELECT 1; END IF; END`, `CALL r()`, `CREATE PROCEDURE two() BEGIN SELECT 1; SELECT 'second', id FROM kinds ORDER BY id; END`, `CALL two()`,
	`CREATE PROCEDURE bad() SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'`, `CALL bad()`, `CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.y = 9`, `INSERT INTO t (x) VALUES (31), (32)`, `SELECT x, y FROM t ORDER BY x`,
	`PREPARE st FROM 'SELECT ? + id FROM kinds ORDER BY id'`, `SET @v = 10`, `EXECUTE st USING @v`, `DEALLOCATE PREPARE st`, `EXECUTE st USING @v`,
	// what the server says of itself
	`SHOW TABLES`, `SHOW CREATE TABLE kinds`, `SHOW COLUMNS FROM t`, `DESCRIBE t`, `EXPLAIN SELECT * FROM t WHERE id = 1`, `SHOW VARIABLES LIKE 'max_allowed_packet'`, `SHOW DATABASES`, `SHOW INDEX FROM t`, `SHOW GRANTS`, `SHOW COLLATION LIKE 'utf8mb4_bin'`,
	`SHOW ENGINES`, `SHOW PLUGINS`, `SHOW TRIGGERS LIKE 'nothing'`, `SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'd' ORDER BY 1, 2`, `SELECT user, host FROM mysql.user ORDER BY 1, 2`, `SELECT DATABASE(), CURRENT_USER()`,
	`CREATE VIEW w AS SELECT id, v FROM kinds`, `SELECT * FROM w ORDER BY id`, `CALL dolt_add('-A')`, `SELECT message FROM dolt_log ORDER BY message`, `SELECT table_name FROM dolt_diff ORDER BY 1`, `SELECT COUNT(*) FROM dolt_diff_t`,
	// more than one statement
	`SELECT 1; SELECT 2`, `SELECT 1; SELEC 2`, `SELECT 1;`, `SELECT 1;;`, `SET @m = 1; SELECT @m; INSERT INTO t (x) VALUES (900); UPDATE t SET x = 901 WHERE x = 900; SELECT * FROM nothing; SELECT 3`, `SELECT id FROM kinds ORDER BY id; SELECT 2; DO 1`,
	`SELECT 'a;b'; SELECT "c;d" -- e; f`,
	// a file of the client's
	`LOAD DATA LOCAL INFILE 'rows' INTO TABLE t FIELDS TERMINATED BY ',' (x, y)`, `SELECT x, y FROM t WHERE x > 1000 ORDER BY x`, `LOAD DATA LOCAL INFILE 'rows' INTO TABLE t FIELDS TERMINATED BY ',' (x, y)`, `SHOW WARNINGS`,
}

// file is what the client answers when it is asked for a file.
const file = "1001,1\n1002,2\n1003,x\n"

// parameter is a value of a prepared statement: its type and bytes as the protocol has them.
type parameter struct {
	kind  uint16
	bytes []byte // nil: NULL
}

// Types of parameters.
const (
	tinyType, shortType, longType, floatType, doubleType, nullType, bigType, dateType, timeType, datetimeType = 1, 2, 3, 4, 5, 6, 8, 10, 11, 12
	textType, blobType, decimalType, unsigned                                                                 = 253, 252, 246, 0x8000
)

func coded(s string) []byte { return append([]byte{byte(len(s))}, s...) }

func little(n int, v uint64) []byte { return binary.LittleEndian.AppendUint64(nil, v)[:n] }

// parameters is one of every type.
var parameters = []parameter{
	{nullType, nil}, {tinyType, little(1, 0xff)}, {tinyType | unsigned, little(1, 0xff)}, {shortType, little(2, 0x8000)}, {shortType | unsigned, little(2, 0xffff)}, {longType, little(4, 1<<31)},
	{longType | unsigned, little(4, math.MaxUint32)}, {bigType, little(8, 1<<63)}, {bigType | unsigned, little(8, math.MaxUint64)}, {floatType, little(4, uint64(math.Float32bits(1.5)))},
	{doubleType, little(8, math.Float64bits(-0.1))}, {textType, coded("Zoë; -- '?")}, {textType, []byte{0}}, {blobType, coded("\x00\xff")}, {decimalType, coded("-12.50")},
	{dateType, []byte{4, 0xe8, 7, 2, 29}}, {datetimeType, []byte{7, 0xe8, 7, 2, 29, 1, 2, 3}}, {datetimeType, []byte{11, 0xe8, 7, 2, 29, 1, 2, 3, 1, 0, 0, 0}}, {timeType, []byte{8, 1, 1, 0, 0, 0, 2, 3, 4}},
}

// prepared are the statements that TestStockHandlerAgrees prepares, with how many values they take: each is executed with every parameter for all of them.
var prepared = []struct {
	text   string
	values int
}{
	{"SELECT ?", 1}, {"SELECT ?, ? AS b, id FROM kinds ORDER BY id", 2}, {"SELECT * FROM kinds WHERE id = 1 OR v = ?", 1}, {"SELECT id, v FROM kinds WHERE id < ? ORDER BY id", 1}, {"SELECT * FROM kinds", 0}, {"SELECT 1 WHERE FALSE", 0},
	{"INSERT INTO sink (v) VALUES (?)", 1}, {"UPDATE sink SET v = ? WHERE id = 1", 1}, {"DELETE FROM sink WHERE v = ?", 1}, {"SELECT COUNT(*) FROM sink WHERE v <=> ?", 1}, {"CALL p(?, @b)", 1}, {"CALL two()", 0}, {"SHOW TABLES", 0},
	{"SELECT REPEAT(?, 300), REPEAT('x', 17000000)", 1}, {"SET @s = ?", 1}, {"INSERT INTO sink SELECT NULL, ? FROM kinds", 1}, {"SELECT i4, ? FROM kinds k JOIN (SELECT 1 AS one UNION ALL SELECT 2) q ORDER BY 1", 1},
	{"WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 600) SELECT i, ? FROM n", 1}, {"SELECT (SELECT id FROM kinds), ?", 1}, {"BEGIN", 0}, {"COMMIT", 0}, {"DO ?", 1},
}

// say sends a command and returns all packets of its answer. Where columns come is a state of its own: the end of the columns looks as the end of the rows does.
func (c *raw) say(t *testing.T, payload []byte, capabilities uint32) (answer []string) {
	t.Helper()
	if err := c.write(0, payload); err != nil {
		t.Fatal(err)
	}
	get := func() []byte {
		var whole []byte
		for {
			p, err := c.read()
			if err != nil {
				t.Fatalf("%.100q: %v after %d packets", payload, err, len(answer))
			}
			whole = append(whole, p...)
			if len(p) < 1<<24-1 {
				break
			}
		}
		answer = append(answer, string(whole))
		return whole
	}
	isEnd := func(p []byte) bool { return p[0] == 0xfe && len(p) < 9 }
	for {
		p := get()
		var status uint16
		switch {
		case p[0] == 0xff:
			return answer
		case p[0] == 0xfb: // the file that it asks for
			if err := c.write(2, []byte(file)); err != nil {
				t.Fatal(err)
			}
			if err := c.write(3, nil); err != nil {
				t.Fatal(err)
			}
			continue
		case p[0] == 0: // affected rows and the last id are small here
			i := 1
			for range 2 {
				i += map[byte]int{0xfc: 3, 0xfd: 4, 0xfe: 9}[p[i]]
				if p[i] < 0xfb {
					i++
				}
			}
			status = binary.LittleEndian.Uint16(p[i:])
		default:
			for range int(p[0]) {
				get()
			}
			if capabilities&canDeprecateEOF == 0 {
				if p := get(); !isEnd(p) {
					t.Fatalf("%.100q: %q in place of the end of the columns", payload, p)
				}
			}
			for {
				p = get()
				if p[0] == 0xff {
					return answer
				}
				if isEnd(p) {
					break
				}
			}
			status = binary.LittleEndian.Uint16(p[3:])
		}
		if status&8 == 0 { // no further results
			return answer
		}
	}
}

// transcript is what a server answers to all of script and prepared, in one connection to a new database.
func transcript(t *testing.T, e *engine.Engine, capabilities uint32) (commands []string, answers [][]string) {
	t.Helper()
	for _, s := range []string{"SET GLOBAL local_infile = 1", "SET GLOBAL max_allowed_packet = 67108864"} {
		must(t, connect(t, e, "root", ""), s)
	}
	c := rawLoginAs(t, e, capabilities)
	defer c.Close()
	text := func(s string) []string { return c.say(t, append([]byte{3}, s...), capabilities) }
	for _, s := range []string{"DROP DATABASE IF EXISTS d", "CREATE DATABASE d", "USE d", "SET time_zone = '+00:00'"} {
		if a := text(s); a[0][0] != 0 {
			t.Fatalf("%s: %q", s, a)
		}
	}
	note := func(command string, answer []string) {
		commands, answers = append(commands, command), append(answers, answer)
	}
	for _, s := range script {
		note(s, text(s))
	}
	text("CREATE TABLE sink (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(100))")
	id := uint32(0)
	for _, p := range prepared {
		a := prepare(t, c, p.text, p.values, capabilities)
		note("prepare "+p.text, a)
		id++
		if a[0][0] != 0 {
			continue
		}
		tries := parameters
		if p.values == 0 {
			tries = parameters[:1]
		}
		for i, v := range tries {
			note(fmt.Sprintf("%s with %d", p.text, i), c.say(t, executePacket(id, p.values, v), capabilities))
		}
	}
	note("sink", text("SELECT * FROM sink ORDER BY id"))
	return commands, answers
}

// prepare sends COM_STMT_PREPARE and returns the answer.
func prepare(t *testing.T, c *raw, text string, values int, capabilities uint32) (answer []string) {
	t.Helper()
	get := func() string {
		p, err := c.read()
		if err != nil {
			t.Fatalf("prepare %s: %v", text, err)
		}
		answer = append(answer, string(p))
		return string(p)
	}
	if err := c.write(0, append([]byte{0x16}, text...)); err != nil {
		t.Fatal(err)
	}
	p := get()
	if p[0] != 0 {
		return answer
	}
	columns := int(p[5]) | int(p[6])<<8
	for _, n := range []int{values, columns} {
		for range n {
			get()
		}
		if n > 0 && capabilities&canDeprecateEOF == 0 {
			get()
		}
	}
	return answer
}

// executePacket is COM_STMT_EXECUTE with the same value for all parameters.
func executePacket(id uint32, values int, v parameter) []byte {
	p := binary.LittleEndian.AppendUint32([]byte{0x17}, id)
	p = append(p, 0, 1, 0, 0, 0)
	if values == 0 {
		return p
	}
	nulls := make([]byte, (values+7)/8)
	if v.bytes == nil {
		for i := range values {
			nulls[i/8] |= 1 << (i % 8)
		}
	}
	p = append(append(p, nulls...), 1)
	for range values {
		p = binary.LittleEndian.AppendUint16(p, v.kind)
	}
	for range values {
		p = append(p, v.bytes...)
	}
	return p
}

// TestStockHandlerAgrees: our execution of statements sends what the engine's own sends, byte for byte: columns, rows, errors, counts of rows and warnings, flags, texts.
func TestStockHandlerAgrees(t *testing.T) {
	var stock atomic.Bool
	e := serve(t, wire.Options{Stock: stock.Load}, engine.Seams{})
	for _, capabilities := range []uint32{0, canMultiStatements | canMultiResults | canLocalFiles, canMultiStatements | canMultiResults | canDeprecateEOF | canLocalFiles} {
		stock.Store(true)
		_, want := transcript(t, e, capabilities)
		stock.Store(false)
		commands, got := transcript(t, e, capabilities)
		failed := 0
		for i, command := range commands {
			if strings.Join(got[i], "\x00") == strings.Join(want[i], "\x00") {
				continue
			}
			at := 0
			for at < min(len(got[i]), len(want[i])) && got[i][at] == want[i][at] {
				at++
			}
			t.Errorf("capabilities %x: %.200s: of %d packets, %d wanted, from number %d\n got %.500q\nwant %.500q", capabilities, command, len(got[i]), len(want[i]), at, got[i][at:], want[i][at:])
			if failed++; failed == 10 {
				t.FailNow()
			}
		}
	}
}
