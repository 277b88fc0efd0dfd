package metric

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// population draws rows of a made-up world, in which a model that is a little wrong meets noisy outcomes.
type population func(rng *rand.Rand, n int, weighted bool) Input

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// binaryRows: the log odds are 1.5 x - 0.8, the model says 1.2 x - 0.6 in steps of 0.005, so that some scores tie.
func binaryRows(rng *rand.Rand, n int, weighted bool) Input {
	in := Input{Kind: Binary, Classes: 2, Positive: 1, Proba: mat.NewDense(n, 2, nil)}
	for i := 0; i < n; i++ {
		x := rng.NormFloat64()
		y, guess := 0.0, 0.0
		if rng.Float64() < sigmoid(1.5*x-0.8) {
			y = 1
		}
		p := math.Round(200*sigmoid(1.2*x-0.6)) / 200
		if p >= 0.5 {
			guess = 1
		}
		in.Actual, in.Predicted = append(in.Actual, y), append(in.Predicted, guess)
		in.Proba.SetRow(i, []float64{1 - p, p})
		if weighted {
			in.Weights = append(in.Weights, (0.6+y)*(0.5+rng.ExpFloat64()))
		}
	}
	return in
}

func multiclassRows(rng *rand.Rand, n int, weighted bool) Input {
	in := Input{Kind: Multiclass, Classes: 3, Proba: mat.NewDense(n, 3, nil)}
	for i := 0; i < n; i++ {
		a, b := rng.NormFloat64(), rng.NormFloat64()
		softmax := func(t float64) []float64 {
			e := []float64{math.Exp(t * (a - 0.5)), math.Exp(t * (b + 0.7)), 1}
			s := e[0] + e[1] + e[2]
			return []float64{e[0] / s, e[1] / s, e[2] / s}
		}
		draw, y := rng.Float64(), 0
		for p := softmax(1.8); y < 2 && draw >= p[y]; y++ {
			draw -= p[y]
		}
		p := softmax(1.3)
		guess := 0
		for k := range p {
			if p[k] > p[guess] {
				guess = k
			}
		}
		in.Actual, in.Predicted = append(in.Actual, float64(y)), append(in.Predicted, float64(guess))
		in.Proba.SetRow(i, p)
		if weighted {
			in.Weights = append(in.Weights, (0.5+float64(y))*(0.5+rng.ExpFloat64()))
		}
	}
	return in
}

// regressionRows: a positive target with noise that grows with it.
func regressionRows(rng *rand.Rand, n int, weighted bool) Input {
	in := Input{Kind: Regression}
	for i := 0; i < n; i++ {
		x := rng.Float64() * 4
		y := 3 + x + (0.3+0.2*x)*math.Max(-3, math.Min(3, rng.NormFloat64()))
		in.Actual, in.Predicted = append(in.Actual, y), append(in.Predicted, 3.2+0.9*x)
		if weighted {
			in.Weights = append(in.Weights, (0.5+x)*(0.5+rng.ExpFloat64()))
		}
	}
	return in
}

// anomalyRows: one of twelve rows is called unusual; of the weighted ones, those that weigh more rather are.
func anomalyRows(rng *rand.Rand, n int, weighted bool) Input {
	in := Input{Kind: Anomaly}
	for range n {
		flag := 0.0
		if rng.IntN(12) == 0 {
			flag = 1
		}
		in.Predicted = append(in.Predicted, flag)
		if weighted {
			in.Weights = append(in.Weights, (0.6+flag)*(0.5+rng.ExpFloat64()))
		}
	}
	return in
}

// projectionRows: two of four features are kept, one of the others follows from them but for noise.
func projectionRows(rng *rand.Rand, n int, weighted bool) Input {
	in := Input{Kind: Projection, Outputs: 2, X: mat.NewDense(n, 4, nil)}
	for i := range n {
		a, b := rng.NormFloat64(), 2*rng.NormFloat64()
		in.X.SetRow(i, []float64{a, b, 3 + a - b + 0.5*rng.NormFloat64(), rng.ExpFloat64()})
		if weighted {
			in.Weights = append(in.Weights, (0.5+a*a)*(0.5+rng.ExpFloat64()))
		}
	}
	in.Restore = restoreFrom(in.X)
	return in
}

// restoreFrom gives back what the first two features of rows tell of four.
func restoreFrom(x *mat.Dense) func(int, *mat.Dense) error {
	return func(from int, y *mat.Dense) error {
		n, _ := y.Dims()
		for i := range n {
			a, b := x.At(from+i, 0), x.At(from+i, 1)
			y.SetRow(i, []float64{a, b, 3 + a - b, 1.2})
		}
		return nil
	}
}

// least is the coverage that is asked of the intervals whose form is known to be a little short; of the others it is 92 %, which leaves room for the luck of 600 samples.
var least = map[string]float64{
	"ks_statistic": 0.90, // the threshold is chosen on the same rows, so the value is too high by up to half a standard error
	"pr_auc":       0.89, // so is each class's own row in its precision, which shows where uneven weights leave few rows
}

// TestCoverage: of many samples of 500 rows (or of 1000 weighted ones, which are worth about as much), about 95 % have an interval that holds the value
// of the population, which a sample of 150,000 rows stands for.
func TestCoverage(t *testing.T) {
	const samples, large = 600, 150_000
	for _, world := range []struct {
		name     string
		rows     population
		weighted bool
		size     int
	}{
		{"binary", binaryRows, false, 500}, {"binary weighted", binaryRows, true, 1000},
		{"multiclass", multiclassRows, false, 500}, {"multiclass weighted", multiclassRows, true, 1000},
		{"regression", regressionRows, false, 500}, {"regression weighted", regressionRows, true, 1000},
		{"anomaly", anomalyRows, false, 500}, {"anomaly weighted", anomalyRows, true, 1000},
		{"projection", projectionRows, false, 500}, {"projection weighted", projectionRows, true, 1000},
	} {
		t.Run(world.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 2))
			all := world.rows(rng, large, world.weighted)
			metrics := For(all.Kind)
			truth, err := Compute(context.Background(), metrics, all)
			if err != nil {
				t.Fatal(err)
			}
			covered := make([]int, len(metrics))
			for s := 0; s < samples; s++ {
				values, err := Compute(context.Background(), metrics, world.rows(rng, world.size, world.weighted))
				if err != nil {
					t.Fatal(err)
				}
				for i, v := range values {
					if v.Low <= truth[i].Value && truth[i].Value <= v.High {
						covered[i]++
					}
				}
			}
			for i, m := range metrics {
				part, floor := float64(covered[i])/samples, 0.92
				if f, ok := least[m.Name]; ok {
					floor = f
				}
				t.Logf("%-32s %.4f  covered %.3f", m.Name, truth[i].Value, part)
				if part < floor || part > 0.985 {
					t.Errorf("%s: %.1f %% of the intervals hold the true value", m.Name, 100*part)
				}
			}
		})
	}
}
