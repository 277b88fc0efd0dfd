package ensemble

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/artifact"
	"aibms/learners/data"
	"aibms/learners/forest"
	"aibms/learners/linear"
	"aibms/learners/metric"
	"aibms/learners/params"
	"aibms/learners/tree"
)

func bytesOf(t *testing.T, m learners.Model) string {
	t.Helper()
	w := artifact.NewWriter()
	if err := m.Save(w); err != nil {
		t.Fatal(err)
	}
	return string(w.Encode())
}

func board(t *testing.T, m learners.Model) []learners.Candidate {
	t.Helper()
	l, ok := learners.As[learners.Leaderboard](m)
	if !ok {
		t.Fatal("there is no leaderboard")
	}
	_, list := l.Leaderboard()
	return list
}

// TestAutoIsTheWinnerAlone: the model predicts as the winner does when it is fitted alone on the same rows, validation rows among them.
func TestAutoIsTheWinnerAlone(t *testing.T) {
	e, validate := sample(400, 3, 1), sample(200, 3, 2)
	l := newLearner(t, Auto(base), "learners", "decision_tree (max_depth = 1), random_forest (n_trees = 20)", "metric", "accuracy")
	for _, judged := range []*data.Examples{nil, validate} {
		m, err := l.Fit(context.Background(), e, judged, learners.Env{Task: learners.Multiclass, Seed: 5, Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		if list := board(t, m); list[0].Learner != "random_forest" || list[0].Number != 2 || list[0].Settings != "n_trees = 20" || math.IsNaN(list[0].Spread) != (judged != nil) {
			t.Errorf("%+v leads", list[0])
		}
		checkSame(t, predict(t, m, e), predict(t, fit(t, e, 5, forest.RandomForest(), "n_trees", "20"), e), 0)
	}
}

// TestAutoMeasuresWhatItSays: with validation rows the mean is the metric of a model that was fitted on the training rows, and the baseline that of a constant.
func TestAutoMeasuresWhatItSays(t *testing.T) {
	e, validate := sample(300, 0, 3), sample(150, 0, 4)
	l := newLearner(t, Auto(base), "learners", "decision_tree (max_depth = 2), linear_regression", "metric", "mae")
	m, err := l.Fit(context.Background(), e, validate, learners.Env{Task: learners.Regression, Seed: 5, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	mae := map[string]float64{}
	for name, alone := range map[string]learners.Model{"decision_tree": fit(t, e, 5, tree.DecisionTree(), "max_depth", "2"), "linear_regression": fit(t, e, 5, linear.LinearRegression())} {
		out := predict(t, alone, validate)
		for i, y := range validate.Y {
			mae[name] += math.Abs(out.At(i, 0)-y) / 150
		}
	}
	in := metric.Input{Kind: metric.Regression, Actual: validate.Y, Predicted: make([]float64, 150), Baseline: metric.FitBaseline(metric.Regression, 0, e.Y, nil)}
	absolute, _ := metric.Lookup("mae")
	values, err := metric.Compute(context.Background(), []*metric.Metric{absolute}, in)
	if err != nil {
		t.Fatal(err)
	}
	baseline := values[0].Baseline
	list := board(t, m)
	if len(list) != 2 || list[0].Mean > list[1].Mean {
		t.Fatalf("%+v", list)
	}
	for _, c := range list {
		if math.Abs(c.Mean-mae[c.Learner]) > 1e-9 || math.Abs(c.Baseline-baseline) > 1e-12 || c.Status != learners.Ranked {
			t.Errorf("%+v: the error is %v, of a constant %v", c, mae[c.Learner], baseline)
		}
	}
}

// TestAutoListsThoseThatFail: they do not end the race, and it fails when all of them do.
func TestAutoListsThoseThatFail(t *testing.T) {
	e := sample(300, 0, 5)
	var warnings []string
	env := learners.Env{Task: learners.Regression, Seed: 5, Workers: 2, Warn: func(format string, _ ...any) { warnings = append(warnings, format) }}
	m, err := newLearner(t, Auto(base), "learners", "random_forest (criterion = gini), decision_tree").Fit(context.Background(), e, nil, env)
	if err != nil {
		t.Fatal(err)
	}
	list := board(t, m)
	if list[0].Learner != "decision_tree" || list[1].Status != learners.Failed || !strings.HasPrefix(list[1].Error, "criterion 'gini' is for classes") || len(warnings) != 1 {
		t.Errorf("%+v, %q", list, warnings)
	}
	if _, err = newLearner(t, Auto(base), "learners", "random_forest (criterion = gini)").Fit(context.Background(), e, nil, env); err == nil ||
		!strings.HasPrefix(err.Error(), "auto: no candidate came through: random_forest: criterion 'gini' is for classes") {
		t.Error(err)
	}
	// one has enough memory, the other has not
	small := newLearner(t, Auto(base), "learners", "random_forest (n_trees = 2000), linear_regression")
	env.Memory = small.(learners.MemoryEstimator).MemoryNeeded(learners.Shape{Rows: 300, Features: 4, Targets: 1})
	if m, err = small.Fit(context.Background(), e, nil, env); err != nil {
		t.Fatal(err)
	}
	if list := board(t, m); list[0].Learner != "linear_regression" || !strings.Contains(list[1].Error, "bytes of memory") {
		t.Errorf("%+v", list)
	}
}

// TestAutoKeepsItsBudget: a candidate that is at work when the time has passed is not ranked, nor are those after it; one after the first fold is late as well.
func TestAutoKeepsItsBudget(t *testing.T) {
	e := sample(300, 2, 6)
	var warnings []string
	env := learners.Env{Task: learners.Binary, Seed: 5, Workers: 1, Warn: func(format string, _ ...any) { warnings = append(warnings, format) }}
	m, err := newLearner(t, Auto(registryWithStuck()), "learners", "decision_tree, stuck, logistic_regression", "time_budget", "1").Fit(context.Background(), e, nil, env)
	if err != nil {
		t.Fatal(err)
	}
	list := board(t, m)
	var got []string
	for _, c := range list {
		got = append(got, c.Learner+" "+c.Status)
	}
	if want := []string{"decision_tree RANKED", "stuck OUT_OF_TIME", "logistic_regression NOT_TRIED"}; !slices.Equal(got, want) || len(warnings) != 1 {
		t.Errorf("%v, %q", got, warnings)
	}
	_, err = newLearner(t, Auto(registryWithStuck()), "learners", "stuck", "time_budget", "0.01s").Fit(context.Background(), e, nil, env)
	if err == nil || !strings.Contains(err.Error(), "no candidate came through: stuck: the time budget had passed") {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	env.Begin = func(part string) {
		if part == "stuck" {
			cancel()
		}
	}
	if _, err := newLearner(t, Auto(registryWithStuck()), "learners", "stuck").Fit(ctx, e, nil, env); !errors.Is(err, context.Canceled) {
		t.Errorf("when it is cancelled: %v", err)
	}
}

// registryWithStuck has a learner that never ends by itself.
func registryWithStuck() *learners.Registry {
	s := *tree.DecisionTree()
	s.Name, s.New = "stuck", func() learners.Learner { return stuck{} }
	return learners.NewRegistry(append(slices.Clone(base.All()), &s)...)
}

type stuck struct{}

func (stuck) Declare(*params.Set) {}

func (stuck) Fit(ctx context.Context, _, _ *data.Examples, _ learners.Env) (learners.Model, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// TestAutoTellsHowLongEachTook: every candidate that was tried has a time, which is not in the artifact.
func TestAutoTellsHowLongEachTook(t *testing.T) {
	e := sample(300, 2, 6)
	var parts []string
	env := learners.Env{Task: learners.Binary, Seed: 5, Workers: 1, Took: func(part int, name string, took time.Duration) {
		if part != len(parts)+1 || took <= 0 {
			t.Errorf("part %d took %v", part, took)
		}
		parts = append(parts, name)
	}}
	var models []string
	for range 2 {
		parts = nil
		m, err := newLearner(t, Auto(base), "learners", "decision_tree (max_depth = 3), logistic_regression").Fit(context.Background(), e, nil, env)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(parts, []string{"decision_tree (max_depth = 3)", "logistic_regression"}) {
			t.Errorf("%q", parts)
		}
		models = append(models, bytesOf(t, m))
	}
	if models[0] != models[1] {
		t.Error("two races gave different artifacts")
	}
}

// TestAutoPassesAbilitiesOn: w x + b of the coefficients is the prediction, although the winner saw features that were standardised; forests have trees; decisions are those of the winner.
func TestAutoPassesAbilitiesOn(t *testing.T) {
	e := sample(300, 0, 7)
	m := fit(t, e, 5, Auto(base), "learners", "linear_regression (penalty = l2)")
	c, ok := learners.As[learners.Coefficients](m)
	if !ok {
		t.Fatal("there are no coefficients")
	}
	w, b := c.Coefficients()
	var out mat.Dense
	out.Mul(e.X, w.T())
	out.Apply(func(_, _ int, v float64) float64 { return v + b[0] }, &out)
	checkSame(t, predict(t, m, e), &out, 1e-9)
	if _, ok := learners.As[learners.Trees](m); ok {
		t.Error("a linear model has trees")
	}
	forestWins := fit(t, e, 5, Auto(base), "learners", "random_forest (n_trees = 3)")
	if a, ok := learners.As[learners.Importances](forestWins); !ok || len(a.Importances()) != 4 {
		t.Error("a forest has no importances")
	}
	if _, ok := learners.As[learners.Trees](forestWins); !ok {
		t.Error("a forest has no trees")
	}
	classes := sample(300, 2, 7)
	svm := fit(t, classes, 5, Auto(base), "learners", "linear_svm")
	decides, ok := learners.As[learners.Classifier](svm)
	if !ok {
		t.Fatal("linear_svm does not decide")
	}
	codes := make([]int32, 300)
	if err := decides.Classify(classes.X, codes); err != nil {
		t.Fatal(err)
	}
	right := 0
	for i, y := range classes.Y {
		if float64(codes[i]) == y {
			right++
		}
	}
	if right < 200 {
		t.Errorf("%d of 300 right", right)
	}
}

// TestAutoSettings: what is wrong is told when it is declared, or when the task shows it.
func TestAutoSettings(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"metric", "roc_acu", "hyper-parameter \"metric\": unknown metric 'roc_acu' (did you mean roc_auc?)"},
		{"metric", "anomaly_rate", "hyper-parameter \"metric\": metric anomaly_rate tells no better model from a worse one"},
		{"time_budget", "soon", "hyper-parameter \"time_budget\": seconds above 0 are expected"},
		{"time_budget", "-3", "hyper-parameter \"time_budget\": seconds above 0 are expected"},
		{"learners", "auto, decision_tree", "hyper-parameter \"learners\": auto stands alone"},
		{"folds", "101", "hyper-parameter \"folds\" must be >= 0 and <= 100"},
	} {
		if _, err := tryLearner(Auto(base), c.name, c.value); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s = %s: %v", c.name, c.value, err)
		}
	}
	for _, c := range []struct{ name, value, want string }{
		{"metric", "roc_auc", "auto: metric roc_auc is not for regression; these are: "},
		{"folds", "1", "auto: folds = 1: a fold is predicted by fits on the others"},
		{"learners", "logistic_regression", "auto: learner logistic_regression cannot do regression"},
	} {
		if _, err := tryFit(newLearner(t, Auto(base), c.name, c.value), sample(50, 0, 1), 1); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s = %s: %v", c.name, c.value, err)
		}
	}
	env := learners.Env{Task: learners.Binary, Seed: 1, Workers: 1, Metric: "f1_score", Positive: 1}
	m, err := newLearner(t, Auto(base), "learners", "decision_tree").Fit(context.Background(), sample(100, 2, 1), nil, env)
	if err != nil {
		t.Fatal(err)
	}
	if name, _ := m.(learners.Leaderboard).Leaderboard(); name != "f1_score" {
		t.Errorf("%s decided", name)
	}
}
