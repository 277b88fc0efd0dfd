package quality

import (
	"context"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/data"
	"aibms/learners/params"
	"aibms/learners/svm"
)

// svmReference is one line of tests/reference/quality/expected_svm.json.
type svmReference struct {
	Set, Target   string
	Every         int // every nth training row is taken
	Settings      map[string]string
	Rows, Columns int
	Reached       map[string]float64
}

func TestSVMAgainstLIBSVM(t *testing.T) {
	references := readReferences[*svmReference](t, "quality/expected_svm.json", 9)
	for _, r := range references {
		t.Run(fmt.Sprintf("%s/%v", r.Set, r.Settings), func(t *testing.T) {
			_, numbers := r.Reached["r2"]
			split, err := Load("../data", r.Set, r.Target, !numbers)
			if err != nil {
				t.Fatal(err)
			}
			train := everyRow(split.Train, r.Every)
			if n, p := train.Dims(); n != r.Rows || p != r.Columns {
				t.Fatalf("%d x %d training matrix, the reference has %d x %d", n, p, r.Rows, r.Columns)
			}
			task := learners.Regression
			if !numbers {
				task = learners.Multiclass
			}
			if len(train.Classes) == 2 {
				task = learners.Binary
			}
			var given []params.Setting
			for name, value := range r.Settings {
				given = append(given, params.Setting{Name: name, Value: value, Source: "USER"})
			}
			l, err := svm.SVM().With(given)
			if err != nil {
				t.Fatal(err)
			}
			m, err := l.Fit(context.Background(), train, nil, learners.Env{Task: task, Seed: 1, Workers: 2})
			if err != nil {
				t.Fatal(err)
			}
			got := judgeSVM(t, m, split.Test)
			for metric, want := range r.Reached {
				t.Logf("%s %.4f, LIBSVM %.4f", metric, got[metric], want)
				switch {
				case metric == "log_loss" && !(got[metric] <= want+0.01):
					t.Errorf("log_loss %.4f, LIBSVM has %.4f", got[metric], want)
				case metric != "log_loss" && !(got[metric] >= want-map[string]float64{"auc": 0.002, "accuracy": 0.003, "r2": 0.003}[metric]):
					t.Errorf("%s %.4f, LIBSVM has %.4f", metric, got[metric], want)
				}
			}
		})
	}
}

// everyRow takes every nth row.
func everyRow(e *data.Examples, every int) *data.Examples {
	n, p := e.Dims()
	out := &data.Examples{X: mat.NewDense((n+every-1)/every, p, nil), Features: e.Features, Classes: e.Classes}
	for i := 0; i < n; i += every {
		out.X.SetRow(i/every, e.X.RawRowView(i))
		out.Y = append(out.Y, e.Y[i])
	}
	return out
}

// judgeSVM measures decided classes, and probabilities, or numbers.
func judgeSVM(t *testing.T, m learners.Model, test *data.Examples) map[string]float64 {
	t.Helper()
	n := len(test.Y)
	out := mat.NewDense(n, max(1, len(test.Classes)), nil)
	if err := m.Predict(test.X, out); err != nil {
		t.Fatal(err)
	}
	found := map[string]float64{}
	if test.Classes == nil {
		mean, rest, all := 0.0, 0.0, 0.0
		for _, y := range test.Y {
			mean += y / float64(n)
		}
		for i, y := range test.Y {
			rest += (y - out.At(i, 0)) * (y - out.At(i, 0))
			all += (y - mean) * (y - mean)
		}
		found["r2"] = 1 - rest/all
		return found
	}
	codes := make([]int32, n)
	if err := m.(learners.Classifier).Classify(test.X, codes); err != nil {
		t.Fatal(err)
	}
	for i, y := range test.Y {
		if float64(codes[i]) == y {
			found["accuracy"] += 1 / float64(n)
		}
		found["log_loss"] -= math.Log(max(1e-15, out.At(i, int(y)))) / float64(n)
	}
	if len(test.Classes) == 2 {
		found["auc"] = AUC(mat.Col(nil, 1, out), test.Y)
	}
	return found
}
