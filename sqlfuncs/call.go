package sqlfuncs

import (
	"strings"
	"sync"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"
	"gonum.org/v1/gonum/mat"

	"aibms/learners/feature"
	"aibms/server/mlsql"
	"aibms/server/sqlerr"
)

// output is what a function of the PREDICT family gives of a prediction.
type output uint8

const (
	label       output = iota // PREDICT: the class or value, of the target's SQL type
	probability               // PREDICT_PROBA: the probability of a class
	everything                // PREDICT_ALL: a JSON object
)

var outputNames = [...]string{"PREDICT", "PREDICT_PROBA", "PREDICT_ALL"}

func (o output) String() string { return outputNames[o] }

func outputOf(name string) (output, bool) {
	for i, n := range outputNames {
		if strings.EqualFold(n, name) {
			return output(i), true
		}
	}
	return 0, false
}

// binding says where a call takes what it needs from.
type binding struct {
	text  string           // the call as SQL
	args  []sql.Expression // the columns of the model in order; with json, one JSON document
	json  bool
	class sql.Expression // whose probability; nil: the positive one
}

// call is one call of the PREDICT family with a model that is known while the statement is planned. It is immutable but for the pool of its working memory, and
// safe for concurrent use.
type call struct {
	functions *Functions
	output    output
	*deployed
	binding
	features *features
	answer   *answer
	scratch  *sync.Pool
}

// scratch is the working memory of one evaluation.
type scratch struct {
	read    []int      // the columns that are read, all but in a block that has some from elsewhere
	compute []int      // the inputs that are computed from them
	columns sql.Row    // values of the model's columns
	types   []sql.Type // of those values
	values  []feature.Value
	x, out  *mat.Dense // the features, 1 x p; what the model gives, 1 x K or 1 x 1
	decided [1]int32
}

var _ sql.FunctionExpression = (*call)(nil)

func (f *Functions) newCall(ctx *sql.Context, o output, d *deployed, b binding) (sql.Expression, error) {
	c := &call{functions: f, output: o, deployed: d, binding: b}
	var err error
	if c.answer, err = newAnswer(ctx, o, d, b.class); err != nil {
		return nil, err
	}
	if c.features, err = newFeatures(ctx, f.SQLCatalog, d.predictor); err != nil {
		return nil, err
	}
	p := d.predictor
	c.scratch = &sync.Pool{New: func() any {
		s := c.newScratch()
		s.x, s.out = mat.NewDense(1, len(p.Pipeline.Features()), nil), mat.NewDense(1, p.Outputs(), nil)
		return s
	}}
	return c, nil
}

// newScratch returns working memory for the inputs of a row.
func (c *call) newScratch() *scratch {
	columns, inputs := len(c.predictor.Columns), len(c.predictor.Pipeline.Inputs())
	s := &scratch{columns: make(sql.Row, columns), types: make([]sql.Type, columns), values: make([]feature.Value, inputs)}
	for i := range columns {
		s.read = append(s.read, i)
	}
	for i := range inputs {
		s.compute = append(s.compute, i)
	}
	return s
}

// Eval implements sql.Expression.
func (c *call) Eval(ctx *sql.Context, row sql.Row) (any, error) {
	class, err := c.answer.classOf(ctx, row, c.class)
	if err != nil || class == noClass {
		return nil, err
	}
	s := c.scratch.Get().(*scratch)
	defer c.scratch.Put(s)
	known, err := c.readColumns(ctx, row, s)
	if err != nil || !known {
		return nil, err
	}
	if err := c.features.inputs(ctx, s); err != nil {
		return nil, c.mismatch(err)
	}
	missing, err := c.predictor.Pipeline.TransformRow(s.values, s.x.RawRowView(0))
	if err != nil {
		return nil, sqlerr.Map(err)
	}
	if missing {
		c.warnMissing(ctx, c.lacking(s))
		return nil, nil
	}
	if err := c.predictor.Model.Predict(s.x, s.out); err != nil {
		return nil, sqlerr.Map(err)
	}
	c.functions.Predictions.Add(1)
	if c.answer.decides() {
		if err := c.predictor.Decide(s.x, s.out, c.model.Threshold, s.decided[:]); err != nil {
			return nil, sqlerr.Map(err)
		}
	}
	return c.answer.value(ctx, s.out.RawRowView(0), s.decided[0], class)
}

// warnMissing says why a prediction is NULL.
func (c *call) warnMissing(ctx *sql.Context, lacking string) {
	c.functions.warn(ctx, "model "+c.model.SQLName()+": a feature is NULL and nothing imputes it, so the prediction is NULL"+lacking)
}

// lacking names columns that a JSON object does not give, for the warning of a prediction that is NULL.
func (c *call) lacking(s *scratch) string {
	if !c.json {
		return ""
	}
	const most = 5
	var names []string
	for i, v := range s.columns {
		if v == nil {
			if names = append(names, c.features.columns[i].name); len(names) > most {
				names[most] = "..."
				break
			}
		}
	}
	if names == nil {
		return ""
	}
	return " (the JSON object has no value for " + strings.Join(names, ", ") + ")"
}

// readColumns fills the columns of the model from the row or the JSON document; known is false when that document is NULL.
func (c *call) readColumns(ctx *sql.Context, row sql.Row, s *scratch) (known bool, err error) {
	if !c.json {
		for _, i := range s.read {
			if s.columns[i], err = c.args[i].Eval(ctx, row); err != nil {
				return false, err
			}
			s.types[i] = c.args[i].Type()
		}
		return true, nil
	}
	v, err := c.args[0].Eval(ctx, row)
	if err != nil || v == nil {
		return false, err
	}
	known, err = c.features.document(ctx, v, s)
	return known, c.mismatch(err)
}

// mismatch makes a value that does not fit the model an error of the call.
func (c *call) mismatch(err error) error {
	if err == nil {
		return nil
	}
	return sqlerr.Errorf(sqlerr.FeatureMismatch, "%s('%s'): %v", c.output, c.name, err)
}

// String is valid SQL: the engine keeps it as a column's name.
func (c *call) String() string       { return c.text }
func (c *call) FunctionName() string { return strings.ToLower(c.output.String()) }
func (c *call) Description() string  { return "predicts with a deployed model" }
func (c *call) Type() sql.Type       { return c.answer.typ }
func (c *call) IsNullable() bool     { return true }
func (c *call) Resolved() bool       { return resolved(c.Children()) }

func (c *call) Children() []sql.Expression {
	if c.class == nil {
		return c.args
	}
	return append([]sql.Expression{c.class}, c.args...)
}

func (c *call) WithChildren(children ...sql.Expression) (sql.Expression, error) {
	if len(children) != len(c.Children()) {
		return nil, sql.ErrInvalidChildrenNumber.New(c, len(children), len(c.Children()))
	}
	bound := *c
	if c.class != nil {
		bound.class, children = children[0], children[1:]
	}
	bound.args = children
	return &bound, nil
}

func resolved(list []sql.Expression) bool {
	for _, e := range list {
		if !e.Resolved() {
			return false
		}
	}
	return true
}

// callText is a call as SQL that can be parsed again: the engine takes expressions of the same text for the same, and shows it where the user's own text is not known.
func callText(o output, name string, rest []string) string {
	return o.String() + "(" + strings.Join(append([]string{mlsql.QuoteString(name)}, rest...), ", ") + ")"
}

func texts(list []sql.Expression) []string {
	out := make([]string, len(list))
	for i, e := range list {
		out[i] = e.String()
	}
	return out
}

// typeOf is the SQL type of a function whose model is not known yet.
func (o output) typeOf() sql.Type {
	switch o {
	case probability:
		return types.Float64
	case everything:
		return types.JSON
	}
	return types.LongText
}
