package lifecycle

import (
	"errors"
	"fmt"
)

// What can be wrong with a statement of the model lifecycle, besides what the catalog reports. The errors that functions return wrap one of these and
// say the clause, the value, the valid choices and the fix.
var (
	// ErrDefinition is returned when a clause of a statement does not fit: an unknown learner or hyper-parameter, a column in two roles ...
	ErrDefinition = errors.New("definition is not valid")
	// ErrColumn is returned when a clause names a column that the source does not have.
	ErrColumn = errors.New("unknown column")
	// ErrData is returned when nothing can be learned from, or measured on, the rows that were read.
	ErrData = errors.New("data cannot be used")
	// ErrTooLarge is returned when a source has more rows, or needs more memory, than the statement allows.
	ErrTooLarge = errors.New("the source is too large")
	// ErrMismatch is returned when a column is of another type than the one that a version learned from.
	ErrMismatch = errors.New("features do not match the version")
	// ErrTime is returned when TRAIN took longer than WITH (max_time = ...).
	ErrTime = errors.New("max_time is over")
	// ErrChanged is returned when a version's own data cannot be read again.
	ErrChanged = errors.New("data of the version is not available")
)

type fault struct {
	kind error
	text string
}

func (e *fault) Error() string { return e.text }
func (e *fault) Unwrap() error { return e.kind }

// Errorf makes an error of a kind.
func Errorf(kind error, format string, args ...any) error {
	return &fault{kind, fmt.Sprintf(format, args...)}
}
