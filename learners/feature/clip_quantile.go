package feature

import (
	"fmt"
	"math"
)

// clipQuantile is CLIP_QUANTILE(x, low, high): values below the low quantile of the training rows become it, values above the high one too.
type clipQuantile struct {
	low, high float64
}

func checkClipQuantile(args []literal) error {
	if len(args) != 2 {
		return fmt.Errorf("takes two quantiles after the first argument, got %d arguments", len(args))
	}
	low, lowOK := args[0].number()
	high, highOK := args[1].number()
	if !lowOK || !highOK || low < 0 || high > 1 || low >= high {
		return fmt.Errorf("the quantiles must be numbers with 0 <= low < high <= 1, got %s, %s", clip(args[0].sql), clip(args[1].sql))
	}
	return nil
}

func fitClipQuantile(f *fitting, args []literal, col []float64) (step, error) {
	values, err := sorted(f.ctx, col)
	if err != nil {
		return nil, err
	}
	if len(values) == 0 {
		flat(f, moments{})
		return clipQuantile{-math.MaxFloat64, math.MaxFloat64}, nil
	}
	low, _ := args[0].number()
	high, _ := args[1].number()
	return clipQuantile{quantile(values, low), quantile(values, high)}, nil
}

func (s clipQuantile) apply(col []float64) {
	for i, x := range col {
		col[i] = min(max(x, s.low), s.high) // min and max keep NaN
	}
}

func (s clipQuantile) state() []float64 { return []float64{s.low, s.high} }

func loadClipQuantile(_ []literal, state []float64) (step, error) {
	if len(state) != 2 || !finite(state[0]) || !finite(state[1]) || state[0] > state[1] {
		return nil, fmt.Errorf("limits %v", state)
	}
	return clipQuantile{state[0], state[1]}, nil
}
