package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/all"
	"aibms/learners/data"
	"aibms/learners/params"
	"aibms/tests/quality"
)

// contest is a learner beside classes of Python libraries at equal settings, both on one thread.
type contest struct {
	learner  string
	settings map[string]string // where they are not the defaults
	ours     string            // says what the settings are, in a few words
	peers    []string          // their names in peers/learners.py; the fastest of them counts, and their middle is what ours must be as good as
	theirs   string            // says who they are
	data     dataSet
	what     timed

	passes     int // timed prediction: how often the test rows, and, one at a time, how many of them
	least, aim float64
	worse      float64                                // how far the mean of our quality may be below theirs
	objective  func(e *data.Examples, l line) float64 // of a convex learner: ours may be maxObjectiveGap above theirs; nil: not compared
}

// timed is what is timed of a contest.
type timed int

const (
	fitting timed = iota
	predicting
	predictingOne // row by row, as an application asks
)

// figure makes a figure of a contest.
func (c contest) figure() Figure {
	f := Figure{Unit: "CPU s", Least: c.least, Aim: c.aim, Size: c.data.size, Grow: c.data.grow, Needs: c.data.needs, Peer: c.theirs + ", one thread"}
	ours := c.learner + " " + c.ours
	switch c.what {
	case fitting:
		f.Name, f.Ours, f.Why = "fit_"+c.learner, "fitting "+ours+", one thread", "the learner by itself, on "+c.data.words
	case predicting:
		f.Name, f.Ours, f.Why = "predict_"+c.learner, fmt.Sprintf("predicting the test rows by %s, %d times, one thread", ours, c.passes), "many rows at once, of "+c.data.words
	default:
		f.Name, f.Unit = "predict_one_"+c.learner, "us"
		f.Ours, f.Why = "predicting a row by "+ours+", in process", "one row at a time, of "+c.data.words
		f.Peer = c.theirs + ", a call from Python"
	}
	f.Name += "_" + c.data.name
	f.Prepare = func(b *Bench, s Size) (*Sides, error) {
		split, err := c.data.load(s)
		if err != nil {
			return nil, err
		}
		m := &match{contest: c, b: b, name: f.Name, split: split, file: filepath.Join(b.dir, f.Name+".f64"), theirs: map[string][]float64{}, lines: map[string]*line{}}
		if err := m.prepare(); err != nil {
			return nil, errors.Join(err, m.close())
		}
		return &Sides{Ours: m.runOurs, Peer: m.runPeers, Guard: m.guard, Close: m.close}, nil
	}
	return f
}

// match is a contest that is held. Each fit of either side has a seed of its own, so that means of quality can be compared.
type match struct {
	contest
	b          *Bench
	name, file string
	split      *quality.Split
	worker     *worker
	closures   []string
	seed       uint64
	model      learners.Model
	out        *mat.Dense
	ours       []float64            // quality of each run
	theirs     map[string][]float64 // of each run of each peer
	line       *line
	lines      map[string]*line
}

func (m *match) prepare() error {
	train, test := m.split.Train, m.split.Test
	if err := writeDoubles(m.file, train.X.RawMatrix().Data, test.X.RawMatrix().Data, targets(train), targets(test)); err != nil {
		return err
	}
	var err error
	if m.worker, err = m.b.pythonWorker(); err != nil {
		return err
	}
	args := map[string]any{"file": m.file, "rows": len(train.Y), "tests": len(test.Y), "columns": train.X.RawMatrix().Cols, "targets": train.Outputs(), "passes": m.passes}
	for _, peer := range m.peers {
		for _, action := range []string{"fit", "predict", "predict_one", "judge"} {
			args["peer"], args["action"], args["name"] = peer, action, m.name+" "+peer
			name := m.closure(peer, action)
			if err := m.worker.prepare(m.b.ctx, name, "learners", args); err != nil {
				return err
			}
			m.closures = append(m.closures, name)
		}
	}
	if err := m.fit(); err != nil {
		return err
	}
	outputs := max(train.Outputs(), len(train.Classes))
	if sized, ok := m.model.(learners.Sized); ok {
		outputs = sized.Outputs()
	}
	m.out = mat.NewDense(len(test.Y), outputs, nil)
	for _, peer := range m.peers {
		if _, err := m.worker.run(m.b.ctx, m.closure(peer, "fit")); err != nil {
			return err
		}
	}
	return nil
}

func (m *match) closure(peer, action string) string { return m.name + " " + peer + " " + action }

// targets are the numbers to predict, all of a row together.
func targets(e *data.Examples) []float64 {
	out := make([]float64, 0, len(e.Y)*e.Outputs())
	for i := range e.Y {
		for k := range e.Outputs() {
			out = append(out, e.Target(k)[i])
		}
	}
	return out
}

// fit fits the learner with the next seed.
func (m *match) fit() error {
	m.seed++
	var err error
	m.model, err = fitWith(m.b, m.learner, m.settings, m.split.Train, m.seed, 1)
	return err
}

func (m *match) runOurs() (float64, error) {
	begin, err := cpuSeconds()
	if err != nil {
		return 0, err
	}
	unit := 1.0
	switch m.what {
	case fitting:
		err = m.fit()
	case predicting:
		for range m.passes {
			err = errors.Join(err, m.model.Predict(m.split.Test.X, m.out))
		}
	default:
		n, p := m.split.Test.X.Dims()
		_, k := m.out.Dims()
		rows := 100 * m.passes // ours is over in no time
		for i := range rows {
			at := i % n
			err = errors.Join(err, m.model.Predict(m.split.Test.X.Slice(at, at+1, 0, p).(*mat.Dense), m.out.Slice(at, at+1, 0, k).(*mat.Dense)))
		}
		unit = 1e6 / float64(rows)
	}
	end, endErr := cpuSeconds()
	if err := errors.Join(err, endErr); err != nil {
		return 0, err
	}
	took := (end - begin) * unit
	if err := m.model.Predict(m.split.Test.X, m.out); err != nil {
		return 0, err
	}
	m.ours = append(m.ours, judge(m.out, m.split.Test))
	if l, ok := m.model.(learners.Coefficients); ok && m.objective != nil {
		weights, intercepts := l.Coefficients()
		m.line = &line{mat.Row(nil, 0, weights), intercepts[0]}
	}
	return took, nil
}

// runPeers runs all peers and returns the time of the fastest.
func (m *match) runPeers() (float64, error) {
	action, unit := [...]string{"fit", "predict", "predict_one"}[m.what], 1.0
	if m.what == predictingOne {
		unit = 1e6 / float64(m.passes)
	}
	least, text := math.Inf(1), ""
	for _, peer := range m.peers {
		t, err := m.worker.run(m.b.ctx, m.closure(peer, action))
		if err != nil {
			return 0, err
		}
		judged, err := m.worker.run(m.b.ctx, m.closure(peer, "judge"))
		if err != nil {
			return 0, err
		}
		var verdict struct {
			Quality float64
			Line    *line
		}
		if err := json.Unmarshal(judged.Value, &verdict); err != nil {
			return 0, err
		}
		m.theirs[peer], m.lines[peer] = append(m.theirs[peer], verdict.Quality), verdict.Line
		least = min(least, t.CPU*unit)
		text += fmt.Sprintf(" %s %.4g", peer, t.CPU*unit)
	}
	if len(m.peers) > 1 {
		m.b.say("the peers:%s", text)
	}
	return least, nil
}

// judge is the quality of predictions: of two classes or without a target the AUC of the last number, of more classes minus the log loss, of numbers R2, of several targets its mean.
func judge(out *mat.Dense, test *data.Examples) float64 {
	_, k := out.Dims()
	switch {
	case len(test.Classes) == 2:
		return quality.AUC(mat.Col(nil, k-1, out), test.Y)
	case len(test.Classes) > 2:
		sum := 0.0
		for i, y := range test.Y {
			sum += math.Log(out.At(i, int(y)))
		}
		return sum / float64(len(test.Y))
	}
	r2 := 0.0
	for k := range test.Outputs() {
		centre, off, all := mean(test.Target(k)), 0.0, 0.0
		for i, y := range test.Target(k) {
			off += (y - out.At(i, k)) * (y - out.At(i, k))
			all += (y - centre) * (y - centre)
		}
		r2 += (1 - off/all) / float64(test.Outputs())
	}
	return r2
}

func (m *match) guard() error {
	var means []float64
	text := ""
	for _, peer := range m.peers {
		means = append(means, mean(m.theirs[peer]))
		text += fmt.Sprintf(" %s %.4f", peer, means[len(means)-1])
	}
	slices.Sort(means)
	ours, middle := mean(m.ours), means[len(means)/2]
	m.b.say("AUC, R2 or minus the log loss, mean of %d: ours %.4f,%s", len(m.ours), ours, text)
	if !(ours >= middle-m.worse) {
		return fmt.Errorf("ours reaches %.4f, the peers%s: more than %g below", ours, text, m.worse)
	}
	if m.objective == nil || m.what != fitting {
		return nil
	}
	a, best := m.objective(m.split.Train, *m.line), math.Inf(1)
	for _, l := range m.lines {
		best = min(best, m.objective(m.split.Train, *l))
	}
	m.b.say("objective: ours %.9g, the peer's %.9g", a, best)
	if !(a-best <= maxObjectiveGap*best) {
		return fmt.Errorf("our objective is %.9g, the peer's %.9g: more than %g above it", a, best, maxObjectiveGap)
	}
	return nil
}

func (m *match) close() error {
	errs := []error{os.Remove(m.file)}
	for _, name := range m.closures {
		errs = append(errs, m.worker.drop(m.b.ctx, name))
	}
	return errors.Join(errs...)
}

// threads is a learner on two threads beside itself on one, by the clock.
type threads struct {
	learner    string
	settings   map[string]string
	ours       string
	data       dataSet
	least, aim float64
}

func (t threads) figure() Figure {
	return Figure{
		Name: "fit_" + t.learner + "_" + t.data.name + "_two_threads", Unit: "s", Least: t.least, Aim: t.aim, Size: t.data.size,
		Ours: "fitting " + t.learner + " " + t.ours + ", two threads", Peer: "itself, one thread", Why: "what the second processor gives, on " + t.data.words,
		Prepare: func(b *Bench, s Size) (*Sides, error) {
			split, err := t.data.load(s)
			if err != nil {
				return nil, err
			}
			run := func(workers int) (float64, error) {
				begin := time.Now()
				_, err := fitWith(b, t.learner, t.settings, split.Train, 1, workers)
				return time.Since(begin).Seconds(), err
			}
			return &Sides{Ours: func() (float64, error) { return run(2) }, Peer: func() (float64, error) { return run(1) }}, nil
		},
	}
}

// learnerWith is a learner with the given settings in place of its defaults.
func learnerWith(name string, settings map[string]string) (learners.Learner, *learners.Spec, error) {
	spec, ok := all.Registry().Lookup(name)
	if !ok {
		return nil, nil, fmt.Errorf("there is no learner %s", name)
	}
	var given []params.Setting
	for setting, value := range settings {
		given = append(given, params.Setting{Name: setting, Value: value})
	}
	l, err := spec.With(given)
	return l, spec, err
}

// fitWith fits a learner with the given settings in place of its defaults.
func fitWith(b *Bench, learner string, settings map[string]string, e *data.Examples, seed uint64, workers int) (learners.Model, error) {
	l, spec, err := learnerWith(learner, settings)
	if err != nil {
		return nil, err
	}
	train, task := *e, learners.Regression
	switch {
	case !slices.ContainsFunc(spec.Tasks, learners.Task.Supervised):
		train.Y, train.Classes, task = nil, nil, spec.Tasks[0]
	case len(e.Classes) == 2:
		task = learners.Binary
	case len(e.Classes) > 2:
		task = learners.Multiclass
	}
	return l.Fit(b.ctx, &train, nil, learners.Env{Task: task, Seed: seed, Workers: workers,
		Warn: func(format string, args ...any) { b.say("%s: "+format, append([]any{learner}, args...)...) }})
}

// fit trains a learner with its defaults on one thread.
func fit(b *Bench, learner string, train *data.Examples) (learners.Model, error) {
	return fitWith(b, learner, nil, train, 1, 1)
}

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

// settingsWords says settings that are not the defaults.
func settingsWords(settings map[string]string) string {
	if len(settings) == 0 {
		return "with its defaults"
	}
	var words []string
	for name, value := range settings {
		words = append(words, name+" = "+value)
	}
	slices.Sort(words)
	return "with " + strings.Join(words, ", ")
}
