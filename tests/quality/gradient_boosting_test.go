package quality

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/all"
	"aibms/learners/data"
	"aibms/learners/params"
)

// boostingCase is one line of tests/reference/gradient_boosting/expected.json.
type boostingCase struct {
	Set, Target    string
	Classification bool
	Settings       map[string]string
	Seeds          int
	Rows, Columns  int
	Peers          map[string]map[string]float64 // by metric and peer, the mean over the seeds
}

// TestGradientBoostingAgainstItsPeers holds the test metrics against the median of the peers at equal settings.
func TestGradientBoostingAgainstItsPeers(t *testing.T) {
	b, err := os.ReadFile("../reference/gradient_boosting/expected.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []*boostingCase
	if err := json.Unmarshal(b, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < 8 {
		t.Fatalf("only %d cases", len(cases))
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%s/%v", c.Set, c.Settings), func(t *testing.T) {
			t.Parallel()
			split, err := LoadCodes("../data", c.Set, c.Target, c.Classification)
			if err != nil {
				t.Fatal(err)
			}
			if n, p := split.Train.Dims(); n != c.Rows || p != c.Columns {
				t.Fatalf("%d x %d training matrix, the reference has %d x %d", n, p, c.Rows, c.Columns)
			}
			ours := map[string]float64{}
			for seed := range c.Seeds {
				for name, v := range boostingMetrics(t, split.Test, boost(t, split.Train, c.Settings, uint64(seed))) {
					ours[name] += v / float64(c.Seeds)
				}
			}
			for name, peers := range c.Peers {
				var values []float64
				for _, v := range peers {
					values = append(values, v)
				}
				slices.Sort(values)
				k := len(values)
				median := (values[(k-1)/2] + values[k/2]) / 2
				t.Logf("%s %.5f, peers %v", name, ours[name], peers)
				got, good := ours[name], false
				switch name {
				case "auc":
					good = got >= median-0.002
				case "rmse":
					good = got <= 1.005*median
				case "log_loss":
					good = got <= median+0.003
				}
				if !good {
					t.Errorf("%s %.5f, the median of the peers is %.5f", name, got, median)
				}
			}
		})
	}
}

func boost(t *testing.T, train *data.Examples, settings map[string]string, seed uint64) learners.Model {
	t.Helper()
	const name = "gradient_boosting"
	spec, ok := all.Registry().Lookup(name)
	if !ok {
		t.Fatalf("there is no learner %s", name)
	}
	l := spec.New()
	var set params.Set
	l.Declare(&set)
	var given []params.Setting
	for name, value := range settings {
		given = append(given, params.Setting{Name: name, Value: value, Source: "USER"})
	}
	if err := set.Assign(name, given); err != nil {
		t.Fatal(err)
	}
	task := learners.Regression
	if k := len(train.Classes); k == 2 {
		task = learners.Binary
	} else if k > 2 {
		task = learners.Multiclass
	}
	m, err := l.Fit(context.Background(), train, nil, learners.Env{Task: task, Seed: seed, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// boostingMetrics are rmse of a regression; log_loss, and auc of two classes.
func boostingMetrics(t *testing.T, test *data.Examples, m learners.Model) map[string]float64 {
	t.Helper()
	n, _ := test.Dims()
	out := mat.NewDense(n, max(1, len(test.Classes)), nil)
	if err := m.Predict(test.X, out); err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for i, y := range test.Y {
		if test.Classes == nil {
			sum += (out.At(i, 0) - y) * (out.At(i, 0) - y) / float64(n)
		} else {
			sum -= math.Log(max(1e-15, out.At(i, int(y)))) / float64(n)
		}
	}
	if test.Classes == nil {
		return map[string]float64{"rmse": math.Sqrt(sum)}
	}
	metrics := map[string]float64{"log_loss": sum}
	if len(test.Classes) == 2 {
		metrics["auc"] = auc(mat.Col(nil, 1, out), test.Y)
	}
	return metrics
}
