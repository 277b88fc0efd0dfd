package server

import (
	"context"

	"aibms/catalog"
	"aibms/learners/predictor"
	"aibms/server/lifecycle"
	"aibms/server/mlsql"
	"aibms/server/rows"
)

// Train trains a model in an internal session, without a client; what ends ctx ends it.
func (s *Server) Train(ctx context.Context, model string, progress lifecycle.Progress) error {
	ref, err := catalog.ParseRef(model)
	if err != nil {
		return err
	}
	m, err := s.catalog.Snapshot().Lookup(ref, "")
	if err != nil {
		return err
	}
	session, release, err := (&store{s.Engine}).Privileged(ctx, "train "+model)
	if err != nil {
		return err
	}
	defer release()
	_, err = s.env.Service.Train(rows.WithSession(session), "root@localhost", m, &mlsql.TrainModel{}, progress)
	return err
}

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
