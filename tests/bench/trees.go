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
	"aibms/tests/quality"
)

// treeFigure is a learner of trees on a data set.
type treeFigure struct {
	learner    string
	synthetic  bool // the rows of curved; else credit
	predict    bool // prediction of the test rows, predictPasses times; else fitting
	least, aim float64
	worse      float64 // how far the mean of our AUC may be below the peer's
}

func trees(t treeFigure) Figure {
	f := Figure{
		Name: "fit_" + t.learner, Unit: "CPU s", Least: t.least, Aim: t.aim, Size: Size{Rows: 24_087, Columns: 23},
		Ours: "fitting " + t.learner + " with its defaults, one thread",
		Peer: "scikit-learn's with the same hyper-parameters, one thread",
		Why:  "the learner by itself, on real data: the 24087 training rows of credit_default",
	}
	if t.predict {
		f.Name, f.Ours = "predict_"+t.learner, fmt.Sprintf("predicting the test rows %d times by a %s with its defaults, one thread", predictPasses, t.learner)
		f.Why = "the same for prediction in blocks"
	}
	make := credit
	if f.Name += "_credit_default"; t.synthetic {
		make = curved
		f.Name = "fit_" + t.learner + "_syn_100k_28"
		f.Size, f.Grow = Size{Rows: 100_000, Columns: 28}, []Size{{Rows: 200_000}, {Columns: 56}}
		f.Why = "the same on more rows with all values distinct"
	}
	f.Prepare = func(b *Bench, s Size) (*Sides, error) {
		split, err := make(s)
		if err != nil {
			return nil, err
		}
		c := &treeContest{treeFigure: t, b: b, name: f.Name, split: split, file: filepath.Join(b.dir, f.Name+".f64")}
		if err := c.prepare(); err != nil {
			return nil, err
		}
		return &Sides{Ours: c.runOurs, Peer: c.runPeer, Guard: c.guard, Close: c.close}, nil
	}
	return f
}

// treeContest holds the data and both sides of a figure. Each fit of either side has a seed of its own, so that the means of their AUC can be compared.
type treeContest struct {
	treeFigure
	b            *Bench
	name, file   string
	split        *quality.Split
	worker       *worker
	seed         uint64
	model        learners.Model
	out          *mat.Dense
	ours, theirs []float64 // AUC of each run
}

func (c *treeContest) prepare() error {
	train, test := c.split.Train, c.split.Test
	c.out = mat.NewDense(len(test.Y), 2, nil)
	if err := writeDoubles(c.file, train.X.RawMatrix().Data, test.X.RawMatrix().Data, train.Y, test.Y); err != nil {
		return err
	}
	var err error
	if c.worker, err = c.b.pythonWorker(); err != nil {
		return err
	}
	args := map[string]any{"file": c.file, "rows": len(train.Y), "tests": len(test.Y), "columns": train.X.RawMatrix().Cols, "learner": c.learner, "passes": predictPasses}
	for _, action := range []string{"fit", "predict", "judge"} {
		args["action"] = action
		if err := c.worker.prepare(c.b.ctx, c.name+" "+action, "trees", args); err != nil {
			return err
		}
	}
	if !c.predict {
		return nil
	}
	if err := c.fit(); err != nil {
		return err
	}
	_, err = c.worker.run(c.b.ctx, c.name+" fit")
	return err
}

func (c *treeContest) fit() error {
	c.seed++
	var err error
	c.model, err = fitSeed(c.b, c.learner, c.split.Train, c.seed)
	return err
}

func (c *treeContest) runOurs() (float64, error) {
	begin, err := cpuSeconds()
	if err != nil {
		return 0, err
	}
	if !c.predict {
		err = c.fit()
	}
	for range predictPasses {
		if c.predict && err == nil {
			err = c.model.Predict(c.split.Test.X, c.out)
		}
	}
	end, endErr := cpuSeconds()
	return end - begin, errors.Join(err, endErr)
}

func (c *treeContest) runPeer() (float64, error) {
	action := "fit"
	if c.predict {
		action = "predict"
	}
	t, err := c.worker.run(c.b.ctx, c.name+" "+action)
	if err != nil {
		return 0, err
	}
	judged, err := c.worker.run(c.b.ctx, c.name+" judge")
	if err != nil {
		return 0, err
	}
	var auc float64
	if err := json.Unmarshal(judged.Value, &auc); err != nil {
		return 0, err
	}
	if err := c.model.Predict(c.split.Test.X, c.out); err != nil {
		return 0, err
	}
	c.ours, c.theirs = append(c.ours, quality.AUC(mat.Col(nil, 1, c.out), c.split.Test.Y)), append(c.theirs, auc)
	return t.CPU, nil
}

func (c *treeContest) guard() error {
	a, p := mean(c.ours), mean(c.theirs)
	c.b.say("AUC, mean of %d: ours %.4f, the peer's %.4f", len(c.ours), a, p)
	if !(a >= p-c.worse) {
		return fmt.Errorf("our AUC is %.4f, the peer's %.4f: more than %g below it", a, p, c.worse)
	}
	return nil
}

func (c *treeContest) close() error {
	errs := []error{os.Remove(c.file)}
	for _, action := range []string{"fit", "predict", "judge"} {
		errs = append(errs, c.worker.drop(c.b.ctx, c.name+" "+action))
	}
	return errors.Join(errs...)
}

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

// fitSeed trains a classifier with its defaults and a seed on one thread.
func fitSeed(b *Bench, learner string, train *data.Examples, seed uint64) (learners.Model, error) {
	spec, ok := all.Registry().Lookup(learner)
	if !ok {
		return nil, fmt.Errorf("there is no learner %s", learner)
	}
	l := spec.New()
	var set params.Set
	l.Declare(&set)
	if err := set.Assign(learner, nil); err != nil {
		return nil, err
	}
	return l.Fit(b.ctx, train, nil, learners.Env{Task: learners.Binary, Seed: seed, Workers: 1})
}
