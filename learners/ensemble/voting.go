package ensemble

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/artifact"
	"aibms/learners/data"
	"aibms/learners/params"
)

const votingName = "voting"

// Voting is the learner voting: its learners are fitted each on all rows, and vote.
//
//	soft     P(class) = sum_b w_b P_b(class) / sum_b w_b
//	hard     P(class) = sum of w_b over the learners b that decide for the class / sum_b w_b
//	numbers  prediction = sum_b w_b prediction_b / sum_b w_b
//
// with the weights w_b, 1 unless given. A learner decides by its own rule where it has one (learners.Classifier), else for its most probable class, the first of equals. As with
// scikit-learn's VotingClassifier and VotingRegressor, whose votings these are; but soft is the default, since it uses what probabilities say beyond the decision.
//
// Features: each learner gets what the automatic rules would give it alone, by the training rows. One that needs numbers of comparable size gets them standardised, one that cannot take missing values gets the feature's
// median in their place; numbers that are 0 and 1 alone stay so. Categories stay codes for the learners that take them, with gaps; one that takes only numbers gets a column of 0 or 1 for each of the 100 most frequent,
// where a missing category, or another one, is all zeros. A learner that takes all this gets the rows as they are. (Alone, weights of rows do not count for medians and scales; here they do, so that a row of weight 2 is the
// row twice.)
//
// The learner k draws its random numbers by the seed plus k times a constant, the first one by the seed: alone it would be the same model.
//
// Cost: that of its learners, one after the other, each on all workers; a prediction the sum of theirs.
//
//	L. Kuncheva: Combining Pattern Classifiers (2nd ed., 2014), chapters 4 and 5
func Voting(base *learners.Registry) *learners.Spec {
	return &learners.Spec{
		Name:         votingName,
		Doc:          "Voting: several learners, each fitted on all rows; their probabilities or numbers are averaged, or the majority decides.",
		Objective:    "none of its own: each learner minimises its own; their predictions are averaged by weight",
		Reference:    "Kuncheva: Combining Pattern Classifiers (2nd ed., 2014), chapters 4 and 5",
		Tasks:        predicted,
		Traits:       learners.Traits{Missing: true, Categories: true, Weights: true, Probabilities: true},
		New:          func() learners.Learner { return &voting{base: base} },
		StateVersion: stateVersion,
		Load:         func(version int, r *artifact.Reader) (learners.Model, error) { return loadVoting(base, version, r) },
	}
}

// maxWeight keeps sums of weights finite.
const maxWeight = 1e100

type voting struct {
	base     *learners.Registry
	learners string
	weights  string
	voting   string
}

// predicted are the tasks of voting and stacking.
var predicted = []learners.Task{learners.Binary, learners.Multiclass, learners.Regression}

func (l *voting) Declare(s *params.Set) {
	s.Text(&l.learners, "learners", automatic, validList,
		"who votes; auto: logistic_regression or linear_regression with penalty = l2, random_forest, gradient_boosting", params.Checked(checkChoices(l.base, predicted)))
	s.Text(&l.weights, "weights", "", "numbers >= 0 with commas between, one for each learner", "what each vote counts; empty: all the same", params.Checked(func(text string) error {
		_, err := parseWeights(text)
		return err
	}))
	s.Choice(&l.voting, "voting", "soft", []string{"soft", "hard"}, "classes: soft averages probabilities, hard counts decisions")
}

// usual are the learners of voting and stacking when none are named: three that err in different ways.
func usual(base *learners.Registry, classes bool) []choice {
	names := []string{"logistic_regression", "random_forest", "gradient_boosting"}
	if !classes {
		names[0] = "linear_regression (penalty = l2)"
	}
	return mustParse(base, strings.Join(names, ", "))
}

// mustParse reads a list that is part of the program.
func mustParse(base *learners.Registry, text string) []choice {
	list, err := parseChoices(base, predicted, text)
	if err != nil {
		panic(err)
	}
	return list
}

// choices are the learners, named or usual.
func choices(base *learners.Registry, text string, classes bool) ([]choice, error) {
	list, err := parseChoices(base, predicted, text)
	if err == nil && list == nil {
		list = usual(base, classes)
	}
	return list, err
}

// parseWeights reads numbers with commas between.
func parseWeights(text string) ([]float64, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var weights []float64
	sum := 0.0
	for _, word := range strings.Split(text, ",") {
		w, err := strconv.ParseFloat(strings.TrimSpace(word), 64)
		if err != nil || !(w >= 0 && w <= maxWeight) {
			return nil, fmt.Errorf("a weight must be a number from 0 to 1e100, got '%s'", strings.TrimSpace(word))
		}
		weights = append(weights, w)
		sum += w
	}
	if sum == 0 {
		return nil, fmt.Errorf("all weights are 0; one must be above")
	}
	return weights, nil
}

// MemoryNeeded is that of all learners, and of the copies of the rows that they need.
func (l *voting) MemoryNeeded(s learners.Shape) int64 {
	list, err := choices(l.base, l.learners, s.Classes > 0)
	if err != nil {
		return 0
	}
	sum := preparedMemory(list, s)
	for _, c := range list {
		sum += memoryOf(c, s)
	}
	return sum
}

func (l *voting) Fit(ctx context.Context, train, validate *data.Examples, env learners.Env) (learners.Model, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	list, err := choices(l.base, l.learners, env.Task.Classification())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", votingName, err)
	}
	weights, err := parseWeights(l.weights)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", votingName, err)
	}
	if weights == nil {
		weights = make([]float64, len(list))
		for k := range weights {
			weights[k] = 1
		}
	}
	if len(weights) != len(list) {
		return nil, fmt.Errorf("%s: there are %d weights for %d learners", votingName, len(weights), len(list))
	}
	f := newFitting(ctx, votingName, env, len(list))
	if err := f.checkChoices(list, l.base, train.Weights != nil); err != nil {
		return nil, err
	}
	shape := allOf(train, validate)
	if err := env.CheckMemory(votingName, l.MemoryNeeded(shape), fewerLearners); err != nil {
		return nil, err
	}
	rows, err := prepareFor(f, list, train, validate)
	if err != nil {
		return nil, err
	}
	rows.warn(votingName, env, list)
	fitted, err := fitAll(f, list, rows, 0, preparedMemory(list, shape))
	if err != nil {
		return nil, err
	}
	m := &votingModel{parts: fitted, weights: weights, hard: l.voting == "hard" && env.Task.Classification()}
	return m, ctx.Err()
}

// votingModel is a fitted voting.
type votingModel struct {
	*parts
	weights []float64
	hard    bool
}

// Predict implements learners.Model.
func (m *votingModel) Predict(x, out *mat.Dense) error {
	if err := checkShape(x, out, m.features, m.outputs); err != nil {
		return err
	}
	total := 0.0
	for _, w := range m.weights {
		total += w
	}
	classes := make([]int32, blockRows)
	return m.each(x, func(k, lo int, seen, given *mat.Dense) error {
		n, _ := given.Dims()
		if m.hard {
			if err := decide(m.list[k].model, seen, given, classes[:n]); err != nil {
				return err
			}
		}
		share := m.weights[k] / total
		for i := range n {
			to := out.RawRowView(lo + i)
			if k == 0 {
				clear(to)
			}
			if m.hard {
				to[classes[i]] += share
				continue
			}
			for c, v := range given.RawRowView(i) {
				to[c] += share * v
			}
		}
		return nil
	})
}

// decide fills classes with what a model decides by its own rule, or else with the most probable class of each row, the first of equals.
func decide(m learners.Model, seen, given *mat.Dense, classes []int32) error {
	if c, ok := m.(learners.Classifier); ok {
		if err := c.Classify(seen, classes); err != nil {
			return err
		}
		_, k := given.Dims()
		for _, class := range classes {
			if class < 0 || int(class) >= k {
				return fmt.Errorf("a row has class %d of %d classes", class, k)
			}
		}
		return nil
	}
	for i := range classes {
		row := given.RawRowView(i)
		classes[i] = 0
		for c, v := range row {
			if v > row[classes[i]] {
				classes[i] = int32(c)
			}
		}
	}
	return nil
}

// Save writes the models (parts.save) and
//
//	weights   float64   of each learner
//	hard      int64     1 when decisions are counted, 0 when predictions are averaged
func (m *votingModel) Save(w *artifact.Writer) error {
	w.Float64s("weights", m.weights)
	hard := int64(0)
	if m.hard {
		hard = 1
	}
	w.Int64s("hard", []int64{hard})
	return m.save(w)
}

// loadVoting reads what Save wrote and trusts none of it.
func loadVoting(base *learners.Registry, version int, r *artifact.Reader) (learners.Model, error) {
	if err := checkVersion(votingName, version); err != nil {
		return nil, err
	}
	weights, err := r.Float64s("weights")
	if err != nil {
		return nil, err
	}
	hard, err := r.Int64s("hard")
	if err != nil {
		return nil, err
	}
	list, err := loadParts(base, version, r)
	if err != nil {
		return nil, err
	}
	if len(weights) != len(list.list) || len(hard) != 1 || hard[0] < 0 || hard[0] > 1 || hard[0] == 1 && list.outputs < 2 {
		return nil, fmt.Errorf("%w: %d weights of %d learners, hard %v", artifact.ErrCorrupt, len(weights), len(list.list), hard)
	}
	sum := 0.0
	for _, w := range weights {
		if !(w >= 0 && w <= maxWeight) {
			return nil, fmt.Errorf("%w: a weight is %v", artifact.ErrCorrupt, w)
		}
		sum += w
	}
	if sum == 0 {
		return nil, fmt.Errorf("%w: all weights are 0", artifact.ErrCorrupt)
	}
	return &votingModel{parts: list, weights: weights, hard: hard[0] == 1}, nil
}

var (
	_ learners.Learner         = (*voting)(nil)
	_ learners.MemoryEstimator = (*voting)(nil)
	_ learners.Model           = (*votingModel)(nil)
)
