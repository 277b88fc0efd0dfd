// Package feature turns the columns of a Dataset into the numbers that a learner sees.
//
// A model's features are a list of Items, each in the dialect's own words:
//
//	STANDARD_SCALE(IMPUTE(LOG(x + 1), 'median')) AS lx
//	^ transformer  ^ transformer ^ input         ^ name
//
// An input is a column or a stateless SQL expression; its values arrive already computed, as a column of the Dataset with the input's text
// for a name. Fit learns the transformers' statistics from the training rows and nothing else, and returns a Pipeline: immutable, saved with
// the model, replayed at each prediction. Auto writes the items when the user wrote none; Check refuses wrong ones before any data is read.
//
// NULL is NaN on its way through the numbers. A feature that is NaN after the last transformer makes its row a missing one; the encoders
// ONE_HOT (all zeros) and IMPUTE (a value) are what ends a NULL. Infinite values count as NULL, since SQL has no infinity.
package feature

import "strings"

// Call is one transformer around what is inside it: its name and the printed SQL literals of its arguments after the first.
type Call struct {
	Name string   // upper case, as STANDARD_SCALE
	Args []string // printed SQL literals: 'median', 10, TRUE
}

// Item is one feature: an input, the transformers around it, and its name.
type Item struct {
	Input string // canonical text of a column or SQL expression; the name of its column in the Dataset
	Calls []Call // innermost first
	As    string // the identifier, not quoted
}

// Expression is the item's text without its name: STANDARD_SCALE(IMPUTE(x, 'median')).
func (it Item) Expression() string {
	text := it.Input
	for _, c := range it.Calls {
		text = strings.ToUpper(c.Name) + "(" + strings.Join(append([]string{text}, c.Args...), ", ") + ")"
	}
	return text
}

// String is the item in the dialect's words; parsing it gives the item back.
func (it Item) String() string { return it.Expression() + " AS " + QuoteName(it.As) }
