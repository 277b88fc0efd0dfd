package ensemble

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/artifact"
	"aibms/learners/data"
	"aibms/learners/metric"
	"aibms/learners/params"
)

const autoName = "auto"

// Auto is the learner auto: a race over learners, whose winner is the model.
//
//  1. The rows are dealt into folds, as stacking deals them: by class in turn, copies of a row together, whatever their order. With validation rows and folds = 0 there is one fold, in
//     which the candidates learn from the training rows and predict the validation rows.
//  2. Every candidate is fitted on the rows outside each fold and predicts those in it; the metric measures that. All of them get the same rows, none sees a row that it is judged by (not
//     even to stop early), and what a candidate needs of its features (scaling, filled gaps, columns of 0 and 1 for categories, as in a voting) is fitted on the rows outside the fold.
//  3. Candidates are ranked by the mean of the metric over the folds, equal ones by their place in the list. The first is fitted again on all training rows, with the validation rows to stop
//     early by, and is the model: the same bits as in a voting of it alone.
//
// A candidate that fails, or that needs more memory than there is, is listed with its error, and the race goes on. When time_budget has passed, the candidate at work and those after it
// are not ranked, with a warning: only then does the result depend on how fast the machine is. The last fit comes on top of the budget.
//
// The mean of the winner is too good by a little, since it was chosen by it; the metrics of the TEST rows are not. The spread over the folds says how much chance is in a difference.
//
// Without a target the race is one of clusterings: each groups the rows of a fold by what it learned of the others, and the silhouette of that is what decides. Distances are between the
// features as they come, the same for all candidates; of features that the automatic rules make, all have the same scale.
//
// The candidates when none are named, those first that are fast: a linear learner, naive_bayes, gradient_boosting, random_forest, extra_trees; where the rows are not too many for them,
// k_nearest_neighbors and neural_network. All have a probability for each class. For clusters: k_means and, where the rows are not too many, gaussian_mixture, each with 2 to 8.
//
// The fit of candidate k outside fold f draws its random numbers by stream k + candidates * (f + 1), the last one by stream 0: the learner's own.
//
// Cost: folds fits of each candidate and one more; a prediction that of the winner.
//
//	M. Stone: Cross-validatory choice and assessment of statistical predictions. J. Royal Statistical Society B 36 (1974)
func Auto(base *learners.Registry) *learners.Spec {
	return &learners.Spec{
		Name:         autoName,
		Doc:          "A race over learners: each is measured on rows that it has not seen, and the best one is fitted on all; ml_leaderboard lists them.",
		Objective:    "the mean of a metric over folds, as a choice among learners; each learner minimises its own",
		Reference:    "Stone, J. Royal Statistical Society B 36 (1974)",
		Tasks:        raced,
		Traits:       learners.Traits{Missing: true, Categories: true, Weights: true, Probabilities: true},
		Alone:        &learners.Traits{NeedsScaling: true, Weights: true}, // clusters are judged by distances
		New:          func() learners.Learner { return &auto{base: base} },
		StateVersion: stateVersion,
		Load:         func(version int, r *artifact.Reader) (learners.Model, error) { return loadAuto(base, version, r) },
	}
}

type auto struct {
	base     *learners.Registry
	learners string
	metric   string
	folds    int
	budget   string
}

func (l *auto) Declare(s *params.Set) {
	s.Text(&l.learners, "learners", automatic, validList,
		"the candidates; auto: logistic_regression or linear_regression with penalty = l2, naive_bayes, gradient_boosting, random_forest, extra_trees, and of fewer rows k_nearest_neighbors and neural_network; without a target k_means and gaussian_mixture with 2 to 8 clusters",
		params.Checked(checkChoices(l.base, raced)))
	s.Text(&l.metric, "metric", automatic, "auto, or a metric: roc_auc, log_loss, root_mean_squared_error (SHOW METRICS)",
		"what decides; auto: that of OPTIMIZE FOR, without it roc_auc of two classes, log_loss of more, root_mean_squared_error of numbers, silhouette of clusters", params.Checked(checkMetric))
	s.Int(&l.folds, "folds", 0, "parts of the training rows, each predicted by fits on the others, 2 or more; 0: the validation rows are predicted, and without any there are 5 folds",
		params.AtLeast(0), params.AtMost(100))
	s.Text(&l.budget, "time_budget", "", "seconds above 0, or '90s', '1h30m', '2d'", "time for the race, without the last fit; empty: no limit", params.Checked(func(text string) error {
		_, err := parseBudget(text)
		return err
	}))
}

// parseBudget is 0 without a limit.
func parseBudget(text string) (time.Duration, error) {
	if strings.TrimSpace(text) == "" {
		return 0, nil
	}
	d, err := params.ParseDuration(strings.TrimSpace(text))
	if err != nil {
		return 0, fmt.Errorf("seconds above 0 are expected, or a time such as '90s', '1h30m' or '2d', got '%s'", text)
	}
	return d, nil
}

// kinds are the tasks of a race as metrics name them.
var kinds = map[learners.Task]metric.Kind{learners.Binary: metric.Binary, learners.Multiclass: metric.Multiclass, learners.Regression: metric.Regression, learners.Clustering: metric.Clustering}

// raced are the tasks that there are races for. Of two detectors of anomalies, or two projections, no metric tells the better one when there is no target.
var raced = []learners.Task{learners.Binary, learners.Multiclass, learners.Regression, learners.Clustering}

// checkMetric accepts auto and the metrics of any task that there are races for.
func checkMetric(text string) error {
	if strings.EqualFold(text, automatic) {
		return nil
	}
	var names []string
	for _, m := range metric.All() {
		if slices.ContainsFunc(raced, func(t learners.Task) bool { return m.Supports(kinds[t]) }) {
			names = append(names, m.Name)
		}
	}
	m, ok := metric.Lookup(text)
	switch {
	case !ok:
		return fmt.Errorf("unknown metric '%s'%s; it can be auto or one of %s", text, params.Suggest(text, names), strings.Join(names, ", "))
	case !slices.Contains(names, m.Name):
		return fmt.Errorf("metric %s tells no better model from a worse one; it can be auto or one of %s", m.Name, strings.Join(names, ", "))
	}
	return nil
}

// measure is the metric that decides.
func (l *auto) measure(env learners.Env) (*metric.Metric, error) {
	name := l.metric
	if strings.EqualFold(name, automatic) {
		if name = env.Metric; name == "" {
			name = map[learners.Task]string{learners.Binary: "roc_auc", learners.Multiclass: "log_loss", learners.Regression: "root_mean_squared_error", learners.Clustering: "silhouette"}[env.Task]
		}
	}
	kind := kinds[env.Task]
	m, ok := metric.Lookup(name)
	if !ok || !m.Supports(kind) {
		var names []string
		for _, m := range metric.For(kind) {
			names = append(names, m.Name)
		}
		return nil, fmt.Errorf("%s: metric %s is not for %s; these are: %s", autoName, name, kind, strings.Join(names, ", "))
	}
	return m, nil
}

// Rows above which candidates are left out when none are named: a fit or a prediction would take longer than all others together.
const (
	mostRowsNeighbors = 20_000
	mostRowsNetwork   = 50_000
	mostRowsMixture   = 50_000
)

// mostClusters is how many clusters a race without named candidates goes up to.
const mostClusters = 8

// candidates are the learners that race: named, or those that are usual for so many rows.
func (l *auto) candidates(task learners.Task, n int, weighted bool) ([]choice, error) {
	list, err := parseChoices(l.base, raced, l.learners)
	if err != nil || list != nil {
		return list, err
	}
	names := []string{"logistic_regression", "naive_bayes", "gradient_boosting", "random_forest", "extra_trees"}
	switch task {
	case learners.Clustering:
		return l.clusterings(n), nil
	case learners.Regression:
		names = []string{"linear_regression", "gradient_boosting", "random_forest", "extra_trees"}
	}
	if n <= mostRowsNeighbors {
		names = append(names, "k_nearest_neighbors")
	}
	if n <= mostRowsNetwork {
		names = append(names, "neural_network")
	}
	for _, name := range names {
		spec, ok := l.base.Lookup(name)
		if !ok || !spec.Supports(task) || weighted && !spec.Traits.Weights {
			continue
		}
		c := choice{spec: spec}
		if name == "linear_regression" {
			c.given = []params.Setting{{Name: "penalty", Value: "l2", Source: "USER"}}
		}
		list = append(list, c)
	}
	return list, nil
}

// clusterings are the candidates for a clustering of n rows when none are named: k_means and gaussian_mixture, each with 2, 3 ... clusters.
func (l *auto) clusterings(n int) (list []choice) {
	for _, c := range []struct {
		name, number string
		rows         int
	}{{"k_means", "n_clusters", n}, {"gaussian_mixture", "n_components", mostRowsMixture}} {
		spec, ok := l.base.Lookup(c.name)
		if !ok || n > c.rows {
			continue
		}
		for k := 2; k <= mostClusters; k++ {
			list = append(list, choice{spec: spec, given: []params.Setting{{Name: c.number, Value: strconv.Itoa(k), Source: "USER"}}})
		}
	}
	return list
}

// held is what is held beside a candidate: the rows outside a fold and those in it, the copy that the candidate needs of them, predictions and places.
func (l *auto) held(c choice, s learners.Shape) int64 {
	return 8*int64(s.Rows)*int64(s.Features+2*s.Outputs()+8) + preparedMemory([]choice{c}, s)
}

// MemoryNeeded is that of the smallest candidate, and of what is held beside it: those that need more than there is are not tried.
func (l *auto) MemoryNeeded(s learners.Shape) int64 {
	task := learners.Clustering
	switch {
	case s.Classes == 2:
		task = learners.Binary
	case s.Classes > 0:
		task = learners.Multiclass
	case s.Targets > 0:
		task = learners.Regression
	}
	list, err := l.candidates(task, s.Rows, false)
	if err != nil || len(list) == 0 {
		return 0
	}
	least := int64(math.MaxInt64)
	for _, c := range list {
		if c.spec.Supports(task) {
			if most, held := memoryOf(c, s), l.held(c, s); most < math.MaxInt64-held {
				least = min(least, most+held)
			}
		}
	}
	return least
}

// race is what one Fit is at.
type race struct {
	*fitting
	metric          *metric.Metric
	list            []choice
	train, validate *data.Examples
	places          []place // nil: the validation rows judge
	folds           int
	held            []int64       // beside each candidate
	spent           time.Duration // by the fits of the present candidate
}

func (l *auto) Fit(ctx context.Context, train, validate *data.Examples, env learners.Env) (learners.Model, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if train.X == nil {
		return nil, fmt.Errorf("%s: there are no rows or no features", autoName)
	}
	if l.folds == 1 {
		return nil, fmt.Errorf("%s: folds = 1: a fold is predicted by fits on the others, so there must be 2 or more; 0 takes the validation rows", autoName)
	}
	budget, err := parseBudget(l.budget)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", autoName, err)
	}
	shape := allOf(train, validate)
	r := &race{train: train, validate: validate, folds: 1}
	if r.list, err = l.candidates(env.Task, shape.Rows, train.Weights != nil); err != nil {
		return nil, fmt.Errorf("%s: %w", autoName, err)
	}
	for _, c := range r.list {
		r.held = append(r.held, l.held(c, shape))
	}
	if r.metric, err = l.measure(env); err != nil {
		return nil, err
	}
	if err := env.CheckMemory(autoName, l.MemoryNeeded(shape), fewerLearners); err != nil {
		return nil, err
	}
	if l.folds > 0 || validate == nil {
		want := l.folds
		if want == 0 {
			want = 5
		}
		if r.places, err = newPlaces(ctx, train, env.Seed, want); err != nil {
			return nil, err
		}
		if r.folds = min(want, mostFolds(r.places)); r.folds < 2 {
			return nil, fmt.Errorf("%s: there are too few rows: two with a positive weight are needed, of a class where there are classes", autoName)
		}
		if r.folds < want {
			env.Warnf("%s: %d folds instead of %d: there are too few rows", autoName, r.folds, want)
		}
	}
	limited := ctx
	if budget > 0 {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeout(ctx, budget)
		defer cancel()
	}
	quiet := env
	quiet.Warn = nil // what a candidate warns of is of interest when it wins
	r.fitting = newFitting(limited, autoName, quiet, r.folds*len(r.list)+1)
	if err := r.checkChoices(r.list, l.base, train.Weights != nil); err != nil {
		return nil, err
	}
	board := make([]learners.Candidate, len(r.list))
	for k, c := range r.list {
		board[k] = r.run(k)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if board[k].Status != learners.NotTried {
			env.TookPart(k+1, c.String(), r.spent)
		}
		r.done = (k + 1) * r.folds
		r.report(0)
	}
	ranked := rank(board, r.metric.HigherIsBetter)
	r.ctx, r.env, r.record = ctx, env, env.Record
	m, err := r.fitFirst(board[:ranked])
	if err != nil {
		return nil, err
	}
	if m == nil {
		var reasons []string
		for _, c := range board {
			reason := c.Error
			if reason == "" {
				reason = "the time budget had passed"
			}
			reasons = append(reasons, c.Learner+": "+reason)
		}
		return nil, fmt.Errorf("%s: no candidate came through: %s", autoName, strings.Join(reasons, "; "))
	}
	rank(board, r.metric.HigherIsBetter) // one that failed on all rows is no longer ranked
	m.metric, m.board = r.metric.Name, board
	r.warn(board, budget)
	return m.ofTask(), ctx.Err()
}

// rank puts the ranked candidates first, the best one at their head, and returns how many they are. The others keep their order.
func rank(board []learners.Candidate, higher bool) int {
	slices.SortStableFunc(board, func(a, b learners.Candidate) int {
		first, second := a.Status == learners.Ranked, b.Status == learners.Ranked
		switch {
		case first != second && first:
			return -1
		case first != second:
			return 1
		case !first || a.Mean == b.Mean:
			return a.Number - b.Number
		case a.Mean > b.Mean == higher:
			return -1
		}
		return 1
	})
	return len(board) - len(slices.DeleteFunc(slices.Clone(board), func(c learners.Candidate) bool { return c.Status == learners.Ranked }))
}

// fitFirst fits the best candidate on all rows: the next one, when that fails; nil, when all do.
func (r *race) fitFirst(ranked []learners.Candidate) (*autoModel, error) {
	for i := range ranked {
		c := &ranked[i]
		r.env.BeginPart(r.list[c.Number-1].String() + ", which won")
		winner := r.list[c.Number-1 : c.Number]
		rows, err := prepare(r.ctx, winner, r.train, r.validate)
		if err == nil {
			var chosen part
			if chosen, err = r.fit(winner[0], rows, 0, r.held[c.Number-1]); err == nil {
				rows.warn(autoName, r.env, winner)
				return &autoModel{parts: onePart(rows, chosen)}, nil
			}
		}
		if r.ctx.Err() != nil {
			return nil, r.ctx.Err()
		}
		c.Status, c.Error = learners.Failed, "on all rows: "+r.reason(c.Learner, err)
		c.Mean, c.Spread, c.Baseline = math.NaN(), math.NaN(), math.NaN()
	}
	return nil, nil
}

// warn tells of candidates that were not ranked.
func (r *race) warn(board []learners.Candidate, budget time.Duration) {
	var late []string
	for _, c := range board {
		switch c.Status {
		case learners.Failed:
			r.env.Warnf("%s: learner %s failed: %s", autoName, c.Learner, c.Error)
		case learners.OutOfTime, learners.NotTried:
			late = append(late, c.Learner)
		}
	}
	if len(late) > 0 {
		r.env.Warnf("%s: the time budget of %s was over before %s could be ranked; with more time the model may be another one", autoName, budget, strings.Join(late, ", "))
	}
}

// reason is the text of an error of a candidate without the names that the leaderboard has already.
func (r *race) reason(learner string, err error) string {
	return strings.TrimPrefix(strings.TrimPrefix(err.Error(), autoName+": "), "learner "+learner+": ")
}

// run measures candidate k on every fold.
func (r *race) run(k int) learners.Candidate {
	c := r.list[k]
	result := learners.Candidate{Number: k + 1, Learner: c.spec.Name, Settings: c.settings(), Status: learners.NotTried, Mean: math.NaN(), Spread: math.NaN(), Baseline: math.NaN()}
	if r.ctx.Err() != nil {
		return result
	}
	r.spent = 0
	r.env.BeginPart(c.String())
	began := time.Now()
	defer func() { r.spent = time.Since(began) }()
	var values, baselines []float64
	for fold := range r.folds {
		x, err := r.judge(k, fold)
		switch {
		case r.ctx.Err() != nil:
			result.Status = learners.OutOfTime
			return result
		case err != nil:
			result.Status, result.Error = learners.Failed, r.reason(c.spec.Name, err)
			return result
		case !math.IsNaN(x.Value): // that it has a value is a matter of the rows: of one class there is no roc_auc
			values, baselines = append(values, x.Value), append(baselines, x.Baseline)
		}
	}
	if len(values) == 0 {
		result.Status, result.Error = learners.Failed, fmt.Sprintf("%s has no value on the rows that judge", r.metric.Name)
		return result
	}
	result.Status = learners.Ranked
	result.Mean, result.Spread = meanAndSpread(values)
	result.Baseline, _ = meanAndSpread(baselines)
	return result
}

// meanAndSpread are the mean and the standard deviation of a sample; of one value the latter is NaN.
func meanAndSpread(values []float64) (mean, spread float64) {
	n := float64(len(values))
	for _, v := range values {
		mean += v / n
	}
	if n == 1 {
		return mean, math.NaN()
	}
	for _, v := range values {
		spread += (v - mean) * (v - mean) / (n - 1)
	}
	return mean, math.Sqrt(spread)
}

// judge fits candidate k on the rows outside a fold and measures its predictions of those in it.
func (r *race) judge(k, fold int) (metric.Value, error) {
	c := r.list[k]
	learned, judged := r.train, r.validate
	if r.places != nil {
		outside, inside := deal(r.places, fold, r.folds)
		inside = slices.DeleteFunc(inside, func(i int32) bool { return r.train.Weight(int(i)) == 0 })
		var err error
		if learned, err = rowsOf(r.ctx, r.train, outside); err != nil {
			return metric.Value{}, err
		}
		if judged, err = rowsOf(r.ctx, r.train, inside); err != nil {
			return metric.Value{}, err
		}
	}
	if allowed := r.env.Memory; allowed > 0 {
		if need := memoryOf(c, learners.ShapeOf(learned)); need > allowed-r.held[k] {
			return metric.Value{}, fmt.Errorf("it needs %d bytes of memory, %d are left for it", need, max(0, allowed-r.held[k]))
		}
	}
	rows, err := prepare(r.ctx, r.list[k:k+1], learned, nil)
	if err != nil {
		return metric.Value{}, err
	}
	fitted, err := r.fit(c, rows, uint64(k+len(r.list)*(fold+1)), r.held[k])
	if err != nil {
		return metric.Value{}, err
	}
	return r.score(onePart(rows, fitted), learned, judged)
}

// score measures the predictions of one model.
func (r *race) score(parts *parts, learned, judged *data.Examples) (metric.Value, error) {
	n, p := judged.Dims()
	kind := kinds[r.env.Task]
	in := metric.Input{Kind: kind, Actual: judged.Y, Predicted: make([]float64, n), Weights: judged.Weights, Classes: len(r.train.Classes), Positive: r.env.Positive,
		Baseline: metric.FitBaseline(kind, len(r.train.Classes), learned.Y, learned.Weights)}
	switch model := parts.list[0].model; {
	case r.env.Task.Classification():
		in.Proba = mat.NewDense(n, parts.outputs, nil)
	case r.env.Task == learners.Clustering:
		in.X, in.Classes = judged.X, parts.outputs
		if m, ok := learners.As[learners.Centers](model); ok {
			in.Centres = m.Centers()
		}
	}
	codes := make([]int32, blockRows)
	for from := 0; from < n; from += blockRows {
		if err := r.ctx.Err(); err != nil {
			return metric.Value{}, err
		}
		block := judged.X.Slice(from, min(from+blockRows, n), 0, p).(*mat.Dense)
		if err := parts.each(block, func(_, lo int, seen, given *mat.Dense) error {
			rows, _ := given.Dims()
			if !r.env.Task.Decides() {
				for i := range rows {
					in.Predicted[from+lo+i] = given.At(i, 0)
				}
				return nil
			}
			if err := decide(parts.list[0].model, seen, given, codes[:rows]); err != nil {
				return err
			}
			for i, code := range codes[:rows] {
				if in.Predicted[from+lo+i] = float64(code); in.Proba != nil {
					copy(in.Proba.RawRowView(from+lo+i), given.RawRowView(i))
				}
			}
			return nil
		}); err != nil {
			return metric.Value{}, err
		}
	}
	values, err := metric.Compute(r.ctx, []*metric.Metric{r.metric}, in)
	if err != nil {
		return metric.Value{}, err
	}
	return values[0], nil
}
