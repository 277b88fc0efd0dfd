// Package boosting holds the learner gradient_boosting: trees that are grown one after the other on histograms of binned features.
//
// A fit goes through the files in this order: gradient_boosting.go (hyper-parameters and the loop over the rounds), objective.go and the losses (what is minimised), sampling.go (rows of
// a round), gradients.go (whole numbers in place of gradients), grower.go with histogram.go, partition.go and split_finder.go (one tree), monotone.go (its constraints), validation.go (when to stop), ensemble.go (the
// trees laid out for walking), scorer.go (and for many rows at once), state.go (saved bytes).
package boosting
