package wire

import (
	"slices"
	"sync"
	"time"
)

// IdleMappings returns a function that lists the messages of the mappings that were not used since.
func IdleMappings() func() []string {
	var mu sync.Mutex
	used := map[mapping]bool{}
	matched = func(m mapping) {
		mu.Lock()
		used[m] = true
		mu.Unlock()
	}
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		matched = func(mapping) {}
		var idle []string
		for _, m := range table {
			if !used[m] {
				idle = append(idle, m.kind.Message)
			}
		}
		return idle
	}
}

// Pauses makes the pauses before the answers to wrong passwords end at once, and returns a function that lists them.
func Pauses(t interface{ Cleanup(func()) }) func() []time.Duration {
	var mu sync.Mutex
	var all []time.Duration
	before := pause
	pause = func(d time.Duration) {
		mu.Lock()
		all = append(all, d)
		mu.Unlock()
	}
	t.Cleanup(func() { pause = before })
	return func() []time.Duration {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(all)
	}
}
