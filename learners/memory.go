package learners

import (
	"fmt"

	"aibms/learners/data"
)

// Shape is what the memory of a fit depends on beside the settings: how much data there are, and what is gone on from.
type Shape struct {
	Rows, Features int
	Classes        int   // K; 0 without classes
	Targets        int   // numbers that are predicted: at least 1 of a regression, else 0
	Categories     []int // as in data.Examples
	First          Model // that FitFrom goes on from; nil: Fit begins anew
}

// ShapeOf is the shape of a Fit on e.
func ShapeOf(e *data.Examples) Shape {
	s := Shape{Classes: len(e.Classes), Categories: e.Categories}
	s.Rows, s.Features = e.Dims()
	if s.Classes == 0 && e.Y != nil {
		s.Targets = e.Outputs()
	}
	return s
}

// Outputs is how many numbers the prediction of a row has: K, or one for each target; 1 without a target.
func (s Shape) Outputs() int {
	if s.Classes > 0 {
		return s.Classes
	}
	return max(1, s.Targets)
}

// Values is how many numbers tell the prediction of a row: one for two classes, else Outputs.
func (s Shape) Values() int {
	if s.Classes == 2 {
		return 1
	}
	return s.Outputs()
}

// MemoryEstimator is an optional ability of a Learner, asked between Declare and Fit.
type MemoryEstimator interface {
	// MemoryNeeded is how many bytes Fit, or FitFrom, holds at most beside its examples and the first model. A learner that can do with less when Env.Memory is short (a smaller cache) says the least.
	MemoryNeeded(Shape) int64
}

// CheckMemory refuses a fit that needs more bytes than it may hold; less says how the learner would need fewer.
func (e Env) CheckMemory(learner string, needed int64, less string) error {
	if e.Memory <= 0 || needed <= e.Memory {
		return nil
	}
	return fmt.Errorf("%s: it may need %d bytes of memory beside the rows, and %d are allowed; %s", learner, needed, e.Memory, less)
}
