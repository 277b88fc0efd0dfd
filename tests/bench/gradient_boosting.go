package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/data"
	"aibms/tests/quality"
)

// boostingPeers are the libraries that gradient_boosting is held against; the fastest one of each run counts.
var boostingPeers = []string{"lightgbm", "xgboost", "scikit-learn"}

// predictPasses is how often all rows are predicted in a run.
const predictPasses = 10

func fitBoostingCredit() Figure {
	f := fitBoosting("fit_gradient_boosting_credit_default", Size{Rows: 24_087, Columns: 23}, credit)
	f.Why = "the learner by itself, on real data: the 24087 training rows of credit_default"
	return f
}

func fitBoostingSynthetic() Figure {
	f := fitBoosting("fit_gradient_boosting_syn_100k_28", Size{Rows: 100_000, Columns: 28}, curved)
	f.Why, f.Grow = "the same on more rows with all values distinct", []Size{{Rows: 200_000}, {Columns: 56}, {Rows: 1_000_000}}
	return f
}

// fitBoosting is the figure of a fit to the training rows that make gives.
func fitBoosting(name string, size Size, make func(Size) (*quality.Split, error)) Figure {
	return Figure{
		Name: name, Unit: "CPU s", Least: 1, Aim: 1.5, Size: size,
		Ours: "fitting gradient_boosting, 100 trees of 31 leaves, one thread",
		Peer: "the fastest of LightGBM, XGBoost (hist) and scikit-learn's HistGradientBoosting at the same settings, one thread",
		Prepare: func(b *Bench, s Size) (*Sides, error) {
			split, err := make(s)
			if err != nil {
				return nil, err
			}
			c := &boostingContest{b: b, name: name, split: split}
			if err := c.prepare("fit"); err != nil {
				return nil, err
			}
			return &Sides{
				Ours: func() (float64, error) {
					begin, err := cpuSeconds()
					if err != nil {
						return 0, err
					}
					model, err := fit(b, "gradient_boosting", learners.Binary, split.Train)
					if err != nil {
						return 0, err
					}
					end, err := cpuSeconds()
					c.model = model
					return end - begin, err
				},
				Peer:  c.fastest,
				Guard: c.guard,
				Close: c.close,
			}, nil
		},
	}
}

func predictBoostingCredit() Figure {
	const name = "predict_gradient_boosting_credit_default"
	return Figure{
		Name: name, Unit: "CPU s", Least: 2, Aim: 3, Size: Size{Rows: 24_087, Columns: 23},
		Ours: fmt.Sprintf("predicting the rows of fit_gradient_boosting_credit_default, all at once, %d times, one thread", predictPasses),
		Peer: "the fastest of the same libraries",
		Why:  "how fast many rows are predicted",
		Prepare: func(b *Bench, s Size) (*Sides, error) {
			split, err := credit(s)
			if err != nil {
				return nil, err
			}
			c := &boostingContest{b: b, name: name, split: split}
			if c.model, err = fit(b, "gradient_boosting", learners.Binary, split.Train); err != nil {
				return nil, err
			}
			if err := c.prepare("predict"); err != nil {
				return nil, err
			}
			out := mat.NewDense(len(split.Train.Y), 2, nil)
			return &Sides{
				Ours: func() (float64, error) {
					begin, err := cpuSeconds()
					if err != nil {
						return 0, err
					}
					for range predictPasses {
						if err := c.model.Predict(split.Train.X, out); err != nil {
							return 0, err
						}
					}
					end, err := cpuSeconds()
					return end - begin, err
				},
				Peer:  c.fastest,
				Guard: c.guard,
				Close: c.close,
			}, nil
		},
	}
}

// boostingContest holds the data and both sides of a figure.
type boostingContest struct {
	b      *Bench
	name   string
	split  *quality.Split
	worker *worker
	files  []string
	model  learners.Model
	auc    map[string]float64 // of the peers
}

// prepare gives the data to the peers; what is what they are timed at: fit or predict.
func (c *boostingContest) prepare(what string) error {
	var err error
	if c.worker, err = c.b.pythonWorker(); err != nil {
		return err
	}
	c.auc = map[string]float64{}
	args := map[string]any{"what": what, "passes": predictPasses}
	for part, e := range map[string]*data.Examples{"train": c.split.Train, "test": c.split.Test} {
		file := filepath.Join(c.b.dir, c.name+"."+part+".f64")
		if err := writeDoubles(file, e.X.RawMatrix().Data, e.Y); err != nil {
			return err
		}
		c.files = append(c.files, file)
		args[part], args["columns"] = file, e.X.RawMatrix().Cols
	}
	for _, peer := range boostingPeers {
		args["peer"] = peer
		if err := c.worker.prepare(c.b.ctx, c.name+" "+peer, "gradient_boosting", args); err != nil {
			return err
		}
	}
	return nil
}

// fastest runs all peers and returns the least CPU time.
func (c *boostingContest) fastest() (float64, error) {
	least := math.Inf(1)
	text := ""
	for _, peer := range boostingPeers {
		t, err := c.worker.run(c.b.ctx, c.name+" "+peer)
		if err != nil {
			return 0, err
		}
		var auc float64
		if err := json.Unmarshal(t.Value, &auc); err != nil {
			return 0, err
		}
		c.auc[peer] = auc
		least = min(least, t.CPU)
		text += fmt.Sprintf(" %s %.3f", peer, t.CPU)
	}
	c.b.say("CPU s of the peers:%s", text)
	return least, nil
}

// guard compares the AUC on the test rows.
func (c *boostingContest) guard() error {
	test := c.split.Test
	out := mat.NewDense(len(test.Y), 2, nil)
	if err := c.model.Predict(test.X, out); err != nil {
		return err
	}
	ours := quality.AUC(mat.Col(nil, 1, out), test.Y)
	var peers []float64
	for _, v := range c.auc {
		peers = append(peers, v)
	}
	slices.Sort(peers)
	median := peers[len(peers)/2]
	c.b.say("AUC: ours %.4f, the peers' %v", ours, c.auc)
	if !(ours >= median-maxAUCGap) {
		return fmt.Errorf("our AUC is %.4f, the median of the peers %.4f", ours, median)
	}
	return nil
}

func (c *boostingContest) close() error {
	var errs []error
	for _, peer := range boostingPeers {
		errs = append(errs, c.worker.drop(c.b.ctx, c.name+" "+peer))
	}
	for _, file := range c.files {
		errs = append(errs, os.Remove(file))
	}
	return errors.Join(errs...)
}

// credit is credit_default of tests/data, by its fixed split.
func credit(Size) (*quality.Split, error) {
	return quality.LoadCodes(filepath.Join("tests", "data"), "credit_default", "default_next_month", true)
}

// curved makes rows of normal columns n(i, j) (points.go), j from 0, whose binary target depends on the first nine by curves and products; every fifth is a test row.
//
//	f(i) = 0.8 x0 - 0.6 x1 + 0.7 x2 x3 + 0.5 sin(2 x4) + 0.4 (|x5| - 0.8) + 0.5 x6 [x7 > 0] - 0.3 x8^2 + 0.3
//	y(i) = 1 when u(i, 3001) < 1 / (1 + exp(-1.5 f(i))), else 0
func curved(s Size) (*quality.Split, error) {
	if s.Columns < 9 {
		return nil, fmt.Errorf("the target needs 9 columns, got %d", s.Columns)
	}
	tests := (s.Rows + 4) / 5
	split := &quality.Split{}
	for part, n := range map[**data.Examples]int{&split.Train: s.Rows - tests, &split.Test: tests} {
		*part = &data.Examples{X: mat.NewDense(n, s.Columns, nil), Classes: []string{"0", "1"}}
		for j := range s.Columns {
			(*part).Features = append((*part).Features, fmt.Sprintf("x%d", j))
		}
	}
	for i := range s.Rows {
		e := split.Train
		if isTest(i) {
			e = split.Test
		}
		x := e.X.RawRowView(len(e.Y))
		for j := range x {
			x[j] = normal(uint64(i), uint64(j))
		}
		f := 0.8*x[0] - 0.6*x[1] + 0.7*x[2]*x[3] + 0.5*math.Sin(2*x[4]) + 0.4*(math.Abs(x[5])-0.8) - 0.3*x[8]*x[8] + 0.3
		if x[7] > 0 {
			f += 0.5 * x[6]
		}
		y := 0.0
		if uniform(uint64(i), 3001) < 1/(1+math.Exp(-1.5*f)) {
			y = 1
		}
		e.Y = append(e.Y, y)
	}
	return split, nil
}
