// Package thrift keeps memory near what is needed. Go's garbage collector lets the heap grow to twice what is in use before it collects; beside a dataset of gigabytes that is
// gigabytes of garbage. Collecting more often costs little then, since columns of numbers hold no pointers to follow.
package thrift

import (
	"runtime/debug"
	"sync"
)

// Percent is how much garbage may stand beside what is in use, of that.
type Percent int

const (
	Training  Percent = 25 // beside large datasets
	Streaming Percent = 50 // beside a server that sends a large result, whose memory is its own
)

// largeFrom is how many numbers make a dataset large: 64 MB.
const largeFrom = 8 << 20

var state struct {
	sync.Mutex
	thrifty map[Percent]int // how many are
	before  int             // percent of garbage otherwise
}

// Large tells whether a dataset of that size is worth being thrifty for.
func Large(rows, columns int) bool { return rows*columns >= largeFrom }

// Begin has the collector keep the garbage small, until the function that it returns is called. While several are thrifty the least percentage holds, and the last of them ends it.
// Where GOGC demands less garbage still, or is off, that stays.
func Begin(p Percent) (end func()) {
	state.Lock()
	defer state.Unlock()
	if len(state.thrifty) == 0 {
		state.thrifty = map[Percent]int{}
		state.before = debug.SetGCPercent(100) // the way to read it
	}
	state.thrifty[p]++
	apply()
	return sync.OnceFunc(func() {
		state.Lock()
		defer state.Unlock()
		if state.thrifty[p]--; state.thrifty[p] == 0 {
			delete(state.thrifty, p)
		}
		apply()
	})
}

// apply sets the least of what is asked for. The lock is held.
func apply() {
	least := state.before
	for p := range state.thrifty {
		least = min(least, int(p))
	}
	debug.SetGCPercent(least)
}
