package lifecycle

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"

	"aibms/learners"
	"aibms/learners/feature"
	"aibms/learners/metric"
	"aibms/learners/split"
	"aibms/server/mlsql"
)

// maxClasses is the most classes that a target may have: beyond it the target is surely a number or an identity.
const maxClasses = 1000

// prepared is a table whose rows have a part of the split, a target as numbers, and a weight.
type prepared struct {
	table    *Table
	task     learners.Task
	classes  []string
	positive int
	y        []float64   // class code or value, for rows with a part; nil without a target; of several targets the first
	targets  [][]float64 // the values of several targets; nil otherwise
	weights  []float64   // nil: 1 each
	parts    []split.Part
	unknown  int64 // rows of classes that the version has not learned
	dropped  int64 // rows without a target that can be used, or without a weight
	warnings []string
}

// prepare codes the target, assigns the split and works out the weights. classes, when not nil, are those of a version already trained: a row of another
// class is left out. It returns soon after ctx ends.
func (d *Definition) prepare(ctx context.Context, t *Table, classes []string) (*prepared, error) {
	n := t.Data.Rows
	p := &prepared{table: t, task: learners.Regression, parts: make([]split.Part, n)}
	if n == 0 {
		return nil, Errorf(ErrData, "the source of model %s has no rows: %s gives none", d.Statement.Name.Name, clip(d.Source.Query))
	}
	switch {
	case d.Alone != "":
		p.task = d.Alone
	case d.Classify:
		p.y = make([]float64, n)
		if err := d.codeClasses(ctx, p, classes); err != nil {
			return nil, err
		}
	default:
		for i := range t.Targets {
			p.targets = append(p.targets, slices.Clone(t.Targets[i].Num))
		}
		if p.y = p.targets[0]; len(p.targets) == 1 {
			p.targets = nil
		}
	}
	usable := make([]int, 0, n)
	var nullTarget, infinite, nullWeight int64
	for i := range n {
		if stopped(ctx, i) {
			return nil, context.Cause(ctx)
		}
		null, endless := p.unusable(i)
		switch {
		case null:
			nullTarget++
		case endless:
			infinite++
		case t.Weight != nil && math.IsNaN(t.Weight[i]):
			nullWeight++
		case t.Weight != nil && (t.Weight[i] < 0 || math.IsInf(t.Weight[i], 0)):
			return nil, Errorf(ErrData, "WEIGHT (%s): a row has the weight %v; a weight is a finite number that is not negative", d.Statement.Weight, t.Weight[i])
		default:
			usable = append(usable, i)
		}
	}
	nullTarget -= p.unknown
	if nullTarget > 0 {
		p.warn("%s left out: target %s is NULL", rowsAre(nullTarget), d.eitherTarget())
	}
	if p.unknown > 0 {
		p.warn("%s left out: their class is one that the version has not learned; it knows %s", rowsAre(p.unknown), strings.Join(clipNames(classes, 10), ", "))
	}
	if infinite > 0 {
		p.warn("%s left out: target %s is infinite", rowsAre(infinite), d.eitherTarget())
	}
	if nullWeight > 0 {
		p.warn("%s left out: weight %s is NULL", rowsAre(nullWeight), d.Statement.Weight)
	}
	p.dropped = nullTarget + p.unknown + infinite + nullWeight
	if len(d.Statement.Key) > 0 {
		if t.SameKey > 0 {
			p.warn("KEY (%s) does not tell rows apart: %d share theirs with another row", strings.Join(d.Statement.Key, ", "), t.SameKey)
		}
		if t.NullKey > 0 {
			p.warn("KEY (%s) is NULL in %d of the rows", strings.Join(d.Statement.Key, ", "), t.NullKey)
		}
	}
	if len(usable) == 0 {
		return nil, Errorf(ErrData, "no row of the source can be used: %s", strings.Join(p.warnings, "; "))
	}
	if err := d.assignParts(ctx, p, usable); err != nil {
		return nil, err
	}
	if t.Weight != nil {
		p.weights = t.Weight
	}
	if d.Statement.ClassWeights != nil {
		if err := d.weighClasses(p); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// unusable tells whether a target of row i is NULL or, if none is, infinite.
func (p *prepared) unusable(i int) (null, infinite bool) {
	if p.targets == nil {
		return p.y != nil && math.IsNaN(p.y[i]), p.y != nil && math.IsInf(p.y[i], 0)
	}
	for _, y := range p.targets {
		null = null || math.IsNaN(y[i])
		infinite = infinite || math.IsInf(y[i], 0)
	}
	return null, infinite
}

// eitherTarget names the targets where one of them is meant: a, b or c.
func (d *Definition) eitherTarget() string {
	names := d.targetNames()
	if at := strings.LastIndex(names, ", "); at >= 0 {
		return names[:at] + " or " + names[at+2:]
	}
	return names
}

// stopped tells, asked for each row, whether ctx has ended; it looks now and then.
func stopped(ctx context.Context, row int) bool { return row&(1<<13-1) == 0 && ctx.Err() != nil }

func (p *prepared) warn(format string, args ...any) {
	p.warnings = append(p.warnings, fmt.Sprintf(format, args...))
}

// rowsAre counts rows in a sentence.
func rowsAre(n int64) string {
	if n == 1 {
		return "1 row is"
	}
	return fmt.Sprintf("%d rows are", n)
}

// codeClasses turns the target's levels into class codes, in the order of the levels: numbers by size, text by bytes.
func (d *Definition) codeClasses(ctx context.Context, p *prepared, classes []string) error {
	t := &p.table.Targets[0]
	if classes == nil {
		used := make([]bool, len(t.Levels))
		for _, c := range t.Codes {
			if c >= 0 {
				used[c] = true
			}
		}
		for i, l := range t.Levels {
			if used[i] {
				classes = append(classes, l)
			}
		}
		if d.Target.Class.Numeric() {
			sort.SliceStable(classes, func(i, j int) bool { return numeral(classes[i]) < numeral(classes[j]) })
		}
		switch {
		case len(classes) == 0:
			return Errorf(ErrData, "no row of the source has a value in target %s", d.Target.Name)
		case len(classes) == 1:
			return Errorf(ErrData, "target %s has one class only ('%s'); a classifier needs rows of two: add rows of another class to the source", d.Target.Name, clip(classes[0]))
		case len(classes) > maxClasses:
			fix := "group the rare ones, in FROM (SELECT ...)"
			if d.Target.Class.Numeric() {
				fix = "for a number use a regression learner such as linear_regression"
			}
			return Errorf(ErrData, "target %s has %d distinct values, more than the %d classes a classifier takes; %s", d.Target.Name, len(classes), maxClasses, fix)
		}
	}
	p.classes = classes
	p.task = learners.Multiclass
	if len(classes) == 2 {
		p.task = learners.Binary
	}
	if !d.Learner.Supports(p.task) {
		return Errorf(ErrData, "target %s has %d classes, and learner %s cannot do %s; SHOW LEARNERS says what each can", d.Target.Name, len(classes), d.Learner.Name, words(p.task))
	}
	code := map[string]float64{}
	for i, c := range classes {
		code[c] = float64(i)
	}
	byLevel := make([]float64, len(t.Levels))
	for i, l := range t.Levels {
		if c, ok := code[l]; ok {
			byLevel[i] = c
		} else {
			byLevel[i] = math.NaN()
		}
	}
	for i, c := range t.Codes {
		if stopped(ctx, i) {
			return context.Cause(ctx)
		}
		p.y[i] = math.NaN()
		if c >= 0 {
			if p.y[i] = byLevel[c]; math.IsNaN(p.y[i]) {
				p.unknown++
			}
		}
	}
	p.positive = len(classes) - 1
	if p.task != learners.Binary {
		p.positive = 0
	}
	if want := d.Options.Positive; want != "" {
		if p.task != learners.Binary {
			return Errorf(ErrData, "WITH (positive = %s): target %s has %d classes; only a target of two has a positive one", mlsql.QuoteString(clip(want)), d.Target.Name, len(classes))
		}
		found := false
		for i, c := range classes {
			if strings.EqualFold(c, want) || d.Target.Class == feature.Boolean && (strings.EqualFold(want, "true") && c == "1" || strings.EqualFold(want, "false") && c == "0") {
				p.positive, found = i, true
			}
		}
		if !found {
			return Errorf(ErrData, "WITH (positive = %s): target %s has the classes %s", mlsql.QuoteString(clip(want)), d.Target.Name, strings.Join(clipNames(classes, 20), ", "))
		}
	}
	return nil
}

func isNumeral(text string) bool {
	f, err := strconv.ParseFloat(text, 64)
	return err == nil && !math.IsNaN(f)
}

func numeral(text string) float64 {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return math.Inf(1)
	}
	return f
}

// assignParts splits the usable rows; the others have part None.
func (d *Definition) assignParts(ctx context.Context, p *prepared, usable []int) error {
	in := split.Input{ID: make([]uint64, len(usable))}
	for k, i := range usable {
		in.ID[k] = p.table.ID[i]
	}
	switch d.Split.Method {
	case split.Stratified:
		in.Class = make([]float64, len(usable))
		for k, i := range usable {
			in.Class[k] = p.y[i]
		}
	case split.Time:
		in.Time = make([]float64, len(usable))
		for k, i := range usable {
			if in.Time[k] = p.table.Time[i]; math.IsNaN(in.Time[k]) {
				return Errorf(ErrData, "TIME (%s): a row has NULL there; every row needs an event time for SPLIT TIME; leave such rows out (WHERE %s IS NOT NULL) or split by RANDOM", d.Statement.Time, d.Statement.Time)
			}
		}
	case split.Column:
		in.Column = make([]*string, len(usable))
		for k, i := range usable {
			in.Column[k] = p.table.Split[i]
		}
	}
	parts, warnings, err := split.Assign(ctx, d.Split, in)
	if err != nil {
		return dataError(ctx, "SPLIT: %v", err)
	}
	p.warnings = append(p.warnings, warnings...)
	for k, i := range usable {
		p.parts[i] = parts[k]
	}
	return nil
}

// weighClasses multiplies the row weights by those of CLASS WEIGHTS; AUTO weighs a class by rows / (classes * rows of the class), counted on the training rows.
func (d *Definition) weighClasses(p *prepared) error {
	w := d.Statement.ClassWeights
	factor := make([]float64, len(p.classes))
	if w.Auto {
		total := 0.0
		count := make([]float64, len(p.classes))
		for i, part := range p.parts {
			if part == split.Train {
				count[int(p.y[i])]++
				total++
			}
		}
		for c := range factor {
			if count[c] > 0 {
				factor[c] = total / (float64(len(p.classes)) * count[c])
			}
		}
	} else {
		given := make([]bool, len(p.classes))
		for c := range factor {
			factor[c] = 1
		}
		for _, x := range w.Weights {
			v, err := x.Weight.Float()
			if err != nil {
				return Errorf(ErrDefinition, "CLASS WEIGHTS: %v", err)
			}
			at := -1
			for c, name := range p.classes {
				if sameLabel(x.Label, name) {
					at = c
				}
			}
			if at < 0 {
				return Errorf(ErrData, "CLASS WEIGHTS names class %s; target %s has the classes %s", x.Label, d.Target.Name, strings.Join(clipNames(p.classes, 20), ", "))
			}
			if given[at] {
				return Errorf(ErrData, "CLASS WEIGHTS names class %s twice (as %s); give it one weight", p.classes[at], x.Label)
			}
			factor[at], given[at] = v, true
		}
	}
	weights := make([]float64, len(p.y))
	for i, part := range p.parts {
		weights[i] = 1
		if p.weights != nil {
			weights[i] = p.weights[i]
		}
		if part == split.Train {
			weights[i] *= factor[int(p.y[i])]
		}
	}
	p.weights = weights
	return nil
}

func sameLabel(label mlsql.Value, class string) bool {
	switch label.Kind {
	case mlsql.Bool:
		return class == "1" && strings.EqualFold(label.Text, "TRUE") || class == "0" && strings.EqualFold(label.Text, "FALSE") || strings.EqualFold(class, label.Text)
	case mlsql.Number:
		return class == label.Text || numeral(class) == numeral(label.Text)
	}
	return class == label.Text
}

// rows lists the rows of a part, in order.
func (p *prepared) rows(part split.Part) []int32 {
	out := []int32{} // not nil, which to others means all rows
	for i, x := range p.parts {
		if x == part {
			out = append(out, int32(i))
		}
	}
	return out
}

// words is the task as messages say it.
func words(t learners.Task) string { return strings.ReplaceAll(string(t), "_", " ") }

// aTask is the task with its article.
func aTask(t learners.Task) string {
	if t == learners.Anomaly {
		return "an " + words(t)
	}
	return "a " + words(t)
}

// kind is the task in the metrics' words.
func kind(t learners.Task) metric.Kind {
	switch t {
	case learners.Binary:
		return metric.Binary
	case learners.Multiclass:
		return metric.Multiclass
	case learners.Clustering:
		return metric.Clustering
	case learners.Anomaly:
		return metric.Anomaly
	case learners.Projection:
		return metric.Projection
	}
	return metric.Regression
}

// pickAll is pick for each of several lists; nil when there are none.
func pickAll(lists [][]float64, rows []int32) [][]float64 {
	var out [][]float64
	for _, v := range lists {
		out = append(out, pick(v, rows))
	}
	return out
}

// pick returns the elements of v at rows; nil when v is nil.
func pick(v []float64, rows []int32) []float64 {
	if v == nil {
		return nil
	}
	out := make([]float64, len(rows))
	for k, i := range rows {
		out[k] = v[i]
	}
	return out
}

// TaskOf is a metric's kind in the learners' words.
func TaskOf(k metric.Kind) learners.Task {
	switch k {
	case metric.Binary:
		return learners.Binary
	case metric.Multiclass:
		return learners.Multiclass
	case metric.Clustering:
		return learners.Clustering
	case metric.Anomaly:
		return learners.Anomaly
	case metric.Projection:
		return learners.Projection
	}
	return learners.Regression
}
