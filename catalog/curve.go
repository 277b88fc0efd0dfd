package catalog

import (
	"context"
	"fmt"
	"time"
)

// MaxCurve is how many points of a training curve are stored with a version.
const MaxCurve = 1000

// Iteration is a point of the training curve of a version.
type Iteration struct {
	Number         int64
	Loss           float64       // NaN: unknown
	ValidationLoss float64       // NaN: there were no validation rows
	Elapsed        time.Duration // since the learner began; whole microseconds are stored
}

// insertCurve makes the statements that store a version's curve. Positions, not numbers, are the key: a learner may count as it likes.
func insertCurve(m *Model, v *Version, curve []Iteration) []Statement {
	if len(curve) > MaxCurve {
		curve = curve[:MaxCurve]
	}
	return insert("model_training_info", trainingColumns, partRows(m, v, curve, func(x Iteration) []any {
		return []any{x.Number, floatOrNull(finite(x.Loss)), floatOrNull(finite(x.ValidationLoss)), float64(x.Elapsed.Microseconds()) / 1000}
	})...)
}

// Curve reads the training curve of a version from the tables: snapshots do not hold it, since nobody needs it to predict. It is empty for a learner that does
// not iterate.
func (c *Catalog) Curve(ctx context.Context, modelID, number int64) ([]Iteration, error) {
	rows, err := c.db.Read(ctx, "SELECT iteration, loss, validation_loss, elapsed_ms FROM model_training_info WHERE model_id = ? AND version = ? ORDER BY position", modelID, number)
	if err != nil {
		return nil, fmt.Errorf("read the training curve of version %d: %w", number, err)
	}
	curve := make([]Iteration, len(rows))
	for i, values := range rows {
		r := newRow(values)
		curve[i] = Iteration{Number: r.int(), Loss: r.float(), ValidationLoss: r.float()}
		curve[i].Elapsed = time.Duration(r.float() * float64(time.Millisecond)).Round(time.Microsecond)
		if r.err != nil {
			return nil, fmt.Errorf("read the training curve of version %d: %w", number, r.err)
		}
	}
	return curve, nil
}
