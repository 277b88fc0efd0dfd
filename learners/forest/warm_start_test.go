package forest

import (
	"fmt"
	"maps"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/data"
)

// TestTreesInTwoTrainings: some trees and then the others on the same rows are the trees of one training of all, to the same predictions: what a tree draws depends on the seed and its number. The importances,
// which are kept as shares, are the same but for rounding.
func TestTreesInTwoTrainings(t *testing.T) {
	type example struct {
		name string
		task learners.Task
		e    *data.Examples
	}
	var sets []example
	for _, task := range tasks {
		sets = append(sets, example{string(task), task, rowsFor(task, 300, 6, 1)})
	}
	weighted := rowsFor(learners.Binary, 300, 6, 2)
	for i := range weighted.Y {
		weighted.Weights = append(weighted.Weights, float64(i%3))
		if i%5 == 0 {
			weighted.X.Set(i, i%6, math.NaN())
		}
	}
	named := rowsFor(learners.Multiclass, 300, 6, 3)
	named.Categories = []int{7, 0, 0, 4, 0, 0}
	for i := range named.Y {
		named.X.Set(i, 0, float64(i*i%7))
		named.X.Set(i, 3, float64(i%4))
	}
	several := rowsFor(learners.Regression, 300, 6, 4)
	several.Targets = [][]float64{several.Y, rowsFor(learners.Regression, 300, 6, 5).Y}
	sets = append(sets, example{"weights and missing values", learners.Binary, weighted}, example{"categories", learners.Multiclass, named}, example{"two targets", learners.Regression, several})
	for _, spec := range []*learners.Spec{RandomForest(), ExtraTrees()} {
		for _, settings := range []map[string]string{{}, {"bootstrap": "true", "max_samples": "0.5", "max_features": "third"}, {"bootstrap": "false", "max_depth": "3"}} {
			for _, set := range sets {
				t.Run(fmt.Sprint(spec.Name, settings, " ", set.name), func(t *testing.T) {
					fit := func(from learners.Model, trees int) *model {
						t.Helper()
						with := maps.Clone(settings)
						with["n_trees"] = fmt.Sprint(trees)
						l, env := learnerOf(t, spec, with), learners.Env{Task: set.task, Seed: 5, Workers: 2}
						var m learners.Model
						var err error
						if from == nil {
							m, err = l.Fit(t.Context(), set.e, nil, env)
						} else {
							m, err = l.(learners.WarmStarter).FitFrom(t.Context(), from, set.e, nil, env)
						}
						if err != nil {
							t.Fatal(err)
						}
						return m.(*model)
					}
					whole, parts := fit(nil, 9), fit(fit(fit(nil, 4), 3), 2)
					nodes := func(m *model) (out []string) {
						m.EachNode(func(n learners.TreeNode) bool {
							out = append(out, fmt.Sprint(n))
							return true
						})
						return out
					}
					a, b := nodes(whole), nodes(parts)
					if len(a) < 9 || len(a) != len(b) {
						t.Fatalf("%d nodes at once, %d in parts", len(a), len(b))
					}
					for i := range a {
						if a[i] != b[i] {
							t.Fatalf("node %d is %s at once, %s in parts", i, a[i], b[i])
						}
					}
					width := max(len(set.e.Classes), set.e.Outputs())
					p, q := mat.NewDense(300, width, nil), mat.NewDense(300, width, nil)
					if err := whole.Predict(set.e.X, p); err != nil {
						t.Fatal(err)
					}
					if err := parts.Predict(set.e.X, q); err != nil {
						t.Fatal(err)
					}
					if !mat.Equal(p, q) {
						t.Error("the predictions differ")
					}
					once, twice := whole.Importances(), parts.Importances()
					for j, v := range once {
						if math.Abs(v-twice[j]) > 1e-12 {
							t.Errorf("the importance of feature %d is %v at once, %v in parts", j, v, twice[j])
						}
					}
				})
			}
		}
	}
}
