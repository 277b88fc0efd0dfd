package ensemble

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/artifact"
)

// autoModel is the candidate that won, and the leaderboard.
type autoModel struct {
	*parts // of one
	metric string
	board  []learners.Candidate
}

// Predict implements learners.Model.
func (m *autoModel) Predict(x, out *mat.Dense) error {
	if err := checkShape(x, out, m.features, m.outputs); err != nil {
		return err
	}
	return m.each(x, func(_, lo int, _, given *mat.Dense) error {
		rows, columns := given.Dims()
		out.Slice(lo, lo+rows, 0, columns).(*mat.Dense).Copy(given)
		return nil
	})
}

// Leaderboard implements learners.Leaderboard.
func (m *autoModel) Leaderboard() (metric string, candidates []learners.Candidate) {
	return m.metric, slices.Clone(m.board)
}

// ofTask is the model as that of a clustering, when the chosen one is.
func (m *autoModel) ofTask() learners.Model {
	if _, ok := m.list[0].model.(learners.Sized); ok {
		return clusters{m}
	}
	return m
}

// clusters is an autoModel of a clustering: how many clusters there are, the chosen model says.
type clusters struct{ *autoModel }

// Outputs implements learners.Sized.
func (c clusters) Outputs() int { return c.outputs }

// Abilities implements learners.Delegate: what the chosen model can do, in the features as they were before they were prepared for it.
func (m *autoModel) Abilities() []any {
	chosen := m.list[0]
	var list []any
	if a, ok := chosen.model.(learners.Importances); ok {
		list = append(list, weighing{m, a})
	}
	if a, ok := chosen.model.(learners.OutOfBag); ok {
		list = append(list, scored{a})
	}
	if a, ok := chosen.model.(learners.Trees); ok && chosen.needs&(standardised|expanded) == 0 {
		list = append(list, grown{a})
	}
	if _, ok := chosen.model.(learners.Classifier); ok {
		list = append(list, classifying{m})
	}
	if a, ok := chosen.model.(learners.Centers); ok {
		list = append(list, grouped{a})
	}
	if a, ok := chosen.model.(learners.Coefficients); ok {
		list = append(list, rescaled{m, a})
		if chosen.needs&expanded != 0 {
			list = append(list, spread{m})
		}
	}
	return list
}

// weighing, grouped, scored and grown pass one ability on, and no other.
type (
	weighing struct {
		m    *autoModel
		from learners.Importances
	}
	grouped struct{ from learners.Centers }
	scored  struct{ from learners.OutOfBag }
	grown   struct{ from learners.Trees }
)

// Importances implements learners.Importances: a feature of categories has that of its columns together.
func (w weighing) Importances() []float64 {
	shares := w.from.Importances()
	if w.m.list[0].needs&expanded == 0 {
		return shares
	}
	out := make([]float64, w.m.features)
	for k, of := range w.m.preparation.columns() {
		out[of.feature] += shares[k]
	}
	return out
}

// Centers implements learners.Centers.
func (g grouped) Centers() *mat.Dense { return g.from.Centers() }

// OutOfBag implements learners.OutOfBag.
func (s scored) OutOfBag() (metric string, score float64, rows int) { return s.from.OutOfBag() }

// EachNode implements learners.Trees.
func (g grown) EachNode(f func(learners.TreeNode) bool) { g.from.EachNode(f) }

// classifying decides by the rule of the chosen model.
type classifying struct{ m *autoModel }

// Classify implements learners.Classifier.
func (c classifying) Classify(x *mat.Dense, classes []int32) error {
	if x == nil {
		return fmt.Errorf("there are no rows")
	}
	if n, _ := x.Dims(); n != len(classes) {
		return fmt.Errorf("%d rows, and places for %d classes", n, len(classes))
	}
	return c.m.each(x, func(_, lo int, seen, given *mat.Dense) error {
		n, _ := given.Dims()
		return decide(c.m.list[0].model, seen, given, classes[lo:lo+n])
	})
}

// rescaled are the coefficients of a linear model in the units of the features.
type rescaled struct {
	m    *autoModel
	from learners.Coefficients
}

// Coefficients implements learners.Coefficients: of b + w (x - mean) / deviation the coefficient is w / deviation, and the intercept b - w mean / deviation.
func (r rescaled) Coefficients() (weights *mat.Dense, intercepts []float64) {
	weights, intercepts = r.from.Coefficients()
	chosen, s := r.m.list[0], r.m.preparation
	if chosen.needs&standardised == 0 {
		return weights, intercepts
	}
	first := func(j int) int { return j }
	if chosen.needs&expanded != 0 {
		first = func(j int) int { return s.first[j] }
	}
	for j, scale := range s.scales {
		if s.places[j] != nil {
			continue
		}
		for k := range intercepts {
			w := 0.0 // of one that does not vary
			if scale.Deviation > 0 {
				w = weights.At(k, first(j)) / scale.Deviation
			}
			weights.Set(k, first(j), w)
			intercepts[k] -= w * scale.Mean
		}
	}
	return weights, intercepts
}

// spread says what the coefficients belong to where categories have columns of their own.
type spread struct{ m *autoModel }

// Columns implements learners.Columns.
func (s spread) Columns() []learners.Column {
	out := make([]learners.Column, 0, s.m.preparation.width(expanded))
	for _, of := range s.m.preparation.columns() {
		out = append(out, learners.Column{Feature: of.feature, Category: of.code})
	}
	return out
}

// statuses of candidates, in the order of their numbers in a saved state.
var statuses = []string{learners.Ranked, learners.Failed, learners.OutOfTime, learners.NotTried}

// Save writes the chosen model under chosen (parts.save), and
//
//	metric     texts     the name of the metric
//	numbers    int64     of each candidate, in the order of the leaderboard: its place in the list
//	learners   texts     of each: its name
//	settings   texts     of each
//	statuses   int64     of each: 0 ranked, 1 failed, 2 out of time, 3 not tried
//	errors     texts     of each
//	means      float64   of each; NaN unless it is ranked
//	spreads    float64   of each
//	baselines  float64   of each
func (m *autoModel) Save(w *artifact.Writer) error {
	var numbers, states []int64
	var names, settings, errors []string
	var means, spreads, baselines []float64
	for _, c := range m.board {
		numbers, names, settings = append(numbers, int64(c.Number)), append(names, c.Learner), append(settings, c.Settings)
		states, errors = append(states, int64(slices.Index(statuses, c.Status))), append(errors, c.Error)
		means, spreads, baselines = append(means, c.Mean), append(spreads, c.Spread), append(baselines, c.Baseline)
	}
	w.Strings("metric", []string{m.metric})
	w.Int64s("numbers", numbers)
	w.Strings("learners", names)
	w.Strings("settings", settings)
	w.Int64s("statuses", states)
	w.Strings("errors", errors)
	w.Float64s("means", means)
	w.Float64s("spreads", spreads)
	w.Float64s("baselines", baselines)
	return m.save(w.Within("chosen"))
}

// loadAuto reads what Save wrote and trusts none of it.
func loadAuto(base *learners.Registry, version int, r *artifact.Reader) (learners.Model, error) {
	if err := checkVersion(autoName, version); err != nil {
		return nil, err
	}
	metric, err := r.Strings("metric")
	if err != nil {
		return nil, err
	}
	whole := map[string][]int64{"numbers": nil, "statuses": nil}
	texts := map[string][]string{"learners": nil, "settings": nil, "errors": nil}
	reals := map[string][]float64{"means": nil, "spreads": nil, "baselines": nil}
	for name := range whole {
		if whole[name], err = r.Int64s(name); err != nil {
			return nil, err
		}
	}
	for name := range texts {
		if texts[name], err = r.Strings(name); err != nil {
			return nil, err
		}
	}
	for name := range reals {
		if reals[name], err = r.Float64s(name); err != nil {
			return nil, err
		}
	}
	n := len(whole["numbers"])
	bad := len(metric) != 1 || n == 0 || n > maxLearners || len(whole["statuses"]) != n
	for _, list := range texts {
		bad = bad || len(list) != n
	}
	for _, list := range reals {
		bad = bad || len(list) != n
	}
	if bad {
		return nil, fmt.Errorf("%w: a leaderboard of %d candidates", artifact.ErrCorrupt, n)
	}
	m := &autoModel{metric: metric[0]}
	seen := make([]bool, n)
	for i := range n {
		number, status := whole["numbers"][i], whole["statuses"][i]
		if number < 1 || number > int64(n) || seen[number-1] || status < 0 || status >= int64(len(statuses)) {
			return nil, fmt.Errorf("%w: candidate %d has number %d and status %d", artifact.ErrCorrupt, i+1, number, status)
		}
		seen[number-1] = true
		c := learners.Candidate{Number: int(number), Learner: texts["learners"][i], Settings: texts["settings"][i], Status: statuses[status], Error: texts["errors"][i],
			Mean: reals["means"][i], Spread: reals["spreads"][i], Baseline: reals["baselines"][i]}
		if ranked := c.Status == learners.Ranked; math.IsInf(c.Mean, 0) || ranked == math.IsNaN(c.Mean) || i == 0 && !ranked {
			return nil, fmt.Errorf("%w: candidate %d is %s with mean %v", artifact.ErrCorrupt, i+1, c.Status, c.Mean)
		}
		m.board = append(m.board, c)
	}
	if m.parts, err = loadParts(base, version, r.Within("chosen")); err != nil {
		return nil, err
	}
	if len(m.list) != 1 || m.list[0].spec.Name != m.board[0].Learner {
		return nil, fmt.Errorf("%w: %d models chosen, and %s leads", artifact.ErrCorrupt, len(m.list), m.board[0].Learner)
	}
	return m.ofTask(), nil
}

var (
	_ learners.Learner         = (*auto)(nil)
	_ learners.MemoryEstimator = (*auto)(nil)
	_ learners.Model           = (*autoModel)(nil)
	_ learners.Delegate        = (*autoModel)(nil)
	_ learners.Leaderboard     = (*autoModel)(nil)
	_ learners.Model           = clusters{}
	_ learners.Sized           = clusters{}
	_ learners.Centers         = grouped{}
)
