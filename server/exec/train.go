package exec

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"aibms/catalog"
	"aibms/server/mlsql"
)

// trainModel makes the next version of a model. It needs ALTER ROUTINE on the model, and SELECT on the sources each time.
func (e *Env) trainModel(s *mlsql.TrainModel) *plan {
	schema := sql.Schema{text("model"), integer("version"), text("status"), text("learner"), text("task"), text("target"), integer("rows_train"),
		integer("rows_validate"), integer("rows_test"), text("metric"), real("value"), real("baseline"), integer("duration_ms"), longText("data_commit"), longText("warnings")}
	return &plan{schema: schema, commits: true, run: func(ctx *sql.Context) ([]sql.Row, error) {
		m, err := e.changeable(ctx, s.Name)
		if err != nil {
			return nil, err
		}
		ctx, release := e.untilStop(ctx)
		defer release()
		progress, clear := e.progress(ctx, "train "+m.Name)
		defer clear()
		t, err := e.Service.Train(e.work(ctx), account(ctx), m, s, progress)
		if err != nil {
			return nil, err
		}
		v := t.Version
		warn(ctx, v.Warnings)
		return []sql.Row{sql.NewRow(m.Name, v.Number, string(v.Status), v.Learner, string(v.Task), orNull(targets(v)), v.Rows.Train, v.Rows.Validate, v.Rows.Test,
			orNull(v.Headline.Metric), number(v.Headline.Value), number(v.Headline.Baseline), v.Duration.Milliseconds(), commits(v), orNull(strings.Join(v.Warnings, "; ")))}, nil
	}}
}

func targets(v *catalog.Version) string {
	names := make([]string, len(v.Targets))
	for i, t := range v.Targets {
		names[i] = t.Name
	}
	return strings.Join(names, ", ")
}

// commits names the data of a version: the commit, or db:commit of each of several databases.
func commits(v *catalog.Version) any {
	if len(v.Data) == 1 {
		return v.Data[0].Commit
	}
	var parts []string
	for _, p := range v.Data {
		parts = append(parts, p.Database+":"+p.Commit)
	}
	return orNull(strings.Join(parts, ", "))
}
