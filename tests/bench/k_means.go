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
	meansIterations = 20   // of a run of k-means
	maxInertiaGap   = 0.01 // how far the mean of our inertia may be above the peer's, relative to it
)

// meansFigure is k-means on made-up rows: fitting, or prediction.
func meansFigure(predict bool) Figure {
	f := Figure{
		Name: "fit_k_means_syn_1m_28", Unit: "CPU s", Least: 1.5, Aim: 3, Size: Size{Rows: 1_000_000, Columns: 28}, Grow: []Size{{Rows: 2_000_000}, {Columns: 56}},
		Ours: fmt.Sprintf("an iteration of k_means with 8 clusters, one thread: a run of %d with its start by k-means++, divided by them", meansIterations),
		Peer: "the same of scikit-learn's KMeans, one thread",
		Why:  "the learner by itself",
	}
	if predict {
		f.Name, f.Least, f.Aim, f.Grow = "predict_k_means_syn_1m_28", 1, 0, nil
		f.Ours, f.Peer, f.Why = "predicting the rows of fit_k_means_syn_1m_28, one thread", "the same of scikit-learn's KMeans, one thread", "how fast many rows are predicted"
	}
	f.Prepare = func(b *Bench, s Size) (*Sides, error) {
		x := mat.NewDense(s.Rows, s.Columns, nil)
		e := &data.Examples{X: x, Features: make([]string, s.Columns)}
		for i := range s.Rows {
			point(i, x.RawRowView(i))
		}
		c := &meansContest{b: b, name: f.Name, e: e, file: filepath.Join(b.dir, f.Name+".f64"), predict: predict}
		if err := c.prepare(); err != nil {
			return nil, err
		}
		return &Sides{Ours: c.runOurs, Peer: c.runPeer, Guard: c.guard, Close: c.close}, nil
	}
	return f
}

// meansContest holds the data and both sides of a figure. Each fit of either side has a seed of its own, so that the means of their inertia can be compared.
type meansContest struct {
	b            *Bench
	name, file   string
	e            *data.Examples
	predict      bool
	worker       *worker
	seed         uint64
	model        learners.Model
	out          *mat.Dense
	ours, theirs []float64 // inertia of each run
}

func (c *meansContest) prepare() error {
	n, p := c.e.X.Dims()
	if err := writeDoubles(c.file, c.e.X.RawMatrix().Data); err != nil {
		return err
	}
	var err error
	if c.worker, err = c.b.pythonWorker(); err != nil {
		return err
	}
	for _, action := range []string{"fit", "predict"} {
		args := map[string]any{"file": c.file, "rows": n, "columns": p, "iterations": meansIterations, "action": action}
		if err := c.worker.prepare(c.b.ctx, c.name+" "+action, "k_means", args); err != nil {
			return err
		}
	}
	if !c.predict {
		return nil
	}
	c.out = mat.NewDense(n, 8, nil)
	if err := c.fit(); err != nil {
		return err
	}
	return c.fitPeer(new(float64))
}

func (c *meansContest) fit() error {
	c.seed++
	spec, ok := all.Registry().Lookup("k_means")
	if !ok {
		return errors.New("there is no learner k_means")
	}
	l := spec.New()
	var set params.Set
	l.Declare(&set)
	if err := set.Assign("k_means", []params.Setting{{Name: "max_iter", Value: fmt.Sprint(meansIterations)}, {Name: "tol", Value: "0"}}); err != nil {
		return err
	}
	var err error
	c.model, err = l.Fit(c.b.ctx, c.e, nil, learners.Env{Task: learners.Clustering, Seed: c.seed, Workers: 1})
	return err
}

func (c *meansContest) runOurs() (float64, error) {
	begin, err := cpuSeconds()
	if err != nil {
		return 0, err
	}
	if c.predict {
		err = c.model.Predict(c.e.X, c.out)
	} else {
		err = c.fit()
	}
	end, endErr := cpuSeconds()
	if err := errors.Join(err, endErr); err != nil || c.predict {
		return end - begin, err
	}
	c.ours = append(c.ours, c.inertia())
	return (end - begin) / meansIterations, nil
}

// inertia is that of our model.
func (c *meansContest) inertia() float64 {
	centers := c.model.(learners.Centers).Centers()
	n, _ := c.e.X.Dims()
	k, _ := centers.Dims()
	total := 0.0
	for i := range n {
		least, row := math.Inf(1), c.e.X.RawRowView(i)
		for j := range k {
			d := 0.0
			for t, v := range centers.RawRowView(j) {
				d += (row[t] - v) * (row[t] - v)
			}
			least = min(least, d)
		}
		total += least
	}
	return total
}

func (c *meansContest) runPeer() (float64, error) {
	if c.predict {
		t, err := c.worker.run(c.b.ctx, c.name+" predict")
		return t.CPU, err
	}
	var took float64
	err := c.fitPeer(&took)
	return took, err
}

func (c *meansContest) fitPeer(took *float64) error {
	t, err := c.worker.run(c.b.ctx, c.name+" fit")
	if err != nil {
		return err
	}
	var found [2]float64
	if err := json.Unmarshal(t.Value, &found); err != nil {
		return err
	}
	c.theirs = append(c.theirs, found[0])
	*took = t.CPU / found[1]
	return nil
}

func (c *meansContest) guard() error {
	if c.predict {
		return nil
	}
	a, p := mean(c.ours), mean(c.theirs)
	c.b.say("inertia, mean of %d: ours %.6g, the peer's %.6g", len(c.ours), a, p)
	if !(a <= p*(1+maxInertiaGap)) {
		return fmt.Errorf("our inertia is %.6g, the peer's %.6g: more than %g above it", a, p, maxInertiaGap)
	}
	return nil
}

func (c *meansContest) close() error {
	return errors.Join(c.worker.drop(c.b.ctx, c.name+" fit"), c.worker.drop(c.b.ctx, c.name+" predict"), os.Remove(c.file))
}
