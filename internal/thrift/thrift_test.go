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

func TestLeastPercentageHolds(t *testing.T) {
	for _, before := range []int{100, 30, 10, 400, -1} {
		old := debug.SetGCPercent(before)
		check := func(when string, want int) {
			t.Helper()
			if got := now(); got != min(before, want) {
				t.Errorf("with GOGC %d it is %d %s, want %d", before, got, when, min(before, want))
			}
		}
		stream := Begin(Streaming)
		check("while a result is sent", int(Streaming))
		first, second := Begin(Training), Begin(Training)
		check("while two are trained beside", int(Training))
		first()
		first()
		check("while one is", int(Training))
		second()
		check("after the trainings", int(Streaming))
		stream()
		check("afterwards", before)
		debug.SetGCPercent(old)
	}
}
