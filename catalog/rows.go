package catalog

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"aibms/learners"
	"aibms/learners/data"
)

// A table is written and read with the same list of columns, so that the two cannot drift apart. The methods below make the values of a row
// in that order, and the read functions take them back.
const (
	modelColumns      = "model_id, database_name, model_name, definition, sql_mode, comment, threshold, last_version, deployed_version, created_by, created_at, updated_at"
	versionColumns    = "model_id, version, database_name, model_name, status, reason, learner, task, target, definition, training_query, sql_mode, data_hash, seed, engine_version, rows_train, rows_validate, rows_test, rows_dropped, metric, metric_dataset, value, baseline, artifact_hash, artifact_bytes, duration_ms, warnings, warm_started_from, comment, started_by, started_at, finished_at"
	partOfVersion     = "model_id, version, position, database_name, model_name, "
	targetColumns     = partOfVersion + "target, sql_type"
	dataColumns       = partOfVersion + "data_database, branch, commit_hash, ref_name"
	settingColumns    = partOfVersion + "name, value, source"
	inputColumns      = partOfVersion + "input, sql_type"
	featureColumns    = partOfVersion + "feature, input, expression, source, kind, column_count, row_count, null_share, mean, std_dev, min_value, max_value, categories, top_category, top_count"
	metricColumns     = partOfVersion + "dataset, slice, metric, value, ci_low, ci_high, baseline, row_count, higher_is_better"
	trainingColumns   = partOfVersion + "iteration, loss, validation_loss, elapsed_ms"
	fitTimeColumns    = partOfVersion + "part, learner, fit_ms"
	aliasColumns      = "model_id, alias, database_name, model_name, version, set_by, set_at"
	deploymentColumns = "event_id, model_id, database_name, model_name, action, version, previous_version, reason, changed_by, changed_at"
)

// versionTables hold one version each row or several rows for a version; all have model_id, version and model_name.
var versionTables = []string{"model_versions", "model_targets", "model_version_data", "model_settings", "model_inputs", "model_features", "model_metrics", "model_training_info", "model_fit_times"}

// rowsPerInsert bounds the number of placeholders of one statement.
const rowsPerInsert = 50

// insert makes the statements that add rows to a table.
func insert(table, columns string, rows ...[]any) []Statement {
	var statements []Statement
	one := "(" + strings.TrimSuffix(strings.Repeat("?, ", strings.Count(columns, ",")+1), ", ") + ")"
	for len(rows) > 0 {
		n := min(len(rows), rowsPerInsert)
		s := Statement{Query: "INSERT INTO " + table + " (" + columns + ") VALUES " + strings.TrimSuffix(strings.Repeat(one+", ", n), ", ")}
		for _, r := range rows[:n] {
			s.Args = append(s.Args, r...)
		}
		statements = append(statements, s)
		rows = rows[n:]
	}
	return statements
}

func (m *Model) row() []any {
	var threshold any
	if m.Threshold != nil {
		threshold = *m.Threshold
	}
	return []any{m.ID, m.Database, m.Name, m.Definition, m.SQLMode, orNull(m.Comment), threshold, m.LastVersion, idOrNull(m.Deployed()), m.CreatedBy, m.CreatedAt, m.UpdatedAt}
}

func readModel(r *row) *Model {
	m := &Model{ID: r.int(), Database: r.text(), Name: r.text(), Definition: r.text(), SQLMode: r.text(), Comment: r.text()}
	if threshold := r.float(); threshold == threshold {
		m.Threshold = &threshold
	}
	m.LastVersion = r.int()
	r.next() // deployed_version is for readers; the history of deployments decides
	m.CreatedBy, m.CreatedAt, m.UpdatedAt = r.text(), r.time(), r.time()
	return m
}

func (v *Version) row(m *Model) []any {
	targets := make([]string, len(v.Targets))
	for i, t := range v.Targets {
		targets[i] = t.Name
	}
	return []any{v.ModelID, v.Number, m.Database, m.Name, string(v.Status), orNull(v.Reason), orNull(v.Learner), orNull(string(v.Task)),
		orNull(strings.Join(targets, ", ")), v.Definition, orNull(v.Query), v.SQLMode, orNull(v.DataHash), v.Seed, v.EngineVersion,
		v.Rows.Train, v.Rows.Validate, v.Rows.Test, v.Rows.Dropped,
		orNull(v.Headline.Metric), orNull(v.Headline.Dataset), floatOrNull(v.Headline.Value), floatOrNull(v.Headline.Baseline),
		orNull(v.ArtifactHash), v.ArtifactBytes, v.Duration.Milliseconds(), jsonOrNull(v.Warnings), idOrNull(v.WarmFrom), orNull(v.Comment),
		v.StartedBy, v.StartedAt, timeOrNull(v.FinishedAt)}
}

func readVersion(r *row) *Version {
	v := &Version{ModelID: r.int(), Number: r.int()}
	r.next()
	r.next() // names, for readers
	v.Status, v.Reason, v.Learner, v.Task = Status(r.text()), r.text(), r.text(), learners.Task(r.text())
	r.next() // target, for readers
	v.Definition, v.Query, v.SQLMode, v.DataHash, v.Seed, v.EngineVersion = r.text(), r.text(), r.text(), r.text(), r.uint(), r.text()
	v.Rows = RowCounts{Train: r.int(), Validate: r.int(), Test: r.int(), Dropped: r.int()}
	v.Headline = Headline{Metric: r.text(), Dataset: r.text(), Value: r.float(), Baseline: r.float()}
	v.ArtifactHash, v.ArtifactBytes = r.text(), r.int()
	v.Duration, v.Warnings = time.Duration(r.int())*time.Millisecond, r.texts()
	v.WarmFrom, v.Comment = r.int(), r.text()
	v.StartedBy, v.StartedAt, v.FinishedAt = r.text(), r.time(), r.time()
	return v
}

// partRows makes the rows of a version's list; values makes what follows partOfVersion.
func partRows[T any](m *Model, v *Version, list []T, values func(T) []any) [][]any {
	rows := make([][]any, len(list))
	for i, item := range list {
		rows[i] = append([]any{v.ModelID, v.Number, int64(i + 1), m.Database, m.Name}, values(item)...)
	}
	return rows
}

// insertParts makes the statements that add all lists of a version.
func (v *Version) insertParts(m *Model) []Statement {
	var s []Statement
	s = append(s, insert("model_targets", targetColumns, partRows(m, v, v.Targets, func(t Target) []any { return []any{t.Name, t.SQLType} })...)...)
	s = append(s, insert("model_version_data", dataColumns, partRows(m, v, v.Data, func(d DataPin) []any {
		return []any{d.Database, orNull(d.Branch), orNull(d.Commit), orNull(d.Ref)}
	})...)...)
	s = append(s, insert("model_settings", settingColumns, partRows(m, v, v.Settings, func(x Setting) []any { return []any{x.Name, x.Value, x.Source} })...)...)
	s = append(s, insert("model_inputs", inputColumns, partRows(m, v, v.Inputs, func(x Input) []any { return []any{x.Name, x.SQLType} })...)...)
	s = append(s, insert("model_features", featureColumns, partRows(m, v, v.Features, func(f Feature) []any {
		return []any{f.Name, f.Input, f.Expression, f.Source, f.Kind.String(), int64(f.Columns), int64(f.Rows), floatOrNull(f.NullShare),
			floatOrNull(f.Mean), floatOrNull(f.StdDev), floatOrNull(f.Min), floatOrNull(f.Max), int64(f.Categories), orNull(f.TopCategory), int64(f.TopCount)}
	})...)...)
	return append(s, insert("model_metrics", metricColumns, partRows(m, v, v.Metrics, func(x Metric) []any {
		return []any{x.Dataset, orNull(x.Slice), x.Metric, floatOrNull(x.Value), floatOrNull(x.CILow), floatOrNull(x.CIHigh), floatOrNull(x.Baseline), x.RowCount, bit(x.HigherIsBetter)}
	})...)...)
}

func readTarget(r *row) Target { return Target{Name: r.text(), SQLType: r.text()} }
func readData(r *row) DataPin {
	return DataPin{Database: r.text(), Branch: r.text(), Commit: r.text(), Ref: r.text()}
}
func readSetting(r *row) Setting { return Setting{Name: r.text(), Value: r.text(), Source: r.text()} }
func readInput(r *row) Input     { return Input{Name: r.text(), SQLType: r.text()} }

func readFeature(r *row) Feature {
	var f Feature
	f.Name, f.Input, f.Expression, f.Source = r.text(), r.text(), r.text(), r.text()
	switch kind := r.text(); kind {
	case data.Numeric.String():
		f.Kind = data.Numeric
	case data.Categorical.String():
		f.Kind = data.Categorical
	default:
		r.err = cmp.Or(r.err, fmt.Errorf("feature %s has the unknown kind %q", f.Name, kind))
	}
	f.Columns, f.Rows, f.NullShare = int(r.int()), int(r.int()), r.float()
	f.Mean, f.StdDev, f.Min, f.Max = r.float(), r.float(), r.float(), r.float()
	f.Categories, f.TopCategory, f.TopCount = int(r.int()), r.text(), int(r.int())
	return f
}

func readMetric(r *row) Metric {
	return Metric{Dataset: r.text(), Slice: r.text(), Metric: r.text(), Value: r.float(), CILow: r.float(), CIHigh: r.float(), Baseline: r.float(),
		RowCount: r.int(), HigherIsBetter: r.bool()}
}

func (a Alias) row(m *Model) []any {
	return []any{m.ID, a.Name, m.Database, m.Name, a.Version, a.SetBy, a.SetAt}
}

func readAlias(r *row) (modelID int64, a Alias) {
	modelID, a.Name = r.int(), r.text()
	r.next()
	r.next()
	a.Version, a.SetBy, a.SetAt = r.int(), r.text(), r.time()
	return modelID, a
}

func (d *Deployment) row(m *Model) []any {
	return []any{d.ID, m.ID, m.Database, m.Name, string(d.Action), idOrNull(d.Version), idOrNull(d.Previous), orNull(d.Reason), d.By, d.At}
}

func readDeployment(r *row) (modelID int64, d *Deployment) {
	d = &Deployment{ID: r.int()}
	modelID = r.int()
	r.next()
	r.next()
	d.Action, d.Version, d.Previous, d.Reason, d.By, d.At = Action(r.text()), r.int(), r.int(), r.text(), r.text(), r.time()
	return modelID, d
}

// update makes the statement that sets a row's columns to its values; the first keys columns are its primary key.
func update(table, columns string, keys int, values []any) Statement {
	names := strings.Split(columns, ", ")
	return Statement{
		Query: "UPDATE " + table + " SET " + strings.Join(names[keys:], " = ?, ") + " = ? WHERE " + strings.Join(names[:keys], " = ? AND ") + " = ?",
		Args:  append(values[keys:len(values):len(values)], values[:keys]...),
	}
}

func (m *Model) update() Statement { return update("models", modelColumns, 1, m.row()) }
func (v *Version) update(m *Model) Statement {
	return update("model_versions", versionColumns, 2, v.row(m))
}
