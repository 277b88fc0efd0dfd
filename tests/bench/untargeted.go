package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/data"
)

// untargeted is a learner without a target beside a Python module, on the same made-up rows and one thread: fitting, or prediction of the same rows.
type untargeted struct {
	learner  string
	settings map[string]string
	module   string         // of peers, with the actions fit and predict
	args     map[string]any // of the module, beside those that say what the rows are
	outputs  int            // numbers of a prediction
	fit      Figure         // what the figures say
	predict  Figure
	alone    bool // one fit of each side says nothing of quality: prediction goes without the guard

	// judge begins the comparison of a figure: it returns what takes a model of ours with the loss of its last iteration, what takes the value of a fit of the peer's, and the guard. The
	// two tell into how many equal pieces the time of a fit is to be divided.
	judge func(b *Bench, e *data.Examples) (ours func(m learners.Model, loss float64) (pieces float64), theirs func(json.RawMessage) (pieces float64, err error), guard func() error)
}

// figure makes the figure of fitting or of prediction.
func (u untargeted) figure(predict bool) Figure {
	f := u.fit
	if predict {
		f = u.predict
	}
	f.Unit = "CPU s"
	f.Prepare = func(b *Bench, s Size) (*Sides, error) {
		e := &data.Examples{X: mat.NewDense(s.Rows, s.Columns, nil), Features: make([]string, s.Columns)}
		for i := range s.Rows {
			point(i, e.X.RawRowView(i))
		}
		file, name := filepath.Join(b.dir, f.Name+".f64"), f.Name
		if err := writeDoubles(file, e.X.RawMatrix().Data); err != nil {
			return nil, err
		}
		w, err := b.pythonWorker()
		if err != nil {
			return nil, err
		}
		for _, action := range []string{"fit", "predict"} {
			args := map[string]any{"file": file, "rows": s.Rows, "columns": s.Columns, "action": action}
			for k, v := range u.args {
				args[k] = v
			}
			if err := w.prepare(b.ctx, name+" "+action, u.module, args); err != nil {
				return nil, err
			}
		}
		ours, theirs, guard := u.judge(b, e)
		var model learners.Model
		var seed uint64
		fit := func() (float64, error) { // each fit of either side has a seed of its own
			seed++
			loss := 0.0
			took, err := cpuOf(func() error {
				l, spec, err := learnerWith(u.learner, u.settings)
				if err != nil {
					return err
				}
				model, err = l.Fit(b.ctx, e, nil, learners.Env{Task: spec.Tasks[0], Seed: seed, Workers: 1, Record: func(it learners.Iteration) { loss = it.Loss }})
				return err
			})
			if err != nil {
				return 0, err
			}
			return took / ours(model, loss), nil
		}
		fitPeer := func() (float64, error) {
			t, err := w.run(b.ctx, name+" fit")
			if err != nil {
				return 0, err
			}
			pieces, err := theirs(t.Value)
			return t.CPU / pieces, err
		}
		sides := &Sides{Ours: fit, Peer: fitPeer, Guard: guard, Close: func() error {
			return errors.Join(w.drop(b.ctx, name+" fit"), w.drop(b.ctx, name+" predict"), os.Remove(file))
		}}
		if !predict {
			return sides, nil
		}
		if _, err := fit(); err != nil {
			return nil, err
		}
		if _, err := fitPeer(); err != nil {
			return nil, err
		}
		if u.alone {
			sides.Guard = nil
		}
		out := mat.NewDense(s.Rows, u.outputs, nil)
		sides.Ours = func() (float64, error) { return cpuOf(func() error { return model.Predict(e.X, out) }) }
		sides.Peer = func() (float64, error) {
			t, err := w.run(b.ctx, name+" predict")
			if err != nil {
				return 0, err
			}
			return t.CPU, nil
		}
		return sides, nil
	}
	return f
}

// cpuOf is the processor time that f takes.
func cpuOf(f func() error) (float64, error) {
	begin, err := cpuSeconds()
	if err != nil {
		return 0, err
	}
	if err := f(); err != nil {
		return 0, err
	}
	end, err := cpuSeconds()
	return end - begin, err
}
