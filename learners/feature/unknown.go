package feature

import (
	"context"
	"fmt"
	"math"

	"aibms/learners/data"
)

// Unknown warns of categories in the given training rows of ds (nil: all) that the pipeline does not know, a warning for each feature: what a fit on these rows would have learned. A feature that knows as many categories
// as it may (top_n of ONE_HOT and CATEGORY) says nothing of others, since it may have left them out when it was fitted. It ends within 50 ms of ctx; otherwise it fails as Transform does.
func (p *Pipeline) Unknown(ctx context.Context, ds *data.Dataset, rows []int32) ([]string, error) {
	selected, err := selectRows(ds, rows)
	if err != nil {
		return nil, err
	}
	columns, err := p.bind(ds)
	if err != nil {
		return nil, err
	}
	var warnings []string
	for i := range p.features {
		f := &p.features[i]
		count, first := 0, ""
		if f.text != nil {
			count, first, err = f.unknownTexts(ctx, selected, columns[f.input])
		} else {
			count, first, err = f.unknownNumbers(ctx, selected, columns[f.input])
		}
		if err != nil {
			return nil, err
		}
		if count > 0 {
			warnings = append(warnings, fmt.Sprintf("feature %s: %d of %d training rows hold categories of %s that it does not know, such as %s; they count as unseen", QuoteName(f.item.As), count, selected.n, f.item.Input, first))
		}
	}
	return warnings, nil
}

// unknownTexts counts the rows whose text the feature does not know, and names the first of these texts in order.
func (f *fitted) unknownTexts(ctx context.Context, rows selection, column *data.Column) (count int, first string, err error) {
	part, err := splitText(f.item)
	if err != nil || full(part.encoder, part.args, len(f.text.values)) {
		return 0, "", err
	}
	counts, _, err := rows.countLevels(ctx, column)
	if err != nil {
		return 0, "", err
	}
	for i, n := range counts {
		if n == 0 || f.text.of(column.Levels[i]) == f.text.of(column.Levels[i]) {
			continue
		}
		if count == 0 {
			first = QuoteText(column.Levels[i])
		}
		count += n
	}
	return count, first, nil
}

// unknownNumbers is unknownTexts for a number that a step takes for a category, and names the least of these.
func (f *fitted) unknownNumbers(ctx context.Context, rows selection, column *data.Column) (count int, first string, err error) {
	least := math.Inf(1)
	for i, s := range f.steps {
		known, ok := s.(*codes)
		if !ok {
			continue
		}
		t, args, err := lookup(f.item.Calls[i])
		if err != nil || full(t.name, args, len(known.values)) {
			return 0, "", err
		}
		var block [blockRows]float64
		for low := 0; low < rows.n; low += blockRows {
			if err := ctx.Err(); err != nil {
				return 0, "", err
			}
			col := block[:min(blockRows, rows.n-low)]
			rows.numbers(column, low, col)
			for _, before := range f.steps[:i] {
				before.apply(col)
			}
			for _, x := range col {
				if _, ok := known.code[x]; !ok && x == x {
					count, least = count+1, min(least, x)
				}
			}
		}
		return count, label(least), nil // what comes behind sees codes
	}
	return 0, "", nil
}

// full reports whether an encoder may have left out categories when it was fitted, because it knows as many as it may.
func full(encoder string, args []literal, known int) bool {
	top := 0
	switch encoder {
	case "ONE_HOT":
		top = defaultCategories
	case "CATEGORY":
		top = defaultKnown
	default:
		return false
	}
	if len(args) == 1 {
		top, _ = args[0].whole()
	}
	return known >= top
}
