package lifecycle

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"aibms/catalog"
	"aibms/learners"
	"aibms/learners/metric"
	"aibms/learners/params"
	"aibms/learners/predictor"
	"aibms/learners/split"
	"aibms/server/mlsql"
)

// Rows says which rows to measure a version on: a part of its own split, or a source of the caller's.
type Rows struct {
	Part     mlsql.Part    // TEST, VALIDATE, TRAIN; "" with Source nil: the first of them that has rows
	Source   *mlsql.Source // a table or SELECT, with the target among its columns
	Database string        // of unqualified names in Source; "": the model's
	Args     []mlsql.Value // of the statement's placeholders, some of which may stand in Source
}

// Evaluation is the outcome of EVALUATE.
type Evaluation struct {
	Dataset  string // TEST, VALIDATE, TRAIN, or the source's text
	Metrics  []catalog.Metric
	Warnings []string
}

// Evaluate measures a version. threshold nil means the model's own. Rows of the version's own split are read from the data that it learned from, whatever became of
// the table since; a source is read under the privileges of the session in ctx, and so are own rows when slices show their values. The baseline is that of the
// version's training rows, whatever is measured.
func (s *Service) Evaluate(ctx context.Context, m *catalog.Model, v *catalog.Version, on Rows, threshold *float64, by, names []string) (*Evaluation, error) {
	pr, err := s.Predictors.Get(ctx, m, v)
	if err != nil {
		return nil, err
	}
	metrics, err := chooseMetrics(pr.Task, names)
	if err != nil {
		return nil, err
	}
	l, err := s.label(ctx, m, v, on, threshold, by)
	if err != nil {
		return nil, err
	}
	if pr.More != nil && slices.ContainsFunc(by, func(name string) bool { return strings.EqualFold(name, targetSlice) }) {
		return nil, Errorf(ErrDefinition, "BY (%s): model %s has several targets, whose own rows are the slices %s=...; give the column another name, in ON (SELECT ... AS ...)", targetSlice, m.Name, targetSlice)
	}
	parts, err := l.slices()
	if err != nil {
		return nil, err
	}
	e := &Evaluation{Dataset: l.dataset, Warnings: l.warnings}
	for _, slice := range parts {
		sub := l.of(slice.rows)
		values, err := measure(ctx, metrics, l.pr, sub.scores, sub.x, &sub.actual, sub.weights)
		if err != nil {
			return nil, dataError(ctx, "%v", err)
		}
		for _, x := range values {
			e.Metrics = append(e.Metrics, catalogMetric(l.dataset, slice.name, x))
		}
	}
	return e, nil
}

func chooseMetrics(task learners.Task, names []string) ([]*metric.Metric, error) {
	if len(names) == 0 {
		return metric.For(kind(task)), nil
	}
	var out []*metric.Metric
	for _, name := range names {
		m, ok := metric.Lookup(name)
		if !ok || !m.Supports(kind(task)) {
			all := metricNames(kind(task))
			return nil, Errorf(ErrDefinition, "METRICS: '%s' is no metric of %s%s; choose from %s", name, aTask(task), params.Suggest(name, all), strings.Join(all, ", "))
		}
		for _, other := range out {
			if other == m {
				return nil, Errorf(ErrDefinition, "METRICS names %s twice", m.Name)
			}
		}
		out = append(out, m)
	}
	return out, nil
}

func metricNames(k metric.Kind) []string {
	var all []string
	for _, m := range metric.For(k) {
		all = append(all, m.Name)
	}
	return all
}

// label predicts the rows that are asked for.
func (s *Service) label(ctx context.Context, m *catalog.Model, v *catalog.Version, on Rows, threshold *float64, by []string) (*labelled, error) {
	pr, err := s.Predictors.Get(ctx, m, v)
	if err != nil {
		return nil, err
	}
	switch {
	case threshold == nil:
		if pr.Task.Thresholded() {
			threshold = m.Threshold
		}
	case !pr.Task.Thresholded():
		return nil, Errorf(ErrDefinition, "THRESHOLD %v applies to a target of two classes, or to the score of an anomaly; version %d of model %s is a %s", *threshold, v.Number, m.Name, words(pr.Task))
	case !(*threshold >= 0 && *threshold <= 1):
		return nil, Errorf(ErrDefinition, "THRESHOLD %v: a probability between 0 and 1 is wanted", *threshold)
	}
	c, err := parseDefinition(v.Definition)
	if err != nil {
		return nil, err
	}
	l := &labelled{pr: pr}
	if on.Source != nil {
		return l, s.labelSource(ctx, l, m, v, c, on, threshold, by)
	}
	return l, s.labelOwn(ctx, l, m, v, c, on.Part, threshold, by)
}

// labelSource predicts the rows of a source of the caller's.
func (s *Service) labelSource(ctx context.Context, l *labelled, m *catalog.Model, v *catalog.Version, c *mlsql.CreateModel, on Rows, threshold *float64, by []string) error {
	pr := l.pr
	from, database := *on.Source, cmp.Or(on.Database, m.Database)
	if from.Table != nil {
		from.Table = &mlsql.Name{Database: cmp.Or(from.Table.Database, database), Name: from.Table.Name}
	}
	l.dataset = from.String()
	source, err := sourceOf(from, database, on.Args)
	if err != nil {
		return err
	}
	// what was learned is known: the source needs no more than to have the columns
	spec, ok := s.Registry.Lookup(pr.Learner)
	if !ok {
		return fmt.Errorf("unknown learner %s", pr.Learner)
	}
	statement := *c
	statement.ClassWeights, statement.Split, statement.Key, statement.Time = nil, nil, nil, ""
	d := &Definition{Statement: &statement, Database: database, Source: source, Learner: spec, Target: Column{Column: pr.Target}, Classify: pr.Task.Classification(),
		Columns: pr.Columns}
	for _, t := range pr.Targets() {
		d.Targets = append(d.Targets, Column{Column: t})
	}
	read := append(pr.Targets(), pr.Columns...)
	if !pr.Task.Supervised() {
		d.Alone = pr.Task
	}
	if err := d.resolveOptions(); err != nil {
		return err
	}
	d.Split = split.Spec{Method: split.NoSplit, Train: 1}
	if d.Shape, err = s.Reader.Shape(ctx, source); err != nil {
		return err
	}
	for _, col := range read {
		if _, err := d.column("ON", col.Name); err != nil {
			return err
		}
	}
	for _, name := range by {
		if _, err := d.column("BY", name); err != nil {
			return err
		}
	}
	if c.Weight != "" && !d.has(c.Weight) {
		statement.Weight = ""
		l.warnings = append(l.warnings, fmt.Sprintf("the source has no column %s: its rows are not weighted", c.Weight))
	}
	kinds, err := s.Reader.Check(ctx, pipelineInputs(pr), d.Shape)
	if err != nil {
		return err
	}
	for _, in := range pr.Pipeline.Inputs() {
		if got := kinds[in.Name]; got != in.Kind {
			return Errorf(ErrMismatch, "ON: %s is %s in the source, and version %d of model %s learned from a %s one; CAST it to that type in ON (SELECT ...)", in.Name, got, v.Number, m.Name, in.Kind)
		}
	}
	want := d.want(pipelineInputs(pr))
	want.Slices = by
	if l.table, err = s.Reader.Read(ctx, source, want); err != nil {
		return err
	}
	p, err := d.prepare(ctx, l.table, pr.Classes)
	if err != nil {
		return err
	}
	return l.score(ctx, p, split.Train, threshold)
}

// labelOwn predicts a part of the version's own split.
func (s *Service) labelOwn(ctx context.Context, l *labelled, m *catalog.Model, v *catalog.Version, c *mlsql.CreateModel, part mlsql.Part, threshold *float64, by []string) error {
	if len(by) > 0 {
		// slices name values of the data: whoever asks must be allowed to read it
		if err := s.mayReadOwn(ctx, m, v, c); err != nil {
			return err
		}
	}
	session, release, err := s.Reader.Privileged(ctx, "EVALUATE MODEL "+m.Name)
	if err != nil {
		return err
	}
	defer release()
	own, err := s.resolvePinned(session, c, m.Database, v)
	if err != nil {
		return err
	}
	for _, name := range by {
		if _, err := own.column("BY", name); err != nil {
			return err
		}
	}
	want := own.want(pipelineInputs(l.pr))
	want.Slices, want.WithHash = by, true
	if l.table, err = s.Reader.Read(session, own.Source, want); err != nil {
		return err
	}
	if l.table.Hash != v.DataHash {
		return Errorf(ErrChanged, "version %d of model %s cannot be measured on its own rows: read again, its source gives others than it learned from%s; measure on a table or SELECT with ON",
			v.Number, m.Name, own.whyOthers())
	}
	p, err := own.prepare(ctx, l.table, nil)
	if err != nil {
		return err
	}
	chosen, err := choosePart(p, part, m, v)
	if err != nil {
		return err
	}
	l.dataset = chosen.String()
	return l.score(ctx, p, chosen, threshold)
}

// whyOthers says what of the source may give other rows, when it is known.
func (d *Definition) whyOthers() string {
	if len(d.Shape.Changing) == 0 {
		return ""
	}
	return fmt.Sprintf(" (it uses %s)", strings.Join(d.Shape.Changing, ", "))
}

// mayReadOwn is an error unless the session in ctx may read the rows that a version learned from.
func (s *Service) mayReadOwn(ctx context.Context, m *catalog.Model, v *catalog.Version, c *mlsql.CreateModel) error {
	source, err := sourceOf(c.From, m.Database, nil)
	if err != nil {
		return err
	}
	source.Pins, source.AsOf, source.SQLMode = v.Data, "", &v.SQLMode
	_, err = s.Reader.Shape(ctx, source)
	return err
}

// MayRead reports whether the session in ctx may read the rows that a version learned from, as far as they are still there.
func (s *Service) MayRead(ctx context.Context, m *catalog.Model, v *catalog.Version) bool {
	c, err := parseDefinition(v.Definition)
	return err == nil && s.mayReadOwn(ctx, m, v, c) == nil
}

// choosePart is the part that the statement names, or the first of TEST, VALIDATE and TRAIN that has rows.
func choosePart(p *prepared, part mlsql.Part, m *catalog.Model, v *catalog.Version) (split.Part, error) {
	for _, x := range []split.Part{split.Test, split.Validate, split.Train} {
		if (part == "" || string(part) == x.String()) && len(p.rows(x)) > 0 {
			return x, nil
		}
	}
	return 0, Errorf(ErrData, "version %d of model %s has no %s rows; its split has %d TRAIN, %d VALIDATE and %d TEST", v.Number, m.Name, part, v.Rows.Train, v.Rows.Validate, v.Rows.Test)
}

func pipelineInputs(pr *predictor.Predictor) []string {
	var out []string
	for _, in := range pr.Pipeline.Inputs() {
		out = append(out, in.Name)
	}
	return out
}
