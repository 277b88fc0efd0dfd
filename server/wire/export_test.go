package wire

import "sync"

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
