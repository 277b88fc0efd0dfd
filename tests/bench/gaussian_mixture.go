package main

import (
	"encoding/json"
	"fmt"

	"aibms/learners"
	"aibms/learners/data"
)

const (
	mixtureComponents = 8
	mixtureIterations = 5    // of a run of gaussian_mixture
	maxLikelihoodGap  = 0.05 // how far our mean log density may be below the peer's, in the mean of the runs: both end in local maxima
)

// mixtureFigure is gaussian_mixture on made-up rows: fitting, or prediction.
func mixtureFigure(predict bool) Figure {
	return untargeted{
		learner: "gaussian_mixture", settings: map[string]string{"n_components": fmt.Sprint(mixtureComponents), "max_iter": fmt.Sprint(mixtureIterations), "tol": "0"},
		module: "gaussian_mixture", args: map[string]any{"components": mixtureComponents, "iterations": mixtureIterations}, outputs: mixtureComponents,
		fit: Figure{Name: "fit_gaussian_mixture_syn_100k_28", Least: 1.5, Aim: 3, Size: Size{Rows: 100_000, Columns: 28}, Grow: []Size{{Rows: 200_000}, {Columns: 56}},
			Ours: fmt.Sprintf("fitting gaussian_mixture with %d components and full covariances, %d iterations from the clusters of k_means, one thread", mixtureComponents, mixtureIterations),
			Peer: "the same of scikit-learn's GaussianMixture, one thread", Why: "the learner by itself"},
		predict: Figure{Name: "predict_gaussian_mixture_syn_100k_28", Least: 1.5, Size: Size{Rows: 100_000, Columns: 28},
			Ours: "predicting the degrees of the rows of fit_gaussian_mixture_syn_100k_28, one thread", Peer: "the same of scikit-learn's GaussianMixture, one thread", Why: "how fast many rows are predicted"},
		judge: judgeMixture,
	}.figure(predict)
}

// judgeMixture compares the mean log densities of the last iterations.
func judgeMixture(b *Bench, _ *data.Examples) (func(learners.Model, float64) float64, func(json.RawMessage) (float64, error), func() error) {
	var likelihoods, theirs []float64
	ours := func(_ learners.Model, loss float64) float64 {
		likelihoods = append(likelihoods, -loss)
		return 1
	}
	peer := func(value json.RawMessage) (float64, error) {
		var found [2]float64
		if err := json.Unmarshal(value, &found); err != nil {
			return 0, err
		}
		if found[1] != mixtureIterations {
			return 0, fmt.Errorf("the peer ended after %g iterations, not %d", found[1], mixtureIterations)
		}
		theirs = append(theirs, found[0])
		return 1, nil
	}
	return ours, peer, func() error {
		a, p := mean(likelihoods), mean(theirs)
		b.say("mean log density, mean of %d: ours %.4f, the peer's %.4f", len(theirs), a, p)
		if !(a >= p-maxLikelihoodGap) {
			return fmt.Errorf("our mean log density is %.4f, the peer's %.4f: more than %g below it", a, p, maxLikelihoodGap)
		}
		return nil
	}
}
