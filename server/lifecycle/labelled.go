package lifecycle

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"aibms/learners/data"
	"aibms/learners/predictor"
	"aibms/learners/split"
)

// labelled are rows with predictions and what really happened, as far as the model has a target.
type labelled struct {
	dataset  string
	pr       *predictor.Predictor
	table    *Table
	scores   *predictor.Scores
	x        *mat.Dense    // the features; nil when no metric of the task looks at them
	actual   data.Examples // Y and Targets alone; empty without a target
	weights  []float64
	rows     []int32 // of table
	warnings []string
}

// score predicts the rows of a part that have no NULL feature.
func (l *labelled) score(ctx context.Context, p *prepared, part split.Part, threshold *float64) error {
	l.warnings = append(l.warnings, p.warnings...)
	e, err := p.examples(ctx, l.pr.Pipeline, part)
	if err != nil {
		return err
	}
	if e.missing > 0 {
		l.warnings = append(l.warnings, fmt.Sprintf("%s not measured: a feature is NULL, so there is no prediction", rowsAre(e.missing)))
	}
	if e.len() == 0 {
		return Errorf(ErrData, "no row is left to measure: every one has a NULL feature")
	}
	if l.scores, err = l.pr.Score(ctx, e.X, make([]bool, e.len()), threshold, nil); err != nil {
		return err
	}
	l.actual, l.rows, l.weights = data.Examples{Y: e.Y, Targets: e.Targets}, e.rows, p.reportWeights(e)
	if measuredBy(l.pr.Task) {
		l.x = e.X
	}
	return nil
}

// maxSlices is the most slices that BY may make: beyond it a column is surely an identity.
const maxSlices = 1000

type slice struct {
	name string
	key  []int // rank of the value of each BY column
	rows []int // positions in labelled.rows
}

// slices groups the rows by the values of the BY columns, in the order of the values; one slice of all rows without BY.
func (l *labelled) slices() ([]slice, error) {
	if len(l.table.Slices) == 0 {
		all := make([]int, len(l.rows))
		for i := range all {
			all[i] = i
		}
		return []slice{{rows: all}}, nil
	}
	ranks := make([][]int, len(l.table.Slices))
	for j := range l.table.Slices {
		ranks[j] = rankLevels(l.table.Slices[j].Levels)
	}
	var out []slice
	at := map[string]int{}
	for k, row := range l.rows {
		parts := make([]string, len(l.table.Slices))
		key := make([]int, len(l.table.Slices))
		for j := range l.table.Slices {
			c := &l.table.Slices[j]
			value := "NULL"
			key[j] = -1
			if code := c.Codes[row]; code != data.NullCode {
				value, key[j] = c.Levels[code], ranks[j][code]
			}
			parts[j] = c.Name + "=" + value
		}
		name := fmt.Sprint(key)
		i, ok := at[name]
		if !ok {
			if i = len(out); i == maxSlices {
				return nil, Errorf(ErrDefinition, "BY makes more than %d slices; name columns with few different values", maxSlices)
			}
			at[name] = i
			out = append(out, slice{name: strings.Join(parts, ", "), key: key})
		}
		out[i].rows = append(out[i].rows, k)
	}
	slices.SortFunc(out, func(a, b slice) int { return slices.Compare(a.key, b.key) })
	return out, nil
}

// rankLevels is the place of each level in the order of the values: by size when all are numbers, else by bytes, as they come.
func rankLevels(levels []string) []int {
	order := make([]int, len(levels))
	numbers := true
	for i, l := range levels {
		order[i] = i
		numbers = numbers && isNumeral(l)
	}
	if numbers {
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(numeral(levels[a]), numeral(levels[b])) })
	}
	ranks := make([]int, len(levels))
	for rank, i := range order {
		ranks[i] = rank
	}
	return ranks
}

// of restricts the predictions to some rows.
func (l *labelled) of(rows []int) *labelled {
	if len(rows) == len(l.rows) {
		return l
	}
	sub := &labelled{scores: &predictor.Scores{}, x: pickRows(l.x, rows)}
	at := make([]int32, len(rows))
	for k, i := range rows {
		at[k] = int32(i)
	}
	sub.actual = data.Examples{Y: pick(l.actual.Y, at), Targets: pickAll(l.actual.Targets, at)}
	sub.weights, sub.scores.Value = pick(l.weights, at), pick(l.scores.Value, at)
	sub.scores.Proba, sub.scores.Reduced, sub.scores.Values = pickRows(l.scores.Proba, rows), pickRows(l.scores.Reduced, rows), pickRows(l.scores.Values, rows)
	if l.scores.Class != nil {
		sub.scores.Class = make([]int32, len(rows))
		for k, i := range rows {
			sub.scores.Class[k] = l.scores.Class[i]
		}
	}
	return sub
}

// pickRows copies rows of a matrix.
func pickRows(m *mat.Dense, rows []int) *mat.Dense {
	if m == nil || len(rows) == 0 {
		return nil
	}
	_, p := m.Dims()
	out := mat.NewDense(len(rows), p, nil)
	for k, i := range rows {
		out.SetRow(k, m.RawRowView(i))
	}
	return out
}
