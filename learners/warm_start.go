package learners

import "fmt"

// WarmStartError is why FitFrom cannot go on from a model, where Fit would do: it is another learner's, or what the learner was given now does not fit it. Its text names the learner and what differs.
type WarmStartError struct{ text string }

func (e *WarmStartError) Error() string { return e.text }

// CannotGoOn makes a WarmStartError of a learner.
func CannotGoOn(learner, format string, args ...any) error {
	return &WarmStartError{learner + ": " + fmt.Sprintf(format, args...)}
}

// Differs is the error of a FitFrom that needs what its first model was made with: before and now are its value then and now, as the user knows them.
func Differs(learner, what string, before, now any) error {
	return CannotGoOn(learner, "a warm start needs the same %s, the first model has %v, now it is %v", what, before, now)
}

// FirstModel is the model that FitFrom begins with, when it is one of the learner's own type M.
func FirstModel[M Model](learner string, from Model) (M, error) {
	m, ok := from.(M)
	if !ok {
		return m, CannotGoOn(learner, "a warm start needs a model of the same learner")
	}
	return m, nil
}

// SameCategories returns an error unless each feature is of as many categories as it was in the first model, 0 for a number; nil: all are numbers. There are as many features as then.
func SameCategories(learner string, before, now []int) error {
	of := func(categories []int, feature int) int {
		if categories == nil {
			return 0
		}
		return categories[feature]
	}
	for j := range max(len(before), len(now)) {
		if was, is := of(before, j), of(now, j); was != is {
			return Differs(learner, fmt.Sprintf("number of categories of feature %d", j+1), was, is)
		}
	}
	return nil
}
