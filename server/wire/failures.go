package wire

import (
	"container/list"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// failures makes guessing of passwords slow: from the third failure in a row of a user at an address on, the answer to each comes later, up to 8 s. A login that succeeds is never
// delayed and clears what was noted. So that many guesses at once do not help, few may wait for their answer; beyond that the connection ends without one, right or wrong.
//
// Safe for concurrent use.
type failures struct {
	mu   sync.Mutex
	of   map[attempt]*list.Element // of *failure
	used list.List                 // of *failure, the one noted last in front
}

// attempt is what failures are counted for: a user at an address, see client.
type attempt struct {
	user   string
	client netip.Prefix
}

// failure is what is known of one attempt.
type failure struct {
	attempt
	count   int // since the last success
	delayed int // connections that wait for their answer
}

const (
	maxFailures = 10_000 // attempts that are remembered; the one noted longest ago is forgotten
	maxDelayed  = 4      // connections of one attempt that wait for their answer
	freeGuesses = 2
	maxDelay    = 8 * time.Second
)

func newFailures() *failures { return &failures{of: map[attempt]*list.Element{}} }

// failed notes a failure and says how long its answer must wait; done must be called after that. ok is false when the connection must end without an answer.
func (f *failures) failed(a attempt) (delay time.Duration, done func(), ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	e := f.of[a]
	if e == nil {
		e = f.used.PushFront(&failure{attempt: a})
		f.of[a] = e
		if f.used.Len() > maxFailures {
			delete(f.of, f.used.Remove(f.used.Back()).(*failure).attempt)
		}
	}
	f.used.MoveToFront(e)
	k := e.Value.(*failure)
	k.count++
	if k.count <= freeGuesses {
		return 0, func() {}, true
	}
	if k.delayed >= maxDelayed && a.client.IsValid() {
		return 0, nil, false
	}
	k.delayed++
	delay = maxDelay
	if n := k.count - freeGuesses - 1; n < 3 {
		delay = time.Second << n
	}
	return delay, func() {
		f.mu.Lock()
		k.delayed--
		f.mu.Unlock()
	}, true
}

// succeeded clears what was noted; false when the connection must end like one that failed.
func (f *failures) succeeded(a attempt) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	e := f.of[a]
	if e == nil {
		return true
	}
	if e.Value.(*failure).delayed >= maxDelayed && a.client.IsValid() {
		return false
	}
	f.used.Remove(e)
	delete(f.of, a)
	return true
}

// refusedUser is the user whose password was wrong, out of the reason that the library gives for the end of a connection; ok is false when that was another.
func refusedUser(reason string) (user string, ok bool) {
	rest, ok := strings.CutPrefix(reason, "Error authenticating user ")
	i := strings.LastIndex(rest, " using: ")
	if !ok || i < 0 {
		return "", false
	}
	return rest[:i], true
}

// pause waits; tests replace it.
var pause = time.Sleep
