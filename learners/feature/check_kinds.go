package feature

import (
	"fmt"

	"aibms/learners/data"
)

// CheckKinds finds what does not fit the kinds of the inputs before any data is read: text that nothing encodes, numbers that IMPUTE would fill with text. kinds
// are by Item.Input.
func CheckKinds(items []Item, kinds map[string]data.Kind) error {
	for _, it := range items {
		if err := checkKind(canonical(it), kinds[it.Input]); err != nil {
			return fmt.Errorf("feature %s: %w", QuoteName(it.As), err)
		}
	}
	return nil
}

func checkKind(it Item, kind data.Kind) error {
	if kind == data.Categorical {
		_, err := splitText(it)
		return err
	}
	for _, c := range it.Calls {
		t, args, err := lookup(c)
		if err != nil {
			return err
		}
		if t.name == "IMPUTE" {
			if err := checkFill(it.Input, args[0]); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkFill refuses what IMPUTE cannot put into the place of a number.
func checkFill(input string, how literal) error {
	if strategy(how) != "" {
		return nil
	}
	if _, ok := how.number(); ok {
		return nil
	}
	return fmt.Errorf("%s is a number; IMPUTE takes 'mean', 'median', 'most_frequent' or a number, got %s%s", input, clip(how.sql), didYouMean(how.text, strategies))
}
