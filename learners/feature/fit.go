package feature

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"aibms/learners/data"
)

// Fit learns the transformers of items from the given rows of ds (nil: all) and from nothing else; neither the order of the rows nor that of the
// items changes what they learn. y, one target for each of the rows, is for transformers that look at the target; it may be nil. The warnings
// are for the user. Fit ends within 50 ms of ctx.
//
// It fails for what Check finds, for an input that is not in ds, for text without an encoder, and when no row or no output column is left.
func Fit(ctx context.Context, items []Item, ds *data.Dataset, rows []int32, y []float64) (*Pipeline, []string, error) {
	if err := Check(items); err != nil {
		return nil, nil, err
	}
	selected, err := selectRows(ds, rows)
	if err != nil {
		return nil, nil, err
	}
	if selected.n == 0 {
		return nil, nil, errors.New("there is no training row to learn features from")
	}
	if y != nil && len(y) != selected.n {
		return nil, nil, fmt.Errorf("%d targets of %d training rows", len(y), selected.n)
	}
	var (
		features  = make([]fitted, 0, len(items))
		summaries []summary
		warnings  []string
		places    = map[string]int{}            // of the inputs
		buffer    = make([]float64, selected.n) // for the numbers of one item at a time
	)
	for _, it := range items {
		w := fitting{ctx: ctx, item: canonical(it), rows: selected.n, buffer: buffer}
		column, err := findColumn(ds, it.Input)
		if err == nil {
			var f fitted
			var s summary
			place, used := places[it.Input]
			if column.Kind == data.Categorical {
				f, s, err = w.fitTextItem(selected, column)
			} else {
				f, s, err = w.fitNumberItem(selected, column, !used)
			}
			if !used {
				place = len(places)
				places[it.Input] = place
				summaries = append(summaries, s)
			}
			f.input = place
			features = append(features, f)
		}
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		if err != nil {
			return nil, nil, fmt.Errorf("feature %s: %w", QuoteName(it.As), err)
		}
		warnings = append(warnings, w.warnings...)
	}
	p, err := assemble(features, summaries, selected.n)
	if err != nil {
		return nil, nil, err
	}
	if len(p.columns) == 0 {
		return nil, nil, fmt.Errorf("no feature is left: every input is NULL in all of the %d training rows", selected.n)
	}
	return p, warnings, nil
}

// canonical is the item with its transformers in upper case.
func canonical(it Item) Item {
	calls := make([]Call, len(it.Calls))
	for i, c := range it.Calls {
		calls[i] = Call{Name: strings.ToUpper(c.Name), Args: append([]string(nil), c.Args...)}
	}
	it.Calls = calls
	return it
}

func (w *fitting) fitNumberItem(rows selection, column *data.Column, first bool) (fitted, summary, error) {
	f := fitted{item: w.item, indicator: -1}
	col := w.buffer
	low, infinite := 0, 0
	err := eachChunk(w.ctx, col, func(chunk []float64) {
		infinite += rows.numbers(column, low, chunk)
		low += len(chunk)
	})
	if err != nil {
		return f, summary{}, err
	}
	var s summary
	if first {
		if s.numbers, err = w.measure(col); err != nil {
			return f, s, err
		}
		if infinite > 0 {
			w.warn("%d training rows hold an infinite %s; SQL has no infinity, so they count as NULL", infinite, w.item.Input)
		}
	}
	return f, s, w.fitSteps(&f, w.item.Calls, col)
}

func (w *fitting) fitTextItem(rows selection, column *data.Column) (fitted, summary, error) {
	f := fitted{item: w.item, indicator: -1}
	part, err := splitText(w.item)
	if err != nil {
		return f, summary{}, err
	}
	counts, nulls, err := rows.countLevels(w.ctx, column)
	if err != nil {
		return f, summary{}, err
	}
	s := summarizeText(column.Levels, counts, rows.n, nulls)
	if f.text, err = fitText(w, part, column.Levels, counts, nulls); err != nil {
		return f, s, err
	}
	f.hot, f.category = part.encoder == "ONE_HOT", part.encoder == "CATEGORY"
	rest := w.item.Calls[part.calls:]
	if len(rest) == 0 {
		return f, s, nil
	}
	col := w.buffer
	translated, low := f.text.translate(column.Levels), 0
	err = eachChunk(w.ctx, col, func(chunk []float64) {
		rows.texts(column, f.text, translated, low, chunk, nil)
		low += len(chunk)
	})
	if err != nil {
		return f, s, err
	}
	return f, s, w.fitSteps(&f, rest, col)
}

// fitSteps fits the calls one after the other, each to what the one before made of the training rows.
func (w *fitting) fitSteps(f *fitted, calls []Call, col []float64) error {
	for i, c := range calls {
		t, args, err := lookup(c)
		if err != nil {
			return err
		}
		s, err := t.fit(w, args, col)
		if err != nil {
			return err
		}
		if err := f.add(c, s); err != nil {
			return err
		}
		if i == len(calls)-1 {
			break // nobody looks at what the outermost one makes
		}
		if err := eachChunk(w.ctx, col, s.apply); err != nil {
			return err
		}
		w.applied(s)
	}
	return nil
}
