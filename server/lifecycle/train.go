package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"math"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"aibms/catalog"
	"aibms/internal/thrift"
	"aibms/learners"
	"aibms/learners/data"
	"aibms/learners/feature"
	"aibms/learners/metric"
	"aibms/learners/predictor"
	"aibms/learners/split"
	"aibms/server/mlsql"
)

// Progress tells how far a statement is: done of total steps of a phase; total is 0 when unknown.
type Progress func(phase string, done, total int64)

// Trained is the outcome of TRAIN.
type Trained struct {
	Model   *catalog.Model
	Version *catalog.Version
}

// Train makes the next version of a model: it reads the source under the privileges of the session in ctx, keeps that state of the data, fits features
// and learner on the training rows, measures, and stores the version. Whatever goes wrong, the version ends as FAILED or INTERRUPTED with its
// reason and nothing of it is left half-done. It returns soon after ctx ends.
func (s *Service) Train(ctx context.Context, by string, m *catalog.Model, t *mlsql.TrainModel, progress Progress) (*Trained, error) {
	definition, mode, err := s.Overridden(ctx, m, t)
	if err != nil {
		return nil, err
	}
	d, err := s.Resolve(ctx, definition, m.Database, &mode)
	if err != nil {
		return nil, err
	}
	from, err := s.GoOnFrom(ctx, m, d, t)
	if err != nil {
		return nil, err
	}
	v, err := s.Catalog.BeginVersion(ctx, by, m.Database, m.Name, catalog.VersionStart{
		Definition: definition.String(), Query: d.Source.Query, SQLMode: mode, Learner: d.Learner.Name,
		Targets: d.targets(),
		Seed:    d.Options.Seed, WarmFrom: from, Comment: t.Comment.Text,
	})
	if err != nil {
		return nil, err
	}
	started := time.Now()
	limited := ctx
	if d.Options.MaxTime > 0 {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeoutCause(ctx, d.Options.MaxTime, Errorf(ErrTime, "training took longer than WITH (max_time = '%s') allows; raise it, or read fewer rows", d.Options.MaxTime))
		defer cancel()
	}
	// the pin comes first: what the transaction sees now is what is read next
	pins, err := s.Reader.Pin(ctx, d.Source, d.Shape.Databases, fmt.Sprintf("%d-%d", v.ModelID, v.Number))
	var result *catalog.VersionResult
	if err == nil {
		source := d.Source
		source.Pins = pins
		result, err = s.fit(limited, d, source, progress)
	}
	after := context.WithoutCancel(ctx)
	var done *catalog.Version
	if err == nil {
		result.Data = pins
		result.Duration = time.Since(started).Round(time.Millisecond)
		progress("storing", 0, 0)
		done, err = s.Catalog.FinishVersion(after, v.ModelID, v.Number, *result)
	}
	if err == nil {
		if now, ok := s.Catalog.Snapshot().ModelByID(v.ModelID); ok {
			m = now
		}
		return &Trained{Model: m, Version: done}, nil
	}
	status, reason := catalog.Failed, err
	switch {
	case ctx.Err() != nil:
		status, reason = catalog.Interrupted, interruption(ctx)
	case limited.Err() != nil:
		err = context.Cause(limited)
		reason = err
	}
	if unpinErr := s.Reader.Unpin(after, pins); unpinErr != nil {
		err = errors.Join(err, unpinErr)
	}
	_, failErr := s.Catalog.FailVersion(after, v.ModelID, v.Number, status, plain(reason))
	if failErr != nil && !errors.Is(failErr, catalog.ErrNoModel) && !errors.Is(failErr, catalog.ErrNoVersion) {
		err = errors.Join(err, failErr)
	}
	return nil, err
}

// carried is how the text of an error of the SQL engine ends: its number and state, for programs.
var carried = regexp.MustCompile(`\s*\(errno \d+\) \(sqlstate [0-9A-Za-z]{5}\)`)

// plain is the text of an error for a reader.
func plain(err error) string { return carried.ReplaceAllString(err.Error(), "") }

// interruption says in words why a statement's context ended.
func interruption(ctx context.Context) error {
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return cause
	}
	return errors.New("the statement was killed, or its client went away")
}

// Overridden is the model's definition with the clauses of TRAIN in place of its own, and the sql_mode in which its source is read: the model's, or that of the session
// in ctx, which a FROM of TRAIN is written in.
func (s *Service) Overridden(ctx context.Context, m *catalog.Model, t *mlsql.TrainModel) (_ *mlsql.CreateModel, mode string, _ error) {
	c, err := parseDefinition(m.Definition)
	if err != nil {
		return nil, "", err
	}
	mode = m.SQLMode
	if t.From != nil {
		c.From, mode = *t.From, s.Reader.SQLMode(ctx)
	}
	if t.AsOf.IsSet() {
		c.From.AsOf = t.AsOf
	}
	if t.Using != nil {
		c.Using = t.Using
	}
	for _, set := range t.With {
		replaced := false
		for i := range c.With {
			if strings.EqualFold(c.With[i].Name, set.Name) {
				c.With[i], replaced = set, true
			}
		}
		if !replaced {
			c.With = append(c.With, set)
		}
	}
	return c, mode, nil
}

// parseDefinition reads a stored definition back.
func parseDefinition(text string) (*mlsql.CreateModel, error) {
	st, _, err := mlsql.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("stored definition: %w", err)
	}
	c, ok := st.(*mlsql.CreateModel)
	if !ok {
		return nil, fmt.Errorf("stored definition is not a CREATE MODEL: %s", text)
	}
	return c, nil
}

// fit is the data path: rows -> dataset -> split -> features -> learner -> metrics -> artifact. Equal data, settings and seed give equal bytes, whatever
// the number of workers.
func (s *Service) fit(ctx context.Context, d *Definition, source Source, progress Progress) (*catalog.VersionResult, error) {
	want := d.want(d.inputs())
	want.WithHash = true
	want.OnProgress = func(rows int64) { progress("reading", rows, 0) }
	progress("reading", 0, 0)
	table, err := s.Reader.Read(ctx, source, want)
	if err != nil {
		return nil, err
	}
	var result *catalog.VersionResult
	err = s.Reader.Aside(ctx, func() (err error) {
		result, err = s.learn(ctx, d, table, progress)
		return err
	})
	return result, err
}

// learn is fit from the dataset on.
func (s *Service) learn(ctx context.Context, d *Definition, table *Table, progress Progress) (*catalog.VersionResult, error) {
	if large(table) {
		defer thrift.Begin(thrift.Training)()
	}
	progress("splitting", 0, 0)
	p, err := d.prepare(ctx, table, nil)
	if err != nil {
		return nil, err
	}
	headline := d.Metric
	if headline == nil {
		headline = metric.Headline(kind(p.task))
	}
	if !headline.Supports(kind(p.task)) { // a definition knows only that there are classes
		return nil, Errorf(ErrDefinition, "OPTIMIZE FOR %s: the metric does not apply to a %s, and target %s has the classes %s; choose one of %s", headline.Name,
			words(p.task), d.Target.Name, strings.Join(clipNames(p.classes, 10), ", "), strings.Join(metricNames(kind(p.task)), ", "))
	}
	warnings := append(append([]string(nil), d.Notes...), p.warnings...)
	warnings = append(warnings, d.suspicions(ctx, p)...)

	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}

	tidy(table)
	progress("fitting features", 0, 0)
	trainRows := p.rows(split.Train)
	var pipeline *feature.Pipeline
	if d.warm != nil {
		if err := d.sameTarget(p); err != nil {
			return nil, err
		}
		pipeline = d.warm.Pipeline // as it was fitted: the model knows its features by these
		notes, err := pipeline.Unknown(ctx, table.Data, trainRows)
		if err != nil {
			return nil, dataError(ctx, "%v", err)
		}
		for _, n := range notes {
			warnings = append(warnings, n+"; without WARM START they are learned")
		}
	} else {
		var notes []string
		if pipeline, notes, err = feature.Fit(ctx, d.Items, table.Data, trainRows, pick(p.y, trainRows)); err != nil {
			return nil, dataError(ctx, "%v", err)
		}
		warnings = append(warnings, notes...)
		if d.traits().Missing {
			pipeline = pipeline.TakingMissing()
		}
	}
	learner, settings, err := d.newLearner()
	if err != nil {
		return nil, Errorf(ErrDefinition, "%v", err)
	}
	memory, err := d.checkMemory(p, learner, pipeline)
	if err != nil {
		return nil, err
	}
	sets := map[split.Part]*examples{}
	for _, part := range []split.Part{split.Train, split.Validate} { // those of TEST come when these are gone
		if sets[part], err = p.examples(ctx, pipeline, part); err != nil {
			return nil, err
		}
	}
	train := sets[split.Train]
	if train.len() == 0 {
		return nil, Errorf(ErrData, "no training row is left: every one has a NULL feature; use IMPUTE in TRANSFORM")
	}
	if d.Classify {
		if err := p.everyClassTrains(train); err != nil {
			return nil, err
		}
	}

	progress("training", 0, 0)
	curve := newTrainingCurve()
	phase, times := "training", []catalog.FitTime(nil)
	env := learners.Env{Task: p.task, Seed: d.Options.Seed, Workers: s.Workers, Memory: memory, Record: curve.record,
		Progress: func(done, total int, _ float64) { progress(phase, int64(done), int64(total)) },
		Warn:     func(format string, args ...any) { warnings = append(warnings, fmt.Sprintf(format, args...)) },
		Positive: p.positive,
		Begin:    func(part string) { phase = "training " + part },
		Took: func(part int, name string, took time.Duration) {
			times = append(times, catalog.FitTime{Part: int64(part), Learner: name, Took: took})
		},
	}
	if d.Metric != nil {
		env.Metric = d.Metric.Name
	}
	var validate *data.Examples
	if sets[split.Validate].len() > 0 {
		validate = &sets[split.Validate].Examples
	}
	var model learners.Model
	if d.warm != nil {
		model, err = learner.(learners.WarmStarter).FitFrom(ctx, d.warm.Model, &train.Examples, validate, env)
	} else {
		model, err = learner.Fit(ctx, &train.Examples, validate, env)
	}
	if err != nil {
		instead := ""
		if refused := new(learners.WarmStartError); errors.As(err, &refused) {
			instead = orAnew
		}
		return nil, dataError(ctx, "learner %s: %s%s", d.Learner.Name, strings.TrimPrefix(err.Error(), d.Learner.Name+": "), instead)
	}

	progress("measuring", 0, 0)
	pr := &predictor.Predictor{Learner: d.Learner.Name, Task: p.task, Target: d.Target.Column, Columns: d.Columns, Classes: p.classes, Positive: p.positive,
		Settings: settings, Seed: d.Options.Seed, Pipeline: pipeline, Model: model,
		Baseline: metric.FitBaseline(kind(p.task), len(p.classes), train.Y, p.reportWeights(train))}
	for k := 1; k < train.Outputs(); k++ {
		pr.More = append(pr.More, predictor.More{Target: d.Targets[k].Column, Baseline: metric.FitBaseline(metric.Regression, 0, train.Target(k), p.reportWeights(train))})
	}
	scores := map[split.Part]*predictor.Scores{}
	lost := int64(0)
	for _, part := range []split.Part{split.Train, split.Validate, split.Test} {
		if sets[part] == nil {
			tidy(table)
			if sets[part], err = p.examples(ctx, pipeline, part); err != nil {
				return nil, err
			}
		}
		set := sets[part]
		told := func(done int) { progress("measuring", int64(done), int64(set.len())) }
		if scores[part], err = pr.Score(ctx, set.X, make([]bool, set.len()), nil, told); err != nil {
			return nil, err
		}
		if !measuredBy(p.task) {
			set.X = nil // measuring needs room of its own
		}
		lost += set.missing
	}
	if lost > 0 {
		warnings = append(warnings, fmt.Sprintf("%s left out for a NULL feature; IMPUTE(x, 'median') keeps such rows", rowsAre(lost)))
	}
	tidy(table)
	result := &catalog.VersionResult{Learner: d.Learner.Name, Task: p.task, Targets: d.targets(),
		Query: d.Source.Query, Seed: d.Options.Seed, DataHash: table.Hash, Curve: curve.points(), FitTimes: times,
		Rows: catalog.RowCounts{Train: int64(train.len()), Validate: int64(sets[split.Validate].len()), Test: int64(sets[split.Test].len()), Dropped: p.dropped + lost}}
	for _, part := range []split.Part{split.Test, split.Validate, split.Train} {
		set := sets[part]
		if set.len() == 0 {
			continue
		}
		values, err := measure(ctx, metric.For(kind(p.task)), pr, scores[part], set.X, &set.Examples, p.reportWeights(set))
		if err != nil {
			return nil, err
		}
		set.X = nil
		for _, m := range values {
			result.Metrics = append(result.Metrics, catalogMetric(part.String(), "", m))
			if x := m.value; m.target == "" && x.Metric == headline && result.Headline.Metric == "" {
				result.Headline = catalog.Headline{Metric: x.Metric.Name, Dataset: part.String(), Value: x.Value, Baseline: x.Baseline}
				if math.IsNaN(x.Value) {
					warnings = append(warnings, p.unmeasured(x, part, set))
				}
			}
		}
	}
	if result.Headline.Dataset == split.Train.String() {
		warnings = append(warnings, "the metrics are those of the training rows, which flatter a model; SPLIT ... TEST 0.2 measures it on rows that it has not seen")
	}
	if result.Artifact, err = pr.Encode(s.Registry); err != nil {
		return nil, err
	}
	result.Settings = d.settings(settings, p, headline)
	result.Inputs = catalogInputs(d.Columns)
	result.Features = catalogFeatures(pipeline, d.Auto)
	result.Warnings = few(warnings)
	return result, nil
}

// targets are the predicted columns as the catalog keeps them; nil without a target.
func (d *Definition) targets() []catalog.Target {
	if d.Alone != "" {
		return nil
	}
	out := make([]catalog.Target, len(d.Targets))
	for i, t := range d.Targets {
		out[i] = catalog.Target{Name: t.Name, SQLType: t.SQLType}
	}
	return out
}

// tidy collects what the last phase has left, when that is much: by itself the collector would wait until memory has grown.
func tidy(t *Table) {
	if large(t) {
		runtime.GC()
	}
}

func large(t *Table) bool { return thrift.Large(t.Data.Rows, len(t.Data.Columns)) }

// unmeasured says why a metric has no value on a part of the split.
func (p *prepared) unmeasured(x metric.Value, part split.Part, set *examples) string {
	rows := fmt.Sprintf("the %d %s rows", set.len(), part)
	if set.len() == 1 {
		rows = fmt.Sprintf("the one %s row", part)
	}
	switch p.task {
	case learners.Clustering:
		return fmt.Sprintf("%s has no value on %s: all of them are in one cluster", x.Metric.Name, rows)
	case learners.Projection:
		return fmt.Sprintf("%s has no value on %s: their features do not vary, or the learner cannot restore them", x.Metric.Name, rows)
	}
	alike := false
	for k := range set.Outputs() {
		target := set.Target(k)
		alike = alike || !slices.ContainsFunc(target, func(y float64) bool { return y != target[0] })
	}
	switch {
	case !alike:
		return fmt.Sprintf("%s has no value on %s", x.Metric.Name, rows)
	case p.classes != nil:
		return fmt.Sprintf("%s has no value on %s: the only class there is '%s'; more rows, or a larger fraction of them, would give it one", x.Metric.Name, rows, clip(p.classes[int(set.Y[0])]))
	}
	if p.targets != nil {
		return fmt.Sprintf("%s has no value on %s: a target is the same throughout; more rows, or a larger fraction of them, would give it one", x.Metric.Name, rows)
	}
	return fmt.Sprintf("%s has no value on %s: the target is the same throughout; more rows, or a larger fraction of them, would give it one", x.Metric.Name, rows)
}

// maxWarnings is how many warnings of one training are told: of a thousand constant columns nobody reads more.
const maxWarnings = 20

// few is the first of the warnings, and how many there are beyond them.
func few(warnings []string) []string {
	if len(warnings) <= maxWarnings {
		return warnings
	}
	return append(warnings[:maxWarnings-1:maxWarnings-1], fmt.Sprintf("and %d more warnings of this kind", len(warnings)-maxWarnings+1))
}

// dataError blames the data for what a fit reports, unless it was stopped.
func dataError(ctx context.Context, format string, args ...any) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return Errorf(ErrData, format, args...)
}
