package exec

import (
	"fmt"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"aibms/catalog"
	"aibms/learners"
	"aibms/server/mlsql"
)

// describeModel tells what a version takes and what it answers: the columns in the order of PREDICT's arguments, then the target, if there is one, then what is known of it.
func (e *Env) describeModel(s *mlsql.DescribeModel) *plan {
	schema := sql.Schema{text("name"), text("role"), text("type"), longText("value")}
	return &plan{schema: schema, readOnly: true, run: func(ctx *sql.Context) ([]sql.Row, error) {
		m, err := e.usable(ctx, s.Name)
		if err != nil {
			return nil, err
		}
		if !s.Version.IsSet() && m.NewestReady() == nil {
			return describeDeclared(m)
		}
		v, err := e.versionOrNewest(m, s.Version)
		if err != nil {
			return nil, err
		}
		var out []sql.Row
		for i, c := range v.Inputs {
			out = append(out, sql.NewRow(c.Name, "input", c.SQLType, fmt.Sprintf("argument %d", i+1)))
		}
		for _, t := range v.Targets {
			out = append(out, sql.NewRow(t.Name, "target", t.SQLType, nil))
		}
		pr, err := e.predictor(ctx, m, v)
		if err != nil {
			return nil, err
		}
		facts := [][2]string{{"version", fmt.Sprint(v.Number)}, {"deployed", fmt.Sprint(v.Number == m.Deployed())}, {"learner", v.Learner}, {"task", string(v.Task)}}
		if pr.Task.Classification() {
			facts = append(facts, [2]string{"classes", strings.Join(pr.Classes, ", ")})
			if len(pr.Classes) == 2 {
				facts = append(facts, [2]string{"positive class", pr.Classes[pr.Positive]})
			}
		}
		switch pr.Task {
		case learners.Clustering:
			facts = append(facts, [2]string{"clusters", fmt.Sprint(pr.Outputs())})
		case learners.Projection:
			facts = append(facts, [2]string{"components", fmt.Sprint(pr.Outputs())})
		}
		if m.Threshold != nil {
			facts = append(facts, [2]string{"threshold", fmt.Sprint(*m.Threshold)})
		}
		if v.WarmFrom > 0 {
			facts = append(facts, [2]string{"warm started from", fmt.Sprintf("version %d", v.WarmFrom)})
		}
		baseline := ""
		if b := v.Headline.Baseline; b == b {
			baseline = fmt.Sprintf(" (baseline %.6g)", b)
		}
		facts = append(facts, [2]string{"headline", fmt.Sprintf("%s on %s: %.6g%s", v.Headline.Metric, v.Headline.Dataset, v.Headline.Value, baseline)},
			[2]string{"data hash", v.DataHash}, [2]string{"artifact hash", v.ArtifactHash}, [2]string{"query", v.Query})
		return append(out, properties(facts)...), nil
	}}
}

func properties(facts [][2]string) []sql.Row {
	var out []sql.Row
	for _, f := range facts {
		out = append(out, sql.NewRow(f[0], "property", nil, f[1]))
	}
	return out
}

// describeDeclared tells what is known of a model without a version to look at.
func describeDeclared(m *catalog.Model) ([]sql.Row, error) {
	st, _, err := mlsql.Parse(m.Definition)
	if err != nil {
		return nil, err
	}
	c := st.(*mlsql.CreateModel)
	var out []sql.Row
	for _, t := range c.Targets {
		out = append(out, sql.NewRow(t, "target", nil, nil))
	}
	return append(out, properties([][2]string{{"version", "none is ready; TRAIN MODEL " + m.Name + " makes one"}, {"learner", c.Using.Learner}, {"source", c.From.String()}})...), nil
}
