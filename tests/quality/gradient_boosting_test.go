package quality

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/data"
)

// boostingCase is one line of tests/reference/gradient_boosting/expected.json.
type boostingCase struct {
	Set, Target   string
	Settings      map[string]string
	Seeds         int
	Rows, Columns int
	Peers         map[string]map[string]float64 // by metric and peer, the mean over the seeds
}

// TestGradientBoostingAgainstItsPeers holds the test metrics against the median of the peers at equal settings.
func TestGradientBoostingAgainstItsPeers(t *testing.T) {
	cases := readReferences[*boostingCase](t, "gradient_boosting/expected.json", 8)
	for _, c := range cases {
		t.Run(fmt.Sprintf("%s/%v", c.Set, c.Settings), func(t *testing.T) {
			t.Parallel()
			split := load(t, asCodes, c.Set, c.Target)
			sameShape(t, split.Train, c.Rows, c.Columns)
			found := overSeeds(c.Seeds, func(seed uint64) map[string]float64 {
				return boostingMetrics(t, c.Settings["loss"], split.Test, fit(t, "gradient_boosting", c.Settings, split.Train, seed))
			})
			for name, peers := range c.Peers {
				var values []float64
				for _, v := range peers {
					values = append(values, v)
				}
				slices.Sort(values)
				k := len(values)
				f := figure{learner: "gradient_boosting", set: c.Set, settings: words(c.Settings), metric: name, peer: "median of " + strings.NewReplacer("lightgbm", "LightGBM", "xgboost", "XGBoost").Replace(strings.Join(slices.Sorted(maps.Keys(peers)), ", ")), ours: found[name],
					theirs: sample{mean: (values[(k-1)/2] + values[k/2]) / 2, runs: c.Seeds}}
				switch name {
				case "auc":
					f.allowed = 0.002
				case "rmse", "absolute_error", "pinball":
					f.allowed = 0.005 * f.theirs.mean
				case "poisson_deviance", "gamma_deviance":
					f.allowed = 0.01 * f.theirs.mean // of squares, as it were
				case "log_loss":
					f.allowed = 0.003
				}
				f.check(t)
			}
		})
	}
}

// boostingMetrics are, of a regression, what the loss asks for; log_loss of classes, and auc of two.
func boostingMetrics(t *testing.T, loss string, test *data.Examples, m learners.Model) map[string]float64 {
	t.Helper()
	out := predict(t, test, m)
	mean := func(f func(y float64, row []float64) float64) float64 {
		sum := 0.0
		for i, y := range test.Y {
			sum += f(y, out.RawRowView(i)) / float64(len(test.Y))
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
			split := load(t, asCodes, c.Set, c.Target)
			sameShape(t, split.Train, c.Rows, c.Columns)
			split.Train.Categories = c.Categories
			ours := boostingMetrics(t, "", split.Test, fit(t, "gradient_boosting", nil, split.Train, 0))
			f := figure{learner: "gradient_boosting", set: c.Set, settings: "defaults, native categories", metric: "auc", peer: "LightGBM", ours: once(ours["auc"]), theirs: once(c.AUC), allowed: 0.002}
			f.check(t)
			f.metric, f.ours, f.theirs, f.allowed = "log_loss", once(ours["log_loss"]), once(c.LogLoss), 0.003
			f.check(t)
		})
	}
}
