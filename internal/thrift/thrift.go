// Package thrift keeps the memory of a training near what it needs. Go's garbage collector lets the heap grow to twice what is in use before it collects; beside a dataset of
// gigabytes that is gigabytes of garbage. Collecting more often costs little then, since columns of numbers hold no pointers to follow.
package thrift

import (
	"runtime/debug"
	"sync"
)

const (
	// largeFrom is how many numbers make a dataset large: 64 MB.
	largeFrom = 8 << 20
	// percent of garbage beside what is in use, while somebody is thrifty.
	percent = 25
)

var state struct {
	sync.Mutex
	thrifty int // how many are
	before  int // percent of garbage otherwise
}

// Large tells whether a dataset of that size is worth being thrifty for.
func Large(rows, columns int) bool { return rows*columns >= largeFrom }

// Begin has the collector keep the garbage small, until the function that it returns is called, once. While several are thrifty it is the last of them that ends it.
// Where GOGC demands less garbage still, or is off, that stays.
func Begin() (end func()) {
	state.Lock()
	defer state.Unlock()
	if state.thrifty++; state.thrifty == 1 {
		if state.before = debug.SetGCPercent(percent); state.before < percent {
			debug.SetGCPercent(state.before)
		}
	}
	return func() {
		state.Lock()
		defer state.Unlock()
		if state.thrifty--; state.thrifty == 0 {
			debug.SetGCPercent(state.before)
		}
	}
}
