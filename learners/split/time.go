package split

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// farOff is how far the share of TRAIN may be from what was asked for before the user is told.
const farOff = 0.05

// byTime cuts the rows in the order of time. A cut falls only between two different times, where it comes nearest to its fraction (of equals, the later),
// and so that no part stays empty: rows of one time are never on both sides, for then the model could learn what it is tested on.
func (s Spec) byTime(time []float64, parts []Part) (warnings []string, err error) {
	n := len(time)
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	slices.SortFunc(rows, func(a, b int) int { return cmp.Compare(time[a], time[b]) })
	var borders []int // rows before each change of time
	for k := 1; k < n; k++ {
		if time[rows[k]] != time[rows[k-1]] {
			borders = append(borders, k)
		}
	}
	wanted := []Part{Train}
	var ideal []float64 // rows before each cut
	if s.Validate > 0 {
		wanted, ideal = append(wanted, Validate), append(ideal, s.Train*float64(n))
	}
	if s.Test > 0 {
		wanted, ideal = append(wanted, Test), append(ideal, (1-s.Test)*float64(n))
	}
	if len(borders) < len(ideal) {
		return nil, fmt.Errorf("TIME cannot fill %d parts: the %d rows have %d different times; split by RANDOM, or give a finer time", len(wanted), n, len(borders)+1)
	}
	cut, next := 0, 0
	for j, part := range wanted {
		end := n
		if j < len(ideal) {
			last := len(borders) - (len(ideal) - j) // leaves a border for each later cut
			at := next
			for b := next; b <= last; b++ {
				if math.Abs(float64(borders[b])-ideal[j]) <= math.Abs(float64(borders[at])-ideal[j]) {
					at = b
				}
			}
			end, next = borders[at], at+1
		}
		for _, i := range rows[cut:end] {
			parts[i] = part
		}
		if share := float64(end) / float64(n); part == Train && math.Abs(share-s.Train) > farOff {
			warnings = append(warnings, fmt.Sprintf("rows of the same time stay together, so TRAIN holds %.0f %% of the rows, not %g %%", 100*share, tidy(100*s.Train)))
		}
		cut = end
	}
	return warnings, nil
}
