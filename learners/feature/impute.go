package feature

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// IMPUTE(x, how [, indicator]) puts a value in the place of NULL: the mean, the median or the most frequent value (of several the smallest) of
// the training rows, or a constant. With an indicator of TRUE the feature has one more column, name_missing, that is 1 where x was NULL.
// Text takes 'most_frequent' or a constant; a text that the training rows did not have is no NULL and stays as it is.

var strategies = []string{"mean", "median", "most_frequent"}

// strategy is how as one of strategies, or "" when it is a constant.
func strategy(how literal) string {
	if how.kind == textLiteral {
		for _, s := range strategies {
			if strings.EqualFold(s, how.text) {
				return s
			}
		}
	}
	return ""
}

func checkImpute(args []literal) error {
	if len(args) < 1 || len(args) > 2 {
		return fmt.Errorf("takes one or two arguments after the first, got %d", len(args))
	}
	if args[0].kind == nullLiteral {
		return errors.New("cannot put NULL in the place of NULL")
	}
	if len(args) == 2 {
		if on := args[1]; on.kind != boolLiteral && (on.kind != numberLiteral || on.num != 0 && on.num != 1) {
			return fmt.Errorf("the indicator must be TRUE or FALSE, got %s", clip(on.sql))
		}
	}
	return nil
}

// wantsIndicator reports whether checked arguments of IMPUTE ask for the indicator column.
func wantsIndicator(args []literal) bool { return len(args) == 2 && args[1].num == 1 }

// imputeNumber is IMPUTE of numbers.
type imputeNumber struct {
	value float64
}

// imputedConstant is a constant of IMPUTE for an input of numbers.
func imputedConstant(input string, how literal) (float64, error) {
	value, ok := how.number()
	if !ok {
		return 0, fmt.Errorf("%s is a number; IMPUTE takes 'mean', 'median', 'most_frequent' or a number, got %s%s", input, clip(how.sql), didYouMean(how.text, strategies))
	}
	return value, nil
}

func fitImpute(f *fitting, args []literal, col []float64) (step, error) {
	how := strategy(args[0])
	if how == "" {
		value, err := imputedConstant(f.item.Input, args[0])
		return imputeNumber{value}, err
	}
	value, known, err := f.imputedValue(how, col)
	if err != nil {
		return nil, err
	}
	if !known {
		f.warn("%s is NULL in every training row; IMPUTE puts 0 in its place", f.item.Input)
	}
	return imputeNumber{value}, nil
}

// imputedValue is the statistic that stands for NULL; it is not known when col has no number.
func (f *fitting) imputedValue(how string, col []float64) (value float64, known bool, err error) {
	if how == "mean" {
		m, err := f.measure(col)
		if err != nil || m.count == 0 {
			return 0, false, err
		}
		return m.mean, true, nil
	}
	if how == "median" {
		return median(f.ctx, col)
	}
	values, err := sorted(f.ctx, col)
	if err != nil || len(values) == 0 {
		return 0, false, err
	}
	var top frequency
	for _, f := range frequencies(values) {
		if f.count > top.count {
			top = f
		}
	}
	return top.value, true, nil
}

func (s imputeNumber) apply(col []float64) {
	for i, x := range col {
		if x != x {
			col[i] = s.value
		}
	}
}

func (s imputeNumber) state() []float64 { return []float64{s.value} }

func loadImpute(_ []literal, state []float64) (step, error) {
	if len(state) != 1 || !finite(state[0]) {
		return nil, fmt.Errorf("value %v", state)
	}
	return imputeNumber{state[0]}, nil
}

// markNulls sets mark[i] to 1 where col[i] is NULL, else to 0: the indicator column.
func markNulls(mark, col []float64) {
	for i, x := range col {
		mark[i] = 0
		if math.IsNaN(x) {
			mark[i] = 1
		}
	}
}
