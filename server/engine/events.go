package engine

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/dolthub/go-mysql-server/eventscheduler"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/rowexec"
	"github.com/dolthub/go-mysql-server/sql/transform"

	"github.com/dolthub/dolt/go/libraries/doltcore/doltdb"

	"aibms/internal/safego"
)

// startEvents starts the event scheduler. The engine's own would run the body of an event in a goroutine that nobody guards: an event that panics would end the process.
func (e *Engine) startEvents() error {
	scheduler, err := eventscheduler.InitEventScheduler(e.gms.Analyzer, e.gms.BackgroundThreads, e.eventContext, eventscheduler.SchedulerOn, e.runEvent,
		int(e.config.EventPeriod/time.Second))
	if err != nil {
		return err
	}
	e.gms.EventScheduler = scheduler
	return nil
}

// eventContext makes a session for the scheduler or for an event.
func (e *Engine) eventContext() (*sql.Context, error) {
	ctx := context.WithValue(context.Background(), doltdb.EventSessionContextKey, true)
	s, err := e.dolt.NewDoltSession(ctx, sql.NewBaseSession())
	if err != nil {
		return nil, err
	}
	return e.dolt.ContextFactory(ctx, sql.WithSession(s)), nil
}

// runEvent runs the body of an event in db, in the name of its definer. create is the whole CREATE EVENT statement. The scheduler commits the transaction that it finds afterwards.
func (e *Engine) runEvent(ctx *sql.Context, db, create, user, address string) error {
	err := safego.Run(func() error {
		ctx.SetCurrentDatabase(db)
		ctx.Session.SetClient(sql.Client{User: user, Address: address})
		node, err := e.gms.AnalyzeQuery(ctx, create)
		if err != nil {
			return err
		}
		var event *plan.CreateEvent
		transform.InspectWithOpaque(node, func(n sql.Node) bool {
			if c, ok := n.(*plan.CreateEvent); ok {
				event = c
			}
			return event == nil
		})
		if event == nil {
			return errors.New("the stored statement creates no event")
		}
		iter, err := e.gms.Analyzer.ExecBuilder.Build(ctx, event.DefinitionNode, nil)
		if err != nil {
			return err
		}
		if iter, _, err = rowexec.FinalizeIters(ctx, event.DefinitionNode, nil, iter); err != nil {
			return err
		}
		_, err = sql.RowIterToRows(ctx, iter)
		return err
	})
	var p *safego.PanicError
	if errors.As(err, &p) {
		slog.Error("an event panicked", "database", db, "definer", user+"@"+address, "panic", p.Value, "stack", string(p.Stack))
	}
	if err != nil || ctx.GetTransaction() != nil {
		return err
	}
	return begin(ctx) // the body has committed its own
}

// begin starts a transaction in a session that has none.
func begin(ctx *sql.Context) error {
	ts, ok := ctx.Session.(sql.TransactionSession)
	if !ok || ctx.GetTransaction() != nil {
		return nil
	}
	tx, err := ts.StartTransaction(ctx, sql.ReadWrite)
	if err != nil {
		return err
	}
	ctx.SetTransaction(tx)
	return nil
}
