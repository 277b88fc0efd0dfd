package sqlfuncs

import (
	"strings"
	"sync"

	"github.com/dolthub/go-mysql-server/sql"

	"aibms/server/sqlerr"
)

// deferred is a call whose model is not known while the statement is planned: PREDICT(?, ...) before its execution, or a name that an expression gives. Its
// columns are positional or a JSON object, since nothing can be found by name for a model that is not known; PREDICT is text.
type deferred struct {
	functions *Functions
	output    output
	args      []sql.Expression
	calls     *calls
}

// calls are the calls of the models that a deferred one has met.
type calls struct {
	mu     sync.Mutex
	byName map[string]sql.Expression
}

func newCalls() *calls { return &calls{byName: map[string]sql.Expression{}} }

var _ sql.FunctionExpression = (*deferred)(nil)

func (d *deferred) Eval(ctx *sql.Context, row sql.Row) (any, error) {
	v, err := d.args[0].Eval(ctx, row)
	if err != nil || v == nil {
		return nil, err
	}
	name, ok := v.(string)
	if !ok {
		return nil, sqlerr.Errorf(sqlerr.WrongArguments, "%s: the name of a model is wanted, got %v", d.output, v)
	}
	c, err := d.call(ctx, name)
	if err != nil {
		return nil, err
	}
	out, err := c.Eval(ctx, row)
	if err != nil || out == nil || d.output != label {
		return out, err
	}
	value, err := c.Type().SQL(ctx, nil, out)
	return value.ToString(), err
}

func (d *deferred) call(ctx *sql.Context, name string) (sql.Expression, error) {
	d.calls.mu.Lock()
	defer d.calls.mu.Unlock()
	if c, ok := d.calls.byName[name]; ok {
		return c, nil
	}
	m, err := d.functions.resolve(ctx, d.output, name)
	if err != nil {
		return nil, err
	}
	c, err := d.functions.bindPositional(ctx, d.output, m, d.args[1:])
	if err == nil {
		d.calls.byName[name] = c
	}
	return c, err
}

func (d *deferred) String() string {
	return d.output.String() + "(" + strings.Join(texts(d.args), ", ") + ")"
}

func (d *deferred) Resolved() bool             { return resolved(d.args) }
func (d *deferred) Type() sql.Type             { return d.output.typeOf() }
func (d *deferred) FunctionName() string       { return strings.ToLower(d.output.String()) }
func (d *deferred) Description() string        { return "predicts with a model that is known at execution" }
func (d *deferred) IsNullable() bool           { return true }
func (d *deferred) Children() []sql.Expression { return d.args }

func (d *deferred) WithChildren(args ...sql.Expression) (sql.Expression, error) {
	if len(args) != len(d.args) {
		return nil, sql.ErrInvalidChildrenNumber.New(d, len(args), len(d.args))
	}
	return &deferred{functions: d.functions, output: d.output, args: args, calls: newCalls()}, nil
}
