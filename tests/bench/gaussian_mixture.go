package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/all"
	"aibms/learners/data"
	"aibms/learners/params"
)

const (
	mixtureComponents = 8
	mixtureIterations = 5    // of a run of gaussian_mixture
	maxLikelihoodGap  = 0.05 // how far our mean log density may be below the peer's, in the mean of the runs: both end in local maxima
)

// mixtureFigure is gaussian_mixture on made-up rows: fitting, or prediction.
func mixtureFigure(predict bool) Figure {
	f := Figure{
		Name: "fit_gaussian_mixture_syn_100k_28", Unit: "CPU s", Least: 1.5, Aim: 3, Size: Size{Rows: 100_000, Columns: 28}, Grow: []Size{{Rows: 200_000}, {Columns: 56}},
		Ours: fmt.Sprintf("fitting gaussian_mixture with %d components and full covariances, %d iterations from the clusters of k_means, one thread", mixtureComponents, mixtureIterations),
		Peer: "the same of scikit-learn's GaussianMixture, one thread",
		Why:  "the learner by itself",
	}
	if predict {
		f.Name, f.Aim, f.Grow = "predict_gaussian_mixture_syn_100k_28", 0, nil
		f.Ours, f.Peer, f.Why = "predicting the degrees of the rows of fit_gaussian_mixture_syn_100k_28, one thread", "the same of scikit-learn's GaussianMixture, one thread", "how fast many rows are predicted"
	}
	f.Prepare = func(b *Bench, s Size) (*Sides, error) {
		x := mat.NewDense(s.Rows, s.Columns, nil)
		e := &data.Examples{X: x, Features: make([]string, s.Columns)}
		for i := range s.Rows {
			point(i, x.RawRowView(i))
		}
		file, name := filepath.Join(b.dir, f.Name+".f64"), f.Name
		if err := writeDoubles(file, x.RawMatrix().Data); err != nil {
			return nil, err
		}
		w, err := b.pythonWorker()
		if err != nil {
			return nil, err
		}
		for _, action := range []string{"fit", "predict"} {
			args := map[string]any{"file": file, "rows": s.Rows, "columns": s.Columns, "components": mixtureComponents, "iterations": mixtureIterations, "action": action}
			if err := w.prepare(b.ctx, name+" "+action, "gaussian_mixture", args); err != nil {
				return nil, err
			}
		}
		var model learners.Model
		var seed uint64
		var likelihoods, theirs []float64
		ours := func() error {
			seed++
			var likelihood float64
			model, likelihood, err = fitMixture(b, e, seed)
			likelihoods = append(likelihoods, likelihood)
			return err
		}
		peer := func() (float64, error) {
			t, err := w.run(b.ctx, name+" fit")
			if err != nil {
				return 0, err
			}
			var found [2]float64
			if err := json.Unmarshal(t.Value, &found); err != nil {
				return 0, err
			}
			if found[1] != mixtureIterations {
				return 0, fmt.Errorf("the peer ended after %g iterations, not %d", found[1], mixtureIterations)
			}
			theirs = append(theirs, found[0])
			return t.CPU, nil
		}
		if predict {
			if err := ours(); err != nil {
				return nil, err
			}
			if _, err := peer(); err != nil {
				return nil, err
			}
			out := mat.NewDense(s.Rows, mixtureComponents, nil)
			ours = func() error { return model.Predict(x, out) }
			peer = func() (float64, error) {
				t, err := w.run(b.ctx, name+" predict")
				return t.CPU, err
			}
		}
		return &Sides{
			Ours: func() (float64, error) {
				begin, err := cpuSeconds()
				if err != nil {
					return 0, err
				}
				if err := ours(); err != nil {
					return 0, err
				}
				end, err := cpuSeconds()
				return end - begin, err
			},
			Peer: peer,
			Guard: func() error {
				a, p := mean(likelihoods), mean(theirs)
				b.say("mean log density, mean of %d: ours %.4f, the peer's %.4f", len(theirs), a, p)
				if !(a >= p-maxLikelihoodGap) {
					return fmt.Errorf("our mean log density is %.4f, the peer's %.4f: more than %g below it", a, p, maxLikelihoodGap)
				}
				return nil
			},
			Close: func() error {
				return errors.Join(w.drop(b.ctx, name+" fit"), w.drop(b.ctx, name+" predict"), os.Remove(file))
			},
		}, nil
	}
	return f
}

// fitMixture returns a model and the mean log density of the last iteration.
func fitMixture(b *Bench, e *data.Examples, seed uint64) (learners.Model, float64, error) {
	spec, ok := all.Registry().Lookup("gaussian_mixture")
	if !ok {
		return nil, 0, errors.New("there is no learner gaussian_mixture")
	}
	l := spec.New()
	var set params.Set
	l.Declare(&set)
	given := []params.Setting{{Name: "n_components", Value: fmt.Sprint(mixtureComponents)}, {Name: "max_iter", Value: fmt.Sprint(mixtureIterations)}, {Name: "tol", Value: "0"}}
	if err := set.Assign("gaussian_mixture", given); err != nil {
		return nil, 0, err
	}
	likelihood := 0.0
	m, err := l.Fit(b.ctx, e, nil, learners.Env{Task: learners.Clustering, Seed: seed, Workers: 1, Record: func(it learners.Iteration) { likelihood = -it.Loss }})
	return m, likelihood, err
}
