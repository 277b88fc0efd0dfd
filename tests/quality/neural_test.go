package quality

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"aibms/learners"
	"aibms/learners/all"
	"aibms/learners/params"
)

// neuralReference is one line of tests/reference/quality/expected_neural.json: means and standard deviations over ten random states.
type neuralReference struct {
	Set, Target, Learner string
	Settings             map[string]string
	Rows, Columns        int
	Mean, Deviation      map[string]float64
}

// worse is by how much the mean of ours may be worse than scikit-learn's: on sets of 20,000 training rows and more a fixed number, on smaller ones two standard errors of the difference of two
// means of ten.
func (r *neuralReference) worse(metric string, deviation float64) float64 {
	chance := 2 * math.Sqrt((r.Deviation[metric]*r.Deviation[metric]+deviation*deviation)/10)
	switch {
	case r.Rows < 20_000 || metric == "log_loss":
		return max(chance, 0.003)
	case metric == "auc":
		return 0.002
	}
	return 0.003
}

// TestNeuralNetworkAgainstScikitLearn holds means over ten seeds against scikit-learn's MLP at the same settings.
func TestNeuralNetworkAgainstScikitLearn(t *testing.T) {
	references := readReferences[*neuralReference](t, "quality/expected_neural.json", 6)
	sets := map[string]*Split{}
	for _, r := range references {
		t.Run(fmt.Sprintf("%s/%v", r.Set, r.Settings), func(t *testing.T) {
			split := sets[r.Set]
			if split == nil {
				var err error
				if split, err = Load("../data", r.Set, r.Target, r.Set != "california_housing"); err != nil {
					t.Fatal(err)
				}
				sets[r.Set] = split
			}
			if n, p := split.Train.Dims(); n != r.Rows || p != r.Columns {
				t.Fatalf("%d x %d training matrix, the reference has %d x %d", n, p, r.Rows, r.Columns)
			}
			found := map[string][]float64{}
			for seed := range uint64(10) {
				for name, v := range measureNetwork(t, r, split, seed) {
					found[name] = append(found[name], v)
				}
			}
			for name, peer := range r.Mean {
				mean, deviation := 0.0, 0.0
				for _, v := range found[name] {
					mean += v / 10
				}
				for _, v := range found[name] {
					deviation += (v - mean) * (v - mean) / 9
				}
				deviation = math.Sqrt(deviation)
				ahead := mean - peer
				if name == "log_loss" {
					ahead = -ahead
				}
				allowed := r.worse(name, deviation)
				t.Logf("%s %.4f (deviation %.4f), scikit-learn %.4f (%.4f); %.4f worse is allowed", name, mean, deviation, peer, r.Deviation[name], allowed)
				if !(ahead >= -allowed) {
					t.Errorf("%s %.4f, scikit-learn has %.4f", name, mean, peer)
				}
			}
		})
	}
}

// measureNetwork fits neural_network with a seed and judges it by the test rows.
func measureNetwork(t *testing.T, r *neuralReference, split *Split, seed uint64) map[string]float64 {
	t.Helper()
	spec, ok := all.Registry().Lookup(r.Learner)
	if !ok {
		t.Fatalf("there is no learner %s", r.Learner)
	}
	given := []params.Setting{{Name: "patience", Value: "0"}}
	for name, value := range r.Settings {
		given = append(given, params.Setting{Name: name, Value: value})
	}
	l, err := spec.With(given)
	if err != nil {
		t.Fatal(err)
	}
	task := learners.Regression
	switch len(split.Train.Classes) {
	case 0:
	case 2:
		task = learners.Binary
	default:
		task = learners.Multiclass
	}
	m, err := l.Fit(t.Context(), split.Train, nil, learners.Env{Task: task, Seed: seed, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	y := split.Test.Y
	out := mat.NewDense(len(y), max(1, len(split.Train.Classes)), nil)
	if err := m.Predict(split.Test.X, out); err != nil {
		t.Fatal(err)
	}
	n := float64(len(y))
	if task == learners.Regression {
		return map[string]float64{"r2": stat.RSquaredFrom(mat.Col(nil, 0, out), y, nil)}
	}
	right, loss := 0.0, 0.0
	for i, v := range y {
		if p := out.At(i, int(v)); p == mat.Max(out.RowView(i)) {
			right++
		}
		loss -= math.Log(max(out.At(i, int(v)), 2.220446049250313e-16)) // scikit-learn's least probability
	}
	metrics := map[string]float64{"accuracy": right / n, "log_loss": loss / n}
	if task == learners.Binary {
		metrics["auc"] = AUC(mat.Col(nil, 1, out), y)
	}
	return metrics
}
