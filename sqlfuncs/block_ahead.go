package sqlfuncs

import (
	"cmp"
	"io"

	"github.com/dolthub/go-mysql-server/sql"

	"aibms/internal/safego"
)

// ahead makes blocks in another goroutine, in their order, a few before they are asked for.
type ahead struct {
	blocks chan block
	stop   chan struct{}
	ended  chan struct{} // closed when the goroutine has ended; err is set then
	err    error
}

// start calls next again and again until it gives an error or ctx ends.
func start(ctx *sql.Context, next func(ctx *sql.Context) block) *ahead {
	a := &ahead{blocks: make(chan block, 2), stop: make(chan struct{}), ended: make(chan struct{})}
	safego.Go(func() error {
		for {
			b := next(ctx)
			select {
			case a.blocks <- b:
			case <-a.stop:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
			if b.err != nil {
				return nil
			}
		}
	}, func(err error) {
		a.err = err
		close(a.ended)
	})
	return a
}

// next is the next block. After one with an error there is none.
func (a *ahead) next() block {
	select {
	case b := <-a.blocks:
		return b
	case <-a.ended:
	}
	select { // the last ones may have come together with the end
	case b := <-a.blocks:
		return b
	default:
	}
	return block{err: cmp.Or(a.err, io.EOF)}
}

// end stops the goroutine and waits for it.
func (a *ahead) end() {
	close(a.stop)
	<-a.ended
}
