package exec

import (
	"errors"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"

	"aibms/catalog"
	"aibms/learners/metric"
	"aibms/learners/params"
	"aibms/server/lifecycle"
	"aibms/server/mlsql"
)

// showModels lists the models of the session's database that the caller may use; of all databases when none is chosen.
func (e *Env) showModels(s *mlsql.ShowModels) *plan {
	schema := sql.Schema{text("database_name"), text("model"), text("learner"), text("task"), text("target"), integer("versions"), integer("deployed_version"),
		text("metric"), real("value"), text("created_by"), moment("created_at"), longText("comment")}
	return &plan{schema: schema, readOnly: true, run: func(ctx *sql.Context) ([]sql.Row, error) {
		var out []sql.Row
		for _, m := range e.Catalog.Snapshot().Models(currentDatabase(ctx)) {
			if !e.canUse(ctx, m.Database, m.Name) || s.Like.IsSet() && !like(ctx, m.Name, s.Like.Text) {
				continue
			}
			v, ok := m.Version(m.Deployed())
			if !ok {
				v = m.NewestReady()
			}
			learner, task, target, headline := definedLearner(m), "", definedTarget(m), catalog.Headline{}
			var value any
			if v != nil {
				learner, task, target, headline = v.Learner, string(v.Task), targets(v), v.Headline
				value = number(headline.Value)
			}
			out = append(out, sql.NewRow(m.Database, m.Name, learner, orNull(task), orNull(target), int64(len(m.Versions)), versionOrNull(m.Deployed()),
				orNull(headline.Metric), value, m.CreatedBy, instant(m.CreatedAt), orNull(m.Comment)))
		}
		return out, nil
	}}
}

func like(ctx *sql.Context, name, pattern string) bool {
	v, err := expression.NewLike(expression.NewLiteral(strings.ToLower(name), shortText), expression.NewLiteral(strings.ToLower(pattern), shortText), nil).Eval(ctx, nil)
	matched, _ := v.(bool)
	return err == nil && matched
}

func definedLearner(m *catalog.Model) string {
	if st, _, err := mlsql.Parse(m.Definition); err == nil {
		if c, ok := st.(*mlsql.CreateModel); ok && c.Using != nil {
			return strings.ToLower(c.Using.Learner)
		}
	}
	return ""
}

func definedTarget(m *catalog.Model) string {
	if st, _, err := mlsql.Parse(m.Definition); err == nil {
		if c, ok := st.(*mlsql.CreateModel); ok {
			return strings.Join(c.Targets, ", ")
		}
	}
	return ""
}

// showModel lists what is known of one model: its versions, metrics, features, settings or deployments.
func (e *Env) showModel(s *mlsql.ShowModel) *plan {
	p := map[mlsql.ShowWhat]struct {
		schema sql.Schema
		rows   func(ctx *sql.Context, m *catalog.Model) ([]sql.Row, error)
	}{
		mlsql.WhatVersions: {sql.Schema{integer("version"), text("status"), boolean("deployed"), text("learner"), text("metric"), text("dataset"), real("value"), real("baseline"),
			integer("rows_train"), integer("rows_validate"), integer("rows_test"), integer("rows_dropped"), integer("duration_ms"), longText("data_commit"), text("artifact_hash"),
			integer("artifact_bytes"), text("started_by"), moment("started_at"), moment("finished_at"), longText("reason"), longText("warnings"), longText("comment"), integer("warm_started_from")}, e.allVersions(s.Version)},
		mlsql.WhatMetrics: {sql.Schema{integer("version"), text("dataset"), longText("slice"), text("metric"), real("value"), real("ci_low"), real("ci_high"), real("baseline"), integer("row_count"),
			boolean("higher_is_better")}, e.ofVersions(s.Version, metricRows)},
		mlsql.WhatFeatures: {sql.Schema{integer("version"), integer("position"), text("feature"), longText("transform"), text("source"), longText("input"), integer("columns")},
			e.ofVersions(s.Version, featureRows)},
		mlsql.WhatSettings: {sql.Schema{integer("version"), text("setting"), longText("value"), text("source")}, e.ofVersions(s.Version, settingRows)},
		mlsql.WhatDeployments: {sql.Schema{integer("deployment_id"), text("action"), integer("version"), integer("previous_version"), longText("reason"), text("deployed_by"),
			moment("deployed_at")}, e.deploymentHistory(s.Version)},
	}[s.What]
	return &plan{schema: p.schema, readOnly: true, run: func(ctx *sql.Context) ([]sql.Row, error) {
		m, err := e.usable(ctx, s.Name)
		if err != nil {
			return nil, err
		}
		return p.rows(ctx, m)
	}}
}

// ofVersions applies rows to the version that the statement names, to the deployed one, or without either to the newest that is READY.
func (e *Env) ofVersions(ref mlsql.VersionRef, rows func(*catalog.Version) []sql.Row) func(*sql.Context, *catalog.Model) ([]sql.Row, error) {
	return func(_ *sql.Context, m *catalog.Model) ([]sql.Row, error) {
		v, err := e.versionOrNewest(m, ref)
		if err != nil {
			return nil, err
		}
		return rows(v), nil
	}
}

// allVersions lists the versions of a model, in whatever state they are, or the one that the statement names.
func (e *Env) allVersions(ref mlsql.VersionRef) func(*sql.Context, *catalog.Model) ([]sql.Row, error) {
	return func(_ *sql.Context, m *catalog.Model) ([]sql.Row, error) {
		if !ref.IsSet() {
			return versionRows(m, m.Versions), nil
		}
		v, err := e.version(m, ref)
		if err != nil && !errors.Is(err, catalog.ErrNotReady) {
			return nil, err
		}
		return versionRows(m, []*catalog.Version{v}), nil
	}
}

func versionRows(m *catalog.Model, versions []*catalog.Version) []sql.Row {
	var out []sql.Row
	for _, v := range versions {
		ready := v.Status == catalog.Ready || v.Status == catalog.Corrupt
		var value, baseline any
		if v.Headline.Metric != "" {
			value, baseline = number(v.Headline.Value), number(v.Headline.Baseline)
		}
		count := func(n int64) any {
			if !ready {
				return nil
			}
			return n
		}
		out = append(out, sql.NewRow(v.Number, string(v.Status), truth(v.Number == m.Deployed()), v.Learner, orNull(v.Headline.Metric), orNull(v.Headline.Dataset), value, baseline,
			count(v.Rows.Train), count(v.Rows.Validate), count(v.Rows.Test), count(v.Rows.Dropped), count(v.Duration.Milliseconds()), commits(v), orNull(v.ArtifactHash), count(v.ArtifactBytes),
			v.StartedBy, instant(v.StartedAt), instant(v.FinishedAt), orNull(v.Reason), orNull(strings.Join(v.Warnings, "; ")), orNull(v.Comment), versionOrNull(v.WarmFrom)))
	}
	return out
}

func metricRows(v *catalog.Version) []sql.Row {
	var out []sql.Row
	for _, x := range v.Metrics {
		out = append(out, sql.NewRow(v.Number, x.Dataset, orNull(x.Slice), x.Metric, number(x.Value), number(x.CILow), number(x.CIHigh), number(x.Baseline), x.RowCount, truth(x.HigherIsBetter)))
	}
	return out
}

func featureRows(v *catalog.Version) []sql.Row {
	var out []sql.Row
	for _, f := range v.Features {
		out = append(out, sql.NewRow(v.Number, int64(f.Position), f.Name, f.Expression, f.Source, f.Input, int64(f.Columns)))
	}
	return out
}

func settingRows(v *catalog.Version) []sql.Row {
	var out []sql.Row
	for _, s := range v.Settings {
		out = append(out, sql.NewRow(v.Number, s.Name, s.Value, s.Source))
	}
	return out
}

// deploymentHistory lists what was deployed when, oldest first; of one version when the statement names it: what brought it live and what took it off.
func (e *Env) deploymentHistory(ref mlsql.VersionRef) func(*sql.Context, *catalog.Model) ([]sql.Row, error) {
	return func(_ *sql.Context, m *catalog.Model) ([]sql.Row, error) {
		var number int64
		if ref.IsSet() {
			v, err := e.version(m, ref)
			if err != nil && !errors.Is(err, catalog.ErrNotReady) {
				return nil, err
			}
			number = v.Number
		}
		var out []sql.Row
		for _, d := range m.Deployments {
			if number == 0 || d.Version == number || d.Previous == number {
				out = append(out, deploymentRow(d))
			}
		}
		return out, nil
	}
}

func deploymentRow(d *catalog.Deployment) sql.Row {
	return sql.NewRow(d.ID, string(d.Action), versionOrNull(d.Version), versionOrNull(d.Previous), orNull(d.Reason), d.By, instant(d.At))
}

// showCreateModel prints the definition as the statement that makes it.
func (e *Env) showCreateModel(s *mlsql.ShowCreateModel) *plan {
	return &plan{schema: sql.Schema{text("Model"), longText("Create Model")}, readOnly: true, run: func(ctx *sql.Context) ([]sql.Row, error) {
		m, err := e.usable(ctx, s.Name)
		if err != nil {
			return nil, err
		}
		return []sql.Row{sql.NewRow(m.Name, m.Definition)}, nil
	}}
}

// showLearners lists every learner with its hyper-parameters, a row each.
func (e *Env) showLearners() *plan {
	schema := sql.Schema{text("learner"), text("parameter"), text("type"), text("default_value"), text("valid_values"), longText("description"), longText("tasks")}
	return &plan{schema: schema, readOnly: true, run: func(*sql.Context) ([]sql.Row, error) {
		var out []sql.Row
		for _, spec := range e.Service.Registry.All() {
			var tasks []string
			for _, t := range spec.Tasks {
				tasks = append(tasks, string(t))
			}
			doc := spec.Doc
			if spec.Traits.Targets {
				doc += " It predicts several numbers at once."
			}
			if spec.WarmStarts() {
				doc += " WARM START goes on from a version."
			}
			out = append(out, sql.NewRow(spec.Name, nil, nil, nil, nil, doc+" "+spec.Reference, strings.Join(tasks, ", ")))
			var set params.Set
			spec.New().Declare(&set)
			for _, p := range set.All() {
				out = append(out, sql.NewRow(spec.Name, p.Name, string(p.Type), p.Default, p.Valid(), p.Doc, nil))
			}
		}
		return out, nil
	}}
}

// showMetrics lists every metric.
func (e *Env) showMetrics() *plan {
	schema := sql.Schema{text("metric"), text("aliases"), text("tasks"), boolean("higher_is_better"), longText("description"), longText("confidence_interval")}
	return &plan{schema: schema, readOnly: true, run: func(*sql.Context) ([]sql.Row, error) {
		var out []sql.Row
		for _, m := range metric.All() {
			var tasks []string
			for _, k := range m.Tasks {
				tasks = append(tasks, string(lifecycle.TaskOf(k)))
			}
			out = append(out, sql.NewRow(m.Name, orNull(strings.Join(m.Aliases, ", ")), strings.Join(tasks, ", "), truth(m.HigherIsBetter), m.Doc, m.Interval))
		}
		return out, nil
	}}
}
