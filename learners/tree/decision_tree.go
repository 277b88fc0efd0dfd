package tree

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"gonum.org/v1/gonum/mat"

	"aibms/learners"
	"aibms/learners/artifact"
	"aibms/learners/data"
	"aibms/learners/params"
)

const name = "decision_tree"

// DecisionTree is the learner decision_tree: CART. From the root on it parts the rows of a node at the split
//
//	x_j <= t   against   x_j > t
//
// that minimises W_L I(L) + W_R I(R) over features j and thresholds t, where W is the sum of the row weights of a side and I its impurity:
//
//	criterion        I                              a leaf predicts
//	gini             1 - sum_k p_k^2                the shares p_k of the classes
//	entropy          - sum_k p_k log2 p_k           the same
//	squared_error    mean of (y - mean)^2           the mean
//	absolute_error   mean of |y - median|           the median
//
// until a node is pure or a bound is met; then, with ccp_alpha > 0, it takes the smallest subtree that minimises sum over leaves of I W/n + ccp_alpha |leaves|. Rows that miss x_j
// go to the side where they lower the impurity more, or to the larger side when no training row of the node misses it. Thresholds lie half-way between neighbouring values of
// the node (of more than 65,535 distinct values of a feature, some neighbours are not told apart).
//
// Rows are parted by a feature of categories at a set of them, x_j in S against the others: for two classes and squared error at the best of all sets, else at a good one (Grower.tryCategories). A category that the
// node does not have goes where missing values go.
//
// Several numbers are learned by one tree, whose impurity is the mean of the squared errors, each in the variance of its target (several).
//
// These are the meanings of scikit-learn's DecisionTreeClassifier and DecisionTreeRegressor, which take no categories. It draws among equal splits; here the feature with the lowest number wins, then the lowest
// threshold.
func DecisionTree() *learners.Spec {
	return &learners.Spec{
		Name:         name,
		Doc:          "Decision tree (CART): questions of the form feature <= threshold, asked one after the other.",
		Objective:    "at each node, W_L I(L) + W_R I(R) over features and thresholds; I is the gini impurity or entropy of the classes, or the mean squared or absolute error",
		Reference:    "Breiman, Friedman, Olshen, Stone: Classification and Regression Trees (1984)",
		Tasks:        []learners.Task{learners.Binary, learners.Multiclass, learners.Regression},
		Traits:       learners.Traits{Missing: true, Categories: true, Weights: true, Probabilities: true, Targets: true},
		New:          func() learners.Learner { return new(decisionTree) },
		StateVersion: 3,
		Load:         loadDecisionTree,
	}
}

type decisionTree struct {
	GrowthParams
	ccpAlpha float64
}

// GrowthParams are the hyper-parameters that learners of trees share.
type GrowthParams struct {
	Criterion, MaxFeatures                         string
	MaxDepth, MinSamplesSplit, MinSamplesLeaf, Max int
	MinImpurityDecrease                            float64

	criteria []string // what criterion may be, auto excepted
}

// Declare declares them. features is the default of max_features; criteria are the choices of criterion after auto: two for classes, then those for numbers.
func (g *GrowthParams) Declare(s *params.Set, features string, criteria []string) {
	g.criteria = criteria
	s.Choice(&g.Criterion, "criterion", "auto", append([]string{"auto"}, criteria...),
		"what a split lowers; auto: gini for classes, squared_error for numbers")
	s.Int(&g.MaxDepth, "max_depth", 0, "levels of splits at most; 0: no bound", params.AtLeast(0), params.Tune(2, 20))
	s.Int(&g.MinSamplesSplit, "min_samples_split", 2, "rows that a node needs to be split", params.AtLeast(2))
	s.Int(&g.MinSamplesLeaf, "min_samples_leaf", 1, "rows that each side of a split needs", params.AtLeast(1), params.TuneLog(1, 100))
	s.Float(&g.MinImpurityDecrease, "min_impurity_decrease", 0, "what a split must lower the impurity by, times the node's share of the weight", params.AtLeast(0))
	s.Int(&g.Max, "max_leaf_nodes", 0, "leaves at most: those whose splits lower the impurity most come first; 0: no bound", params.AtLeast(0))
	s.Choice(&g.MaxFeatures, "max_features", features, []string{"auto", "all", "half", "third", "sqrt", "log2"},
		"how many features are drawn for each split; auto: the square root of their number for classes in an ensemble, else all")
}

// Settings checks the hyper-parameters against the task and its examples. ensemble tells what auto means for max_features.
func (g *GrowthParams) Settings(learner string, task learners.Task, train *data.Examples, ensemble bool) (Settings, error) {
	_, p := train.Dims()
	s := Settings{Criterion: g.Criterion, MaxDepth: g.MaxDepth, MinRowsSplit: g.MinSamplesSplit, MinRowsLeaf: g.MinSamplesLeaf, MaxLeaves: g.Max, MinDecrease: g.MinImpurityDecrease}
	if g.Max == 1 {
		return s, fmt.Errorf("%s: hyper-parameter \"max_leaf_nodes\" must be 0 (no bound) or >= 2, got 1", learner)
	}
	classes := s.Criterion == "gini" || s.Criterion == "entropy"
	switch {
	case s.Criterion == "auto" && task.Classification():
		s.Criterion = "gini"
	case s.Criterion == "auto":
		s.Criterion = "squared_error"
	case classes && !task.Classification():
		return s, fmt.Errorf("%s: criterion '%s' is for classes and the target is a number; use auto, %s", learner, s.Criterion, strings.Join(g.criteria[2:], " or "))
	case !classes && task.Classification():
		return s, fmt.Errorf("%s: criterion '%s' is for numbers and the target is a class; use auto, %s", learner, s.Criterion, strings.Join(g.criteria[:2], " or "))
	}
	if s.Criterion == "absolute_error" && train.Outputs() > 1 {
		return s, fmt.Errorf("%s: criterion 'absolute_error' is for one target, and there are %d; use squared_error, or create a model for each target", learner, train.Outputs())
	}
	choice := g.MaxFeatures
	if choice == "auto" {
		if choice = "all"; ensemble && task.Classification() {
			choice = "sqrt"
		}
	}
	switch choice {
	case "half":
		s.Features = max(1, p/2)
	case "third":
		s.Features = max(1, p/3)
	case "sqrt":
		s.Features = max(1, int(math.Sqrt(float64(p))))
	case "log2":
		s.Features = max(1, int(math.Log2(float64(p))))
	}
	return s, nil
}

func (l *decisionTree) Declare(s *params.Set) {
	l.GrowthParams.Declare(s, "all", []string{"gini", "entropy", "squared_error", "absolute_error"})
	s.Float(&l.ccpAlpha, "ccp_alpha", 0, "cost-complexity pruning: what a leaf costs, in units of the impurity of all rows; 0: no pruning", params.AtLeast(0), params.TuneLog(1e-5, 1e-1))
}

func (l *decisionTree) Fit(ctx context.Context, train, validate *data.Examples, env learners.Env) (learners.Model, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s, err := l.Settings(name, env.Task, train, false)
	if err != nil {
		return nil, err
	}
	s.CCPAlpha, s.Workers = l.ccpAlpha, env.Workers
	target, err := NewTarget(name, train)
	if err != nil {
		return nil, err
	}
	if err := env.CheckMemory(name, l.MemoryNeeded(learners.ShapeOf(train)), FewerNodes); err != nil {
		return nil, err
	}
	columns, err := NewColumns(ctx, train, false, env.Workers)
	if err != nil {
		return nil, wrap(ctx, name, err)
	}
	env.Report(0, 1, math.NaN())
	var rng *rand.Rand // without it, the first of equally good splits is taken
	if s.Features > 0 {
		rng = env.RNG(0)
	}
	grown, err := NewGrower(columns, target, s).Grow(ctx, rng, nil)
	if err != nil {
		return nil, wrap(ctx, name, err)
	}
	trees := NewTrees(target, train)
	trees.KeepNodes()
	if _, err := trees.Append(grown); err != nil {
		return nil, wrap(ctx, name, err)
	}
	trees.Finish()
	env.Report(1, 1, math.NaN())
	return &decisionTreeModel{trees}, nil
}

// wrap names the learner in an error, but not in that of the context.
func wrap(ctx context.Context, learner string, err error) error {
	if ctx.Err() != nil && err == ctx.Err() {
		return err
	}
	return fmt.Errorf("%s: %w", learner, err)
}

// decisionTreeModel is a fitted decision_tree.
type decisionTreeModel struct{ trees *Trees }

func (m *decisionTreeModel) Predict(x, out *mat.Dense) error { return m.trees.Predict(x, out) }

func (m *decisionTreeModel) Save(w *artifact.Writer) error {
	m.trees.Save(w)
	return nil
}

func (m *decisionTreeModel) Importances() []float64 { return m.trees.Importances() }

func (m *decisionTreeModel) EachNode(f func(learners.TreeNode) bool) { m.trees.EachNode(f) }

func loadDecisionTree(version int, r *artifact.Reader) (learners.Model, error) {
	if err := CheckVersion(name, version, 3); err != nil {
		return nil, err
	}
	t, err := LoadTrees(r)
	if err != nil {
		return nil, err
	}
	if len(t.roots) != 1 {
		return nil, fmt.Errorf("%w: %d trees of a %s", artifact.ErrCorrupt, len(t.roots), name)
	}
	return &decisionTreeModel{t}, nil
}

// CheckVersion says whether this build reads the state version of a learner: versions 1 to newest.
func CheckVersion(learner string, version, newest int) error {
	switch {
	case version > newest:
		return fmt.Errorf("%w: %s has state version %d, this server reads up to %d", artifact.ErrNewer, learner, version, newest)
	case version < 1:
		return fmt.Errorf("%w: %s has no state version %d", artifact.ErrCorrupt, learner, version)
	}
	return nil
}

var (
	_ learners.Learner     = (*decisionTree)(nil)
	_ learners.Model       = (*decisionTreeModel)(nil)
	_ learners.Importances = (*decisionTreeModel)(nil)
	_ learners.Trees       = (*decisionTreeModel)(nil)
)
