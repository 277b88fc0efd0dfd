package feature

import (
	"fmt"
	"slices"
)

// ORDINAL(x [, v1, v2, ...]) gives 0 for v1, 1 for v2 and so on; without a list, the categories of the training rows in their order (texts as
// bytes, numbers by size). NULL, unless it is listed, and a category that is not, are NULL.

func checkOrdinal(args []literal) error {
	seen := map[string]bool{}
	for _, a := range args {
		key := a.text
		if n, ok := a.number(); ok && a.kind != textLiteral {
			key = label(n)
		} else if a.kind == nullLiteral {
			key = "NULL literal"
		}
		if seen[key] {
			return fmt.Errorf("lists %s twice", clip(a.sql))
		}
		seen[key] = true
	}
	return nil
}

// nullCode is the place of NULL in the list, or -1.
func nullCode(args []literal) int {
	for i, a := range args {
		if a.kind == nullLiteral {
			return i
		}
	}
	return -1
}

func fitOrdinal(f *fitting, args []literal, col []float64) (step, error) {
	values, err := sorted(f.ctx, col)
	if err != nil {
		return nil, err
	}
	categories := frequencies(values)
	if len(args) == 0 {
		if len(categories) == 0 {
			f.warn("%s is NULL in every training row; ORDINAL knows no category of it", f.item.Input)
		}
		all := make([]float64, len(categories))
		for i, c := range categories {
			all[i] = c.value
		}
		return newCodes(all, -1), nil
	}
	listed, err := listedNumbers(f.item.Input, args)
	if err != nil {
		return nil, err
	}
	others := 0
	for _, c := range categories {
		if !slices.Contains(listed, c.value) {
			others += c.count
		}
	}
	warnUnlisted(f, others)
	return newCodes(listed, nullCode(args)), nil
}

// listedNumbers is the list of ORDINAL for an input of numbers, without NULL.
func listedNumbers(input string, args []literal) ([]float64, error) {
	var listed []float64
	for _, a := range args {
		if a.kind == nullLiteral {
			continue
		}
		v, ok := a.number()
		if !ok {
			return nil, fmt.Errorf("%s is a number, but ORDINAL lists the text %s", input, clip(a.sql))
		}
		if slices.Contains(listed, v) {
			return nil, fmt.Errorf("ORDINAL lists the number %s twice", label(v))
		}
		listed = append(listed, v)
	}
	return listed, nil
}

// warnUnlisted says that some training rows hold values that ORDINAL does not list.
func warnUnlisted(f *fitting, rows int) {
	if rows > 0 {
		f.warn("%d training rows hold values of %s that ORDINAL does not list; they count as NULL", rows, f.item.Input)
	}
}

func loadOrdinal(args []literal, state []float64) (step, error) {
	return loadCodes(state, nullCode(args))
}
