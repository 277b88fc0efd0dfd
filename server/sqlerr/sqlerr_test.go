package sqlerr

import (
	"math"
	"testing"
)

// TestNumbersFitInt16 keeps the numbers below 32768: PyMySQL reads them as signed 16-bit values.
func TestNumbersFitInt16(t *testing.T) {
	for _, k := range kinds {
		if k.code.Number <= 0 || k.code.Number > math.MaxInt16 {
			t.Errorf("%v has the number %d", k.kind, k.code.Number)
		}
	}
}
