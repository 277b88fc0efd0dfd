package feature

import (
	"fmt"
	"math"
)

// centerScale is what the four scalers fit: x becomes (x unit - center) / scale.
//
// scale 0 marks a column that did not vary in the training rows; it becomes 0 for every x, since what never varied tells nothing of the target.
// unit is 1, or 1/2 where max - min is beyond the largest float64; center and scale are then in that unit, too.
type centerScale struct {
	center, scale, unit float64
}

func (s centerScale) apply(col []float64) {
	for i, x := range col {
		x *= s.unit
		z := (x - s.center) / s.scale
		if s.scale == 0 && x == x {
			z = 0
		} else if math.IsInf(z, 0) {
			// the difference or the quotient overflowed; the second form saves the first case, NULL tells of the other
			if z = x/s.scale - s.center/s.scale; math.IsInf(z, 0) {
				z = math.NaN()
			}
		}
		col[i] = z
	}
}

func (s centerScale) state() []float64 { return []float64{s.center, s.scale, s.unit} }

func loadCenterScale(_ []literal, state []float64) (step, error) {
	if len(state) != 3 {
		return nil, fmt.Errorf("%d numbers, not 3", len(state))
	}
	s := centerScale{state[0], state[1], state[2]}
	if !finite(s.center) || !finite(s.scale) || s.scale < 0 || s.unit != 1 && s.unit != 0.5 {
		return nil, fmt.Errorf("center %v, scale %v, unit %v", s.center, s.scale, s.unit)
	}
	return s, nil
}

// between is the scale from low to high, finite also where high - low is not.
func between(center, low, high float64) centerScale {
	if math.IsInf(high-low, 0) {
		return centerScale{center / 2, high/2 - low/2, 0.5}
	}
	return centerScale{center, high - low, 1}
}

// flat handles the columns that a scaler cannot scale: those with no value or a single one become 0, with a warning.
func flat(f *fitting, m moments) bool {
	switch {
	case m.count == 0:
		f.warn("%s is NULL in every training row", f.item.Input)
	case m.min == m.max:
		f.warn("%s is %s in every training row and so of no use; it becomes 0", f.item.Input, label(m.min))
	default:
		return false
	}
	return true
}

func finite(x float64) bool { return !math.IsInf(x, 0) && x == x }
