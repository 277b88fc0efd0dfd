package learnertest

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/data"
)

// sample makes n rows of p features, the same for the same arguments. Its target depends on the first features by a noisy linear rule, so that every learner can find
// something. Every class occurs when n is at least the number of classes.
func sample(task learners.Task, n, p int, seed uint64) *data.Examples {
	rng := rand.New(rand.NewPCG(seed, 1))
	e := &data.Examples{X: mat.NewDense(n, p, nil), Y: make([]float64, n)}
	for j := range p {
		e.Features = append(e.Features, fmt.Sprintf("x%d", j))
	}
	switch task {
	case learners.Binary:
		e.Classes = []string{"no", "yes"}
	case learners.Multiclass:
		e.Classes = []string{"high", "low", "middle"}
	}
	for i := range n {
		score := 0.5 * rng.NormFloat64()
		for j := range p {
			v := rng.NormFloat64()
			if j%3 == 2 { // some features are counts, many of them zero
				v = float64(max(0, rng.IntN(5)-2))
			}
			e.X.Set(i, j, v)
			if j < 4 {
				score += v * float64(1+j%3) * 0.6
			}
		}
		switch {
		case task == learners.Regression:
			e.Y[i] = 10 + 3*score
		case i < len(e.Classes):
			e.Y[i] = float64(i)
		case task == learners.Binary:
			if score > 0.3 {
				e.Y[i] = 1
			}
		case score > 1:
			e.Y[i] = 0
		case score > -0.5:
			e.Y[i] = 2
		default:
			e.Y[i] = 1
		}
	}
	return e
}

// clone copies e deeply.
func clone(e *data.Examples) *data.Examples {
	c := &data.Examples{X: mat.DenseCopyOf(e.X), Features: slices.Clone(e.Features), Y: slices.Clone(e.Y), Classes: slices.Clone(e.Classes), Weights: slices.Clone(e.Weights)}
	return c
}

// rowsOf takes the given rows, in that order, repeated as often as they are named.
func rowsOf(e *data.Examples, rows []int) *data.Examples {
	_, p := e.Dims()
	c := &data.Examples{X: mat.NewDense(len(rows), p, nil), Features: e.Features, Classes: e.Classes}
	for k, i := range rows {
		c.X.SetRow(k, e.X.RawRowView(i))
		c.Y = append(c.Y, e.Y[i])
		if e.Weights != nil {
			c.Weights = append(c.Weights, e.Weights[i])
		}
	}
	return c
}

// mapColumn replaces the numbers of column j.
func mapColumn(e *data.Examples, j int, f func(i int, v float64) float64) {
	n, _ := e.Dims()
	for i := range n {
		e.X.Set(i, j, f(i, e.X.At(i, j)))
	}
}
