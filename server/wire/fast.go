package wire

import (
	"context"

	"github.com/dolthub/vitess/go/mysql"
	"github.com/dolthub/vitess/go/sqltypes"
)

// Fast answers executions of some prepared statements in the engine's place, without planning them again.
type Fast interface {
	// Prepare is asked when the engine has prepared a statement that Hooks.Mentions accepts. It returns nil for a statement that it never answers.
	Prepare(c *mysql.Conn, p *mysql.PrepareData) FastStatement
}

// FastStatement is what Fast knows of one prepared statement of one connection. Its calls do not overlap. It goes with the statement and the connection.
type FastStatement interface {
	// Execute answers one execution as the engine would: the result, the status of the connection, the session's warnings and counters. handled is false when the engine has to
	// answer: then nothing has happened that the engine's execution would show. The result is valid until the next call.
	Execute(ctx context.Context, c *mysql.Conn, p *mysql.PrepareData) (result *sqltypes.Result, handled bool, err error)
}

// prepared is what the handler knows of one prepared statement.
type prepared struct {
	epoch uint64        // at which it was prepared
	fast  FastStatement // nil: the engine executes it
}

// fast tries the way past the engine of a statement that is not stale. handled is false when the engine has to execute it.
func (h *Handler) fast(ctx context.Context, c *mysql.Conn, p *mysql.PrepareData, send func(*sqltypes.Result) error) (handled bool, err error) {
	statement := h.fastStatement(c, p)
	if statement == nil {
		return false, nil
	}
	result, handled, err := statement.Execute(ctx, c, p)
	if err != nil || !handled {
		return handled, err
	}
	return true, send(result)
}

// fastStatement is what Fast knows of a statement that is not stale; nil when that is nothing.
func (h *Handler) fastStatement(c *mysql.Conn, p *mysql.PrepareData) FastStatement {
	if h.options.Fast == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	k := h.conns[c.ConnectionID]
	if k == nil {
		return nil
	}
	s := k.prepared[p]
	if s.fast == nil || s.epoch != h.options.Hooks.Epoch() {
		return nil
	}
	return s.fast
}
