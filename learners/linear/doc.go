// Package linear holds the learners whose prediction is a linear function of the features: one file a learner, and the solvers that they share.
//
// The solvers see an objective (objective.go), which makes its passes over the rows through a design (design.go). Equal data, settings and seed give equal
// bits on any number of workers, on one processor architecture.
package linear
