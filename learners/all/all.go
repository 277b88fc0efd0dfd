// Package all lists the learners of the server.
package all

import (
	"slices"

	"aibms/learners"
	"aibms/learners/bayes"
	"aibms/learners/boosting"
	"aibms/learners/cluster"
	"aibms/learners/decomposition"
	"aibms/learners/discriminant"
	"aibms/learners/ensemble"
	"aibms/learners/forest"
	"aibms/learners/isolation"
	"aibms/learners/linear"
	"aibms/learners/mixture"
	"aibms/learners/neighbors"
	"aibms/learners/neural"
	"aibms/learners/svm"
	"aibms/learners/tree"
)

// Registry returns the registry of all learners: THE LIST, one line a learner.
func Registry() *learners.Registry { return registry }

// plain are the learners that are not made of others.
var plain = learners.NewRegistry(
	linear.LinearRegression(),
	linear.LogisticRegression(),
	linear.LinearSVM(),
	svm.SVM(),
	tree.DecisionTree(),
	boosting.GradientBoosting(),
	forest.RandomForest(),
	forest.ExtraTrees(),
	isolation.IsolationForest(),
	neural.NeuralNetwork(),
	neighbors.KNearestNeighbors(),
	bayes.NaiveBayes(),
	discriminant.DiscriminantAnalysis(),
	cluster.KMeans(),
	mixture.GaussianMixture(),
	decomposition.PCA(),
)

var registry = learners.NewRegistry(append(slices.Clone(plain.All()),
	ensemble.Voting(plain),
	ensemble.Stacking(plain),
	ensemble.Auto(plain),
)...)
