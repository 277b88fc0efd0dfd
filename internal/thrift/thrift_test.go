package thrift

import (
	"runtime/debug"
	"testing"
)

// now is the percent of garbage that the collector allows.
func now() int {
	p := debug.SetGCPercent(100)
	debug.SetGCPercent(p)
	return p
}

func TestLastOneEnds(t *testing.T) {
	for _, before := range []int{100, 10, 400, -1} {
		old := debug.SetGCPercent(before)
		first, second := Begin(), Begin()
		want := min(before, percent)
		if got := now(); got != want {
			t.Errorf("with GOGC %d it is %d while two are thrifty, want %d", before, got, want)
		}
		first()
		if got := now(); got != want {
			t.Errorf("with GOGC %d it is %d while one is thrifty, want %d", before, got, want)
		}
		second()
		if got := now(); got != before {
			t.Errorf("with GOGC %d it is %d afterwards", before, got)
		}
		debug.SetGCPercent(old)
	}
}
