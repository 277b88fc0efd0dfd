package sqlfuncs

import (
	"fmt"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/transform"
	"github.com/dolthub/go-mysql-server/sql/types"

	"aibms/server/sqlerr"
)

// summing are the aggregates that want a number, by the engine's names, and as SQL writes them.
var summing = map[string]string{"avg": "AVG", "sum": "SUM", "stddevpop": "STDDEV_POP", "stddevsamp": "STDDEV_SAMP", "varpop": "VAR_POP", "varsamp": "VAR_SAMP"}

// refuseSums is an error where an aggregate adds up predictions that are JSON: of a JSON object MySQL makes the number 0, and a mean of zeros looks like an answer.
func refuseSums(n sql.Node) (err error) {
	transform.InspectWithOpaque(n, func(n sql.Node) bool {
		e, ok := n.(sql.Expressioner)
		if !ok || err != nil {
			return err == nil
		}
		for _, e := range e.Expressions() {
			sql.Inspect(e, func(e sql.Expression) bool {
				f, ok := e.(sql.FunctionExpression)
				if !ok {
					return err == nil
				}
				if name, sums := summing[strings.ToLower(f.FunctionName())]; sums {
					for _, arg := range e.Children() {
						if c, ok := arg.(*call); ok && err == nil && types.IsJSON(c.Type()) {
							err = c.noSum(name)
						}
					}
				}
				return err == nil
			})
		}
		return err == nil
	})
	return err
}

// noSum says that an aggregate wants a number, and how to take one out of the JSON that the call gives.
func (c *call) noSum(aggregate string) error {
	what, path := "a JSON array", "$[0]"
	switch {
	case c.output == everything:
		what, path = "a JSON object", "$.prediction"
	case c.predictor.More != nil:
		what, path = "a JSON object of the targets "+targetNames(c.predictor), "$."+jsonKey(c.predictor.Target.Name)
	}
	return sqlerr.Errorf(sqlerr.WrongArguments, "%s: %s('%s') is %s, which cannot be added up; take a number out of it: %s(JSON_EXTRACT(%s, '%s'))", aggregate, c.output, c.name, what,
		aggregate, c.text, path)
}

// jsonKey is a key as a JSON path writes it.
func jsonKey(name string) string {
	for _, r := range name {
		if r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') {
			return fmt.Sprintf("%q", name)
		}
	}
	return name
}
