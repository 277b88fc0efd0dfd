// Package split decides which rows a model learns from, which it is tuned on and which it is judged by.
//
// Assign gives each row its Part. It looks at nothing but what Input says of the rows and at Spec: the same rows get the same parts, whatever their order,
// on every machine and in every release. A version's TEST rows are found again by splitting its recorded data anew, so the assignment of no method may
// ever change.
package split

import (
	"context"
	"fmt"
	"math"
)

// Part is where a row goes. The zero Part is None.
type Part uint8

const (
	None     Part = iota // left out
	Train                // the model and its pipeline are fitted on these rows
	Validate             // early stopping and tuning look at these
	Test                 // for the metrics alone
)

func (p Part) String() string {
	switch p {
	case None:
		return "NONE"
	case Train:
		return "TRAIN"
	case Validate:
		return "VALIDATE"
	case Test:
		return "TEST"
	}
	return fmt.Sprintf("part(%d)", uint8(p))
}

// Method is how rows are assigned.
type Method uint8

const (
	// Random goes by a hash of the row's identity and the seed: rows that are added move no other row. The shares of the parts are right on average.
	Random Method = iota + 1
	// Stratified orders the rows of each class by that hash and cuts them at the fractions: every part holds every class in its share, exactly but for
	// rounding. Where rows are added, a few others can move over the cuts of their class.
	Stratified
	// Hash is Random with the seed 0 for ever: all models over the same keys agree.
	Hash
	// Time gives the oldest rows to TRAIN, later ones to VALIDATE, the newest to TEST. Rows of the same time stay together.
	Time
	// Column does what a column says for each row: TRAIN, VALIDATE or TEST in any case; NULL leaves the row out.
	Column
	// NoSplit trains on all rows.
	NoSplit
)

// String is the word of the SQL dialect.
func (m Method) String() string {
	switch m {
	case Random:
		return "RANDOM"
	case Stratified:
		return "STRATIFIED"
	case Hash:
		return "HASH"
	case Time:
		return "TIME"
	case Column:
		return "COLUMN"
	case NoSplit:
		return "NONE"
	}
	return fmt.Sprintf("method(%d)", uint8(m))
}

// Spec says how to split.
type Spec struct {
	Method                Method
	Train, Validate, Test float64 // fractions, each in 0..1, that sum to 1, Train above 0 (see Fractions); not read by Column and NoSplit
	Seed                  uint64  // of Random and Stratified
}

// Input is what is known of the n rows. Nothing of it is changed.
type Input struct {
	ID      []uint64  // n: a hash of each row's identity (key or content); equal rows may share one. Always needed
	Class   []float64 // n class codes, for Stratified
	Classes []string  // names of the codes, for warnings; may be nil
	Time    []float64 // n times on any scale, not NaN, for Time
	Column  []*string // n values, nil is NULL, for Column
}

// Assign returns the part of each of the n rows, and warnings for the user. It fails when Input or Spec is wrong, and when a part that has a fraction (for
// Column: TRAIN) would get no row; the error says what to do. O(n) time for Random, Hash, Column and NoSplit, O(n log n) for the others.
func Assign(ctx context.Context, spec Spec, in Input) (parts []Part, warnings []string, err error) {
	n := len(in.ID)
	if n == 0 {
		return nil, nil, fmt.Errorf("there are no rows to split")
	}
	if err := spec.check(in); err != nil {
		return nil, nil, err
	}
	parts = make([]Part, n)
	switch spec.Method {
	case Random, Hash:
		spec.byHash(in.ID, parts)
	case Stratified:
		warnings, err = spec.byClass(ctx, in, parts)
	case Time:
		warnings, err = spec.byTime(in.Time, parts)
	case Column:
		err = byColumn(in.Column, parts)
	case NoSplit:
		for i := range parts {
			parts[i] = Train
		}
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, nil, err
	}
	if err := spec.filled(parts); err != nil {
		return nil, nil, err
	}
	return parts, warnings, nil
}

// check refuses a Spec or an Input that cannot be worked with. Row numbers count from 1.
func (s Spec) check(in Input) error {
	need := func(what string, got int) error {
		if got != len(in.ID) {
			return fmt.Errorf("%s needs %s of each row: there are %d for %d rows", s.Method, what, got, len(in.ID))
		}
		return nil
	}
	switch s.Method {
	case Column:
		return need("the split column", len(in.Column))
	case NoSplit:
		return nil
	case Random, Hash, Stratified, Time:
	default:
		return fmt.Errorf("unknown split method %d", uint8(s.Method))
	}
	if err := s.checkFractions(); err != nil {
		return err
	}
	switch s.Method {
	case Stratified:
		if err := need("the class", len(in.Class)); err != nil {
			return err
		}
		for i, c := range in.Class {
			if math.IsNaN(c) {
				return fmt.Errorf("row %d has no class: leave rows without a target out before STRATIFIED", i+1)
			}
		}
	case Time:
		if err := need("the time", len(in.Time)); err != nil {
			return err
		}
		for i, t := range in.Time {
			if math.IsNaN(t) {
				return fmt.Errorf("row %d has no time: leave rows without one out, or split by RANDOM", i+1)
			}
		}
	}
	return nil
}

// filled refuses an outcome in which a part that was asked for is empty.
func (s Spec) filled(parts []Part) error {
	var rows [Test + 1]int
	for _, p := range parts {
		rows[p]++
	}
	switch {
	case s.Method == Column && rows[Train] == 0:
		return fmt.Errorf("no row is marked TRAIN in the split column (%d VALIDATE, %d TEST, %d NULL): there is nothing to learn from", rows[Validate], rows[Test], rows[None])
	case s.Method == Column || s.Method == NoSplit:
		return nil
	}
	for _, want := range []struct {
		part     Part
		fraction float64
	}{{Train, s.Train}, {Validate, s.Validate}, {Test, s.Test}} {
		if want.fraction > 0 && rows[want.part] == 0 {
			return fmt.Errorf("%s puts none of the %d rows into %s (fraction %g): give more rows or a larger fraction, or train on all rows with SPLIT NONE",
				s.Method, len(parts), want.part, want.fraction)
		}
	}
	return nil
}
