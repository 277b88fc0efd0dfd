package learnertest_test

import (
	"testing"

	"aibms/learners"
	"aibms/learners/all"
	"aibms/learners/learnertest"
	"aibms/learners/params"
)

// laws are the learners that cannot keep the laws as closely as learnertest.Default demands.
var laws = map[string]learnertest.Laws{
	"auto": {RowOrder: 1e-4, Weights: 1e-4, Hard: true, Small: three, // a tree may win
		Alone: &learnertest.Laws{RowOrder: 1, Weights: 1e-4, Small: threeClusters, Picky: true}}, // k_means may win
	"decision_tree":       {RowOrder: 1e-4, Weights: 1e-4, Hard: true},
	"extra_trees":         {RowOrder: 1e-4, Weights: 1e-4, Quick: fewTrees},
	"gaussian_mixture":    {RowOrder: 1, Weights: 1e-4, Told: threeComponents}, // begins with k_means
	"isolation_forest":    {RowOrder: 0.1, Weights: 0.1},                       // draws rows by their numbers
	"k_means":             {RowOrder: 1, Weights: 1e-4},                        // draws rows by their numbers, and numbers clusters as they were drawn
	"k_nearest_neighbors": {RowOrder: 1e-4, Weights: 1e-4, Hard: true},
	"random_forest":       {RowOrder: 0.6, Weights: 1, Quick: fewTrees},     // draws rows by their numbers
	"svm":                 {RowOrder: 5e-3, Weights: 5e-3, Quick: fewSteps}, // stops within 1e-3 of the optimality conditions
	"neural_network":      {RowOrder: 0.6, Weights: 1, Quick: fewEpochs},    // batches are drawn
	"stacking":            {RowOrder: 1e-4, Weights: 1e-4, Small: three},
	"voting":              {RowOrder: 1e-4, Weights: 1e-4, Small: three},
}

var threeComponents = []params.Setting{{Name: "n_components", Value: "3", Source: "USER"}}

var fewTrees = []params.Setting{{Name: "n_trees", Value: "3", Source: "USER"}}

var fewEpochs = []params.Setting{{Name: "epochs", Value: "1", Source: "USER"}, {Name: "hidden_layers", Value: "8", Source: "USER"}}

var fewSteps = []params.Setting{{Name: "max_iter", Value: "300", Source: "USER"}}

// three are learners for an ensemble: a linear one, which wants features of comparable size and no missing values, and two of trees, none of which looks at the order of rows.
func three(task learners.Task) []params.Setting {
	linear := "logistic_regression"
	if task == learners.Regression {
		linear = "linear_regression (penalty = l2)"
	}
	return []params.Setting{{Name: "learners", Value: linear + ", decision_tree (max_depth = 3), extra_trees (n_trees = 4)", Source: "USER"}}
}

func threeClusters(learners.Task) []params.Setting {
	return []params.Setting{{Name: "learners", Value: "k_means (n_clusters = 2), k_means (n_clusters = 3, init = random), gaussian_mixture (n_components = 3)", Source: "USER"}}
}

func TestEveryLearnerKeepsTheLaws(t *testing.T) {
	for _, spec := range all.Registry().All() {
		t.Run(spec.Name, func(t *testing.T) {
			l, ok := laws[spec.Name]
			if !ok {
				l = learnertest.Default
			}
			learnertest.Run(t, spec, l)
		})
	}
}
