package predictor_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"aibms/learners"
	server "aibms/learners/all"
	"aibms/learners/artifact"
	"aibms/learners/data"
	"aibms/learners/feature"
	"aibms/learners/metric"
	"aibms/learners/params"
	"aibms/learners/predictor"
)

// several is a predictor of two targets of the rows.
func several(t *testing.T) *predictor.Predictor {
	t.Helper()
	ctx := context.Background()
	pipeline, _, err := feature.Fit(ctx, []feature.Item{{Input: "a", As: "a"}}, rows(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	x, _, err := pipeline.Transform(ctx, rows(), nil)
	if err != nil {
		t.Fatal(err)
	}
	y := [][]float64{make([]float64, 10), make([]float64, 10)}
	for i, a := range rows().Columns[0].Num {
		y[0][i], y[1][i] = 2*a+1, -a
	}
	spec, _ := server.Registry().Lookup("linear_regression")
	l := spec.New()
	var set params.Set
	l.Declare(&set)
	m, err := l.Fit(ctx, &data.Examples{X: x, Features: pipeline.Features(), Y: y[0], Targets: y}, nil, learners.Env{Task: learners.Regression, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	column := func(name, typ string) predictor.Column {
		return predictor.Column{Name: name, Class: feature.Number, SQLType: typ}
	}
	return &predictor.Predictor{Learner: "linear_regression", Task: learners.Regression, Target: column("u", "double"), Columns: []predictor.Column{column("a", "double")}, Settings: set.Settings(nil),
		Pipeline: pipeline, Model: m, Baseline: metric.FitBaseline(metric.Regression, 0, y[0], nil),
		More: []predictor.More{{Target: column("v", "int"), Baseline: metric.FitBaseline(metric.Regression, 0, y[1], nil)}}}
}

// TestSeveralTargetsReadBack: targets and their baselines are read back in their order, and predictions are the same; one target alone is written as ever.
func TestSeveralTargetsReadBack(t *testing.T) {
	p := several(t)
	b, err := p.Encode(server.Registry())
	if err != nil {
		t.Fatal(err)
	}
	q, err := predictor.Decode(server.Registry(), b)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := q.Encode(server.Registry()); err != nil || !bytes.Equal(again, b) {
		t.Errorf("other bytes, %v", err)
	}
	if got := q.Targets(); len(got) != 2 || got[0] != p.Target || got[1] != p.More[0].Target || q.Outputs() != 2 || q.SQLType() != "json" {
		t.Errorf("read back with the targets %v, %d outputs, as %s", got, q.Outputs(), q.SQLType())
	}
	if got, want := fmt.Sprint(q.Baselines()), fmt.Sprint(p.Baselines()); got != want || len(q.Baselines()) != 2 || q.Baselines()[1].Mean != -13.6 {
		t.Errorf("read back with the baselines %s, want %s", got, want)
	}
	s, err := q.Predict(context.Background(), rows(), nil, nil)
	if err != nil || s.Value != nil || s.Class != nil || fmt.Sprintf("%.6f %.6f", s.Values.At(9, 0), s.Values.At(9, 1)) != "201.000000 -100.000000" {
		t.Errorf("predicts %+v (%v)", s, err)
	}
}

// TestSeveralTargetsMustFit: a header with more or fewer targets than the model has, or with targets where there can be none, is corrupt.
func TestSeveralTargetsMustFit(t *testing.T) {
	for name, change := range map[string]func(p *predictor.Predictor){
		"three for a model of two": func(p *predictor.Predictor) { p.More = append(p.More, p.More[0]) },
		"one for a model of two":   func(p *predictor.Predictor) { p.More = nil },
		"a target without a name":  func(p *predictor.Predictor) { p.More[0].Target.Name = "" },
		"shares of a number":       func(p *predictor.Predictor) { p.More[0].Baseline.Shares = []float64{1} },
		"of a learner of one":      func(p *predictor.Predictor) { p.Learner = "gradient_boosting" },
	} {
		p := several(t)
		change(p)
		b, err := p.Encode(server.Registry())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := predictor.Decode(server.Registry(), b); !errors.Is(err, artifact.ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	one := several(t)
	one.More = nil
	if b, err := one.Encode(server.Registry()); err != nil || strings.Contains(string(b), "more_targets") {
		t.Errorf("one target is written with a list of more (%v)", err)
	}
}
