// Package safego starts goroutines that can never end the process: a panic becomes an error.
//
// A panic in a bare goroutine kills a Go process, and with it every client of the server. So the tree has no bare `go` statement
// (tests/lint_test.go sees to it): a goroutine is started by Go, or by a Group when its end is waited for.
package safego

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
)

// PanicError is the error that a recovered panic becomes.
type PanicError struct {
	Value any    // what panic was called with
	Stack []byte // the stack of the goroutine that panicked
}

func (e *PanicError) Error() string { return fmt.Sprintf("internal error: %v", e.Value) }

// Run calls f and returns its error, or a *PanicError when f panics.
func Run(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	return f()
}

// Go runs f in a goroutine of its own. done, when not nil, is called there with f's error or the *PanicError of its panic.
func Go(f func() error, done func(error)) {
	go func() {
		err := Run(f)
		if done != nil {
			done(err)
		}
	}()
}

// Group runs functions in goroutines of their own and waits for all. The first error by order of Go calls wins, so that the outcome does not
// depend on timing. The zero Group is ready; it must not be copied.
type Group struct {
	wg   sync.WaitGroup
	mu   sync.Mutex
	errs []error
}

// Go starts f.
func (g *Group) Go(f func() error) {
	g.mu.Lock()
	slot := len(g.errs)
	g.errs = append(g.errs, nil)
	g.mu.Unlock()
	g.wg.Add(1)
	Go(f, func(err error) {
		g.mu.Lock()
		g.errs[slot] = err
		g.mu.Unlock()
		g.wg.Done()
	})
}

// Wait waits for all functions and returns the error of the first that failed, in the order in which they were started.
func (g *Group) Wait() error {
	g.wg.Wait()
	for _, err := range g.errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// Chunks calls f(chunk, lo, hi) for the consecutive ranges of at most size items that make up [0, n), on up to workers goroutines. The ranges do not
// depend on workers, so that a caller who combines results in the order of chunk gets the same bits on any number of cores. It stops
// early, with the context's error, when ctx ends.
func Chunks(ctx context.Context, n, size, workers int, f func(chunk, lo, hi int) error) error {
	chunks := (n + size - 1) / size
	if workers > chunks {
		workers = chunks
	}
	if workers <= 1 {
		for c := 0; c < chunks; c++ {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := f(c, c*size, min(n, (c+1)*size)); err != nil {
				return err
			}
		}
		return nil
	}
	var next sync.Mutex
	at := 0
	var g Group
	for w := 0; w < workers; w++ {
		g.Go(func() error {
			for {
				next.Lock()
				c := at
				at++
				next.Unlock()
				if c >= chunks {
					return nil
				}
				if err := ctx.Err(); err != nil {
					return err
				}
				if err := f(c, c*size, min(n, (c+1)*size)); err != nil {
					return err
				}
			}
		})
	}
	return g.Wait()
}
