package lifecycle

import (
	"context"
	"fmt"
	"math"
	"strings"

	"aibms/learners/data"
	"aibms/learners/feature"
)

// suspicions are warnings about data that is too good to be true: a feature input that is the target under another name. When ctx ends they are not complete.
func (d *Definition) suspicions(ctx context.Context, p *prepared) []string {
	if d.Alone != "" {
		return nil
	}
	var out []string
	for i := range p.table.Data.Columns {
		c := &p.table.Data.Columns[i]
		for k, y := range p.each() {
			if p.tells(ctx, c, y) {
				out = append(out, fmt.Sprintf("feature %s tells target %s exactly in every row: it may be known only after the fact; %s", c.Name, d.Targets[k].Name, d.without(c.Name)))
			}
		}
	}
	return out
}

// each are the values of all targets, one of them or several.
func (p *prepared) each() [][]float64 {
	if p.targets == nil {
		return [][]float64{p.y}
	}
	return p.targets
}

// without says how to leave an input out.
func (d *Definition) without(input string) string {
	for _, c := range d.Columns {
		if d.Auto && (strings.EqualFold(c.Name, input) || feature.QuoteName(c.Name) == input) {
			return "FEATURES (* EXCEPT (" + feature.QuoteName(c.Name) + ")) leaves it out"
		}
	}
	if d.Auto {
		return "FEATURES (* EXCEPT (...)) leaves its column out"
	}
	return "leave it out of TRANSFORM if so"
}

// tells reports whether a column is the target with the given values, possibly in other words: a number equal to the value, or values that go one to one with the classes. NULLs
// do not count, but half of the rows must have a value.
func (p *prepared) tells(ctx context.Context, c *data.Column, target []float64) bool {
	rows, known := 0, 0
	toClass, toValue := map[uint64]float64{}, map[float64]uint64{}
	for i, y := range target {
		if stopped(ctx, i) {
			return false
		}
		if p.parts[i] == 0 {
			continue
		}
		rows++
		value, null := valueOf(c, i)
		if null {
			continue
		}
		known++
		if p.classes == nil {
			if c.Kind != data.Numeric || c.Num[i] != y {
				return false
			}
			continue
		}
		class, seen := toClass[value]
		other, met := toValue[y]
		if seen && class != y || met && other != value {
			return false
		}
		toClass[value], toValue[y] = y, value
	}
	return 2*known >= rows && known > 1 && (p.classes == nil || len(toClass) == len(p.classes))
}

// valueOf is a value of a column as bits: equal values, equal bits.
func valueOf(c *data.Column, row int) (bits uint64, null bool) {
	if c.Kind == data.Numeric {
		return math.Float64bits(c.Num[row]), math.IsNaN(c.Num[row])
	}
	return uint64(c.Codes[row]), c.Codes[row] < 0
}
