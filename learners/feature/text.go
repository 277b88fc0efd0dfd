package feature

import (
	"fmt"
	"math"
	"slices"
)

// textCodes is the part of a feature that works on text: any number of IMPUTE, then ONE_HOT, ORDINAL or CATEGORY. Together they are a map from text to
// code; the code is a number from there on.
type textCodes struct {
	values    []string // all different; the code of values[i] is codeAt(i, null)
	null      int      // code that ORDINAL lists for NULL; -1: none
	fill      float64  // what NULL becomes: a code, or NaN
	indicator bool     // an IMPUTE asked for the indicator column
	code      map[string]float64
}

func newTextCodes(values []string, null int, fill float64, indicator bool) *textCodes {
	t := &textCodes{values: values, null: null, fill: fill, indicator: indicator, code: make(map[string]float64, len(values))}
	for i, v := range values {
		t.code[v] = codeAt(i, null)
	}
	return t
}

// of is the code of a text: NaN when it is unseen.
func (t *textCodes) of(text string) float64 {
	if c, ok := t.code[text]; ok {
		return c
	}
	return math.NaN()
}

// translate maps the codes of a column with the given levels to the codes of t.
func (t *textCodes) translate(levels []string) []float64 {
	out := make([]float64, len(levels))
	for i, l := range levels {
		out[i] = t.of(l)
	}
	return out
}

// textPart is how the calls of an item divide when its input is text.
type textPart struct {
	imputes [][]literal // arguments of each IMPUTE, innermost first
	encoder string      // ONE_HOT, ORDINAL or CATEGORY
	args    []literal   // of the encoder
	calls   int         // how many of the item's calls these are
}

// splitText finds the text part of an item. An item without an encoder, or with something else before it, is an error: learners take numbers.
func splitText(it Item) (textPart, error) {
	var part textPart
	for _, c := range it.Calls {
		t, args, err := lookup(c)
		if err != nil {
			return part, err
		}
		part.calls++
		switch t.name {
		case "IMPUTE":
			part.imputes = append(part.imputes, args)
		case "ONE_HOT", "ORDINAL", "CATEGORY":
			part.encoder, part.args = t.name, args
			return part, nil
		default:
			return part, fmt.Errorf("%s is text and %s needs a number: wrap it in ORDINAL first, or write ONE_HOT(%s) AS %s", it.Input, t.name, it.Input,
				QuoteName(it.As))
		}
	}
	return part, fmt.Errorf("%s is text and a learner needs numbers: wrap it in ONE_HOT or ORDINAL, as in ONE_HOT(%s) AS %s", it.Input,
		it.Expression(), QuoteName(it.As))
}

func (p textPart) indicator() bool {
	for _, args := range p.imputes {
		if wantsIndicator(args) {
			return true
		}
	}
	return false
}

// fitText learns the text part of an item from how often each of the levels, which are sorted, and NULL occur in the training rows.
func fitText(f *fitting, part textPart, levels []string, counts []int, nulls int) (*textCodes, error) {
	levels, counts = slices.Clone(levels), slices.Clone(counts) // a constant of IMPUTE may add one
	filled, fill := false, ""
	for _, args := range part.imputes {
		how := strategy(args[0])
		switch {
		case how == "mean" || how == "median":
			return nil, fmt.Errorf("%s is text; IMPUTE takes 'most_frequent' or a constant of it, got '%s'", f.item.Input, how)
		case filled:
			continue // nothing is NULL any more
		case how == "most_frequent":
			top := -1
			for i, n := range counts {
				if n > 0 && (top < 0 || n > counts[top]) {
					top = i
				}
			}
			if top < 0 {
				f.warn("%s is NULL in every training row; IMPUTE finds no most frequent value", f.item.Input)
				continue
			}
			fill = levels[top]
		default:
			fill = args[0].text
			if hint := didYouMean(fill, strategies[2:]); hint != "" {
				f.warn("IMPUTE puts the text %s in the place of NULL%s", QuoteText(fill), hint)
			}
		}
		filled = true
		at, known := slices.BinarySearch(levels, fill)
		if !known {
			levels, counts = slices.Insert(levels, at, fill), slices.Insert(counts, at, 0)
		}
		counts[at] += nulls
	}
	null := -1
	var kept []string
	switch {
	case part.encoder == "ONE_HOT" || part.encoder == "CATEGORY":
		most := defaultCategories
		if part.encoder == "CATEGORY" {
			most = defaultKnown
		}
		top, err := keepTop(f, part.encoder, most, part.args, counts)
		if err != nil {
			return nil, err
		}
		for _, i := range top {
			kept = append(kept, levels[i])
		}
	case len(part.args) == 0:
		for i, n := range counts {
			if n > 0 {
				kept = append(kept, levels[i])
			}
		}
		if len(kept) == 0 {
			f.warn("%s is NULL in every training row; ORDINAL knows no category of it", f.item.Input)
		}
	default:
		null = nullCode(part.args)
		listed := map[string]bool{}
		for _, a := range part.args {
			if a.kind == nullLiteral {
				continue
			}
			if listed[a.text] {
				return nil, fmt.Errorf("ORDINAL lists %s twice", QuoteText(a.text))
			}
			kept = append(kept, a.text)
			listed[a.text] = true
		}
		others := 0
		for i, n := range counts {
			if !listed[levels[i]] {
				others += n
			}
		}
		warnUnlisted(f, others)
	}
	t := newTextCodes(kept, null, math.NaN(), part.indicator())
	switch {
	case filled:
		t.fill = t.of(fill)
	case null >= 0:
		t.fill = float64(null)
	}
	return t, nil
}

// load makes the text part of an item again from its saved values and fill.
func (p textPart) load(values []string, fill float64) (*textCodes, error) {
	null := -1
	if p.encoder == "ORDINAL" {
		null = nullCode(p.args)
	}
	t := newTextCodes(values, null, fill, p.indicator())
	last := float64(len(values))
	switch {
	case null > len(values):
		return nil, fmt.Errorf("NULL has code %d of %d", null, len(values))
	case len(t.code) != len(values):
		return nil, fmt.Errorf("a category stands twice")
	case fill == fill && (fill < 0 || fill > last || fill == last && null < 0 || fill != math.Trunc(fill)):
		return nil, fmt.Errorf("NULL becomes category %v of %d", fill, len(values))
	}
	return t, nil
}
