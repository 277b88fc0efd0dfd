package rows

import (
	"context"

	"github.com/dolthub/go-mysql-server/sql"
)

// sessionKey finds the sessions of a context.
type sessionKey struct{}

// sessions are the SQL sessions that work on one statement: the caller's, and those with all rights that were opened for it.
type sessions struct {
	current *sql.Context
	outer   *sessions
}

// WithSession returns a context that carries a statement's session to the methods of Reader, through whatever deadlines are put around it.
func WithSession(ctx *sql.Context) context.Context {
	outer, _ := ctx.Value(sessionKey{}).(*sessions)
	return context.WithValue(ctx, sessionKey{}, &sessions{ctx, outer})
}

// sqlContext is the session's context that ctx is or carries; it ends when ctx does.
func sqlContext(ctx context.Context) *sql.Context {
	if c, ok := ctx.(*sql.Context); ok {
		return c
	}
	s, ok := ctx.Value(sessionKey{}).(*sessions)
	if !ok {
		panic("rows: the context carries no session")
	}
	return s.current.WithContext(ctx)
}

// Privileged implements lifecycle.Reader.
func (r *Reader) Privileged(ctx context.Context, label string) (context.Context, func(), error) {
	sc, release, err := r.store.Privileged(ctx, label)
	if err != nil {
		return nil, nil, err
	}
	return WithSession(sc), release, nil
}

// Aside implements lifecycle.Reader.
func (r *Reader) Aside(ctx context.Context, work func() error) error {
	s, _ := ctx.Value(sessionKey{}).(*sessions)
	for ; s != nil; s = s.outer {
		session := s.current.Session
		sql.SessionCommandEnd(session)
		defer sql.SessionCommandBegin(session)
	}
	return work()
}
