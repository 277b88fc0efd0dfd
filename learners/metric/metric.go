// Package metric measures predictions against what really happened: every metric of the SQL dialect, its 95 % confidence interval, and the
// value that a constant prediction reaches on the same rows.
//
// The few types: Input is the rows to measure, Metric one declared metric (list.go is the list of all), Value what Compute finds.
//
// Conventions that hold for all metrics:
//
//   - Weights. A value with integer weights equals the value with each row repeated that often. An interval does not: a repeated row would
//     be new evidence, a weighted row is one observation. Variances are therefore those of a weighted mean of independent rows
//     (linearisation; Kish 1965), and the scale of the weights does not matter. A row of weight 0 takes no part.
//   - Undefined is NaN: the AUC of a single class, the precision of a model that never predicts the positive class, R2 of a constant target.
//     Nothing is ever infinite. An interval is NaN where its value is, and where a single row tells nothing about spread.
//   - Ties. Rows of equal probability form one step of a curve; no result depends on the order of the rows, except for the last bits of sums
//     of non-integers. What only counts rows (no weights or integer ones) is bit-equal under any order.
//   - Multiclass. precision, recall, f1_score, roc_auc and pr_auc are the plain mean over classes of the metric "this class against the rest".
//
// Intervals are two-sided, of the level Confidence, and never leave the range of the metric. interval.go holds the forms and their sources, the
// field Metric.Interval says which one a metric has.
package metric

import (
	"context"
	"strings"
)

// Confidence is the level of all intervals.
const Confidence = 0.95

// Metric is one declared metric. It is immutable; All, For, Lookup and Headline return pointers to the same values for ever.
type Metric struct {
	Name           string   // SQL name, snake_case
	Aliases        []string // short names that Lookup takes as well
	Doc            string   // one sentence
	Interval       string   // how the confidence interval is found, and its source
	Tasks          []Kind
	HigherIsBetter bool
	NeedsProba     bool    // without Input.Proba the value is NaN
	Min, Max       float64 // range of the values; an infinity where there is no bound

	constant statistic // of the training rows: what the baseline predicts (regression)
	measure  measure   // nil without a target
	alone    alone     // measure without a target
}

// alone measures the rows of a kind without a target: all of a Value but its Metric.
type alone func(ctx context.Context, in Input) (Value, error)

// measure finds the value of a metric on the rows and, only if it is called, the interval. Both may be NaN.
type measure func(r *rows) (value float64, interval func() (low, high float64))

// Supports reports whether the metric is defined for the kind.
func (m *Metric) Supports(kind Kind) bool {
	for _, k := range m.Tasks {
		if k == kind {
			return true
		}
	}
	return false
}

// Value is one metric measured on rows.
type Value struct {
	Metric    *Metric
	Value     float64 // NaN where undefined, never infinite
	Low, High float64 // 95 % confidence interval, Low <= Value <= High; NaN where undefined
	Baseline  float64 // what the constant prediction of Input.Baseline reaches on the same rows; NaN where undefined
	Rows      int     // rows measured: those with a positive weight
}

// Lookup finds a metric by its name or an alias, case-insensitive.
func Lookup(name string) (*Metric, bool) {
	for i := range list {
		m := &list[i]
		if strings.EqualFold(m.Name, name) {
			return m, true
		}
		for _, a := range m.Aliases {
			if strings.EqualFold(a, name) {
				return m, true
			}
		}
	}
	return nil, false
}

// All returns every metric in the order of the list: classification first, the more usual before the less.
func All() []*Metric {
	all := make([]*Metric, len(list))
	for i := range list {
		all[i] = &list[i]
	}
	return all
}

// For returns the metrics of a kind, in the order of the list.
func For(kind Kind) []*Metric {
	var of []*Metric
	for i := range list {
		if list[i].Supports(kind) {
			of = append(of, &list[i])
		}
	}
	return of
}

// Headline is the metric to optimise for and to show first when nobody chose one: roc_auc for binary (it needs no threshold and does not
// reward the majority class), accuracy for multiclass, r2_score for regression (free of the target's unit); silhouette, anomaly_rate and
// explained_variance_ratio without a target. Unknown kinds panic: they are a programming error.
func Headline(kind Kind) *Metric {
	name := map[Kind]string{Binary: "roc_auc", Multiclass: "accuracy", Regression: "r2_score", Clustering: "silhouette", Anomaly: "anomaly_rate",
		Projection: "explained_variance_ratio"}[kind]
	m, ok := Lookup(name)
	if !ok {
		panic("no headline metric for " + kind.String())
	}
	return m
}
