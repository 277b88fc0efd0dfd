package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/all"
	"aibms/learners/data"
	"aibms/learners/params"
)

const (
	pcaComponents  = 8
	maxVarianceGap = 1e-6 // how far an explained variance may be from the peer's, relative to it
)

// pcaFigure is pca on made-up rows: fitting, or projecting.
func pcaFigure(predict bool) Figure {
	f := Figure{
		Name: "fit_pca_syn_1m_28", Unit: "CPU s", Least: 0.7, Aim: 1, Size: Size{Rows: 1_000_000, Columns: 28}, Grow: []Size{{Rows: 2_000_000}, {Columns: 56}},
		Ours: fmt.Sprintf("fitting pca with %d components, one thread", pcaComponents),
		Peer: "numpy: the covariance by X'X, and eigh, one thread",
		Why:  "the learner by itself, beside the fastest way there is in numpy",
	}
	if predict {
		f.Name, f.Least, f.Aim, f.Grow = "predict_pca_syn_1m_28", 1, 0, nil
		f.Ours, f.Peer, f.Why = "projecting the rows of fit_pca_syn_1m_28, one thread", "numpy: X V less the projected mean, one thread", "how fast many rows are projected"
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
			args := map[string]any{"file": file, "rows": s.Rows, "columns": s.Columns, "components": pcaComponents, "action": action}
			if err := w.prepare(b.ctx, name+" "+action, "pca", args); err != nil {
				return nil, err
			}
		}
		var model learners.Model
		var theirs []float64
		ours := func() (err error) {
			model, err = fitPCA(b, e)
			return err
		}
		peer := func() (float64, error) {
			t, err := w.run(b.ctx, name+" fit")
			if err != nil {
				return 0, err
			}
			return t.CPU, json.Unmarshal(t.Value, &theirs)
		}
		out := new(mat.Dense)
		if predict {
			out = mat.NewDense(s.Rows, pcaComponents, nil)
			if err := ours(); err != nil {
				return nil, err
			}
			if _, err := peer(); err != nil {
				return nil, err
			}
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
				_, variance, _ := model.(learners.Components).Components()
				for a, v := range theirs {
					if !(math.Abs(variance[a]-v) <= maxVarianceGap*v) {
						return fmt.Errorf("component %d explains %.9g, the peer's %.9g", a+1, variance[a], v)
					}
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

func fitPCA(b *Bench, e *data.Examples) (learners.Model, error) {
	spec, ok := all.Registry().Lookup("pca")
	if !ok {
		return nil, errors.New("there is no learner pca")
	}
	l := spec.New()
	var set params.Set
	l.Declare(&set)
	if err := set.Assign("pca", []params.Setting{{Name: "n_components", Value: fmt.Sprint(pcaComponents)}}); err != nil {
		return nil, err
	}
	return l.Fit(b.ctx, e, nil, learners.Env{Task: learners.Projection, Seed: 1, Workers: 1})
}
