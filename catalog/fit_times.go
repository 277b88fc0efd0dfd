package catalog

import (
	"context"
	"fmt"
	"time"
)

// MaxFitTimes is how many times of learners are stored with a version.
const MaxFitTimes = 1000

// FitTime is how long a learner took that was tried for a version. It is beside the artifact, not in it, so that equal trainings give equal bytes.
type FitTime struct {
	Part    int64         // 1, 2 ... of those that were tried
	Learner string        // with its settings
	Took    time.Duration // whole microseconds are stored
}

// insertFitTimes makes the statements that store a version's times.
func insertFitTimes(m *Model, v *Version, times []FitTime) []Statement {
	if len(times) > MaxFitTimes {
		times = times[:MaxFitTimes]
	}
	return insert("model_fit_times", fitTimeColumns, partRows(m, v, times, func(x FitTime) []any {
		return []any{x.Part, clean(x.Learner), float64(x.Took.Microseconds()) / 1000}
	})...)
}

// FitTimes reads the times of the learners that were tried for a version from the tables: snapshots do not hold them.
func (c *Catalog) FitTimes(ctx context.Context, modelID, number int64) ([]FitTime, error) {
	rows, err := c.db.Read(ctx, "SELECT part, learner, fit_ms FROM model_fit_times WHERE model_id = ? AND version = ? ORDER BY position", modelID, number)
	if err != nil {
		return nil, fmt.Errorf("read the fit times of version %d: %w", number, err)
	}
	times := make([]FitTime, len(rows))
	for i, values := range rows {
		r := newRow(values)
		times[i] = FitTime{Part: r.int(), Learner: r.text(), Took: time.Duration(r.float() * float64(time.Millisecond)).Round(time.Microsecond)}
		if r.err != nil {
			return nil, fmt.Errorf("read the fit times of version %d: %w", number, r.err)
		}
	}
	return times, nil
}
