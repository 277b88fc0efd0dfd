package catalog

import (
	"context"
	"math"
	"testing"
	"time"
)

// TestCurvesAreStoredWithTheirVersion: a curve comes back in its order, in microseconds, without numbers that are not finite; it goes with its version, and with its model.
func TestCurvesAreStoredWithTheirVersion(t *testing.T) {
	ctx := context.Background()
	db := newEngineDB(t)
	c := newCatalog(t, db)
	m := ok[*Model](t)(c.CreateModel(ctx, root, Declaration{Database: "shop", Name: "m", Definition: "CREATE MODEL m"}))
	curve := []Iteration{{1, 0.5, math.Inf(1), 1234567 * time.Nanosecond}, {2, math.NaN(), 0.25, time.Second}}
	for i := 3; i <= MaxCurve+5; i++ {
		curve = append(curve, Iteration{int64(2 * i), 1 / float64(i), 2, time.Hour})
	}
	var numbers []int64
	for range 2 {
		v := ok[*Version](t)(c.BeginVersion(ctx, root, "shop", "m", VersionStart{}))
		r := result("one")
		r.Curve = curve
		ok[*Version](t)(c.FinishVersion(ctx, v.ModelID, v.Number, r))
		numbers = append(numbers, v.Number)
	}
	checkStored(t, c, db)
	for _, n := range numbers {
		got := ok[[]Iteration](t)(c.Curve(ctx, m.ID, n))
		if len(got) != MaxCurve {
			t.Fatalf("%d points came back", len(got))
		}
		if got[0].Elapsed != 1234*time.Microsecond || got[0].Loss != 0.5 || !math.IsNaN(got[0].ValidationLoss) || !math.IsNaN(got[1].Loss) || got[1].Elapsed != time.Second {
			t.Errorf("%v and %v came back", got[0], got[1])
		}
		for i := 2; i < MaxCurve; i++ {
			if got[i] != curve[i] {
				t.Fatalf("point %d: %v came back for %v", i, got[i], curve[i])
			}
		}
	}
	ok[*Version](t)(c.DropVersion(ctx, root, "shop", "m", 1))
	if n := len(ok[[]Iteration](t)(c.Curve(ctx, m.ID, 1))); n != 0 {
		t.Errorf("%d points are left of a version that was dropped", n)
	}
	ok[*Model](t)(c.DropModel(ctx, root, "shop", "m", true))
	if n := newRow(db.must(t, "SELECT COUNT(*) FROM model_training_info")[0]).int(); n != 0 {
		t.Errorf("%d points are left of a model that was dropped", n)
	}
}
