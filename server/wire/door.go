package wire

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"reflect"
	"sync/atomic"

	"github.com/dolthub/vitess/go/mysql"

	"aibms/server/complexity"
)

// The protocol library reads what a client sends into memory without any limit, before login too, and parses what a client prepares before the handler sees it. Between
// the network and the library's reader stand therefore a door, which lets only so much in before login, and after login a filter, which looks at each packet.

// maxLogin is how many bytes a client may send before it has logged in: the TLS handshake with a client's certificates, the login itself. maxLoginPacket is how long one packet of
// them may say that it is, in clear text: the library makes room for it before it has read it. Under TLS the packets cannot be seen; what can is whether the library waits for
// more of one, see door.record.
const (
	maxLogin       = 256 << 10
	maxLoginPacket = 64 << 10
)

// door is a connection that lets maxLogin bytes in until it is opened.
type door struct {
	net.Conn
	link *link // the same
	left atomic.Int64
	open atomic.Bool

	// What has been read, packets in clear text or records of TLS. All below is of the connection's own goroutine.
	secure  bool   // what follows is TLS
	packets int    // whose heads have been read
	head    []byte // of the next packet or record, as far as it has been read
	body    int    // bytes of the current packet or record that are still to come
	asked   []byte // the first bytes of the first packet: the client's capabilities, with which it asks for TLS

	waits, goesOn func() // called when the library may have made room for a packet under TLS and waits for it, and when it waits no more
	records       int    // of TLS that may hold packets, since something was written
	written       int    // writes under TLS
	finished      bool   // the client has ended the handshake of TLS 1.3
	waiting       bool   // waits was called last
}

func newDoor(c net.Conn, waits, goesOn func()) *door {
	l := &link{Conn: c}
	d := &door{Conn: l, link: l, waits: waits, goesOn: goesOn}
	d.left.Store(maxLogin)
	return d
}

var (
	errTooMuch = errors.New("the client sent too much before it had logged in")
	errTooLong = errors.New("the client announced too long a packet before it had logged in")
)

// Read implements net.Conn.
func (d *door) Read(p []byte) (int, error) {
	if d.open.Load() {
		return d.Conn.Read(p)
	}
	left := d.left.Load()
	if left <= 0 {
		return 0, errTooMuch
	}
	if int64(len(p)) > left {
		p = p[:left]
	}
	n := d.body // no more than to the end of a head or body
	if n == 0 {
		n = d.headLength() - len(d.head)
	}
	if len(p) > n {
		p = p[:n]
	}
	if d.secure && d.body == 0 && d.records > 0 && !d.waiting {
		d.waiting = true
		d.waits()
	}
	n, err := d.Conn.Read(p)
	d.left.Add(-int64(n))
	if n > 0 {
		if long := d.follow(p[:n]); long != nil {
			return 0, long
		}
	}
	return n, err
}

// Write implements net.Conn. The library writes when it has read a packet whole.
func (d *door) Write(p []byte) (int, error) {
	if !d.open.Load() && d.secure {
		d.written++
		d.records = 0
		if d.waiting {
			d.waiting = false
			d.goesOn()
		}
	}
	return d.Conn.Write(p)
}

func (d *door) headLength() int {
	if d.secure {
		return 5
	}
	return 4
}

// follow keeps track of packets and records. p ends with a head or body, or before.
func (d *door) follow(p []byte) error {
	if d.body == 0 {
		if d.head = append(d.head, p...); len(d.head) < d.headLength() {
			return nil
		}
		if d.secure {
			d.record()
			return nil
		}
		d.body = int(d.head[0]) | int(d.head[1])<<8 | int(d.head[2])<<16
		d.head = d.head[:0]
		d.packets++
		if d.body > maxLoginPacket {
			return errTooLong
		}
		return nil
	}
	if d.packets == 1 && len(d.asked) < 4 {
		d.asked = append(d.asked, p[:min(len(p), 4-len(d.asked))]...)
	}
	if d.body -= len(p); d.body == 0 && d.packets == 1 && len(d.asked) == 4 {
		d.secure = binary.LittleEndian.Uint32(d.asked)&mysql.CapabilityClientSSL != 0
	}
	return nil
}

// record notes the head of a record of TLS. A client's login fits into one, so when the library reads a second one before it has written anything it has perhaps been told of a long packet, and
// has made room for it; few clients at a time may leave it in that.
func (d *door) record() {
	const applicationData = 23
	switch {
	case d.head[0] != applicationData:
	case d.written == 1 && !d.finished:
		d.finished = true // TLS 1.3 disguises the end of the handshake, which answers the server's only part of it
	default:
		d.records++
	}
	d.body = int(d.head[3])<<8 | int(d.head[4])
	d.head = d.head[:0]
}

// interactive tells whether the client says that a person sits at it.
func (d *door) interactive() bool {
	const clientInteractive = 1 << 10
	return len(d.asked) == 4 && binary.LittleEndian.Uint32(d.asked)&clientInteractive != 0
}

// libraryReader is the reader through which the library reads a connection. It has no door to the outside: the field is found by its name, and what is done with it
// is done by its own methods. nil when a newer library has none.
func libraryReader(c *mysql.Conn) *bufio.Reader {
	f := reflect.ValueOf(c).Elem().FieldByName("bufferedReader")
	if !f.IsValid() || f.Type() != reflect.TypeFor[*bufio.Reader]() || f.IsNil() {
		return nil
	}
	return (*bufio.Reader)(f.UnsafePointer())
}

// enter puts a door before a new connection; for waits and goesOn see door.
func enter(c *mysql.Conn, waits, goesOn func()) *door {
	d := newDoor(c.Conn, waits, goesOn)
	c.Conn = d
	if r := libraryReader(c); r != nil {
		r.Reset(d)
	}
	return d
}

// admit opens the door to a client that has logged in and puts the filter behind it, which calls between whenever it waits for a command.
func (d *door) admit(c *mysql.Conn, between func()) error {
	r := libraryReader(c)
	if r == nil || r.Buffered() != 0 {
		return mysql.NewSQLError(mysql.ERUnknownError, "HY000", "the connection cannot be guarded")
	}
	d.open.Store(true)
	if c.Conn == net.Conn(d) {
		c.Conn = d.Conn
	}
	r.Reset(newFilter(c.Conn, d.link, maxPacket(), between))
	return nil
}

// maxPacket is @@max_allowed_packet.
func maxPacket() int { return max(1, globalInt("max_allowed_packet", 16<<20)) }

// Commands that the filter knows, and the length of a packet that is continued by the next.
const (
	commandPrepare  = 0x16
	commandExecute  = 0x17
	commandLongData = 0x18
	commandNone     = 0xff // the data of a file, as LOAD DATA LOCAL asks for it
	fullPacket      = 1<<24 - 1
)

// filter passes a client's packets on to the library and stops those that are larger than the limit, alone or as the sum of long data, and statements to prepare that nest too
// deep.
type filter struct {
	from *bufio.Reader
	to   io.Writer // to the client
	link *link     // below from and to
	max  int
	// between is called before the head of a packet is read, by the goroutine that reads: then all packets before have been dealt with.
	between func()

	left    int    // bytes of the current packet that are still to be passed on
	held    []byte // packets that were read whole and are to be passed on
	command byte   // of the current packet
	joined  bool   // the next packet continues the current one
	total   int    // bytes of the current packet with those that it continues
	long    int    // bytes of long data since the last other command
	err     error  // what ended reading: the client and the library are not in step any more
}

func newFilter(c net.Conn, l *link, limit int, between func()) *filter {
	return &filter{from: bufio.NewReader(c), to: c, link: l, max: limit, between: between}
}

// Read implements io.Reader.
func (f *filter) Read(p []byte) (int, error) {
	for f.err == nil && f.left == 0 && len(f.held) == 0 {
		f.err = f.next()
	}
	if f.err != nil {
		return 0, f.err
	}
	if len(f.held) > 0 {
		n := copy(p, f.held)
		f.held = f.held[n:]
		return n, nil
	}
	if len(p) > f.left {
		p = p[:f.left]
	}
	n, err := f.from.Read(p)
	f.left -= n
	f.err = err
	return n, err
}

// next looks at the head of the next packet and decides what becomes of it.
func (f *filter) next() error {
	f.between()
	f.link.waiting.Store(!f.joined)
	n, sequence, err := f.head()
	if errors.Is(err, os.ErrDeadlineExceeded) && f.link.idle() {
		return f.dismiss()
	}
	if err != nil {
		return err
	}
	f.link.waiting.Store(false)
	if !f.joined {
		f.total = 0
		f.command = commandNone
		if sequence == 0 && n > 0 {
			head, err := f.from.Peek(5)
			if err != nil {
				return err
			}
			f.command = head[4]
		}
		if f.command != commandLongData {
			f.long = 0
		}
	}
	if err := f.count(n, sequence); err != nil {
		return err
	}
	if f.command == commandPrepare && !f.joined {
		return f.prepare(n, sequence)
	}
	if f.command == commandExecute && !f.joined && n >= 6 {
		head, err := f.from.Peek(4 + 6) // behind the command and the statement's number is which cursor is wanted
		if err != nil {
			return err
		}
		f.link.cursor.Store(head[9] != mysql.NoCursor && head[9] != mysql.ParameterCountAvailable)
	}
	f.joined = n == fullPacket
	f.left = 4 + n
	return nil
}

// head is the length and sequence number of the packet that is next.
func (f *filter) head() (n int, sequence byte, err error) {
	head, err := f.from.Peek(4)
	if err != nil {
		return 0, 0, err
	}
	return int(head[0]) | int(head[1])<<8 | int(head[2])<<16, head[3], nil
}

// count adds a packet to the sums and ends the connection when they exceed the limit.
func (f *filter) count(n int, sequence byte) error {
	f.total += n
	if f.command == commandLongData {
		f.long += n
	}
	if f.total <= f.max && f.long <= f.max {
		return nil
	}
	e := mysql.NewSQLError(mysql.ERNetPacketTooLarge, "08S01", "got a packet bigger than 'max_allowed_packet' bytes (%d); send less at a time or SET GLOBAL max_allowed_packet", f.max)
	if err := f.refuse(e, sequence); err != nil {
		return err
	}
	return io.EOF
}

// prepare reads a statement to prepare whole and passes it on, or answers in the library's place when it nests too deep.
func (f *filter) prepare(n int, sequence byte) error {
	var packets, text []byte
	for {
		at := len(packets)
		packets = append(packets, make([]byte, 4+n)...)
		if _, err := io.ReadFull(f.from, packets[at:]); err != nil {
			return err
		}
		text = append(text, packets[at+4:]...)
		if n < fullPacket {
			break
		}
		var err error
		if n, sequence, err = f.head(); err != nil {
			return err
		}
		if err := f.count(n, sequence); err != nil {
			return err
		}
	}
	if err := complexity.Check(string(text[1:])); err != nil {
		return f.refuse(mysql.NewSQLError(1436, "HY000", "%v", err), sequence)
	}
	f.held = packets
	return nil
}

// dismiss ends the connection of a client that has sent no command for too long, and says why.
func (f *filter) dismiss() error {
	e := mysql.NewSQLError(4031, "HY000", "The client was disconnected by the server because of inactivity. See wait_timeout and interactive_timeout for configuring this behavior.")
	if _, err := f.to.Write(errorPacket(e, 0)); err != nil {
		return err
	}
	return io.EOF
}

// refuse answers a packet with an error.
func (f *filter) refuse(e *mysql.SQLError, sequence byte) error {
	_, err := f.to.Write(errorPacket(e, sequence+1))
	return err
}
