package catalog

import (
	"context"
	"slices"
	"testing"
	"time"
)

// TestFitTimesAreStoredWithTheirVersion: they come back in their order and in microseconds, and go with their version.
func TestFitTimesAreStoredWithTheirVersion(t *testing.T) {
	ctx := context.Background()
	db := newEngineDB(t)
	c := newCatalog(t, db)
	m := ok[*Model](t)(c.CreateModel(ctx, root, Declaration{Database: "shop", Name: "m", Definition: "CREATE MODEL m"}))
	v := ok[*Version](t)(c.BeginVersion(ctx, root, "shop", "m", VersionStart{}))
	r := result("one")
	r.FitTimes = []FitTime{{3, "decision_tree (max_depth = 3)", 1234567 * time.Nanosecond}, {1, "naive_bayes", time.Hour}}
	ok[*Version](t)(c.FinishVersion(ctx, v.ModelID, v.Number, r))
	checkStored(t, c, db)
	got := ok[[]FitTime](t)(c.FitTimes(ctx, m.ID, 1))
	if want := []FitTime{{3, "decision_tree (max_depth = 3)", 1234 * time.Microsecond}, {1, "naive_bayes", time.Hour}}; !slices.Equal(got, want) {
		t.Errorf("%v came back", got)
	}
	ok[*Version](t)(c.DropVersion(ctx, root, "shop", "m", 1))
	if n := newRow(db.must(t, "SELECT COUNT(*) FROM model_fit_times")[0]).int(); n != 0 {
		t.Errorf("%d times are left of a version that was dropped", n)
	}
}
