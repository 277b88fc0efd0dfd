package wire

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
)

var (
	far  = netip.MustParsePrefix("10.0.0.1/32")
	near = netip.Prefix{} // this machine
)

// TestGuessingIsSlow says when the answer to a wrong password comes.
func TestGuessingIsSlow(t *testing.T) {
	for _, from := range []netip.Prefix{far, near} {
		f := newFailures()
		a := attempt{"root", from}
		fail := func(want time.Duration) {
			t.Helper()
			delay, done, ok := f.failed(a)
			if !ok || delay != want {
				t.Errorf("answered after %v, %v, want %v", delay, ok, want)
			}
			done()
		}
		for _, seconds := range []time.Duration{0, 0, 1, 2, 4, 8, 8, 8} {
			fail(seconds * time.Second)
		}
		if delay, _, _ := f.failed(attempt{"bob", from}); delay != 0 {
			t.Error("another user is delayed")
		}
		if delay, _, _ := f.failed(attempt{"root", netip.MustParsePrefix("10.0.0.2/32")}); delay != 0 {
			t.Error("another address is delayed")
		}
		if !f.succeeded(a) {
			t.Error("the right password is refused")
		}
		fail(0)
	}
}

// TestGuessingAtOnce: many guesses at the same time are no faster than a few, and the right one is not told apart.
func TestGuessingAtOnce(t *testing.T) {
	f := newFailures()
	a := attempt{"root", far}
	var waiting []func()
	for range freeGuesses + maxDelayed {
		_, done, ok := f.failed(a)
		if !ok {
			t.Fatal("refused too early")
		}
		waiting = append(waiting, done)
	}
	for range 100 {
		if _, _, ok := f.failed(a); ok {
			t.Fatal("one more waits for its answer")
		}
	}
	if f.succeeded(a) {
		t.Error("the right one among many at once is told")
	}
	if !f.succeeded(attempt{"root", netip.MustParsePrefix("10.0.0.2/32")}) {
		t.Error("another address is shut out")
	}
	waiting[len(waiting)-1]()
	if !f.succeeded(a) {
		t.Error("the right password is refused when there is room")
	}
	// behind a proxy on this machine the same address is that of everybody
	p := attempt{"root", near}
	for range 100 {
		if _, _, ok := f.failed(p); !ok {
			t.Fatal("a client of this machine gets no answer")
		}
	}
	if !f.succeeded(p) {
		t.Error("a proxy's right password is refused")
	}
}

// TestFailuresAreBounded: what is remembered has an end, and what is noted last is remembered.
func TestFailuresAreBounded(t *testing.T) {
	f := newFailures()
	for i := range 3 * maxFailures {
		f.failed(attempt{fmt.Sprint(i), far})
		f.failed(attempt{"root", far})
	}
	if len(f.of) != maxFailures || f.used.Len() != maxFailures {
		t.Errorf("%d, %d are remembered", len(f.of), f.used.Len())
	}
	if f.of[attempt{"root", far}] == nil {
		t.Error("one that goes on failing was forgotten")
	}
}

// TestRefusedUser: the name is found in the library's words, whatever is in it.
func TestRefusedUser(t *testing.T) {
	for reason, want := range map[string]string{
		"Error authenticating user root using: mysql_native_password":       "root",
		"Error authenticating user a using: b using: caching_sha2_password": "a using: b",
		"Error authenticating user  using: mysql_native_password":           "",
	} {
		if user, ok := refusedUser(reason); !ok || user != want {
			t.Errorf("%s: %q, %v", reason, user, ok)
		}
	}
	if _, ok := refusedUser("Cannot read client handshake response"); ok {
		t.Error("another reason is taken for a wrong password")
	}
}
