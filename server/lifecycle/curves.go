package lifecycle

import (
	"context"

	"aibms/catalog"
	"aibms/learners"
	"aibms/learners/metric"
)

// Confusion is the confusion matrix of a version on some rows: Counts[actual][predicted], weighted.
type Confusion struct {
	Dataset string
	Classes []string
	Counts  [][]float64
}

// Confusion counts how often each class was predicted as which.
func (s *Service) Confusion(ctx context.Context, m *catalog.Model, v *catalog.Version, on Rows, threshold *float64) (*Confusion, error) {
	switch {
	case v.Task == learners.Regression:
		return nil, Errorf(ErrDefinition, "model %s predicts a number; a confusion matrix needs classes", m.Name)
	case !v.Task.Supervised():
		return nil, Errorf(ErrDefinition, "model %s is %s, which has no target to compare with; a confusion matrix needs classes", m.Name, aTask(v.Task))
	}
	l, err := s.label(ctx, m, v, on, threshold, nil)
	if err != nil {
		return nil, err
	}
	counts, err := metric.ConfusionMatrix(input(l.pr, l.scores, nil, l.actual.Y, l.weights))
	if err != nil {
		return nil, Errorf(ErrData, "%v", err)
	}
	return &Confusion{l.dataset, l.pr.Classes, counts}, nil
}

// ROC is the receiver operating characteristic of a binary version on some rows.
func (s *Service) ROC(ctx context.Context, m *catalog.Model, v *catalog.Version, on Rows) ([]metric.ROCPoint, error) {
	switch {
	case !v.Task.Supervised():
		return nil, Errorf(ErrDefinition, "model %s is %s, which has no target to compare with; a ROC curve needs two classes", m.Name, aTask(v.Task))
	case v.Task != learners.Binary:
		return nil, Errorf(ErrDefinition, "model %s is %s; a ROC curve needs two classes", m.Name, aTask(v.Task))
	}
	l, err := s.label(ctx, m, v, on, nil, nil)
	if err != nil {
		return nil, err
	}
	points, err := metric.ROCCurve(input(l.pr, l.scores, nil, l.actual.Y, l.weights))
	if err != nil {
		return nil, Errorf(ErrData, "%v", err)
	}
	return points, nil
}
