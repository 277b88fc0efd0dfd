package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"aibms/catalog"
	"aibms/learners"
	"aibms/learners/all"
	"aibms/learners/data"
	"aibms/learners/feature"
	"aibms/learners/learnertest"
	"aibms/learners/metric"
	"aibms/learners/predictor"
	"aibms/server/mlsql"
)

// memory is a Reader of one table of three numbers, a text and a weight, whose inputs are its columns as they are.
type memory struct {
	Reader
	nulls bool // column a is NULL in the first row
}

const memoryRows = 200

var memoryColumns = []Column{
	{Column: predictor.Column{Name: "id", Class: feature.Number, SQLType: "int"}, PrimaryKey: true},
	{Column: predictor.Column{Name: "a", Class: feature.Number, SQLType: "double"}},
	{Column: predictor.Column{Name: "b", Class: feature.Number, SQLType: "double"}},
	{Column: predictor.Column{Name: "color", Class: feature.Text, SQLType: "varchar(10)"}},
	{Column: predictor.Column{Name: "w", Class: feature.Number, SQLType: "int"}},
	{Column: predictor.Column{Name: "part", Class: feature.Text, SQLType: "varchar(10)"}},
}

func (m memory) number(column string, i int) float64 {
	switch column {
	case "a":
		if m.nulls && i == 0 {
			return math.NaN()
		}
		return float64(i % 20)
	case "b":
		return float64(i * i % 31)
	}
	return float64(i % 3)
}

func (m memory) Shape(context.Context, Source) (*Shape, error) {
	return &Shape{Columns: memoryColumns}, nil
}

func (m memory) Columns(expressions []string) ([]string, error) {
	return slices.Clone(expressions), nil
}

func (m memory) Check(_ context.Context, expressions []string, _ *Shape) (map[string]data.Kind, error) {
	kinds := map[string]data.Kind{}
	for _, e := range expressions {
		kinds[e] = data.Numeric
		if e == "color" || e == "part" {
			kinds[e] = data.Categorical
		}
	}
	return kinds, nil
}

func (m memory) Read(_ context.Context, _ Source, w Want) (*Table, error) {
	if w.Targets != nil {
		return nil, fmt.Errorf("the targets %s are asked for", w.Targets)
	}
	t := &Table{Data: &data.Dataset{Rows: memoryRows}}
	column := func(name string) data.Column {
		c := data.Column{Name: name}
		if name == "color" || name == "part" {
			c.Kind, c.Levels = data.Categorical, []string{"red", "blue"}
			for i := range memoryRows {
				c.Codes = append(c.Codes, int32(i%2))
			}
			return c
		}
		c.Kind = data.Numeric
		for i := range memoryRows {
			c.Num = append(c.Num, m.number(name, i))
		}
		return c
	}
	for _, name := range w.Inputs {
		t.Data.Columns = append(t.Data.Columns, column(name))
	}
	for _, name := range w.Slices {
		t.Slices = append(t.Slices, column(name))
	}
	for i := range memoryRows {
		t.ID = append(t.ID, uint64(i)*0x9e3779b97f4a7c15)
		if w.Weight != "" {
			t.Weight = append(t.Weight, m.number("w", i))
		}
	}
	return t, nil
}

func (m memory) Aside(_ context.Context, work func() error) error { return work() }

// aloneService knows the learners of the server, and three small ones without a target.
func aloneService(m memory) *Service {
	specs := append(learnertest.Alone(), all.Registry().All()...)
	return &Service{Reader: m, Registry: learners.NewRegistry(specs...), Workers: 2}
}

func aloneDefinition(t *testing.T, s *Service, clauses string) (*Definition, *mlsql.CreateModel, error) {
	t.Helper()
	st, _, err := mlsql.Parse("CREATE MODEL m " + clauses)
	if err != nil {
		t.Fatalf("%s: %v", clauses, err)
	}
	c := st.(*mlsql.CreateModel)
	d, err := s.Resolve(context.Background(), c, "db", nil)
	return d, c, err
}

func quiet(string, int64, int64) {}

// TestDefinitionsWithoutTarget: what follows from a learner that needs no target.
func TestDefinitionsWithoutTarget(t *testing.T) {
	s := aloneService(memory{})
	for _, c := range []struct {
		clauses, task, split string
		columns              string // all but the key are features, the column that could be a target among them
	}{
		{"FROM t USING bands", "clustering", "RANDOM TRAIN 0.8 TEST 0.2", "a b color w part"},
		{"FROM t USING far SPLIT HASH TRAIN 0.5 TEST 0.5", "anomaly_detection", "HASH TRAIN 0.5 TEST 0.5", "a b color w part"},
		{"FROM t USING first (parts = 3) SPLIT NONE WEIGHT (w) FEATURES (* EXCEPT (part))", "projection", "NONE", "a b color"},
		{"FROM t USING bands WITH (task = 'ANOMALY_DETECTION') TIME (w) FEATURES (a, b)", "anomaly_detection", "TIME TRAIN 0.8 TEST 0.2", "a b"},
		{"FROM t USING bands WITH (task = 'clustering') KEY (a) SPLIT COLUMN (part)", "clustering", "COLUMN", "id b color w"},
		{"FROM t USING bands OPTIMIZE FOR davies_bouldin TRANSFORM (a AS a)", "clustering", "RANDOM TRAIN 0.8 TEST 0.2", "a"},
		{"FROM t USING bands WITH (task = anomaly_detection) OPTIMIZE FOR anomaly_rate", "anomaly_detection", "RANDOM TRAIN 0.8 TEST 0.2", "a b color w part"},
	} {
		d, _, err := aloneDefinition(t, s, c.clauses)
		if err != nil {
			t.Errorf("%s: %v", c.clauses, err)
			continue
		}
		var names []string
		for _, x := range d.Columns {
			names = append(names, x.Name)
		}
		if got := strings.Join(names, " "); got != c.columns || string(d.Alone) != c.task || d.SplitText() != c.split || d.Classify || d.Target.Name != "" || d.targets() != nil {
			t.Errorf("%s: %s of %s, split %s, %+v", c.clauses, d.Alone, got, d.SplitText(), d.targets())
		}
	}
	d, _, err := aloneDefinition(t, s, "PREDICT a FROM t")
	if err != nil || d.Alone != "" || d.Target.Name != "a" {
		t.Errorf("with a target: %+v, %v", d, err)
	}
}

// TestWrongDefinitionsWithoutTarget: each names clause and learner, and says what to do.
func TestWrongDefinitionsWithoutTarget(t *testing.T) {
	s := aloneService(memory{})
	for clauses, want := range map[string]string{
		"FROM t":                                                          "PREDICT is missing: name the column that the model learns to predict, as in PREDICT part; learners that need none: auto, bands, far, first",
		"FROM t USING ridge_regresion":                                    "unknown learner 'ridge_regresion'",
		"FROM t USING logistic_regression":                                "PREDICT is missing, which learner logistic_regression needs: name the column that the model learns to predict, as in PREDICT part; learners that need none: auto, bands, far, first",
		"PREDICT a FROM t USING bands":                                    "PREDICT a: learner bands learns without a target; leave PREDICT out, and the column is a feature as any other, or choose a learner that predicts; SHOW LEARNERS lists the tasks of each",
		"PREDICT z FROM t USING bands":                                    "Unknown column 'z' in 'PREDICT'",
		"PREDICT a, b FROM t USING bands":                                 "PREDICT a, b: learner bands learns without a target",
		"FROM t USING far SPLIT STRATIFIED":                               "SPLIT STRATIFIED needs classes, and learner far learns without a target; use SPLIT RANDOM",
		"FROM t USING far CLASS WEIGHTS AUTO":                             "CLASS WEIGHTS: learner far learns without a target, so there are no classes; WEIGHT (column) weighs rows",
		"FROM t USING first WITH (positive = 'x')":                        "WITH (positive = 'x'): learner first learns without a target, so there is no positive class",
		"FROM t USING first WITH (task = clustering)":                     "WITH (task = clustering): learner first does projection",
		"FROM t USING bands WITH (task = regression)":                     "WITH (task = regression): learner bands does clustering, anomaly_detection",
		"PREDICT a FROM t WITH (task = clustering)":                       "WITH (task = clustering): target a decides what is learned; leave the setting out",
		"FROM t USING bands OPTIMIZE FOR r2":                              "OPTIMIZE FOR r2_score: the metric does not fit learner bands; choose one of silhouette, davies_bouldin_index, mean_squared_distance",
		"FROM t USING bands OPTIMIZE FOR anomaly_rate":                    "OPTIMIZE FOR anomaly_rate: the metric does not fit learner bands; choose one of silhouette",
		"FROM t USING far OPTIMIZE FOR silhouete":                         "unknown metric 'silhouete'",
		"PREDICT a FROM t OPTIMIZE FOR silhouette":                        "OPTIMIZE FOR silhouette: the metric does not fit learner linear_regression; choose one of mean_absolute_error",
		"FROM t USING bands (parts = 0)":                                  "USING bands: ",
		"FROM t USING bands KEY (a) WEIGHT (a)":                           "column a stands in KEY and in WEIGHT; it can have one role",
		"FROM t USING bands KEY (id, a, b, color, w, part)":               "model m has no features: every column of its source is a key, or of a type without an automatic rule",
		"PREDICT b FROM t KEY (id, a, color, w, part) FEATURES (*)":       "model m has no features: every column of its source is the target, a key, or of a type without an automatic rule",
		"FROM t USING bands FEATURES (id)":                                "FEATURES: column id is the row's identity",
		"FROM t USING bands TRANSFORM (w AS w, a AS a) WEIGHT (w)":        "column w is the row weight; it cannot be a feature too",
		"FROM t USING bands SPLIT RANDOM TRAIN 0.8 VALIDATE 0.3 TEST 0.2": "SPLIT: ",
	} {
		_, _, err := aloneDefinition(t, s, clauses)
		if !(errors.Is(err, ErrDefinition) || errors.Is(err, ErrColumn)) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\n   %v\nwant\n   %s", clauses, err, want)
		}
	}
}

// trainAlone trains and reads the artifact back.
func trainAlone(t *testing.T, s *Service, clauses string) (*Definition, *catalog.VersionResult, *predictor.Predictor) {
	t.Helper()
	d, _, err := aloneDefinition(t, s, clauses)
	if err != nil {
		t.Fatal(err)
	}
	result, err := s.fit(context.Background(), d, d.Source, quiet)
	if err != nil {
		t.Fatalf("%s: %v", clauses, err)
	}
	pr, err := predictor.Decode(s.Registry, result.Artifact)
	if err != nil {
		t.Fatal(err)
	}
	return d, result, pr
}

// TestTrainsWithoutTarget follows the data path of each task up to the record of the version.
func TestTrainsWithoutTarget(t *testing.T) {
	for _, c := range []struct {
		clauses, headline, metrics string
		nulls                      bool
		baseline                   bool
		warning                    string
	}{
		{"FROM t USING bands (parts = 3) FEATURES (a, b)", "silhouette", "silhouette davies_bouldin_index mean_squared_distance", false, false, ""},
		{"FROM t USING bands (parts = 3) FEATURES (a, b) OPTIMIZE FOR mean_squared_distance WEIGHT (w)", "mean_squared_distance", "silhouette davies_bouldin_index mean_squared_distance", false, true, ""},
		{"FROM t USING bands (parts = 1) FEATURES (a, b)", "silhouette", "silhouette davies_bouldin_index mean_squared_distance", false, false, "silhouette has no value on the "},
		{"FROM t USING far TRANSFORM (a AS a)", "anomaly_rate", "anomaly_rate", true, false, "1 row is left out for a NULL feature"},
		{"FROM t USING first (parts = 1) FEATURES (a, b)", "explained_variance_ratio", "explained_variance_ratio", false, true, ""},
	} {
		s := aloneService(memory{nulls: c.nulls})
		d, r, pr := trainAlone(t, s, c.clauses)
		var test, trained []string
		for _, m := range r.Metrics {
			switch m.Dataset {
			case "TEST":
				test = append(test, m.Metric)
			case "TRAIN":
				trained = append(trained, m.Metric)
			}
		}
		if got := strings.Join(test, " "); got != c.metrics || strings.Join(trained, " ") != got {
			t.Errorf("%s: metrics %s on TEST, %s on TRAIN, want %s", c.clauses, got, trained, c.metrics)
		}
		if h := r.Headline; h.Metric != c.headline || h.Dataset != "TEST" || math.IsNaN(h.Baseline) == c.baseline {
			t.Errorf("%s: headline %+v", c.clauses, h)
		}
		if r.Targets != nil || r.Task != d.Alone || pr.Target != (predictor.Column{}) || pr.Classes != nil || r.Rows.Train+r.Rows.Test+r.Rows.Dropped != memoryRows {
			t.Errorf("%s: %+v", c.clauses, r)
		}
		if got := strings.Join(r.Warnings, "; "); !strings.Contains(got, c.warning) || c.warning == "" && got != "" {
			t.Errorf("%s: warnings %q", c.clauses, got)
		}
	}
}

// TestMetricsOfOneAndAll: a source is measured as the rows that it holds, slices of it as the rows of each.
func TestMetricsOfOneAndAll(t *testing.T) {
	for _, clauses := range []string{"FROM t USING bands (parts = 3) FEATURES (a, b) SPLIT NONE", "FROM t USING far FEATURES (a, b) SPLIT NONE WEIGHT (w)", "FROM t USING first FEATURES (a, b, w) SPLIT NONE"} {
		s := aloneService(memory{})
		d, trained, pr := trainAlone(t, s, clauses)
		m, v := &catalog.Model{Database: "db", Name: "m"}, &catalog.Version{Number: 1, Task: d.Alone, Learner: d.Learner.Name}
		l := &labelled{pr: pr}
		on := Rows{Source: &mlsql.Source{Table: &mlsql.Name{Name: "t"}}}
		if err := s.labelSource(context.Background(), l, m, v, d.Statement, on, nil, []string{"color"}); err != nil {
			t.Fatalf("%s: %v", clauses, err)
		}
		whole := slice{}
		for i := range l.rows {
			whole.rows = append(whole.rows, i)
		}
		slices, err := l.slices()
		if err != nil || len(slices) != 2 || len(slices[0].rows)+len(slices[1].rows) != memoryRows {
			t.Fatalf("%s: slices %+v, %v", clauses, slices, err)
		}
		for i, x := range measureAll(t, l, whole) {
			if trained.Metrics[i].Metric != x.Metric || trained.Metrics[i].Value != x.Value {
				t.Errorf("%s: %+v, in training %+v", clauses, x, trained.Metrics[i])
			}
		}
		for k, part := range slices {
			values := measureAll(t, l, part)
			for _, x := range values {
				if math.IsNaN(x.Value) || x.RowCount != memoryRows/2 && pr.Task != learners.Anomaly {
					t.Errorf("%s: slice %d: %+v", clauses, k, x)
				}
			}
		}
	}
}

func measureAll(t *testing.T, l *labelled, part slice) (out []catalog.Metric) {
	t.Helper()
	sub := l.of(part.rows)
	values, err := measure(context.Background(), metric.For(kind(l.pr.Task)), l.pr, sub.scores, sub.x, &sub.actual, sub.weights)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range values {
		out = append(out, catalogMetric(l.dataset, part.name, x))
	}
	return out
}

// TestCurvesNeedClasses: what compares with a target says that there is none, before anything is read.
func TestCurvesNeedClasses(t *testing.T) {
	s := aloneService(memory{})
	m := &catalog.Model{Database: "db", Name: "m"}
	for task, want := range map[learners.Task]string{learners.Clustering: "model m is a clustering, which", learners.Anomaly: "model m is an anomaly detection, which", learners.Projection: "model m is a projection, which"} {
		v := &catalog.Version{Number: 1, Task: task}
		if _, err := s.Confusion(context.Background(), m, v, Rows{}, nil); err == nil || !strings.Contains(err.Error(), want+" has no target to compare with; a confusion matrix needs classes") {
			t.Errorf("confusion matrix: %v", err)
		}
		if _, err := s.ROC(context.Background(), m, v, Rows{}); err == nil || !strings.Contains(err.Error(), want+" has no target to compare with; a ROC curve needs two classes") {
			t.Errorf("ROC curve: %v", err)
		}
	}
	if kind(TaskOf(metric.Clustering)) != metric.Clustering || kind(TaskOf(metric.Anomaly)) != metric.Anomaly || kind(TaskOf(metric.Projection)) != metric.Projection {
		t.Error("kinds and tasks do not go one to one")
	}
}
