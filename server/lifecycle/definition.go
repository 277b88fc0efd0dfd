package lifecycle

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"aibms/learners"
	"aibms/learners/data"
	"aibms/learners/feature"
	"aibms/learners/metric"
	"aibms/learners/params"
	"aibms/learners/predictor"
	"aibms/learners/split"
	"aibms/server/mlsql"
)

// Definition is a CREATE MODEL statement that has been checked against its source: every name stands for a column, every value is in range.
type Definition struct {
	Statement *mlsql.CreateModel
	Database  string // of the model; unqualified names of the source belong to it
	Source    Source
	Shape     *Shape
	Learner   *learners.Spec
	Alone     learners.Task    // what a model without a target does; "" where the target decides
	Given     []params.Setting // hyper-parameters that the user set
	Target    Column           // zero without a target; the first of several
	Targets   []Column         // all of them
	Classify  bool             // the target is a class, not a number
	Keys      []string         // row identity; nil: the content of the whole row
	Columns   []predictor.Column
	Items     []feature.Item
	Auto      bool // Items follow the automatic rules
	Split     split.Spec
	Metric    *metric.Metric // OPTIMIZE FOR; nil: the task's headline
	Options   Options
	memory    memoryLimit
	warm      *predictor.Predictor // of the version that the learner goes on from; nil: it begins anew
	Notes     []string             // for the user: columns that were left out, and why
}

// Resolve checks a statement and its source under the privileges of the session in ctx, and trains nothing. The source is read in the sql_mode; nil is
// the session's own.
func (s *Service) Resolve(ctx context.Context, c *mlsql.CreateModel, database string, mode *string) (*Definition, error) {
	d := &Definition{Statement: c, Database: database}
	var err error
	if d.Source, err = sourceOf(c.From, database, nil); err != nil {
		return nil, err
	}
	d.Source.SQLMode = mode
	if d.Shape, err = s.Reader.Shape(ctx, d.Source); err != nil {
		return nil, err
	}
	if err := d.checkColumns(); err != nil {
		return nil, err
	}
	for _, step := range []func() error{func() error { return d.resolveTarget(s.Registry) }, func() error { return d.resolveLearner(s.Registry) }, d.resolveRoles, d.resolveSplit,
		d.resolveOptions, d.resolveMetric, func() error { return d.resolveFeatures(s.Reader) }} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	d.memory = s.memoryLimit(d.Options)
	kinds, err := s.Reader.Check(ctx, d.inputs(), d.Shape)
	if err != nil {
		return nil, err
	}
	if err := feature.CheckKinds(d.Items, kinds); err != nil {
		return nil, Errorf(ErrDefinition, "TRANSFORM: %v%s", err, d.dateHint())
	}
	if len(d.Shape.Changing) > 0 {
		d.note("the source uses %s: read again it can give other rows, and then VERIFY MODEL cannot repeat the training, nor EVALUATE MODEL measure on the version's own rows", strings.Join(d.Shape.Changing, ", "))
	}
	return d, nil
}

// dateHint says what to do with dates, which are held as text, when a feature is one as it is.
func (d *Definition) dateHint() string {
	for _, it := range d.Items {
		for _, c := range d.Columns {
			if (c.Class == feature.Date || c.Class == feature.DateTime) && len(it.Calls) == 0 && strings.EqualFold(strings.Trim(it.Input, "`"), c.Name) {
				return fmt.Sprintf("; a date can be taken apart into numbers: YEAR(%s), MONTH(%s), WEEKDAY(%s), TO_DAYS(%s)", it.Input, it.Input, it.Input, it.Input)
			}
		}
	}
	return ""
}

func (d *Definition) note(format string, args ...any) {
	d.Notes = append(d.Notes, fmt.Sprintf(format, args...))
}

// sourceOf turns a FROM clause into a Source: unqualified names in it belong to database, whichever session reads it. args are the values of its placeholders.
func sourceOf(from mlsql.Source, database string, args []mlsql.Value) (Source, error) {
	out := Source{Database: database, Query: from.Query}
	var ok bool
	if out.Args, ok = SourceArgs(from, args); !ok {
		return out, Errorf(ErrDefinition, "FROM (%.80s): a definition is stored and read again later, so its SELECT takes no placeholder; write the value into the text", from.Query)
	}
	if from.AsOf.IsSet() {
		if from.AsOf.Kind != mlsql.String || from.AsOf.Text == "" {
			return out, Errorf(ErrDefinition, "AS OF takes a branch, tag or commit in quotes, got %s", from.AsOf)
		}
		out.AsOf = from.AsOf.Text
	}
	if from.Table != nil {
		out.Query = "SELECT * FROM " + from.Table.String()
	}
	return out, nil
}

// SourceArgs are those of a statement's arguments that belong to the placeholders of its source; ok is false when there are too few.
func SourceArgs(from mlsql.Source, args []mlsql.Value) (_ []mlsql.Value, ok bool) {
	if from.FirstParam == 0 {
		return nil, true
	}
	first, n := from.FirstParam-1, mlsql.CountParams(from.Query)
	if first+n > len(args) {
		return nil, false
	}
	return args[first : first+n], true
}

func (d *Definition) checkColumns() error {
	seen := map[string]bool{}
	for _, c := range d.Shape.Columns {
		key := strings.ToLower(c.Name)
		if seen[key] {
			return Errorf(ErrDefinition, "the source of model %s has two columns called %s; give one of them another name with AS", d.Statement.Name.Name, c.Name)
		}
		seen[key] = true
	}
	return nil
}

// column finds a column that a clause names.
func (d *Definition) column(clause, name string) (Column, error) {
	for _, c := range d.Shape.Columns {
		if strings.EqualFold(c.Name, name) {
			return c, nil
		}
	}
	return Column{}, Errorf(ErrColumn, "Unknown column '%s' in '%s'%s; the source has: %s", name, clause, params.Suggest(name, d.names()), strings.Join(clipNames(d.names(), 40), ", "))
}

// has reports whether the source has a column of that name.
func (d *Definition) has(name string) bool {
	_, err := d.column("", name)
	return err == nil
}

func (d *Definition) names() []string {
	names := make([]string, len(d.Shape.Columns))
	for i, c := range d.Shape.Columns {
		names[i] = c.Name
	}
	return names
}

// clip shortens what a user or the data gave for a message.
func clip(text string) string {
	const most = 80
	if utf8.RuneCountInString(text) > most {
		return string([]rune(text)[:most]) + "..."
	}
	return text
}

func clipNames(names []string, most int) []string {
	if len(names) <= most {
		return names
	}
	return append(append([]string(nil), names[:most]...), fmt.Sprintf("and %d more", len(names)-most))
}

// want says what to read of the source for the given inputs.
func (d *Definition) want(inputs []string) Want {
	w := Want{Inputs: inputs, Keys: d.Keys, Kind: data.Numeric, Weight: d.Statement.Weight, Time: d.Statement.Time,
		MaxRows: d.Options.MaxRows, MaxBytes: d.memory.bytes, MaxBytesWords: d.memory.words}
	for _, t := range d.Targets {
		w.Targets = append(w.Targets, t.Name)
	}
	if d.Classify {
		w.Kind = data.Categorical
	}
	if d.Statement.Split != nil {
		w.Split = d.Statement.Split.Column
	}
	return w
}

func (d *Definition) inputs() []string {
	var out []string
	seen := map[string]bool{}
	for _, it := range d.Items {
		if !seen[it.Input] {
			seen[it.Input] = true
			out = append(out, it.Input)
		}
	}
	return out
}
