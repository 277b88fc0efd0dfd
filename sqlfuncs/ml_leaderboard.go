package sqlfuncs

import (
	"time"

	"github.com/dolthub/go-mysql-server/sql"

	"aibms/learners"
	"aibms/server/lifecycle"
	"aibms/server/sqlerr"
)

// mlLeaderboard is ml_leaderboard('m' [, version]): the learners that were tried for a version, the chosen one first, then those that were not ranked, in the order of their trial.
var mlLeaderboard = &tableFunction{
	name: "ml_leaderboard", usage: "a model, and the number of a version: ('model' [, version])", most: 2, number: "version",
	schema: schemaOf("ml_leaderboard", integer("rank"), text("learner"), longText("settings"), text("metric"), real("mean"), real("spread"), real("baseline"), real("fit_ms"), text("status"), longText("error")),
	run: func(ctx *sql.Context, s *lifecycle.Service, c *tableCall) ([]sql.Row, error) {
		p, err := s.Predictors.Get(ctx, c.model, c.version)
		if err != nil {
			return nil, err
		}
		able, ok := learners.As[learners.Leaderboard](p.Model)
		if !ok {
			return nil, sqlerr.Errorf(sqlerr.WrongArguments, "ml_leaderboard: learner %s of model %s chooses among no others; auto does", c.version.Learner, c.model.SQLName())
		}
		times, err := s.Catalog.FitTimes(ctx, c.model.ID, c.version.Number)
		if err != nil {
			return nil, err
		}
		took := map[int]any{} // of each candidate, in milliseconds
		for _, x := range times {
			took[int(x.Part)] = float64(x.Took) / float64(time.Millisecond)
		}
		metric, candidates := able.Leaderboard()
		out := make([]sql.Row, len(candidates))
		for i, x := range candidates {
			var rank, settings, failure any
			if x.Status == learners.Ranked {
				rank = int64(i + 1)
			}
			if x.Settings != "" {
				settings = x.Settings
			}
			if x.Error != "" {
				failure = x.Error
			}
			out[i] = sql.NewRow(rank, x.Learner, settings, metric, number(x.Mean), number(x.Spread), number(x.Baseline), took[x.Number], x.Status, failure)
		}
		return out, nil
	},
}
