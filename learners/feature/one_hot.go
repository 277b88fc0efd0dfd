package feature

import (
	"fmt"
	"slices"
)

// ONE_HOT(x [, top_n]) makes one 0/1 column for each category of the training rows, in the order of the categories (texts as bytes, numbers by
// size). NULL and a category that the training rows did not have are zeros throughout. Only the top_n most frequent categories get a column, of
// equally frequent ones the first in order.

// defaultCategories is top_n where the user gives none; maxCategories is the most that can be asked for.
const (
	defaultCategories = 100
	maxCategories     = 10_000
)

func checkOneHot(args []literal) error {
	if len(args) > 1 {
		return fmt.Errorf("takes at most one argument after the first, got %d", len(args))
	}
	if len(args) == 1 {
		if n, ok := args[0].whole(); !ok || n < 1 || n > maxCategories {
			return fmt.Errorf("top_n must be a whole number from 1 to %d, got %s", maxCategories, clip(args[0].sql))
		}
	}
	return nil
}

// keepTop returns which categories a transformer knows, the top most frequent unless the user says how many, given how often each occurs in the training rows: ascending indexes into counts.
func keepTop(f *fitting, name string, top int, args []literal, counts []int) ([]int, error) {
	kept, frequency := make([]int, 0, len(counts)), make([]float64, 0, len(counts))
	for i, n := range counts {
		if n > 0 {
			kept, frequency = append(kept, i), append(frequency, float64(n))
		}
	}
	all := len(kept)
	if len(args) == 1 {
		top, _ = args[0].whole()
	}
	if all == 0 {
		made := "makes no column"
		if name == "CATEGORY" {
			made = "knows no category"
		}
		f.warn("%s is NULL in every training row; %s %s of it", f.item.Input, name, made)
	}
	if all <= top {
		return kept, nil
	}
	ascending, err := sorted(f.ctx, frequency)
	if err != nil {
		return nil, err
	}
	limit := int(ascending[all-top]) // of the least frequent that is kept
	ties := top
	for _, i := range kept {
		if counts[i] > limit {
			ties--
		}
	}
	kept = slices.DeleteFunc(kept, func(i int) bool {
		if counts[i] == limit {
			ties--
			return ties < 0
		}
		return counts[i] < limit
	})
	if len(args) == 0 {
		others := "zeros"
		if name == "CATEGORY" {
			others = "missing"
		}
		f.warn("%s keeps the %d most frequent of the %d categories of %s, the others become %s; %s(%s, %d) keeps more", name, top, all,
			f.item.Input, others, name, f.item.Input, min(all, maxCategories))
	}
	return kept, nil
}

// fitOneHot numbers the categories of a column of numbers; the pipeline makes the columns.
func fitOneHot(f *fitting, args []literal, col []float64) (step, error) {
	return fitFrequent(f, "ONE_HOT", defaultCategories, args, col)
}

// fitFrequent numbers the most frequent categories of a column of numbers.
func fitFrequent(f *fitting, name string, top int, args []literal, col []float64) (step, error) {
	values, err := sorted(f.ctx, col)
	if err != nil {
		return nil, err
	}
	categories := frequencies(values)
	counts := make([]int, len(categories))
	for i, c := range categories {
		counts[i] = c.count
	}
	frequent, err := keepTop(f, name, top, args, counts)
	if err != nil {
		return nil, err
	}
	kept := make([]float64, len(frequent))
	for i, c := range frequent {
		kept[i] = categories[c].value
	}
	return newCodes(kept, -1), nil
}

func loadOneHot(_ []literal, state []float64) (step, error) { return loadCodes(state, -1) }
