package split

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
)

// byClass orders the rows of each class by place and gives the first round(train n) to TRAIN, up to round((train + validate) n) to VALIDATE, the others to
// TEST. Every class has at least a row in TRAIN, so the single row of a class goes there, with a warning.
func (s Spec) byClass(ctx context.Context, in Input, parts []Part) (warnings []string, err error) {
	byClass := map[float64][]placed{}
	count := map[float64]int{}
	for _, c := range in.Class {
		count[c]++
	}
	codes := make([]float64, 0, len(count))
	for c, n := range count {
		codes = append(codes, c)
		byClass[c] = make([]placed, 0, n)
	}
	for i, c := range in.Class {
		byClass[c] = append(byClass[c], placed{place(in.ID[i], s.Seed), i})
	}
	slices.Sort(codes)
	var single []string
	for _, c := range codes {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		rows := byClass[c]
		train, held := s.cuts(len(rows))
		first(rows, held)
		first(rows[:held], train)
		for k, x := range rows {
			switch {
			case k < train:
				parts[x.row] = Train
			case k < held:
				parts[x.row] = Validate
			default:
				parts[x.row] = Test
			}
		}
		if len(rows) == 1 && s.Train < 1 {
			single = append(single, in.className(c))
		}
	}
	if len(single) > 0 {
		warnings = append(warnings, singleRows(single))
	}
	return warnings, nil
}

// first moves the n rows of lowest place to the front, in no order. Places are hashes, spread evenly over 64 bits: two passes by their upper bits leave a handful of rows about
// the cut to be sorted. O(len(rows)) time.
func first(rows []placed, n int) {
	if n == 0 || n == len(rows) {
		return
	}
	const bits = 12
	var counts [1 << bits]int
	for _, x := range rows {
		counts[x.place>>(64-bits)]++
	}
	cut, below := 0, 0 // the digit of the n-th row, and how many rows have a lower one
	for below+counts[cut] < n {
		below += counts[cut]
		cut++
	}
	// lower digits to the front, the cut's next, higher ones to the back
	lo, hi := 0, len(rows)
	for k := 0; k < hi; {
		switch d := int(rows[k].place >> (64 - bits)); {
		case d < cut:
			rows[lo], rows[k] = rows[k], rows[lo]
			lo++
			k++
		case d > cut:
			hi--
			rows[k], rows[hi] = rows[hi], rows[k]
		default:
			k++
		}
	}
	slices.SortFunc(rows[lo:hi], placed.compare)
}

// cuts is how many of n rows go to TRAIN, and to TRAIN and VALIDATE together.
func (s Spec) cuts(n int) (train, held int) {
	train = max(1, int(math.Round(s.Train*float64(n))))
	held = int(math.Round((s.Train + s.Validate) * float64(n)))
	if s.Test == 0 {
		held = n // whatever the rounding of the sum
	}
	if s.Validate == 0 {
		held = train
	}
	return train, max(train, held)
}

// className is the name of a class code, or the code itself.
func (in Input) className(code float64) string {
	if k := int(code); float64(k) == code && k >= 0 && k < len(in.Classes) {
		return "'" + in.Classes[k] + "'"
	}
	return fmt.Sprint(code)
}

// singleRows is the warning about classes of one row, a few of them by name.
func singleRows(classes []string) string {
	const shown = 5
	list := strings.Join(classes[:min(shown, len(classes))], ", ")
	if more := len(classes) - shown; more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	if len(classes) == 1 {
		return fmt.Sprintf("class %s has a single row; it goes to TRAIN, so no metric shows how well the class is predicted", list)
	}
	return fmt.Sprintf("%d classes have a single row (%s); they go to TRAIN, so no metric shows how well these classes are predicted", len(classes), list)
}
