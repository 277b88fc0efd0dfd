// Package ensemble holds the learners that are made of other learners: voting, stacking and auto, which chooses one of them. They get the learners that they may use as a Registry, which holds none of
// themselves: an ensemble is not made of ensembles.
//
// Their parts are choices (choice.go: a learner with settings, as a user writes it), fitted on rows (prepared.go: as they are, filled, standardised, with columns of 0 and 1 for categories:
// what each would get alone) to parts (part.go: a model, and how its features are made). Where rows are parted, their places come from what they hold (places.go), so that the order of
// rows changes nothing and copies of a row stay together.
package ensemble
