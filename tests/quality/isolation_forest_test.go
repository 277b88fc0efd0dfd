package quality

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/all"
	"aibms/learners/data"
	"aibms/learners/params"
)

// isolationReference is one line of tests/reference/quality/expected_isolation.json: means over ten random states.
type isolationReference struct {
	Set, Target    string
	Rows, Columns  int
	AUC, Deviation float64
	Scores         []float64 // of the first test rows
}

// TestIsolationForestAgainstScikitLearn holds the scores against classes that the learner does not see, and against scikit-learn's scores.
func TestIsolationForestAgainstScikitLearn(t *testing.T) {
	references := readReferences[*isolationReference](t, "quality/expected_isolation.json", 3)
	spec, ok := all.Registry().Lookup("isolation_forest")
	if !ok {
		t.Fatal("there is no isolation_forest")
	}
	const seeds = 10
	for _, r := range references {
		t.Run(r.Set, func(t *testing.T) {
			split, err := Load("../data", r.Set, r.Target, true)
			if err != nil {
				t.Fatal(err)
			}
			n, p := split.Train.Dims()
			if n != r.Rows || p != r.Columns {
				t.Fatalf("%d x %d training matrix, the reference has %d x %d", n, p, r.Rows, r.Columns)
			}
			train := &data.Examples{X: split.Train.X, Features: split.Train.Features}
			scores := mat.NewDense(len(split.Test.Y), 1, nil)
			mean, means := 0.0, make([]float64, len(r.Scores))
			for seed := range uint64(seeds) {
				l := spec.New()
				var set params.Set
				l.Declare(&set)
				m, err := l.Fit(t.Context(), train, nil, learners.Env{Task: learners.Anomaly, Seed: seed, Workers: 2})
				if err != nil {
					t.Fatal(err)
				}
				if err := m.Predict(split.Test.X, scores); err != nil {
					t.Fatal(err)
				}
				mean += AUC(mat.Col(nil, 0, scores), split.Test.Y) / seeds
				for i := range means {
					means[i] += scores.At(i, 0) / seeds
				}
			}
			difference := 0.0
			for i, want := range r.Scores {
				difference += math.Abs(means[i]-want) / float64(len(means))
			}
			// two standard errors of the difference of two means
			tolerance := max(0.002, 2*math.Sqrt(2.0/seeds)*r.Deviation)
			t.Logf("AUC %.4f, scikit-learn %.4f; the scores differ by %.4f in the mean", mean, r.AUC, difference)
			if mean < r.AUC-tolerance {
				t.Errorf("AUC %.4f, scikit-learn has %.4f", mean, r.AUC)
			}
			if difference > 0.01 {
				t.Errorf("the mean scores of rows differ from scikit-learn's by %.4f in the mean", difference)
			}
		})
	}
}
