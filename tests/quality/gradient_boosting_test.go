package quality

import (
	"context"
	"fmt"
	"math"
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
	cases := readReferences[*boostingCase](t, "gradient_boosting/expected.json", 8)
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
				for name, v := range boostingMetrics(t, c.Settings["loss"], split.Test, boost(t, split.Train, c.Settings, uint64(seed))) {
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
				case "rmse", "absolute_error", "pinball":
					good = got <= 1.005*median
				case "poisson_deviance", "gamma_deviance":
					good = got <= 1.01*median // of squares, as it were
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
	var given []params.Setting
	for name, value := range settings {
		given = append(given, params.Setting{Name: name, Value: value, Source: "USER"})
	}
	l, err := spec.With(given)
	if err != nil {
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

// boostingMetrics are, of a regression, what the loss asks for; log_loss of classes, and auc of two.
func boostingMetrics(t *testing.T, loss string, test *data.Examples, m learners.Model) map[string]float64 {
	t.Helper()
	n, _ := test.Dims()
	out := mat.NewDense(n, max(1, len(test.Classes)), nil)
	if err := m.Predict(test.X, out); err != nil {
		t.Fatal(err)
	}
	mean := func(f func(y float64, row []float64) float64) float64 {
		sum := 0.0
		for i, y := range test.Y {
			sum += f(y, out.RawRowView(i)) / float64(n)
		}
		return sum
	}
	if test.Classes != nil {
		metrics := map[string]float64{"log_loss": mean(func(y float64, p []float64) float64 { return -math.Log(max(1e-15, p[int(y)])) })}
		if len(test.Classes) == 2 {
			metrics["auc"] = AUC(mat.Col(nil, 1, out), test.Y)
		}
		return metrics
	}
	switch loss {
	case "absolute_error":
		return map[string]float64{loss: mean(func(y float64, z []float64) float64 { return math.Abs(y - z[0]) })}
	case "quantile":
		return map[string]float64{"pinball": mean(func(y float64, z []float64) float64 { return max(0.9*(y-z[0]), 0.1*(z[0]-y)) })}
	case "poisson":
		return map[string]float64{"poisson_deviance": mean(func(y float64, z []float64) float64 { return 2 * (y*math.Log(y/z[0]) - y + z[0]) })}
	case "gamma":
		return map[string]float64{"gamma_deviance": mean(func(y float64, z []float64) float64 { return 2 * (math.Log(z[0]/y) + y/z[0] - 1) })}
	}
	return map[string]float64{"rmse": math.Sqrt(mean(func(y float64, z []float64) float64 { return (y - z[0]) * (y - z[0]) }))}
}

// TestGradientBoostingWithCategories holds native categories against LightGBM's at equal settings.
func TestGradientBoostingWithCategories(t *testing.T) {
	cases := readReferences[struct {
		Set, Target   string
		Rows, Columns int
		Categories    []int
		AUC, LogLoss  float64
	}](t, "gradient_boosting/expected_categories.json", 3)
	for _, c := range cases {
		t.Run(c.Set, func(t *testing.T) {
			t.Parallel()
			split, err := LoadCodes("../data", c.Set, c.Target, true)
			if err != nil {
				t.Fatal(err)
			}
			if n, p := split.Train.Dims(); n != c.Rows || p != c.Columns {
				t.Fatalf("%d x %d training matrix, the reference has %d x %d", n, p, c.Rows, c.Columns)
			}
			split.Train.Categories = c.Categories
			ours := boostingMetrics(t, "", split.Test, boost(t, split.Train, nil, 0))
			t.Logf("auc %.5f, LightGBM %.5f; log_loss %.5f, LightGBM %.5f", ours["auc"], c.AUC, ours["log_loss"], c.LogLoss)
			if ours["auc"] < c.AUC-0.002 || ours["log_loss"] > c.LogLoss+0.003 {
				t.Errorf("auc %.5f, LightGBM %.5f; log_loss %.5f, LightGBM %.5f", ours["auc"], c.AUC, ours["log_loss"], c.LogLoss)
			}
		})
	}
}
