package predictor_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"aibms/learners"
	"aibms/learners/artifact"
	"aibms/learners/data"
	"aibms/learners/feature"
	"aibms/learners/learnertest"
	"aibms/learners/metric"
	"aibms/learners/params"
	"aibms/learners/predictor"
)

var registry = learners.NewRegistry(learnertest.Alone()...)

// rows are ten numbers a, of which the last is far from the others, and their negatives b.
func rows() *data.Dataset {
	ds := &data.Dataset{Rows: 10, Columns: []data.Column{{Name: "a", Kind: data.Numeric}, {Name: "b", Kind: data.Numeric}}}
	for i := range ds.Rows {
		v := float64(i)
		if i == 9 {
			v = 100
		}
		ds.Columns[0].Num = append(ds.Columns[0].Num, v)
		ds.Columns[1].Num = append(ds.Columns[1].Num, -v)
	}
	return ds
}

// trained is a predictor of a task without a target.
func trained(t *testing.T, learner string, task learners.Task, settings ...params.Setting) *predictor.Predictor {
	t.Helper()
	spec, _ := registry.Lookup(learner)
	l := spec.New()
	var set params.Set
	l.Declare(&set)
	if err := set.Assign(learner, settings); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	pipeline, _, err := feature.Fit(ctx, []feature.Item{{Input: "a", As: "a"}, {Input: "b", As: "b"}}, rows(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	x, _, err := pipeline.Transform(ctx, rows(), nil)
	if err != nil {
		t.Fatal(err)
	}
	m, err := l.Fit(ctx, &data.Examples{X: x, Features: pipeline.Features()}, nil, learners.Env{Task: task, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	number := func(name string) predictor.Column {
		return predictor.Column{Name: name, Class: feature.Number, SQLType: "double"}
	}
	return &predictor.Predictor{Learner: learner, Task: task, Columns: []predictor.Column{number("a"), number("b")}, Settings: set.Settings(settings), Pipeline: pipeline, Model: m,
		Baseline: metric.FitBaseline(metric.Clustering, 0, nil, nil)}
}

func all(t *testing.T) map[string]*predictor.Predictor {
	return map[string]*predictor.Predictor{
		"clusters":       trained(t, "bands", learners.Clustering, params.Setting{Name: "parts", Value: "3"}),
		"one cluster":    trained(t, "bands", learners.Clustering, params.Setting{Name: "parts", Value: "1"}),
		"anomalies":      trained(t, "far", learners.Anomaly),
		"by second task": trained(t, "bands", learners.Anomaly),
		"projection":     trained(t, "first", learners.Projection, params.Setting{Name: "parts", Value: "1"}),
	}
}

// TestReadsBackWithoutTarget: an artifact without a target is read back to a predictor that answers the same and is written to the same bytes.
func TestReadsBackWithoutTarget(t *testing.T) {
	for name, p := range all(t) {
		b, err := p.Encode(registry)
		if err != nil {
			t.Fatal(err)
		}
		q, err := predictor.Decode(registry, b)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if again, err := q.Encode(registry); err != nil || !bytes.Equal(again, b) {
			t.Errorf("%s: other bytes, %v", name, err)
		}
		want, err := p.Predict(context.Background(), rows(), nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := q.Predict(context.Background(), rows(), nil, nil)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v (%v)", name, got, want, err)
		}
		if q.Outputs() != p.Outputs() || q.SQLType() != p.SQLType() || q.Task != p.Task || q.Target != (predictor.Column{}) {
			t.Errorf("%s: read back as %+v", name, q)
		}
	}
}

// TestPredictionsWithoutTarget looks at what each task fills.
func TestPredictionsWithoutTarget(t *testing.T) {
	score := func(name string, threshold *float64) *predictor.Scores {
		s, err := all(t)[name].Predict(context.Background(), rows(), nil, threshold)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	half, most := 0.3, 0.99
	for _, c := range []struct {
		name      string
		threshold *float64
		classes   string
	}{
		{"clusters", nil, "[1 1 1 1 1 1 1 1 1 2]"},
		{"clusters", &half, "[1 1 1 1 1 1 1 1 1 2]"}, // a threshold means nothing
		{"one cluster", nil, "[0 0 0 0 0 0 0 0 0 0]"},
		{"anomalies", nil, "[0 0 0 0 0 0 0 0 0 1]"},
		{"anomalies", &half, "[1 1 0 0 0 0 0 0 0 1]"},
		{"anomalies", &most, "[0 0 0 0 0 0 0 0 0 0]"},
		{"by second task", nil, "[0 0 0 0 0 0 0 0 0 1]"},
	} {
		s := score(c.name, c.threshold)
		if got := fmt.Sprint(s.Class); got != c.classes || s.Reduced != nil || (s.Value != nil) == (s.Proba != nil) {
			t.Errorf("%s: %s, want %s; %+v", c.name, got, c.classes, s)
		}
	}
	if s := score("projection", nil); s.Class != nil || s.Value != nil || s.Proba != nil || math.Abs(s.Reduced.At(9, 0)-(100-13.6)) > 1e-12 {
		t.Errorf("projection: %+v", s)
	}
	for name, want := range map[string]string{"clusters": "bigint", "anomalies": "tinyint(1)", "projection": "json"} {
		if got := all(t)[name].SQLType(); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// unsized is a model that does not say how many numbers a prediction has; undecided one without a rule.
type (
	unsized   struct{ learners.Model }
	undecided struct{ learners.Model }
)

func (undecided) Outputs() int { return 1 }

// TestHeaderMustFitItsTask: what does not belong to a task without a target is corrupt, never a panic.
func TestHeaderMustFitItsTask(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(p *predictor.Predictor)
		load   func(m learners.Model) learners.Model
		want   string
	}{
		{"a target", func(p *predictor.Predictor) { p.Target = p.Columns[0] }, nil, "header does not fit its task"},
		{"classes", func(p *predictor.Predictor) { p.Classes = []string{"a", "b"} }, nil, "header does not fit its task"},
		{"a positive class", func(p *predictor.Predictor) { p.Positive = 1 }, nil, "header does not fit its task"},
		{"a task that the learner cannot do", func(p *predictor.Predictor) { p.Task = learners.Projection }, nil, "header does not fit its task"},
		{"a task with a target", func(p *predictor.Predictor) { p.Task = learners.Regression }, nil, "header does not fit its task"},
		{"no size", nil, func(m learners.Model) learners.Model { return unsized{m} }, "how many numbers"},
		{"no rule", nil, func(m learners.Model) learners.Model { return undecided{m} }, "by which a row is unusual"},
	} {
		p := trained(t, "far", learners.Anomaly)
		if c.change != nil {
			c.change(p)
		}
		b, err := p.Encode(registry)
		if err != nil {
			t.Fatal(err)
		}
		reads := registry
		if c.load != nil {
			spec := *learnertest.Alone()[1]
			load := spec.Load
			spec.Load = func(version int, r *artifact.Reader) (learners.Model, error) {
				m, err := load(version, r)
				return c.load(m), err
			}
			reads = learners.NewRegistry(&spec)
		}
		if _, err := predictor.Decode(reads, b); !errors.Is(err, artifact.ErrCorrupt) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}

// TestDecideRowByRow: a row is decided alike by itself and in a block.
func TestDecideRowByRow(t *testing.T) {
	for name, p := range all(t) {
		if !p.Task.Decides() {
			continue
		}
		whole, err := p.Predict(context.Background(), rows(), nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 10 {
			one, err := p.Predict(context.Background(), rows(), []int32{int32(i)}, nil)
			if err != nil || one.Class[0] != whole.Class[i] {
				t.Errorf("%s: row %d is %v by itself, %d in the block (%v)", name, i, one, whole.Class[i], err)
			}
		}
	}
}
