// Package predictor holds what PREDICT needs of a trained version: the feature columns it reads, the fitted pipeline, the model and the
// classes. A Predictor is what an artifact stores; equal training gives equal bytes.
package predictor

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/artifact"
	"aibms/learners/data"
	"aibms/learners/feature"
	"aibms/learners/metric"
	"aibms/learners/params"
)

// Column is a column of the source that the features are computed from, in the declared order: the order of PREDICT's arguments.
type Column struct {
	Name    string        `json:"name"`
	Class   feature.Class `json:"class"`
	SQLType string        `json:"sql_type"` // as SHOW CREATE TABLE prints it
}

// Predictor is immutable and safe for concurrent use.
type Predictor struct {
	Learner  string
	Task     learners.Task
	Target   Column // zero without a target
	More     []More // the targets after the first, of a regression of several
	Columns  []Column
	Classes  []string         // K classes in order; nil for regression and without a target
	Positive int              // code of the positive class of a binary task
	Settings []params.Setting // all hyper-parameters; their Source is not kept
	Seed     uint64
	Baseline metric.Baseline // what a constant would predict, by the training rows
	Pipeline *feature.Pipeline
	Model    learners.Model
}

// More is one more target, and what a constant would predict for it.
type More struct {
	Target   Column
	Baseline metric.Baseline
}

// Targets are all columns that are predicted, in the order of what the model gives; nil without a target.
func (p *Predictor) Targets() []Column {
	if !p.Task.Supervised() {
		return nil
	}
	out := []Column{p.Target}
	for _, m := range p.More {
		out = append(out, m.Target)
	}
	return out
}

// Baselines are those of Targets.
func (p *Predictor) Baselines() []metric.Baseline {
	out := []metric.Baseline{p.Baseline}
	for _, m := range p.More {
		out = append(out, m.Baseline)
	}
	return out
}

// header is the section "header": everything but numbers, as JSON with a fixed order of keys.
type header struct {
	Learner      string        `json:"learner"`
	StateVersion int           `json:"state_version"`
	Task         learners.Task `json:"task"`
	Target       Column        `json:"target"`
	Columns      []Column      `json:"columns"`
	Classes      []string      `json:"classes,omitempty"`
	Positive     int           `json:"positive"`
	Settings     []setting     `json:"settings"`
	Seed         uint64        `json:"seed"`
	Baseline     baseline      `json:"baseline"`
	More         []more        `json:"more_targets,omitempty"`
}

// more is More in JSON.
type more struct {
	Target   Column   `json:"target"`
	Baseline baseline `json:"baseline"`
}

// setting is a hyper-parameter with its value. Where the value came from is no part of an artifact: a default that the user writes out changes nothing.
type setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// baseline is metric.Baseline in JSON, which has no NaN: what does not exist is left out.
type baseline struct {
	Shares []float64 `json:"shares,omitempty"`
	Mean   *float64  `json:"mean,omitempty"`
	Median *float64  `json:"median,omitempty"`
}

func saveBaseline(b metric.Baseline) baseline {
	number := func(v float64) *float64 {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
		return &v
	}
	return baseline{b.Shares, number(b.Mean), number(b.Median)}
}

func (b baseline) load() metric.Baseline {
	number := func(v *float64) float64 {
		if v == nil {
			return math.NaN()
		}
		return *v
	}
	return metric.Baseline{Shares: b.Shares, Mean: number(b.Mean), Median: number(b.Median)}
}

// Encode returns the artifact's bytes.
func (p *Predictor) Encode(registry *learners.Registry) ([]byte, error) {
	spec, ok := registry.Lookup(p.Learner)
	if !ok {
		return nil, fmt.Errorf("unknown learner %s", p.Learner)
	}
	settings := make([]setting, len(p.Settings))
	for i, x := range p.Settings {
		settings[i] = setting{x.Name, x.Value}
	}
	var targets []more
	for _, m := range p.More {
		targets = append(targets, more{m.Target, saveBaseline(m.Baseline)})
	}
	h, err := json.Marshal(header{p.Learner, spec.StateVersion, p.Task, p.Target, p.Columns, p.Classes, p.Positive, settings, p.Seed, saveBaseline(p.Baseline), targets})
	if err != nil {
		return nil, err
	}
	w := artifact.NewWriter()
	w.Bytes("header", h)
	p.Pipeline.Save(w.Within("pipeline"))
	if err := p.Model.Save(w.Within("model")); err != nil {
		return nil, err
	}
	return w.Encode(), nil
}

// Decode reads an artifact back. Errors wrap artifact.ErrCorrupt or artifact.ErrNewer where the bytes are to blame.
func Decode(registry *learners.Registry, b []byte) (*Predictor, error) {
	r, err := artifact.Decode(b)
	if err != nil {
		return nil, err
	}
	raw, err := r.Bytes("header")
	if err != nil {
		return nil, err
	}
	var h header
	if err := json.Unmarshal(raw, &h); err != nil {
		return nil, fmt.Errorf("%w: header: %v", artifact.ErrCorrupt, err)
	}
	spec, ok := registry.Lookup(h.Learner)
	if !ok {
		return nil, fmt.Errorf("%w: learner %q is unknown here", artifact.ErrNewer, h.Learner)
	}
	if h.StateVersion < 1 || h.StateVersion > spec.StateVersion {
		return nil, fmt.Errorf("%w: state version %d of learner %s, this server reads up to %d", artifact.ErrNewer, h.StateVersion, h.Learner, spec.StateVersion)
	}
	if !spec.Supports(h.Task) || h.Task.Classification() != (len(h.Classes) >= 2) || h.Task.Supervised() != (h.Target.Name != "") || h.Positive < 0 || h.Positive >= max(1, len(h.Classes)) ||
		h.Baseline.Shares != nil && len(h.Baseline.Shares) != len(h.Classes) || len(h.More) > 0 && (h.Task != learners.Regression || !spec.Traits.Targets) {
		return nil, fmt.Errorf("%w: header does not fit its task", artifact.ErrCorrupt)
	}
	p := &Predictor{Learner: h.Learner, Task: h.Task, Target: h.Target, Columns: h.Columns, Classes: h.Classes, Positive: h.Positive, Seed: h.Seed,
		Baseline: h.Baseline.load()}
	for _, m := range h.More {
		if m.Target.Name == "" || m.Baseline.Shares != nil {
			return nil, fmt.Errorf("%w: header does not fit its task", artifact.ErrCorrupt)
		}
		p.More = append(p.More, More{m.Target, m.Baseline.load()})
	}
	for _, x := range h.Settings {
		p.Settings = append(p.Settings, params.Setting{Name: x.Name, Value: x.Value})
	}
	if p.Pipeline, err = feature.Load(r.Within("pipeline")); err != nil {
		return nil, err
	}
	if p.Model, err = spec.Load(h.StateVersion, r.Within("model")); err != nil {
		return nil, err
	}
	if !h.Task.Supervised() {
		if err := fits(h.Task, p.Model); err != nil {
			return nil, fmt.Errorf("%w: %v", artifact.ErrCorrupt, err)
		}
	}
	// a pipeline and a model that do not belong together would fail at every prediction: find out now
	if n := len(p.Pipeline.Features()); n > 0 {
		if err := p.Model.Predict(mat.NewDense(1, n, nil), mat.NewDense(1, p.Outputs(), nil)); err != nil {
			return nil, fmt.Errorf("%w: model does not fit its pipeline: %v", artifact.ErrCorrupt, err)
		}
	}
	return p, nil
}

// fits is an error when a model lacks what one of a task without a target has.
func fits(task learners.Task, m learners.Model) error {
	sized, ok := m.(learners.Sized)
	if !ok || sized.Outputs() < 1 {
		return fmt.Errorf("the model of a %s does not say how many numbers a prediction has", task)
	}
	if _, decides := m.(learners.Classifier); task == learners.Anomaly && (!decides || sized.Outputs() != 1) {
		return fmt.Errorf("the model of a %s has no rule by which a row is unusual", task)
	}
	return nil
}

// Outputs is how many numbers the model gives for a row.
func (p *Predictor) Outputs() int {
	switch {
	case p.Task.Classification():
		return len(p.Classes)
	case p.Task == learners.Regression:
		return 1 + len(p.More)
	}
	return p.Model.(learners.Sized).Outputs()
}

// SQLType is the SQL type of a prediction: of the target, BIGINT for the number of a cluster, BOOLEAN for whether a row is unusual, JSON for a projection and for several
// targets.
func (p *Predictor) SQLType() string {
	switch p.Task {
	case learners.Clustering:
		return "bigint"
	case learners.Anomaly:
		return "tinyint(1)"
	case learners.Projection:
		return "json"
	}
	if p.More != nil {
		return "json"
	}
	return p.Target.SQLType
}

// Scores are the predictions of n rows.
type Scores struct {
	Missing []bool     // the row has a NULL feature that nothing imputes: its prediction is NULL
	Proba   *mat.Dense // n x K: probabilities of classes, or degrees of belonging to clusters; else nil
	Class   []int32    // n codes of classes or clusters, or 1 for an unusual row, else 0; nil for regression and projection
	Value   []float64  // n values for regression, or scores of anomalies; else nil
	Values  *mat.Dense // n x t values for a regression of several targets, in the place of Value; else nil
	Reduced *mat.Dense // n x d for projection, else nil
}

// Predict predicts the rows of ds (nil rows: all). threshold, when not nil, decides a binary class by the probability of the positive one, and an anomaly by its score;
// without it the model's own rule decides (learners.Classifier), or the largest probability.
func (p *Predictor) Predict(ctx context.Context, ds *data.Dataset, rows []int32, threshold *float64) (*Scores, error) {
	x, missing, err := p.Pipeline.Transform(ctx, ds, rows)
	if err != nil {
		return nil, err
	}
	return p.Score(ctx, x, missing, threshold, nil)
}

// Score predicts rows that the pipeline has already transformed. It sets the features of missing rows to 0. It returns the context's error within some tens of milliseconds of ctx ending, whatever a
// row costs, and tells how many rows are done now and then; told may be nil.
func (p *Predictor) Score(ctx context.Context, x *mat.Dense, missing []bool, threshold *float64, told func(done int)) (*Scores, error) {
	n := len(missing)
	s := &Scores{Missing: missing}
	if n == 0 {
		return s, nil
	}
	for i, m := range missing {
		if m {
			row := x.RawRowView(i)
			for j := range row {
				row[j] = 0
			}
		}
	}
	out := mat.NewDense(n, p.Outputs(), nil)
	if p.Task.Decides() {
		s.Class = make([]int32, n)
	}
	err := inBlocks(ctx, n, told, func(lo, hi int) error {
		x, out := x.Slice(lo, hi, 0, x.RawMatrix().Cols).(*mat.Dense), out.Slice(lo, hi, 0, p.Outputs()).(*mat.Dense)
		if err := p.Model.Predict(x, out); err != nil || s.Class == nil {
			return err
		}
		return p.Decide(x, out, threshold, s.Class[lo:hi])
	})
	if err != nil {
		return nil, err
	}
	switch p.Task {
	case learners.Regression:
		if p.More != nil {
			s.Values = out
		} else {
			s.Value = out.RawMatrix().Data
		}
	case learners.Projection:
		s.Reduced = out
	case learners.Anomaly:
		s.Value = out.RawMatrix().Data
	default:
		s.Proba = out
	}
	return s, nil
}

// blockTime is about how long a block of rows takes.
const blockTime = 40 * time.Millisecond

// inBlocks calls f for ranges of n rows, one after the other. Their sizes follow the time that rows take, and decide nothing: what a row is given does not depend on the rows beside it.
func inBlocks(ctx context.Context, n int, told func(done int), f func(lo, hi int) error) error {
	size := 1
	for lo, hi := 0, 0; lo < n; lo = hi {
		if err := ctx.Err(); err != nil {
			return err
		}
		hi = min(n, lo+size)
		began := time.Now()
		if err := f(lo, hi); err != nil {
			return err
		}
		switch took := time.Since(began); {
		case took < blockTime/2:
			size *= 2
		case took > 2*blockTime:
			size = max(1, size/2)
		}
		if told != nil {
			told(hi)
		}
	}
	return nil
}

// Decide fills classes with the predicted classes or clusters of the rows of x, or 1 for those that are unusual, else 0; what the model gives for the rows is in
// proba. It decides by the threshold, by the model's own rule, or by the largest probability.
func (p *Predictor) Decide(x, proba *mat.Dense, threshold *float64, classes []int32) error {
	if threshold != nil && p.Task == learners.Anomaly {
		for i := range classes {
			classes[i] = 0
			if proba.At(i, 0) >= *threshold {
				classes[i] = 1
			}
		}
		return nil
	}
	if threshold != nil && p.Task == learners.Binary {
		for i := range classes {
			classes[i] = int32(1 - p.Positive)
			if proba.At(i, p.Positive) >= *threshold {
				classes[i] = int32(p.Positive)
			}
		}
		return nil
	}
	if c, ok := learners.As[learners.Classifier](p.Model); ok {
		return c.Classify(x, classes)
	}
	for i := range classes {
		classes[i] = int32(argmax(proba.RawRowView(i)))
	}
	return nil
}

func argmax(v []float64) int {
	best, at := math.Inf(-1), 0
	for i, x := range v {
		if x > best {
			best, at = x, i
		}
	}
	return at
}
