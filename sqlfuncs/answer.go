package sqlfuncs

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/planbuilder"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/shopspring/decimal"

	"aibms/learners"
	"aibms/learners/predictor"
	"aibms/server/rows"
	"aibms/server/sqlerr"
)

// answer turns what a model gives into the SQL value of a call. It is immutable.
type answer struct {
	output output
	*deployed
	typ    sql.Type    // of the value
	target sql.Type    // of a prediction: that of the model's target, or JSON
	fits   []targetFit // of the targets, where they are numbers
	names  []string    // of the classes, or the numbers of the clusters: 1, 2, ...
	labels []any       // the classes or clusters, or whether a row is unusual, as values of type target
	class  int         // code of the class whose probability is wanted; perRow when it is known by row alone, decided for the cluster of the row
}

const (
	noClass = -1 // the class is NULL
	perRow  = -2
	decided = -3
)

// newAnswer prepares the answers of a call. class is what the call says of the class whose probability it wants, nil when it says nothing.
func newAnswer(ctx *sql.Context, o output, d *deployed, class sql.Expression) (*answer, error) {
	p := d.predictor
	a := &answer{output: o, deployed: d, typ: o.typeOf(), target: sqlType(p.SQLType()), class: p.Positive}
	a.makeLabels(ctx)
	for _, t := range p.Targets() {
		a.fits = append(a.fits, targetFit{t.Name, newFitting(sqlType(t.SQLType))})
	}
	switch {
	case o == label:
		a.typ = a.target
	case o == everything:
	case p.More != nil:
		return nil, sqlerr.Errorf(sqlerr.WrongArguments, "PREDICT_PROBA: model %s predicts the numbers %s, which have no probability; use PREDICT", d.model.SQLName(), targetNames(p))
	case p.Task == learners.Regression:
		return nil, sqlerr.Errorf(sqlerr.WrongArguments, "PREDICT_PROBA: model %s predicts the number %s, which has no probability; use PREDICT", d.model.SQLName(), p.Target.Name)
	case p.Task == learners.Projection:
		return nil, sqlerr.Errorf(sqlerr.WrongArguments, "PREDICT_PROBA: model %s is a projection: it gives each row %d numbers, which have no probability; use PREDICT", d.model.SQLName(), p.Outputs())
	case p.Task == learners.Anomaly && class != nil:
		return nil, sqlerr.Errorf(sqlerr.WrongArguments, "PREDICT_PROBA: model %s detects anomalies: it gives each row one score and takes no class; leave %s out", d.model.SQLName(), class)
	case p.Task == learners.Anomaly:
		a.class = 0 // the score
	case p.Task == learners.Clustering && class == nil:
		a.class = decided
	case class == nil && len(p.Classes) != 2:
		return nil, sqlerr.Errorf(sqlerr.WrongArguments, "PREDICT_PROBA: model %s has %d classes; say whose probability: PREDICT_PROBA('%s', '%s')", d.model.SQLName(), len(p.Classes), d.name, p.Classes[0])
	case class != nil:
		a.class = perRow
		if literal, ok := class.(*expression.Literal); ok {
			var err error
			if a.class, err = a.classOf(ctx, nil, literal); err != nil {
				return nil, err
			}
		}
	}
	return a, nil
}

// targetFit is a predicted number: its name, and how it becomes a value.
type targetFit struct {
	name string
	fitting
}

// targetNames are the names of the targets for a sentence.
func targetNames(p *predictor.Predictor) string {
	var names []string
	for _, t := range p.Targets() {
		names = append(names, t.Name)
	}
	return strings.Join(names, ", ")
}

// makeLabels makes the classes values of the target's type; where one of them is none, the answers are text.
func (a *answer) makeLabels(ctx *sql.Context) {
	a.names = a.predictor.Classes
	switch a.predictor.Task {
	case learners.Anomaly:
		a.labels = []any{int8(0), int8(1)}
		return
	case learners.Clustering:
		for k := range a.predictor.Outputs() {
			a.names, a.labels = append(a.names, strconv.Itoa(k+1)), append(a.labels, int64(k+1))
		}
		return
	}
	for _, class := range a.names {
		v, inRange, err := a.target.Convert(ctx, class)
		if err != nil || inRange != sql.InRange {
			a.target, a.labels = types.LongText, nil
			for _, class := range a.names {
				a.labels = append(a.labels, class)
			}
			return
		}
		a.labels = append(a.labels, v)
	}
}

// classOf returns the code of the class whose probability is wanted; noClass when it is NULL.
func (a *answer) classOf(ctx *sql.Context, row sql.Row, class sql.Expression) (int, error) {
	if a.class != perRow {
		return a.class, nil
	}
	v, err := class.Eval(ctx, row)
	if err != nil || v == nil {
		return noClass, err
	}
	given, _, err := rows.Text(ctx, v, class.Type())
	if err != nil {
		return noClass, err
	}
	if code := slices.Index(a.names, given); code >= 0 {
		return code, nil
	}
	// another way to write the class: 1.0 or TRUE for 1
	if same, inRange, err := a.target.Convert(ctx, v); err == nil && inRange == sql.InRange {
		if text, _, err := rows.Text(ctx, same, a.target); err == nil {
			if code := slices.Index(a.names, text); code >= 0 {
				return code, nil
			}
		}
	}
	if a.predictor.Task == learners.Clustering {
		return noClass, sqlerr.Errorf(sqlerr.WrongArguments, "PREDICT_PROBA: model %s has no cluster %s; it has 1 to %d", a.model.SQLName(), given, len(a.names))
	}
	if len(a.names) == 0 {
		return 0, nil // a number has no classes: the caller has said so
	}
	return noClass, sqlerr.Errorf(sqlerr.WrongArguments, "PREDICT_PROBA: model %s has no class '%s'; it has: %s", a.model.SQLName(), given, strings.Join(a.names, ", "))
}

// decides tells whether the answer rests on a class or cluster that the predictor decides on.
func (a *answer) decides() bool {
	return a.predictor.Task.Decides() && (a.output != probability || a.class == decided)
}

// value is the answer for a row: out is what the model gave for it, code that of its class where the answer decides, class that of the class whose probability is
// wanted.
func (a *answer) value(ctx *sql.Context, out []float64, code int32, class int) (any, error) {
	switch {
	case a.output == everything:
		return a.document(ctx, out, code)
	case a.output == label:
		return a.prediction(ctx, out, code)
	case class == decided:
		return out[code], nil
	}
	return out[class], nil
}

// prediction is the predicted class or number, of the target's type; a JSON object of several numbers by the names of their targets; the number of the cluster; whether the row is unusual; or the numbers of a projection.
func (a *answer) prediction(ctx *sql.Context, out []float64, code int32) (any, error) {
	switch a.predictor.Task {
	case learners.Regression:
		if a.predictor.More != nil {
			return a.numbersByTarget(ctx, out)
		}
		return a.fits[0].fit(ctx, out[0])
	case learners.Projection:
		return types.JSONDocument{Val: numbers(out)}, nil
	}
	return a.labels[code], nil
}

// numbersByTarget is the JSON object of several targets. Each number is what the target's column could hold.
func (a *answer) numbersByTarget(ctx *sql.Context, out []float64) (any, error) {
	doc := make(map[string]any, len(a.fits))
	for k := range a.fits {
		v, err := a.fits[k].fit(ctx, out[k])
		if err != nil {
			return nil, err
		}
		doc[a.fits[k].name] = jsonNumber(v)
	}
	return types.JSONDocument{Val: doc}, nil
}

// jsonNumber is a number as JSON in a table holds it: of the integers the widest alone, and a double for a decimal, which else would not equal itself once it is stored.
func jsonNumber(v any) any {
	switch n := v.(type) {
	case int8:
		return int64(n)
	case int16:
		return int64(n)
	case int32:
		return int64(n)
	case uint8:
		return uint64(n)
	case uint16:
		return uint64(n)
	case uint32:
		return uint64(n)
	case float32:
		return float64(n)
	case decimal.Decimal:
		return n.InexactFloat64()
	}
	return v
}

// numbers is a JSON array.
func numbers(list []float64) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = v
	}
	return out
}

// document is the JSON object of PREDICT_ALL: prediction, probabilities of classes or clusters (NULL where there are none), score (of an anomaly alone), version, threshold
// (NULL when the learner's own rule decides), cached, fallback.
func (a *answer) document(ctx *sql.Context, out []float64, code int32) (any, error) {
	v, err := a.prediction(ctx, out, code)
	if err != nil {
		return nil, err
	}
	if projected, ok := v.(types.JSONDocument); ok {
		v = projected.Val
	} else if !types.IsNumber(a.target) || types.IsBit(a.target) {
		text, _, err := rows.Text(ctx, v, a.target)
		if err != nil {
			return nil, err
		}
		v = text
	} else {
		v = jsonNumber(v)
	}
	doc := map[string]any{"prediction": v, "probabilities": nil, "version": a.version.Number, "threshold": nil, "cached": false, "fallback": false}
	if len(a.names) > 0 {
		proba := map[string]any{}
		for i, name := range a.names {
			proba[name] = out[i]
		}
		doc["probabilities"] = proba
	}
	if a.predictor.Task == learners.Anomaly {
		doc["score"] = out[0]
	}
	if t := a.model.Threshold; t != nil && a.predictor.Task.Thresholded() {
		doc["threshold"] = *t
	}
	return types.JSONDocument{Val: doc}, nil
}

// fitting makes predicted numbers values of an SQL type: rounded to what the type can hold, halves away from zero, and at the nearest end of the type's range where it
// lies beyond.
type fitting struct {
	to       sql.Type
	double   bool    // a number is its value
	whole    bool    // integers alone
	least    float64 // and the range, where the type's own conversion does not keep to it
	most     float64
	decimals sql.DecimalType // nil: none
}

func newFitting(t sql.Type) fitting {
	f := fitting{to: t, double: t == types.Float64, whole: types.IsInteger(t) || types.IsYear(t) || types.IsBit(t), least: math.Inf(-1), most: math.Inf(1)}
	f.decimals, _ = t.(sql.DecimalType)
	if types.IsUnsigned(t) || types.IsBit(t) {
		f.least = 0
	}
	if bit, ok := t.(types.BitType); ok {
		f.most = math.Ldexp(1, int(bit.NumberOfBits())) - 1
	}
	if types.IsYear(t) {
		f.least, f.most = 1901, 2155
	}
	return f
}

func (f *fitting) fit(ctx *sql.Context, v float64) (any, error) {
	if f.double {
		return v, nil
	}
	if f.whole {
		v = math.Round(v)
	}
	v = min(max(v, f.least), f.most)
	if t := f.decimals; t != nil {
		d := decimal.NewFromFloat(v).Round(int32(t.Scale()))
		largest := t.ExclusiveUpperBound().Sub(decimal.New(1, -int32(t.Scale())))
		d = decimal.Max(largest.Neg(), decimal.Min(largest, d))
		out, _, err := t.Convert(ctx, d)
		return out, err
	}
	out, _, err := f.to.Convert(ctx, v)
	return out, err
}

// sqlType reads an SQL type as SHOW CREATE TABLE prints it; one that it cannot read is text.
func sqlType(text string) sql.Type {
	t, err := planbuilder.ParseColumnTypeString(text)
	if err != nil {
		return types.LongText
	}
	return t
}
