package sqlfuncs

import (
	"cmp"
	"io"
	"sync"

	"github.com/dolthub/go-mysql-server/sql"

	"aibms/internal/safego"
)

// ahead makes blocks in other goroutines, a few before they are asked for, and gives them in their order: of n makers the i-th makes the i-th of every n blocks.
type ahead struct {
	makers []*maker
	turn   int // whose block is next
	stop   chan struct{}
	ended  sync.WaitGroup
}

// madeAhead is how many blocks of each maker wait at most: enough for its goroutine to go on when another program has the processor of the reader.
const madeAhead = 6

// maker is one of the goroutines.
type maker struct {
	blocks chan block
	done   chan struct{} // closed when it has ended; err is set then
	err    error
}

// start starts a goroutine for each of the functions, which it calls until they give an error or ctx ends.
func start(ctx *sql.Context, makes []func(ctx *sql.Context) block) *ahead {
	a := &ahead{stop: make(chan struct{})}
	for _, next := range makes {
		m := &maker{blocks: make(chan block, madeAhead), done: make(chan struct{})}
		a.makers = append(a.makers, m)
		a.ended.Add(1)
		safego.Go(func() error { return m.run(ctx, a.stop, next) }, func(err error) {
			m.err = err
			close(m.done)
			a.ended.Done()
		})
	}
	return a
}

func (m *maker) run(ctx *sql.Context, stop chan struct{}, next func(ctx *sql.Context) block) error {
	for {
		b := next(ctx)
		select {
		case m.blocks <- b:
		case <-stop:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
		if b.err != nil {
			return nil
		}
	}
}

// next is the next block. After one with an error there is none.
func (a *ahead) next() block {
	m := a.makers[a.turn]
	a.turn = (a.turn + 1) % len(a.makers)
	select {
	case b := <-m.blocks:
		return b
	case <-m.done:
	}
	select { // the last one may have come together with the end
	case b := <-m.blocks:
		return b
	default:
		return block{err: cmp.Or(m.err, io.EOF)}
	}
}

// end stops the goroutines and waits for them.
func (a *ahead) end() {
	close(a.stop)
	a.ended.Wait()
}
