package exec

import (
	"fmt"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"aibms/server/lifecycle"
	"aibms/server/mlsql"
)

// explain says what a statement would do, a line a row, and does nothing of it. The statement must be one that the caller may run.
func (e *Env) explain(s *mlsql.Explain) (*plan, error) {
	return &plan{schema: sql.Schema{longText("plan")}, readOnly: true, run: func(ctx *sql.Context) ([]sql.Row, error) {
		var lines []string
		switch st := s.Statement.(type) {
		case *mlsql.CreateModel:
			database := st.Name.Database
			if database == "" {
				database = currentDatabase(ctx)
			}
			if err := e.mayCreate(ctx, database); err != nil {
				return nil, err
			}
			_, described, err := e.describeDefinition(ctx, st, database, nil)
			if err != nil {
				return nil, err
			}
			lines = append([]string{"create model " + database + "." + st.Name.Name}, described...)
		case *mlsql.TrainModel:
			m, err := e.changeable(ctx, st.Name)
			if err != nil {
				return nil, err
			}
			definition, mode, err := e.Service.Overridden(e.work(ctx), m, st)
			if err != nil {
				return nil, err
			}
			d, described, err := e.describeDefinition(ctx, definition, m.Database, &mode)
			if err != nil {
				return nil, err
			}
			from, err := e.Service.GoOnFrom(e.work(ctx), m, d, st)
			if err != nil {
				return nil, err
			}
			if from > 0 {
				described = append(described, fmt.Sprintf("  warm     goes on from version %d, with its features as they were fitted", from))
			}
			lines = append([]string{"train model " + m.Database + "." + m.Name}, described...)
		default:
			lines = strings.Split(st.String(), "\n")
		}
		out := make([]sql.Row, len(lines))
		for i, l := range lines {
			out[i] = sql.NewRow(l)
		}
		return out, nil
	}}, nil
}

// describeDefinition checks a definition and says what it would do.
func (e *Env) describeDefinition(ctx *sql.Context, st *mlsql.CreateModel, database string, mode *string) (*lifecycle.Definition, []string, error) {
	d, err := e.Service.Resolve(e.work(ctx), st, database, mode)
	if err != nil {
		return nil, nil, err
	}
	read := d.Source.Query
	if d.Source.AsOf != "" {
		read += " AS OF " + mlsql.QuoteString(d.Source.AsOf)
	}
	lines := []string{"  read     " + read}
	if d.Alone == "" {
		for _, t := range d.Targets {
			lines = append(lines, "  target   "+t.Name+" "+t.SQLType)
		}
	} else {
		lines = append(lines, "  task     "+string(d.Alone))
	}
	if len(d.Keys) > 0 {
		lines = append(lines, "  key      "+strings.Join(d.Keys, ", "))
	}
	lines = append(lines, "  split    "+d.SplitText(), "  learner  "+d.Learner.Name+": "+d.Learner.Doc)
	for _, g := range d.Given {
		lines = append(lines, "  with     "+g.Name+" = "+g.Value)
	}
	for _, it := range d.Items {
		lines = append(lines, "  feature  "+it.String())
	}
	for _, n := range d.Notes {
		lines = append(lines, "  note     "+n)
	}
	return d, lines, nil
}
