package feature

import (
	"fmt"
	"math"
)

// codes numbers the distinct numbers of a column 0, 1, ...: what ORDINAL gives, and what ONE_HOT makes columns of. Any other number, and NULL
// unless it has a code itself, becomes NaN.
type codes struct {
	values []float64 // all different; the code of values[i] is i, or i + 1 from the code of NULL on
	null   int       // code of NULL; -1: none
	code   map[float64]float64
}

func newCodes(values []float64, null int) *codes {
	c := &codes{values: values, null: null, code: make(map[float64]float64, len(values))}
	for i, v := range values {
		c.code[v] = codeAt(i, null)
	}
	return c
}

// codeAt is the code of value i when NULL has the code null.
func codeAt(i, null int) float64 {
	if null >= 0 && i >= null {
		return float64(i + 1)
	}
	return float64(i)
}

func (s *codes) apply(col []float64) {
	for i, x := range col {
		c, ok := s.code[x]
		switch {
		case x != x && s.null >= 0:
			c = float64(s.null)
		case !ok:
			c = math.NaN()
		}
		col[i] = c
	}
}

func (s *codes) state() []float64 { return s.values }

// loadCodes makes codes from their state.
func loadCodes(values []float64, null int) (*codes, error) {
	c := newCodes(values, null)
	if null > len(values) {
		return nil, fmt.Errorf("NULL has code %d of %d", null, len(values))
	}
	for _, v := range values {
		if !finite(v) {
			return nil, fmt.Errorf("category %v", v)
		}
	}
	if len(c.code) != len(values) {
		return nil, fmt.Errorf("a category stands twice")
	}
	return c, nil
}
