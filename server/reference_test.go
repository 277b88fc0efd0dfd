package server_test

import (
	"context"
	"database/sql"
	"math"
	"slices"
	"strconv"
	"testing"

	"aibms/learners/data"
	"aibms/learners/predictor"
)

// predictInGo predicts the rows of shop.visits, in the order of id, with the model's own predictor: labels as a client sees them, and for classes the
// probability of the positive one (of class 'tea' for kind and 'mid' for grade). The inputs of the pipeline are read with SQL; nothing of PREDICT is used.
func predictInGo(t testing.TB, c *sql.Conn, model string) (labels, probas []string) {
	t.Helper()
	p, m, err := running.Predictor("shop." + model)
	if err != nil {
		t.Fatal(err)
	}
	ds := visitsFor(t, c, p)
	scores, err := p.Predict(context.Background(), ds, nil, m.Threshold)
	if err != nil {
		t.Fatal(err)
	}
	positive := p.Positive
	if i := slices.Index(p.Classes, map[string]string{"kind": "tea", "grade": "mid"}[model]); i >= 0 {
		positive = i
	}
	for i := range visitRows {
		switch {
		case scores.Missing[i]:
			labels, probas = append(labels, "NULL"), append(probas, "NULL")
			continue
		case scores.Class != nil:
			labels = append(labels, p.Classes[scores.Class[i]])
			probas = append(probas, strconv.FormatFloat(scores.Proba.At(i, positive), 'g', -1, 64))
			continue
		}
		switch model {
		case "spend": // DECIMAL(10,2)
			labels = append(labels, strconv.FormatFloat(math.Round(scores.Value[i]*100)/100, 'f', 2, 64))
		case "items": // INT UNSIGNED
			labels = append(labels, strconv.FormatFloat(max(0, math.Round(scores.Value[i])), 'f', 0, 64))
		default:
			labels = append(labels, strconv.FormatFloat(scores.Value[i], 'g', -1, 64))
		}
	}
	return labels, probas
}

// visitsFor reads what a model reads of visits, in the order of their keys.
func visitsFor(t testing.TB, c *sql.Conn, p *predictor.Predictor) *data.Dataset {
	t.Helper()
	ds := &data.Dataset{Rows: visitRows}
	for _, in := range p.Pipeline.Inputs() {
		ds.Columns = append(ds.Columns, inputOf(t, in.Name, in.Kind, column(t, c, "SELECT "+in.Name+" FROM visits ORDER BY id")))
	}
	return ds
}

func inputOf(t testing.TB, name string, kind data.Kind, values []string) data.Column {
	t.Helper()
	out := data.Column{Name: name, Kind: kind}
	if kind == data.Categorical {
		for _, v := range values {
			if v != "NULL" {
				out.Levels = append(out.Levels, v)
			}
		}
		slices.Sort(out.Levels)
		out.Levels = slices.Compact(out.Levels)
	}
	for _, v := range values {
		switch {
		case kind == data.Categorical && v == "NULL":
			out.Codes = append(out.Codes, data.NullCode)
		case kind == data.Categorical:
			at, _ := slices.BinarySearch(out.Levels, v)
			out.Codes = append(out.Codes, int32(at))
		case v == "NULL":
			out.Num = append(out.Num, math.NaN())
		default:
			x, err := strconv.ParseFloat(v, 64)
			if err != nil {
				t.Fatal(err)
			}
			out.Num = append(out.Num, x)
		}
	}
	return out
}

// sameValues is same for numbers that may be written in different ways.
func sameValues(t testing.TB, what string, got, want []string) {
	t.Helper()
	for i := range min(len(got), len(want)) {
		a, errA := strconv.ParseFloat(got[i], 64)
		b, errB := strconv.ParseFloat(want[i], 64)
		if errA == nil && errB == nil && a == b {
			got[i] = want[i]
		}
	}
	same(t, what, got, want)
}
