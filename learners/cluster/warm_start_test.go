package cluster

import (
	"testing"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/data"
)

// goOn is fitted that begins at the centres of a model.
func goOn(t *testing.T, from *model, e *data.Examples, settings map[string]string) (*model, []learners.Iteration) {
	t.Helper()
	var curve []learners.Iteration
	m, err := learnerOf(t, settings).FitFrom(t.Context(), from, e, nil,
		learners.Env{Task: learners.Clustering, Seed: 99, Workers: 2, Record: func(it learners.Iteration) { curve = append(curve, it) }})
	if err != nil {
		t.Fatal(err)
	}
	return m.(*model), curve
}

// TestIterationsInTwoTrainings: a warm start on the same rows goes on with the iterations that one training would have done, to the same centres but for rounding; and centres that have arrived
// stay, as the second iteration tells, to which the first gave each row its cluster. Nothing is drawn, so the seed is of no importance.
func TestIterationsInTwoTrainings(t *testing.T) {
	weighted := groups(3000, 5, 7, 2)
	for i := range 3000 {
		weighted.Weights = append(weighted.Weights, float64(i%5)/2)
	}
	far := groups(3000, 4, 6, 3)
	far.X.Apply(func(_, _ int, v float64) float64 { return v + 1e5 }, far.X)
	for what, e := range map[string]*data.Examples{"plain": groups(4000, 9, 12, 1), "weighted": weighted, "far from zero": far} {
		for _, algorithm := range []string{"auto", "lloyd", "hamerly", "elkan"} {
			settings := func(iterations string) map[string]string {
				return map[string]string{"n_clusters": "9", "tol": "0", "algorithm": algorithm, "max_iter": iterations}
			}
			whole, losses := fitted(t, e, 1, settings("300"))
			if len(losses) < 6 || len(losses) == 300 {
				t.Fatalf("%s, %s: %d iterations", what, algorithm, len(losses))
			}
			part, _ := fitted(t, e, 1, settings("4"))
			if near(part, whole) {
				t.Fatalf("%s, %s: the centres have arrived after 4 iterations", what, algorithm)
			}
			next, rest := goOn(t, part, e, settings("300"))
			if !near(next, whole) {
				t.Errorf("%s, %s: 4 iterations and then the others end elsewhere", what, algorithm)
			}
			if len(rest) != len(losses)-4 {
				t.Errorf("%s, %s: %d iterations after 4, in one training %d", what, algorithm, len(rest), len(losses))
			}
			again, none := goOn(t, whole, e, settings("300"))
			if !near(again, whole) || len(none) > 2 {
				t.Errorf("%s, %s: going on from where the centres had arrived took %d iterations and moved them: %v", what, algorithm, len(none), !near(again, whole))
			}
		}
	}
}

// near reports whether the centres of two models are the same but for rounding, in the same order.
func near(a, b *model) bool {
	return mat.EqualApprox(a.Centers(), b.Centers(), 1e-8)
}
