package main

import (
	"encoding/json"
	"fmt"
	"math"

	"aibms/learners"
	"aibms/learners/data"
)

const (
	pcaComponents  = 8
	maxVarianceGap = 1e-6 // how far an explained variance may be from the peer's, relative to it
)

// pcaFigure is pca on made-up rows: fitting, or projecting.
func pcaFigure(predict bool) Figure {
	return untargeted{
		learner: "pca", settings: map[string]string{"n_components": fmt.Sprint(pcaComponents)}, module: "pca", args: map[string]any{"components": pcaComponents}, outputs: pcaComponents,
		fit: Figure{Name: "fit_pca_syn_1m_28", Least: 0.7, Aim: 1, Size: Size{Rows: 1_000_000, Columns: 28}, Grow: []Size{{Rows: 2_000_000}, {Columns: 56}},
			Ours: fmt.Sprintf("fitting pca with %d components, one thread", pcaComponents),
			Peer: "numpy: the covariance by X'X, and eigh, one thread", Why: "the learner by itself, beside the fastest way there is in numpy"},
		predict: Figure{Name: "predict_pca_syn_1m_28", Least: 1, Size: Size{Rows: 1_000_000, Columns: 28},
			Ours: "projecting the rows of fit_pca_syn_1m_28, one thread", Peer: "numpy: X V less the projected mean, one thread", Why: "how fast many rows are projected"},
		judge: judgePCA,
	}.figure(predict)
}

// judgePCA compares the variances along the components.
func judgePCA(*Bench, *data.Examples) (func(learners.Model, float64) float64, func(json.RawMessage) (float64, error), func() error) {
	var variance, theirs []float64
	ours := func(m learners.Model, _ float64) float64 {
		_, variance, _ = m.(learners.Components).Components()
		return 1
	}
	peer := func(value json.RawMessage) (float64, error) { return 1, json.Unmarshal(value, &theirs) }
	return ours, peer, func() error {
		for a, v := range theirs {
			if !(math.Abs(variance[a]-v) <= maxVarianceGap*v) {
				return fmt.Errorf("component %d explains %.9g, the peer's %.9g", a+1, variance[a], v)
			}
		}
		return nil
	}
}
