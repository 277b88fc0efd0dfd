package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/all"
	"aibms/learners/params"
	"aibms/tests/quality"
)

// networkEpochs is how often both sides of a figure of neural_network see the training rows.
const networkEpochs = 20

// networkFigure is neural_network, layers of 64 and 32 units, on a data set.
type networkFigure struct {
	name, set, target string
	size              Size
	task              learners.Task
	predict           bool    // prediction of the test rows, passes times; else fitting
	passes            int     // so that a run is long enough to be measured
	worse             float64 // how far the mean of our AUC (more classes: of minus the log loss) may be below the peer's
}

func networks() []Figure {
	var figures []Figure
	for _, n := range []networkFigure{
		{name: "neural_network_credit_default", set: "credit_default", target: "default_next_month", size: Size{Rows: 24_087, Columns: 23}, task: learners.Binary, worse: 0.002},
		{name: "neural_network_credit_default", set: "credit_default", target: "default_next_month", size: Size{Rows: 24_087, Columns: 23}, task: learners.Binary, predict: true, passes: 100, worse: 0.005},
		{name: "neural_network_digits", set: "digits", target: "digit", size: Size{Rows: 1_452, Columns: 64}, task: learners.Multiclass, worse: 0.05},
	} {
		figures = append(figures, n.figure())
	}
	return figures
}

func (n networkFigure) figure() Figure {
	f := Figure{
		Name: "fit_" + n.name, Unit: "CPU s", Least: 1.5, Aim: 4, Size: n.size,
		Ours: fmt.Sprintf("fitting neural_network, layers of 64 and 32 units, %d epochs, one thread", networkEpochs),
		Peer: "scikit-learn's MLPClassifier at the same settings, one thread",
		Why:  fmt.Sprintf("the learner by itself, on real data: the %d training rows of %s", n.size.Rows, n.set),
	}
	if n.predict {
		f.Name, f.Aim = "predict_"+n.name, 0
		f.Ours, f.Why = fmt.Sprintf("predicting the test rows %d times by the same network, one thread", n.passes), "the same for prediction in blocks"
	}
	f.Prepare = func(b *Bench, _ Size) (*Sides, error) {
		split, err := quality.Load(filepath.Join("tests", "data"), n.set, n.target, true)
		if err != nil {
			return nil, err
		}
		c := &networkContest{networkFigure: n, b: b, figure: f.Name, split: split, file: filepath.Join(b.dir, f.Name+".f64")}
		if err := c.prepare(); err != nil {
			return nil, err
		}
		return &Sides{Ours: c.runOurs, Peer: c.runPeer, Guard: c.guard, Close: c.close}, nil
	}
	return f
}

// networkContest holds the data and both sides of a figure. Each fit of either side has a seed of its own.
type networkContest struct {
	networkFigure
	b            *Bench
	figure, file string
	split        *quality.Split
	worker       *worker
	seed         uint64
	model        learners.Model
	out          *mat.Dense
	ours, theirs []float64 // how good each run was
}

func (c *networkContest) prepare() error {
	train, test := c.split.Train, c.split.Test
	c.out = mat.NewDense(len(test.Y), len(test.Classes), nil)
	if err := writeDoubles(c.file, train.X.RawMatrix().Data, test.X.RawMatrix().Data, train.Y, test.Y); err != nil {
		return err
	}
	var err error
	if c.worker, err = c.b.pythonWorker(); err != nil {
		return err
	}
	args := map[string]any{"file": c.file, "rows": len(train.Y), "tests": len(test.Y), "columns": train.X.RawMatrix().Cols, "epochs": networkEpochs, "passes": c.passes}
	for _, action := range []string{"fit", "predict", "judge"} {
		args["action"] = action
		if err := c.worker.prepare(c.b.ctx, c.figure+" "+action, "neural_network", args); err != nil {
			return err
		}
	}
	if !c.predict {
		return nil
	}
	if err := c.fit(); err != nil {
		return err
	}
	_, err = c.worker.run(c.b.ctx, c.figure+" fit")
	return err
}

func (c *networkContest) fit() error {
	spec, ok := all.Registry().Lookup("neural_network")
	if !ok {
		return errors.New("there is no learner neural_network")
	}
	l := spec.New()
	var set params.Set
	l.Declare(&set)
	given := []params.Setting{{Name: "hidden_layers", Value: "64,32"}, {Name: "epochs", Value: strconv.Itoa(networkEpochs)}, {Name: "patience", Value: "0"}}
	if err := set.Assign(spec.Name, given); err != nil {
		return err
	}
	c.seed++
	var err error
	c.model, err = l.Fit(c.b.ctx, c.split.Train, nil, learners.Env{Task: c.task, Seed: c.seed, Workers: 1})
	return err
}

func (c *networkContest) runOurs() (float64, error) {
	begin, err := cpuSeconds()
	if err != nil {
		return 0, err
	}
	if !c.predict {
		err = c.fit()
	}
	for range c.passes {
		if c.predict && err == nil {
			err = c.model.Predict(c.split.Test.X, c.out)
		}
	}
	end, endErr := cpuSeconds()
	return end - begin, errors.Join(err, endErr)
}

func (c *networkContest) runPeer() (float64, error) {
	action := "fit"
	if c.predict {
		action = "predict"
	}
	t, err := c.worker.run(c.b.ctx, c.figure+" "+action)
	if err != nil {
		return 0, err
	}
	judged, err := c.worker.run(c.b.ctx, c.figure+" judge")
	if err != nil {
		return 0, err
	}
	var theirs float64
	if err := json.Unmarshal(judged.Value, &theirs); err != nil {
		return 0, err
	}
	if err := c.model.Predict(c.split.Test.X, c.out); err != nil {
		return 0, err
	}
	c.ours, c.theirs = append(c.ours, c.judge()), append(c.theirs, theirs)
	return t.CPU, nil
}

// judge is the AUC of the last predictions, with more than two classes minus their log loss.
func (c *networkContest) judge() float64 {
	if c.task == learners.Binary {
		return quality.AUC(mat.Col(nil, 1, c.out), c.split.Test.Y)
	}
	sum := 0.0
	for i, y := range c.split.Test.Y {
		sum += math.Log(c.out.At(i, int(y)))
	}
	return sum / float64(len(c.split.Test.Y))
}

func (c *networkContest) guard() error {
	a, p := mean(c.ours), mean(c.theirs)
	c.b.say("AUC or minus the log loss, mean of %d: ours %.4f, the peer's %.4f", len(c.ours), a, p)
	if !(a >= p-c.worse) {
		return fmt.Errorf("ours reaches %.4f, the peer %.4f: more than %g below it", a, p, c.worse)
	}
	return nil
}

func (c *networkContest) close() error {
	errs := []error{os.Remove(c.file)}
	for _, action := range []string{"fit", "predict", "judge"} {
		errs = append(errs, c.worker.drop(c.b.ctx, c.figure+" "+action))
	}
	return errors.Join(errs...)
}
