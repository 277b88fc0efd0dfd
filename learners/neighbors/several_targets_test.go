package neighbors

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners/data"
)

// TestSeveralTargetsOfScikitLearn: the means of three targets over the neighbours are scikit-learn's, by every algorithm, and each those of the target alone to the bit.
func TestSeveralTargetsOfScikitLearn(t *testing.T) {
	b, err := os.ReadFile("../../tests/reference/several_targets/data.json")
	if err != nil {
		t.Fatal(err)
	}
	var reference struct {
		X, Targets [][]float64
		Neighbors  []struct {
			Settings    map[string]string
			Shift       float64
			Predictions [][]float64
		}
	}
	if err := json.Unmarshal(b, &reference); err != nil {
		t.Fatal(err)
	}
	if len(reference.Neighbors) < 2 {
		t.Fatalf("%d cases", len(reference.Neighbors))
	}
	e := &data.Examples{X: dense(reference.X), Features: make([]string, len(reference.X[0])), Y: reference.Targets[0], Targets: reference.Targets}
	for _, c := range reference.Neighbors {
		asked := mat.DenseCopyOf(e.X)
		asked.Apply(func(_, _ int, v float64) float64 { return v + c.Shift }, e.X)
		for _, algorithm := range []string{"brute", "kd_tree", "ball_tree"} {
			t.Run(fmt.Sprint(c.Settings, algorithm), func(t *testing.T) {
				c.Settings["algorithm"] = algorithm
				out := mat.NewDense(len(reference.X), 3, nil)
				if err := fitted(t, e, c.Settings).Predict(asked, out); err != nil {
					t.Fatal(err)
				}
				for i, want := range c.Predictions {
					closeTo(t, fmt.Sprintf("row %d", i), out.RawRowView(i), want, 1e-9)
				}
				for k, y := range e.Targets {
					alone := predicted(t, fitted(t, &data.Examples{X: e.X, Features: e.Features, Y: y}, c.Settings), asked)
					for i := range out.RawMatrix().Rows {
						if out.At(i, k) != alone.At(i, 0) {
							t.Fatalf("target %d of row %d is %v, alone it is %v", k, i, out.At(i, k), alone.At(i, 0))
						}
					}
				}
			})
		}
	}
}
