package feature

import (
	"errors"
	"fmt"
	"strings"
)

// Check finds what is wrong with items before any data is read: unknown transformers, arguments that are too few, too many or out of range,
// an order that makes no sense, names that are missing or given twice. What depends on the types of the inputs is checked by Fit.
func Check(items []Item) error {
	if len(items) == 0 {
		return errors.New("a model needs at least one feature")
	}
	taken := map[string]string{}
	take := func(name string, it Item) error {
		key := strings.ToLower(name)
		if other, twice := taken[key]; twice {
			return fmt.Errorf("two features are named %s: %s and %s; give one of them another name after AS", QuoteName(name), other, it.Expression())
		}
		taken[key] = it.Expression()
		return nil
	}
	for _, it := range items {
		if it.Input == "" {
			return errors.New("a feature needs a column or an expression to be made of")
		}
		if it.As == "" {
			return fmt.Errorf("feature %s needs a name: write %s AS name", it.Expression(), it.Expression())
		}
		indicator, err := checkCalls(it)
		if err != nil {
			return fmt.Errorf("feature %s: %w", QuoteName(it.As), err)
		}
		if err := take(it.As, it); err != nil {
			return err
		}
		if indicator {
			if err := take(it.As+indicatorSuffix, it); err != nil {
				return err
			}
		}
	}
	return nil
}

// indicatorSuffix ends the name of the column that IMPUTE(x, how, TRUE) adds.
const indicatorSuffix = "_missing"

// checkCalls checks the transformers of one item, and reports whether one of them adds the indicator column.
func checkCalls(it Item) (indicator bool, err error) {
	for i, c := range it.Calls {
		t, args, err := lookup(c)
		if err != nil {
			return false, err
		}
		switch {
		case t.name == "ONE_HOT" && i < len(it.Calls)-1:
			return false, fmt.Errorf("ONE_HOT makes a column of each category, so it must be the outermost transformer; put %s inside of it, or leave it out",
				strings.ToUpper(it.Calls[i+1].Name))
		case t.name == "CATEGORY" && i < len(it.Calls)-1:
			return false, fmt.Errorf("CATEGORY gives names, not sizes, so it must be the outermost transformer; put %s inside of it, or leave it out",
				strings.ToUpper(it.Calls[i+1].Name))
		case t.name == "IMPUTE" && wantsIndicator(args):
			if indicator {
				return false, errors.New("two IMPUTE ask for the indicator column; leave it to the inner one")
			}
			indicator = true
		}
	}
	return indicator, nil
}
