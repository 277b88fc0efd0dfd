package learnertest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/data"
)

// sample makes n rows of p features, the same for the same arguments. Its target depends on the first features by a noisy linear rule, so that every learner can find
// something. Every class occurs when n is at least the number of classes.
//
// For a task without a target there is something to find too, and hidden says of each row what it is.
func sample(task learners.Task, n, p int, seed uint64) *data.Examples {
	e := &data.Examples{X: mat.NewDense(n, p, nil)}
	for j := range p {
		e.Features = append(e.Features, fmt.Sprintf("x%d", j))
	}
	rng := rand.New(rand.NewPCG(seed, 1))
	if !task.Supervised() {
		for i := range n {
			row := e.X.RawRowView(i)
			for j := range row {
				row[j] = unsupervised(task, i, j, rng)
				if j%3 == 2 {
					row[j] = math.Round(row[j])
				}
			}
		}
		return e
	}
	withTarget(task, e, rng, false)
	return e
}

// hidden is what a row of a sample without a target is: its group 0, 1 or 2 of a clustering, 1 for an unusual one, its place on the line of a projection.
func hidden(task learners.Task, i int) float64 {
	switch task {
	case learners.Clustering:
		return float64(i % 3)
	case learners.Anomaly:
		if i%16 == 7 {
			return 1
		}
		return 0
	}
	return 2 * math.Sin(float64(i)*1.7)
}

// unsupervised draws feature j of row i.
func unsupervised(task learners.Task, i, j int, rng *rand.Rand) float64 {
	noise, h := rng.NormFloat64(), hidden(task, i)
	switch task {
	case learners.Clustering: // groups around points whose coordinates are -4, 0 and 4
		return 4*float64((int(h)+j)%3-1) + 0.6*noise
	case learners.Anomaly: // far out on a side of its own
		if h == 1 {
			return float64(2*rng.IntN(2)-1) * (5 + math.Abs(noise))
		}
		return noise
	}
	return 2*h*float64(1-j%2*2) + 0.5*noise
}

// sampleWithCategories is a sample whose second feature is a code of six categories that say as much as any other feature. One row in twenty has none.
func sampleWithCategories(task learners.Task, n, p int, seed uint64) *data.Examples {
	e := sample(task, n, p, seed)
	e.Categories = make([]int, p)
	e.Categories[1] = 6
	rng := rand.New(rand.NewPCG(seed, 1))
	if task.Supervised() {
		withTarget(task, e, rng, true)
	} else {
		mapColumn(e, 1, func(i int, v float64) float64 { return code(task, i, rng) })
	}
	mapColumn(e, 1, func(i int, v float64) float64 {
		if rng.IntN(20) == 0 {
			return math.NaN()
		}
		return v
	})
	return e
}

// code draws the category of row i without a target.
func code(task learners.Task, i int, rng *rand.Rand) float64 {
	v, h := rng.IntN(2), hidden(task, i)
	switch {
	case task == learners.Clustering:
		return float64(2*int(h) + v)
	case task == learners.Anomaly && h == 1:
		return 5
	case task == learners.Projection && h > 0:
		return float64(3 + v)
	}
	return float64(v)
}

// effect is what a category adds to the score of a row.
var effect = []float64{-1.5, 1.2, 0.3, -0.6, 1.8, -1}

// withTarget fills in the features, the target and the classes.
func withTarget(task learners.Task, e *data.Examples, rng *rand.Rand, categories bool) {
	n, p := e.X.Dims()
	e.Y = make([]float64, n)
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
			if categories && j == 1 {
				v = float64(rng.IntN(6))
				score += effect[int(v)]
			} else if j < 4 {
				score += v * float64(1+j%3) * 0.6
			}
			e.X.Set(i, j, v)
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
}

// clone copies e deeply.
func clone(e *data.Examples) *data.Examples {
	c := &data.Examples{X: mat.DenseCopyOf(e.X), Features: slices.Clone(e.Features), Categories: slices.Clone(e.Categories), Y: slices.Clone(e.Y), Classes: slices.Clone(e.Classes),
		Weights: slices.Clone(e.Weights)}
	for _, y := range e.Targets {
		c.Targets = append(c.Targets, slices.Clone(y))
	}
	return c
}

// rowsOf takes the given rows, in that order, repeated as often as they are named.
func rowsOf(e *data.Examples, rows []int) *data.Examples {
	_, p := e.Dims()
	c := &data.Examples{X: mat.NewDense(len(rows), p, nil), Features: e.Features, Categories: e.Categories, Classes: e.Classes}
	for _, y := range e.Targets {
		of := make([]float64, len(rows))
		for k, i := range rows {
			of[k] = y[i]
		}
		c.Targets = append(c.Targets, of)
	}
	for k, i := range rows {
		c.X.SetRow(k, e.X.RawRowView(i))
		if e.Y != nil {
			c.Y = append(c.Y, e.Y[i])
		}
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
