// Package catalog keeps what the server knows about models: declarations, versions, settings, features, metrics, aliases, deployments, artifacts. It stores; it
// knows no algorithm and no SQL engine.
//
// The types are Catalog (the one writer), Snapshot (what readers see: immutable, in memory), Model, Version and Deployment (what is in it), Ref (a
// name as 'db.m@3'), and DB (the storage, which the server supplies). The tables are in schema.sql.
//
// Every change is one transaction and one storage commit, made by one writer at a time: storage first, then a new Snapshot is published through an atomic
// pointer. So what was acknowledged survives a crash, readers never wait, and there is nothing to merge: version numbers, ids and the history of
// deployments are sequences that the writer hands out. After a write that failed the tables are read again before anything else is done, so memory and
// storage agree even when the storage did commit.
package catalog

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"aibms/learners"
)

// Catalog is the one writer of the catalog's tables and the source of Snapshots. It is safe for concurrent use.
type Catalog struct {
	db      DB
	engine  string // version of the server, for the versions that it trains
	now     func() time.Time
	snap    atomic.Pointer[Snapshot]
	uploads uploads
	gate    chan struct{} // has room for one: whoever put something in is the writer
	stale   bool          // the last write failed, so memory may differ from storage; for the writer only
}

// Offers is what this build of the server offers. It is kept in tables so that it can be queried.
type Offers struct {
	Learners *learners.Registry
	Metrics  []MetricOffer // in the order to be shown
}

// MetricOffer describes a metric.
type MetricOffer struct {
	Name           string
	Aliases        []string
	Tasks          []learners.Task
	HigherIsBetter bool
	Doc            string // one sentence
}

// Open reads the catalog. On the first start it makes the tables; tables of an older release are migrated, those of a newer one refused (ErrNewerSchema)
// without a write. Versions that a crash left TRAINING become INTERRUPTED, artifacts that no version uses are removed, and the tables of what the
// server offers are written when they differ.
func Open(ctx context.Context, db DB, engineVersion string, offers Offers) (*Catalog, error) {
	return open(ctx, db, engineVersion, offers, time.Now)
}

func open(ctx context.Context, db DB, engineVersion string, offers Offers, now func() time.Time) (*Catalog, error) {
	if err := prepareSchema(ctx, db, migrations); err != nil {
		return nil, err
	}
	c := &Catalog{db: db, engine: engineVersion, now: now, gate: make(chan struct{}, 1)}
	s, err := load(ctx, db)
	if err != nil {
		return nil, fmt.Errorf("read the catalog: %w", err)
	}
	s.epoch = 1
	c.snap.Store(s)
	for _, step := range []func(context.Context) error{
		c.interruptTraining,
		c.sweepArtifacts,
		func(ctx context.Context) error { return c.writeOffers(ctx, offers) },
	} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Snapshot returns the catalog as it is now. It never waits.
func (c *Catalog) Snapshot() *Snapshot { return c.snap.Load() }

// time is the present, as precise as it is stored.
func (c *Catalog) time() time.Time { return c.now().UTC().Truncate(time.Microsecond) }

// lock makes the caller the writer, or fails when ctx ends first or the storage cannot be read.
func (c *Catalog) lock(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case c.gate <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	if c.stale {
		if err := c.reload(ctx); err != nil {
			c.unlock()
			return fmt.Errorf("read the catalog after a failed write: %w", err)
		}
	}
	return nil
}

func (c *Catalog) unlock() { <-c.gate }

// reload makes memory what storage is. Writer only.
func (c *Catalog) reload(ctx context.Context) error {
	s, err := load(context.WithoutCancel(ctx), c.db)
	if err != nil {
		return err
	}
	s.epoch = c.snap.Load().epoch + 1
	c.snap.Store(s)
	c.stale = false
	return nil
}

// write makes one storage commit. Once begun it is not cancelled, so that there is no commit of which nobody knows whether it took place. Writer only.
func (c *Catalog) write(ctx context.Context, message string, statements []Statement) error {
	c.stale = true // also when Write panics
	if err := c.db.Write(context.WithoutCancel(ctx), message, statements); err != nil {
		if reloadErr := c.reload(ctx); reloadErr != nil {
			return fmt.Errorf("%s: write the catalog: %w (reading it again failed too: %v)", message, err, reloadErr)
		}
		return fmt.Errorf("%s: write the catalog: %w", message, err)
	}
	c.stale = false
	return nil
}

// change is one event: what is written, and the snapshot that is then published.
type change struct {
	message    string
	statements []Statement
	next       *Snapshot
}

// apply runs one change as the writer. plan looks at the present snapshot and says what to do; it must not keep anything of its own.
func (c *Catalog) apply(ctx context.Context, plan func(s *Snapshot) (change, error)) error {
	if err := c.lock(ctx); err != nil {
		return err
	}
	defer c.unlock()
	ch, err := plan(c.snap.Load())
	if err != nil {
		return err
	}
	if err := c.write(ctx, ch.message, ch.statements); err != nil {
		return err
	}
	c.snap.Store(ch.next)
	return nil
}

// applyTo runs one change of one model. plan gets a copy of it to alter; what it returns is written.
func (c *Catalog) applyTo(ctx context.Context, find func(*Snapshot) (*Model, error), plan func(m *Model) (message string, statements []Statement, err error)) (*Model, error) {
	var m *Model
	err := c.apply(ctx, func(s *Snapshot) (change, error) {
		old, err := find(s)
		if err != nil {
			return change{}, err
		}
		altered := *old
		m = &altered
		message, statements, err := plan(m)
		if err != nil {
			return change{}, err
		}
		return change{message, statements, s.with(m)}, nil
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}

// named finds a model by name.
func named(database, name string) func(*Snapshot) (*Model, error) {
	return func(s *Snapshot) (*Model, error) {
		if database == "" {
			return nil, checkDatabase(database)
		}
		return s.find(database, name)
	}
}

// withID finds a model by id.
func withID(id int64) func(*Snapshot) (*Model, error) {
	return func(s *Snapshot) (*Model, error) {
		if m, ok := s.ModelByID(id); ok {
			return m, nil
		}
		return nil, faultf(ErrNoModel, "the model does not exist any more; it was dropped meanwhile")
	}
}
