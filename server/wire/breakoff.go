package wire

import (
	"bufio"
	"encoding/binary"
	"io"
	"reflect"

	"github.com/dolthub/vitess/go/mysql"
	"github.com/dolthub/vitess/go/sqltypes"
)

// answer is what a command sends to its client, and how it ends when it fails half-way: MySQL's protocol has an error packet in the place of the next row for that. The protocol
// library knows none there; it would close the connection, and the client would never learn why.
type answer struct {
	c    *mysql.Conn
	send mysql.ResultSpoolFn
	rows bool // columns, and perhaps rows, have been sent
	keep bool // the library deals with an error among rows: with a cursor another goroutine writes
}

// pass sends a result.
func (a *answer) pass(r *sqltypes.Result, more bool) error {
	a.rows = a.rows || len(r.Fields) > 0
	return a.send(r, more)
}

// end takes the error of the command and returns what the library is told: nil when the client has been told.
func (a *answer) end(err error) error {
	if err == nil || !a.rows || a.keep || breakOff(a.c, err) != nil {
		return err
	}
	return nil
}

// breakOff sends an error in the place of the next row, and sees to it that the packet with which the library ends the result goes nowhere. It fails when the connection does.
func breakOff(c *mysql.Conn, err error) error {
	w, sequence := libraryWriter(c)
	if w == nil {
		return err
	}
	e, ok := err.(*mysql.SQLError)
	if !ok {
		e = mapError(err, "").(*mysql.SQLError)
	}
	if _, err := w.Write(errorPacket(e, sequence)); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	w.Reset(io.Discard)
	return nil
}

// libraryWriter is the writer through which the library writes the answer to a command, and the number of the next packet. As libraryReader it finds them by name; nil when there
// is none now, or when a newer library has none.
func libraryWriter(c *mysql.Conn) (w *bufio.Writer, sequence byte) {
	v := reflect.ValueOf(c).Elem()
	f, n := v.FieldByName("bufferedWriter"), v.FieldByName("sequence")
	if !f.IsValid() || f.Type() != reflect.TypeFor[*bufio.Writer]() || f.IsNil() || !n.IsValid() || n.Kind() != reflect.Uint8 {
		return nil, 0
	}
	return (*bufio.Writer)(f.UnsafePointer()), byte(n.Uint())
}

// errorPacket is an error as the protocol has it.
func errorPacket(e *mysql.SQLError, sequence byte) []byte {
	state := e.State
	if len(state) != 5 {
		state = mysql.SSUnknownSQLState
	}
	body := binary.LittleEndian.AppendUint16([]byte{mysql.ErrPacket}, uint16(e.Num))
	body = append(body, '#')
	body = append(body, state...)
	body = append(body, e.Message...)
	return append([]byte{byte(len(body)), byte(len(body) >> 8), byte(len(body) >> 16), sequence}, body...)
}
