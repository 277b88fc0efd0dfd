// Package params declares hyper-parameters. One call per hyper-parameter binds a field of the learner and states its default, range, doc and search
// space; parsing, error messages, SHOW LEARNERS, the generated docs, the saved record and the default search space of TUNE all
// derive from that one declaration.
//
//	func (l *learner) Declare(s *params.Set) {
//		s.Float(&l.c, "c", 1, "inverse of the regularisation strength", params.Above(0), params.TuneLog(1e-3, 1e3))
//		s.Choice(&l.penalty, "penalty", "l2", []string{"l2", "l1", "elasticnet", "none"}, "what is added to the loss")
//	}
package params

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Type is the type of a hyper-parameter's value.
type Type string

const (
	FloatType  Type = "float"
	IntType    Type = "int"
	BoolType   Type = "bool"
	ChoiceType Type = "choice"
	TextType   Type = "text"
)

// Param is one declared hyper-parameter.
type Param struct {
	Name    string
	Type    Type
	Doc     string
	Default string   // printed form
	Choices []string // of a choice; of a text, one description of what it may be
	Range   Range    // of a float or int
	Space   *Space   // default search space of TUNE; nil: not tuned unless asked for

	set   func(text string) error
	get   func() string
	check func(text string) error // of a text, beyond being one; may be nil
}

// Range is an interval of numbers. The zero Range is everything finite.
type Range struct {
	Low, High         float64
	HasLow, HasHigh   bool
	OpenLow, OpenHigh bool
}

// Contains reports whether v is finite and in the range.
func (r Range) Contains(v float64) bool {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return false
	}
	if r.HasLow && (v < r.Low || r.OpenLow && v == r.Low) {
		return false
	}
	return !(r.HasHigh && (v > r.High || r.OpenHigh && v == r.High))
}

// String prints the range as a condition: "> 0", ">= 1 and <= 100", or "finite".
func (r Range) String() string {
	var parts []string
	if r.HasLow {
		parts = append(parts, map[bool]string{true: "> ", false: ">= "}[r.OpenLow]+FormatFloat(r.Low))
	}
	if r.HasHigh {
		parts = append(parts, map[bool]string{true: "< ", false: "<= "}[r.OpenHigh]+FormatFloat(r.High))
	}
	if len(parts) == 0 {
		return "finite"
	}
	return strings.Join(parts, " and ")
}

// Space is where TUNE looks by default.
type Space struct {
	Low, High float64
	Log       bool
	Values    []string
}

// Option refines a declaration.
type Option func(*Param)

// Above demands a value > low.
func Above(low float64) Option {
	return func(p *Param) { p.Range.Low, p.Range.HasLow, p.Range.OpenLow = low, true, true }
}

// AtLeast demands a value >= low.
func AtLeast(low float64) Option {
	return func(p *Param) { p.Range.Low, p.Range.HasLow, p.Range.OpenLow = low, true, false }
}

// Below demands a value < high.
func Below(high float64) Option {
	return func(p *Param) { p.Range.High, p.Range.HasHigh, p.Range.OpenHigh = high, true, true }
}

// AtMost demands a value <= high.
func AtMost(high float64) Option {
	return func(p *Param) { p.Range.High, p.Range.HasHigh, p.Range.OpenHigh = high, true, false }
}

// Tune gives the default search interval, uniform.
func Tune(low, high float64) Option { return func(p *Param) { p.Space = &Space{Low: low, High: high} } }

// TuneLog gives the default search interval, uniform in the logarithm.
func TuneLog(low, high float64) Option {
	return func(p *Param) { p.Space = &Space{Low: low, High: high, Log: true} }
}

// TuneValues gives the default search values.
func TuneValues(values ...string) Option {
	return func(p *Param) { p.Space = &Space{Values: values} }
}

// Checked demands of a Text that check finds nothing wrong with it; its error is told after the name of the hyper-parameter.
func Checked(check func(text string) error) Option {
	return func(p *Param) { p.check = check }
}

// Set collects the declarations of one learner. A wrong declaration (twice the same name, a default out of range) is a
// programming error and panics.
type Set struct {
	params []*Param
}

func (s *Set) add(p *Param, opts []Option) {
	for _, o := range opts {
		o(p)
	}
	if p.Name == "" || p.Name != strings.ToLower(p.Name) || p.Doc == "" {
		panic(fmt.Sprintf("hyper-parameter %q needs a lower-case name and a doc", p.Name))
	}
	if s.Lookup(p.Name) != nil {
		panic(fmt.Sprintf("hyper-parameter %q is declared twice", p.Name))
	}
	if err := p.set(p.Default); err != nil {
		panic(fmt.Sprintf("default: %v", err))
	}
	s.params = append(s.params, p)
}

// Float declares a real number.
func (s *Set) Float(field *float64, name string, def float64, doc string, opts ...Option) {
	p := &Param{Name: name, Type: FloatType, Doc: doc, Default: FormatFloat(def)}
	p.set = func(text string) error {
		v, err := parseFloat(text)
		switch {
		case errors.Is(err, strconv.ErrRange):
			return fmt.Errorf("hyper-parameter %q must be %s and below 1.8e308, got %s", name, p.Range, quoted(text))
		case err != nil:
			return fmt.Errorf("hyper-parameter %q must be a number, got %s", name, quoted(text))
		}
		if !p.Range.Contains(v) {
			return fmt.Errorf("hyper-parameter %q must be %s, got %s", name, p.Range, text)
		}
		*field = v
		return nil
	}
	p.get = func() string { return FormatFloat(*field) }
	s.add(p, opts)
}

// Int declares a whole number.
func (s *Set) Int(field *int, name string, def int, doc string, opts ...Option) {
	p := &Param{Name: name, Type: IntType, Doc: doc, Default: strconv.Itoa(def)}
	p.set = func(text string) error {
		v, err := parseInt(text)
		switch {
		case errors.Is(err, strconv.ErrRange):
			return fmt.Errorf("hyper-parameter %q must be a whole number of at most %d, got %s", name, math.MaxInt, quoted(text))
		case err != nil:
			return fmt.Errorf("hyper-parameter %q must be a whole number, got %s", name, quoted(text))
		}
		if !p.Range.Contains(float64(v)) {
			return fmt.Errorf("hyper-parameter %q must be %s, got %s", name, p.Range, text)
		}
		*field = v
		return nil
	}
	p.get = func() string { return strconv.Itoa(*field) }
	s.add(p, opts)
}

// parseFloat reads a number as SQL writes it, and NaN and infinities, which no range holds; none of Go's hexadecimal floats.
func parseFloat(text string) (float64, error) {
	if strings.ContainsAny(text, "xXpP_") {
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseFloat(text, 64)
}

// parseInt accepts 100, 1e2 and 100.0, as SQL literals may be written.
func parseInt(text string) (int, error) {
	if v, err := strconv.Atoi(text); err == nil {
		return v, nil
	}
	f, err := parseFloat(text)
	switch {
	case err != nil || f != math.Trunc(f):
		return 0, strconv.ErrSyntax
	case math.Abs(f) > 1<<53:
		return 0, strconv.ErrRange
	}
	return int(f), nil
}

// Bool declares a yes or no.
func (s *Set) Bool(field *bool, name string, def bool, doc string, opts ...Option) {
	p := &Param{Name: name, Type: BoolType, Doc: doc, Default: strconv.FormatBool(def)}
	p.set = func(text string) error {
		switch strings.ToLower(text) {
		case "true", "1", "on", "yes":
			*field = true
		case "false", "0", "off", "no":
			*field = false
		default:
			return fmt.Errorf("hyper-parameter %q must be TRUE or FALSE, got %s", name, quoted(text))
		}
		return nil
	}
	p.get = func() string { return strconv.FormatBool(*field) }
	s.add(p, opts)
}

// Choice declares one of a few words.
func (s *Set) Choice(field *string, name, def string, choices []string, doc string, opts ...Option) {
	p := &Param{Name: name, Type: ChoiceType, Doc: doc, Default: def, Choices: choices}
	p.set = func(text string) error {
		for _, c := range choices {
			if strings.EqualFold(c, text) {
				*field = c
				return nil
			}
		}
		return fmt.Errorf("hyper-parameter %q must be one of %s; got %s", name, strings.Join(choices, ", "), quoted(text))
	}
	p.get = func() string { return *field }
	s.add(p, opts)
}

// Text declares words that the learner reads itself, such as names of features. valid says what they may be.
func (s *Set) Text(field *string, name, def, valid, doc string, opts ...Option) {
	p := &Param{Name: name, Type: TextType, Doc: doc, Default: def, Choices: []string{valid}}
	p.set = func(text string) error {
		if p.check != nil {
			if err := p.check(text); err != nil {
				return fmt.Errorf("hyper-parameter %q: %w", name, err)
			}
		}
		*field = text
		return nil
	}
	p.get = func() string { return *field }
	s.add(p, opts)
}

func quoted(text string) string {
	if len(text) > 64 {
		text = text[:64] + "..."
	}
	return "'" + text + "'"
}

// FormatFloat prints a number so that it reads back to the same bits.
func FormatFloat(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// All returns the declared hyper-parameters in the order of their declaration.
func (s *Set) All() []*Param { return s.params }

// Lookup finds a hyper-parameter by name, case-insensitive; nil when there is none.
func (s *Set) Lookup(name string) *Param {
	for _, p := range s.params {
		if strings.EqualFold(p.Name, name) {
			return p
		}
	}
	return nil
}

// Names lists the names in the order of their declaration.
func (s *Set) Names() []string {
	names := make([]string, len(s.params))
	for i, p := range s.params {
		names[i] = p.Name
	}
	return names
}

// Setting is a hyper-parameter with its value as text and where that came from.
type Setting struct {
	Name, Value, Source string // Source: USER, DEFAULT or TUNED
}

// Assign sets hyper-parameters from name = text pairs; it is the only way in. source marks where they came from. It fails on the
// first unknown name, repeated name or value that is out of range.
func (s *Set) Assign(learner string, given []Setting) error {
	seen := map[string]bool{}
	for _, g := range given {
		p := s.Lookup(g.Name)
		if p == nil {
			return fmt.Errorf("learner %s has no hyper-parameter %q%s; it has: %s", learner, g.Name, Suggest(g.Name, s.Names()), strings.Join(s.Names(), ", "))
		}
		if seen[p.Name] {
			return fmt.Errorf("hyper-parameter %q is given twice", p.Name)
		}
		seen[p.Name] = true
		if err := p.set(g.Value); err != nil {
			return err
		}
	}
	return nil
}

// Settings returns every hyper-parameter with its present value; those in given keep their source, the rest are DEFAULT.
func (s *Set) Settings(given []Setting) []Setting {
	out := make([]Setting, len(s.params))
	for i, p := range s.params {
		out[i] = Setting{Name: p.Name, Value: p.get(), Source: "DEFAULT"}
		for _, g := range given {
			if strings.EqualFold(g.Name, p.Name) {
				out[i].Source = g.Source
			}
		}
	}
	return out
}

// Valid describes the values that the hyper-parameter takes: a range, or the choices.
func (p *Param) Valid() string {
	switch p.Type {
	case BoolType:
		return "TRUE, FALSE"
	case ChoiceType, TextType:
		return strings.Join(p.Choices, ", ")
	}
	return p.Range.String()
}
