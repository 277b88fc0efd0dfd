package forest

import (
	"aibms/learners"
	"aibms/learners/params"
)

const extraTreesName = "extra_trees"

// ExtraTrees is the learner extra_trees: extremely randomised trees. It is random_forest with two changes: a tree learns from all rows, and for each feature drawn at a node one
// threshold is drawn, uniformly between the smallest and the largest value in the node, instead of the best one. For a feature of categories
// one set of those in the node is drawn. The node is parted by the best of these splits. Bias rises a little,
// variance falls more, and no sorting is needed. The defaults are those of scikit-learn's ExtraTreesClassifier and ExtraTreesRegressor.
//
//	P. Geurts, D. Ernst, L. Wehenkel: Extremely randomized trees. Machine Learning 63 (2006)
func ExtraTrees() *learners.Spec {
	return &learners.Spec{
		Name:         extraTreesName,
		Doc:          "Extremely randomised trees: a random forest that draws one threshold for each feature that it looks at, and learns each tree from all rows.",
		Objective:    "by each tree, at each node, W_L I(L) + W_R I(R) over one random threshold of each feature drawn; I is the gini impurity or entropy of the classes, or the mean squared error",
		Reference:    "Geurts, Ernst, Wehenkel, Machine Learning 63 (2006)",
		Tasks:        []learners.Task{learners.Binary, learners.Multiclass, learners.Regression},
		Traits:       learners.Traits{Missing: true, Categories: true, Weights: true, Probabilities: true, Targets: true},
		New:          func() learners.Learner { return &extraTrees{forest{name: extraTreesName, random: true}} },
		StateVersion: 3,
		Load:         load(extraTreesName),
	}
}

type extraTrees struct{ forest }

func (f *extraTrees) Declare(s *params.Set) {
	f.declare(s, false, []string{"gini", "entropy", "squared_error"})
}

var _ learners.Learner = (*extraTrees)(nil)
