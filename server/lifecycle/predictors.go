package lifecycle

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"sync"

	"aibms/catalog"
	"aibms/learners"
	"aibms/learners/artifact"
	"aibms/learners/predictor"
)

// Predictors loads the predictors of versions and keeps those in memory that were used last. An artifact is read, checked against its hash and decoded once,
// however many statements ask at the same time. It is safe for concurrent use.
type Predictors struct {
	catalog  *catalog.Catalog
	registry *learners.Registry
	capacity int64 // bytes of artifacts

	mu      sync.Mutex
	entries map[string]*list.Element // by artifact hash
	recent  *list.List               // of *entry, most recently used first
	size    int64
}

type entry struct {
	hash      string
	bytes     int64
	loaded    chan struct{} // closed when predictor and err are set
	predictor *predictor.Predictor
	err       error
}

// NewPredictors returns an empty cache that keeps at most capacity bytes of artifacts besides the ones in use.
func NewPredictors(c *catalog.Catalog, registry *learners.Registry, capacity int64) *Predictors {
	return &Predictors{catalog: c, registry: registry, capacity: capacity, entries: map[string]*list.Element{}, recent: list.New()}
}

// Get returns the predictor of a READY version. A damaged artifact marks the version CORRUPT, and is an error each time.
func (p *Predictors) Get(ctx context.Context, m *catalog.Model, v *catalog.Version) (*predictor.Predictor, error) {
	p.mu.Lock()
	if at, ok := p.entries[v.ArtifactHash]; ok {
		p.recent.MoveToFront(at)
		p.mu.Unlock()
		e := at.Value.(*entry)
		select {
		case <-e.loaded:
			return e.predictor, e.err
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	e := &entry{hash: v.ArtifactHash, bytes: v.ArtifactBytes, loaded: make(chan struct{})}
	p.entries[e.hash] = p.recent.PushFront(e)
	p.size += e.bytes
	p.evict()
	p.mu.Unlock()

	// loading is not tied to the statement that happens to be first: others wait for it
	load := context.WithoutCancel(ctx)
	e.predictor, e.err = p.load(load, m, v)
	if e.err != nil {
		p.forget(e.hash)
	}
	close(e.loaded)
	return e.predictor, e.err
}

func (p *Predictors) load(ctx context.Context, m *catalog.Model, v *catalog.Version) (*predictor.Predictor, error) {
	b, err := p.catalog.Artifact(ctx, v.ArtifactHash)
	var out *predictor.Predictor
	if err == nil {
		out, err = predictor.Decode(p.registry, b)
	}
	if errors.Is(err, catalog.ErrCorrupt) || errors.Is(err, artifact.ErrCorrupt) {
		if _, markErr := p.catalog.MarkCorrupt(ctx, m.ID, v.Number, err.Error()); markErr != nil {
			err = errors.Join(err, markErr)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("model %s version %d cannot be loaded: %w", m.Name, v.Number, err)
	}
	return out, nil
}

func (p *Predictors) evict() {
	for p.size > p.capacity && p.recent.Len() > 1 {
		last := p.recent.Back()
		e := last.Value.(*entry)
		select {
		case <-e.loaded:
		default:
			return // still loading: its waiters hold it
		}
		p.recent.Remove(last)
		delete(p.entries, e.hash)
		p.size -= e.bytes
	}
}

func (p *Predictors) forget(hash string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if at, ok := p.entries[hash]; ok {
		p.recent.Remove(at)
		delete(p.entries, hash)
		p.size -= at.Value.(*entry).bytes
	}
}

// LoadDeployed loads every deployed version, so that the first PREDICT after a start is as fast as any other. It returns what could not be loaded.
func (p *Predictors) LoadDeployed(ctx context.Context) []error {
	var errs []error
	for _, m := range p.catalog.Snapshot().Models("") {
		if v, ok := m.Version(m.Deployed()); ok && v.Status == catalog.Ready {
			if _, err := p.Get(ctx, m, v); err != nil {
				errs = append(errs, err)
			}
		}
	}
	return errs
}
