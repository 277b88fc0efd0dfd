package sqlfuncs

import (
	"math"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/planbuilder"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/shopspring/decimal"

	"aibms/server/rows"
	"aibms/server/sqlerr"
)

// answer turns what a model gives into the SQL value of a call. It is immutable.
type answer struct {
	output output
	*deployed
	typ    sql.Type // of the value
	target sql.Type // of the model's target
	labels []any    // the classes as values of type target
	class  int      // code of the class whose probability is wanted; perRow when it is known by row alone
}

const (
	noClass = -1 // the class is NULL
	perRow  = -2
)

// newAnswer prepares the answers of a call. class is what the call says of the class whose probability it wants, nil when it says nothing.
func newAnswer(ctx *sql.Context, o output, d *deployed, class sql.Expression) (*answer, error) {
	p := d.predictor
	a := &answer{output: o, deployed: d, typ: o.typeOf(), target: sqlType(p.Target.SQLType), class: p.Positive}
	a.makeLabels(ctx)
	switch {
	case o == label:
		a.typ = a.target
	case o == everything:
	case !p.Task.Classification():
		return nil, sqlerr.Errorf(sqlerr.WrongArguments, "PREDICT_PROBA: model %s predicts the number %s, which has no probability; use PREDICT", d.model.SQLName(), p.Target.Name)
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

// makeLabels makes the classes values of the target's type; where one of them is none, the answers are text.
func (a *answer) makeLabels(ctx *sql.Context) {
	for _, class := range a.predictor.Classes {
		v, inRange, err := a.target.Convert(ctx, class)
		if err != nil || inRange != sql.InRange {
			a.target, a.labels = types.LongText, nil
			for _, class := range a.predictor.Classes {
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
	if code, ok := a.predictor.ClassCode(given); ok {
		return code, nil
	}
	// another way to write the class: 1.0 or TRUE for 1
	if same, inRange, err := a.target.Convert(ctx, v); err == nil && inRange == sql.InRange {
		if text, _, err := rows.Text(ctx, same, a.target); err == nil {
			if code, ok := a.predictor.ClassCode(text); ok {
				return code, nil
			}
		}
	}
	if len(a.predictor.Classes) == 0 {
		return 0, nil // a number has no classes: the caller has said so
	}
	return noClass, sqlerr.Errorf(sqlerr.WrongArguments, "PREDICT_PROBA: model %s has no class '%s'; it has: %s", a.model.SQLName(), given, strings.Join(a.predictor.Classes, ", "))
}

// decides tells whether the answer holds a class that the predictor decides on.
func (a *answer) decides() bool { return a.output != probability && a.predictor.Task.Classification() }

// value is the answer for a row: out is what the model gave for it, decided the code of its class where the answer decides, class that of the class whose probability
// is wanted.
func (a *answer) value(ctx *sql.Context, out []float64, decided int32, class int) (any, error) {
	switch a.output {
	case probability:
		return out[class], nil
	case everything:
		return a.document(ctx, out, decided)
	}
	return a.prediction(ctx, out, decided)
}

// prediction is the predicted class or number, of the target's type.
func (a *answer) prediction(ctx *sql.Context, out []float64, decided int32) (any, error) {
	if !a.predictor.Task.Classification() {
		return fit(ctx, a.target, out[0])
	}
	return a.labels[decided], nil
}

// document is the JSON object of PREDICT_ALL: prediction, probabilities (NULL for a number), version, threshold (NULL when the learner's own rule decides), cached, fallback.
func (a *answer) document(ctx *sql.Context, out []float64, decided int32) (any, error) {
	v, err := a.prediction(ctx, out, decided)
	if err != nil {
		return nil, err
	}
	if !types.IsNumber(a.target) || types.IsBit(a.target) {
		text, _, err := rows.Text(ctx, v, a.target)
		if err != nil {
			return nil, err
		}
		v = text
	}
	doc := map[string]any{"prediction": v, "probabilities": nil, "version": a.version.Number, "threshold": nil, "cached": false, "fallback": false}
	if a.predictor.Task.Classification() {
		proba := map[string]any{}
		for i, class := range a.predictor.Classes {
			proba[class] = out[i]
		}
		doc["probabilities"] = proba
	}
	if t := a.model.Threshold; t != nil && len(a.predictor.Classes) == 2 {
		doc["threshold"] = *t
	}
	return types.JSONDocument{Val: doc}, nil
}

// fit makes a predicted number a value of an SQL type: rounded to what the type can hold, halves away from zero, and at the nearest end of the type's range where it
// lies beyond.
func fit(ctx *sql.Context, t sql.Type, v float64) (any, error) {
	if types.IsInteger(t) || types.IsYear(t) || types.IsBit(t) {
		v = math.Round(v)
	}
	if v < 0 && (types.IsUnsigned(t) || types.IsBit(t)) {
		v = 0
	}
	switch t := t.(type) {
	case sql.DecimalType:
		d := decimal.NewFromFloat(v).Round(int32(t.Scale()))
		largest := t.ExclusiveUpperBound().Sub(decimal.New(1, -int32(t.Scale())))
		d = decimal.Max(largest.Neg(), decimal.Min(largest, d))
		out, _, err := t.Convert(ctx, d)
		return out, err
	case types.BitType:
		v = min(v, math.Ldexp(1, int(t.NumberOfBits()))-1)
	}
	if types.IsYear(t) {
		v = min(max(v, 1901), 2155)
	}
	out, _, err := t.Convert(ctx, v)
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
