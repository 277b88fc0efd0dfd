// Package lifecycle is the life of a model, readable from top to bottom: resolve a definition, train a version, evaluate it, verify it. It knows learners,
// features, splits, metrics and the catalog, and nothing of the SQL engine: rows come through a Reader that the server supplies.
//
// The data path is train.go: SQL rows -> dataset -> split -> feature pipeline (fitted on the training rows alone) -> learner.Fit -> metrics ->
// artifact -> version.
package lifecycle

import (
	"aibms/catalog"
	"aibms/learners"
)

// Service runs the lifecycle of models. It is safe for concurrent use.
type Service struct {
	Catalog    *catalog.Catalog
	Registry   *learners.Registry
	Reader     Reader
	Predictors *Predictors
	MaxMemory  int64 // bytes that one training may hold unless WITH (max_memory = ...) says otherwise; 0: no limit
	Workers    int   // goroutines that a Fit may use: one core is left to those who ask for predictions
}
