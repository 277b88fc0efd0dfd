package feature

import (
	"fmt"
	"slices"

	"aibms/learners/data"
)

// Input is a distinct input of a pipeline: a column or SQL expression that must be supplied for each row.
type Input struct {
	Name   string    // as Item.Input
	Kind   data.Kind // what it was in the training rows, and must be again
	Levels []string  // of a categorical input: the values that some feature knows, sorted as bytes; any other is unseen
}

// Pipeline is a list of features with what their transformers learned. It is immutable and safe for concurrent use.
type Pipeline struct {
	features  []fitted
	inputs    []Input
	summaries []summary // of each input
	rows      int       // of the training
	columns   []string  // names of the output columns
	natural   bool      // a NULL feature is a value like others, for a learner that takes it
}

// fitted is one item with what its transformers learned.
type fitted struct {
	item      Item
	input     int        // of the pipeline
	text      *textCodes // of a categorical input: what comes before the steps
	steps     []step
	indicator int  // the step before which NULLs are marked; -1: none, or text marks them
	category  bool // the outermost transformer is CATEGORY: the number is a code, NaN for none
	hot       bool // the outermost transformer is ONE_HOT: the last number is the place of the 1
	width     int  // output columns without the indicator
	offset    int  // first output column
}

// TakingMissing is the pipeline for a learner that takes missing values: a NaN feature stays NaN, and no row is missing for it.
func (p *Pipeline) TakingMissing() *Pipeline {
	other := *p
	other.natural = true
	return &other
}

func (f *fitted) marks() bool { return f.indicator >= 0 || f.text != nil && f.text.indicator }

func (f *fitted) columns() int {
	if f.marks() {
		return f.width + 1
	}
	return f.width
}

// names lists the output columns.
func (f *fitted) names() []string {
	out := make([]string, 0, f.columns())
	switch {
	case !f.hot:
		out = append(out, f.item.As)
	case len(f.steps) == 0:
		for _, v := range f.text.values {
			out = append(out, f.item.As+"="+v)
		}
	default:
		for _, v := range f.steps[len(f.steps)-1].(*codes).values {
			out = append(out, f.item.As+"="+label(v))
		}
	}
	if f.marks() {
		out = append(out, f.item.As+indicatorSuffix)
	}
	return out
}

// add appends a call to the steps: fitted already, before it is applied.
func (f *fitted) add(c Call, s step) error {
	t, args, err := lookup(c)
	if err != nil {
		return err
	}
	if t.name == "IMPUTE" && wantsIndicator(args) {
		f.indicator = len(f.steps)
	}
	f.hot, f.category = t.name == "ONE_HOT", t.name == "CATEGORY"
	f.steps = append(f.steps, s)
	return nil
}

// assemble makes a pipeline of its fitted features, whose inputs are numbered in the order of their first use.
func assemble(features []fitted, summaries []summary, rows int) (*Pipeline, error) {
	p := &Pipeline{features: features, summaries: summaries, rows: rows}
	taken := map[string]bool{}
	for i := range features {
		f := &features[i]
		f.width = 1
		if f.hot && len(f.steps) == 0 {
			f.width = len(f.text.values)
		} else if f.hot {
			f.width = len(f.steps[len(f.steps)-1].(*codes).values)
		}
		f.offset = len(p.columns)
		for _, name := range f.names() {
			if taken[name] {
				return nil, fmt.Errorf("two feature columns are named %s; give feature %s another name after AS", QuoteName(name), QuoteName(f.item.As))
			}
			taken[name] = true
			p.columns = append(p.columns, name)
		}
		if f.input == len(p.inputs) {
			in := Input{Name: f.item.Input, Kind: data.Numeric}
			if f.text != nil {
				in.Kind = data.Categorical
			}
			p.inputs = append(p.inputs, in)
		}
		if f.text != nil {
			in := &p.inputs[f.input]
			in.Levels = append(in.Levels, f.text.values...)
		}
	}
	for i := range p.inputs {
		slices.Sort(p.inputs[i].Levels)
		p.inputs[i].Levels = slices.Compact(p.inputs[i].Levels)
	}
	return p, nil
}

// Inputs returns the distinct inputs in the order of their first use. The caller must not change it.
func (p *Pipeline) Inputs() []Input { return p.inputs }

// Features returns the names of the p output columns. The caller must not change it.
func (p *Pipeline) Features() []string { return p.columns }

// Items returns the items that the pipeline was fitted from.
func (p *Pipeline) Items() []Item {
	out := make([]Item, len(p.features))
	for i, f := range p.features {
		out[i] = f.item
	}
	return out
}
