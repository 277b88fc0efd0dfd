package main

import (
	"encoding/json"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/data"
)

const (
	meansClusters   = 8
	meansIterations = 20   // of a run of k-means
	maxInertiaGap   = 0.01 // how far the mean of our inertia may be above the peer's, relative to it
)

// meansFigure is k-means on made-up rows: fitting, or prediction.
func meansFigure(predict bool) Figure {
	return untargeted{
		learner: "k_means", settings: map[string]string{"n_clusters": fmt.Sprint(meansClusters), "max_iter": fmt.Sprint(meansIterations), "tol": "0"},
		module: "k_means", args: map[string]any{"iterations": meansIterations}, outputs: meansClusters,
		fit: Figure{Name: "fit_k_means_syn_1m_28", Least: 1.5, Aim: 3, Size: Size{Rows: 1_000_000, Columns: 28}, Grow: []Size{{Rows: 2_000_000}, {Columns: 56}},
			Ours: fmt.Sprintf("an iteration of k_means with %d clusters, one thread: a run of %d with its start by k-means++, divided by them", meansClusters, meansIterations),
			Peer: "the same of scikit-learn's KMeans, one thread", Why: "the learner by itself"},
		predict: Figure{Name: "predict_k_means_syn_1m_28", Least: 1, Size: Size{Rows: 1_000_000, Columns: 28},
			Ours: "predicting the rows of fit_k_means_syn_1m_28, one thread", Peer: "the same of scikit-learn's KMeans, one thread", Why: "how fast many rows are predicted"},
		alone: true, judge: judgeMeans,
	}.figure(predict)
}

// judgeMeans compares the means of the inertia.
func judgeMeans(b *Bench, e *data.Examples) (func(learners.Model, float64) float64, func(json.RawMessage) (float64, error), func() error) {
	var inertias, theirs []float64
	ours := func(m learners.Model, _ float64) float64 {
		inertias = append(inertias, inertia(e.X, m.(learners.Centers).Centers()))
		return meansIterations
	}
	peer := func(value json.RawMessage) (float64, error) {
		var found [2]float64
		if err := json.Unmarshal(value, &found); err != nil {
			return 0, err
		}
		theirs = append(theirs, found[0])
		return found[1], nil
	}
	return ours, peer, func() error {
		a, p := mean(inertias), mean(theirs)
		b.say("inertia, mean of %d: ours %.6g, the peer's %.6g", len(inertias), a, p)
		if !(a <= p*(1+maxInertiaGap)) {
			return fmt.Errorf("our inertia is %.6g, the peer's %.6g: more than %g above it", a, p, maxInertiaGap)
		}
		return nil
	}
}

// inertia is the sum of the squared distances of the rows to the nearest centre.
func inertia(x, centers *mat.Dense) float64 {
	n, _ := x.Dims()
	k, _ := centers.Dims()
	total := 0.0
	for i := range n {
		least, row := math.Inf(1), x.RawRowView(i)
		for j := range k {
			d := 0.0
			for t, v := range centers.RawRowView(j) {
				d += (row[t] - v) * (row[t] - v)
			}
			least = min(least, d)
		}
		total += least
	}
	return total
}
