package wire

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/variables"
	"github.com/dolthub/vitess/go/mysql"
)

// crowd makes visitors for places.
type crowd struct {
	*places
	closed map[*visitor]bool
}

func newCrowd(l Limits) *crowd {
	if sql.StatusVariables == nil { // what an engine does when it starts
		variables.InitStatusVariables()
	}
	return &crowd{newPlaces(l), map[*visitor]bool{}}
}

// come lets a visitor arrive; from "" is one that stands for many.
func (c *crowd) come(from string) *visitor {
	v := &visitor{}
	if from != "" {
		v.client = netip.PrefixFrom(netip.MustParseAddr(from), 32)
	}
	v.close = func() { c.closed[v] = true }
	c.arrive(v)
	return v
}

func code(err error) int {
	if e, ok := err.(*mysql.SQLError); ok {
		return e.Num
	}
	return 0
}

// set gives a global variable a value for the length of the test.
func set(t *testing.T, name string, value int64) {
	t.Helper()
	_, before, ok := sql.SystemVariables.GetGlobal(name)
	if !ok {
		t.Fatalf("no variable %s", name)
	}
	if err := sql.SystemVariables.AssignValues(map[string]any{name: value}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sql.SystemVariables.AssignValues(map[string]any{name: before}); err != nil {
			t.Error(err)
		}
	})
}

// TestDisplaced says whose connection makes room for one more that has not logged in.
func TestDisplaced(t *testing.T) {
	c := newCrowd(Limits{Waiting: 5, WaitingPerAddress: 3})
	first := c.come("10.0.0.2")
	var flood []*visitor
	for range 3 {
		flood = append(flood, c.come("10.0.0.1"))
	}
	if len(c.closed) != 0 {
		t.Fatal("someone was closed below the limits")
	}
	flood = append(flood, c.come("10.0.0.1")) // a fourth of one address
	if !c.closed[flood[0]] || len(c.closed) != 1 {
		t.Error("the oldest one of the address did not make room for its fourth")
	}
	proxy := c.come("") // five wait now
	if len(c.closed) != 1 {
		t.Error("someone was closed at the limit")
	}
	late := c.come("10.0.0.3")
	if !c.closed[flood[1]] || len(c.closed) != 2 {
		t.Error("the oldest one of the address with the most did not make room")
	}
	for _, v := range []*visitor{first, proxy, late, flood[2], flood[3]} {
		if err := c.login(v, "u", "u", false); err != nil {
			t.Errorf("one that was not closed cannot log in: %v", err)
		}
	}
	if err := c.login(flood[0], "u", "u", false); code(err) != 1040 {
		t.Errorf("one that was closed logs in: %v", err)
	}
	if n := c.count(); n.Sessions != 5 || n.Waiting != 0 || n.Refused[RefusedDisplaced] != 2 || n.Accepted != 7 {
		t.Errorf("%+v", n)
	}
	for range 1000 { // clients that stand for many are limited in all alone
		c.come("")
	}
	if n := c.count(); n.Waiting != 5 {
		t.Errorf("%d wait", n.Waiting)
	}
}

// TestPlacesByAddress: no client address takes all places, unless it stands for many.
func TestPlacesByAddress(t *testing.T) {
	set(t, "max_connections", 20)
	c := newCrowd(Limits{})
	var in []*visitor
	for i := range 18 {
		v := c.come("10.0.0.1")
		if err := c.login(v, "bob", fmt.Sprint("bob", i), false); err != nil {
			t.Fatalf("%d: %v", i, err)
		}
		in = append(in, v)
	}
	if err := c.login(c.come("10.0.0.1"), "bob", "bob", false); code(err) != 1226 {
		t.Errorf("a nineteenth of twenty places for one address: %v", err)
	}
	if err := c.login(c.come("10.0.0.1"), "root", "root", true); err != nil {
		t.Errorf("an administrator at that address: %v", err)
	}
	if err := c.login(c.come("10.0.0.2"), "bob", "bob", false); err != nil {
		t.Errorf("another address: %v", err)
	}
	if err := c.login(c.come("10.0.0.3"), "bob", "bob", false); code(err) != 1040 {
		t.Errorf("beyond max_connections: %v", err)
	}
	c.leave(in[0])
	c.leave(in[1])
	if err := c.login(c.come("10.0.0.1"), "bob", "bob", false); err != nil {
		t.Errorf("after two had left: %v", err)
	}
	all := newCrowd(Limits{PerAddress: 2})
	for range 20 {
		if err := all.login(all.come(""), "bob", "bob", false); err != nil {
			t.Fatalf("a proxy on this machine: %v", err)
		}
	}
	two := newCrowd(Limits{PerAddress: 2})
	for i, want := range []int{0, 0, 1226} {
		if err := two.login(two.come("10.0.0.1"), "bob", "bob", false); code(err) != want {
			t.Errorf("%d: %v", i, err)
		}
	}
}

// TestClient says what counts as one client address.
func TestClient(t *testing.T) {
	for address, want := range map[string]string{
		"10.1.2.3": "10.1.2.3/32", "::ffff:10.1.2.3": "10.1.2.3/32", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64",
		"127.0.0.1": "", "127.8.8.8": "", "::1": "", "::ffff:127.0.0.1": "",
	} {
		a := net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(address), 9))
		got := client(addressed{addr: a})
		if want == "" && got.IsValid() || want != "" && got.String() != want {
			t.Errorf("%s: %s, want %q", address, got, want)
		}
	}
	if got := client(addressed{addr: &net.UnixAddr{Name: "s", Net: "unix"}}); got.IsValid() {
		t.Errorf("the unix socket: %s", got)
	}
}

// addressed is a connection of which only the address is asked.
type addressed struct {
	net.Conn
	addr net.Addr
}

func (a addressed) RemoteAddr() net.Addr { return a.addr }

// TestPlacesAddUp: whatever comes in whatever order, no limit is exceeded and nothing is left behind.
func TestPlacesAddUp(t *testing.T) {
	set(t, "max_connections", 12)
	set(t, "max_user_connections", 4)
	l := Limits{PerAddress: 5, Waiting: 8, WaitingPerAddress: 3}
	c := newCrowd(l)
	r := rand.New(rand.NewPCG(1, 2))
	var all []*visitor
	for step := range 50_000 {
		switch r.IntN(4) {
		case 0:
			all = append(all, c.come([]string{"", "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"}[r.IntN(5)]))
		case 1, 2:
			if len(all) > 0 {
				v := all[r.IntN(len(all))]
				if !v.in {
					user := fmt.Sprint(r.IntN(4))
					_ = c.login(v, user, user, r.IntN(6) == 0)
				}
			}
		case 3:
			if len(all) > 0 {
				i := r.IntN(len(all))
				if r.IntN(2) == 0 {
					c.refuse(all[i], RefusedLate)
				}
				c.leave(all[i])
				all = append(all[:i], all[i+1:]...)
			}
		}
		n := c.count()
		if n.Waiting > l.Waiting || n.Sessions > 12+1 {
			t.Fatalf("step %d: %+v", step, n)
		}
		for a, q := range c.waiting {
			if q.Len() == 0 || a.IsValid() && q.Len() > l.WaitingPerAddress {
				t.Fatalf("step %d: %d wait at %s", step, q.Len(), a)
			}
		}
	}
	for _, v := range all {
		c.leave(v)
	}
	n := c.count()
	var ended uint64
	for _, k := range n.Refused {
		ended += k
	}
	if n.Sessions != 0 || n.Waiting != 0 || len(c.accounts) != 0 || len(c.clients) != 0 || len(c.waiting) != 0 {
		t.Errorf("left behind: %+v, %v, %v, %v", n, c.accounts, c.clients, c.waiting)
	}
	if ended == 0 || ended > n.Accepted {
		t.Errorf("%d of %d were refused", ended, n.Accepted)
	}
	for why, k := range n.Refused {
		if k == 0 && Refusal(why) != RefusedClearText {
			t.Errorf("nobody was refused for %s: the test is too tame", Refusals[why])
		}
	}
}

// TestRefusalsAreDocumented: docs/monitoring.md names every reason.
func TestRefusalsAreDocumented(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "monitoring.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, why := range Refusals {
		if !strings.Contains(string(page), "`"+why+"`") {
			t.Errorf("it does not name %s", why)
		}
	}
}
