package server

import (
	"context"

	"aibms/catalog"
	"aibms/learners/predictor"
)

// Predictor returns what PREDICT of that model answers with, for tests that compare it with the same prediction in Go.
func (s *Server) Predictor(name string) (*predictor.Predictor, *catalog.Model, error) {
	ref, err := catalog.ParseRef(name)
	if err != nil {
		return nil, nil, err
	}
	m, v, err := s.catalog.Snapshot().Resolve(ref, "")
	if err != nil {
		return nil, nil, err
	}
	p, err := s.env.Service.Predictors.Get(context.Background(), m, v)
	return p, m, err
}

// PointsAnswered counts the executions that were answered without the engine.
func (s *Server) PointsAnswered() int64 { return s.points.Answered() }

// Predictions counts the rows that were predicted.
func (s *Server) Predictions() int64 { return s.functions.Predictions.Load() }
