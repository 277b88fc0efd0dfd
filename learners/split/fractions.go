package split

import (
	"fmt"
	"math"
	"strings"
)

// The fractions of a split of which nothing is said.
const (
	DefaultTrain = 0.8
	DefaultTest  = 0.2
)

// slack is how far fractions may miss 1 by rounding.
const slack = 1e-9

// Fractions completes what was given of the three fractions; nil is not given. The result has no Method and Seed.
//
//	nothing             TRAIN 0.8, TEST 0.2
//	TRAIN               TEST gets the rest
//	TEST                TRAIN gets the rest
//	VALIDATE            TEST 0.2, TRAIN gets the rest
//	TRAIN, VALIDATE     TEST gets the rest
//	VALIDATE, TEST      TRAIN gets the rest
//	TRAIN, TEST         must sum to 1: what they leave could be meant for any part
//	all                 must sum to 1
//
// Each must lie in 0..1, and TRAIN above 0.
func Fractions(train, validate, test *float64) (Spec, error) {
	for _, f := range []struct {
		part  Part
		value *float64
	}{{Train, train}, {Validate, validate}, {Test, test}} {
		if f.value != nil && !(*f.value >= 0 && *f.value <= 1) {
			return Spec{}, fmt.Errorf("%s %g: a fraction must be between 0 and 1", f.part, *f.value)
		}
	}
	var s Spec
	switch {
	case train == nil && validate == nil && test == nil:
		s = Spec{Train: DefaultTrain, Test: DefaultTest}
	case train == nil && test == nil:
		s = Spec{Validate: *validate, Test: DefaultTest, Train: rest(*validate + DefaultTest)}
	case train == nil:
		s = Spec{Validate: given(validate), Test: *test, Train: rest(given(validate) + *test)}
	case test == nil:
		s = Spec{Train: *train, Validate: given(validate), Test: rest(*train + given(validate))}
	default:
		s = Spec{Train: *train, Validate: given(validate), Test: *test}
	}
	return s, s.checkFractions()
}

func given(f *float64) float64 {
	if f == nil {
		return 0
	}
	return *f
}

// rest is what taken leaves of 1, as a person would write it: 1 - 0.7 is 0.3. It is 0 when taken exceeds 1, which checkFractions reports.
func rest(taken float64) float64 { return max(0, tidy(1-taken)) }

// tidy rounds to 12 decimals.
func tidy(x float64) float64 { return math.Round(x*1e12) / 1e12 }

// checkFractions refuses fractions that are out of range or do not sum to 1.
func (s Spec) checkFractions() error {
	for _, f := range []float64{s.Train, s.Validate, s.Test} {
		if !(f >= 0 && f <= 1) {
			return fmt.Errorf("fractions %s: each must be between 0 and 1", s.listed())
		}
	}
	total := s.Train + s.Validate + s.Test
	switch {
	case total < 1-slack:
		missing := tidy(1 - total)
		hint := fmt.Sprintf("make them sum to 1, for instance with TRAIN %g", tidy(s.Train+missing))
		if s.Validate == 0 {
			hint = fmt.Sprintf("add VALIDATE %g or enlarge one", missing)
		}
		return fmt.Errorf("fractions %s: %g is missing to 1; %s", s.listed(), missing, hint)
	case total > 1+slack:
		return fmt.Errorf("fractions %s: together they exceed 1 by %g", s.listed(), tidy(total-1))
	case s.Train == 0:
		return fmt.Errorf("fractions %s leave nothing for TRAIN: it must be above 0", s.listed())
	}
	return nil
}

// listed is the fractions as in SQL, those of 0 left out.
func (s Spec) listed() string {
	var all []string
	for _, f := range []struct {
		part  Part
		value float64
	}{{Train, s.Train}, {Validate, s.Validate}, {Test, s.Test}} {
		if f.value != 0 {
			all = append(all, fmt.Sprintf("%s %g", f.part, tidy(f.value)))
		}
	}
	return strings.Join(all, " ")
}
