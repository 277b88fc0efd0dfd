package quality

import (
	"fmt"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/data"
)

// TestUnusualRowsAgainstScikitLearn: gaussian_mixture learns the rows of all classes but one, and its scores tell the rows of that class as well as scikit-learn's densities do: alike with one component, else as a mean
// of ten seeds no more than two standard errors of the difference of the two means below, or 0.002.
func TestUnusualRowsAgainstScikitLearn(t *testing.T) {
	for _, r := range readReferences[struct {
		reference
		Form                string
		Unusual, Components int
		Reg                 float64
		AUC, Deviation      float64 // over ten random states; one where there is one component and nothing is drawn
	}](t, "quality/expected_densities.json", 7) {
		t.Run(fmt.Sprint(r.Set, r.Unusual, r.Components, r.Form), func(t *testing.T) {
			split := load(t, wide, r.Set, r.Target)
			train := without(split.Train, float64(r.Unusual))
			sameShape(t, train, r.Rows, r.Columns)
			unusual := make([]float64, len(split.Test.Y))
			for i, y := range split.Test.Y {
				if y == float64(r.Unusual) {
					unusual[i] = 1
				}
			}
			runs := 10
			if r.Components == 1 {
				runs = 1
			}
			settings := map[string]string{"n_components": fmt.Sprint(r.Components), "covariance_type": r.Form, "reg_covar": fmt.Sprint(r.Reg)}
			scores := mat.NewDense(len(unusual), 1, nil)
			found := overSeeds(runs, func(seed uint64) map[string]float64 {
				m := fitIn(t, "gaussian_mixture", settings, train, learners.Env{Task: learners.Anomaly, Seed: seed, Workers: 2})
				if err := m.Predict(split.Test.X, scores); err != nil {
					t.Fatal(err)
				}
				return map[string]float64{"auc": AUC(mat.Col(nil, 0, scores), unusual)}
			})
			f := figure{learner: "gaussian_mixture", set: r.Set, settings: words(settings), metric: fmt.Sprintf("auc of unusual rows, those of class %d", r.Unusual), peer: "scikit-learn", ours: found["auc"],
				theirs: sample{mean: r.AUC, deviation: r.Deviation, runs: runs}}
			if f.allowed = max(0.002, chance(f.ours, f.theirs)); runs == 1 {
				f.allowed, f.equal = 1e-6, true
			}
			f.check(t)
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
