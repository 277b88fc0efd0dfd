package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/tests/quality"
)

// svmFigure is the learner svm with its defaults on a data set.
type svmFigure struct {
	set, target   string
	rows, columns int
	predict       bool // prediction of the test rows; else fitting
	folds         int  // of calibration, as LIBSVM's 5 with probabilities; 0: decisions alone
	least, aim    float64
}

func svmFigures() []Figure {
	shop := svmFigure{set: "online_shoppers", target: "Revenue", rows: 9_988, columns: 28}
	credit := svmFigure{set: "credit_default", target: "default_next_month", rows: 24_087, columns: 23}
	var out []Figure
	for _, f := range []svmFigure{shop, credit} {
		f.least, f.aim = 1.5, 4
		out = append(out, f.figure())
		if f.set == shop.set {
			f.folds = 5
			out = append(out, f.figure())
			f.folds = 0
		}
		f.predict, f.least, f.aim = true, 4, 8
		out = append(out, f.figure())
	}
	return out
}

func (t svmFigure) figure() Figure {
	f := Figure{
		Name: "fit_svm_" + t.set, Unit: "CPU s", Least: t.least, Aim: t.aim, Size: Size{Rows: t.rows, Columns: t.columns},
		Ours: "fitting svm (kernel rbf) with its defaults but for calibration_folds = 0, one thread",
		Peer: "LIBSVM (scikit-learn's SVC) with the same settings, one thread",
		Why:  fmt.Sprintf("the learner by itself, on real data: the training rows of %s, standardised", t.set),
	}
	if t.folds > 0 {
		f.Name = "fit_svm_probabilities_" + t.set
		f.Ours = "fitting svm (kernel rbf) with its defaults, so with calibration by 5 folds, one thread"
		f.Peer = "LIBSVM (scikit-learn's SVC) with probability=True, one thread"
		f.Why = "the same with probabilities"
	}
	if t.predict {
		f.Name = "predict_svm_" + t.set
		f.Ours = "the decided classes of the test rows by svm (kernel rbf) with its defaults, one thread"
		f.Peer = "SVC.predict on the same rows, one thread"
		f.Why = "the same for prediction in blocks"
	}
	f.Prepare = func(b *Bench, s Size) (*Sides, error) {
		split, err := quality.Load(filepath.Join("tests", "data"), t.set, t.target, true)
		if err != nil {
			return nil, err
		}
		c := &svmContest{svmFigure: t, b: b, name: f.Name, split: split, file: filepath.Join(b.dir, f.Name+".f64")}
		if err := c.prepare(); err != nil {
			return nil, err
		}
		return &Sides{Ours: c.runOurs, Peer: c.runPeer, Guard: c.guard, Close: c.close}, nil
	}
	return f
}

// svmContest holds the data and both sides of a figure.
type svmContest struct {
	svmFigure
	b          *Bench
	name, file string
	split      *quality.Split
	worker     *worker
	model      learners.Model
	codes      []int32
}

func (c *svmContest) prepare() error {
	train, test := c.split.Train, c.split.Test
	c.codes = make([]int32, len(test.Y))
	if err := writeDoubles(c.file, train.X.RawMatrix().Data, test.X.RawMatrix().Data, train.Y, test.Y); err != nil {
		return err
	}
	var err error
	if c.worker, err = c.b.pythonWorker(); err != nil {
		return err
	}
	args := map[string]any{"file": c.file, "rows": len(train.Y), "tests": len(test.Y), "columns": train.X.RawMatrix().Cols, "probability": c.folds > 0}
	for _, action := range []string{"fit", "predict", "judge"} {
		args["action"] = action
		if err := c.worker.prepare(c.b.ctx, c.name+" "+action, "svm", args); err != nil {
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

func (c *svmContest) fit() error {
	l, _, err := learnerWith("svm", map[string]string{"calibration_folds": strconv.Itoa(c.folds)})
	if err != nil {
		return err
	}
	c.model, err = l.Fit(c.b.ctx, c.split.Train, nil, learners.Env{Task: learners.Binary, Seed: 1, Workers: 1})
	return err
}

func (c *svmContest) runOurs() (float64, error) {
	begin, err := cpuSeconds()
	if err != nil {
		return 0, err
	}
	if c.predict {
		err = c.model.(learners.Classifier).Classify(c.split.Test.X, c.codes)
	} else {
		err = c.fit()
	}
	end, endErr := cpuSeconds()
	return end - begin, errors.Join(err, endErr)
}

func (c *svmContest) runPeer() (float64, error) {
	action := "fit"
	if c.predict {
		action = "predict"
	}
	t, err := c.worker.run(c.b.ctx, c.name+" "+action)
	if err != nil {
		return 0, err
	}
	return t.CPU, nil
}

// guard compares the last models: equal decisions but for a few rows, and equal order.
func (c *svmContest) guard() error {
	judged, err := c.worker.run(c.b.ctx, c.name+" judge")
	if err != nil {
		return err
	}
	var theirs struct{ Accuracy, AUC float64 }
	if err := json.Unmarshal(judged.Value, &theirs); err != nil {
		return err
	}
	test := c.split.Test
	out := mat.NewDense(len(test.Y), 2, nil)
	if err := errors.Join(c.model.Predict(test.X, out), c.model.(learners.Classifier).Classify(test.X, c.codes)); err != nil {
		return err
	}
	accuracy, auc := 0.0, quality.AUC(mat.Col(nil, 1, out), test.Y)
	for i, y := range test.Y {
		if float64(c.codes[i]) == y {
			accuracy += 1 / float64(len(test.Y))
		}
	}
	c.b.say("accuracy and AUC: ours %.4f and %.4f, the peer's %.4f and %.4f", accuracy, auc, theirs.Accuracy, theirs.AUC)
	if !(accuracy >= theirs.Accuracy-0.003 && auc >= theirs.AUC-0.002) {
		return fmt.Errorf("our accuracy and AUC are %.4f and %.4f, the peer's %.4f and %.4f", accuracy, auc, theirs.Accuracy, theirs.AUC)
	}
	return nil
}

func (c *svmContest) close() error {
	errs := []error{os.Remove(c.file)}
	for _, action := range []string{"fit", "predict", "judge"} {
		errs = append(errs, c.worker.drop(c.b.ctx, c.name+" "+action))
	}
	return errors.Join(errs...)
}
