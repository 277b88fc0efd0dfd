package feature

import (
	"context"
	"fmt"
	"slices"
)

// ONE_HOT(x [, top_n]) makes one 0/1 column for each category of the training rows, in the order of the categories (texts as bytes, numbers by
// size). NULL and a category that the training rows did not have are zeros throughout. Only the top_n most frequent categories get a column, of
// equally frequent ones the first in order.

// MostColumns is how many columns the automatic rules make of a category at most.
const MostColumns = 100

// defaultCategories is top_n where the user gives none; maxCategories is the most that can be asked for.
const (
	defaultCategories = MostColumns
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
	if len(args) == 1 {
		top, _ = args[0].whole()
	}
	weights, all := make([]float64, len(counts)), 0
	for i, n := range counts {
		if weights[i] = float64(n); n > 0 {
			all++
		}
	}
	if all == 0 {
		made := "makes no column"
		if name == "CATEGORY" {
			made = "knows no category"
		}
		f.warn("%s is NULL in every training row; %s %s of it", f.item.Input, name, made)
	}
	kept, err := Frequent(f.ctx, weights, top)
	if err != nil || all <= top {
		return kept, err
	}
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

// Frequent are the places of the top largest of the counts above 0, of equal ones the first, in ascending order.
func Frequent(ctx context.Context, counts []float64, top int) ([]int, error) {
	kept, above := make([]int, 0, len(counts)), make([]float64, 0, len(counts))
	for i, n := range counts {
		if n > 0 {
			kept, above = append(kept, i), append(above, n)
		}
	}
	if len(kept) <= top {
		return kept, nil
	}
	ascending, err := sorted(ctx, above)
	if err != nil {
		return nil, err
	}
	limit := ascending[len(kept)-top] // of the least frequent that is kept
	ties := top
	for _, n := range above {
		if n > limit {
			ties--
		}
	}
	return slices.DeleteFunc(kept, func(i int) bool {
		if counts[i] == limit {
			ties--
			return ties < 0
		}
		return counts[i] < limit
	}), nil
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
