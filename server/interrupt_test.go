package server_test

import (
	"context"
	"slices"
	"testing"
)

// TestTrainStopsInEachPhase ends a training at the beginning of each of its phases: the next phase is not begun, and the version is INTERRUPTED. Storing is not stopped: it
// ends with the version READY.
func TestTrainStopsInEachPhase(t *testing.T) {
	root, db := scratch(t)
	makeVisits(t, root)
	do(t, root, "CREATE MODEL m PREDICT bought FROM visits KEY (id)")
	phases := []string{"reading", "splitting", "fitting features", "training", "measuring", "storing"}
	for i, phase := range phases {
		ctx, stop := context.WithCancel(context.Background())
		var seen []string
		err := running.Train(ctx, db+".m", func(now string, _, _ int64) {
			if !slices.Contains(seen, now) {
				seen = append(seen, now)
			}
			if now == phase {
				stop()
			}
		})
		stop()
		want := "INTERRUPTED"
		if phase == "storing" {
			want = "READY"
		}
		if got := one(t, root, "SELECT status FROM aibms.model_versions WHERE database_name = '"+db+"' ORDER BY version DESC LIMIT 1"); got != want || (err == nil) != (want == "READY") {
			t.Errorf("stopped while %s: the version is %s, the error %v", phase, got, err)
		}
		same(t, "phases until stopped while "+phase, seen, phases[:i+1])
	}
}
