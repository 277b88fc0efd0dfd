// Package tree grows decision trees and predicts with them: the learner decision_tree, and what ensembles of trees share.
//
// Columns holds the features as codes, Target what is learned, Grower grows one tree after the other, and Trees is what was grown, laid out for prediction.
// Equal data, settings and seed give equal bits on any number of workers: sums of a node are exact (Target rounds weights and targets so that they are), so that
// no order of adding can matter.
package tree
