package rows

import "github.com/dolthub/go-mysql-server/sql"

// slot reads a position of the row that compiled expressions are evaluated on. It stands where the planner would put a GetField, but no planner rule takes it for a
// reference to a table.
type slot struct {
	at   int
	name string
	typ  sql.Type
}

// Slot returns an expression that reads position at of a row.
func Slot(at int, name string, typ sql.Type) sql.Expression { return &slot{at, name, typ} }

func (s *slot) Eval(_ *sql.Context, row sql.Row) (any, error) { return row[s.at], nil }
func (s *slot) Type() sql.Type                                { return s.typ }
func (s *slot) String() string                                { return s.name }
func (s *slot) Resolved() bool                                { return true }
func (s *slot) IsNullable() bool                              { return true }
func (s *slot) Children() []sql.Expression                    { return nil }

func (s *slot) WithChildren(children ...sql.Expression) (sql.Expression, error) {
	if len(children) != 0 {
		return nil, sql.ErrInvalidChildrenNumber.New(s, len(children), 0)
	}
	return s, nil
}
