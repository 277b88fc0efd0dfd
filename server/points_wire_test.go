package server_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"net"
	"slices"
	"testing"

	"github.com/go-sql-driver/mysql"
)

// tapped is a connection of a test through the driver, whose network connection the test has too: so it can send what the driver cannot, and see each byte that comes back.
type tapped struct {
	*sql.Conn
	wire *tap
}

// tap keeps what has come in since it was last asked.
type tap struct {
	net.Conn
	read bytes.Buffer
}

func (c *tap) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.read.Write(p[:n])
	return n, err
}

func tapInto(t testing.TB, user, database string) *tapped {
	t.Helper()
	config := mysql.NewConfig()
	config.User, config.Net, config.Addr, config.DBName, config.CheckConnLiveness = user, "tcp", running.Addr().String(), database, false
	out := &tapped{}
	config.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		out.wire = &tap{Conn: c}
		return out.wire, err
	}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { db.Close() })
	if out.Conn, err = db.Conn(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close() })
	return out
}

// value is a parameter as the protocol has it: its type (with 0x8000 where it is unsigned), and its bytes; no bytes are NULL.
type value struct {
	name string
	kind uint16
	data []byte
}

// Types of the protocol.
const (
	typeDecimal   = 0
	typeTiny      = 1
	typeShort     = 2
	typeLong      = 3
	typeFloat     = 4
	typeDouble    = 5
	typeNull      = 6
	typeTimestamp = 7
	typeLongLong  = 8
	typeInt24     = 9
	typeDate      = 10
	typeTime      = 11
	typeDatetime  = 12
	typeYear      = 13
	typeBit       = 16
	typeJSON      = 245
	typeNewDec    = 246
	typeBlob      = 252
	typeVarString = 253
	typeString    = 254
	unsigned      = 0x8000
)

func integer(kind uint16, n int64) value {
	size := map[uint16]int{typeTiny: 1, typeShort: 2, typeYear: 2, typeLong: 4, typeInt24: 4, typeLongLong: 8}[kind&^unsigned]
	return value{fmt.Sprintf("%d of type %#x", n, kind), kind, binary.LittleEndian.AppendUint64(nil, uint64(n))[:size]}
}

func double(x float64) value {
	return value{fmt.Sprint(x), typeDouble, binary.LittleEndian.AppendUint64(nil, math.Float64bits(x))}
}

func single(x float32) value {
	return value{fmt.Sprintf("float %g", x), typeFloat, binary.LittleEndian.AppendUint32(nil, math.Float32bits(x))}
}

func words(kind uint16, s string) value {
	data := []byte{byte(len(s))}
	if len(s) > 250 {
		data = binary.LittleEndian.AppendUint16([]byte{0xfc}, uint16(len(s)))
	}
	return value{fmt.Sprintf("%.20q of type %d", s, kind), kind, append(data, s...)}
}

func instant(kind uint16, year, month, day, hour, minute, second, micro int) value {
	data := binary.LittleEndian.AppendUint16([]byte{4}, uint16(year))
	data = append(data, byte(month), byte(day))
	if kind != typeDate {
		data = append(data, byte(hour), byte(minute), byte(second))
		data[0] = 7
		if micro != 0 {
			data = binary.LittleEndian.AppendUint32(data, uint32(micro))
			data[0] = 11
		}
	}
	return value{fmt.Sprintf("%04d-%02d-%02d %02d:%02d:%02d.%06d of type %d", year, month, day, hour, minute, second, micro, kind), kind, data}
}

var null = value{"NULL", typeNull, nil}

// number is the number of the statement that was prepared last, out of the answer to its preparation.
func (c *tapped) prepare(t testing.TB, text string) (statement uint32, p *sql.Stmt, err error) {
	t.Helper()
	c.wire.read.Reset()
	if p, err = c.PrepareContext(context.Background(), text); err != nil {
		return 0, nil, err
	}
	t.Cleanup(func() { p.Close() })
	return binary.LittleEndian.Uint32(c.wire.read.Bytes()[5:9]), p, nil
}

// execute sends an execution and returns the whole answer, byte for byte.
func (c *tapped) execute(t testing.TB, statement uint32, values []value) []byte {
	t.Helper()
	c.send(t, statement, 0, values)
	return c.answer(t)
}

func (c *tapped) send(t testing.TB, statement uint32, cursor byte, values []value) {
	t.Helper()
	body := binary.LittleEndian.AppendUint32([]byte{0x17}, statement)
	body = append(body, cursor, 1, 0, 0, 0)
	if len(values) > 0 {
		nulls := make([]byte, (len(values)+7)/8)
		var types, data []byte
		for i, v := range values {
			if v.data == nil {
				nulls[i/8] |= 1 << (i % 8)
			}
			types = binary.LittleEndian.AppendUint16(types, v.kind)
			data = append(data, v.data...)
		}
		body = slices.Concat(body, nulls, []byte{1}, types, data)
	}
	c.wire.read.Reset()
	packet := append([]byte{byte(len(body)), byte(len(body) >> 8), byte(len(body) >> 16), 0}, body...)
	if _, err := c.wire.Write(packet); err != nil {
		t.Fatal(err)
	}
}

// answer reads the packets of one result: an error, an OK, or columns and rows with an EOF packet after each.
func (c *tapped) answer(t testing.TB) []byte { return c.packets(t, 2) }

// columns reads the columns of a result that has a cursor.
func (c *tapped) columns(t testing.TB) []byte { return c.packets(t, 1) }

// fetched reads the rows that were fetched from a cursor.
func (c *tapped) fetched(t testing.TB) (all []byte) {
	t.Helper()
	for {
		packet := c.packet(t)
		all = append(all, packet...)
		if packet[4] >= 0xfe {
			return all
		}
	}
}

// packets reads packets until one is an error or the only one, or so many are an EOF.
func (c *tapped) packets(t testing.TB, ends int) (all []byte) {
	t.Helper()
	for ends > 0 {
		packet := c.packet(t)
		all = append(all, packet...)
		switch first := packet[4]; {
		case packet[3] == 1 && first == 0, first == 0xff:
			return all
		case first == 0xfe && len(packet) < 13:
			ends--
		}
	}
	return all
}

// packet reads one packet with its head.
func (c *tapped) packet(t testing.TB) []byte {
	t.Helper()
	head := make([]byte, 4)
	if _, err := io.ReadFull(c.wire, head); err != nil {
		t.Fatal(err)
	}
	body := make([]byte, int(head[0])|int(head[1])<<8|int(head[2])<<16)
	if _, err := io.ReadFull(c.wire, body); err != nil {
		t.Fatal(err)
	}
	return append(head, body...)
}
