package forest

import (
	"aibms/learners"
	"aibms/learners/params"
)

const randomForestName = "random_forest"

// RandomForest is the learner random_forest: the mean of n_trees trees (tree.DecisionTree says how one grows). Each
//
//   - learns from n rows that are drawn with replacement,
//   - looks at each node only at max_features features that are drawn anew,
//   - is not pruned.
//
// So the trees err in different ways, and their mean errs less than one: the variance of a mean of T trees is r s^2 + (1 - r) s^2 / T for trees of variance s^2 and correlation r, and drawing
// features lowers r. A class's probability is the mean of its shares in the leaves. The defaults are those of scikit-learn's RandomForestClassifier and RandomForestRegressor.
//
//	L. Breiman: Random forests. Machine Learning 45 (2001)
func RandomForest() *learners.Spec {
	return &learners.Spec{
		Name:         randomForestName,
		Doc:          "Random forest: the mean of trees that each learn from rows drawn with replacement and, at each node, look at a few features drawn anew.",
		Objective:    "by each tree, at each node, W_L I(L) + W_R I(R) over thresholds of the features drawn; I is the gini impurity or entropy of the classes, or the mean squared or absolute error",
		Reference:    "Breiman, Machine Learning 45 (2001)",
		Tasks:        []learners.Task{learners.Binary, learners.Multiclass, learners.Regression},
		Traits:       learners.Traits{Missing: true, Categories: true, Weights: true, Probabilities: true, Targets: true},
		New:          func() learners.Learner { return &randomForest{forest{name: randomForestName}} },
		StateVersion: 3,
		Load:         load(randomForestName),
	}
}

type randomForest struct{ forest }

func (f *randomForest) Declare(s *params.Set) {
	f.declare(s, true, []string{"gini", "entropy", "squared_error", "absolute_error"})
}

var _ learners.Learner = (*randomForest)(nil)
