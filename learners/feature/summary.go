package feature

import (
	"math"

	"aibms/learners/data"
)

// Info describes one feature, for people: its words, and what its input looked like in the training rows.
type Info struct {
	Position   int       // 1, 2, ...
	Name       string    // Item.As
	Input      string    // Item.Input
	Expression string    // Item.String()
	Kind       data.Kind // of the input
	Columns    int       // output columns: 1, or the number of categories of a ONE_HOT, and 1 more for an indicator

	Rows      int     // training rows
	NullShare float64 // of them, 0 to 1
	// Mean, StdDev (of the population), Min and Max of the values that are not NULL; NaN when there is none, or the input is categorical.
	Mean, StdDev, Min, Max float64
	// Categories is the number of distinct values of a categorical input, TopCategory the most frequent, in TopCount rows.
	Categories  int
	TopCategory string
	TopCount    int
}

// Info describes the features in the order of the items.
func (p *Pipeline) Info() []Info {
	out := make([]Info, len(p.features))
	for i, f := range p.features {
		s := p.summaries[f.input]
		out[i] = Info{
			Position: i + 1, Name: f.item.As, Input: f.item.Input, Expression: f.item.String(), Kind: p.inputs[f.input].Kind, Columns: f.columns(),
			Rows: p.rows, NullShare: float64(p.rows-s.numbers.count) / float64(p.rows),
			Mean: s.numbers.mean, StdDev: s.numbers.stdDev, Min: s.numbers.min, Max: s.numbers.max,
			Categories: s.categories, TopCategory: s.top, TopCount: s.topCount,
		}
	}
	return out
}

// summary is what an input looked like in the training rows.
type summary struct {
	numbers    moments // of a categorical input only the count of values that are not NULL
	categories int
	top        string
	topCount   int
}

func summarizeText(levels []string, counts []int, rows, nulls int) summary {
	nan := math.NaN()
	s := summary{numbers: moments{count: rows - nulls, mean: nan, stdDev: nan, min: nan, max: nan}}
	for i, n := range counts {
		if n > 0 {
			s.categories++
		}
		if n > s.topCount {
			s.top, s.topCount = levels[i], n
		}
	}
	return s
}
