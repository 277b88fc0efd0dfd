package catalog

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"aibms/learners"
	"aibms/learners/params"
)

const (
	learnerColumns      = "learner, description, objective, reference, tasks, missing_values, needs_scaling, row_weights, probabilities, several_targets, warm_start"
	learnerParamColumns = "learner, param, position, param_type, default_value, valid_values, search_space, description"
	metricOfferColumns  = "metric, aliases, tasks, higher_is_better, description"
)

// offerTable is a table of what the server offers, with the rows that it should have.
type offerTable struct {
	name, columns string
	rows          [][]any
}

func (o Offers) tables() []offerTable {
	learnerTable := offerTable{name: "learners", columns: learnerColumns}
	paramTable := offerTable{name: "learner_params", columns: learnerParamColumns}
	metricTable := offerTable{name: "metrics", columns: metricOfferColumns}
	if o.Learners != nil {
		for _, spec := range o.Learners.All() {
			t := spec.Traits
			learnerTable.rows = append(learnerTable.rows, []any{spec.Name, spec.Doc, spec.Objective, spec.Reference, taskNames(spec.Tasks),
				bit(t.Missing), bit(t.NeedsScaling), bit(t.Weights), bit(t.Probabilities), bit(t.Targets), bit(spec.WarmStarts())})
			var set params.Set
			spec.New().Declare(&set)
			for i, p := range set.All() {
				paramTable.rows = append(paramTable.rows, []any{spec.Name, p.Name, int64(i + 1), string(p.Type), p.Default, validValues(p), orNull(searchSpace(p)), p.Doc})
			}
		}
	}
	for _, m := range o.Metrics {
		metricTable.rows = append(metricTable.rows, []any{m.Name, orNull(strings.Join(m.Aliases, ", ")), taskNames(m.Tasks), bit(m.HigherIsBetter), m.Doc})
	}
	return []offerTable{learnerTable, paramTable, metricTable}
}

func taskNames(tasks []learners.Task) string {
	names := make([]string, len(tasks))
	for i, t := range tasks {
		names[i] = string(t)
	}
	return strings.Join(names, ", ")
}

func validValues(p *params.Param) string {
	return p.Valid()
}

// searchSpace prints where TUNE looks in the words of TUNE: RANGE(0.001, 1000, LOG), IN (1, 2).
func searchSpace(p *params.Param) string {
	switch s := p.Space; {
	case s == nil:
		return ""
	case len(s.Values) > 0:
		return "IN (" + strings.Join(s.Values, ", ") + ")"
	case s.Log:
		return fmt.Sprintf("RANGE(%s, %s, LOG)", params.FormatFloat(s.Low), params.FormatFloat(s.High))
	default:
		return fmt.Sprintf("RANGE(%s, %s)", params.FormatFloat(s.Low), params.FormatFloat(s.High))
	}
}

// writeOffers makes the tables of what the server offers true; when they are, nothing is written. Only Open may call it.
func (c *Catalog) writeOffers(ctx context.Context, offers Offers) error {
	if err := c.lock(ctx); err != nil {
		return err
	}
	defer c.unlock()
	var statements []Statement
	for _, t := range offers.tables() {
		stored, err := c.db.Read(ctx, "SELECT "+t.columns+" FROM "+t.name)
		if err != nil {
			return fmt.Errorf("read the catalog: table %s: %w", t.name, err)
		}
		if !slices.Equal(printed(stored), printed(t.rows)) {
			statements = append(statements, Statement{Query: "DELETE FROM " + t.name})
			statements = append(statements, insert(t.name, t.columns, t.rows...)...)
		}
	}
	if len(statements) == 0 {
		return nil
	}
	return c.write(ctx, "record the learners and metrics of server version "+c.engine, statements)
}

// printed makes rows comparable, whatever their order and whichever Go type a value has.
func printed(rows [][]any) []string {
	lines := make([]string, len(rows))
	for i, r := range rows {
		var b strings.Builder
		for _, v := range r {
			if text, ok := v.([]byte); ok {
				v = string(text)
			}
			fmt.Fprintf(&b, "%q ", fmt.Sprint(v))
		}
		lines[i] = b.String()
	}
	slices.Sort(lines)
	return lines
}
