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
	"aibms/learners/params"
	"aibms/tests/quality"
)

// onePeer is a learner beside one class of scikit-learn with the same hyper-parameters, both on one thread. What is judged is how well the last number of a prediction tells the classes of
// the test rows, whether the learner has seen classes or not.
type onePeer struct {
	learner string
	task    learners.Task
	peer    string // its name in peers/one_peer.py
	data    string // of the name of the figure
	make    func(Size) (*quality.Split, error)
	size    Size
	grow    []Size
	passes  int // how often the test rows are predicted in a run; 0: fitting is measured

	least, aim float64
	apart      float64 // how far the means of the AUC may be apart
	why        string
}

func (o onePeer) figure() Figure {
	f := Figure{Name: "fit_" + o.learner + "_" + o.data, Unit: "CPU s", Least: o.least, Aim: o.aim, Size: o.size, Grow: o.grow, Why: o.why,
		Ours: "fitting " + o.learner + " with its defaults, one thread", Peer: "scikit-learn's " + o.peer + " with the same hyper-parameters, one thread"}
	if o.passes > 0 {
		f.Name, f.Ours = "predict_"+o.learner+"_"+o.data, fmt.Sprintf("predicting the test rows by %s with its defaults, %d times, one thread", o.learner, o.passes)
	}
	f.Prepare = func(b *Bench, s Size) (*Sides, error) {
		split, err := o.make(s)
		if err != nil {
			return nil, err
		}
		c := &onePeerContest{onePeer: o, b: b, name: f.Name, split: split, file: filepath.Join(b.dir, f.Name+".f64")}
		if err := c.prepare(); err != nil {
			return nil, err
		}
		return &Sides{Ours: c.runOurs, Peer: c.runPeer, Guard: c.guard, Close: c.close}, nil
	}
	return f
}

// isolationForest is the learner on credit_default; what it finds unusual has little to do with the classes, so the AUC differs from seed to seed.
func isolationForest(passes int, least, aim float64, why string) Figure {
	return onePeer{learner: "isolation_forest", task: learners.Anomaly, peer: "IsolationForest", data: "credit", make: credit, size: Size{Rows: 24_087, Columns: 23}, passes: passes,
		least: least, aim: aim, apart: 0.03, why: why}.figure()
}

func naiveBayes(passes int, least, aim float64, why string) Figure {
	return onePeer{learner: "naive_bayes", task: learners.Binary, peer: "GaussianNB", data: "syn_1m_28", make: curved, size: Size{Rows: 1_000_000, Columns: 28},
		grow: []Size{{Rows: 2_000_000}, {Columns: 56}}, passes: passes, least: least, aim: aim, apart: 1e-6, why: why}.figure()
}

// onePeerContest holds the data and both sides of a figure. Each fit of either side has a seed of its own.
type onePeerContest struct {
	onePeer
	b            *Bench
	name, file   string
	split        *quality.Split
	worker       *worker
	seed         uint64
	model        learners.Model
	out          *mat.Dense
	ours, theirs []float64 // AUC of each run
}

func (c *onePeerContest) prepare() error {
	train, test := c.split.Train, c.split.Test
	if err := writeDoubles(c.file, train.X.RawMatrix().Data, test.X.RawMatrix().Data, train.Y, test.Y); err != nil {
		return err
	}
	var err error
	if c.worker, err = c.b.pythonWorker(); err != nil {
		return err
	}
	args := map[string]any{"file": c.file, "rows": len(train.Y), "tests": len(test.Y), "columns": train.X.RawMatrix().Cols, "kind": c.peer, "passes": c.passes}
	for _, action := range []string{"fit", "predict", "judge"} {
		args["action"] = action
		if err := c.worker.prepare(c.b.ctx, c.name+" "+action, "one_peer", args); err != nil {
			return err
		}
	}
	if err := c.fit(); err != nil {
		return err
	}
	outputs := len(train.Classes)
	if sized, ok := c.model.(learners.Sized); ok {
		outputs = sized.Outputs()
	}
	c.out = mat.NewDense(len(test.Y), outputs, nil)
	_, err = c.worker.run(c.b.ctx, c.name+" fit")
	return err
}

// fit fits the learner with its defaults and the next seed.
func (c *onePeerContest) fit() error {
	spec, ok := all.Registry().Lookup(c.learner)
	if !ok {
		return fmt.Errorf("there is no learner %s", c.learner)
	}
	l := spec.New()
	var set params.Set
	l.Declare(&set)
	train := *c.split.Train
	if !c.task.Supervised() {
		train.Y, train.Classes = nil, nil
	}
	c.seed++
	var err error
	c.model, err = l.Fit(c.b.ctx, &train, nil, learners.Env{Task: c.task, Seed: c.seed, Workers: 1})
	return err
}

func (c *onePeerContest) runOurs() (float64, error) {
	begin, err := cpuSeconds()
	if err != nil {
		return 0, err
	}
	if c.passes == 0 {
		err = c.fit()
	}
	for range c.passes {
		if err == nil {
			err = c.model.Predict(c.split.Test.X, c.out)
		}
	}
	end, endErr := cpuSeconds()
	return end - begin, errors.Join(err, endErr)
}

func (c *onePeerContest) runPeer() (float64, error) {
	action := "fit"
	if c.passes > 0 {
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
	_, k := c.out.Dims()
	c.ours, c.theirs = append(c.ours, quality.AUC(mat.Col(nil, k-1, c.out), c.split.Test.Y)), append(c.theirs, auc)
	return t.CPU, nil
}

func (c *onePeerContest) guard() error {
	a, p := mean(c.ours), mean(c.theirs)
	c.b.say("AUC, mean of %d: ours %.4f, the peer's %.4f", len(c.ours), a, p)
	if !(a >= p-c.apart && a <= p+c.apart) {
		return fmt.Errorf("our AUC is %.6f, the peer's %.6f: more than %g apart", a, p, c.apart)
	}
	return nil
}

func (c *onePeerContest) close() error {
	errs := []error{os.Remove(c.file)}
	for _, action := range []string{"fit", "predict", "judge"} {
		errs = append(errs, c.worker.drop(c.b.ctx, c.name+" "+action))
	}
	return errors.Join(errs...)
}
