package feature

import (
	"errors"
	"fmt"
	"math"

	"aibms/learners/artifact"
	"aibms/learners/data"
)

// StateVersion is the version of the sections that Save writes; +1 at each change of them.
const StateVersion = 1

// The sections of a saved pipeline. Lists of different lengths stand one after the other in one section, their lengths in another, so that a
// pipeline of thousands of features is no more sections than one of three.
//
//	state_version   int64s    1 number
//	rows            int64s    1 number: training rows
//	takes_missing   int64s    1 number: 1 when the learner takes NULL features, else 0
//	items           strings   for each item: input, name
//	call_counts     int32s    for each item: number of calls
//	calls           strings   for each call: transformer, arguments
//	argument_counts int32s    for each call
//	text_counts     int32s    for each item: number of texts, or -1 when its input is a number
//	texts           strings   for each item of text: the texts that have a code, in the order of their codes
//	text_fill       float64s  for each item of text: code that NULL becomes, or NaN
//	steps           float64s  for each step: its state
//	step_counts     int32s    for each step: numbers in its state
//	statistics      float64s  for each input: values that are not NULL, mean, standard deviation, min, max, categories, rows of the top one
//	top_categories  strings   for each input
const statisticsWidth = 7

// Save writes the pipeline. Equal pipelines write equal bytes.
func (p *Pipeline) Save(w *artifact.Writer) {
	var (
		items, calls, texts, tops                          []string
		callCounts, argumentCounts, textCounts, stepCounts []int32
		fills, steps, statistics                           []float64
	)
	for _, f := range p.features {
		items = append(items, f.item.Input, f.item.As)
		callCounts = append(callCounts, int32(len(f.item.Calls)))
		for _, c := range f.item.Calls {
			calls = append(append(calls, c.Name), c.Args...)
			argumentCounts = append(argumentCounts, int32(len(c.Args)))
		}
		if f.text == nil {
			textCounts = append(textCounts, -1)
		} else {
			textCounts = append(textCounts, int32(len(f.text.values)))
			texts = append(texts, f.text.values...)
			fills = append(fills, f.text.fill)
		}
		for _, s := range f.steps {
			state := s.state()
			steps = append(steps, state...)
			stepCounts = append(stepCounts, int32(len(state)))
		}
	}
	for _, s := range p.summaries {
		m := s.numbers
		statistics = append(statistics, float64(m.count), m.mean, m.stdDev, m.min, m.max, float64(s.categories), float64(s.topCount))
		tops = append(tops, s.top)
	}
	w.Int64s("state_version", []int64{StateVersion})
	w.Int64s("rows", []int64{int64(p.rows)})
	natural := int64(0)
	if p.natural {
		natural = 1
	}
	w.Int64s("takes_missing", []int64{natural})
	w.Strings("items", items)
	w.Int32s("call_counts", callCounts)
	w.Strings("calls", calls)
	w.Int32s("argument_counts", argumentCounts)
	w.Int32s("text_counts", textCounts)
	w.Strings("texts", texts)
	w.Float64s("text_fill", fills)
	w.Float64s("steps", steps)
	w.Int32s("step_counts", stepCounts)
	w.Float64s("statistics", statistics)
	w.Strings("top_categories", tops)
}

// Load reads a pipeline that any released version saved, to one that gives the same bits. It checks everything: a damaged or hostile one is an error
// that wraps artifact.ErrCorrupt, one of a later release an error that wraps artifact.ErrNewer.
func Load(r *artifact.Reader) (*Pipeline, error) {
	version, err := r.Int64s("state_version")
	if err != nil {
		return nil, err
	}
	if len(version) != 1 || version[0] < 1 {
		return nil, fmt.Errorf("%w: feature pipeline of state version %v", artifact.ErrCorrupt, version)
	}
	if version[0] > StateVersion {
		return nil, fmt.Errorf("%w: feature pipeline of state version %d, this server reads up to %d", artifact.ErrNewer, version[0], StateVersion)
	}
	s := loader{r: r}
	p, err := s.pipeline()
	if err == nil {
		err = s.err
	}
	if err != nil && !errors.Is(err, artifact.ErrCorrupt) {
		err = fmt.Errorf("%w: feature pipeline: %w", artifact.ErrCorrupt, err)
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

// loader reads sections; the first error stays.
type loader struct {
	r   *artifact.Reader
	err error
}

func section[T any](s *loader, read func(string) ([]T, error), name string) *list[T] {
	all, err := read(name)
	if s.err == nil {
		s.err = err
	}
	return &list[T]{s: s, name: name, rest: all}
}

// list hands out the elements of a section in their order. Taking more than there are, or leaving some, is an error of the loader.
type list[T any] struct {
	s    *loader
	name string
	rest []T
}

func (l *list[T]) take(n int) []T {
	if n < 0 || n > len(l.rest) {
		if l.s.err == nil {
			l.s.err = fmt.Errorf("section %q has %d elements left where %d are needed", l.name, len(l.rest), n)
		}
		n = 0
		l.rest = nil
	}
	out := l.rest[:n:n]
	l.rest = l.rest[n:]
	return out
}

// one takes one element, or the zero value when there is none.
func (l *list[T]) one() (v T) {
	if got := l.take(1); len(got) == 1 {
		v = got[0]
	}
	return v
}

func (l *list[T]) end() {
	if l.s.err == nil && len(l.rest) > 0 {
		l.s.err = fmt.Errorf("section %q has %d elements too many", l.name, len(l.rest))
	}
}

func (s *loader) pipeline() (*Pipeline, error) {
	var (
		rows           = section(s, s.r.Int64s, "rows")
		natural        = section(s, s.r.Int64s, "takes_missing")
		items          = section(s, s.r.Strings, "items")
		callCounts     = section(s, s.r.Int32s, "call_counts")
		calls          = section(s, s.r.Strings, "calls")
		argumentCounts = section(s, s.r.Int32s, "argument_counts")
		textCounts     = section(s, s.r.Int32s, "text_counts")
		texts          = section(s, s.r.Strings, "texts")
		fills          = section(s, s.r.Float64s, "text_fill")
		steps          = section(s, s.r.Float64s, "steps")
		stepCounts     = section(s, s.r.Int32s, "step_counts")
		statistics     = section(s, s.r.Float64s, "statistics")
		tops           = section(s, s.r.Strings, "top_categories")
	)
	n := rows.one()
	if s.err == nil && (n < 1 || n > math.MaxInt32) {
		return nil, fmt.Errorf("%d training rows", n)
	}
	takes := natural.one()
	if s.err == nil && takes != 0 && takes != 1 {
		return nil, fmt.Errorf("missing values are taken: %d", takes)
	}
	var (
		features  []fitted
		summaries []summary
		places    = map[string]int{}
		kinds     []data.Kind
		all       []Item
	)
	for len(items.rest) > 0 && s.err == nil {
		f := fitted{item: Item{Input: items.one(), As: items.one()}, indicator: -1}
		for left := callCounts.one(); left > 0 && s.err == nil; left-- {
			f.item.Calls = append(f.item.Calls, Call{Name: calls.one(), Args: calls.take(int(argumentCounts.one()))})
		}
		rest, kind := f.item.Calls, data.Numeric
		if count := textCounts.one(); s.err == nil && count != -1 {
			part, err := splitText(f.item)
			if err != nil {
				return nil, err
			}
			if f.text, err = part.load(texts.take(int(count)), fills.one()); err != nil {
				return nil, fmt.Errorf("feature %q: %w", f.item.As, err)
			}
			f.hot, f.category = part.encoder == "ONE_HOT", part.encoder == "CATEGORY"
			rest, kind = rest[part.calls:], data.Categorical
		}
		for _, c := range rest {
			t, args, err := lookup(c)
			if err != nil {
				return nil, err
			}
			step, err := t.load(args, steps.take(int(stepCounts.one())))
			if s.err != nil {
				return nil, s.err
			}
			if err != nil {
				return nil, fmt.Errorf("feature %q: %s: %w", f.item.As, t.name, err)
			}
			if err := f.add(c, step); err != nil {
				return nil, err
			}
		}
		place, used := places[f.item.Input]
		if !used {
			place = len(places)
			places[f.item.Input] = place
			kinds = append(kinds, kind)
			sum, err := loadSummary(statistics.take(statisticsWidth), tops.one(), n)
			if err != nil {
				return nil, fmt.Errorf("input %q: %w", f.item.Input, err)
			}
			summaries = append(summaries, sum)
		}
		if kinds[place] != kind {
			return nil, fmt.Errorf("input %q is a number and a text", f.item.Input)
		}
		f.input = place
		features = append(features, f)
		all = append(all, f.item)
	}
	for _, l := range []interface{ end() }{rows, natural, items, callCounts, calls, argumentCounts, textCounts, texts, fills, steps, stepCounts, statistics, tops} {
		l.end()
	}
	if s.err != nil {
		return nil, s.err
	}
	if err := Check(all); err != nil {
		return nil, err
	}
	p, err := assemble(features, summaries, int(n))
	if err == nil {
		p.natural = takes == 1
	}
	if err == nil && len(p.columns) == 0 {
		err = errors.New("no output column")
	}
	return p, err
}

func loadSummary(v []float64, top string, rows int64) (summary, error) {
	if len(v) != statisticsWidth {
		return summary{}, errors.New("statistics are missing")
	}
	count := func(x float64) bool { return x >= 0 && x <= float64(rows) && x == math.Trunc(x) }
	if !count(v[0]) || !count(v[5]) || !count(v[6]) {
		return summary{}, fmt.Errorf("counts %v, %v, %v of %d rows", v[0], v[5], v[6], rows)
	}
	return summary{
		numbers:    moments{count: int(v[0]), mean: v[1], stdDev: v[2], min: v[3], max: v[4]},
		categories: int(v[5]), top: top, topCount: int(v[6]),
	}, nil
}
