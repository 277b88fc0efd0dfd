package learnertest_test

import (
	"testing"

	"aibms/learners/all"
	"aibms/learners/learnertest"
)

// laws are the learners that cannot keep the laws as closely as learnertest.Default demands.
var laws = map[string]learnertest.Laws{
	"decision_tree": {RowOrder: 1e-4, Weights: 1e-4, Hard: true},
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
