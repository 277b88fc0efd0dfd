package quality

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/all"
	"aibms/learners/data"
	"aibms/learners/params"
)

// densityReference is one line of tests/reference/quality/expected_densities.json: means over ten random states; one where there is one component and nothing is drawn.
type densityReference struct {
	Set, Target, Form   string
	Unusual, Components int
	Reg                 float64
	Rows, Columns       int
	AUC, Deviation      float64
}

// TestUnusualRowsAgainstScikitLearn: gaussian_mixture learns the rows of all classes but one, and its scores tell the rows of that class as well as scikit-learn's densities do: alike with one component, else as a mean
// of ten seeds no more than two standard errors of the difference of the two means below, or 0.002.
func TestUnusualRowsAgainstScikitLearn(t *testing.T) {
	references := readReferences[*densityReference](t, "quality/expected_densities.json", 7)
	spec, ok := all.Registry().Lookup("gaussian_mixture")
	if !ok {
		t.Fatal("there is no gaussian_mixture")
	}
	for _, r := range references {
		t.Run(fmt.Sprint(r.Set, r.Unusual, r.Components, r.Form), func(t *testing.T) {
			split, err := Load("../data", r.Set, r.Target, true)
			if err != nil {
				t.Fatal(err)
			}
			train := without(split.Train, float64(r.Unusual))
			if n, p := train.Dims(); n != r.Rows || p != r.Columns {
				t.Fatalf("%d x %d training matrix, the reference has %d x %d", n, p, r.Rows, r.Columns)
			}
			unusual := make([]float64, len(split.Test.Y))
			for i, y := range split.Test.Y {
				if y == float64(r.Unusual) {
					unusual[i] = 1
				}
			}
			seeds := 10
			if r.Components == 1 {
				seeds = 1
			}
			scores := mat.NewDense(len(unusual), 1, nil)
			var found []float64
			for seed := range seeds {
				l, err := spec.With([]params.Setting{{Name: "n_components", Value: fmt.Sprint(r.Components)}, {Name: "covariance_type", Value: r.Form}, {Name: "reg_covar", Value: fmt.Sprint(r.Reg)}})
				if err != nil {
					t.Fatal(err)
				}
				m, err := l.Fit(t.Context(), train, nil, learners.Env{Task: learners.Anomaly, Seed: uint64(seed), Workers: 2})
				if err != nil {
					t.Fatal(err)
				}
				if err := m.Predict(split.Test.X, scores); err != nil {
					t.Fatal(err)
				}
				found = append(found, AUC(mat.Col(nil, 0, scores), unusual))
			}
			mean, deviation := meanAndDeviation(found)
			t.Logf("AUC %.4f (a run deviates by %.4f), scikit-learn %.4f (%.4f)", mean, deviation, r.AUC, r.Deviation)
			if r.Components == 1 {
				if math.Abs(mean-r.AUC) > 1e-6 {
					t.Errorf("AUC %.8f, scikit-learn has %.8f", mean, r.AUC)
				}
			} else if mean < r.AUC-max(0.002, 2*math.Sqrt((r.Deviation*r.Deviation+deviation*deviation)/float64(seeds))) {
				t.Errorf("AUC %.4f, scikit-learn has %.4f", mean, r.AUC)
			}
		})
	}
}

// without are the features of the rows of e that have another target than y.
func without(e *data.Examples, y float64) *data.Examples {
	out := &data.Examples{Features: e.Features}
	_, p := e.Dims()
	var values []float64
	for i, v := range e.Y {
		if v != y {
			values = append(values, e.X.RawRowView(i)...)
		}
	}
	out.X = mat.NewDense(len(values)/p, p, values)
	return out
}

// meanAndDeviation are those of a sample; the deviation of one value is 0.
func meanAndDeviation(values []float64) (mean, deviation float64) {
	n := float64(len(values))
	for _, v := range values {
		mean += v / n
	}
	for _, v := range values {
		deviation += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(deviation / max(1, n-1))
}
