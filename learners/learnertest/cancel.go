package learnertest

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"aibms/learners"
)

// endsAfter is a context that ends when it has been asked a given number of times: cancellation at an exact point, whatever the machine.
type endsAfter struct {
	context.Context
	left atomic.Int64
	done chan struct{}
}

func newEndsAfter(asks int64) *endsAfter {
	c := &endsAfter{Context: context.Background(), done: make(chan struct{})}
	c.left.Store(asks)
	return c
}

func (c *endsAfter) Err() error {
	switch left := c.left.Add(-1); {
	case left == 0:
		close(c.done)
		return context.Canceled
	case left < 0:
		return context.Canceled
	}
	return nil
}

func (c *endsAfter) Done() <-chan struct{}       { return c.done }
func (c *endsAfter) Deadline() (time.Time, bool) { return time.Time{}, false }

// cancelled demands the context's error wherever in the Fit the context ends, and that a Fit asks its context more than a few times.
func (s suite) cancelled(t *testing.T) {
	e := sample(s.task, 3000, 8, 10)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.fit(ctx, e); !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context Fit returned %v", err)
	}
	late, cancelLate := context.WithDeadline(context.Background(), time.Unix(0, 0))
	defer cancelLate()
	if _, err := s.fit(late, e); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("after its deadline Fit returned %v", err)
	}
	finished := false
	for asks := int64(1); asks < 1<<20 && !finished; asks += 1 + asks/3 {
		switch _, err := s.fit(newEndsAfter(asks), e); {
		case err == nil:
			finished = true
			if asks < 3 {
				t.Errorf("Fit asked its context only %d times", asks)
			}
		case !errors.Is(err, context.Canceled):
			t.Fatalf("with a context that ended at question %d Fit returned %v", asks, err)
		}
	}
	if !finished {
		t.Error("Fit asked its context a million times for 3000 rows")
	}
	ctx, cancel = context.WithCancel(context.Background())
	defer cancel()
	ended := false
	env := learners.Env{Task: s.task, Seed: 42, Workers: 2, Progress: func(done, total int, loss float64) {
		if done < total {
			ended = true
			cancel()
		}
	}}
	if _, err := s.fitIn(ctx, e, env); ended && !errors.Is(err, context.Canceled) {
		t.Errorf("when progress ended the context Fit returned %v", err)
	}
}

func (s suite) progress(t *testing.T) {
	before, calls := -1, 0
	env := learners.Env{Task: s.task, Seed: 42, Workers: 2, Progress: func(done, total int, loss float64) {
		calls++
		if done < 0 || done > total || done < before {
			t.Errorf("progress %d of %d after %d", done, total, before)
		}
		before = done
	}}
	if _, err := s.fitIn(context.Background(), sample(s.task, 500, 5, 11), env); err != nil {
		t.Fatal(err)
	}
	if calls == 0 {
		t.Error("progress was never reported")
	}
}
