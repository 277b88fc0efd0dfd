// Package data holds what is learned from: a Dataset (the columnar rows of one query) and Examples (what a learner sees after the feature pipeline).
package data

import (
	"fmt"
	"strings"
)

// Kind is how the values of a column are held.
type Kind uint8

const (
	// Numeric values are float64; NULL is NaN. Integers beyond 2^53 are rounded, a DECIMAL becomes the nearest float64, a BOOL 0 or 1.
	Numeric Kind = iota + 1
	// Categorical values are codes into the column's Levels; NULL is NullCode, a value outside Levels UnseenCode.
	Categorical
)

func (k Kind) String() string {
	switch k {
	case Numeric:
		return "numeric"
	case Categorical:
		return "categorical"
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// NullCode is the code of NULL in a categorical column.
const NullCode int32 = -1

// UnseenCode is the code of a value that is not among the column's Levels: a category that the training rows did not have.
const UnseenCode int32 = -2

// Column is one column of a Dataset: Num when Numeric, Codes and Levels when Categorical. It is immutable once it is in a Dataset.
type Column struct {
	Name   string
	Kind   Kind
	Num    []float64 // n values; NaN is NULL
	Codes  []int32   // n codes into Levels; NullCode is NULL
	Levels []string  // distinct values, sorted as bytes, each at most once
}

// Len is the number of rows.
func (c *Column) Len() int {
	if c.Kind == Categorical {
		return len(c.Codes)
	}
	return len(c.Num)
}

// Dataset is the columnar form of a query's rows. It is immutable and safe for concurrent use.
type Dataset struct {
	Columns []Column
	Rows    int
}

// Column returns the column of that name (case-insensitive, as MySQL's are), or nil.
func (d *Dataset) Column(name string) *Column {
	for i := range d.Columns {
		if strings.EqualFold(d.Columns[i].Name, name) {
			return &d.Columns[i]
		}
	}
	return nil
}
