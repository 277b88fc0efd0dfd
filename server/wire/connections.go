package wire

import (
	"container/list"
	"context"
	"net"
	"net/netip"
	"sync"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/mysql"
)

// Limits say how many connections there may be. The zero value of each field is a sound default. Those in all are @@max_connections, which may be changed while the server
// runs.
type Limits struct {
	// PerAddress is how many logged-in connections one client address may have; default nine tenths of @@max_connections, so that no address takes all places.
	PerAddress int
	// Waiting is how many connections may be open that have not logged in, in all; default 1024.
	Waiting int
	// WaitingPerAddress is how many of them one client address may have; default 256.
	WaitingPerAddress int
}

func (l Limits) withDefaults() Limits {
	if l.Waiting <= 0 {
		l.Waiting = 1024
	}
	if l.WaitingPerAddress <= 0 {
		l.WaitingPerAddress = 256
	}
	return l
}

// Refusal is why a connection did not become a session, or was refused when it would have.
type Refusal int

// The refusals.
const (
	RefusedFull      Refusal = iota // @@max_connections
	RefusedUser                     // @@max_user_connections
	RefusedAddress                  // Limits.PerAddress
	RefusedClearText                // @@require_secure_transport
	RefusedLate                     // @@connect_timeout
	RefusedDisplaced                // pushed out by newer connections that had not logged in either, see Limits
	RefusedLogin                    // wrong password, bad packet, or the client went away
	numberOfRefusals = iota
)

// Refusals are the names of all refusals, in their order.
var Refusals = [numberOfRefusals]string{"max_connections", "max_user_connections", "address_limit", "clear_text", "login_timeout", "displaced", "login_failed"}

// places keeps count of connections. One that has not logged in waits: it costs little, and when too many wait the oldest one of the address with the most is closed for the
// newest. So nobody can shut others out by connections that say nothing: whoever logs in at once gets in. A place in @@max_connections is taken at login; one more than that
// is for administrators, and a further one for those that come through the unix socket.
//
// Safe for concurrent use.
type places struct {
	limits Limits

	mu       sync.Mutex
	waiting  map[netip.Prefix]*list.List // of *visitor, the oldest first; never empty
	waits    int                         // in all lists
	halves   list.List                   // of *visitor that wait in the midst of a packet under TLS, see door; the oldest first
	arrived  uint64
	in       int
	most     int // the greatest in
	accounts map[string]int
	clients  map[netip.Prefix]int // logged in; without those that stand for many
	refused  [numberOfRefusals]uint64
}

// visitor is one connection. All fields but the first three are guarded by places.mu.
type visitor struct {
	client netip.Prefix // its address; the zero value for one that may stand for many clients: loopback, as a proxy comes, and the unix socket
	unix   bool
	close  func()

	arrival uint64
	wait    *list.Element // while it waits
	half    *list.Element // in places.halves
	gone    bool
	in      bool
	account string
}

func newPlaces(l Limits) *places {
	return &places{limits: l.withDefaults(), waiting: map[netip.Prefix]*list.List{}, accounts: map[string]int{}, clients: map[netip.Prefix]int{}}
}

// client is what a connection's limits per address count: its IPv4 address or IPv6 network of 64 bits.
func client(c net.Conn) netip.Prefix {
	tcp, ok := c.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return netip.Prefix{}
	}
	a := tcp.AddrPort().Addr().Unmap().WithZone("")
	if !a.IsValid() || a.IsLoopback() {
		return netip.Prefix{}
	}
	bits := 32
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits)
	return p
}

// arrive takes in a connection that has not logged in, and closes another when too many wait.
func (p *places) arrive(v *visitor) {
	p.mu.Lock()
	p.arrived++
	v.arrival = p.arrived
	var out *visitor
	if q := p.waiting[v.client]; q != nil && v.client.IsValid() && q.Len() >= p.limits.WaitingPerAddress {
		out = q.Front().Value.(*visitor)
	} else if p.waits >= p.limits.Waiting {
		out = p.displaceable()
	}
	if out != nil {
		p.end(out, RefusedDisplaced)
	}
	q := p.waiting[v.client]
	if q == nil {
		q = list.New()
		p.waiting[v.client] = q
	}
	v.wait = q.PushBack(v)
	p.waits++
	p.mu.Unlock()
	if out != nil {
		out.close()
	}
}

// displaceable is the visitor that has waited longest at the address where most wait. p.mu is held and somebody waits.
func (p *places) displaceable() *visitor {
	var out *visitor
	most := 0
	for _, q := range p.waiting {
		if v := q.Front().Value.(*visitor); q.Len() > most || q.Len() == most && v.arrival < out.arrival {
			out, most = v, q.Len()
		}
	}
	return out
}

// end takes a visitor out of those that wait. p.mu is held.
func (p *places) end(v *visitor, why Refusal) {
	p.stopWaiting(v)
	v.gone = true
	p.refused[why]++
}

func (p *places) stopWaiting(v *visitor) {
	if v.half != nil {
		p.halves.Remove(v.half)
		v.half = nil
	}
	if v.wait == nil {
		return
	}
	q := p.waiting[v.client]
	q.Remove(v.wait)
	v.wait = nil
	p.waits--
	if q.Len() == 0 {
		delete(p.waiting, v.client)
	}
}

// maxHalves is how many visitors may have sent a packet under TLS by half. For each the library may have made room of 16 MB.
const maxHalves = 16

// unfinished notes that a visitor that waits has sent half a packet, and closes another when there are too many such.
func (p *places) unfinished(v *visitor) {
	p.mu.Lock()
	var out *visitor
	if v.wait != nil && v.half == nil {
		if p.halves.Len() >= maxHalves {
			out = p.halves.Front().Value.(*visitor)
			p.end(out, RefusedDisplaced)
		}
		v.half = p.halves.PushBack(v)
	}
	p.mu.Unlock()
	if out != nil {
		out.close()
	}
}

// finished notes that a visitor has sent the other half.
func (p *places) finished(v *visitor) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if v.half != nil {
		p.halves.Remove(v.half)
		v.half = nil
	}
}

// refuse counts why a visitor that waits is refused; false when it does not wait any more. The caller closes it.
func (p *places) refuse(v *visitor, why Refusal) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if v.wait == nil {
		return false
	}
	p.end(v, why)
	return true
}

// login gives a visitor that has shown its password a place, or says in an error of MySQL's why not.
func (p *places) login(v *visitor, user, account string, administrator bool) error {
	limit, perUser := globalInt("max_connections", 151), globalInt("max_user_connections", 0)
	perAddress := p.limits.PerAddress
	if perAddress <= 0 {
		perAddress = max(1, limit-limit/10)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if v.gone || v.wait == nil {
		return mysql.NewSQLError(mysql.ERConCount, sqlStateRejected, "too many connections that have not logged in; this one was closed for a newer one")
	}
	reserved := 0
	if administrator {
		reserved = 1
		if v.unix {
			reserved = 2
		}
	}
	switch {
	case p.in >= limit+reserved:
		p.end(v, RefusedFull)
		sql.StatusVariables.IncrementGlobal("Connection_errors_max_connections", 1)
		return mysql.NewSQLError(mysql.ERConCount, sqlStateRejected,
			"too many connections: all %d places are taken; close some, or let an administrator log in, who has a place of its own, and SET GLOBAL max_connections", limit)
	case administrator: // the limits below keep users from each other
	case perUser > 0 && p.accounts[account] >= perUser:
		p.end(v, RefusedUser)
		return mysql.NewSQLError(1203, "42000", "user %s already has more than 'max_user_connections' active connections (%d); close some, or SET GLOBAL max_user_connections", user, perUser)
	case v.client.IsValid() && p.clients[v.client] >= perAddress:
		p.end(v, RefusedAddress)
		return mysql.NewSQLError(1226, "42000",
			"user '%s' has exceeded the 'max_connections_per_address' resource (current value: %d): that many connections of %s are open; close some, or start the server with --max-connections-per-address",
			user, perAddress, v.client.Addr())
	}
	p.stopWaiting(v)
	v.in, v.account = true, account
	p.in++
	p.most = max(p.most, p.in)
	p.showMost()
	p.accounts[account]++
	if v.client.IsValid() {
		p.clients[v.client]++
	}
	return nil
}

// sqlStateRejected is the SQLSTATE of a connection that the server rejects.
const sqlStateRejected = "08004"

// leave takes a visitor out.
func (p *places) leave(v *visitor) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if v.in {
		v.in = false
		p.in--
		if p.accounts[v.account]--; p.accounts[v.account] == 0 {
			delete(p.accounts, v.account)
		}
		if v.client.IsValid() {
			if p.clients[v.client]--; p.clients[v.client] == 0 {
				delete(p.clients, v.client)
			}
		}
		p.showMost()
		return
	}
	if v.wait != nil {
		p.end(v, RefusedLogin)
	}
}

// showMost sets a status variable that the engine counts too, but loses one of two that come at once. p.mu is held.
func (p *places) showMost() {
	_ = sql.StatusVariables.SetGlobal("Max_used_connections", uint64(p.most))
}

// Connections is how many connections there are and were.
type Connections struct {
	Sessions, Waiting int // logged in and not yet
	Most              int // the greatest Sessions
	Accepted          uint64
	Refused           [numberOfRefusals]uint64 // by Refusal
	Prepared          int64                    // statements prepared by the protocol's command, of all sessions
}

func (p *places) count() Connections {
	p.mu.Lock()
	defer p.mu.Unlock()
	return Connections{Sessions: p.in, Waiting: p.waits, Most: p.most, Accepted: p.arrived, Refused: p.refused}
}

// Connections says how many connections there are.
func (h *Handler) Connections() Connections {
	c := h.places.count()
	c.Prepared = h.prepared.Load()
	return c
}

// globalInt is the value of a global variable that is a whole number.
func globalInt(name string, otherwise int) int {
	if _, v, ok := sql.SystemVariables.GetGlobal(name); ok {
		if n, _, err := types.Int64.Convert(context.Background(), v); err == nil {
			return int(n.(int64))
		}
	}
	return otherwise
}

// countPrepared brings the number of prepared statements up to date with what a connection holds and returns it. The protocol tells the handler nothing of a statement that is closed, so
// this is called between packets too. It is called by the connection's own goroutine alone.
func (h *Handler) countPrepared(c *mysql.Conn, k *conn) int64 {
	d := len(c.PrepareData) - k.holds
	if d == 0 {
		return h.prepared.Load()
	}
	k.holds += d
	sql.StatusVariables.IncrementGlobal("Prepared_stmt_count", d)
	return h.prepared.Add(int64(d))
}

// mayPrepare refuses a statement that the library has just taken in when the server holds as many as @@max_prepared_stmt_count allows.
func (h *Handler) mayPrepare(c *mysql.Conn, p *mysql.PrepareData) error {
	k := h.conn(c)
	if k == nil {
		return nil
	}
	most := int64(globalInt("max_prepared_stmt_count", 16382))
	if h.countPrepared(c, k) <= most {
		return nil
	}
	delete(c.PrepareData, p.StatementID)
	now := h.countPrepared(c, k)
	return mysql.NewSQLError(1461, "42000",
		"can't create more than max_prepared_stmt_count statements (current value: %d; all sessions hold %d); close some, or SET GLOBAL max_prepared_stmt_count", most, now)
}
