package catalog

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"aibms/learners"
)

// VersionStart is what is known when TRAIN begins.
type VersionStart struct {
	Definition string // canonical CREATE MODEL statement
	Query      string
	SQLMode    string // in which Query is read
	Learner    string
	Task       learners.Task // empty when only the data can tell
	Targets    []Target
	Seed       uint64
	WarmFrom   int64 // version that the learner goes on from; 0: it begins anew
	Comment    string
}

// VersionResult is what TRAIN found. Learner, Task, Targets, Query and Seed take the place of those of VersionStart unless they are zero.
type VersionResult struct {
	Learner  string
	Task     learners.Task
	Targets  []Target
	Query    string
	Seed     uint64
	Data     []DataPin
	DataHash string
	Rows     RowCounts
	Headline Headline
	Duration time.Duration
	Warnings []string
	Settings []Setting
	Inputs   []Input
	Features []Feature
	Metrics  []Metric
	Curve    []Iteration // in their order, at most MaxCurve; stored, and not kept in memory
	FitTimes []FitTime   // of the learners that were tried, at most MaxFitTimes; stored, and not kept in memory
	Artifact []byte      // at most MaxArtifactBytes; not kept after the call
}

// BeginVersion gives a model its next version, TRAINING. Its number is never given again, whatever becomes of it. The error wraps ErrNoModel.
func (c *Catalog) BeginVersion(ctx context.Context, by, database, name string, start VersionStart) (*Version, error) {
	var v *Version
	_, err := c.applyTo(ctx, named(database, name), func(m *Model) (string, []Statement, error) {
		m.LastVersion++
		v = &Version{ModelID: m.ID, Number: m.LastVersion, Status: Training, Definition: clean(start.Definition), Query: clean(start.Query), SQLMode: clean(start.SQLMode),
			Learner: start.Learner, Task: start.Task, Targets: cleanTargets(start.Targets), Seed: start.Seed, WarmFrom: start.WarmFrom, Comment: clean(start.Comment),
			Headline: Headline{Value: math.NaN(), Baseline: math.NaN()}, EngineVersion: c.engine, StartedBy: by, StartedAt: c.time()}
		m.Versions = append(slices.Clone(m.Versions), v)
		statements := append([]Statement{m.update()}, insert("model_versions", versionColumns, v.row(m))...)
		return fmt.Sprintf("train %s version %d: begun by %s", m.SQLName(), v.Number, by), append(statements, v.insertParts(m)...), nil
	})
	if err != nil {
		return nil, err
	}
	return v, nil
}

// FinishVersion makes a version that is TRAINING READY. modelID and number are those of what BeginVersion returned, so that a rename meanwhile does no
// harm. The error wraps ErrNoModel or ErrNoVersion (dropped meanwhile), ErrNotTraining or ErrArtifactTooBig; the version then stays as it was, and
// FailVersion is to be called.
func (c *Catalog) FinishVersion(ctx context.Context, modelID, number int64, r VersionResult) (*Version, error) {
	size := int64(len(r.Artifact))
	if size > MaxArtifactBytes {
		return nil, faultf(ErrArtifactTooBig, "the trained model takes %d MB; at most %d MB are stored: train it with fewer features or a smaller learner", size>>20, MaxArtifactBytes>>20)
	}
	hash := hashOf(r.Artifact)
	parts := partCount(size)
	if parts > inlineParts {
		what := fmt.Sprintf("version %d", number)
		if m, ok := c.Snapshot().ModelByID(modelID); ok {
			what = fmt.Sprintf("%s version %d", m.SQLName(), number)
		}
		done, err := c.upload(ctx, what, hash, r.Artifact, func(s *Snapshot) error {
			m, err := withID(modelID)(s)
			if err == nil {
				_, err = m.inTraining(number)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		defer done()
	}
	return c.applyToVersion(ctx, modelID, number, func(m *Model, v *Version) (string, []Statement, error) {
		if _, err := m.inTraining(number); err != nil {
			return "", nil, err
		}
		v.take(r)
		v.Status, v.ArtifactHash, v.ArtifactBytes, v.FinishedAt = Ready, hash, size, c.time()
		var statements []Statement
		if parts <= inlineParts {
			statements = putParts(hash, r.Artifact, 1, parts)
		}
		statements = append(statements,
			Statement{"DELETE FROM model_artifacts WHERE artifact_hash = ? AND part > ?", []any{hash, parts}}, // of a damaged one
			Statement{"DELETE FROM model_targets WHERE model_id = ? AND version = ?", []any{m.ID, number}},
			v.update(m))
		statements = append(statements, insertCurve(m, v, r.Curve)...)
		statements = append(statements, insertFitTimes(m, v, r.FitTimes)...)
		message := fmt.Sprintf("train %s version %d", m.SQLName(), number)
		if h := v.Headline; h.Metric != "" && h.Value == h.Value {
			message += ": " + h.Metric + " " + strconv.FormatFloat(h.Value, 'g', 4, 64)
		}
		return message, append(statements, v.insertParts(m)...), nil
	})
}

// take copies the result into the version, in the form in which it is read back.
func (v *Version) take(r VersionResult) {
	if r.Learner != "" {
		v.Learner = r.Learner
	}
	if r.Task != "" {
		v.Task = r.Task
	}
	if len(r.Targets) > 0 {
		v.Targets = cleanTargets(r.Targets)
	}
	if r.Query != "" {
		v.Query = clean(r.Query)
	}
	if r.Seed != 0 {
		v.Seed = r.Seed
	}
	v.DataHash, v.Rows, v.Duration = r.DataHash, r.Rows, r.Duration.Truncate(time.Millisecond)
	if h := r.Headline; h.Metric != "" {
		v.Headline = Headline{Metric: h.Metric, Dataset: h.Dataset, Value: finite(h.Value), Baseline: finite(h.Baseline)}
	}
	v.Data = each(r.Data, func(d DataPin) DataPin {
		return DataPin{clean(d.Database), clean(d.Branch), d.Commit, clean(d.Ref)}
	})
	v.Warnings = each(r.Warnings, clean)
	v.Settings = each(r.Settings, func(s Setting) Setting { return Setting{Name: clean(s.Name), Value: clean(s.Value), Source: s.Source} })
	v.Inputs = each(r.Inputs, func(x Input) Input { return Input{clean(x.Name), clean(x.SQLType)} })
	v.Features = each(r.Features, func(f Feature) Feature {
		f.Name, f.Input, f.Expression, f.TopCategory = clean(f.Name), clean(f.Input), clean(f.Expression), clean(f.TopCategory)
		f.NullShare, f.Mean, f.StdDev, f.Min, f.Max = finite(f.NullShare), finite(f.Mean), finite(f.StdDev), finite(f.Min), finite(f.Max)
		return f
	})
	for i := range v.Features {
		v.Features[i].Position = i + 1
	}
	v.Metrics = each(r.Metrics, func(x Metric) Metric {
		x.Slice = clean(x.Slice)
		x.Value, x.CILow, x.CIHigh, x.Baseline = finite(x.Value), finite(x.CILow), finite(x.CIHigh), finite(x.Baseline)
		return x
	})
}

func cleanTargets(targets []Target) []Target {
	return each(targets, func(t Target) Target { return Target{clean(t.Name), clean(t.SQLType)} })
}

// each maps a list into a new one; none stays nil.
func each[T any](list []T, f func(T) T) []T {
	var out []T
	for _, x := range list {
		out = append(out, f(x))
	}
	return out
}

// FailVersion ends a version that is TRAINING as FAILED or INTERRUPTED. It does so although ctx has ended: that is when it is needed. The error wraps
// ErrNoModel or ErrNoVersion (dropped meanwhile) or ErrNotTraining.
func (c *Catalog) FailVersion(ctx context.Context, modelID, number int64, status Status, reason string) (*Version, error) {
	if status != Failed && status != Interrupted {
		return nil, fmt.Errorf("a training ends as %s or %s, not %s", Failed, Interrupted, status)
	}
	return c.applyToVersion(context.WithoutCancel(ctx), modelID, number, func(m *Model, v *Version) (string, []Statement, error) {
		if _, err := m.inTraining(number); err != nil {
			return "", nil, err
		}
		v.Status, v.Reason, v.FinishedAt = status, clean(reason), c.time()
		v.Duration = max(0, v.FinishedAt.Sub(v.StartedAt)).Truncate(time.Millisecond)
		return fmt.Sprintf("train %s version %d %s", m.SQLName(), number, map[Status]string{Failed: "failed", Interrupted: "was interrupted"}[status]) + because(v.Reason),
			[]Statement{v.update(m)}, nil
	})
}

// MarkCorrupt records that the artifact of a READY version is damaged. A deployed version stays deployed: what is loaded goes on serving. The error wraps
// ErrNoModel, ErrNoVersion or ErrNotReady.
func (c *Catalog) MarkCorrupt(ctx context.Context, modelID, number int64, reason string) (*Version, error) {
	return c.applyToVersion(context.WithoutCancel(ctx), modelID, number, func(m *Model, v *Version) (string, []Statement, error) {
		if v.Status != Ready && v.Status != Corrupt {
			return "", nil, m.notReady(v, "be marked CORRUPT")
		}
		v.Status, v.Reason = Corrupt, clean(reason)
		return fmt.Sprintf("mark %s version %d CORRUPT", m.SQLName(), number) + because(v.Reason), []Statement{v.update(m)}, nil
	})
}

// applyToVersion runs one change of one version. alter gets a copy of it and of its model, in which it stands already.
func (c *Catalog) applyToVersion(ctx context.Context, modelID, number int64, alter func(m *Model, v *Version) (string, []Statement, error)) (*Version, error) {
	var v *Version
	_, err := c.applyTo(ctx, withID(modelID), func(m *Model) (string, []Statement, error) {
		old, err := m.find(number)
		if err != nil {
			return "", nil, err
		}
		altered := *old
		v = &altered
		m.Versions = slices.Clone(m.Versions)
		m.Versions[slices.Index(m.Versions, old)] = v
		return alter(m, v)
	})
	if err != nil {
		return nil, err
	}
	return v, nil
}

func (m *Model) inTraining(number int64) (*Version, error) {
	v, err := m.find(number)
	if err != nil {
		return nil, err
	}
	if v.Status != Training {
		return nil, faultf(ErrNotTraining, "version %d of model %s is not in training: it is %s", number, m.SQLName(), v.Status)
	}
	return v, nil
}

// DropVersion removes a version, and its artifact when no other version uses it. It returns what was removed, so that pins and loaded models can be
// released. The error wraps ErrNoModel, ErrNoVersion, ErrDeployed, ErrAliased or ErrTraining.
func (c *Catalog) DropVersion(ctx context.Context, by, database, name string, number int64) (*Version, error) {
	var v *Version
	var present *Snapshot
	find := func(s *Snapshot) (*Model, error) {
		present = s
		return named(database, name)(s)
	}
	_, err := c.applyTo(ctx, find, func(m *Model) (string, []Statement, error) {
		var err error
		if v, err = m.find(number); err != nil {
			return "", nil, err
		}
		if err := m.mayDrop(v); err != nil {
			return "", nil, err
		}
		m.Versions = slices.DeleteFunc(slices.Clone(m.Versions), func(other *Version) bool { return other == v })
		if len(m.Versions) == 0 {
			m.Versions = nil // as it is read back
		}
		var statements []Statement
		for _, table := range versionTables {
			statements = append(statements, Statement{"DELETE FROM " + table + " WHERE model_id = ? AND version = ?", []any{m.ID, number}})
		}
		if v.ArtifactHash != "" && c.unused(present, v.ArtifactHash, m.ID, number) {
			statements = append(statements, deleteArtifact(v.ArtifactHash))
		}
		return fmt.Sprintf("drop %s version %d: by %s", m.SQLName(), number, by), statements, nil
	})
	if err != nil {
		return nil, err
	}
	return v, nil
}

func (m *Model) mayDrop(v *Version) error {
	if v.Number == m.Deployed() {
		return faultf(ErrDeployed, "version %d of model %s is deployed; DEPLOY MODEL %s another VERSION or UNDEPLOY MODEL %s first", v.Number, m.SQLName(), m.SQLName(), m.SQLName())
	}
	for _, a := range m.Aliases {
		if a.Version == v.Number {
			return faultf(ErrAliased, "version %d of model %s has the alias %s; ALTER MODEL %s DROP ALIAS %s first", v.Number, m.SQLName(), a.Name, m.SQLName(), a.Name)
		}
	}
	if v.Status == Training {
		return faultf(ErrTraining, "version %d of model %s is in training; KILL QUERY ends it", v.Number, m.SQLName())
	}
	return nil
}

// interruptTraining marks the versions that were in training when the server ended. Only Open may call it.
func (c *Catalog) interruptTraining(ctx context.Context) error {
	if err := c.lock(ctx); err != nil {
		return err
	}
	defer c.unlock()
	next := c.snap.Load()
	var statements []Statement
	for _, m := range next.models {
		altered := *m
		altered.Versions = slices.Clone(m.Versions)
		found := false
		for i, v := range m.Versions {
			if v.Status == Training {
				ended := *v
				ended.Status, ended.Reason, ended.FinishedAt = Interrupted, "the server ended during the training", c.time()
				altered.Versions[i] = &ended
				statements = append(statements, ended.update(m))
				found = true
			}
		}
		if found {
			next = next.with(&altered)
		}
	}
	if len(statements) == 0 {
		return nil
	}
	if err := c.write(ctx, fmt.Sprintf("mark %d versions INTERRUPTED: the server ended during their training", len(statements)), statements); err != nil {
		return err
	}
	c.snap.Store(next)
	return nil
}
